//! A log file's bytes into a table. Line by line, except for documents of JSON over many lines; nothing of the file is kept.

use super::LONGEST_LINE;
use super::framework::is_wanted;
use super::scanner::{Cell, Damage, Scanner, number};
use super::table::{Reason, Table, unit};
use crate::Error;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::io::{BufRead, ErrorKind, Read};

/// How rows are written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shape {
    /// One JSON document: `trainer_state.json`, or a list of rows.
    Document,
    /// An object of JSON, or a dictionary of Python, on a line.
    Object,
    /// `step:1 - name:value - …` on a line.
    Steps,
    /// A header and rows of separated values.
    Csv,
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Shape::Document => "a JSON document",
            Shape::Object => "an object or dictionary a line",
            Shape::Steps => "`step:N - name:value - …` a line",
            Shape::Csv => "separated values under a header",
        })
    }
}

/// So many bytes decide what kind of file it is.
const BEGINNING: usize = 1 << 16;

/// A line without its end, or that it is too long; `None` at the end of the file. The flag says whether an end of line was there.
fn read_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> std::io::Result<Option<(bool, bool)>> {
    line.clear();
    let limit = LONGEST_LINE as u64 + 1;
    if input.by_ref().take(limit).read_until(b'\n', line)? == 0 {
        return Ok(None);
    }
    let mut ended = line.last() == Some(&b'\n');
    let long = line.len() > LONGEST_LINE;
    if long && !ended {
        line.clear();
        loop {
            let buffer = match input.fill_buf() {
                Err(e) if e.kind() == ErrorKind::Interrupted => continue,
                buffer => buffer?,
            };
            if buffer.is_empty() {
                break;
            }
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let used = end.map_or(buffer.len(), |end| end + 1);
            input.consume(used);
            if end.is_some() {
                ended = true;
                break;
            }
        }
    }
    while matches!(line.last(), Some(b'\n' | b'\r')) {
        line.pop();
    }
    Ok(Some((long, ended)))
}

/// Without the escape sequences that colour a terminal.
fn without_colours(line: &mut Vec<u8>) {
    if !line.contains(&0x1b) {
        return;
    }
    let mut kept = Vec::with_capacity(line.len());
    let mut bytes = line.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            0x1b if bytes.peek() == Some(&b'[') => {
                bytes.next();
                // Parameters, then one letter.
                while bytes.next().is_some_and(|b| !b.is_ascii_alphabetic()) {}
            }
            0x1b => {}
            byte => kept.push(byte),
        }
    }
    *line = kept;
}

/// Where `needle` begins in `text`.
fn find(text: &[u8], needle: &[u8]) -> Option<usize> {
    let first = *needle.first()?;
    let mut from = 0;
    while let Some(at) = text[from..].iter().position(|byte| *byte == first) {
        if text[from + at..].starts_with(needle) {
            return Some(from + at);
        }
        from += at + 1;
    }
    None
}

/// What follows `step:` where a number does and, after that, the end or ` - `.
fn steps_of(line: &[u8]) -> Option<&[u8]> {
    let mut rest = line;
    loop {
        let at = find(rest, b"step:")?;
        let (before, found) = rest.split_at(at);
        let inside = before.last().is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'/' | b'"' | b'\''));
        let value = found[5..].trim_ascii_start();
        let digits = value.iter().take_while(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-')).count();
        if !inside && digits > 0 && (value.len() == digits || value[digits..].starts_with(b" - ")) {
            return Some(found);
        }
        rest = &found[5..];
    }
}

/// Where in a piece of a line another line begins, as a process leaves it that ends within a line: its `step:12` at the end of the
/// piece. After a letter, `/` or `_` it may be a name, but not if the `first` name of the line follows once more.
fn begins_again(piece: &[u8], after: &[u8], first: &[u8]) -> Option<usize> {
    let digits = piece.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let before = piece[..piece.len() - digits].strip_suffix(b"step:").filter(|_| digits > 0)?;
    let in_name = before.last().is_some_and(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'/'));
    let again = !first.is_empty() && after.strip_prefix(first).is_some_and(|rest| rest.starts_with(b":"));
    (!in_name || again).then_some(before.len())
}

/// The pieces of a line between ` - `. Where another line begins in it, what stands before is skipped.
fn read_steps(line: &[u8], number_of_line: u64, table: &mut Table) {
    let mut rest = line;
    let (mut pieces, mut first): (u64, &[u8]) = (0, b"");
    while !rest.is_empty() {
        let end = find(rest, b" - ");
        let mut piece = &rest[..end.unwrap_or(rest.len())];
        let after = end.map_or(&[][..], |end| &rest[end + 3..]);
        if pieces > 0
            && let Some(at) = begins_again(piece, after, first)
        {
            table.abandon();
            table.skip(number_of_line, Reason::Cut);
            piece = &piece[at..];
            pieces = 0;
        }
        if pieces == 1 {
            first = piece.split(|byte| *byte == b':').next().unwrap_or_default();
        }
        pieces += 1;
        if let Some(colon) = piece.iter().position(|byte| *byte == b':') {
            let kept = table.cell(piece[..colon].trim_ascii(), number(&piece[colon + 1..]));
            if kept && end.is_none() {
                table.mark_end();
            }
        }
        rest = after;
    }
}

/// The object or dictionary on a line, wherever it begins.
fn object_of(line: &[u8]) -> Option<&[u8]> {
    let mut rest = line;
    loop {
        let at = rest.iter().position(|byte| *byte == b'{')?;
        rest = &rest[at..];
        if matches!(rest[1..].trim_ascii_start().first(), Some(b'"' | b'\'')) {
            return Some(rest);
        }
        rest = &rest[1..];
    }
}

/// The number of a step in the words before an object: `Global step 12: {…}`.
fn step_before(words: &[u8]) -> Option<&[u8]> {
    let words = words.trim_ascii_end().strip_suffix(b":")?;
    let digits = words.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let (before, step) = words.split_at(words.len() - digits);
    let before = before.trim_ascii_end();
    (digits > 0 && before.len() >= 4 && before[before.len() - 4..].eq_ignore_ascii_case(b"step")).then_some(step)
}

/// Whether a line is an object, perhaps with its step before it.
fn is_object_row(line: &[u8]) -> bool {
    object_of(line).is_some_and(|object| {
        let words = &line[..line.len() - object.len()];
        words.trim_ascii().is_empty() || step_before(words).is_some()
    })
}

/// What separates the values of a header; `None` if the line is no header.
fn separator(line: &[u8]) -> Option<u8> {
    let separator = [b',', b'\t', b';'].into_iter().max_by_key(|s| line.iter().filter(|b| *b == s).count())?;
    let names: Vec<&[u8]> = line.split(|byte| *byte == separator).map(<[u8]>::trim_ascii).collect();
    is_header(&names).then_some(separator)
}

/// Whether these are names of columns: no number among them, and one that is known.
fn is_header(names: &[&[u8]]) -> bool {
    let plain = |name: &&[u8]| String::from_utf8_lossy(name).replace('"', "");
    let is_number = |name: &&[u8]| plain(name).parse::<f64>().is_ok();
    names.len() > 1 && !names.iter().any(is_number) && names.iter().any(|name| is_wanted(unit(&plain(name)).0))
}

/// Rows of separated values.
struct Csv {
    core: csv_core::Reader,
    names: Vec<Vec<u8>>,
    fields: Vec<u8>,
    ends: Vec<usize>,
    /// Whether a row had a number: words with commas may look like a header.
    proven: bool,
}

impl Csv {
    fn new(separator: u8) -> Csv {
        let core = csv_core::ReaderBuilder::new().delimiter(separator).build();
        Csv { core, names: vec![], fields: vec![], ends: vec![0; 1 << 12], proven: false }
    }

    /// The fields of a line: how many, if no quote stays open.
    fn split(&mut self, line: &mut Vec<u8>) -> Option<usize> {
        line.push(b'\n');
        self.core.reset();
        self.fields.resize(line.len() + 1, 0);
        let (result, _, _, count) = self.core.read_record(line, &mut self.fields, &mut self.ends);
        line.pop();
        (result == csv_core::ReadRecordResult::Record).then_some(count)
    }

    fn field(&self, i: usize) -> &[u8] {
        let from = if i == 0 { 0 } else { self.ends[i - 1] };
        self.fields.get(from..self.ends[i]).unwrap_or_default().trim_ascii()
    }

    fn header(&mut self, line: &mut Vec<u8>) {
        let count = self.split(line).unwrap_or(0);
        self.take_names(count);
    }

    fn take_names(&mut self, count: usize) {
        self.names = (0..count).map(|i| self.field(i).to_vec()).collect();
    }

    /// One row into the table. `ended`: whether its line had an end.
    fn row(&mut self, line: &mut Vec<u8>, ended: bool, table: &mut Table) -> Result<(), Reason> {
        let count = self.split(line).ok_or(Reason::Cut)?;
        let fields: Vec<&[u8]> = (0..count).map(|i| self.field(i)).collect();
        if is_header(&fields) {
            // Where a run goes on, perhaps with other columns.
            self.take_names(count);
            return Ok(());
        }
        for (i, name) in self.names.iter().enumerate().take(count) {
            let kept = table.cell(name, number(self.field(i)));
            self.proven |= kept;
            if kept && !ended && i + 1 == count {
                table.mark_end();
            }
        }
        if count < self.names.len() { Err(Reason::Cut) } else { Ok(()) }
    }
}

/// Whether a file that begins like this is one JSON document.
fn is_document(beginning: &[u8]) -> bool {
    let mut lines = beginning.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    let (first, second) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    match first {
        [b'[', rest @ ..] => matches!(rest.trim_ascii_start().first(), None | Some(b'{' | b']')),
        [b'{'] => true,
        [b'{', ..] => {
            let list = find(first, b"\"log_history\"").is_some();
            // Not so a line that is cut short.
            let goes_on = matches!(first.last(), Some(b',' | b'{' | b'[' | b':'))
                && second.first().is_some_and(|byte| !byte.is_ascii_alphabetic() && *byte != b'{');
            list || first.len() >= BEGINNING || goes_on
        }
        _ => false,
    }
}

/// Reads everything; how many rows came from lines of each shape.
pub(super) fn read(input: impl Read, table: &mut Table) -> Result<BTreeMap<Shape, u64>, Error> {
    let mut input = std::io::BufReader::with_capacity(BEGINNING, input);
    let mut beginning = Vec::new();
    let fails = |e: std::io::Error| Error::new(e.to_string());
    input.by_ref().take(BEGINNING as u64).read_to_end(&mut beginning).map_err(fails)?;
    if let Some(kind) = unusable(&beginning) {
        return Err(Error::new(kind));
    }
    let bom = if beginning.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let beginning = &beginning[bom..];
    let whole = beginning.chain(input);
    match is_document(beginning) {
        true => read_document(whole, table),
        false => read_lines(whole, table).map_err(fails),
    }
}

/// Why a file that begins like this cannot be a log.
fn unusable(beginning: &[u8]) -> Option<&'static str> {
    match beginning {
        [] => Some("is empty"),
        [0x1f, 0x8b, ..] => Some("is compressed (gzip); unpack it first"),
        [b'P', b'K', 3, 4, ..] => Some("is compressed (zip); unpack it first"),
        [b'P', b'A', b'R', b'1', ..] => Some("is a Parquet file; write it as CSV first"),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Some("is UTF-16; write it as UTF-8 first"),
        _ if beginning.contains(&0) => Some("is no text: it has bytes that are 0"),
        _ if beginning.iter().all(u8::is_ascii_whitespace) => Some("begins with nothing but blanks"),
        _ => None,
    }
}

fn read_document(input: impl BufRead, table: &mut Table) -> Result<BTreeMap<Shape, u64>, Error> {
    let mut scanner = Scanner::new(input, 1);
    let mut rows = 0;
    loop {
        let line = scanner.line;
        let read = match scanner.next() {
            Ok(None) => break,
            Ok(Some(b'[')) => read_rows(&mut scanner, table, &mut rows),
            Ok(Some(b'{')) => {
                let before = (table.extent(), rows);
                // Rows in its lists come first; then what it says itself.
                let (mut cells, mut logging_steps) = (BTreeMap::new(), None);
                let shared = RefCell::new(&mut *table);
                let mut lists = |scanner: &mut Scanner<_>| read_rows(scanner, &mut shared.borrow_mut(), &mut rows);
                let sink = &mut |name: &[u8], cell| {
                    if name == b"logging_steps" {
                        logging_steps = Some(cell);
                    } else if cells.len() < 4_096 && shared.borrow_mut().is_of_use(name) {
                        cells.insert(name.to_vec(), cell);
                    }
                };
                let read = scanner.object(sink, Some(&mut lists));
                if let (Ok(()), Some(Cell::Number(steps))) = (read, logging_steps) {
                    table.logging_steps = Some(steps);
                }
                // A row with lists of samples: these are no rows.
                let mut is_value = |(name, cell): (&Vec<u8>, &Cell)| matches!(cell, Cell::Number(_)) && table.is_value(name);
                if cells.iter().any(&mut is_value) {
                    table.shrink(before.0);
                    rows = before.1;
                }
                for (name, cell) in cells {
                    table.cell(&name, cell);
                }
                // A file of objects over several lines: each is a row. A trainer's state is none.
                match read.is_ok() && table.lines.len() == before.0[0] {
                    true => {
                        table.commit(line);
                        rows += 1;
                    }
                    false => table.abandon(),
                }
                read
            }
            Ok(Some(b',')) => scanner.eat(b',').map(|_| ()),
            Ok(Some(byte)) => Err(Damage::Unexpected(byte)),
            Err(damage) => Err(damage),
        };
        if let Err(damage) = read {
            let unreadable = |damage, line| match damage {
                Damage::Unreadable(kind) => Err(Error::new(kind.to_string()).at(format!("line {line}"))),
                damage => Ok(damage),
            };
            table.abandon();
            table.skip(scanner.line, unreadable(damage, scanner.line)?.into());
            // Behind the damage rows may go on.
            loop {
                match scanner.recover() {
                    Ok(true) => {}
                    Ok(false) => break,
                    Err(damage) => unreadable(damage, scanner.line).map(|_| ())?,
                }
                let line = scanner.line;
                let read = scanner.object(
                    &mut |name, cell| {
                        table.cell(name, cell);
                    },
                    None,
                );
                match read {
                    Ok(()) => {
                        table.commit(line);
                        rows += 1;
                    }
                    Err(damage) => {
                        table.abandon();
                        table.skip(line, unreadable(damage, scanner.line)?.into());
                    }
                }
            }
            break;
        }
    }
    Ok(BTreeMap::from([(Shape::Document, rows)]))
}

/// A list of objects, each a row; other values in it are passed over.
fn read_rows<R: BufRead>(scanner: &mut Scanner<R>, table: &mut Table, rows: &mut u64) -> Result<(), Damage> {
    scanner.eat(b'[')?;
    while !scanner.eat(b']')? {
        if scanner.next()? == Some(b'{') {
            let line = scanner.line;
            table.abandon();
            scanner.object(
                &mut |name, cell| {
                    table.cell(name, cell);
                },
                None,
            )?;
            table.commit(line);
            *rows += 1;
        } else {
            scanner.value(1)?;
        }
        if !scanner.eat(b',')? && scanner.next()? != Some(b']') {
            return Err(scanner.next()?.map_or(Damage::Cut, Damage::Unexpected));
        }
    }
    Ok(())
}

fn read_lines(mut input: impl BufRead, table: &mut Table) -> std::io::Result<BTreeMap<Shape, u64>> {
    let mut shapes = BTreeMap::new();
    let (mut line, mut number) = (Vec::new(), 0);
    let mut csv: Option<Csv> = None;
    while let Some((long, ended)) = retry(|| read_line(&mut input, &mut line))? {
        number += 1;
        if long {
            table.skip(number, Reason::Long);
            continue;
        }
        without_colours(&mut line);
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        if csv.as_ref().is_some_and(|csv| !csv.proven) && (steps_of(&line).is_some() || is_object_row(&line)) {
            csv = None;
        }
        let (shape, read) = if let Some(csv) = &mut csv {
            let read = csv.row(&mut line, ended, table);
            if !csv.proven && read.is_ok() {
                table.abandon();
            }
            (Shape::Csv, read)
        } else if let Some(steps) = steps_of(&line) {
            read_steps(steps, number, table);
            (Shape::Steps, Ok(()))
        } else if let Some(object) = object_of(&line) {
            let (mut words, mut object) = (&line[..line.len() - object.len()], object);
            let read = loop {
                if let Some(step) = step_before(words) {
                    table.cell(b"step", self::number(step));
                }
                let mut scanner = Scanner::new(object, number);
                let read = scanner.object(
                    &mut |name, cell| {
                        table.cell(name, cell);
                    },
                    None,
                );
                // Behind a row there may be another one: a carriage return, or two processes.
                let rest = scanner.rest();
                match object_of(rest) {
                    Some(next) if read.is_ok() && table.has_values() => {
                        if table.commit(number) {
                            *shapes.entry(Shape::Object).or_insert(0) += 1;
                        }
                        (words, object) = (&rest[..rest.len() - next.len()], next);
                    }
                    _ => break read,
                }
            };
            (Shape::Object, read.map_err(Reason::from))
        } else if let (true, Some(separator)) = (shapes.is_empty(), separator(&line)) {
            let csv = csv.insert(Csv::new(separator));
            csv.header(&mut line);
            continue;
        } else {
            continue;
        };
        match read {
            Ok(()) => {
                if !ended {
                    table.unended = Some(table.lines.len());
                }
                if table.commit(number) {
                    *shapes.entry(shape).or_insert(0) += 1;
                }
            }
            Err(reason) => {
                // A console prints braces of its own: only what has a row's values is a damaged row.
                if table.has_values() || line.starts_with(b"{") || shape == Shape::Csv {
                    table.skip(number, reason);
                }
                table.abandon();
            }
        }
    }
    Ok(shapes)
}

/// Again where a signal interrupted.
fn retry<T>(mut read: impl FnMut() -> std::io::Result<T>) -> std::io::Result<T> {
    loop {
        match read() {
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}
