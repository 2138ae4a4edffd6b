//! no-universal-collapse: below 2Δμ/L_o no policy collapses.

use crate::support::{Reach, claim, decision, outside, parabola, parts, repeated};
use gradient_gap::check::judge::{Decision, SAMPLE_PIECES, certify};
use gradient_gap::instance::Update;
use gradient_gap::policy::Policy;
use gradient_gap::{Evaluation, Instance};

const REACH: Reach = &[
    ("linear-softmax-run", 0.01),
    ("tabular-softmax-run", 0.06),
    ("cube-run", 0.04),
    ("quadratic-softmax-run", 0.01),
    ("curve-run", 0.1),
    ("sum-of-sines-run", 0.03),
    ("prefix-tabular-run", 0.12),
    ("last-token-run", 0.04),
    ("geometric-length-run", 0.15),
    ("overshoot-collapse", 0.1),
    ("resonant-collapse", 0.03),
];

standard_tests!("no-universal-collapse", reach: REACH, edges: 20, outside: &[
    "1 − J = 1e-300, two tokens", "η = 0", "η = 1e6", "equal features", "chain of 200 tokens, stopped at random",
    "1 − J = 1e-600, η = 0", "1 − J = 1e-600, w = 0", "J = 1e-600, η = 0", "J = 1e-600, w = 0", "w = 0",
]);

/// Three responses at (0,0) | (−g,−1), (−g,1), in turn along (Δμ/g, v) and ((Δμ − v tanh(vη))/g, −v): J near 0, L_o = v² on the segments, alignment Δμ
/// at every step, and λ falls at every step iff ηΔμ < y tanh y − log cosh y with y = vη.
fn zigzag(alignment: f64, eta: f64, updates: usize) -> Instance {
    let (g, v) = (1.7, 0.9);
    let policy = Policy::linear_softmax(2, vec![0.0, 0.0, -g, -1.0, -g, 1.0], vec![]).expect("fits");
    let up = vec![alignment / g, v];
    let down = vec![(alignment - v * (v * eta).tanh()) / g, -v];
    let then = (1..updates).map(|k| Update { direction: if k % 2 == 0 { up.clone() } else { down.clone() }, eta });
    let (direction, then) = (up.clone(), then.collect());
    Instance { policy, theta: vec![-20.0, 0.0], direction, eta, correct: vec![true, false, false], then }
}

/// 2Δμ/L_o is 2.47Δμ. Above it λ falls at every step and nothing is said; below it cannot.
#[test]
fn collapse_above_and_none_below() {
    let alignment = 0.01;
    let above = zigzag(alignment, 2.6 * alignment, 100);
    assert!(outside("no-universal-collapse", &above).starts_with("0 < η ≤ 1.999"));
    let evaluation = Evaluation::<f64>::new(&above, SAMPLE_PIECES);
    assert!(evaluation.course().steps.iter().all(|step| step.change < 0.0 && (step.alignment - alignment).abs() < 1e-9));
    let below = zigzag(alignment, 2.4 * alignment, 100);
    assert_eq!(certify(claim("no-universal-collapse"), &below).decision, Decision::Holds);
    let evaluation = Evaluation::<f64>::new(&below, SAMPLE_PIECES);
    assert!(evaluation.course().change() > 0.0);
}

/// Above 2Δμ/s² a run falls at every step, from J = 0.82 or 0.525 to ½, and ends near 1 − F, below its start: L_o is (1 − J)s²v² of its
/// last segment. Nearer with a smaller step and nearer to 2Δμ/s²; then 0.99 F is refuted.
#[test]
fn a_run_that_falls_comes_near_the_floor() {
    let mut last = 0.0;
    for (y, excess, start, least, control) in
        [(0.2, 1.06, 1.5, 0.91, 0.91), (0.1, 1.03, 1.5, 0.95, 0.91), (0.06, 1.005, 0.1, 0.99, 0.99)]
    {
        let eta = y / 0.9; // v = 0.9, s = 1
        let alignment = y * y / (2.0 * excess * eta);
        let mut long = zigzag(alignment, eta, 20_000);
        long.theta[0] = (start + 2f64.ln()) / 1.7;
        let falls = Evaluation::<f64>::new(&long, SAMPLE_PIECES);
        let steps = &falls.course().steps;
        let end = steps.iter().position(|step| step.log_odds() < 0.0).expect("it falls beyond ½");
        assert!(steps[..end].iter().all(|step| step.change < 0.0 && (step.alignment - alignment).abs() < 1e-9));
        long.then.truncate(end - 1);
        let part = parts("no-universal-collapse", &long)[0];
        assert!((part.computed - 2f64.ln()).abs() < 1e-3, "{part:?}");
        assert!(part.claimed > 1.05 * (-start).exp().ln_1p(), "not the floor of the start: {part:?}");
        let share = part.computed / part.claimed;
        assert!(share > least && share > last && share <= 1.0, "{y}: {share}");
        last = share;
        // The control: so much of F is refuted here.
        let level = 1.0 - (-part.claimed).exp();
        assert!(-(-level * control).ln_1p() < part.computed, "F = {level}: {control} of it serves");
    }
}

/// The floor is −log J(0), −log(1 − F) or L_oη²/2, whichever is largest.
#[test]
fn values_by_hand() {
    // λ = δθ − θ² from J = ½, one step of δ/2: λ gains δ²/4, F = ηL_o/(2δ) ≈ ¼, so the floor is that of J(0).
    let slope = 1e-3;
    let part = parts("no-universal-collapse", &parabola([0.0, slope, -2.0], 0.5 * slope))[0];
    assert!((part.claimed - 2f64.ln()).abs() < 1e-12, "{part:?}");
    assert!((part.computed - (-0.25 * slope * slope).exp().ln_1p()).abs() < 1e-12, "{part:?}");
    // From J = 1 − e⁻⁴⁰ and with L_o = 2: F ≈ ½, the floor is 1 − F.
    let part = parts("no-universal-collapse", &parabola([40.0, slope, -2.0], 0.5 * slope))[0];
    assert!((part.claimed - 2f64.ln()).abs() < 1e-5, "{part:?}");
    assert_eq!(decision("no-universal-collapse", &repeated(parabola([0.0, 1.0, 0.0], 0.5), 5)), Decision::Holds);
}
