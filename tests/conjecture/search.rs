//! The search: what it counts, what it honours, what it may not call a refutation.

use crate::{conjecture, effort};
use gradient_gap::check::conjecture::{Effort, Measured, enclose, measure};
use gradient_gap::check::judge::Decision;
use gradient_gap::check::witness::read_instance;
use gradient_gap::expression::Values;
use gradient_gap::number::{Interval, Scalar};
use gradient_gap::{Evaluation, Instance};

/// φ = (1, 0, 0), θ = 0, O⁺ = {first}: J = 1/3, Δμ = 1.
fn third(eta: f64) -> Instance {
    read_instance(&format!(r#"{{"logits": [0, 0, 0], "slopes": [1, 0, 0], "correct": [0], "eta": {eta}}}"#)).expect("fits")
}

#[test]
fn the_same_on_any_number_of_threads() {
    for (text, given) in [("dlambda >= eta*dmu - L*eta^2/(2*(1-J0))", None), ("J1 >= J0", Some("0 < dmu < 0.1"))] {
        let conjecture = conjecture(text, given.as_slice());
        let runs = [1, 3].map(|threads| {
            let found = conjecture.search(&Effort { threads, seed: 7, ..effort(10_000, &[]) }).expect("has cases");
            (found.witness, found.best_ratio, found.worst_slack, found.nearest, found.families, found.undecided)
        });
        assert_eq!(runs[0], runs[1], "{text}");
    }
}

/// The counterexample satisfies every condition for certain.
#[test]
fn conditions_are_honoured_exactly() {
    let given = ["abs(J0 - 0.2) <= 0.01", "dmu > 0.1", "0.5 <= L < 0.6", "Tinf >= 2"];
    let conjecture = conjecture("dlambda >= eta*dmu", &given);
    let found = conjecture.search(&effort(300_000, &[])).expect("has cases");
    assert!(found.satisfied() > 0 && found.satisfied() < found.evaluations());
    let witness = found.witness.expect("false");
    for instance in [&witness.instance, witness.simplified.as_ref().expect("simplified")] {
        let evaluation = Evaluation::<Interval>::new(instance, enclose(&conjecture, instance).pieces);
        assert_eq!(conjecture.conditions_hold(&mut Values::new(&evaluation)), [true, false]);
    }
    let value = |name: &str| found.quantities.iter().find(|q| q.name == name).expect("a word that occurs").enclosure;
    assert!(value("J0").lo() >= 0.19 && value("J0").hi() <= 0.21 && value("dmu").lo() > 0.1, "{:?}", found.quantities);
    assert!(value("L").lo() >= 0.5 && value("L").hi() < 0.6 && value("Tinf").lo() >= 2.0);
}

/// Bands so narrow that random points miss them are met by following the distance.
#[test]
fn narrow_bands_are_met() {
    let given = ["abs(J0 - 0.7) <= 1e-5", "abs(dmu - 1) <= 1e-5"];
    let found = conjecture("dlambda >= eta*dmu - L*eta^2/(2*(1-J0))", &given).search(&effort(200_000, &[])).expect("met");
    assert!(found.witness.is_none() && found.satisfied() > 100, "{}", found.satisfied());
    let nearest = found.nearest.expect("there are cases");
    let evaluation = Evaluation::<f64>::new(&nearest.instance, 1);
    assert!((evaluation.start().success() - 0.7).abs() <= 1e-5 && (evaluation.start().alignment() - 1.0).abs() <= 1e-5);
}

#[test]
fn nothing_tested_is_no_pass() {
    for given in
        ["J0 > 2", "J0 < J0", "log(-eta) <= 0", "0*log(-1) <= 1", "sqrt(-eta) - sqrt(-eta) <= 0", "2^(0*log(-1)) > 0"]
    {
        let error = conjecture("J0 <= 1", &[given]).search(&effort(3_000, &[])).expect_err(given).to_string();
        assert!(error.contains("none of") && error.contains(given), "{error}");
    }
    // Met in binary64 alone: nothing could refute, so nothing was tested.
    for given in [&["J0 >= 1/3", "J0 <= 1/3"][..], &["L >= Lp", "L <= Lp", "dmu > 0"]] {
        let error = conjecture("J0 <= 0", given).search(&effort(10_000, &[])).expect_err(given[0]).to_string();
        assert!(error.contains("for certain") && error.contains("band"), "{error}");
    }
    let nowhere = Effort { families: vec![], ..Effort::default() };
    assert!(conjecture("J0 <= 1", &[]).search(&nowhere).is_err());
}

/// Undefined everywhere: cases, but no counterexample.
#[test]
fn what_is_undefined_is_no_counterexample() {
    for text in ["log(-eta) > 0", "(eta - eta)/(L - L) > 1", "sqrt(-G - 1) < 0", "1/(n_pos - n_pos) < 0", "(-eta)^0.5 < 0"] {
        let found = conjecture(text, &[]).search(&effort(3_000, &[])).expect("has cases");
        assert!(found.witness.is_none() && found.satisfied() > 1_000 && found.nearest.is_none(), "{text}: {found:?}");
        assert_eq!(found.defined, 0, "{text}");
    }
    // And where only some instances leave it undefined, the others count.
    let found = conjecture("log(dmu) <= 0", &[]).search(&effort(3_000, &[])).expect("has cases");
    assert!(found.witness.is_some());
}

/// Without a step there is nothing to say: no instance with η = 0 or w = 0 counts.
#[test]
fn every_case_takes_a_step() {
    for text in ["eta > 0", "abs(dlambda) >= 0"] {
        let found = conjecture(text, &[]).search(&effort(10_000, &[])).expect("has cases");
        assert!(found.witness.is_none() && found.satisfied() < found.evaluations(), "{text}");
    }
    let mut still = third(0.0);
    let moving = conjecture("eta >= 1", &[]);
    assert_eq!(measure(&moving, &Evaluation::new(&still, 1)), Measured::Still);
    assert_eq!(enclose(&moving, &still).decision, Decision::Outside);
    still.eta = 0.5;
    assert_eq!(enclose(&moving, &still).decision, Decision::Violated);
    still.direction = vec![0.0];
    assert_eq!(enclose(&moving, &still).decision, Decision::Outside);
}

/// A violation counts only if it and every condition are certain: in binary64 J is 1/3 here, in intervals it may be more or less.
#[test]
fn only_what_is_certain_refutes() {
    let instance = third(0.25);
    let real = |text, given: &[&str]| measure(&conjecture(text, given), &Evaluation::new(&instance, 1));
    assert!(matches!(real("J0 < 1/3", &["J0 >= 1/3"]), Measured::Case(sample) if sample.excess >= 0.0));
    let decision = |text, given: &[&str]| enclose(&conjecture(text, given), &instance).decision;
    assert_eq!(decision("J0 < 1/3", &["J0 >= 1/3"]), Decision::Undecided);
    assert_eq!(decision("J0 < 0.3", &["J0 >= 1/3"]), Decision::Undecided, "the condition is not certain");
    assert_eq!(decision("J0 < 0.3", &["J0 >= 0.333"]), Decision::Violated);
    assert_eq!(decision("J0 < 0.3", &["J0 >= 0.334"]), Decision::Outside);
    assert_eq!(decision("J0 < 0.3/(eta - 0.25)", &[]), Decision::Undecided, "division by 0");
    assert_eq!(decision("J0 > 0.3", &["J0 >= 1/3"]), Decision::Holds);
}

/// Where rounding alone puts a side above the other, no room below 0 is reported, and none above 0 where both are equal.
#[test]
fn rounding_leaves_the_room_at_zero() {
    for text in ["sqrt(J0*J0) <= J0", "sqrt(J0*J0) >= J0"] {
        let found = conjecture(text, &[]).search(&effort(4_000, &["curve"])).expect("valid");
        assert!(found.witness.is_none(), "{text}: {found:?}");
        assert_eq!(found.worst_slack, Some(0.0), "{text}");
    }
    // A share of rounding errors is none.
    let found = conjecture("abs(exp(J0)*exp(-J0) - 1) <= 1.5e-16", &[]).search(&effort(4_000, &["curve"]));
    let found = found.expect("valid");
    assert!(found.witness.is_none() && found.best_ratio.is_some_and(|ratio| ratio < 0.5), "{found:?}");
}

/// Suprema are sampled in binary64: a bound that only the samples violate is not refuted.
#[test]
fn sampled_suprema_do_not_refute() {
    // A wave of which the two ends of the step, and the middle, see nothing.
    let text = r#"{"policy": {"tree": {"vocabulary": 2, "max_length": 1, "ending": "fixed"}, "context": "shared",
        "logits": {"dim": 1, "rows": 1, "options": 2, "features": {"dense": [0, 0]},
        "waves": [{"logit": 0, "amplitude": 0.001, "frequency": [402.1238596594935], "phase": 1.5707963267948966}]}},
        "theta": [0], "direction": [1], "eta": 1, "correct": [true, false]}"#;
    let instance = read_instance(text).expect("fits");
    let conjecture = conjecture("L <= 1", &[]);
    let sampled = Evaluation::<f64>::new(&instance, 1).constants().curvature;
    let enclosed = Evaluation::<Interval>::new(&instance, 512).constants().curvature;
    assert!(sampled < 1.0 && enclosed.lo() > 10.0, "{sampled} {enclosed:?}");
    assert_eq!(enclose(&conjecture, &instance).decision, Decision::Violated, "the enclosure knows better");
    let opposite = crate::conjecture("L >= 10", &[]);
    assert!(matches!(measure(&opposite, &Evaluation::new(&instance, 1)), Measured::Case(sample) if sample.excess > 0.0));
    assert_eq!(enclose(&opposite, &instance).decision, Decision::Holds);
    assert!(Interval::zero().surely_lt(enclosed));
}

/// Time is a cap: the result says that it ran out.
#[test]
fn time_runs_out() {
    let effort =
        Effort { evaluations: u64::MAX, time: Some(std::time::Duration::from_millis(300)), ..effort(1, &["curve"]) };
    let found = conjecture("J0 <= 1", &[]).search(&effort).expect("has cases");
    assert!(found.timed_out && found.witness.is_none() && found.evaluations() > 100);
}
