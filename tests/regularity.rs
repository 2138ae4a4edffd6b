//! The constants of Assumptions 1–3 against independent computation: searches over θ, dense sampling of segments, closed forms.

#![allow(clippy::expect_used, clippy::panic, reason = "a helper that panics is a failed test")]

use gradient_gap::check::judge::{Decision, Measured, SAMPLE_PIECES, certify, measure};
use gradient_gap::line::OnLine;
use gradient_gap::number::{Interval, Scalar};
use gradient_gap::policy::{Context, Ending, Features, Logits, Policy, Shape};
use gradient_gap::regularity::{Constants, Kind, Reading, constants, geometric_psi1, norms_at, psi1_norm};
use gradient_gap::{Evaluation, Instance, claims};
use std::f64::consts::LN_2;

#[path = "common/drawn.rs"]
mod drawn;
use drawn::random_instances;

/// The seed of the random instances.
const SEED: u64 = 31;

/// Numbers in [−1, 1] without a pattern.
fn numbers(n: usize, start: usize) -> Vec<f64> {
    (start..start + n).map(|i| 2.0 * (0.618_033_988_749_895 * (i + 1) as f64).fract() - 1.0).collect()
}

// ---- closed forms of trajectory-level policies --------------------------------------------------------------------------

fn dense(policy: &Policy) -> Vec<&[f64]> {
    let Features::Dense(psi) = &policy.logits.features else { panic!("dense by construction") };
    psi.chunks(policy.logits.dim).collect()
}

fn distance(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(x, y)| (x - y).powi(2)).sum::<f64>().sqrt()
}

/// max_o ‖φ(o) − E φ‖ and ‖Cov φ‖_op, the latter by power iteration, from an explicit softmax.
fn own_norms(policy: &Policy, theta: &[f64]) -> (f64, f64) {
    let rows = dense(policy);
    let dot = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>();
    let z: Vec<f64> =
        rows.iter().enumerate().map(|(o, row)| dot(row, theta) + policy.logits.bias.get(o).unwrap_or(&0.0)).collect();
    let top = z.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let weights: Vec<f64> = z.iter().map(|z| (z - top).exp()).collect();
    let total: f64 = weights.iter().sum();
    let mean: Vec<f64> =
        (0..policy.logits.dim).map(|i| rows.iter().zip(&weights).map(|(row, w)| row[i] * w / total).sum()).collect();
    let score = rows.iter().map(|row| distance(row, &mean)).fold(0.0, f64::max);
    let mut v = numbers(policy.logits.dim, 17);
    let mut curvature = 0.0;
    for _ in 0..2000 {
        let mut next = vec![0.0; v.len()];
        for (row, w) in rows.iter().zip(&weights) {
            let centred: Vec<f64> = row.iter().zip(&mean).map(|(x, m)| x - m).collect();
            let along = dot(&centred, &v) * w / total;
            next.iter_mut().zip(&centred).for_each(|(n, c)| *n += along * c);
        }
        curvature = dot(&next, &next).sqrt() / dot(&v, &v).sqrt();
        v = next.iter().map(|x| x / dot(&next, &next).sqrt().max(1e-300)).collect();
    }
    (score, curvature)
}

/// The largest norms met over concentrating and random θ, and D.
fn search(policy: &Policy) -> (f64, f64, f64) {
    let rows = dense(policy);
    let d = policy.logits.dim;
    let mut diameter = 0.0f64;
    let mut thetas: Vec<Vec<f64>> =
        (0..200).map(|k| numbers(d, 5 * k).iter().map(|x| 0.05 * k as f64 * x).collect()).collect();
    for x in &rows {
        for y in &rows {
            diameter = diameter.max(distance(x, y));
            // Far out along the difference of two features the policy concentrates on the first, or halfway between both.
            for far in [1.0, 10.0, 100.0] {
                thetas.push(x.iter().zip(*y).map(|(x, y)| far * (x - y)).collect());
                thetas.push(x.iter().zip(*y).map(|(x, y)| far * (x + y)).collect());
            }
        }
    }
    let norms = thetas.iter().map(|theta| norms_at(policy, theta).expect("linear, one token"));
    let (score, curvature) = norms.fold((0.0, 0.0), |(g, l), (x, y)| (f64::max(g, x), f64::max(l, y)));
    (score, curvature, diameter)
}

/// The constant `symbol` in the reading glob, as the library states it.
fn stated(policy: &Policy, symbol: &str) -> (Kind, f64, f64) {
    let n = policy.responses();
    let instance = Instance {
        policy: policy.clone(),
        theta: vec![0.0; policy.logits.dim],
        direction: vec![0.0; policy.logits.dim],
        eta: 0.5,
        correct: (0..n).map(|o| o == 0).collect(),
        then: vec![],
    };
    let table = constants(&instance, 1);
    let found = table.iter().find(|c| c.symbol == symbol && c.reading == Reading::Glob).expect(symbol);
    (found.kind, found.low, found.high)
}

#[test]
fn norms_at_a_point_agree_with_a_second_computation() {
    for (n, d) in [(2, 1), (5, 2), (6, 3), (8, 4)] {
        let policy = Policy::linear_softmax(d, numbers(n * d, n), numbers(n, 50)).expect("fits");
        for k in 0..20 {
            let theta: Vec<f64> = numbers(d, 7 * k).iter().map(|x| 2.0 * x).collect();
            let (score, curvature) = norms_at(&policy, &theta).expect("linear, one token");
            let (own_score, own_curvature) = own_norms(&policy, &theta);
            assert!((score / own_score - 1.0).abs() < 1e-13, "{score} {own_score}");
            // Power iteration stops where (λ₂/λ₁)^{4000} is: 10⁻⁸ unless two eigenvalues agree to half a percent.
            assert!((curvature / own_curvature - 1.0).abs() < 1e-8, "{curvature} {own_curvature}");
            let shifted: Vec<f64> = theta.iter().map(|x| x + 1e-3).collect();
            assert!((score / own_norms(&policy, &shifted).0 - 1.0).abs() > 1e-9, "the comparison sees θ move");
        }
    }
    assert_eq!(norms_at(&Policy::curve([0.0, 1.0, 1.0], &[]).expect("finite"), &[0.0]), None);
}

#[test]
fn the_score_bound_of_a_linear_softmax_is_the_diameter() {
    for (n, d) in [(2, 1), (3, 2), (5, 2), (6, 3), (8, 4)] {
        let policy = Policy::linear_softmax(d, numbers(n * d, 3 * n), vec![]).expect("fits");
        let (score, curvature, diameter) = search(&policy);
        assert!(score >= 0.999 * diameter, "{score} of {diameter}");
        // Four units for a norm of at most four terms.
        assert!(score <= diameter * (1.0 + 4.0 * f64::EPSILON), "{score} above {diameter}");
        assert!(curvature <= 0.25 * diameter.powi(2) * (1.0 + 1e-14), "{curvature} above D²/4");
        let (kind, low, high) = stated(&policy, "G_o");
        assert!(kind == Kind::Exact && low <= diameter * (1.0 + 1e-15) && high >= diameter * (1.0 - 1e-15));
        assert!(high - low <= 1e-14 * diameter, "[{low}, {high}]");
        let (kind, _, high) = stated(&policy, "L_o");
        assert!(kind == Kind::Enclosed && (high / (0.25 * diameter.powi(2)) - 1.0).abs() < 1e-14);
    }
}

#[test]
fn closed_forms_of_simplex_line_and_cube() {
    // The simplex (a tabular softmax): D = √2, and D²/4 = ½ is reached between two responses.
    let identity: Vec<f64> = (0..16).map(|i| if i % 5 == 0 { 1.0 } else { 0.0 }).collect();
    let (score, curvature, diameter) = search(&Policy::linear_softmax(4, identity, vec![]).expect("fits"));
    assert!((diameter - 2f64.sqrt()).abs() < 1e-15 && score > 0.999 * diameter);
    assert!(curvature > 0.5 - 1e-6 && curvature <= 0.5 + 1e-15, "{curvature}");
    for (symbol, value) in [("G_o", 2f64.sqrt()), ("L_o", 0.5)] {
        let (kind, low, high) = stated(&Policy::tabular_softmax(4, vec![]).expect("fits"), symbol);
        assert!(kind == Kind::Exact && (low - value).abs() < 1e-15 && (high - value).abs() < 1e-15, "{symbol}");
    }
    // {−1, 0, 1}: the variance is largest at θ = 0, 2/3 and not D²/4 = 1.
    let line = Policy::linear_softmax(1, vec![-1.0, 0.0, 1.0], vec![]).expect("fits");
    let (_, curvature, diameter) = search(&line);
    assert!((curvature - 2.0 / 3.0).abs() < 1e-15 && diameter == 2.0, "{curvature}");
    let (kind, low, high) = stated(&line, "L_o");
    assert!(kind == Kind::Enclosed && low <= 2.0 / 3.0 && high >= 2.0 / 3.0);
    // The cube: independent bits, L_o = 1 while D²/4 = n.
    for n in 1..=4u32 {
        let cube = Policy::cube(n, vec![]).expect("fits");
        let (score, curvature, diameter) = search(&cube);
        assert!((diameter - 2.0 * f64::from(n).sqrt()).abs() < 1e-15 && score > 0.999 * diameter);
        assert!((curvature - 1.0).abs() < 1e-14, "n = {n}: {curvature}");
        assert_eq!(stated(&cube, "L_o"), (Kind::Exact, 1.0, 1.0));
        // One corner replaced: no cube any more, and only the bound D²/4 is stated.
        let mut other = cube.clone();
        if let Features::Dense(psi) = &mut other.logits.features {
            psi[0] = 0.5;
        }
        assert_eq!(stated(&other, "L_o").0, Kind::Enclosed);
    }
}

// ---- constants on a segment ---------------------------------------------------------------------------------------------

fn on_line<'a, N: Scalar>(instance: &'a Instance) -> OnLine<'a, N> {
    OnLine::new(&instance.policy, &instance.correct, &instance.theta, &instance.direction)
}

fn list<N: Copy>(c: &Constants<N>) -> [(&'static str, N); 5] {
    [("G_o", c.score), ("L_o", c.curvature), ("G_p", c.token_score), ("L_p", c.token_curvature), ("T_psi1", c.psi1)]
}

#[test]
fn enclosed_constants_contain_every_sampled_supremum() {
    let mut escaped = 0;
    for instance in random_instances(SEED, 12).into_iter().chain(waves()) {
        let view = Evaluation::<f64>::new(&instance, 1);
        let sampled = list(&on_line::<f64>(&instance).constants(instance.eta, SAMPLE_PIECES));
        let dense = list(&on_line::<f64>(&instance).constants(instance.eta, 256));
        let beyond = list(&on_line::<f64>(&instance).constants(16.0 * instance.eta, 256));
        let enclosed = list(&on_line::<Interval>(&instance).constants(instance.eta, 16));
        // A sampled value errs by the rounding units of its condition; the conditions are those at θ, and on the segment the
        // slopes grow by at most η times the bend, so both ends are counted.
        let slack = 64.0 * f64::EPSILON;
        let length = f64::from(instance.policy.max_length());
        let units = [view.score_condition(), view.curvature_condition(), view.score_condition(), view.curvature_condition()];
        for k in 0..5 {
            let (name, range) = enclosed[k];
            let unit = units.get(k).map_or(length * view.logit_condition(), |u| *u) + dense[k].1.abs() * 64.0;
            assert!(range.lo() <= range.hi(), "{name} {range:?}");
            assert!(sampled[k].1 <= dense[k].1 + slack * unit, "{name}: {} samples beat 256", SAMPLE_PIECES);
            assert!(dense[k].1 <= range.hi() + slack * unit, "{name}: {} above {range:?}\n{instance:?}", dense[k].1);
            escaped += usize::from(beyond[k].1 > range.hi() * (1.0 + 1e-9));
        }
    }
    // Control: constants of a segment sixteen times as long are often larger than the enclosure allows.
    assert!(escaped > 50, "{escaped}");
}

/// Two responses whose log-odds is a fast wave.
fn waves() -> Vec<Instance> {
    [3.0, 40.0]
        .map(|omega| Instance {
            policy: Policy::curve([0.0, 0.5, 0.0], &[[0.5, omega, 0.3]]).expect("finite"),
            theta: vec![0.0],
            direction: vec![1.0],
            eta: 1.0,
            correct: vec![false, true],
            then: vec![],
        })
        .to_vec()
}

#[test]
fn enclosures_tighten_with_more_pieces() {
    for instance in random_instances(SEED, 4).into_iter().chain(waves()) {
        if instance.eta == 0.0 {
            continue;
        }
        let widths = [1, 8, 64, 512].map(|pieces| list(&on_line::<Interval>(&instance).constants(instance.eta, pieces)));
        for k in 0..5 {
            let relative = |level: usize| widths[level][k].1.width() / widths[3][k].1.hi().max(1e-300);
            // First-order enclosures: eight times the pieces, an eighth of the width, until rounding (10⁻⁹) is left.
            assert!(
                relative(3) <= 0.2 * relative(1) || relative(3) < 1e-9,
                "{}: {:?}",
                widths[3][k].0,
                widths.map(|w| w[k].1)
            );
            assert!(relative(2) <= relative(0) + 1e-9, "{}: {:?}", widths[3][k].0, widths.map(|w| w[k].1));
        }
    }
}

// ---- the Orlicz norm ----------------------------------------------------------------------------------------------------

/// E exp(ℓ/a) / 2 − 1.
fn excess(law: &[(u32, f64)], a: f64) -> f64 {
    law.iter().map(|&(length, lp)| (lp + f64::from(length) / a - LN_2).exp()).sum::<f64>() - 1.0
}

/// Laws of a length: two points, uniform, geometric, one tiny tail.
fn laws() -> Vec<(&'static str, Vec<(u32, f64)>)> {
    let two = |short: u32, long: u32, log_tail: f64| vec![(short, (-log_tail.exp()).ln_1p()), (long, log_tail)];
    let uniform = |n: u32| (1..=n).map(|k| (k, -f64::from(n).ln())).collect();
    vec![
        ("fair coin", two(1, 2, -LN_2)),
        ("far apart", two(1, 1000, -LN_2)),
        ("tail e^-20", two(1, 20, -20.0)),
        ("tail e^-600 at 1000", two(1, 1000, -600.0)),
        ("tail e^-690 at 1000", two(1, 1000, -690.0)),
        ("tail e^-5000 at 1000: invisible", two(2, 1000, -5000.0)),
        ("uniform to 64", uniform(64)),
        ("short tail below the mean", two(63, 64, -1e-6)),
    ]
}

#[test]
fn the_orlicz_norm_is_the_root_of_its_equation() {
    for (name, law) in laws() {
        let norm = psi1_norm(&law);
        // At the root to 10⁻¹²; a relative change of 10⁻¹¹ in a is seen (E exp(ℓ/a) falls by at least that times log 2).
        assert!(excess(&law, norm).abs() <= 1e-12, "{name}: {norm}, {:e}", excess(&law, norm));
        assert!(excess(&law, norm * (1.0 + 1e-11)) < -1e-12 && excess(&law, norm * (1.0 - 1e-11)) > 1e-12, "{name}");
        let mean: f64 = law.iter().map(|&(length, lp)| f64::from(length) * lp.exp()).sum();
        assert!(mean <= LN_2 * norm * (1.0 + 1e-14), "{name}: E ℓ = {mean}, norm {norm}");
        let interval_law: Vec<(u32, Interval)> = law.iter().map(|&(length, lp)| (length, Interval::of(lp))).collect();
        let enclosed = psi1_norm(&interval_law);
        assert!(enclosed.contains(norm) && enclosed.width() <= 1e-11 * norm, "{name}: {norm}, {enclosed:?}");
        assert!(excess(&law, enclosed.lo()) >= -1e-13 && excess(&law, enclosed.hi()) <= 1e-13, "{name}: {enclosed:?}");
    }
    // The tail of probability e^{−600} at length 1000 lengthens the norm, that of e^{−5000} does not.
    let norm = |name: &str| psi1_norm(&laws().into_iter().find(|(n, _)| *n == name).expect("listed").1);
    assert!(norm("tail e^-600 at 1000") > 1.5 && (norm("tail e^-5000 at 1000: invisible") - 2.0 / LN_2).abs() < 1e-14);
}

#[test]
fn the_orlicz_norm_of_a_constant_is_that_constant_over_log_two() {
    for length in [1u32, 2, 7, 1000] {
        assert!((psi1_norm(&[(length, 0.0)]) * LN_2 / f64::from(length) - 1.0).abs() < 4.0 * f64::EPSILON);
        let enclosed = psi1_norm(&[(length, Interval::zero())]);
        assert!(enclosed.width() < 1e-14 * f64::from(length) && (enclosed * Interval::ln_2()).contains(f64::from(length)));
    }
}

/// A chain of T tokens, EOS with probability h at each.
fn chain(stop: f64, max_length: u32) -> Policy {
    let logits = Logits {
        dim: 1,
        rows: 1,
        options: 1,
        bias: vec![],
        features: Features::Dense(vec![1.0]),
        quadratic: vec![],
        waves: vec![],
    };
    Policy::with_stop(Shape { vocabulary: 2, max_length, ending: Ending::Eos }, Context::Shared, stop, logits).expect("fits")
}

#[test]
fn a_long_chain_reaches_the_geometric_closed_form() {
    for stop in [0.05, 0.3, 0.7] {
        let norm_at = |max_length: u32| {
            let policy = chain(stop, max_length);
            let correct: Vec<bool> = (0..policy.responses()).map(|o| o == 0).collect();
            let on_line = OnLine::<f64>::new(&policy, &correct, &[0.0], &[1.0]);
            psi1_norm(&on_line.length_law(&on_line.line(0.0)))
        };
        let closed = geometric_psi1(stop);
        assert!((closed * (2.0 / (2.0 - stop)).ln() - 1.0).abs() < 1e-14);
        // Truncation removes Σ_{k>T} (1−h)^{k−1}e^{k/a} ~ ((1−h)(2/(2−h)))^T, at h = 0.05 (0.9744)^2000 = 10⁻²².
        assert!((norm_at(2000) / closed - 1.0).abs() < 1e-10, "h = {stop}: {} for {closed}", norm_at(2000));
        // Control: ten tokens are not enough.
        assert!((norm_at(10) / closed - 1.0).abs() > 1e-6, "h = {stop}");
        let enclosed = geometric_psi1(Interval::of(stop));
        assert!(enclosed.contains(closed) && enclosed.width() < 1e-12 * closed, "{enclosed:?}");
    }
}

// ---- readings -----------------------------------------------------------------------------------------------------------

#[test]
fn the_harder_the_reading_the_smaller_the_constant() {
    let (mut compared, mut strict) = (0, 0);
    for instance in random_instances(SEED, 25) {
        let table = constants(&instance, 8);
        // ‖w‖ ≤ 1 in every family, up to the rounding of a quotient by a square root.
        let norm = instance.direction.iter().map(|x| x * x).sum::<f64>().sqrt();
        assert!(norm <= 1.0 + 4.0 * f64::EPSILON, "‖w‖ = {norm}");
        for symbol in ["G_o", "L_o", "G_p", "L_p", "T_psi1"] {
            let of = |reading: Reading| table.iter().find(|c| c.symbol == symbol && c.reading == reading);
            let readings = [Reading::Seg, Reading::Line, Reading::Glob];
            for (i, harder) in readings.iter().enumerate() {
                for softer in &readings[i + 1..] {
                    let (Some(x), Some(y)) = (of(*harder), of(*softer)) else { continue };
                    assert!(x.low <= y.high * (1.0 + 16.0 * f64::EPSILON), "{symbol}: {x:?} {y:?}\n{instance:?}");
                    if y.kind == Kind::Exact && x.kind == Kind::Exact {
                        assert!(x.high <= y.high * (1.0 + 16.0 * f64::EPSILON), "{symbol}: {x:?} {y:?}");
                    }
                    compared += 1;
                    strict += usize::from(x.high < 0.99 * y.low);
                }
            }
            assert!(table.iter().filter(|c| c.symbol == symbol).all(|c| c.low <= c.high), "{table:?}");
        }
    }
    // The comparison is no tautology: where the softer constant is known from below, it is often strictly larger.
    assert!(compared > 1000 && strict > 100, "{strict} strict of {compared}");
}

// ---- sampling never refutes ---------------------------------------------------------------------------------------------

#[test]
fn a_sampled_supremum_refutes_nothing() {
    // λ = a cos(ωt − π/2) with ωη = 4π: the three sample points 0, η/2, η see the same zero crossing, where λ'' = 0. The remainder
    // is −ηλ'(0) = aωη; sampled, (L_o + 8G_o²)η² is only (aωη)²(¼ + 2), smaller by far; the true L_o η² is a(ωη)²/2.
    let (omega, amplitude) = (4.0 * std::f64::consts::PI, 0.004);
    let instance = Instance {
        policy: Policy::curve([0.0; 3], &[[amplitude, omega, -std::f64::consts::FRAC_PI_2]]).expect("finite"),
        theta: vec![0.0],
        direction: vec![1.0],
        eta: 1.0,
        correct: vec![false, true],
        then: vec![],
    };
    instance.validate().expect("valid");
    for slug in ["log-odds-step", "token-log-odds-step"] {
        let claim = claims::find(slug).expect("in the registry");
        let view = Evaluation::<f64>::new(&instance, SAMPLE_PIECES);
        let Measured::Inside { ratio: Some(ratio), .. } = measure(claim, &view) else { panic!("{slug} does not speak") };
        assert!(ratio > 2.0, "{slug}: the sampled constants must fail here: {ratio}");
        let certificate = certify(claim, &instance);
        assert_eq!(certificate.decision, Decision::Holds, "{slug}: {certificate:?}");
        assert!(certificate.ratio().expect("an inequality").hi() < 0.5, "{slug}: {:?}", certificate.ratio());
        // More samples see the wave: the sampled constants were the only thing wrong.
        match measure(claim, &Evaluation::<f64>::new(&instance, 64)) {
            Measured::Inside { ratio, .. } => assert!(ratio.is_some_and(|ratio| ratio < 0.5), "{slug}: {ratio:?}"),
            Measured::Outside(name) => assert!(name.starts_with("η ≤"), "{slug}: {name}"),
        }
    }
    // Control: the same instance does refute what is false, so `certify` can say so.
    let printed = claims::find("second-order-printed").expect("in the registry");
    let parabola = Instance { policy: Policy::curve([0.0, 0.0, 1.0], &[]).expect("finite"), ..instance };
    assert_eq!(certify(printed, &parabola).decision, Decision::Violated);
}

/// Base weights break the product of bits: L_o = 1 is then no closed form, and the enclosed constant of the segment shows why.
#[test]
fn a_cube_with_base_weights_is_no_product_of_bits() {
    use gradient_gap::regularity::{Kind, Reading, constants};
    let corners = vec![-1.0, -1.0, 1.0, -1.0, -1.0, 1.0, 1.0, 1.0];
    let cube = |bias: Vec<f64>| Instance {
        policy: Policy::linear_softmax(2, corners.clone(), bias).expect("fits"),
        theta: vec![0.0; 2],
        direction: vec![0.7, 0.7],
        eta: 0.1,
        correct: vec![true, false, false, false],
        then: vec![],
    };
    let global = |bias: Vec<f64>| {
        let table = constants(&cube(bias), 64);
        let of = |reading| table.iter().find(|c| c.symbol == "L_o" && c.reading == reading).expect("known").clone();
        (of(Reading::Seg), of(Reading::Glob))
    };
    let (_, plain) = global(vec![]);
    assert!(plain.kind == Kind::Exact && plain.low == 1.0 && plain.high == 1.0);
    assert_eq!(global(vec![3.0; 4]).1.kind, Kind::Exact, "equal base weights change nothing");
    let (segment, weighted) = global(vec![5.0, -5.0, -5.0, 5.0]);
    assert!(weighted.kind == Kind::Enclosed && segment.low > 1.9 && segment.low <= weighted.high);
}
