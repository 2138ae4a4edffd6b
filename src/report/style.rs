//! Colours of verdicts, for terminals. A report does not know where its text goes: whoever asks for it says whether it is coloured.

use crate::claims::Expected;
use std::fmt::Display;

/// Whether the verdicts in a text are coloured. Without the escape sequences the coloured text is the plain one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// As it is.
    #[default]
    Plain,
    /// With escape sequences of terminals: green what is as it should be, yellow what is refuted and should be, red and bold what is not
    /// as expected.
    Coloured,
}

/// What a verdict means to the reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    /// Nothing in particular.
    Plain,
    /// As expected.
    Good,
    /// As expected, and worth a look.
    Noted,
    /// Not as expected.
    Bad,
}

/// Before and after a coloured cell while a table is laid out: characters without width, as the columns are measured.
const MARKS: [(Tone, char); 3] = [(Tone::Good, '\u{2061}'), (Tone::Noted, '\u{2062}'), (Tone::Bad, '\u{2063}')];
const END: char = '\u{2064}';
const RESET: &str = "\u{1b}[0m";

impl Tone {
    fn code(self) -> &'static str {
        match self {
            Tone::Plain => "",
            Tone::Good => "\u{1b}[32m",
            Tone::Noted => "\u{1b}[33m",
            Tone::Bad => "\u{1b}[1;31m",
        }
    }

    /// Of something established, where it is as it should be.
    pub(super) fn established(as_expected: bool) -> Tone {
        if as_expected { Tone::Good } else { Tone::Bad }
    }

    /// Of a refutation.
    pub(super) fn refuted(expected: Expected) -> Tone {
        if expected == Expected::Fails { Tone::Noted } else { Tone::Bad }
    }
}

impl Style {
    /// A word in a line of text.
    pub(super) fn word(self, tone: Tone, text: impl Display) -> String {
        match (self, tone) {
            (Style::Plain, _) | (_, Tone::Plain) => text.to_string(),
            (Style::Coloured, tone) => format!("{}{text}{RESET}", tone.code()),
        }
    }

    /// The content of a cell of a table, which [`shown`] must be given.
    pub(super) fn cell(self, tone: Tone, text: impl Display) -> String {
        let mark = MARKS.iter().find(|(known, _)| *known == tone && self == Style::Coloured);
        mark.map_or(text.to_string(), |(_, mark)| format!("{mark}{text}{END}"))
    }
}

/// A table that is laid out, with colours for marks.
pub(super) fn shown(table: String) -> String {
    if !table.contains(END) {
        return table;
    }
    MARKS.iter().fold(table, |text, (tone, mark)| text.replace(*mark, tone.code())).replace(END, RESET)
}

/// The text without escape sequences.
#[cfg(test)]
pub(super) fn plain(text: &str) -> String {
    let mut pieces = text.split('\u{1b}');
    let first = pieces.next().unwrap_or_default().to_string();
    pieces.fold(first, |text, piece| text + piece.split_once('m').map_or("", |(_, rest)| rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{finish, new_table};

    #[test]
    fn colours_do_not_move_the_columns() {
        let drawn = |style: Style| {
            let mut table = new_table(&["claim", "verdict", "n"]);
            table.add_row(vec!["a".to_string(), style.cell(Tone::Good, "ok"), "1".into()]);
            table.add_row(vec!["b".to_string(), style.cell(Tone::Bad, "UNEXPECTED"), style.cell(Tone::Noted, "2")]);
            table.add_row(vec!["c".to_string(), style.cell(Tone::Plain, "no"), "3".into()]);
            finish(&table) + &style.word(Tone::Bad, "word") + "\n"
        };
        let coloured = drawn(Style::Coloured);
        for part in [
            "\u{1b}[32mok\u{1b}[0m",
            "\u{1b}[1;31mUNEXPECTED\u{1b}[0m",
            "\u{1b}[33m2\u{1b}[0m\n",
            "\u{1b}[1;31mword\u{1b}[0m\n",
        ] {
            assert!(coloured.contains(part), "{part:?}: {coloured:?}");
        }
        assert!(!coloured.contains(END) && MARKS.iter().all(|(_, mark)| !coloured.contains(*mark)));
        assert_eq!(plain(&coloured), drawn(Style::Plain));
        assert!(!drawn(Style::Plain).contains('\u{1b}'));
        // Control.
        assert_ne!(plain("a \u{1b}[32mb\u{1b}[0m c"), "a \u{1b}[32mb\u{1b}[0m c");
    }
}
