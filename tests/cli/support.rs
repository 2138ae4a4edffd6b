//! Runs of the program, what they leave behind, and what must be true of it.

use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};

pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gradient-gap"));
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// What one run left behind.
#[derive(Debug)]
pub struct Run {
    pub status: i32,
    pub out: String,
    pub err: String,
}

impl From<Output> for Run {
    fn from(output: Output) -> Run {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        let status = output.status.code().expect("not killed by a signal");
        Run { status, out: text(output.stdout), err: text(output.stderr) }
    }
}

pub fn run(arguments: &[&str]) -> Run {
    command(arguments).output().expect("runs").into()
}

pub fn run_with_input(arguments: &[&str], input: &[u8]) -> Run {
    let mut child = command(arguments).stdin(Stdio::piped()).spawn().expect("starts");
    child.stdin.take().expect("piped").write_all(input).expect("reads its input");
    child.wait_with_output().expect("ends").into()
}

/// Ended well: status 0, nothing on standard error (which is no terminal here).
pub fn succeeded(run: &Run) -> &str {
    assert_eq!((run.status, run.err.as_str()), (0, ""), "{run:?}");
    assert!(!run.out.contains('\u{1b}') && !run.out.contains('\r'), "progress or colours on standard output");
    &run.out
}

/// Refused: status 2, nothing on standard output, a message with all of `parts`, no panic.
pub fn refused(run: &Run, parts: &[&str]) {
    assert_eq!((run.status, run.out.as_str()), (2, ""), "{parts:?}: {run:?}");
    assert!(!run.err.contains("panicked") && !run.err.contains("RUST_BACKTRACE"), "{run:?}");
    let missing: Vec<_> = parts.iter().filter(|part| !run.err.contains(**part)).collect();
    assert!(missing.is_empty(), "{:?} lacks {missing:?}", run.err);
}

/// As [`refused`], by the program itself: one line, under its name.
pub fn refused_in_one_line(run: &Run, parts: &[&str]) {
    refused(run, parts);
    assert!(run.err.starts_with("gradient-gap: ") && run.err.lines().count() == 1, "{:?}", run.err);
}

/// An empty directory of its own, removed at the end.
pub struct Directory(PathBuf);

impl Directory {
    pub fn new() -> Directory {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let name = format!("cli-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&path).expect("can be made");
        Directory(path)
    }
    pub fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().expect("UTF-8").into()
    }
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        std::fs::write(self.0.join(name), content).expect("can be written");
        self.path(name)
    }
    pub fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.0).expect("readable");
        let mut names: Vec<String> = entries.map(|e| e.expect("entry").file_name().into_string().expect("UTF-8")).collect();
        names.sort();
        names
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub const SMALL: [&str; 7] = ["verify", "--instances", "500", "--attack", "200", "--certify", "0"];

pub fn small(more: &[&str]) -> Vec<String> {
    SMALL.iter().chain(more).map(|s| s.to_string()).collect()
}

pub fn run_small(more: &[&str]) -> Run {
    run(&small(more).iter().map(String::as_str).collect::<Vec<_>>())
}

pub fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

/// The claims' slugs that `list` prints.
pub fn slugs() -> Vec<String> {
    let listed = run(&["list"]);
    let table = succeeded(&listed).lines().skip(2).take_while(|line| !line.trim().is_empty());
    let table = table.filter(|line| !line.contains(" observation "));
    table.filter_map(|line| line.split_whitespace().next()).map(String::from).collect()
}
