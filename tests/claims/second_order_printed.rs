//! second-order-printed: equation (17) as printed is false, almost everywhere.

use crate::support::{EVERYWHERE, Outcome, claim, decision, examine, on_a_line, parabola, parts, sample};
use gradient_gap::check::judge::{Decision, certify};
use gradient_gap::families;

/// The property turned round: on at least half of every family's instances the printed form is refuted with a certificate.
#[test]
fn random_instances() {
    let slug = "second-order-printed";
    for (family, refuted) in crate::support::on_random_instances(slug, EVERYWHERE, seeds_of!("second-order-printed")) {
        assert!(refuted >= 0.5, "{family}: {refuted}");
    }
}

#[test]
fn edge_instances() {
    crate::support::on_edge_instances("second-order-printed", EVERYWHERE, 100);
}

#[test]
fn smallest_and_extreme_instances() {
    crate::support::on_extreme_instances("second-order-printed", &[]);
}

#[test]
fn hypotheses_can_hold_and_fail() {
    crate::support::hypotheses_can_hold_and_fail("second-order-printed");
}

/// Where the printed form is refuted, the corrected one holds.
#[test]
fn the_corrected_form_holds_where_the_printed_one_fails() {
    let (printed, corrected) = (claim("second-order-printed"), claim("second-order"));
    let mut refuted = 0;
    for (point, instance) in sample(families::REGISTRY, 40) {
        if certify(printed, &instance).decision != Decision::Violated {
            continue;
        }
        refuted += 1;
        let found = examine(corrected, &instance).unwrap_or_else(|e| panic!("{point:?}: {e}"));
        assert!(matches!(found, Outcome::Inside(None | Some(Decision::Holds))), "{point:?}: {found:?}");
        assert_ne!(certify(corrected, &instance).decision, Decision::Violated, "{point:?}");
    }
    assert!(refuted >= 200, "{refuted}");
}

/// φ = −1, 1 | 0: the true coefficient is ½, the printed one 1. λ = θ²: 1 against 0.
#[test]
fn smallest_counterexamples() {
    for (instance, computed, claimed) in
        [(on_a_line(&[-1.0, 1.0, 0.0], &[], 2, 0.1), 0.5, 1.0), (parabola([0.0, 0.0, 2.0], 0.1), 1.0, 0.0)]
    {
        let part = parts("second-order-printed", &instance)[0];
        assert!((part.computed - computed).abs() < 1e-15 && (part.claimed - claimed).abs() < 1e-15, "{part:?}");
        assert_eq!(decision("second-order-printed", &instance), Decision::Violated);
        assert_eq!(decision("second-order", &instance), Decision::Holds);
    }
}

/// Not refuted where both coefficients vanish: two responses with linear logits, equal features, w = 0.
#[test]
fn true_where_nothing_varies() {
    for instance in [on_a_line(&[1.0, 0.0], &[], 1, 0.1), on_a_line(&[1.0, 1.0, 1.0], &[], 1, 0.1)] {
        assert_eq!(decision("second-order-printed", &instance), Decision::Holds);
    }
}
