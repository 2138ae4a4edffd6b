//! λ on a line against routes that share no code with it: direct sums of exponentials over second-order dual numbers of another
//! library, and big-float arithmetic of 400 bits and more.

#![allow(clippy::expect_used, clippy::panic, reason = "a helper that panics is a failed test")]

use dashu_float::{FBig, round::mode::HalfEven};
use gradient_gap::check::campaign::draw;
use gradient_gap::number::{Interval, Jet};
use gradient_gap::policy::{Ending, Features, Policy, Wave};
use gradient_gap::{Evaluation, Instance, families};
use num_dual::{Dual2_64, DualNum};

// ---- logits on the line, in any arithmetic ------------------------------------------------------------------------------

/// The arithmetic of the second route: value of a binary64 number, and the functions that policies need.
trait Arithmetic: Clone + std::ops::Add<Output = Self> + std::ops::Sub<Output = Self> + std::ops::Mul<Output = Self> {
    fn number(x: f64) -> Self;
    fn exponential(&self) -> Self;
    fn logarithm(&self) -> Self;
    fn cosine(&self) -> Self;
}

impl Arithmetic for Dual2_64 {
    fn number(x: f64) -> Self {
        Dual2_64::from_re(x)
    }
    fn exponential(&self) -> Self {
        DualNum::exp(self)
    }
    fn logarithm(&self) -> Self {
        DualNum::ln(self)
    }
    fn cosine(&self) -> Self {
        DualNum::cos(self)
    }
}

type Big = FBig<HalfEven, 2>;

/// Enough for a remainder of relative size 10⁻²⁵ with a hundred digits to spare.
const BITS: usize = 420;

fn big(x: f64) -> Big {
    Big::try_from(x).expect("finite").with_precision(BITS).value()
}

impl Arithmetic for Big {
    fn number(x: f64) -> Self {
        big(x)
    }
    fn exponential(&self) -> Self {
        self.exp()
    }
    fn logarithm(&self) -> Self {
        self.ln()
    }
    fn cosine(&self) -> Self {
        self.cos()
    }
}

fn total<A: Arithmetic>(terms: impl IntoIterator<Item = A>) -> A {
    terms.into_iter().fold(A::number(0.0), |sum, term| sum + term)
}

/// All logits at θ + t·w, from their definition.
fn logits<A: Arithmetic>(instance: &Instance, t: &A) -> Vec<A> {
    let l = &instance.policy.logits;
    let point: Vec<A> =
        (instance.theta.iter().zip(&instance.direction)).map(|(&x, &w)| A::number(x) + A::number(w) * t.clone()).collect();
    let dot = |row: &[f64]| total(row.iter().zip(&point).map(|(&x, p)| A::number(x) * p.clone()));
    let mut all: Vec<A> = (0..l.count())
        .map(|j| {
            let linear = match &l.features {
                Features::Tabular => point[j].clone(),
                Features::Dense(psi) => dot(&psi[j * l.dim..(j + 1) * l.dim]),
            };
            let quadratic = match l.quadratic.get(j * l.dim * l.dim..(j + 1) * l.dim * l.dim) {
                Some(q) => total(q.chunks(l.dim).zip(&point).map(|(row, p)| dot(row) * p.clone())) * A::number(0.5),
                None => A::number(0.0),
            };
            A::number(l.bias.get(j).copied().unwrap_or(0.0)) + linear + quadratic
        })
        .collect();
    for Wave { logit, amplitude, frequency, phase } in &l.waves {
        let wave = A::number(*amplitude) * (dot(frequency) + A::number(*phase)).cosine();
        all[*logit] = all[*logit].clone() + wave;
    }
    all
}

/// log π(o) at θ + t·w for every response: over the tokens that `Tree::tokens` lists, each with its own softmax.
fn log_probs<A: Arithmetic>(instance: &Instance, t: &A) -> Vec<A> {
    let Instance { policy, .. } = instance;
    let (shape, width) = (policy.tree.shape(), policy.logits.options);
    let mut table = logits(instance, t);
    for row in table.chunks_mut(width) {
        let normaliser = total(row.iter().map(A::exponential)).logarithm();
        row.iter_mut().for_each(|z| *z = z.clone() - normaliser.clone());
    }
    let stop = policy.stop.map(|p| [A::number(p).logarithm(), (A::number(1.0) - A::number(p)).logarithm()]);
    let mut prefixes: Vec<Vec<u32>> = Vec::new(); // in the order of first appearance, shortest first: rows of Context::Prefix
    if policy.context == gradient_gap::policy::Context::Prefix {
        let words: Vec<Vec<u32>> = (0..policy.responses()).map(|o| policy.tree.tokens(o)).collect();
        for depth in 0..shape.max_length as usize {
            let mut level: Vec<Vec<u32>> =
                words.iter().filter(|word| word.len() > depth).map(|word| word[..depth].to_vec()).collect();
            level.sort();
            level.dedup();
            prefixes.extend(level);
        }
    }
    (0..policy.responses())
        .map(|o| {
            let word = policy.tree.tokens(o);
            total(word.iter().enumerate().map(|(k, &token)| {
                if shape.ending == Ending::Eos && k + 1 == shape.max_length as usize {
                    return A::number(0.0); // forced
                }
                let row = match policy.context {
                    gradient_gap::policy::Context::Shared => 0,
                    gradient_gap::policy::Context::LastToken => word[..k].last().map_or(0, |&t| t as usize),
                    gradient_gap::policy::Context::Prefix => {
                        prefixes.iter().position(|prefix| *prefix == word[..k]).expect("a prefix")
                    }
                };
                match &stop {
                    Some([stop, _]) if token == 0 => stop.clone(),
                    Some([_, go_on]) => table[row * width + token as usize - 1].clone() + go_on.clone(),
                    None => table[row * width + token as usize].clone(),
                }
            }))
        })
        .collect()
}

/// log P(O∓) by direct sums.
fn log_masses<A: Arithmetic>(instance: &Instance, log_prob: &[A]) -> [A; 2] {
    [false, true].map(|side| {
        let of_side = log_prob.iter().zip(&instance.correct).filter(|&(_, &correct)| correct == side);
        total(of_side.map(|(lp, _)| lp.exponential())).logarithm()
    })
}

// ---- λ, λ', λ'' and the moments against dual numbers --------------------------------------------------------------------

/// λ, its derivatives and the conditional moments.
#[derive(Clone, Copy, Debug)]
struct Moments {
    lambda: [f64; 3],
    mean: [f64; 2],
    variance: [f64; 2],
    curvature: [f64; 2],
    length: [f64; 2],
}

fn by_duals(instance: &Instance, t: f64) -> Moments {
    let log_prob = log_probs(instance, &Dual2_64::from_re(t).derivative());
    let [minus, plus] = log_masses(instance, &log_prob);
    let lambda = plus - minus;
    let average = |f: &dyn Fn(usize) -> f64| {
        [false, true].map(|side| {
            let of_side = || (0..log_prob.len()).filter(|&o| instance.correct[o] == side);
            let mass: f64 = of_side().map(|o| log_prob[o].re.exp()).sum();
            of_side().map(|o| log_prob[o].re.exp() * f(o)).sum::<f64>() / mass
        })
    };
    let mean = average(&|o| log_prob[o].v1);
    let variance = average(&|o| (log_prob[o].v1 - mean[usize::from(instance.correct[o])]).powi(2));
    let curvature = average(&|o| log_prob[o].v2);
    let length = average(&|o| f64::from(instance.policy.length(o)));
    Moments { lambda: [lambda.re, lambda.v1, lambda.v2], mean, variance, curvature, length }
}

fn by_library(instance: &Instance, t: f64) -> Moments {
    let line = Evaluation::<f64>::new(instance, 1).on_line().line(t);
    Moments {
        lambda: [line.lambda(), line.alignment(), line.second()],
        mean: line.mean,
        variance: line.variance,
        curvature: line.curvature,
        length: line.length,
    }
}

/// The names of what differs by more than 64 rounding units of its condition.
///
/// A response is a sum of T∞ tokens; a token's log-probability carries the units of its logit's terms, its score those times the
/// slope, its second derivative those times the square of the slope, or times the bend. Each route errs by a handful of such
/// units for every term of a sum of up to 81 responses; 64 covers both.
fn disagreements(instance: &Instance, x: &Moments, y: &Moments) -> Vec<String> {
    let view = Evaluation::<f64>::new(instance, 1);
    let unit = 64.0 * f64::EPSILON;
    let value = unit * view.logit_condition();
    let (score, bend) = (unit * view.score_condition(), unit * view.curvature_condition());
    let length = unit * f64::from(instance.policy.max_length()) * view.logit_condition();
    let pairs = [("λ", x.lambda[0], y.lambda[0], value), ("λ'", x.lambda[1], y.lambda[1], score)];
    let pairs = pairs.into_iter().chain([("λ''", x.lambda[2], y.lambda[2], bend)]);
    let both = |name, x: [f64; 2], y: [f64; 2], tolerance| (0..2).map(move |side| (name, x[side], y[side], tolerance));
    let pairs = pairs.chain(both("E[s]", x.mean, y.mean, score));
    let pairs = pairs.chain(both("Var(s)", x.variance, y.variance, bend));
    let pairs = pairs.chain(both("E[H]", x.curvature, y.curvature, bend));
    let pairs = pairs.chain(both("E[ℓ]", x.length, y.length, length));
    let apart = pairs.filter(|(_, x, y, tolerance)| (x - y).abs() > *tolerance || x.is_nan() || y.is_nan());
    apart.map(|(name, x, y, tolerance)| format!("{name}: {x:e} against {y:e}, tolerance {tolerance:e}")).collect()
}

/// Whether direct sums of exponentials are safe: no probability so small that it is lost or rounds badly, no logit whose
/// exponential overflows.
fn moderate(instance: &Instance) -> bool {
    let view = Evaluation::<f64>::new(instance, 1);
    view.start().responses.log_prob.iter().all(|&lp| lp > -200.0) && view.logit_condition() < 600.0
}

/// Random instances of every family, the same in every run.
fn random_instances(per_family: u64) -> Vec<Instance> {
    let mut u = Vec::new();
    let points = families::REGISTRY.iter().flat_map(|family| (0..per_family).map(move |i| (family, i)));
    points
        .map(|(family, i)| {
            draw(11, i, family.dim, &mut u);
            family.decode(&u).expect("inside the cube")
        })
        .collect()
}

#[test]
fn moments_and_derivatives_agree_with_dual_numbers() {
    let instances: Vec<Instance> = random_instances(60).into_iter().filter(moderate).collect();
    assert!(instances.len() > 400, "{} of 600 are moderate", instances.len());
    let mut noticed = [0; 4];
    for instance in &instances {
        let reference = by_duals(instance, 0.0);
        let found = by_library(instance, 0.0);
        let apart = disagreements(instance, &found, &reference);
        assert!(apart.is_empty(), "{apart:?}\n{instance:?}");
        // Controls: what a wrong formula would give is told apart on most instances.
        let mut wrong = [found; 4];
        wrong[0].lambda[2] -= found.curvature[1] - found.curvature[0]; // λ'' without the H terms
        wrong[1].lambda[1] = found.mean[1]; // λ' without E⁻
        wrong[2].variance = [found.variance[1], found.variance[0]];
        wrong[3].lambda[0] *= 1.0 + 1e-9;
        for (count, wrong) in noticed.iter_mut().zip(&wrong) {
            *count += usize::from(!disagreements(instance, wrong, &reference).is_empty());
        }
    }
    // Linear trajectory-level policies have no H terms left, and w = 0 or one response a side no variance.
    let floor = [instances.len() / 3, instances.len() / 2, instances.len() / 3, instances.len() / 2];
    assert!(noticed.iter().zip(&floor).all(|(seen, floor)| seen > floor), "{noticed:?} of {}", instances.len());
}

#[test]
fn derivatives_away_from_the_start_agree_too() {
    for instance in random_instances(20).into_iter().filter(moderate) {
        // Conditions are those at θ, so the point moved to must be no worse conditioned: shift θ, and compare at t = 0 there.
        let t = 0.5 * instance.eta.min(1.0);
        let mut moved = instance.clone();
        moved.theta.iter_mut().zip(&instance.direction).for_each(|(x, w)| *x += t * w);
        if !moderate(&moved) {
            continue;
        }
        // θ + t·w rounds, so only the library is asked for t on the line; the duals see the same line.
        let apart = disagreements(&moved, &by_library(&instance, t), &by_duals(&instance, t));
        assert!(apart.is_empty(), "{apart:?}\n{instance:?}");
    }
}

#[test]
fn the_two_library_routes_agree() {
    for instance in random_instances(30) {
        let view = Evaluation::<f64>::new(&instance, 1);
        let (jet, line): (Jet<f64>, _) = (view.lambda_jet(), view.start());
        let unit = 64.0 * f64::EPSILON;
        assert!((jet.value - line.lambda()).abs() <= unit * view.logit_condition(), "{instance:?}");
        assert!((jet.first - line.alignment()).abs() <= unit * view.score_condition(), "{instance:?}");
        assert!((jet.second - line.second()).abs() <= unit * view.curvature_condition(), "{instance:?}");
    }
}

// ---- Bartlett -----------------------------------------------------------------------------------------------------------

/// E_π[s] and E_π[s² + H] over the responses for which `keep` is true.
fn bartlett(instance: &Instance, keep: impl Fn(usize) -> bool) -> [f64; 2] {
    let view = Evaluation::<f64>::new(instance, 1);
    let responses = &view.start().responses;
    let p = |o: usize| responses.log_prob[o].exp();
    let kept = || (0..responses.score.len()).filter(|&o| keep(o));
    [
        kept().map(|o| p(o) * responses.score[o]).sum(),
        kept().map(|o| p(o) * (responses.score[o].powi(2) + responses.curvature[o])).sum(),
    ]
}

#[test]
fn bartlett_identities() {
    let (mut seen, mut noticed) = (0, 0);
    for instance in random_instances(80) {
        let view = Evaluation::<f64>::new(&instance, 1);
        // 32 units of what is added up, however small the result.
        let [score, bend] = [view.score_condition(), view.curvature_condition()].map(|c| 32.0 * f64::EPSILON * c);
        let [mean, second] = bartlett(&instance, |_| true);
        assert!(mean.abs() <= score, "{mean:e} > {score:e}: {instance:?}");
        assert!(second.abs() <= bend, "{second:e} > {bend:e}: {instance:?}");
        // m⁺ = (1−J)λ' and m⁻ = −Jλ' are E_π[s] = 0 over again.
        let line = view.start();
        assert!((line.mean[1] - line.failure() * line.alignment()).abs() <= score, "{instance:?}");
        assert!((line.mean[0] + line.success() * line.alignment()).abs() <= score, "{instance:?}");
        // Control: without the likeliest response neither identity survives.
        let log_prob = &line.responses.log_prob;
        let top = (0..log_prob.len()).max_by(|&x, &y| log_prob[x].total_cmp(&log_prob[y])).expect("responses");
        let [mean, second] = bartlett(&instance, |o| o != top);
        seen += 1;
        noticed += usize::from(mean.abs() > score || second.abs() > bend);
    }
    assert!(noticed > seen / 2, "{noticed} of {seen}");
}

// ---- the step without cancellation --------------------------------------------------------------------------------------

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
/// stop.
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
    assert!(naive_wrong == 4 * 7 && worst > 0.0, "{naive_wrong}, {worst}");
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
    for instance in random_instances(25) {
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
