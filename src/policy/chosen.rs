//! Logits taken from others, in another order or more than once.

use super::{Features, Logits, Wave};

impl Logits {
    /// The logits numbered `chosen`, in `rows` rows. (Tabular features stay what they are, whose dimension then no longer fits.)
    pub(crate) fn chosen(&self, chosen: &[usize], rows: usize) -> Logits {
        let pick = |list: &[f64], width: usize| match list {
            [] => vec![],
            _ => chosen.iter().flat_map(|&j| &list[j * width..(j + 1) * width]).copied().collect(),
        };
        let of_new = |(new, &old): (usize, &usize)| {
            let own = self.waves.iter().filter(move |wave| wave.logit == old);
            own.map(move |wave| Wave { logit: new, ..wave.clone() }).collect::<Vec<Wave>>()
        };
        Logits {
            dim: self.dim,
            rows,
            options: chosen.len() / rows.max(1),
            bias: pick(&self.bias, 1),
            features: match &self.features {
                Features::Dense(psi) => Features::Dense(pick(psi, self.dim)),
                Features::Tabular => Features::Tabular,
            },
            quadratic: pick(&self.quadratic, self.dim * self.dim),
            waves: chosen.iter().enumerate().flat_map(of_new).collect(),
        }
    }

    /// The same with its features written out.
    pub(crate) fn dense(&self) -> Logits {
        let unit = |i: usize| if i.is_multiple_of(self.dim + 1) { 1.0 } else { 0.0 };
        match self.features {
            Features::Tabular => {
                Logits { features: Features::Dense((0..self.dim * self.dim).map(unit).collect()), ..self.clone() }
            }
            Features::Dense(_) => self.clone(),
        }
    }
}
