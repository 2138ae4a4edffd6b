//! The step without cancellation, extremes and intervals against big floats.

use crate::SEED;
use crate::drawn::random_instances;
use crate::truth::{Big, big, log_masses, log_probs};
use gradient_gap::check::campaign::draw;
use gradient_gap::number::Interval;
use gradient_gap::policy::Policy;
use gradient_gap::{Evaluation, Instance, families};

/// λ(t) in `BITS` bits.
fn big_lambda(instance: &Instance, t: &Big) -> Big {
    let [minus, plus] = log_masses(instance, &log_probs(instance, t));
    plus - minus
}

/// λ'(0) and λ''(0) by central differences with the step 2⁻¹³⁰: truncation errs by 10⁻⁷⁸, rounding (2⁻⁴²⁰ of numbers below 10³)
/// by 10⁻⁴⁵ at most.
fn big_derivatives(instance: &Instance) -> [Big; 2] {
    let h = big(2f64.powi(-130));
    let [before, at, after] = [-h.clone(), big(0.0), h.clone()].map(|t| big_lambda(instance, &t));
    let first = (after.clone() - before.clone()) / (h.clone() * big(2.0));
    [first, (after + before - at * big(2.0)) / (h.clone() * h)]
}

/// λ(η) − λ(0) and λ(η) − λ(0) − η·λ'(0).
fn big_step(instance: &Instance) -> [Big; 2] {
    let eta = big(instance.eta);
    let change = big_lambda(instance, &eta) - big_lambda(instance, &big(0.0));
    let [slope, _] = big_derivatives(instance);
    [change.clone(), change - eta * slope]
}

/// Relative distance from a reference.
fn relative(found: f64, reference: &Big) -> f64 {
    let reference = reference.to_f64().value();
    (found - reference).abs() / reference.abs()
}

/// Instances whose remainder does not cancel between O⁺ and O⁻ at any η used: linear, tabular, quadratic, waves, tokens, fixed
/// stop, curved tokens.
fn step_instances() -> Vec<(&'static str, Instance)> {
    let one = |policy: Policy, theta: Vec<f64>, direction: Vec<f64>, correct: Vec<bool>| Instance {
        policy,
        theta,
        direction,
        eta: 0.0,
        correct,
        then: vec![],
    };
    let linear = Policy::linear_softmax(1, vec![-1.0, 1.0, 0.25], vec![0.0, 0.5, 1.0]).expect("fits");
    let tabular = Policy::tabular_softmax(4, vec![]).expect("fits");
    let quadratic = Policy::quadratic_softmax(1, vec![1.0, -0.5, 0.0], vec![1.5, 0.75, -1.0], vec![]).expect("fits");
    let curve = Policy::curve([0.25, 0.5, 0.0], &[[0.5, 3.0, 0.7]]).expect("fits");
    let tokens = |name: &str, i: u64| {
        let (family, mut u) = (families::find(name).expect("a family"), Vec::new());
        draw(21, i, family.dim, &mut u);
        u[..families::header::COUNT].fill(0.0);
        u[families::header::RULE] = 0.5; // the sum of the tokens is even
        family.decode(&u).expect("inside")
    };
    vec![
        ("linear", one(linear, vec![0.25], vec![1.0], vec![true, true, false])),
        ("tabular", one(tabular, vec![0.5, -1.0, 0.25, 0.0], vec![0.5, -0.5, 0.5, 0.5], vec![true, true, false, false])),
        ("quadratic", one(quadratic, vec![0.5], vec![1.0], vec![true, false, false])),
        ("curve", one(curve, vec![0.0], vec![1.0], vec![false, true])),
        ("prefix-tabular", tokens("prefix-tabular", 3)),
        ("last-token", tokens("last-token", 4)),
        ("geometric-length", tokens("geometric-length", 5)),
        ("curved-tokens", tokens("curved-tokens", 24)),
    ]
}

const ETAS: [f64; 13] = [1e-12, 1e-11, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-2, 0.25, 1.0, 4.0];

#[test]
fn the_step_is_accurate_where_the_naive_difference_has_no_digit_left() {
    let (mut worst, mut naive_wrong) = (0.0f64, 0);
    for (name, mut instance) in step_instances() {
        for eta in ETAS {
            instance.eta = eta;
            let [change, remainder] = big_step(&instance);
            let view = Evaluation::<f64>::new(&instance, 1);
            let step = view.step();
            let error = relative(step.remainder, &remainder);
            // Both halves ρ± are accurate to some 30 units; these instances lose at most a factor 100 between them.
            assert!(error < 1e-12, "{name}, η = {eta:e}: {:e}, relative error {error:e}", step.remainder);
            assert!(relative(step.change, &change) < 1e-12, "{name}, η = {eta:e}: change {:e}", step.change);
            worst = worst.max(error);
            // Control: the plain difference, which the check rejects.
            let naive = view.on_line().line(eta).lambda() - view.start().lambda() - eta * view.start().alignment();
            let naive = relative(naive, &remainder);
            if eta <= 1e-9 {
                assert!(naive > 0.1, "{name}, η = {eta:e}: naive error only {naive:e}");
                naive_wrong += 1;
            }
        }
    }
    assert!(naive_wrong == 4 * 8 && worst > 0.0, "{naive_wrong}, {worst}");
}

#[test]
fn log_two_cosh_has_its_closed_form() {
    // φ = ±1 in O⁺, 0 in O⁻, θ = 0: λ = log(2 cosh t), λ'(0) = 0, R = log cosh η = log1p(2 sinh²(η/2)).
    let policy = Policy::linear_softmax(1, vec![-1.0, 1.0, 0.0], vec![]).expect("fits");
    let mut instance = Instance {
        policy,
        theta: vec![0.0],
        direction: vec![1.0],
        eta: 0.0,
        correct: vec![true, true, false],
        then: vec![],
    };
    for eta in ETAS {
        instance.eta = eta;
        let expected = (2.0 * (0.5 * eta).sinh().powi(2)).ln_1p();
        let found = Evaluation::<f64>::new(&instance, 1).step().remainder;
        assert!((found / expected - 1.0).abs() < 4e-15, "η = {eta:e}: {found:e} for {expected:e}");
    }
}

// ---- extremes -----------------------------------------------------------------------------------------------------------

#[test]
fn success_and_failure_rates_of_ten_to_the_minus_300() {
    for tilt in [-690.775_527_898, 690.775_527_898] {
        let policy = Policy::linear_softmax(1, vec![1.0, 0.5, -1.0], vec![tilt, tilt, 0.0]).expect("fits");
        let instance = Instance {
            policy,
            theta: vec![0.25],
            direction: vec![1.0],
            eta: 0.125,
            correct: vec![true, true, false],
            then: vec![],
        };
        let [minus, plus] = log_masses(&instance, &log_probs(&instance, &big(0.0)));
        let lambda = plus.clone() - minus.clone();
        // log J = −log(1 + e^{−λ}); ln_1p keeps e^{−|λ|} ~ 10⁻³⁰⁰ in 420 bits. log P(O^±) itself loses the last digits of the
        // larger side there, where the softmax sum rounds to 1 (its reference has 420 bits, 126 digits, and needs 300).
        let log_success = -(-lambda.clone()).exp().ln_1p();
        let log_failure = -lambda.exp().ln_1p();
        let line = Evaluation::<f64>::new(&instance, 1).start().clone();
        // 10⁻³⁰⁰ = e^{−691}: half a unit of 691 is 5.7e-14 in the exponent, hence 1e-13.
        let quantities = [
            ("λ", line.lambda(), &lambda),
            ("log J", line.log_success(), &log_success),
            ("log(1 − J)", line.log_failure(), &log_failure),
            ("the smaller mass", line.log_mass()[usize::from(tilt < 0.0)], if tilt < 0.0 { &plus } else { &minus }),
        ];
        for (name, found, reference) in quantities {
            assert!(relative(found, reference) < 1e-13, "{name} at tilt {tilt}: {found:e}");
        }
        let small = line.success().min(line.failure());
        assert!(small > 1e-301 && small < 1e-299, "{small:e}");
        // Control: through J itself the other rate is 0, its logarithm lost.
        assert_eq!(1.0 - line.success().max(line.failure()), 0.0);
        // The derivatives need both sides' moments, the rare side's as much as the other's.
        let [first, second] = big_derivatives(&instance);
        assert!(relative(line.alignment(), &first) < 1e-13 && relative(line.second(), &second) < 1e-13, "{tilt}");
    }
}

// ---- intervals ----------------------------------------------------------------------------------------------------------

fn holds(interval: Interval, value: &Big) -> bool {
    big(interval.lo()) <= *value && *value <= big(interval.hi())
}

#[test]
fn intervals_enclose_the_high_precision_values() {
    for (name, mut instance) in step_instances() {
        for eta in [1e-10, 1e-4, 0.25, 4.0] {
            instance.eta = eta;
            let [change, remainder] = big_step(&instance);
            let [minus, plus] = log_masses(&instance, &log_probs(&instance, &big(0.0)));
            let view = Evaluation::<Interval>::new(&instance, 1);
            let (start, step) = (view.start(), view.step());
            let enclosed = [
                ("λ", start.lambda(), plus.clone() - minus.clone()),
                ("λ by jets", view.lambda_jet().value, plus - minus),
                ("change", step.change, change),
                ("remainder", step.remainder, remainder),
            ];
            for (what, interval, value) in enclosed {
                assert!(holds(interval, &value), "{name}, η = {eta:e}: {what} {interval:?}, true {value}");
                // Tight to 10⁻¹⁰ of the value (an interval without width would hold by luck only), and not so wide that a change
                // in the ninth digit is lost in it.
                assert!(
                    interval.width() <= 1e-10 * value.to_f64().value().abs(),
                    "{name}, η = {eta:e}: {what} {interval:?}"
                );
                assert!(!holds(interval, &(value * big(1.0 + 1e-9))), "{name}: {what}");
            }
        }
    }
}

#[test]
fn intervals_enclose_binary64_up_to_its_rounding() {
    for instance in random_instances(SEED, 25) {
        let (real, enclosed) = (Evaluation::<f64>::new(&instance, 1), Evaluation::<Interval>::new(&instance, 1));
        let (r, e) = (real.start(), enclosed.start());
        let unit = 64.0 * f64::EPSILON;
        let [value, score, bend] =
            [real.logit_condition(), real.score_condition(), real.curvature_condition()].map(|c| unit * c);
        let pairs = [
            ("λ", r.lambda(), e.lambda(), value),
            ("λ'", r.alignment(), e.alignment(), score),
            ("λ''", r.second(), e.second(), bend),
            ("E⁺[s]", r.mean[1], e.mean[1], score),
            ("E⁻[s]", r.mean[0], e.mean[0], score),
            ("Var⁺", r.variance[1], e.variance[1], bend),
            ("Var⁻", r.variance[0], e.variance[0], bend),
        ];
        for (name, real, interval, slack) in pairs {
            let widened = Interval::new(interval.lo() - slack, interval.hi() + slack);
            assert!(widened.contains(real), "{name}: {real:e} not near {interval:?}\n{instance:?}");
        }
    }
}

#[test]
fn an_interval_of_t_encloses_the_whole_piece() {
    for (name, instance) in step_instances() {
        let enclosed = Evaluation::<Interval>::new(&instance, 1);
        let real = Evaluation::<f64>::new(&instance, 1);
        let piece = enclosed.on_line().line(Interval::new(0.25, 0.375));
        let jet = enclosed.on_line().lambda_jet(Interval::new(0.25, 0.375));
        for k in 0..=16 {
            let line = real.on_line().line(0.25 + 0.125 * f64::from(k) / 16.0);
            // Rounding of the sample only matters at the ends of the piece, where these intervals are far wider.
            let pairs = [
                (line.lambda(), piece.lambda()),
                (line.alignment(), piece.alignment()),
                (line.second(), piece.second()),
                (line.lambda(), jet.value),
                (line.alignment(), jet.first),
                (line.second(), jet.second),
            ];
            for (sample, interval) in pairs {
                assert!(interval.contains(sample) && interval.is_bounded(), "{name}: {sample} in {interval:?}");
            }
        }
        // Control: the enclosure at one end of the piece does not hold the value at the other.
        let end = enclosed.on_line().line(Interval::point(0.25)).lambda();
        assert!(!end.contains(real.on_line().line(0.375).lambda()), "{name}: {end:?}");
    }
}
