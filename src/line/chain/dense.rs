//! Many tokens in binary64: one product of a vector and a dense matrix a token, on vector registers.
//!
//! Of every place (a state; a side, where a response has ended) a vector knows the sums, over the prefixes that end there, of
//!
//! ```text
//! π,   π s,   π s²/2,   π H,   and π ℓ where lengths differ.
//! ```
//!
//! A token adds its score ξ, so that they go over into p·π, p(πs + ξπ), p(πs²/2 + ξ πs + ξ²/2 π), p(πH + Hπ): a product of truncated
//! polynomials, which is the same from behind. The first two thirds of the tokens are therefore gone through forwards, from the start, and
//! the rest backwards, from either side, at the same time; what meets is multiplied.
//!
//! π is no logarithm here and Var = E\[s²\] − E\[s\]² cancels, which cells avoid. So the result counts only where it can be seen that neither
//! does harm: both sides weigh more than 2⁻³⁰⁰, so that what fell below 2⁻¹⁰⁰⁰ on the way is nothing to them, and E\[s²\] ≤ 16 Var on both,
//! so that four bits are lost at most. In everything else cells take over.

use super::cell::{Cell, Mass, Moments};
use super::{Arrow, Chain};
use crate::number::{Scalar, Simd, WithSimd, with_registers_of_four};

/// Fewer tokens than these are gone through in cells.
const MANY: u32 = 64;
/// How much more a cell along an arrow takes than an entry of the matrix.
const ARROW: usize = 24;
/// What both sides have to weigh at least, 2⁻³⁰⁰.
const LEAST: f64 = f64::from_bits((1023 - 300) << 52);
/// E\[s²\]/Var at most.
const CANCELLED: f64 = 16.0;
/// Places are filled up to a multiple of this: two registers of four.
const BLOCK: usize = 8;

/// Both sides, where `cell`'s numbers are binary64, many tokens go the same ways, and the result counts.
pub(super) fn sides<N: Scalar>(chain: &Chain<'_, N, Moments<N>>) -> Option<[Cell<N, Moments<N>>; 2]> {
    let [on, end] = chain.arrows;
    if chain.tokens < MANY || chain.states * chain.states > ARROW * (on.len() + end.len()) {
        return None;
    }
    let (unit, still, sums) = match end.is_empty() {
        true => {
            let problem = Problem::<4>::new(chain)?;
            (problem.unit, problem.still, problem.solve().map(|[p, s, q, h]| [p, s, q, h, 0.0]))
        }
        false => Problem::<5>::new(chain).map(|problem| (problem.unit, problem.still, problem.solve()))?,
    };
    let of = |[p, s, q, h, l]: [f64; 5]| {
        let (mean, square) = (s / p, 2.0 * q / p);
        let variance = square - mean * mean;
        let counts = p >= LEAST && (still || square <= CANCELLED * variance && q >= LEAST * LEAST) && h.is_finite();
        let length = if end.is_empty() { f64::from(chain.tokens) } else { l / p };
        counts.then(|| Cell {
            mass: Mass::of(N::of(p)),
            sums: Moments {
                score: N::of(mean * unit[0]),
                variance: N::of(variance * unit[0] * unit[0]),
                curvature: N::of(h / p * unit[1]),
                length: N::of(length),
            },
        })
    };
    let [minus, plus] = sums.map(of);
    Some([minus?, plus?])
}

/// What a walk takes, with scores and second derivatives in units of the largest, K sums a place.
struct Problem<const K: usize> {
    places: usize,
    start: usize,
    steps: u32,
    /// Sum k from place i to place j at (k·places + i)·places + j.
    matrix: Vec<f64>,
    /// Of the last token, from every place to either side.
    last: [Vec<f64>; 2],
    /// The units, powers of two.
    unit: [f64; 2],
    /// Every score is 0.
    still: bool,
}

impl<const K: usize> Problem<K> {
    /// `None` where numbers are none in binary64, or not finite.
    fn new<N: Scalar>(chain: &Chain<'_, N, Moments<N>>) -> Option<Self> {
        let [on, end] = chain.arrows;
        let (states, aside) = (chain.states, !end.is_empty());
        let places = (states + if aside { 2 } else { 0 }).next_multiple_of(BLOCK);
        let last_arrows = (chain.last)();
        // The largest that some prefix meets: beside what is read in other states it could vanish.
        let mut met = vec![false; states];
        met[chain.start] = true;
        while on.iter().fold(false, |more, arrow| {
            let new = met[arrow.source] && !met[arrow.target];
            met[arrow.target] |= new;
            more || new
        }) {}
        let mut unit = [0.0_f64; 2];
        for Arrow { cell: Cell { sums, .. }, .. } in
            on.iter().chain(end).chain(&last_arrows).filter(|arrow| met[arrow.source])
        {
            let size = sums.score.exact()?.abs().max(sums.variance.exact()?.sqrt());
            unit = [unit[0].max(size), unit[1].max(sums.curvature.exact()?.abs())];
        }
        // Beyond, squares of scores leave the range.
        if !unit.iter().zip([1e-150, 1e-300]).all(|(&size, low)| size == 0.0 || (low..=1.0 / low).contains(&size)) {
            return None;
        }
        let still = unit[0] == 0.0;
        let unit = unit.map(|size| if size == 0.0 { 1.0 } else { f64::from_bits(size.to_bits() & (0x7FF << 52)) });
        let sums = |cell: &Cell<N, Moments<N>>| -> Option<[f64; K]> {
            let p = cell.mass.exact()?;
            let (score, variance) = (cell.sums.score.exact()? / unit[0], cell.sums.variance.exact()? / unit[0] / unit[0]);
            let all = [1.0, score, 0.5 * (variance + score * score), cell.sums.curvature.exact()? / unit[1]];
            let length = cell.sums.length.exact()?;
            Some(std::array::from_fn(|k| p * all.get(k).copied().unwrap_or(length)))
        };
        let mut matrix = vec![0.0; K * places * places];
        let mut last = [0, 1].map(|_| vec![0.0; K * places]);
        let side = |arrow: &Arrow<N, Moments<N>>| states + usize::from(chain.correct[arrow.target]);
        let targets = on.iter().map(|arrow| (arrow, arrow.target)).chain(end.iter().map(|arrow| (arrow, side(arrow))));
        for (arrow, target) in targets.filter(|(arrow, _)| met[arrow.source]) {
            for (k, x) in sums(&arrow.cell)?.into_iter().enumerate() {
                matrix[(k * places + arrow.source) * places + target] += x;
            }
        }
        for arrow in last_arrows.iter().filter(|arrow| met[arrow.source]) {
            for (k, x) in sums(&arrow.cell)?.into_iter().enumerate() {
                last[side(arrow) - states][k * places + arrow.source] += x;
            }
        }
        if aside {
            for (side, last) in (states..).zip(&mut last) {
                matrix[side * places + side] = 1.0;
                last[side] = 1.0;
            }
        }
        Some(Problem { places, start: chain.start, steps: chain.tokens - 1, matrix, last, unit, still })
    }

    /// The sums of both sides.
    fn solve(&self) -> [[f64; K]; 2] {
        let behind = self.steps / 3;
        let forwards = || {
            let mut now = vec![0.0; K * self.places];
            now[self.start] = 1.0;
            self.walk(&self.matrix, now, self.steps - behind)
        };
        let backwards = || {
            let n = self.places;
            let back: Vec<f64> =
                (0..K * n * n).map(|at| self.matrix[at / (n * n) * n * n + at % n * n + at / n % n]).collect();
            self.last.each_ref().map(|last| self.walk(&back, last.clone(), behind))
        };
        let (before, after) = rayon::join(forwards, backwards);
        after.map(|after| {
            let mut met = [0.0; K];
            for place in 0..self.places {
                let [x, y] =
                    [&before, &after].map(|sums| -> [f64; K] { std::array::from_fn(|k| sums[k * self.places + place]) });
                met[0] += x[0] * y[0];
                (1..K).for_each(|k| met[k] += x[k] * y[0] + x[0] * y[k]);
                met[2] += x[1] * y[1];
            }
            met
        })
    }

    /// `steps` products with a matrix of this shape.
    fn walk(&self, matrix: &[f64], from: Vec<f64>, steps: u32) -> Vec<f64> {
        with_registers_of_four(Walk::<K> { matrix, from, places: self.places, steps })
    }
}

struct Walk<'a, const K: usize> {
    matrix: &'a [f64],
    from: Vec<f64>,
    places: usize,
    steps: u32,
}

impl<const K: usize> WithSimd for Walk<'_, K> {
    type Output = Vec<f64>;

    /// Two registers of targets at a time. Sums run over the places in their order, whatever the width of a register.
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Vec<f64> {
        let (n, width) = (self.places, 2 * S::F64_LANES);
        debug_assert!(n.is_multiple_of(width), "{n} places, {width} at a time");
        // In the order in which they are read: by block of targets, source, sum, register. Registers are aligned, an array of f64 is not.
        let mut packed = Vec::with_capacity(2 * K * n * (n / width));
        for block in 0..n / width {
            for (source, k) in (0..n).flat_map(|source| (0..K).map(move |k| (source, k))) {
                packed.extend_from_slice(S::as_simd_f64s(&self.matrix[(k * n + source) * n + block * width..][..width]).0);
            }
        }
        let (mut now, mut then) = (self.from, vec![0.0; K * n]);
        for _ in 0..self.steps {
            for (block, rows) in packed.chunks_exact(2 * K * n).enumerate() {
                let mut total = [[simd.splat_f64s(0.0); 2]; K];
                for (source, row) in rows.chunks_exact(2 * K).enumerate() {
                    let x: [S::f64s; K] = std::array::from_fn(
                        #[inline(always)]
                        |k| simd.splat_f64s(now[k * n + source]),
                    );
                    for h in 0..2 {
                        for k in 0..K {
                            let mut sum = simd.add_f64s(total[k][h], simd.mul_f64s(x[k], row[h]));
                            if k == 2 {
                                sum = simd.add_f64s(sum, simd.mul_f64s(x[1], row[2 + h]));
                            }
                            if k > 0 {
                                sum = simd.add_f64s(sum, simd.mul_f64s(x[0], row[2 * k + h]));
                            }
                            total[k][h] = sum;
                        }
                    }
                }
                for (k, total) in total.iter().enumerate() {
                    S::as_mut_simd_f64s(&mut then[k * n + block * width..][..width]).0.copy_from_slice(total);
                }
            }
            std::mem::swap(&mut now, &mut then);
        }
        now
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Arrow, Cell, Chain, OnLine};
    use super::{MANY, Moments, sides};
    use crate::policy::{Automaton, Ending, Features, Logits, Policy, Shape};

    /// A policy with three states and tokens: sums of tokens modulo 3 (`counting`), or the last token.
    fn policy(ending: Ending, tokens: u32, counting: bool, bias: &[f64; 9], slope: &[f64; 9]) -> Policy {
        let next = (0..9).map(|at| if counting { (at / 3 + at % 3) % 3 } else { at % 3 }).collect();
        of(ending, tokens, next, bias.to_vec(), slope.to_vec())
    }

    /// A policy with three tokens, from the state after each, the logit and the slope.
    fn of(ending: Ending, tokens: u32, next: Vec<u32>, bias: Vec<f64>, slope: Vec<f64>) -> Policy {
        let shape = Shape { vocabulary: 3, max_length: tokens, ending };
        let rows = next.len() / 3;
        let logits =
            Logits { dim: 1, rows, options: 3, bias, features: Features::Dense(slope), quadratic: vec![], waves: vec![] };
        Policy::finite_state(shape, Automaton { start: 0, next, by_position: false }, None, logits).unwrap()
    }

    type Sides = [Cell<f64, Moments<f64>>; 2];

    /// By this way and by cells.
    fn both(policy: &Policy, correct: &[bool]) -> (Option<Sides>, Sides) {
        let on_line = OnLine::<f64>::new(policy, correct, &[0.0], &[1.0]);
        let (automaton, tokens) = (on_line.automaton().unwrap(), on_line.tokens(0.0));
        let cell = on_line.moments(&tokens, &tokens.curvature);
        let length = policy.tree.shape().max_length;
        let arrows: [Vec<Arrow<_, _>>; 2] = on_line.arrows(automaton, 0, &cell);
        let last = || {
            let [_, end] = on_line.arrows(automaton, length - 1, &cell);
            end
        };
        let chain = Chain { states: correct.len(), start: 0, tokens: length, arrows: &arrows, last: &last, correct };
        let found = sides(&chain);
        let mut by_cells = [None; 2];
        on_line.walk(automaton, &cell, arrows, |_, ends| on_line.add_to_sides(&mut by_cells, ends));
        (found, by_cells.map(|side| side.unwrap()))
    }

    const BIAS: [f64; 9] = [-4.0, 0.5, 0.0, -5.0, 0.3, -0.7, -4.5, 1.0, 1.2];
    const SLOPE: [f64; 9] = [0.3, -1.0, 0.8, 0.1, 0.7, -0.2, -0.6, 0.4, 0.9];

    #[test]
    fn as_cells_say() {
        use Ending::{Cut, Eos, Fixed};
        // After an EOS, the last token tells nothing.
        for (ending, counting) in [(Eos, true), (Cut, true), (Cut, false), (Fixed, true), (Fixed, false)] {
            for tokens in [MANY, MANY + 1, 1_000] {
                for scale in [1e-100, 1.0, 1e100] {
                    let policy = policy(ending, tokens, counting, &BIAS, &SLOPE.map(|x| scale * x));
                    agree(&policy, &[true, false, false], &format!("{ending:?} {tokens} {counting} {scale}"));
                }
            }
        }
    }

    /// What both ways say of each side.
    fn agree(policy: &Policy, correct: &[bool], context: &str) {
        let (found, cells) = both(policy, correct);
        for (found, cell) in found.expect("counts").iter().zip(cells) {
            let pairs = [
                (found.mass.ln(), cell.mass.ln(), 1.0),
                (found.sums.score, cell.sums.score, cell.sums.variance.sqrt()),
                (found.sums.variance, cell.sums.variance, cell.sums.variance),
                (found.sums.curvature, cell.sums.curvature, cell.sums.curvature.abs()),
                (found.sums.length, cell.sums.length, cell.sums.length),
            ];
            for (a, b, size) in pairs {
                assert!((a - b).abs() <= 2e-12 * size, "{a} {b}: {context}");
            }
        }
    }

    /// Sums of tokens modulo more numbers than one block of registers holds.
    #[test]
    fn many_states_as_cells_say() {
        for states in [9, 17, 30] {
            let number = |k: usize, i: usize| (0.618_033_988_749_895 * (k + 3 * i) as f64).fract() - 0.5;
            let list = |k: usize| (0..3 * states).map(|i| number(k, i)).collect::<Vec<_>>();
            let next = (0..3 * states).map(|at| ((at / 3 + at % 3) % states) as u32).collect();
            let policy = of(Ending::Fixed, MANY, next, list(1), list(2));
            let correct: Vec<bool> = (0..states).map(|state| state % 4 == 1).collect();
            agree(&policy, &correct, &format!("{states} states"));
        }
    }

    /// What underflows, cancels or is short is left to cells.
    #[test]
    fn what_does_not_count() {
        let correct = [true, false, false];
        let fixed =
            |bias: &[f64; 9], slope: &[f64; 9], tokens| both(&policy(Ending::Fixed, tokens, false, bias, slope), &correct);
        assert!(fixed(&BIAS, &SLOPE, MANY).0.is_some() && fixed(&BIAS, &SLOPE, MANY - 1).0.is_none());
        // A last token 0 with probability e^{−300}: too rare, though its logarithm is right in cells.
        let rare = BIAS.map(|x| if x < -3.0 { -300.0 } else { x });
        let (found, [_, plus]) = fixed(&rare, &SLOPE, MANY);
        assert!(found.is_none() && (-305.0..-295.0).contains(&plus.mass.ln()));
        // All that follows the first token is certain: on a side, mean score ≫ deviation.
        let one = BIAS.map(|x| if x < -3.0 { -1.0 } else { x });
        let certain = |counting| {
            let mut slope = [0.0; 9];
            (slope[0], slope[1], slope[2]) = (1.0, -1.0, -1.000_001);
            let policy = policy(Ending::Fixed, MANY, counting, &one, &slope);
            both(&policy, &correct)
        };
        for (found, cells) in [certain(false), certain(true)] {
            let near = cells.iter().all(|cell| cell.sums.score.powi(2) <= 15.0 * cell.sums.variance);
            assert_eq!(found.is_some(), near);
        }
        // Numbers beyond binary64.
        assert!(fixed(&BIAS, &SLOPE.map(|x| 1e160 * x), MANY).0.is_none());
        // In a state that no prefix reaches, scores beside which all others vanish.
        let (mut apart, small, large) = (policy(Ending::Fixed, MANY, true, &[0.0; 9], &SLOPE), 1e-20, 1e149);
        let slope = vec![small, -small, 0.0, -small, small, 0.0, large, 0.0, -large];
        apart.logits.features = Features::Dense(slope);
        let next = vec![0, 1, 0, 1, 0, 1, 0, 1, 2];
        apart.automaton = Some(Box::new(Automaton { start: 0, next, by_position: false }));
        let (found, cells) = both(&apart, &correct);
        for (found, cell) in found.unwrap().iter().zip(cells) {
            let (found, cell) = (found.sums, cell.sums);
            assert!(cell.variance > 1e-39 && (found.variance / cell.variance - 1.0).abs() < 1e-12, "{found:?} {cell:?}");
            assert!((found.curvature / cell.curvature - 1.0).abs() < 1e-12, "{found:?} {cell:?}");
        }
        // It is reached as good as never: left to cells.
        apart.logits.bias = vec![0.0, 0.0, -400.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
        if let Some(automaton) = &mut apart.automaton {
            automaton.next = vec![0, 1, 2, 1, 0, 1, 2, 2, 2];
        }
        assert!(both(&apart, &correct).0.is_none());
        // No score at all.
        let (found, _) = fixed(&BIAS, &[1.0; 9], MANY);
        assert!(found.unwrap().iter().all(|side| side.sums.score == 0.0 && side.sums.variance == 0.0));
    }
}
