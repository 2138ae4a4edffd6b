//! stagnation-printed: Theorem 1(a) with the sign of the text at hand is false of every run that improves.

use crate::support::{ALL_RUNS, Outcome, claim, decision, examine, on_a_line, parts, repeated, sample};
use gradient_gap::check::judge::{Decision, certify};
use gradient_gap::families;

/// The property turned round: most runs refute it with a certificate, but for those that are built to collapse.
#[test]
fn random_instances() {
    let slug = "stagnation-printed";
    for (family, refuted) in crate::support::on_random_instances(slug, ALL_RUNS, seeds_of!("stagnation-printed")) {
        let least = if family == "geometric-length-run" { 0.3 } else { 0.7 };
        assert!(refuted >= least || !family.ends_with("-run"), "{family}: {refuted}");
    }
}

#[test]
fn edge_instances() {
    crate::support::on_edge_instances("stagnation-printed", ALL_RUNS, 300);
}

#[test]
fn smallest_and_extreme_instances() {
    crate::support::on_extreme_instances("stagnation-printed", &[]);
}

/// Two responses, λ = θ: M(K) = λ(K) − λ(0) = Kη, and the printed bound asks λ to fall by more than that.
#[test]
fn smallest_counterexamples() {
    for updates in [1, 2, 5] {
        let instance = repeated(on_a_line(&[1.0, 0.0], &[], 1, 0.125), updates);
        let part = parts("stagnation-printed", &instance)[0];
        let gained = 0.125 * updates as f64;
        assert!((part.computed - gained).abs() < 1e-14 && part.claimed < -gained, "{part:?}");
        assert_eq!(decision("stagnation-printed", &instance), Decision::Violated);
        assert_eq!(decision("stagnation", &instance), Decision::Holds);
    }
}

/// Not refuted where nothing moves and the constants are the smallest: η = 0 or w = 0.
#[test]
fn true_where_nothing_moves() {
    let mut still = on_a_line(&[1.0, 0.0], &[], 1, 0.5);
    still.direction = vec![0.0];
    for instance in [on_a_line(&[1.0, 0.0], &[], 1, 0.0), still] {
        assert_eq!(decision("stagnation-printed", &instance), Decision::Holds);
    }
}

/// Where the printed form is refuted, the corrected one holds.
#[test]
fn the_corrected_form_holds_where_the_printed_one_fails() {
    let (printed, corrected) = (claim("stagnation-printed"), claim("stagnation"));
    let mut refuted = 0;
    for (point, instance) in sample(families::RUNS, 4) {
        if certify(printed, &instance).decision != Decision::Violated {
            continue;
        }
        refuted += 1;
        let found = examine(corrected, &instance).unwrap_or_else(|e| panic!("{point:?}: {e}"));
        assert!(matches!(found, Outcome::Inside(None | Some(Decision::Holds))), "{point:?}: {found:?}");
    }
    assert!(refuted >= 100, "{refuted}");
}
