//! What writing a bound as text costs: one evaluation of a conjecture against one of the claim that says the same.
//!
//! `cargo bench --bench conjectures` prints a table, medians of rounds that alternate between the two, and ends with status 1 if any
//! quotient is beyond the limit. Both read the same instances in binary64; a claim with several parts is compared by the conjecture
//! of one of them, and still evaluates all. Claims whose constants have another reading than the words are not comparable.

#![allow(clippy::print_stdout, reason = "a table is what it is for")]
#![allow(clippy::expect_used, reason = "a benchmark without its claims must stop")]

mod common;

use common::{instances, medians};
use gradient_gap::check::conjecture;
use gradient_gap::check::judge::{self, SAMPLE_PIECES};
use gradient_gap::{Conjecture, Evaluation, Instance, claims};
use std::hint::black_box;
use std::process::ExitCode;
use std::time::Instant;

/// Random instances of every family.
const PER_FAMILY: u64 = 400;
const ROUNDS: usize = 11;
/// An evaluation of a conjecture takes at most so many times one of the claim.
const LIMIT: f64 = 2.0;

/// Claims of one part or two, and the same as conjectures: the expression and its conditions.
const PAIRS: [(&str, &str, &[&str]); 6] = [
    ("log-odds-step", "abs(dlambda - eta*dmu) <= (L + 8*G^2)*eta^2", &[]),
    ("log-odds-step-tight", "abs(dlambda - eta*dmu) <= (L + G^2/2)*eta^2", &[]),
    ("token-log-odds-step", "dlambda >= eta*dmu - (Lp*Tinf + Gp^2*Tpsi1/(1-J0))*eta^2", &[]),
    ("smooth-only-step", "dlambda >= eta*dmu - L*eta^2/(2*(1-J0))", &[]),
    ("token-to-trajectory", "L <= Lp*Tinf", &["Tinf >= 2"]),
    ("ascent-threshold", "dlambda >= 0", &["dmu > 0", "eta <= 2*(1-J0)*dmu/L"]),
];

/// Nanoseconds an instance.
fn time(instances: &[Instance], look: impl Fn(&Evaluation<'_, f64>)) -> f64 {
    let start = Instant::now();
    for instance in instances {
        look(&Evaluation::new(instance, SAMPLE_PIECES));
    }
    1e9 * start.elapsed().as_secs_f64() / instances.len() as f64
}

fn main() -> ExitCode {
    if std::env::args().any(|argument| argument == "--test") {
        return ExitCode::SUCCESS; // `cargo test --benches` asks only whether it builds
    }
    let mut all = instances(PER_FAMILY);
    all.retain(Instance::moves);
    let mut largest: f64 = 0.0;
    println!("| claim | conjecture | claim, ns | conjecture, ns | quotient |\n|---|---|---|---|---|");
    for (slug, text, given) in PAIRS {
        let claim = claims::find(slug).expect("in the registry");
        let plain = Conjecture::parse(text).expect("fits");
        let conjecture = given.iter().fold(plain, |conjecture, given| conjecture.given(given).expect("fits"));
        let built_in = || {
            time(&all, |evaluation| {
                black_box(judge::measure(claim, evaluation));
            })
        };
        let written = || {
            time(&all, |evaluation| {
                black_box(conjecture::measure(&conjecture, evaluation));
            })
        };
        let [built_in, written] = medians(ROUNDS, built_in, written);
        largest = largest.max(written / built_in);
        println!("| {slug} | `{text}` | {built_in:.0} | {written:.0} | {:.2} |", written / built_in);
    }
    println!("\nlargest quotient {largest:.2}, limit {LIMIT}");
    if largest <= LIMIT { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
