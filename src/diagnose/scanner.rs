//! Values as JSON and as Python print them: `NaN`, `None`, `'single quotes'`, `np.float64(0.5)`, one after the other.
//!
//! Logs of training runs hold all of these, in files called JSON too, which is why no JSON library reads them. Nothing is kept
//! of what is not asked for, so a value may be as long as it likes; nesting is limited.

use std::io::{BufRead, ErrorKind};

/// A single value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Cell {
    /// A number, also one in quotes; `true` is 1. Not necessarily finite.
    Number(f64),
    /// `null`, `None` or an empty string.
    Missing,
    /// Anything else.
    Text,
}

/// Why a value could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Damage {
    /// It ends too early.
    Cut,
    /// A byte that cannot stand where it does.
    Unexpected(u8),
    /// More than [`DEEPEST`] levels.
    Deep,
    /// The file cannot be read on.
    Unreadable(ErrorKind),
}

/// Levels of nesting.
const DEEPEST: u32 = 64;
/// Of names and words only so many bytes are kept.
const KEPT: usize = 256;

/// The number in a text, where it is one: with or without quotes, in a call as `np.float64(0.5)`.
pub(super) fn number(text: &[u8]) -> Cell {
    let mut text = text.trim_ascii();
    while let [b'\'' | b'"', inner @ .., b'\'' | b'"'] = text {
        text = inner.trim_ascii();
    }
    if let (Some(open), Some(b')')) = (text.iter().position(|b| *b == b'('), text.last()) {
        let inner = &text[open + 1..text.len() - 1];
        let end = inner.iter().position(|b| *b == b',').unwrap_or(inner.len());
        text = inner[..end].trim_ascii();
    }
    match text {
        b"" | b"null" | b"None" | b"none" => return Cell::Missing,
        b"true" | b"True" => return Cell::Number(1.0),
        b"false" | b"False" => return Cell::Number(0.0),
        _ => {}
    }
    std::str::from_utf8(text).ok().and_then(|text| text.parse().ok()).map_or(Cell::Text, Cell::Number)
}

/// What is done with the values of an object: its name (of nested objects `outer/inner`) and the value.
pub(super) type Sink<'a> = &'a mut dyn FnMut(&[u8], Cell);

/// What reads the lists directly in an object.
pub(super) type Lists<'a, R> = &'a mut dyn FnMut(&mut Scanner<R>) -> Result<(), Damage>;

/// Reads values from bytes.
pub(super) struct Scanner<R> {
    input: R,
    /// The number of the line that is read, from 1.
    pub(super) line: u64,
    word: Vec<u8>,
    /// Whether `word` is all there was.
    whole: bool,
}

impl<R: BufRead> Scanner<R> {
    /// Begins at line `line`.
    pub(super) fn new(input: R, line: u64) -> Scanner<R> {
        Scanner { input, line, word: Vec::new(), whole: true }
    }

    /// What is not yet read.
    pub(super) fn rest(self) -> R {
        self.input
    }

    fn peek(&mut self) -> Result<Option<u8>, Damage> {
        loop {
            match self.input.fill_buf() {
                Ok(buffer) => return Ok(buffer.first().copied()),
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) => return Err(Damage::Unreadable(e.kind())),
            }
        }
    }

    fn skip(&mut self, byte: u8) {
        self.line += u64::from(byte == b'\n');
        self.input.consume(1);
    }

    /// The next byte that is no blank, not yet consumed.
    pub(super) fn next(&mut self) -> Result<Option<u8>, Damage> {
        while let Some(byte) = self.peek()? {
            if !byte.is_ascii_whitespace() {
                return Ok(Some(byte));
            }
            self.skip(byte);
        }
        Ok(None)
    }

    fn keep(&mut self, byte: u8) {
        self.whole &= self.word.len() < KEPT;
        if self.whole {
            self.word.push(byte);
        }
    }

    /// The number that the kept word is.
    fn cell(&self) -> Cell {
        if self.whole { number(&self.word) } else { Cell::Text }
    }

    fn some(&mut self) -> Result<u8, Damage> {
        self.next()?.ok_or(Damage::Cut)
    }

    /// Consumes `byte` if it is the next one after blanks.
    pub(super) fn eat(&mut self, byte: u8) -> Result<bool, Damage> {
        let found = self.next()? == Some(byte);
        if found {
            self.skip(byte);
        }
        Ok(found)
    }

    fn expect(&mut self, byte: u8) -> Result<(), Damage> {
        match self.some()? {
            found if found == byte => {
                self.skip(byte);
                Ok(())
            }
            found => Err(Damage::Unexpected(found)),
        }
    }

    /// A string, its first [`KEPT`] bytes kept in `self.word`, escapes as they stand.
    fn string(&mut self, quote: u8) -> Result<(), Damage> {
        self.word.clear();
        self.whole = true;
        self.skip(quote);
        let mut escaped = false;
        loop {
            let byte = self.peek()?.ok_or(Damage::Cut)?;
            self.skip(byte);
            if !escaped && byte == quote {
                return Ok(());
            }
            escaped = !escaped && byte == b'\\';
            self.keep(byte);
        }
    }

    /// A number, `null`, `np.float64(…)`.
    fn bare(&mut self, depth: u32) -> Result<Cell, Damage> {
        self.word.clear();
        self.whole = true;
        while let Some(byte) = self.peek()? {
            if !(byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'+' | b'-')) {
                break;
            }
            self.skip(byte);
            self.keep(byte);
        }
        if self.word.is_empty() {
            return Err(self.peek()?.map_or(Damage::Cut, Damage::Unexpected));
        }
        if self.peek()? != Some(b'(') {
            return Ok(self.cell());
        }
        // A call: its first argument is the value.
        let mut first = None;
        self.list(b'(', b')', depth, &mut |cell| {
            first.get_or_insert(cell);
        })?;
        Ok(first.unwrap_or(Cell::Text))
    }

    /// What stands between `open` and `close`, separated by commas; a name before `=` or `:` counts as a value.
    fn list(&mut self, open: u8, close: u8, depth: u32, each: &mut dyn FnMut(Cell)) -> Result<(), Damage> {
        self.expect(open)?;
        while !self.eat(close)? {
            let cell = self.value(depth + 1)?;
            each(cell);
            match self.some()? {
                byte @ (b',' | b'=' | b':') => self.skip(byte),
                byte if byte == close => {}
                byte => return Err(Damage::Unexpected(byte)),
            }
        }
        Ok(())
    }

    /// Any value, of which only a single number is kept.
    pub(super) fn value(&mut self, depth: u32) -> Result<Cell, Damage> {
        if depth > DEEPEST {
            return Err(Damage::Deep);
        }
        let pair = match self.some()? {
            quote @ (b'"' | b'\'') => {
                self.string(quote)?;
                return Ok(self.cell());
            }
            b'{' => (b'{', b'}'),
            b'[' => (b'[', b']'),
            b'(' => (b'(', b')'),
            _ => return self.bare(depth),
        };
        self.list(pair.0, pair.1, depth, &mut |_| {})?;
        Ok(Cell::Text)
    }

    /// A name and the colon after it, kept in `self.word`.
    fn name(&mut self) -> Result<(), Damage> {
        match self.some()? {
            quote @ (b'"' | b'\'') => self.string(quote)?,
            byte => return Err(Damage::Unexpected(byte)),
        }
        self.expect(b':')
    }

    /// Every value of an object. Where `lists` is given, it reads the lists directly in it.
    pub(super) fn object(&mut self, sink: Sink<'_>, lists: Option<Lists<'_, R>>) -> Result<(), Damage> {
        self.members(&mut Vec::new(), sink, lists, 0)
    }

    fn members(
        &mut self,
        path: &mut Vec<u8>,
        sink: Sink<'_>,
        mut lists: Option<Lists<'_, R>>,
        depth: u32,
    ) -> Result<(), Damage> {
        if depth > DEEPEST {
            return Err(Damage::Deep);
        }
        self.expect(b'{')?;
        while !self.eat(b'}')? {
            self.name()?;
            let outer = path.len();
            path.extend_from_slice(&self.word);
            match (self.some()?, &mut lists) {
                (b'{', _) => {
                    // verl's {"step": 1, "data": {…}}: the values belong to the step.
                    match &path[outer..] {
                        b"data" | b"metrics" | b"logs" => path.truncate(outer),
                        _ => path.push(b'/'),
                    }
                    self.members(path, sink, None, depth + 1)?;
                }
                (b'[', Some(read)) => read(self)?,
                _ => {
                    let cell = self.value(depth + 1)?;
                    sink(path, cell);
                }
            }
            path.truncate(outer);
            match self.some()? {
                b',' => self.skip(b','),
                b'}' => {}
                byte => return Err(Damage::Unexpected(byte)),
            }
        }
        Ok(())
    }

    /// Goes on behind damage: to the next line that begins with `{`. False at the end.
    pub(super) fn recover(&mut self) -> Result<bool, Damage> {
        while let Some(byte) = self.peek()? {
            self.skip(byte);
            if byte == b'\n' && self.next()? == Some(b'{') {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(text: &str) -> Result<Vec<(String, Cell)>, Damage> {
        let mut all = Vec::new();
        let mut scanner = Scanner::new(text.as_bytes(), 1);
        scanner.object(&mut |name, cell| all.push((String::from_utf8_lossy(name).into_owned(), cell)), None)?;
        Ok(all)
    }

    #[test]
    fn json_and_python() {
        let found = cells(
            r#"{"a": 1, 'b': '0.25', "c": null, 'd': None, "e": NaN, "f": -Infinity, 'g': np.float64(-1e-06),
                "h": tensor(0.5, device='cuda:0'), "i": "text", "j": [1, {"k": 2}], "l": true, "data": {"m/n": 3},
                "train": {"reward": 4}, "o": "a \" } b", }"#,
        )
        .unwrap();
        let expected = [
            ("a", Cell::Number(1.0)),
            ("b", Cell::Number(0.25)),
            ("c", Cell::Missing),
            ("d", Cell::Missing),
            ("e", Cell::Number(f64::NAN)),
            ("f", Cell::Number(f64::NEG_INFINITY)),
            ("g", Cell::Number(-1e-6)),
            ("h", Cell::Number(0.5)),
            ("i", Cell::Text),
            ("j", Cell::Text),
            ("l", Cell::Number(1.0)),
            ("m/n", Cell::Number(3.0)),
            ("train/reward", Cell::Number(4.0)),
            ("o", Cell::Text),
        ];
        assert_eq!(format!("{found:?}"), format!("{:?}", expected.map(|(name, cell)| (name.to_string(), cell))));
    }

    #[test]
    fn damage_is_named() {
        assert_eq!(cells(r#"{"a": 1, "b"#), Err(Damage::Cut));
        assert_eq!(cells(r#"{"a": np.float64(1"#), Err(Damage::Cut));
        assert_eq!(cells(r#"{"a": }"#), Err(Damage::Unexpected(b'}')));
        assert_eq!(cells(r#"{"a" 1}"#), Err(Damage::Unexpected(b'1')));
        assert_eq!(cells(r#"{a: 1}"#), Err(Damage::Unexpected(b'a')));
        assert_eq!(cells(&format!("{{\"a\": {}", "[".repeat(100_000))), Err(Damage::Deep));
        assert_eq!(cells(&"{\"a\":".repeat(100_000)), Err(Damage::Deep));
    }

    #[test]
    fn numbers_in_their_wrappings() {
        for (text, value) in [("1e-6", 1e-6), (" np.float64(2.5) ", 2.5), ("'3'", 3.0), ("np.int32(4)", 4.0)] {
            assert_eq!(number(text.as_bytes()), Cell::Number(value));
        }
        assert_eq!((number(b"np.float64(2.5"), number(b"abc"), number(b" ")), (Cell::Text, Cell::Text, Cell::Missing));
    }

    #[test]
    fn long_values_are_not_kept() {
        let text = format!("{{\"a\": \"{}\", \"b\": 1}}", "x".repeat(1 << 20));
        let mut scanner = Scanner::new(text.as_bytes(), 1);
        let mut last = None;
        scanner.object(&mut |_, cell| last = Some(cell), None).unwrap();
        assert_eq!(last, Some(Cell::Number(1.0)));
        assert!(scanner.word.capacity() <= 2 * KEPT);
    }
}
