//! Bytes as a source of choices: whatever the bytes are, something is decoded from them. Past the end there are zeros, which
//! choose the simplest, so that every decoding ends.

/// A reader of bytes.
pub struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    pub fn new(bytes: &'a [u8]) -> Bytes<'a> {
        Bytes(bytes)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn byte(&mut self) -> u8 {
        let Some((&first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        first
    }

    pub fn word(&mut self) -> u64 {
        u64::from_le_bytes(std::array::from_fn(|_| self.byte()))
    }

    /// Less than n ≥ 1, from as few bytes as serve.
    pub fn below(&mut self, n: usize) -> usize {
        let x = match n {
            ..=256 => usize::from(self.byte()),
            _ => usize::from(self.byte()) | usize::from(self.byte()) << 8 | usize::from(self.byte()) << 16,
        };
        x % n
    }

    /// True for one byte in n.
    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    pub fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    /// In [0, 1].
    pub fn unit(&mut self) -> f64 {
        f64::from(self.word() as u32) / f64::from(u32::MAX)
    }

    /// A finite number: one of the format's landmarks, a small integer, a number of moderate size, or any bits at all.
    pub fn number(&mut self) -> f64 {
        const LANDMARKS: [f64; 16] = [
            0.0,
            -0.0,
            1.0,
            -1.0,
            0.5,
            5e-324,
            -5e-324,
            f64::MIN_POSITIVE,
            f64::MAX,
            -f64::MAX,
            1.0 - f64::EPSILON / 2.0,
            1.0 + f64::EPSILON,
            709.782712893384,
            -708.39,
            -745.2,
            std::f64::consts::PI,
        ];
        match self.byte() % 6 {
            0 => self.one_of(&LANDMARKS),
            1 => f64::from(self.byte() as i8),
            2 => 4.0 * self.unit() - 2.0,
            3 => 1500.0 * self.unit() - 750.0,
            4 => (2.0 * self.unit() - 1.0) * 2f64.powi(self.below(200) as i32 - 120),
            _ => Some(f64::from_bits(self.word())).filter(|x| x.is_finite()).unwrap_or(2.0),
        }
    }
}
