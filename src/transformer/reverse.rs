//! From derivatives by logits back to derivatives by parameters.

use super::product::{add_transposed_product, transposed};
use super::{Layer, Pass, Sizes};

/// Of y = g·x·s, s = 1/√(mean(x²) + ε): from ∂/∂y adds to ∂/∂x and ∂/∂g.
fn norm_back(dy: &[f64], x: &[f64], scale: &[f64], gain: &[f64], dx: &mut [f64], dgain: &mut [f64]) {
    let d = gain.len();
    for (((dy, x), &scale), dx) in dy.chunks_exact(d).zip(x.chunks_exact(d)).zip(scale).zip(dx.chunks_exact_mut(d)) {
        let along = (0..d).map(|j| gain[j] * dy[j] * x[j]).sum::<f64>() * scale * scale / d as f64;
        for j in 0..d {
            dgain[j] += dy[j] * x[j] * scale;
            dx[j] += scale * (gain[j] * dy[j] - x[j] * along);
        }
    }
}

/// x·wᵀ, w of `columns` columns.
fn back_through(x: &[f64], w: &[f64], columns: usize) -> Vec<f64> {
    let inner = w.len() / columns;
    let mut out = vec![0.0; x.len() / columns * inner];
    <f64 as super::Number>::add_product(x, &transposed(w, columns), columns, inner, &mut out);
    out
}

impl Pass<'_, f64> {
    /// Σ c_{i,v} ∇_θ h_{i,v} over the logits h of all tokens, of a pass that keeps: as many entries as θ. c has the order of
    /// [`Pass::logits_from`]`(0)`, absent entries being 0.
    pub fn gradient(&self, coefficients: &[f64]) -> Vec<f64> {
        let (Sizes { width: d, hidden, options, .. }, theta) = (self.sizes, self.theta);
        let mut dlogits = coefficients.to_vec();
        dlogits.resize(self.forest.len() * options, 0.0);
        let mut gradient = vec![0.0; theta.len()];
        let layout = &self.layout;
        add_transposed_product(&self.normed, &dlogits, d, options, &mut gradient[layout.head.clone()]);
        let dnormed = back_through(&dlogits, &theta[layout.head.clone()], options);
        let mut dx = vec![0.0; self.x.len()];
        let gain = layout.gain.clone();
        norm_back(&dnormed, &self.x, &self.scale, &theta[gain.clone()], &mut dx, &mut gradient[gain]);
        for (i, Layer { attention_gain, qkv, out, gain, up, down }) in layout.layers.iter().enumerate().rev() {
            let kept = &self.layers[i];
            add_transposed_product(&kept.activated, &dx, hidden, d, &mut gradient[down.clone()]);
            let mut dup = back_through(&dx, &theta[down.clone()], d);
            for (du, &u) in dup.iter_mut().zip(&kept.up) {
                let p = 1.0 / (1.0 + <f64 as crate::number::Scalar>::exp(-u));
                *du *= p * (1.0 + u * (1.0 - p));
            }
            add_transposed_product(&kept.middle_normed, &dup, d, hidden, &mut gradient[up.clone()]);
            let dnormed = back_through(&dup, &theta[up.clone()], hidden);
            let dgain = &mut gradient[gain.clone()];
            norm_back(&dnormed, &kept.middle, &kept.middle_scale, &theta[gain.clone()], &mut dx, dgain);
            add_transposed_product(&kept.looked, &dx, d, d, &mut gradient[out.clone()]);
            let dlooked = back_through(&dx, &theta[out.clone()], d);
            let dqkv = self.attention_back(i, &dlooked);
            add_transposed_product(&kept.normed, &dqkv, d, 3 * d, &mut gradient[qkv.clone()]);
            let dnormed = back_through(&dqkv, &theta[qkv.clone()], 3 * d);
            let dgain = &mut gradient[attention_gain.clone()];
            norm_back(&dnormed, &kept.x, &kept.scale, &theta[attention_gain.clone()], &mut dx, dgain);
        }
        for (node, dx) in dx.chunks_exact(d).enumerate() {
            let token = (self.forest.token(node) as usize).min(self.sizes.vocabulary - 1);
            let position = self.forest.depth(node).min(self.sizes.positions - 1);
            for (part, row) in [(&layout.tokens, token), (&layout.positions, position)] {
                gradient[part.clone()][row * d..][..d].iter_mut().zip(dx).for_each(|(sum, dx)| *sum += dx);
            }
        }
        gradient
    }

    /// From ∂/∂(means of values) to ∂/∂(queries, keys, values).
    fn attention_back(&self, layer: usize, dlooked: &[f64]) -> Vec<f64> {
        let Sizes { width: d, heads, .. } = self.sizes;
        let (part, kept) = (d / heads, &self.layers[layer]);
        let shrink = 1.0 / f64::sqrt(part as f64);
        let mut dqkv = vec![0.0; kept.qkv.len()];
        let (mut path, mut dweights) = (Vec::new(), Vec::new());
        for node in 0..self.forest.len() {
            self.forest.path(node, &mut path);
            for head in 0..heads {
                let place = |seen: usize, third: usize| seen * 3 * d + third * d + head * part;
                let weights = &kept.weights[self.first[node] + head * path.len()..][..path.len()];
                let dlooked = &dlooked[node * d + head * part..][..part];
                dweights.clear();
                for (&seen, &weight) in path.iter().zip(weights) {
                    let at = place(seen, 2);
                    dweights.push(dlooked.iter().zip(&kept.qkv[at..]).map(|(dl, v)| dl * v).sum::<f64>());
                    dqkv[at..].iter_mut().zip(dlooked).for_each(|(dv, dl)| *dv += weight * dl);
                }
                let mean: f64 = dweights.iter().zip(weights).map(|(d, w)| d * w).sum();
                let query = place(node, 0);
                for ((&seen, &weight), dweight) in path.iter().zip(weights).zip(&dweights) {
                    let (dscore, key) = (weight * (dweight - mean) * shrink, place(seen, 1));
                    for j in 0..part {
                        dqkv[query + j] += dscore * kept.qkv[key + j];
                        dqkv[key + j] += dscore * kept.qkv[query + j];
                    }
                }
            }
        }
        dqkv
    }
}

#[cfg(test)]
mod tests {
    use super::norm_back;

    /// Of Σ c·N(x): against a difference, and not without what the norm takes away along x, as if its scale were a constant.
    #[test]
    fn a_norm_is_not_a_constant_times_x() {
        let (x, gain, c) = ([0.3, -1.2, 0.7], [1.1, 0.9, -0.4], [0.5, 1.0, 2.0]);
        let scale = |x: &[f64]| 1.0 / (x.iter().map(|x| x * x).sum::<f64>() / 3.0 + super::super::forward::EPSILON).sqrt();
        let value = |x: &[f64]| (0..3).map(|j| c[j] * gain[j] * x[j]).sum::<f64>() * scale(x);
        let (mut dx, mut dgain) = ([0.0; 3], [0.0; 3]);
        norm_back(&c, &x, &[scale(&x)], &gain, &mut dx, &mut dgain);
        for j in 0..3 {
            let at = |h: f64| {
                let mut moved = x;
                moved[j] += h;
                value(&moved)
            };
            let difference = (8.0 * (at(1e-3) - at(-1e-3)) - (at(2e-3) - at(-2e-3))) / 12e-3;
            let constant = c[j] * gain[j] * scale(&x);
            assert!((difference - dx[j]).abs() < 1e-9 && (difference - constant).abs() > 1e-3, "{difference} {}", dx[j]);
            assert!((dgain[j] - c[j] * x[j] * scale(&x)).abs() < 1e-15);
        }
    }
}
