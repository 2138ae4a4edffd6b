//! Conjectures: the language, what is rewritten, what is refuted, and what is not.

#![allow(clippy::expect_used, clippy::panic, reason = "a helper that panics is a failed test")]

#[path = "../common/drawn.rs"]
mod drawn;
#[path = "../common/kept.rs"]
mod kept_files;
#[path = "../common/long.rs"]
mod long;

mod book;
mod kept;
mod language;
mod rewriting;
mod search;

use gradient_gap::Conjecture;
use gradient_gap::check::conjecture::Effort;
use gradient_gap::families;

/// The conjecture with its conditions.
fn conjecture(text: &str, given: &[&str]) -> Conjecture {
    let plain = Conjecture::parse(text).unwrap_or_else(|e| panic!("{e}"));
    given.iter().fold(plain, |conjecture, condition| conjecture.given(condition).unwrap_or_else(|e| panic!("{e}")))
}

/// So many evaluations, on the families of these names; all where none is named.
fn effort(evaluations: u64, names: &[&str]) -> Effort<'static> {
    let all = families::REGISTRY.iter();
    let families = all.filter(|family| names.is_empty() || names.contains(&family.name)).collect();
    Effort { families, evaluations, ..Effort::default() }
}
