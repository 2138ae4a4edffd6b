//! The examples of docs/conjectures.md: three bounds of the paper, three sharp ones, three false ones; and more of either kind.

use crate::long::long;
use crate::{conjecture, effort};
use gradient_gap::check::conjecture::{Found, enclose};
use gradient_gap::check::judge::Decision;
use gradient_gap::check::witness::read_stored;

/// A conjecture, its conditions and the families it is tried on.
type Example = (&'static str, &'static [&'static str], &'static [&'static str]);

/// (16), (22), and (15b) under (15a) with the bound of Theorem 1 on the step.
pub const PAPER: [Example; 3] = [
    ("abs(dlambda - eta*dmu) <= (L + 8*G^2)*eta^2", &[], &[]),
    ("dlambda >= eta*dmu - (Lp*Tinf + Gp^2*Tpsi1/(1-J0))*eta^2", &[], &[]),
    ("dlambda >= eta*dmu - eta*max(dmu, 0)/2", &["dmu >= 0", "eta <= min(dmu/(2*(L + 8*G^2)), 1/(2*sqrt(L)))"], &[]),
];

/// The companion's theorems whose constants cannot be lowered, each with the share of the bound that a short search must use.
pub const SHARP: [(Example, f64); 3] = [
    (("abs(dlambda - eta*dmu) <= (L + G^2/2)*eta^2", &[], &[]), 0.99),
    (("dlambda >= eta*dmu - L*eta^2/(2*(1-J0))", &[], &[]), 0.999),
    (("dlambda >= eta*dmu - Lp*len_pos*eta^2/(2*(1-J0))", &[], &[]), 0.999),
];

/// Without G²; without the factor 1−J; for linear logits with L in the place of D²/4.
pub const FALSE: [Example; 3] = [
    ("abs(dlambda - eta*dmu) <= L*eta^2", &[], &[]),
    ("J1 >= J0", &["dmu > 0", "eta <= 2*dmu/L"], &[]),
    ("abs(dlambda - eta*dmu) <= L*eta^2/2", &[], &["linear-softmax"]),
];

/// With `GRADIENT_GAP_LONG` ten times as many evaluations.
fn search((text, given, families): Example, evaluations: u64) -> Found {
    let evaluations = if long() { 10 * evaluations } else { evaluations };
    conjecture(text, given).search(&effort(evaluations, families)).unwrap_or_else(|e| panic!("{text}: {e}"))
}

/// A refutation is one: intervals are certain of both instances, the file says the same when it is read again.
fn check_refuted(example: Example, found: &Found) {
    let (text, given, _) = example;
    let conjecture = conjecture(text, given);
    let witness = found.witness.as_ref().unwrap_or_else(|| panic!("{text} was not refuted"));
    let simple = witness.simplified.as_ref().expect("simplified");
    for instance in [&witness.instance, simple] {
        assert!(instance.moves());
        assert_eq!(enclose(&conjecture, instance).decision, Decision::Violated, "{text}");
    }
    assert!(simple.policy.responses() <= witness.instance.policy.responses(), "{text}");
    let stored = serde_json::to_string(witness).expect("plain data");
    assert!(read_stored(&stored, true).is_ok());
    let said = witness.asserted(true).expect("known");
    assert!(said.len() >= 5 && said.iter().all(|said| said.confirmed == Some(true)), "{text}: {said:?}");
    assert!(found.worst_slack < Some(0.0) && found.best_ratio.is_none_or(|ratio| ratio > 1.0), "{text}: {found:?}");
}

fn check_not_refuted((text, ..): Example, found: &Found) {
    assert!(found.witness.is_none(), "{text}: {:?}", found.witness);
    assert!(found.satisfied() > 1_000, "{text}: {}", found.satisfied());
    assert!(found.worst_slack >= Some(0.0) && found.best_ratio.is_none_or(|ratio| ratio <= 1.0), "{text}: {found:?}");
}

#[test]
fn bounds_of_the_paper_are_not_refuted() {
    for example in PAPER {
        check_not_refuted(example, &search(example, 16_000));
    }
}

#[test]
fn sharp_bounds_are_not_refuted_and_used_up() {
    for (example, least) in SHARP {
        let found = search(example, 24_000);
        check_not_refuted(example, &found);
        assert!(found.best_ratio > Some(least), "{}: {:?}", example.0, found.best_ratio);
    }
}

#[test]
fn false_bounds_are_refuted() {
    for example in FALSE {
        check_refuted(example, &search(example, 100_000));
    }
}

/// The wrong forms of what was not refuted: every check above can fail.
#[test]
fn slightly_smaller_constants_are_refuted() {
    const CONTROLS: [Example; 13] = [
        ("abs(dlambda - eta*dmu) <= 0.99*(L + G^2/2)*eta^2", &[], &[]),
        ("abs(dlambda - eta*dmu) <= (L + 0.49*G^2)*eta^2", &[], &[]),
        ("dlambda >= eta*dmu - 0.99*L*eta^2/(2*(1-J0))", &[], &[]),
        ("dlambda >= eta*dmu - 0.99*Lp*len_pos*eta^2/(2*(1-J0))", &[], &[]),
        // (22) with E⁺[ℓ] in the place of T∞: of all families, only curved tokens refute it.
        ("dlambda >= eta*dmu - (Lp*len_pos + Gp^2*Tpsi1/(1-J0))*eta^2", &[], &[]),
        ("dlambda <= eta*dmu + 0.99*L*eta^2/(2*J0)", &[], &[]),
        ("dlambda >= 0.6*eta*dmu", &["dmu >= 0", "eta <= (1-J0)*dmu/L"], &[]),
        ("len <= 0.69*Tpsi1", &[], &[]),
        // Conditions that tie quantities to each other, and thresholds a few per cent too high.
        ("abs(dlambda - eta*dmu) <= 0.97*(L + G^2/2)*eta^2", &["2.99 <= G^2/L <= 3.01"], &[]),
        ("J1 >= J0", &["dmu > 0", "eta <= dmu/(L + 0.475*G^2)"], &[]),
        ("J1 >= J0", &["dmu > 0", "eta <= 2.04*(1-J0)*dmu/(Lp*Tinf)", "Tinf >= 2"], &[]),
        ("J1 >= J0", &["dmu > 0", "eta <= 2.05*(1-J0)*dmu/L", "J0 >= 0.05"], &[]),
        ("log(J1/J0) >= eta*(1-J0)*dmu - 0.499*L*eta^2", &[], &[]),
    ];
    for example in CONTROLS {
        check_refuted(example, &search(example, 300_000));
    }
}

/// True ones beyond the book, in the forms in which people may write them.
#[test]
fn true_statements_in_other_words_are_not_refuted() {
    const TRUE: [Example; 12] = [
        ("lambda1 >= lambda0 + eta*(dmu - L*eta/(2*F0))", &[], &[]),
        ("(dlambda - eta*dmu)/eta^2 <= L/(2*J0)", &[], &[]),
        ("(1-J0)*dlambda >= (1-J0)*eta*dmu - L*eta^2/2", &[], &[]),
        ("log(J1/J0) >= eta*(1-J0)*dmu - L*eta^2/2", &[], &[]),
        ("log(1-J1) >= log(1-J0) - eta*J0*dmu - L*eta^2/2", &[], &[]),
        ("J1 >= J0", &["dmu > 0", "eta <= 2*(1-J0)*dmu/L"], &[]),
        ("mean_pos == (1-J0)*dmu", &[], &[]),
        ("J0*(var_pos + mean_pos^2 + curv_pos) + F0*(var_neg + mean_neg^2 + curv_neg) == 0", &[], &[]),
        ("len_pos <= Tpsi1*log(1 + 1/J0)", &[], &[]),
        ("max(var_pos, var_neg) <= G^2", &[], &[]),
        ("J1 - J0 <= tanh(abs(dlambda)/4)", &[], &[]),
        ("cosh(dlambda/2) >= sqrt(J0*(1-J0)/(J1*(1-J1)))/2", &[], &[]),
    ];
    for example in TRUE {
        check_not_refuted(example, &search(example, 8_000));
    }
}
