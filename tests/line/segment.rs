//! Extremes over a whole step: enclosures against single points, against Taylor's remainder and against closed forms.

use crate::SEED;
use crate::drawn::random_instances;
use gradient_gap::line::{OnLine, Segment};
use gradient_gap::number::{Interval, Scalar};
use gradient_gap::policy::Policy;
use gradient_gap::{Evaluation, Instance, families};

fn segment<N: Scalar>(instance: &Instance, pieces: usize) -> Segment<N> {
    let Instance { policy, correct, theta, direction, eta, .. } = instance;
    OnLine::<N>::new(policy, correct, theta, direction).segment(*eta, pieces)
}

/// One name for every extreme, as a maximum.
fn maxima(of: &Segment<Interval>) -> [(&'static str, Interval); 6] {
    [
        ("max λ''", of.largest_second),
        ("max −λ''", -of.least_second),
        ("max E⁻[ℓ]", of.length[0]),
        ("max E⁺[ℓ]", of.length[1]),
        ("max log(1/(1−J))", of.log_rarity[0]),
        ("max log(1/J)", of.log_rarity[1]),
    ]
}

/// The same functions at one t, enclosed.
fn at(on_line: &OnLine<'_, Interval>, t: f64) -> [Interval; 6] {
    let line = on_line.line(Interval::of(t));
    let second = line.second();
    [second, -second, line.length[0], line.length[1], -line.log_failure(), -line.log_success()]
}

/// What any point of the step has is within the enclosures, on random instances of every family; the remainder of the step
/// is a mean of λ''. Control: over half of the step the enclosures do not contain everything.
#[test]
fn no_point_of_the_step_is_outside() {
    let (mut left_out, mut narrow, mut all) = (0, 0, 0);
    for (i, instance) in random_instances(SEED, 60).into_iter().enumerate() {
        let name = format!("{} {i}", families::REGISTRY[i / 60].name);
        let Instance { policy, correct, theta, direction, eta, .. } = &instance;
        let whole = segment::<Interval>(&instance, 32);
        let half = segment::<Interval>(&Instance { eta: 0.5 * eta, ..instance.clone() }, 32);
        let on_line = OnLine::<Interval>::new(policy, correct, theta, direction);
        let mut lows = [f64::NEG_INFINITY; 6];
        for k in 0..=16 {
            let t = eta * f64::from(k) / 16.0;
            for (f, value) in at(&on_line, t).into_iter().enumerate() {
                let (extreme, most) = maxima(&whole)[f];
                assert!(value.lo() <= most.hi(), "{name}: {extreme} is {value:?} at {t}, {most:?} over the step");
                lows[f] = lows[f].max(value.lo());
                left_out += u64::from(value.lo() > maxima(&half)[f].1.hi());
            }
        }
        for ((extreme, most), low) in maxima(&whole).into_iter().zip(lows) {
            let size = f64::max(most.hi().abs(), low.abs());
            narrow += u64::from(most.hi() - low <= 0.01 * size);
            all += 1;
            assert!(most.lo() <= most.hi(), "{name}: {extreme} is {most:?}");
        }
        let evaluation = Evaluation::<Interval>::new(&instance, 1);
        let mean = evaluation.mean_second();
        assert!(
            whole.least_second.lo() <= mean.hi() && mean.lo() <= whole.largest_second.hi(),
            "{name}: {mean:?} {whole:?}"
        );
    }
    assert!(left_out > 100, "{left_out}: half of a step is the whole of it?");
    assert!(narrow * 10 >= all * 9, "{narrow} of {all} extremes are known to a hundredth");
}

/// λ = l₀ + l₁t + l₂t²/2: λ'' = l₂ throughout, and J runs from one end to the other.
#[test]
fn a_parabola_by_hand() {
    let policy = Policy::curve([-1.0, 3.0, 0.5], &[]).expect("finite");
    let instance =
        Instance { policy, theta: vec![0.0], direction: vec![1.0], eta: 0.75, correct: vec![false, true], then: vec![] };
    let found = segment::<Interval>(&instance, 64);
    let end = -1.0 + 3.0 * 0.75 + 0.25 * 0.75 * 0.75;
    let near = |found: Interval, expected: f64| {
        assert!(found.lo() <= expected && expected <= found.hi() && found.width() < 1e-3, "{found:?} for {expected}");
    };
    near(found.least_second, 0.5);
    near(found.largest_second, 0.5);
    near(found.over_failure(), 1.0 + end.exp());
    near(found.over_success(), 1.0 + 1f64.exp());
    assert_eq!(found.length.map(|length| (length.lo(), length.hi())), [(1.0, 1.0); 2]);
    let sampled = segment::<f64>(&instance, 64);
    assert!((sampled.over_failure() - (1.0 + end.exp())).abs() < 1e-12, "{sampled:?}");
}

/// J = 1e-300 and 1 − J = 1e-1000: the logarithms are known, 1/(1−J) is beyond binary64; no step is a point.
#[test]
fn rare_sides_and_no_step() {
    for (log_odds, eta) in [(-690.0, 0.1), (2_303.0, 0.1), (2_303.0, 0.0), (0.0, 0.0)] {
        let policy = Policy::curve([log_odds, 1.0, 0.0], &[]).expect("finite");
        let instance =
            Instance { policy, theta: vec![0.0], direction: vec![1.0], eta, correct: vec![false, true], then: vec![] };
        let found = segment::<Interval>(&instance, 64);
        let [failure, success] = found.log_rarity;
        let expected = [(log_odds + eta).softplus(), (-log_odds).softplus()];
        for (found, expected) in [failure, success].into_iter().zip(expected) {
            assert!(found.contains(expected) && found.width() <= 1e-12 * (1.0 + expected), "{found:?} for {expected}");
        }
        assert_eq!(found.over_failure().hi() == f64::INFINITY, log_odds > 1_000.0);
    }
}

/// Very short steps along very steep lines: y = η·slope is of the order of 1 although η² is no normal number, or next to it. The mean of
/// λ'' over the step is 2R/η², not λ''(0), and no share of a bound is certified that is not so.
#[test]
fn steep_lines_and_short_steps() {
    let claim = gradient_gap::claims::find("linear-softmax-step").expect("known");
    let part = "R ≤ diam(O⁺)²η²/8";
    for (slope, eta) in [(1e143, 1e-141), (1e142, 0.999e-140), (1e142, 1.001e-140), (1e53, 1e-51), (1e2, 1.0)] {
        let policy = Policy::linear_softmax(1, vec![slope, 0.0, 0.0], vec![-50.0, 0.0, 0.0]).expect("fits");
        let (theta, direction, correct) = (vec![0.0], vec![1.0], vec![true, true, false]);
        let instance = Instance { policy, theta, direction, eta, correct, then: vec![] };
        let evaluation = Evaluation::<Interval>::new(&instance, 1);
        let found = evaluation.mean_second() / Interval::of(slope) / Interval::of(slope);
        // R = log(1 + e^{−50}) … by its closed form: log{(e^{y−50} + 1)/(e^{−50} + 1)} − y e^{−50}/(1 + e^{−50}).
        let (y, rare) = (eta * slope, (-50f64).exp());
        let remainder = ((y - 50.0).exp() + 1.0).ln() - rare.ln_1p() - y * rare / (1.0 + rare);
        let expected = 2.0 * remainder / (y * y);
        assert!(
            found.lo() <= expected * (1.0 + 1e-12) && found.hi() >= expected * (1.0 - 1e-12),
            "{found:?} for {expected}"
        );
        assert!(found.width() <= 1e-9 * expected, "{found:?}");
        let share = 4.0 * expected;
        for (factor, holds) in [(1.001 * share, true), (0.999 * share, false)] {
            let decision = gradient_gap::check::judge::certify(&claim.with_constant(part, factor), &instance).decision;
            assert_eq!(decision == gradient_gap::check::judge::Decision::Holds, holds, "η = {eta:e}: {factor} of the bound");
        }
        let moment = gradient_gap::claims::find("rare-failure-step").expect("known").enclosed.parts(&evaluation)[0];
        let lowest = 2.0 * (rare / (1.0 + rare) * (y.exp() - 1.0 - y)).ln_1p() / (y * y); // a little off: E[s] = 0 shifts y
        let scaled = moment.computed / Interval::of(slope) / Interval::of(slope);
        assert!(scaled.hi() >= 0.9 * lowest, "η = {eta:e}: {scaled:?} for about {lowest}");
    }
    // Where nothing moves it is λ''(0), and an enclosure.
    let policy = Policy::linear_softmax(1, vec![1.0, -1.0, 0.0], vec![]).expect("fits");
    let (theta, direction, correct) = (vec![0.0], vec![1.0], vec![true, true, false]);
    for eta in [0.0, 1e-300, 1e-150, 1e-139] {
        let instance = Instance {
            policy: policy.clone(),
            theta: theta.clone(),
            direction: direction.clone(),
            eta,
            correct: correct.clone(),
            then: vec![],
        };
        let found = Evaluation::<Interval>::new(&instance, 1).mean_second();
        assert!(found.contains(1.0) && found.width() < 1e-12, "η = {eta:e}: {found:?}");
    }
}
