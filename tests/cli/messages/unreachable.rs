//! What no call can bring about, and errors whose words come from elsewhere.

/// Literals that no row accounts for, as nothing reaches them: the file, the literal, and why it stays.
pub const UNREACHABLE: [(&str, &str, &str); 5] = [
    ("src/cli/usage.rs", "{value} is not in ", "no message: clap's words, which are cut off"),
    (
        "src/collapse/resonant.rs",
        "is {:?} at most, above B²/2 = {:?}",
        "inside the window it is at most that, which is a theorem and enclosed in each run",
    ),
    ("src/lengths.rs", "{design:?} gives no step size", "all designs have Δμ ≈ 0.1, which nothing but arithmetic shows"),
    ("src/report/junit.rs", "JUnit: {e}", "the XML goes into memory; only its writer could fail"),
    ("src/report/png.rs", "PNG: {e}", "the picture goes into memory; only its encoder could fail"),
];

/// Errors without a literal: the file with the call, how often it stands there, and whose words it repeats.
pub const ELSEWHERE: [(&str, usize, &str); 15] = [
    ("src/check/baseline.rs: Error::new(e.to_string())", 1, "those of serde_json: see files.rs"),
    ("src/check/read.rs: Error::new(e.to_string())", 1, "those of serde_json: see instances.rs"),
    ("src/check/read.rs: Error::new(show(&mut message.chars()))", 1, "an error's, in one line"),
    ("src/check/stored.rs: Error::new(e.to_string())", 1, "none: what a document holds can be written as JSON"),
    ("src/cli.rs: Error::new(e.to_string())", 1, "those of the operating system: see files.rs"),
    ("src/cli/diagnose.rs: Error::new(e.to_string())", 1, "those of the operating system: see files.rs"),
    ("src/cli/output.rs: Error::new(e.to_string())", 4, "those of the operating system: see files.rs"),
    ("src/cli/safe_step.rs: Error::new(why)", 1, "those of the calls of `fails`"),
    ("src/collapse/mod.rs: Error::new(detail.to_string())", 1, "those of the calls of `fails`"),
    ("src/diagnose/reader/document.rs: Error::new(kind.to_string())", 1, "those of the standard library: see library.rs"),
    ("src/diagnose/reader/mod.rs: Error::new(e.to_string())", 1, "those of the operating system: see files.rs"),
    ("src/diagnose/reader/mod.rs: Error::new(why)", 1, "those of the calls of `fails`"),
    ("src/experiments/rates.rs: Error::new(what)", 1, "those of the calls of `refused`"),
    ("src/expression/parse.rs: mark(&message, text, start, end)", 1, "those of the lines before it"),
    ("src/expression/parse.rs: mark(message, self.text, at.start, at.end)", 1, "those of the calls of `error`"),
];
