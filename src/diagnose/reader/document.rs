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
            let list = super::lines::find(first, b"\"log_history\"").is_some();
            // Not so a line that is cut short.
            let goes_on = matches!(first.last(), Some(b',' | b'{' | b'[' | b':'))
                && second.first().is_some_and(|byte| !byte.is_ascii_alphabetic() && *byte != b'{');
            list || first.len() >= BEGINNING || goes_on
        }
        _ => false,
    }
}

pub(super) fn read_document(input: impl BufRead, table: &mut Table) -> Result<BTreeMap<Shape, u64>, Error> {
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
                let read = read_object(&mut scanner, table);
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
