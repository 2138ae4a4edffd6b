//! What is public is public on purpose: what another crate can name is what docs/api.txt lists.

#![allow(clippy::expect_used, clippy::panic, reason = "a panic in a test is a failed test, with its place")]

mod scan;

use scan::Library;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn path(relative: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(relative)
}

/// A new public name is a line of docs/api.txt: `GRADIENT_GAP_RENEW=1 cargo test --test api` writes it, and the
/// difference is read.
#[test]
fn the_public_paths_are_those_that_are_listed() {
    let library = Library::read(&path("src/lib.rs"));
    // A scan does not expand macros: whoever defines a public item by another one adds it here and looks.
    let known = ["enumerate::kernel::kernels!", "families::collapse::construction!", "families::runs::runs!"];
    assert_eq!(library.macros, known.map(String::from).into(), "macros that define items");
    let found = library.public();
    let (file, text) = (path("docs/api.txt"), found.join("\n") + "\n");
    if std::env::var_os("GRADIENT_GAP_RENEW").is_some() {
        fs::write(&file, &text).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    }
    let listed = fs::read_to_string(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let [found, listed] = [text.as_str(), listed.as_str()].map(|text| text.lines().collect::<BTreeSet<&str>>());
    let (more, fewer): (Vec<_>, Vec<_>) = (found.difference(&listed).collect(), listed.difference(&found).collect());
    assert!(
        more.is_empty() && fewer.is_empty(),
        "public but not listed: {more:#?}\nlisted but not public: {fewer:#?}\nGRADIENT_GAP_RENEW=1 cargo test --test api"
    );
}

/// Items are read one by one: documentation that begins with what it lacks, or refers to a neighbour, says nothing on a
/// page of its own.
#[test]
fn documentation_can_be_read_alone() {
    let (mut seen, mut wrong) = (0, vec![]);
    let of_the_library = |file: &PathBuf| !file.starts_with(path("src/cli"));
    for file in rust_files(&path("src")).into_iter().filter(of_the_library) {
        let text = fs::read_to_string(&file).expect("a source");
        let found = first_lines(&text);
        seen += found.len();
        wrong.extend(found.into_iter().filter(|line| !stands_alone(line)).map(|line| format!("{}: {line}", file.display())));
    }
    assert!(wrong.is_empty() && seen > 1_000, "{seen}: {wrong:#?}");
    let text = "/// Good.\npub fn f() {}\n/// The same.\n#[inline]\npub fn g() {}\n    /// # Errors\n    /// x\n    pub const fn h() {}\n/// z\nfn i() {}\n";
    assert_eq!(first_lines(text), ["Good.", "The same.", "# Errors"]);
    assert_eq!(first_lines(text).into_iter().map(stands_alone).collect::<Vec<_>>(), [true, false, false]);
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let inside = |path: PathBuf| if path.is_dir() { rust_files(&path) } else { vec![path] };
    entries.flat_map(inside).filter(|path| path.extension().is_some_and(|extension| extension == "rs")).collect()
}

/// The first lines of the documentation of public functions, types, constants.
fn first_lines(text: &str) -> Vec<&str> {
    let (mut first, mut found) = (None, vec![]);
    for line in text.lines().map(str::trim) {
        match line.strip_prefix("///") {
            Some(words) => first = first.or(Some(words.trim())),
            None if line.starts_with("#[") => {}
            None => {
                let kinds = ["fn ", "const ", "static ", "struct ", "enum ", "trait ", "type "];
                let public = line.strip_prefix("pub ").is_some_and(|item| kinds.iter().any(|kind| item.starts_with(kind)));
                found.extend(first.take().filter(|_| public));
            }
        }
    }
    found
}

fn stands_alone(line: &str) -> bool {
    !["# Errors", "The same ", "The same.", "The same,", "Likewise"].iter().any(|start| line.starts_with(start))
}

/// A made-up library of a root and two modules.
fn scanned(root: &str, inner: &str) -> Vec<String> {
    let file = |names: &[String]| match names.join("/").as_str() {
        "inner" => inner.to_string(),
        "inner/deep" => "pub struct Deep { pub open: f64, closed: f64 } impl Deep { pub fn new() {} fn own() {} }".into(),
        other => panic!("{other}"),
    };
    Library::of(root, &file).public()
}

const INNER: &str = "
    mod deep;
    pub use deep::Deep;
    use super::Kind as Sort;
    pub(crate) fn hidden() {}
    impl Sort { pub const ALL: usize = 2; pub(crate) fn crate_only(self) {} #[cfg(test)] pub fn of_tests() {} }
    impl std::fmt::Display for Sort { fn fmt(&self) {} }
    pub mod more { pub fn f() {} }
";
const ROOT: &str = "
    mod inner;
    pub mod shown { pub use crate::inner::*; pub use serde::Serialize; #[doc(hidden)] pub fn secret() {} }
    pub enum Kind { One, Two { width: f64 }, Three(f64) }
    pub trait Named { const NAME: &'static str; type Of; fn name(&self); }
    pub use shown::Deep as Deepest;
    #[cfg(test)] pub mod tests {}
    fn private() {}
    pub type Alias = f64;
";

#[test]
fn what_is_public_is_found() {
    let expected = [
        "type Alias",
        "struct Deepest = shown::Deep",
        "enum Kind",
        "const Kind::ALL",
        "variant Kind::One",
        "variant Kind::Three",
        "variant Kind::Two",
        "field Kind::Two::width",
        "trait Named",
        "const Named::NAME",
        "type Named::Of",
        "fn Named::name",
        "mod shown",
        "struct shown::Deep",
        "fn shown::Deep::new",
        "field shown::Deep::open",
        "use shown::Serialize",
        "mod shown::more",
        "fn shown::more::f",
        "hidden fn shown::secret",
    ];
    assert_eq!(scanned(ROOT, INNER), expected);
}

/// One more `pub`, wherever it stands, is one more line.
#[test]
fn a_new_public_name_is_seen() {
    let lines = scanned(ROOT, INNER).len();
    for (from, to) in [("fn private()", "pub fn private()"), ("mod inner;", "pub mod inner;")] {
        assert!(scanned(&ROOT.replace(from, to), INNER).len() > lines, "{to}");
    }
    for (from, to) in [("pub(crate) fn hidden", "pub fn hidden"), ("pub(crate) fn crate_only", "pub fn crate_only")] {
        assert_eq!(scanned(ROOT, &INNER.replace(from, to)).len(), lines + 1, "{to}");
    }
    let root = ROOT.replace("pub use shown::Deep as Deepest;", "");
    assert_eq!(scanned(&root, INNER).len(), lines - 1);
    assert_eq!(scanned(&root, &INNER.replace("pub use deep", "use deep")).len(), lines - 4, "two members and two names");
    assert!(scanned(&ROOT.replace("pub mod shown", "mod shown"), INNER).len() < lines);
}
