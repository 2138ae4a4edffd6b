//! The verifiable task: sums modulo 5, with or without written-out steps.
//!
//! A prompt is two to four digits, `2+4+1=`. A response is any string of digits that is ended by EOS, or cut at T∞ tokens: |o|
//! counts EOS. It is correct where EOS ends it and the last digit before EOS is the sum modulo 5; whatever stands before that
//! digit is not looked at. A cut response is wrong, and so is an empty one.

use crate::policy::{Ending, Shape};
use rand::{Rng, RngExt};

/// Digits are 0 to 4, and sums are modulo it.
pub const MODULUS: u32 = 5;
/// EOS: the token 0, as everywhere. Digit d is the token d + 1.
pub const EOS: u32 = 0;
/// The token `+`, in prompts only.
pub const PLUS: u32 = MODULUS + 1;
/// The token `=`, with which a prompt ends.
pub const EQUALS: u32 = MODULUS + 2;
/// Tokens that a response may hold: EOS and the digits.
pub const OPTIONS: u32 = MODULUS + 1;
/// The most digits of a prompt.
pub const MOST: usize = 4;

/// Digits to be added up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompt(Vec<u32>);

impl Prompt {
    /// All prompts of so many digits.
    pub fn all(digits: usize) -> Vec<Prompt> {
        let digit = |number: u32, i: usize| number / MODULUS.pow(i as u32) % MODULUS;
        (0..MODULUS.pow(digits as u32)).map(|number| Prompt((0..digits).map(|i| digit(number, i)).collect())).collect()
    }

    /// Its digits.
    pub fn digits(&self) -> &[u32] {
        &self.0
    }

    /// Whether it is kept for evaluation, never trained on: one in five, by Σ i·d_i modulo 5.
    pub fn is_held_out(&self) -> bool {
        self.0.iter().zip(1..).map(|(digit, i)| digit * i).sum::<u32>().is_multiple_of(MODULUS)
    }

    /// Its tokens, `=` included.
    pub fn tokens(&self) -> Vec<u32> {
        let mut tokens = Vec::new();
        for digit in &self.0 {
            tokens.extend([digit + 1, PLUS]);
        }
        tokens.pop();
        tokens.push(EQUALS);
        tokens
    }

    /// The sum modulo 5.
    pub fn answer(&self) -> u32 {
        self.0.iter().sum::<u32>() % MODULUS
    }

    /// The verifier: whether a response, EOS included where it has one, is correct.
    pub fn is_correct(&self, response: &[u32]) -> bool {
        matches!(response, [.., digit, EOS] if *digit == self.answer() + 1)
    }

    /// A demonstration: the running sums from the first, second, … digit on (so that some skip steps), in no more than `length`
    /// tokens. With probability `wrong` the last is another digit.
    pub fn demonstration(&self, wrong: f64, length: u32, rng: &mut impl Rng) -> Vec<u32> {
        let mut sums: Vec<u32> = self
            .0
            .iter()
            .scan(0, |sum, digit| {
                *sum = (*sum + digit) % MODULUS;
                Some(*sum)
            })
            .collect();
        let least = sums.len().saturating_sub(length as usize - 1);
        let from = rng.random_range(least..sums.len());
        if rng.random::<f64>() < wrong
            && let Some(last) = sums.last_mut()
        {
            *last = (*last + rng.random_range(1..MODULUS)) % MODULUS;
        }
        sums[from..].iter().map(|sum| sum + 1).chain([EOS]).collect()
    }
}

impl std::fmt::Display for Prompt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let digits: Vec<String> = self.0.iter().map(u32::to_string).collect();
        f.pad(&format!("{}=", digits.join("+")))
    }
}

/// All responses of up to T∞ = `length` tokens.
pub fn shape(length: u32) -> Shape {
    Shape { vocabulary: OPTIONS, max_length: length, ending: Ending::Cut }
}
