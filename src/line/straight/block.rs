//! Up to eight responses in binary64: four such policies at a time, each in a lane of its own of the vector registers, so that what is
//! computed of one has the same bits alone and beside others, on every machine.

use super::super::step::FAR;
use crate::number::{Arithmetic, LANES, OnLanes, Simd, exp_four, exp_remainder_four, ln_1p_four, on_lanes};

/// The most responses.
const MOST: usize = 8;

/// Below e^−600 of the largest weight a side is left to the general route, which keeps logarithms.
pub(super) const RARE: f64 = 1e-260;

/// Larger slopes are left to the other route.
const STEEP: f64 = 1e100;

/// One number for each policy.
type Lanes = [f64; LANES];

/// A straight softmax at t = 0 and t = η.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    /// e^{h − max h}.
    pub weight: [f64; MOST],
    /// Their sums over O⁻ and O⁺.
    pub mass: [f64; 2],
    /// E∓\[a\].
    pub mean: [f64; 2],
    /// max |a − E\[a\]| and Var(a) at t = 0.
    pub extremes: [f64; 2],
    /// η.
    pub eta: f64,
    /// The step to η; `None` where it is so long that logarithms are needed.
    pub step: Option<Short>,
}

/// A step on which no e^y is extreme.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Short {
    /// ρ∓.
    pub rho: [f64; 2],
    /// max |a − E\[a\]| and Var(a) at t = η.
    pub extremes: [f64; 2],
}

/// What is asked of one policy.
#[derive(Clone, Copy, Debug)]
pub(super) struct Problem<'a> {
    pub value: &'a [f64],
    pub slope: &'a [f64],
    pub correct: &'a [bool],
    pub eta: f64,
}

impl Problem<'_> {
    /// Whether there are few responses, and no square of a slope comes near what binary64 holds.
    pub fn fits(&self) -> bool {
        self.correct.len() <= MOST && self.slope.iter().all(|a| a.abs() < STEEP)
    }
}

/// Up to four policies, by response.
pub(super) struct Four {
    /// h; −∞ behind the last response.
    value: [Lanes; MOST],
    /// dh/dt; 0 there.
    slope: [Lanes; MOST],
    /// 1 for the responses of O⁻, and for those of O⁺.
    own: [[Lanes; MOST]; 2],
    eta: Lanes,
    /// 0 for a side with one response only, whose ρ is 0, else 1.
    several: [Lanes; 2],
}

impl Default for Four {
    fn default() -> Four {
        Four {
            value: [[f64::NEG_INFINITY; LANES]; MOST],
            slope: [[0.0; LANES]; MOST],
            own: [[[0.0; LANES]; MOST]; 2],
            eta: [0.0; LANES],
            several: [[0.0; LANES]; 2],
        }
    }
}

impl Four {
    /// Adds a problem that [fits](Problem::fits), in a lane of its own.
    #[inline(always)]
    pub fn put(&mut self, lane: usize, Problem { value, slope, correct, eta }: Problem<'_>) {
        let mut members = [0; 2];
        for (o, ((&value, &slope), &correct)) in value.iter().zip(slope).zip(correct).enumerate().take(MOST) {
            let side = usize::from(correct);
            (self.value[o][lane], self.slope[o][lane], self.own[side][o][lane]) = (value, slope, 1.0);
            members[side] += 1;
        }
        self.eta[lane] = eta;
        for (several, members) in self.several.iter_mut().zip(members) {
            several[lane] = f64::from(u8::from(members > 1));
        }
    }

    /// The answers to all of them.
    pub fn solve(&self) -> Answers {
        on_lanes(self)
    }
}

/// What is known of them then.
pub(super) struct Answers {
    eta: Lanes,
    weight: [Lanes; MOST],
    mass: [Lanes; 2],
    mean: [Lanes; 2],
    farthest: Lanes,
    rho: [Lanes; 2],
    extremes: [[Lanes; 2]; 2],
}

impl Answers {
    /// The answer to one problem, which there must be; `None` where a side is too rare or something overflows.
    #[inline(always)]
    pub fn get(&self, lane: usize) -> Option<Block> {
        let of = |lanes: &[Lanes; 2]| [lanes[0][lane], lanes[1][lane]];
        let (mass, mean) = (of(&self.mass), of(&self.mean));
        if !(mass[0] > RARE && mass[1] > RARE && mean[0].is_finite() && mean[1].is_finite()) {
            return None;
        }
        Some(Block {
            weight: std::array::from_fn(|o| self.weight[o][lane]),
            mass,
            mean,
            extremes: of(&self.extremes[0]),
            eta: self.eta[lane],
            step: (self.farthest[lane] <= FAR).then(|| Short { rho: of(&self.rho), extremes: of(&self.extremes[1]) }),
        })
    }
}

impl<S: Simd> Arithmetic<S> {
    /// e^{h − max h}.
    #[inline(always)]
    fn weights(self, value: &[Lanes; MOST]) -> [Lanes; MOST] {
        let (mut weight, mut top) = (*value, value[0]);
        for value in &value[1..] {
            top = self.largest(top, *value);
        }
        for weight in &mut weight {
            *weight = exp_four(self.subtract(*weight, top));
        }
        weight
    }

    /// max |a − E\[a\]| and Var(a) under weights, whose sum and E\[a\] times that are given.
    #[inline(always)]
    fn extremes(self, four: &Four, weight: &[Lanes; MOST], mass: Lanes, moment: Lanes) -> [Lanes; 2] {
        let mean = self.divide(moment, mass);
        let (mut largest, mut second) = ([0.0; LANES], [0.0; LANES]);
        for (o, weight) in weight.iter().enumerate() {
            let score = self.multiply(self.add(four.own[0][o], four.own[1][o]), self.subtract(four.slope[o], mean));
            largest = self.largest(largest, self.size(score));
            second = self.add(second, self.multiply(*weight, self.multiply(score, score)));
        }
        [largest, self.divide(second, mass)]
    }

    /// y = η(a − E∓\[a\]), and the largest |y|.
    #[inline(always)]
    fn exponents(self, four: &Four, mean: [Lanes; 2]) -> ([Lanes; MOST], Lanes) {
        let (mut y, mut farthest) = ([[0.0; LANES]; MOST], [0.0; LANES]);
        // What is alone on its side has y = 0, but for rounding.
        let eta = [self.multiply(four.eta, four.several[0]), self.multiply(four.eta, four.several[1])];
        for (o, y) in y.iter_mut().enumerate() {
            let centred = self.subtract(four.slope[o], self.by_side(four, o, mean));
            *y = self.multiply(self.by_side(four, o, eta), centred);
            farthest = self.largest(farthest, self.size(*y));
        }
        (y, farthest)
    }

    /// The number of a response's side; 0 behind the last one.
    #[inline(always)]
    fn by_side(self, four: &Four, o: usize, [x, y]: [Lanes; 2]) -> Lanes {
        self.add(self.multiply(four.own[0][o], x), self.multiply(four.own[1][o], y))
    }
}

impl OnLanes for &Four {
    type Output = Answers;
    #[inline(always)]
    fn run<S: Simd>(self, lanes: Arithmetic<S>) -> Answers {
        let weight = lanes.weights(&self.value);
        let (mut mass, mut moment) = ([[0.0; LANES]; 2], [[0.0; LANES]; 2]);
        for side in 0..2 {
            for (o, &weight) in weight.iter().enumerate() {
                let own = lanes.multiply(weight, self.own[side][o]);
                mass[side] = lanes.add(mass[side], own);
                moment[side] = lanes.add(moment[side], lanes.multiply(own, self.slope[o]));
            }
        }
        let mean = [lanes.divide(moment[0], mass[0]), lanes.divide(moment[1], mass[1])];
        let (y, farthest) = lanes.exponents(self, mean);
        let mut rest = y;
        for rest in &mut rest {
            *rest = exp_remainder_four(*rest);
        }
        // Of e^{ηa} the part e^{η E∓[a]} is common to a side, e^y = 1 + y + (e^y − 1 − y) is not.
        let apart = lanes.multiply(self.eta, lanes.subtract(mean[1], mean[0]));
        let zero = [0.0; LANES];
        let common = [exp_four(lanes.smallest(lanes.subtract(zero, apart), zero)), exp_four(lanes.smallest(apart, zero))];
        let (mut excess, mut later) = ([[0.0; LANES]; 2], weight);
        let (mut later_mass, mut later_moment) = ([0.0; LANES], [0.0; LANES]);
        for (o, later) in later.iter_mut().enumerate() {
            let term = lanes.multiply(weight[o], rest[o]);
            for (excess, own) in excess.iter_mut().zip(&self.own) {
                *excess = lanes.add(*excess, lanes.multiply(term, own[o]));
            }
            let grown = lanes.add(weight[o], lanes.add(lanes.multiply(weight[o], y[o]), term));
            *later = lanes.multiply(grown, lanes.by_side(self, o, common));
            later_mass = lanes.add(later_mass, *later);
            later_moment = lanes.add(later_moment, lanes.multiply(*later, self.slope[o]));
        }
        let rho = [ln_1p_four(lanes.divide(excess[0], mass[0])), ln_1p_four(lanes.divide(excess[1], mass[1]))];
        let (mass_of_all, moment_of_all) = (lanes.add(mass[0], mass[1]), lanes.add(moment[0], moment[1]));
        let extremes = [
            lanes.extremes(self, &weight, mass_of_all, moment_of_all),
            lanes.extremes(self, &later, later_mass, later_moment),
        ];
        Answers { eta: self.eta, weight, mass, mean, farthest, rho, extremes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::OneLane;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    fn bits(block: &Option<Block>) -> Option<Vec<u64>> {
        let block = block.as_ref()?;
        let Short { rho, extremes } = block.step.unwrap_or(Short { rho: [f64::INFINITY; 2], extremes: [0.0; 2] });
        let all = [&block.weight[..], &block.mass, &block.mean, &block.extremes, &rho, &extremes];
        Some(all.concat().into_iter().map(f64::to_bits).collect())
    }

    /// The same bits alone and in any lane beside others, on registers of one lane and of as many as there are.
    #[test]
    fn neighbours_and_registers_do_not_matter() {
        let mut noise = ChaCha8Rng::seed_from_u64(1);
        let (mut usable, mut long) = (0, 0);
        for _ in 0..500 {
            let mut numbers = |scale: f64| [0; 4].map(|_| [0; MOST].map(|_| scale * (noise.random::<f64>() - 0.5)));
            let (values, slopes) = (numbers(800.0), numbers(8.0));
            let (flags, sizes) = (numbers(1.0), numbers(7.0));
            let problems: [_; LANES] = std::array::from_fn(|lane| {
                let n = 5 + sizes[lane][0] as usize;
                let correct: Vec<bool> = flags[lane][..n].iter().map(|&x| x < 0.0).collect();
                (values[lane], slopes[lane], correct, 3.0 * (sizes[lane][1] + 3.5))
            });
            let problem = |lane: usize| {
                let (value, slope, correct, eta) = &problems[lane];
                let n = correct.len();
                Problem { value: &value[..n], slope: &slope[..n], correct, eta: *eta }
            };
            let mut four = Four::default();
            (0..LANES).for_each(|lane| four.put(lane, problem(lane)));
            let (together, narrow) = (four.solve(), four.run(Arithmetic(OneLane)));
            for lane in 0..LANES {
                let block = together.get(lane);
                let (mut alone, other) = (Four::default(), (lane + 1) % LANES);
                alone.put(other, problem(lane));
                assert_eq!(bits(&block), bits(&alone.solve().get(other)));
                assert_eq!(bits(&block), bits(&narrow.get(lane)));
                usable += usize::from(block.is_some());
                long += usize::from(block.is_some_and(|block| block.step.is_none()));
            }
        }
        assert!(usable > 500 && usable < 1950 && long > 100, "{usable} {long}");
    }
}
