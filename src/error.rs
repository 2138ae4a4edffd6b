//! The one error type of the crate: a message that names the value and the place.

use std::fmt;

/// Bad input. The message is complete: it names the offending value and where it stands.
///
/// ```
/// let error = gradient_gap::Error::new("-1, expected a number ≥ 0").at("eta");
/// assert_eq!(error.to_string(), "eta: -1, expected a number ≥ 0");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(String);

impl Error {
    /// An error with this message.
    pub fn new(message: impl Into<String>) -> Error {
        Error(message.into())
    }

    /// This error with a place before it: `place: message`, in one line.
    pub fn at(self, place: impl fmt::Display) -> Error {
        Error(format!("{}: {}", one_line(&place.to_string()), self.0))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

/// Whether a character could disturb a line of text: control characters and those that change the direction of writing.
pub(crate) fn is_wild(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}')
}

/// A text without what could disturb the line that it stands on: characters that would are written as escapes.
pub fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    text.chars().for_each(|c| if is_wild(c) { line.extend(c.escape_default()) } else { line.push(c) });
    line
}

/// Of the `known` names the one that `name` is nearest to, by edit distance with capitals counting half; "" where there are none.
pub fn nearest<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> &'k str {
    let small = name.to_lowercase();
    let rank = |known: &&str| distance(name, known) + distance(&small, &known.to_lowercase());
    known.into_iter().min_by_key(rank).unwrap_or_default()
}

/// Levenshtein's edit distance.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name() {
        assert_eq!((distance("", "abc"), distance("kitten", "sitting"), distance("abc", "abc")), (3, 3, 0));
        let known = ["dmu", "dlambda", "L", "Lp", "len"];
        for (name, expected) in [("dmuu", "dmu"), ("DLambda", "dlambda"), ("l", "L"), ("lp", "Lp"), ("lem", "len")] {
            assert_eq!(nearest(name, known), expected);
        }
        assert_eq!(nearest("x", []), "");
    }
}
