//! Every message of an error: what is called with which files, and standard error to the letter. The literals of the source are compared
//! with the table: a message without a row of its own fails the test. Where two places have the same literal, it takes two rows; that
//! they are one of each is for whoever writes them to see.
#![cfg(unix)]

mod calls;
mod expressions;
mod files;
mod instances;
mod library;
mod logs;
mod options;
mod shards;
mod source;
mod unreachable;
mod witnesses;

use crate::support::{Directory, Run};
use source::{Literal, Matched, all_sources, literals};
use std::ffi::OsString;
use std::io::Write;
use std::os::unix::ffi::OsStringExt;
use std::process::{Command, Stdio};

/// A call and what it is answered with.
pub struct Row {
    arguments: Vec<OsString>,
    input: Vec<u8>,
    files: Vec<(&'static str, Vec<u8>)>,
    prepared: Option<fn(&Directory)>,
    /// Of a shell, before the program takes its place.
    before: &'static str,
    /// Whether it can be called here.
    here: bool,
    /// What the program says of it, without its name and the end of the line.
    message: String,
}

/// The program with these arguments, blanks between them; `'` quotes.
pub fn row(line: &str, message: impl Into<String>) -> Row {
    let mut arguments: Vec<OsString> = Vec::new();
    for (i, piece) in line.split('\'').enumerate() {
        match i % 2 {
            0 => arguments.extend(piece.split_whitespace().map(OsString::from)),
            _ => arguments.push(piece.into()),
        }
    }
    Row { arguments, input: vec![], files: vec![], prepared: None, before: "", here: true, message: message.into() }
}

impl Row {
    /// With one more argument, which may be no text.
    pub fn bytes(mut self, argument: &[u8]) -> Row {
        self.arguments.push(OsString::from_vec(argument.to_vec()));
        self
    }
    /// With this on standard input.
    pub fn input(self, input: impl Into<Vec<u8>>) -> Row {
        Row { input: input.into(), ..self }
    }
    /// Beside this file.
    pub fn file(mut self, name: &'static str, content: impl Into<Vec<u8>>) -> Row {
        self.files.push((name, content.into()));
        self
    }
    /// Where this was done before.
    pub fn prepared(self, prepare: fn(&Directory)) -> Row {
        Row { prepared: Some(prepare), ..self }
    }
    /// After these commands of a shell.
    pub fn before(self, commands: &'static str) -> Row {
        Row { before: commands, ..self }
    }
    /// With what only Linux has.
    pub fn on_linux(self) -> Row {
        Row { here: cfg!(target_os = "linux"), ..self }
    }

    fn run(&self) -> Run {
        let folder = Directory::new();
        for (name, content) in &self.files {
            folder.write(name, content);
        }
        if let Some(prepare) = self.prepared {
            prepare(&folder);
        }
        let program = env!("CARGO_BIN_EXE_gradient-gap");
        let mut command = match self.before {
            "" => Command::new(program),
            before => {
                let mut shell = Command::new("sh");
                shell.args(["-c", &format!("{before}; exec \"$0\" \"$@\""), program]);
                shell
            }
        };
        command.args(&self.arguments).current_dir(folder.path(""));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("starts");
        // What is refused early closes its input early.
        let _ = child.stdin.take().expect("piped").write_all(&self.input);
        child.wait_with_output().expect("ends").into()
    }
}

fn table() -> Vec<Row> {
    let areas = [
        calls::rows,
        options::rows,
        files::rows,
        expressions::rows,
        instances::rows,
        witnesses::rows,
        shards::rows,
        logs::rows,
    ];
    areas.into_iter().flat_map(|rows| rows()).collect()
}

/// What is wrong with the answer to a call.
fn wrong(row: &Row) -> Option<String> {
    let run = row.run();
    let expected = format!("gradient-gap: {}\n", row.message);
    let right = (run.status, run.out.as_str(), run.err.as_str()) == (2, "", expected.as_str());
    (!right).then(|| format!("{:?}: {run:?}\n  expected {expected:?}", row.arguments))
}

#[test]
fn every_call_is_answered_to_the_letter() {
    let wrong: Vec<String> = table().iter().filter(|row| row.here).filter_map(wrong).collect();
    assert!(wrong.is_empty(), "{} rows:\n{}", wrong.len(), wrong.join("\n"));
}

/// What only a call of the library can cause.
#[test]
fn every_refusal_of_the_library_is_worded_to_the_letter() {
    let rows = library::rows();
    let wrong = rows.iter().filter(|(found, expected)| found != expected);
    let wrong: Vec<String> = wrong.map(|(found, expected)| format!("{found:?}\n  expected {expected:?}")).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// All texts that messages are looked for in.
fn texts() -> Vec<String> {
    let called = table().into_iter().map(|row| row.message);
    called.chain(library::rows().into_iter().map(|(_, expected)| expected.to_string())).collect()
}

/// The literals that nothing accounts for.
fn unaccounted(literals: Vec<Literal>, texts: &[String]) -> Vec<String> {
    let known = |literal: &Literal| unreachable::UNREACHABLE.iter().any(|(file, text, _)| literal.is(file, text));
    let rest: Vec<Literal> = literals.into_iter().filter(|literal| !known(literal)).collect();
    Matched::new(&rest, texts).missing()
}

#[test]
fn every_message_in_the_source_has_a_row_of_its_own() {
    let literals = literals(&all_sources());
    assert!(literals.len() > 150, "{} literals", literals.len());
    for (file, text, _) in unreachable::UNREACHABLE {
        assert!(literals.iter().any(|literal| literal.is(file, text)), "no longer there: {file}: {text}");
    }
    let missing = unaccounted(literals, &texts());
    assert!(missing.is_empty(), "{} messages without a row:\n{}", missing.len(), missing.join("\n"));
}

/// An error whose words stand elsewhere is looked at by hand, once: here it is said where they come from.
#[test]
fn every_error_without_words_of_its_own_is_listed() {
    let found: Vec<String> = source::wordless(&all_sources());
    let listed: Vec<String> =
        unreachable::ELSEWHERE.iter().flat_map(|(place, count, _)| vec![place.to_string(); *count]).collect();
    let (mut found, mut listed) = (found, listed);
    found.sort();
    listed.sort();
    assert_eq!(found, listed);
}

/// Controls: a message that is new, or occurs once more, and one whose row is gone are found.
#[test]
fn a_message_without_a_row_is_found() {
    let (all, texts) = (all_sources(), texts());
    let with = |more: &str| {
        let mut sources = all.clone();
        sources.push(("src/new.rs".into(), more.into()));
        unaccounted(literals(&sources), &texts)
    };
    assert_eq!(with(""), Vec::<String>::new());
    for (more, part) in [
        ("fn f() { return Err(Error::new(format!(\"{x} frobnicates {}\", y))) }", "{x} frobnicates {}"),
        ("fn f() { g().ok_or_else(|| Error::new(format!(\"larger than {} MiB\", n))) }", "larger than {} MiB"),
        ("fn f() { Err(Error::new(\"is read-only\")) }", "is read-only"),
        (
            "fn f() { let why = if x { \"a frobnicator\" } else { \"\" }; Err(Error::new(format!(\"{why}\"))) }",
            "a frobnicator",
        ),
    ] {
        let missing = with(more);
        assert!(missing.len() == 1 && missing[0].contains(part), "{missing:?}");
    }
    // What stands in tests and comments is no message, nor what stands in another function.
    assert_eq!(with("fn g() { let why = \"a frobnicator\"; }\nfn f() { Err(Error::new(why)) }"), Vec::<String>::new());
    for more in ["// Err(\"no such thing\")\n", "#[cfg(test)]\nmod tests {\n    fn f() { Err(\"no such thing\") }\n}\n"] {
        assert_eq!(with(more), Vec::<String>::new());
    }
    let fewer: Vec<String> = texts.iter().filter(|text| !text.contains("is read-only")).cloned().collect();
    let missing = unaccounted(literals(&all), &fewer);
    assert!(missing.len() == 1 && missing[0].contains("is read-only"), "{missing:?}");
}
