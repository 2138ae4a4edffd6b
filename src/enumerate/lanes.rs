//! The numbers of eight prefixes of one length, those of each in a lane.

use super::ask::TOGETHER;
use super::merge::{LEAST, Summary};
use super::row::Spread;

/// One number for each prefix.
pub(super) type Lanes = [f64; TOGETHER];

/// The same of O⁻ and of O⁺.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))] // no register is loaded from two lines of the cache
pub(super) struct Sides(pub [Lanes; 2]);

impl Sides {
    /// Nothing on either.
    pub const ZERO: Self = Sides([ZERO; 2]);
}

impl std::ops::Index<usize> for Sides {
    type Output = Lanes;
    #[inline(always)]
    fn index(&self, side: usize) -> &Lanes {
        &self.0[side]
    }
}

impl std::ops::IndexMut<usize> for Sides {
    #[inline(always)]
    fn index_mut(&mut self, side: usize) -> &mut Lanes {
        &mut self.0[side]
    }
}

/// Logits, slopes and curvatures of the tokens after one prefix.
pub(super) type Written<const N: usize> = [[f64; N]; 3];

/// The largest differences in the rows of every lane, so far.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C, align(64))] // as of Sides
pub(super) struct Extents {
    pub logit: Lanes,
    pub slope: Lanes,
    pub curvature: Lanes,
}

impl Extents {
    /// The largest of all lanes.
    pub fn spread(&self) -> Spread {
        let largest = |lanes: &Lanes| lanes.iter().fold(0.0, |top: f64, &x| top.max(x));
        Spread { logit: largest(&self.logit), slope: largest(&self.slope), curvature: largest(&self.curvature) }
    }
}

/// The tokens after eight prefixes, as in [`Row`](super::row::Row).
#[derive(Clone, Copy)]
#[repr(C, align(64))] // as of Sides
pub(super) struct Rows<const N: usize> {
    pub p: [Lanes; N],
    pub score: [Lanes; N],
    pub curvature: [Lanes; N],
    pub common: Lanes,
    /// Negative where a number may be too large or none, or a probability so small that it needs an exponent.
    pub margin: Lanes,
    /// The same, and where `common` is no number.
    pub flags: Flags,
    /// Some curvatures differ from 0.
    pub curved: bool,
}

impl<const N: usize> Rows<N> {
    /// Nothing is known.
    pub const ZERO: Self = Rows {
        p: [ZERO; N],
        score: [ZERO; N],
        curvature: [ZERO; N],
        common: ZERO,
        curved: false,
        margin: ZERO,
        flags: [0; TOGETHER],
    };
}

/// What is known of the responses below eight prefixes, as in [`Summary`].
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))] // as of Sides
pub(super) struct Summaries {
    pub mass: Sides,
    pub mean: Sides,
    pub variance: Sides,
    pub curvature: Sides,
    /// Means something if they are `scaled`.
    pub exponent: [[i64; TOGETHER]; 2],
    /// Some mass has an exponent, or needs one.
    pub scaled: bool,
}

impl Summaries {
    /// Nothing is below.
    pub const ZERO: Summaries = Summaries {
        mass: Sides::ZERO,
        mean: Sides::ZERO,
        variance: Sides::ZERO,
        curvature: Sides::ZERO,
        exponent: [[0; TOGETHER]; 2],
        scaled: false,
    };

    /// Responses that end here, where there are never any but such; 1 where one is correct.
    #[inline(always)]
    pub fn end(&mut self, correct: Lanes) {
        self.mass[1] = correct;
        for (wrong, correct) in self.mass[0].iter_mut().zip(correct) {
            *wrong = 1.0 - correct;
        }
    }

    pub fn get(&self, lane: usize) -> Summary {
        let of = |sides: &Sides| [sides[0][lane], sides[1][lane]];
        Summary {
            mass: of(&self.mass),
            exponent: if self.scaled { [self.exponent[0][lane], self.exponent[1][lane]] } else { [0; 2] },
            mean: of(&self.mean),
            variance: of(&self.variance),
            curvature: of(&self.curvature),
        }
    }

    pub fn set(&mut self, lane: usize, summary: &Summary) {
        for side in 0..2 {
            self.mass[side][lane] = summary.mass[side];
            self.mean[side][lane] = summary.mean[side];
            self.variance[side][lane] = summary.variance[side];
            self.curvature[side][lane] = summary.curvature[side];
            self.exponent[side][lane] = summary.exponent[side];
        }
        self.scaled |= summary.is_scaled();
    }
}

/// For each lane whether something is the case: in the highest bit.
pub(super) type Flags = [u64; TOGETHER];

/// Whether it is in one.
#[inline(always)]
pub(super) fn any(flags: &Flags) -> bool {
    let mut all = 0;
    for flag in flags {
        all |= flag;
    }
    all >> 63 != 0
}

/// Zeros.
pub(super) const ZERO: Lanes = [0.0; TOGETHER];

/// Flags masses that are not 0 and below 2⁻²⁵⁶.
#[inline(always)]
pub(super) fn flag_rare(flags: &mut Flags, mass: Lanes) {
    for lane in 0..TOGETHER {
        let bits = mass[lane].to_bits();
        flags[lane] |= bits.wrapping_sub(LEAST.to_bits()) & !bits.wrapping_sub(1); // 0 − 1 has the highest bit
    }
}
