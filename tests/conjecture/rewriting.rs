//! What is rewritten stays the same number: the difference as it is evaluated and the difference of the sides as they were written
//! enclose one real number, on random expressions and instances.

use crate::conjecture;
use crate::drawn::random_instances;
use gradient_gap::expression::{Values, Word};
use gradient_gap::number::{Interval, Scalar};
use gradient_gap::{Conjecture, Evaluation, Instance};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A random expression, of words that cancel against each other more often than of others.
fn expression(rng: &mut ChaCha8Rng, depth: usize) -> String {
    const LIVE: [&str; 14] = [
        "dlambda",
        "eta*dmu",
        "lambda1",
        "lambda0",
        "J1",
        "J0",
        "F1",
        "F0",
        "log(J1)",
        "log(J0)",
        "log(1-J1)",
        "log(1-J0)",
        "mean_pos",
        "mean_neg",
    ];
    let mut below = |n: usize| (rng.next_u32() as usize) % n;
    if depth == 0 {
        return match below(4) {
            0 => Word::NAMED[below(26)].name().expect("named").into(),
            1 => ["2", "0.5", "1", "1e-3", "0.1"][below(5)].into(),
            _ => LIVE[below(14)].into(),
        };
    }
    let form = below(10);
    let [x, y] = [0, 1].map(|_| expression(rng, depth - 1));
    match form {
        0 | 1 => format!("{x} - {y}"),
        2 => format!("({x} + {y})"),
        3 => format!("eta*({x} - {y})"),
        4 => format!("(1 - J0)*({x})"),
        5 => format!("({x})*({y})"),
        6 => format!("({x})/(1 + abs({y}))"),
        7 => format!("abs({x} - ({y}))"),
        8 => format!("max({x}, {y})"),
        _ => format!("({x})^2 - ({y})"),
    }
}

/// Whether the difference as it is evaluated can be that of the sides as written; and whether it is known better.
fn agrees(evaluated: &Conjecture, written: &Conjecture, instance: &Instance) -> Option<(bool, bool)> {
    let evaluation = Evaluation::<Interval>::new(instance, 1);
    let excess = evaluated.compare(&mut Values::new(&evaluation));
    let sides = written.compare(&mut Values::new(&evaluation));
    let plain = sides.sides[0] - sides.sides[1];
    let known = excess.defined && sides.defined && plain.is_bounded() && excess.excess.is_bounded();
    let meets = !plain.intersection(excess.excess).is_empty();
    known.then(|| (meets, excess.excess.width() < 0.01 * plain.width()))
}

fn instances() -> Vec<Instance> {
    random_instances(11, 12).into_iter().filter(Instance::moves).collect()
}

#[test]
fn the_value_does_not_change() {
    let (instances, mut rng) = (instances(), ChaCha8Rng::seed_from_u64(5));
    let (mut compared, mut better) = (0, 0);
    for case in 0..4_000 {
        let depth = 1 + case % 4;
        let text = format!("{} <= {}", expression(&mut rng, depth), expression(&mut rng, depth - 1));
        let Ok(conjecture) = Conjecture::parse(&text) else { continue }; // too long
        for instance in instances.iter().skip(case % 7).step_by(7) {
            let Some((meets, narrower)) = agrees(&conjecture, &conjecture, instance) else { continue };
            assert!(meets, "{text}: {:?}", serde_json::to_string(instance));
            compared += 1;
            better += usize::from(narrower);
        }
    }
    assert!(compared > 40_000 && better > 4_000, "{compared} comparisons, {better} much better known");
}

/// The test above can fail: with a wrong factor in one identity the two numbers are apart.
#[test]
fn wrong_identities_would_be_seen() {
    let instances = instances();
    for (right, wrong) in [
        ("dlambda - eta*dmu <= 0", "dlambda - 1.0001*eta*dmu <= 0"),
        ("J1 - J0 <= J0*(1-J0)*eta*dmu", "J1 - J0 <= J0*J0*eta*dmu"),
        ("log(J1/J0) <= eta*(1-J0)*dmu", "log(J1/J0) <= eta*J0*dmu"),
        ("log(1-J1) - log(1-J0) <= 0", "log(1-J1) + log(1-J0) <= 0"),
        ("lambda1 - lambda0 <= 0", "lambda0 - lambda1 <= 0"),
        ("eta*(1-J0) <= 1", "eta*J0 <= 1"),
    ] {
        let (right, wrong) = (conjecture(right, &[]), conjecture(wrong, &[]));
        let seen = instances.iter().filter_map(|instance| agrees(&right, &wrong, instance));
        let (apart, all) = seen.fold((0, 0), |(apart, all), (meets, _)| (apart + usize::from(!meets), all + 1));
        assert!(2 * apart > all, "{wrong:?}: {apart} of {all}");
    }
}

/// λ(θ) = l₀ + δθ − θ²: the remainder is −η² for every η, where the difference as written has no digit left.
#[test]
fn remainders_do_not_cancel() {
    let read = |eta: f64| {
        let text = format!(
            r#"{{"logits": [-2.0, 0.0], "slopes": [0.5, 0.0], "curvatures": [-2.0, 0.0], "correct": [0], "eta": {eta}}}"#
        );
        gradient_gap::check::witness::read_instance(&text).expect("fits")
    };
    let excess = conjecture("lambda1 - lambda0 <= eta*dmu", &[]);
    let success = conjecture("J1 - J0 <= eta*J0*(1-J0)*dmu", &[]);
    for eta in [1e-3, 1e-9, 1e-40, 1e-150] {
        let instance = read(eta);
        let (real, enclosed) = (Evaluation::<f64>::new(&instance, 1), Evaluation::<Interval>::new(&instance, 1));
        let value = excess.compare(&mut Values::new(&real)).excess;
        assert!((value + eta * eta).abs() <= 1e-14 * eta * eta, "{value} at {eta}");
        let known = excess.compare(&mut Values::new(&enclosed)).excess;
        assert!(known.contains(value) && known.width() <= 1e-12 * eta * eta, "{known:?} at {eta}");
        // J'' = J(1−J)(λ'' + (1−2J)λ'²), halved, up to O(η³).
        let failure = 1.0 / (1.0 + (-2f64).exp());
        let second = (1.0 - failure) * failure * (-2.0 + (2.0 * failure - 1.0) * 0.25) / 2.0;
        let value = success.compare(&mut Values::new(&real)).excess;
        assert!((value / (eta * eta) - second).abs() < eta.max(1e-13), "{value} at {eta}");
        let known = success.compare(&mut Values::new(&enclosed)).excess;
        assert!(known.contains(value) && known.width() <= 1e-12 * eta * eta, "{known:?} at {eta}");
    }
}

/// Success and failure after the step, to full accuracy, at both ends of binary64 and beyond.
#[test]
fn probabilities_after_the_step_are_accurate() {
    let mut checked = 0;
    for instance in random_instances(3, 60) {
        let (real, enclosed) = (Evaluation::<f64>::new(&instance, 1), Evaluation::<Interval>::new(&instance, 1));
        let (mut real, mut enclosed) = (Values::new(&real), Values::new(&enclosed));
        for word in [Word::J1, Word::F1, Word::JChange, Word::LogJ1, Word::LogFChange, Word::LogJRemainder, Word::JRemainder]
        {
            let (value, known) = (real.get(word), enclosed.get(word));
            assert!(!value.is_nan() && !known.is_empty(), "{word:?}: {value} {known:?}");
            let slack = 1e-9 * known.abs().hi() + 1e-300;
            assert!(known.lo() - slack <= value && value <= known.hi() + slack, "{word:?}: {value} {known:?}");
            checked += 1;
        }
        let [success, failure] = [Word::J1, Word::F1].map(|word| enclosed.get(word));
        assert!((success + failure).contains(1.0), "{success:?} {failure:?}");
    }
    assert!(checked > 4_000);
}
