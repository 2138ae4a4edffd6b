//! JSON documents over many lines: a trainer's state, a list of rows, objects one after the other.

use super::super::scanner::{Cell, Damage, Scanner};
use super::super::table::Table;
use super::{BEGINNING, Shape, read_object};
use crate::Error;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::BufRead;

/// Whether a file that begins like this is one JSON document.
pub(super) fn is_document(beginning: &[u8]) -> bool {
    let mut lines = beginning.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    let (first, second) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    match first {
        [b'[', rest @ ..] => matches!(rest.trim_ascii_start().first(), None | Some(b'{' | b']')),
        [b'{'] => true,
        [b'{', ..] => {
            let list = memchr::memmem::find(first, b"\"log_history\"").is_some();
            // Not so a line that is cut short.
            let goes_on = matches!(first.last(), Some(b',' | b'{' | b'[' | b':'))
                && second.first().is_some_and(|byte| !byte.is_ascii_alphabetic() && *byte != b'{');
            list || first.len() >= BEGINNING || goes_on
        }
        _ => false,
    }
}

/// An error where a file cannot be read on; other damage is part of it.
fn readable(damage: Damage, line: u64) -> Result<Damage, Error> {
    match damage {
        Damage::Unreadable(kind) => Err(Error::new(kind.to_string()).at(format!("line {line}"))),
        damage => Ok(damage),
    }
}

/// Reads a document, and what rows stand behind damage in it.
pub(super) fn read_document(input: impl BufRead, table: &mut Table) -> Result<BTreeMap<Shape, u64>, Error> {
    let mut scanner = Scanner::new(input, 1);
    let mut rows = 0;
    let whole = loop {
        let read = match scanner.next() {
            Ok(None) => break Ok(()),
            Ok(Some(b'[')) => read_rows(&mut scanner, table, &mut rows),
            Ok(Some(b'{')) => read_state(&mut scanner, table, &mut rows),
            Ok(Some(b',')) => scanner.eat(b',').map(|_| ()),
            Ok(Some(byte)) => Err(Damage::Unexpected(byte)),
            Err(damage) => Err(damage),
        };
        if read.is_err() {
            break read;
        }
    };
    if let Err(damage) = whole {
        table.abandon();
        table.skip(scanner.line, readable(damage, scanner.line)?.into());
        read_behind(&mut scanner, table, &mut rows)?;
    }
    Ok(BTreeMap::from([(Shape::Document, rows)]))
}

/// An object: a row, or a trainer's state with rows in its lists.
fn read_state<R: BufRead>(scanner: &mut Scanner<R>, table: &mut Table, rows: &mut u64) -> Result<(), Damage> {
    let (line, extent, before) = (scanner.line, table.extent(), *rows);
    // Rows in its lists come first; then what it says itself.
    let (mut cells, mut logging_steps) = (BTreeMap::new(), None);
    let shared = RefCell::new(&mut *table);
    let mut lists = |scanner: &mut Scanner<_>| read_rows(scanner, &mut shared.borrow_mut(), rows);
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
        table.shrink(extent);
        *rows = before;
    }
    for (name, cell) in cells {
        table.cell(&name, cell);
    }
    // A file of objects over several lines: each is a row. A trainer's state is none.
    match read.is_ok() && table.lines.len() == extent[0] {
        true => {
            table.commit(line);
            *rows += 1;
        }
        false => table.abandon(),
    }
    read
}

/// Rows behind damage, each from a line that begins with it.
fn read_behind<R: BufRead>(scanner: &mut Scanner<R>, table: &mut Table, rows: &mut u64) -> Result<(), Error> {
    loop {
        match scanner.recover() {
            Ok(true) => {}
            Ok(false) => return Ok(()),
            Err(damage) => {
                readable(damage, scanner.line)?;
            }
        }
        let line = scanner.line;
        match read_object(scanner, table) {
            Ok(()) => {
                table.commit(line);
                *rows += 1;
            }
            Err(damage) => {
                table.abandon();
                table.skip(line, readable(damage, scanner.line)?.into());
            }
        }
    }
}

/// A list of objects, each a row; other values in it are passed over.
fn read_rows<R: BufRead>(scanner: &mut Scanner<R>, table: &mut Table, rows: &mut u64) -> Result<(), Damage> {
    scanner.eat(b'[')?;
    while !scanner.eat(b']')? {
        if scanner.next()? == Some(b'{') {
            let line = scanner.line;
            table.abandon();
            read_object(scanner, table)?;
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
