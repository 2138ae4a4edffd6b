//! Bytes as a log of a training run: never a panic, never more memory than the log allows, rows in order and rates that are rates;
//! and the same rows in two formats are the same run.

use super::bytes::Bytes;
use super::logs::{FORMATS, Format, Logged};
use super::memory::counted;
use super::{alone, drive};
use gradient_gap::diagnose::{Diagnosis, FRAMEWORKS, Framework, LOSSES, Options};
use gradient_gap::report::{diagnose_json, diagnose_table};
use std::io::Read;

/// Bytes of memory for a byte of a log: a row `{"J":1}` takes a value of each of 64 and more columns if a later row has them, and
/// half of that again while a column grows; a line of two bytes is a skipped row of 48.
const PER_BYTE: usize = 200;
/// What the reader takes for any log: its buffers, and the text it decides by.
const FIXED: usize = 1 << 20;

/// What one input showed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Seen {
    Refused,
    Read,
    /// As a second format.
    Twice,
}

/// What may stand anywhere in a log, and breaks it.
const PIECES: [&str; 40] = [
    "\n",
    "\r",
    "\r\n",
    "{",
    "}",
    "{\"",
    "{'",
    "[",
    "]",
    "(",
    "np.float64(",
    ")",
    "\"",
    "'",
    ",",
    ":",
    "\\",
    " - ",
    "\x1b[31m",
    "\x1b",
    "NaN",
    "-Infinity",
    "null",
    "None",
    "1e999",
    "-1",
    "9007199254740991",
    "9007199254740992",
    "5e-324",
    "1e308",
    "step:7 - ",
    "\"step\":3,",
    "Global step 4: ",
    "\u{feff}",
    "\u{202e}",
    "\0",
    "J,step\n",
    "\"log_history\":[",
    "\"data\":{",
    "actor/lr(1e300)",
];

/// Options, of which most are left as they are.
fn options(bytes: &mut Bytes) -> Options {
    let mut options = Options::default();
    let given = bytes.word();
    let flag = |bit: u32| given >> bit & 7 == 7;
    if flag(0) {
        options.framework = Some(&FRAMEWORKS[bytes.below(FRAMEWORKS.len())]);
    }
    if flag(3) {
        options.success_key =
            Some(bytes.one_of(&["reward", "J", "grad_norm", "step", "", "rewards/is_correct/mean"]).into());
    }
    if flag(6) {
        let [low, high] = [bytes.number(), bytes.number()];
        options.reward_range = Some([low, high]);
    }
    if flag(9) {
        options.loss = Some(&LOSSES[bytes.below(LOSSES.len())]);
    }
    if flag(12) {
        options.clip = Some(bytes.number());
    }
    if flag(15) {
        options.smooth = Some(bytes.one_of(&[0, 1, 2, 7, 100, usize::MAX]));
    }
    if flag(18) {
        options.early = bytes.one_of(&[0, 1, 2, 7, 100, usize::MAX]);
    }
    if flag(21) {
        options.smoothness = Some(bytes.number());
    }
    if flag(24) {
        options.max_length = Some(bytes.number());
    }
    options
}

/// A run in which values may be missing.
fn run(bytes: &mut Bytes) -> Vec<Logged> {
    let mut step = bytes.word() >> bytes.one_of(&[14, 40, 56, 63]);
    let holes = bytes.one_of(&[usize::MAX, 20, 3]);
    let count = 1 + bytes.below(40);
    (0..count)
        .map(|_| {
            step += 1 + u64::from(bytes.byte()) % 3;
            let mut some = |value: f64| Some(value).filter(|_| holes == usize::MAX || !bytes.one_in(holes));
            let fractions = [0.0, 0.125, 0.3, 0.5, 0.625, 0.9, 1.0];
            let [mut rate, grad_norm, mut learning_rate, length] = [some(0.5), some(1.0), some(1.0), some(1.0)];
            if rate.is_some() {
                rate = Some(if bytes.one_in(2) { bytes.one_of(&fractions) } else { bytes.unit() });
            }
            let grad_norm = grad_norm.map(|_| bytes.number().abs());
            learning_rate = learning_rate.map(|_| bytes.one_of(&[0.0, 1e-6, 3e-5, 0.01, 1e-320, 1e300]) * bytes.unit());
            // What verl writes in units of 1e-4 is to come back as it was.
            learning_rate = learning_rate.filter(|rate| rate * 1e4 * 1e-4 == *rate);
            let length = length.map(|_| bytes.number().abs());
            if rate.is_none() && grad_norm.is_none() {
                rate = Some(0.5);
            }
            Logged { step, rate, grad_norm, learning_rate, length }
        })
        .collect()
}

/// The log that bytes stand for: themselves, or one of the formats with a few changes.
fn log(first: u8, bytes: &mut Bytes) -> Vec<u8> {
    if first % 8 < 2 {
        return std::iter::from_fn(|| (!bytes.is_empty()).then(|| bytes.byte())).collect();
    }
    let changes = bytes.below(9);
    let mut text = bytes.one_of(&FORMATS).log(&run(bytes)).into_bytes();
    if bytes.one_in(4) {
        let other = bytes.one_of(&FORMATS).log(&run(bytes)).into_bytes();
        text.extend(other);
    }
    for _ in 0..changes {
        let at = bytes.below(text.len().max(1)).min(text.len());
        let to = (at + bytes.below(40)).min(text.len());
        match bytes.byte() % 8 {
            0 => drop(text.drain(at..to)),
            1 => drop(text.splice(at..at, text[at..to].to_vec())),
            2 => text.truncate(at),
            3 if at < to => text[at] = bytes.byte(),
            4 => {
                let piece = bytes.one_of(&PIECES).repeat(1 + bytes.below(300));
                text.splice(at..at, piece.into_bytes());
            }
            _ => drop(text.splice(at..at, bytes.one_of(&PIECES).bytes())),
        }
    }
    text
}

/// A few bytes at a time.
struct Slow<'a>(&'a [u8]);

impl Read for Slow<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let count = self.0.len().min(into.len()).min(7);
        into[..count].copy_from_slice(&self.0[..count]);
        self.0 = &self.0[count..];
        Ok(count)
    }
}

/// What must hold of any log whatever.
fn check(log: &[u8], options: &Options) -> Result<Seen, String> {
    let (outcome, memory) = counted(|| Diagnosis::read("the log", log, options));
    if memory > PER_BYTE * log.len() + FIXED {
        return Err(format!("{memory} bytes of memory for {} of a log", log.len()));
    }
    let again = Diagnosis::read("the log", Slow(log), options);
    if format!("{outcome:?}") != format!("{again:?}") {
        return Err(format!("another result in small pieces: {again:?}"));
    }
    let found = match outcome {
        Ok(found) => found,
        Err(error) => {
            let message = error.to_string();
            let named = options.check().is_err() || message.starts_with("the log: ");
            let fine = named && message.len() < 8_000 && !message.contains(char::is_control);
            return if fine { Ok(Seen::Refused) } else { Err(format!("the message is no short line: {message:?}")) };
        }
    };
    let is_rate = |rate: f64| rate.is_nan() || (0.0..=1.0).contains(&rate);
    let (mut before, mut sums, mut count) = (None, [0.0; 2], 0);
    for row in found.rows() {
        if before >= Some(row.step) {
            return Err(format!("step {} after {before:?}", row.step));
        }
        if !is_rate(row.success_rate) || !is_rate(row.smooth_success_rate) {
            return Err(format!("no rates: {row:?}"));
        }
        let now = [row.cumulative_gap, row.cumulative_length_gap];
        if !(0..2).all(|i| now[i] >= sums[i] && now[i].is_finite()) {
            return Err(format!("sums that fall: {row:?}"));
        }
        let values = [row.grad_norm, row.learning_rate, row.mean_length];
        if values.iter().any(|value| value.is_infinite() || *value < 0.0) {
            return Err(format!("values out of range: {row:?}"));
        }
        (before, sums, count) = (Some(row.step), now, count + 1);
    }
    let lines = 1 + log.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count();
    let objects = log.iter().filter(|byte| **byte == b'{').count();
    if count != found.len() || count > lines + objects || found.is_empty() {
        return Err(format!("{count} rows of {} in {lines} lines with {objects} objects", found.len()));
    }
    if found.skipped.iter().any(|one| one.line == 0 || one.line > lines as u64)
        || !found.skipped.is_sorted_by_key(|one| one.line)
    {
        return Err(format!("skipped lines that are none: {:?}", found.skipped));
    }
    let table = diagnose_table(&found);
    let mut json = Vec::new();
    diagnose_json(&found, &mut json).map_err(|e| e.to_string())?;
    let parsed = serde_json::from_slice::<serde_json::Value>(&json).map_err(|e| format!("{e}: {json:?}"))?;
    if table.is_empty() || table.contains(|c: char| c.is_control() && c != '\n') || !parsed.is_object() {
        return Err(format!("a report that disturbs:\n{table:?}"));
    }
    Ok(Seen::Read)
}

/// The same rows in two formats give the same numbers.
fn compare(bytes: &mut Bytes) -> Result<Seen, String> {
    let formats = [bytes.one_of(&FORMATS), bytes.one_of(&FORMATS)];
    let loss = Some(&LOSSES[bytes.below(LOSSES.len())]);
    let mut run = run(bytes);
    if !formats.iter().all(|format| format.has_steps()) {
        run.iter_mut().zip(1..).for_each(|(row, step)| row.step = step);
    }
    let read = |format: Format| {
        let options = Options {
            framework: Framework::find(format.framework()),
            success_key: Some(format.names()[0].into()),
            reward_range: Some([0.0, 1.0]),
            loss,
            clip: Some(1.0),
            smoothness: Some(0.5),
            ..Options::default()
        };
        let log = format.log(&run);
        check(log.as_bytes(), &options).map_err(|message| format!("{message}\n{log}"))?;
        let read = Diagnosis::read("the log", log.as_bytes(), &options);
        // Without a single J there is nothing to compare.
        let told = read.map(|found| (format!("{:?}", found.rows().collect::<Vec<_>>()), found));
        let values = told.as_ref().ok().map(|(text, found)| (text.clone(), found.lacking, found.skipped.clone()));
        if let Ok((_, found)) = &told {
            for (row, logged) in found.rows().zip(&run) {
                let values = [logged.rate, logged.grad_norm, logged.learning_rate, logged.length];
                let read = [row.success_rate, row.grad_norm, row.learning_rate, row.mean_length];
                let same = |a: Option<f64>, b: f64| a.map_or(b.is_nan(), |a| a == b);
                // A learning rate that is 0 throughout is of no use.
                let zero = run.iter().all(|row| row.learning_rate.is_none_or(|rate| rate == 0.0));
                if row.step != logged.step || !(0..4).all(|i| same(values[i], read[i]) || i == 2 && zero) {
                    return Err(format!("{row:?} for {logged:?}"));
                }
            }
        }
        Ok((values, log))
    };
    let [first, second] = [read(formats[0])?, read(formats[1])?];
    match first.0 == second.0 {
        true => Ok(Seen::Twice),
        false => Err(format!("{formats:?}: {:?}\n{:?}\n{}\n{}", first.0, second.0, first.1, second.1)),
    }
}

/// The fuzz target. The first byte says what follows; a file of the corpus is a log as it stands if that byte is printed.
pub fn training_log(bytes: &[u8]) -> Result<Seen, String> {
    let mut source = Bytes::new(bytes);
    let first = bytes.first().copied().unwrap_or_default();
    if (b' '..0x7f).contains(&first) || first.is_ascii_whitespace() || first == 0x1b {
        return check(bytes, &Options::default());
    }
    source.byte();
    if first % 8 == 7 {
        return compare(&mut source);
    }
    let options = options(&mut source);
    let log = log(first, &mut source);
    check(&log, &options)
        .map_err(|message| format!("{message}\n{options:?}\nThe log: {:.4000}", String::from_utf8_lossy(&log)))
}

#[test]
fn training_logs() {
    let _alone = alone();
    let mut count = [0; 3];
    drive("training-log", 3_000, training_log, |seen| count[seen as usize] += 1);
    let single = std::env::var_os("GRADIENT_GAP_FUZZ_INPUT").is_some();
    assert!(single || count.iter().all(|seen| *seen > 100), "{count:?}");
}

/// Control: what the checks look for, they see.
#[test]
fn a_format_that_differs_would_be_seen() {
    let _alone = alone();
    let read = |text: &str| {
        let found = Diagnosis::read("the log", text.as_bytes(), &Options::default()).expect("a log");
        format!("{:?}", found.rows().collect::<Vec<_>>())
    };
    assert_eq!(read("step,J\n1,0.5\n2,0.25\n"), read("{\"step\":1,\"J\":0.5}\n{\"step\":2,\"J\":0.25}\n"));
    assert_ne!(read("step,J\n1,0.5\n2,0.25\n"), read("step,J\n1,0.5\n2,0.250000001\n"));
}

/// A log made on the way, never whole in memory.
struct Made<F> {
    next: F,
    buffer: Vec<u8>,
    at: usize,
    total: usize,
}

impl<F: FnMut(u64) -> Option<String>> Made<F> {
    fn new(next: F) -> Made<F> {
        Made { next, buffer: Vec::new(), at: 0, total: 0 }
    }
}

impl<F: FnMut(u64) -> Option<String>> Read for Made<F> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        if self.at == self.buffer.len() {
            self.buffer.clear();
            self.at = 0;
            // A few rows at a time.
            while self.buffer.len() < 1 << 14 {
                let Some(next) = (self.next)(self.total as u64) else { break };
                self.total += 1;
                self.buffer.extend_from_slice(next.as_bytes());
            }
        }
        let count = (self.buffer.len() - self.at).min(into.len());
        into[..count].copy_from_slice(&self.buffer[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}

fn long() -> bool {
    std::env::var("GRADIENT_GAP_LONG").is_ok_and(|value| value == "1")
}

/// Of a long run only columns are kept: 200 bytes a row, whatever its format and however long its rows; with GRADIENT_GAP_LONG=1 a
/// million rows.
#[test]
fn long_runs_take_memory_by_their_rows() {
    let _alone = alone();
    let rows: u64 = if long() { 1_000_000 } else { 50_000 };
    let logged = |i: u64| Logged {
        step: i,
        rate: Some(((i * 7_919) % 1_000) as f64 / 1_000.0),
        grad_norm: Some(0.5 + (i % 17) as f64 / 64.0),
        learning_rate: Some(1e-6),
        length: Some(500.0 + (i % 301) as f64),
    };
    for format in [Format::Csv, Format::VerlFile, Format::Verl, Format::State, Format::List] {
        let text = Made::new(|i| match i {
            0 => Some(format.head().into()),
            i if i <= rows => Some(format.row(i as usize - 1, &logged(i))),
            i if i == rows + 1 => Some(format.tail().into()),
            _ => None,
        });
        let (found, memory) = counted(|| Diagnosis::read("the log", text, &Options::default()));
        let found = found.expect("a log");
        assert_eq!((found.len() as u64, found.skipped.len()), (rows, 0), "{format:?}");
        assert!(memory as u64 <= 200 * rows + FIXED as u64, "{format:?}: {} bytes a row", memory as u64 / rows);
    }
}

/// A line of a log that is too long, and a document, take no memory by their length: 200 MB with GRADIENT_GAP_LONG=1.
#[test]
fn long_lines_take_no_memory() {
    let _alone = alone();
    let pieces: u64 = if long() { 200_000 } else { 20_000 };
    let padding = "x".repeat(1_000);
    for (before, after, rows, fixed) in [
        // A line is kept up to its limit, and a vector that grows is there twice.
        ("{\"step\":1,\"J\":0.5}\n{\"x\":\"", "\"}\n{\"step\":2,\"J\":0.5}\n", 2, 50 << 20),
        ("{\"log_history\":[{\"step\":1,\"J\":0.5,\"x\":\"", "\"},{\"step\":2,\"J\":0.5}]}", 2, FIXED),
        ("[{\"step\":1,\"J\":0.5},\"", "\",{\"step\":2,\"J\":0.5}]", 2, FIXED),
        ("[\n{\"step\":1,\"J\":0.5},\n{\"x\":?", "\n{\"step\":2,\"J\":0.5}\n]", 2, FIXED),
    ] {
        let text = Made::new(|i| match i {
            0 => Some(before.into()),
            i if i <= pieces => Some(padding.clone()),
            i if i == pieces + 1 => Some(after.into()),
            _ => None,
        });
        let (found, memory) = counted(|| Diagnosis::read("the log", text, &Options::default()));
        assert_eq!(found.expect("a log").len(), rows, "{before}");
        assert!(memory <= fixed, "{before}: {memory} bytes");
    }
}

/// Small logs that ask for much more memory than they bring.
#[test]
fn hostile_logs_take_memory_in_proportion() {
    let _alone = alone();
    let many = 100_000;
    let columns: String = (0..64).map(|i| format!("\"rewards/x{i}/mean\":0.5,")).collect();
    let name = "x".repeat(240);
    let texts = [
        ("rows of many columns", format!("{}{{{columns}\"J\":1}}\n", "{\"J\":1}\n".repeat(many))),
        ("rows without a value", format!("step,J\n{}1,0.5\n", "x,y\n".repeat(many))),
        ("short rows", format!("step,J\n{}1,0.5\n", "1\n".repeat(many))),
        ("open braces", format!("{{\"J\":1}}\n{}", "{\"\n".repeat(many))),
        ("evaluations", format!("{}{{\"J\":1}}\n", "{\"epoch\":1}\n".repeat(many))),
        ("one step", format!("step,J\n{}", "1,1\n".repeat(many))),
        ("one key", format!("{{{}\"J\":1}}\n", "\"J\":1,".repeat(many))),
        ("one key without a number", format!("{{{}\"J\":1}}\n", "\"J\":x,".repeat(many))),
        ("names", format!("{{{}\"J\":1}}\n", (0..many).map(|i| format!("\"{i}\":1,")).collect::<String>())),
        ("a long name of one column", format!("step,J,rewards/{name}\n1,0.5,1\n{}", "1,1,x\n".repeat(many))),
        ("a long name", format!("{{\"{}\":1,\"J\":1}}\n", name.repeat(many / 100))),
        ("blanks", format!("{{\"J\":1}}\n{}", " \n".repeat(many))),
    ];
    for (what, text) in &texts {
        let (found, memory) = counted(|| Diagnosis::read("the log", text.as_bytes(), &Options::default()));
        found.unwrap_or_else(|e| panic!("{what}: {e}"));
        assert!(memory <= PER_BYTE * text.len() + FIXED, "{what}: {} bytes a byte", memory / text.len());
    }
}
