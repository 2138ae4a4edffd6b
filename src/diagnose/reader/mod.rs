//! A log file's bytes into a table. Line by line, except for documents of JSON over many lines; nothing of the file is kept.

mod csv;
mod document;
mod lines;

use super::scanner::{Damage, Scanner, number};
use super::table::{Reason, Table};
use crate::Error;
use csv::{Csv, separator};
use document::{is_document, read_document};
use lines::{is_object_row, object_of, read_line, read_steps, step_before, steps_of, without_colours};
use std::collections::BTreeMap;
use std::fmt;
use std::io::{BufRead, Read};

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

/// Reads everything; how many rows came from lines of each shape.
pub(super) fn read(input: impl Read, table: &mut Table) -> Result<BTreeMap<Shape, u64>, Error> {
    let mut input = std::io::BufReader::with_capacity(BEGINNING, input);
    let mut beginning = Vec::new();
    let fails = |e: std::io::Error| Error::new(e.to_string());
    input.by_ref().take(BEGINNING as u64).read_to_end(&mut beginning).map_err(fails)?;
    usable(&beginning)?;
    let bom = if beginning.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let beginning = &beginning[bom..];
    let whole = beginning.chain(input);
    match is_document(beginning) {
        true => read_document(whole, table),
        false => read_lines(whole, table).map_err(fails),
    }
}

/// # Errors
/// Why a file that begins like this cannot be a log.
fn usable(beginning: &[u8]) -> Result<(), Error> {
    let fails = |why: &str| Err(Error::new(why));
    match beginning {
        [] => fails("is empty"),
        [0x1f, 0x8b, ..] => fails("is compressed (gzip); unpack it first"),
        [b'P', b'K', 3, 4, ..] => fails("is compressed (zip); unpack it first"),
        [b'P', b'A', b'R', b'1', ..] => fails("is a Parquet file; write it as CSV first"),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => fails("is UTF-16; write it as UTF-8 first"),
        _ if beginning.contains(&0) => fails("is no text: it has bytes that are 0"),
        _ if beginning.iter().all(u8::is_ascii_whitespace) => fails("begins with nothing but blanks"),
        _ => Ok(()),
    }
}

/// Every value of an object, into the row that is read.
fn read_object<R: BufRead>(scanner: &mut Scanner<R>, table: &mut Table) -> Result<(), Damage> {
    let mut sink = |name: &[u8], cell| {
        table.cell(name, cell);
    };
    scanner.object(&mut sink, None)
}

fn read_lines(mut input: impl BufRead, table: &mut Table) -> std::io::Result<BTreeMap<Shape, u64>> {
    let mut shapes = BTreeMap::new();
    let (mut line, mut number) = (Vec::new(), 0);
    let mut csv: Option<Csv> = None;
    while let Some((long, ended)) = read_line(&mut input, &mut line)? {
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
                let read = read_object(&mut scanner, table);
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
