//! Single lines of a console.

use super::super::LONGEST_LINE;
use super::super::scanner::number;
use super::super::table::{Reason, Table};
use memchr::memmem::find;
use std::io::{BufRead, ErrorKind, Read};

/// A line without its end, or that it is too long; `None` at the end of the file. The flag says whether an end of line was there.
pub(super) fn read_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> std::io::Result<Option<(bool, bool)>> {
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
pub(super) fn without_colours(line: &mut Vec<u8>) {
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

/// What follows `step:` where a number does and, after that, the end or ` - `.
pub(super) fn steps_of(line: &[u8]) -> Option<&[u8]> {
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
pub(super) fn read_steps(line: &[u8], number_of_line: u64, table: &mut Table) {
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
pub(super) fn object_of(line: &[u8]) -> Option<&[u8]> {
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
pub(super) fn step_before(words: &[u8]) -> Option<&[u8]> {
    let words = words.trim_ascii_end().strip_suffix(b":")?;
    let digits = words.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let (before, step) = words.split_at(words.len() - digits);
    let before = before.trim_ascii_end();
    (digits > 0 && before.len() >= 4 && before[before.len() - 4..].eq_ignore_ascii_case(b"step")).then_some(step)
}

/// Whether a line is an object, perhaps with its step before it.
pub(super) fn is_object_row(line: &[u8]) -> bool {
    object_of(line).is_some_and(|object| {
        let words = &line[..line.len() - object.len()];
        words.trim_ascii().is_empty() || step_before(words).is_some()
    })
}
