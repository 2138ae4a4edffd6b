//! Separated values under a header.

use super::super::framework::is_wanted;
use super::super::scanner::number;
use super::super::table::{Reason, Table, unit};

/// What separates the values of a header; `None` if the line is no header.
pub(super) fn separator(line: &[u8]) -> Option<u8> {
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
pub(super) struct Csv {
    core: csv_core::Reader,
    names: Vec<Vec<u8>>,
    fields: Vec<u8>,
    ends: Vec<usize>,
    /// Whether a row had a number: words with commas may look like a header.
    pub(super) proven: bool,
}

impl Csv {
    pub(super) fn new(separator: u8) -> Csv {
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

    pub(super) fn header(&mut self, line: &mut Vec<u8>) {
        let count = self.split(line).unwrap_or(0);
        self.take_names(count);
    }

    fn take_names(&mut self, count: usize) {
        self.names = (0..count).map(|i| self.field(i).to_vec()).collect();
    }

    /// One row into the table. `ended`: whether its line had an end.
    pub(super) fn row(&mut self, line: &mut Vec<u8>, ended: bool, table: &mut Table) -> Result<(), Reason> {
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
