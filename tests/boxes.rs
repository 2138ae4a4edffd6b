//! Boxes: every one is proved, what is false is refuted by a point that is a real instance, and the reduced inequalities are the
//! claims themselves.
#![allow(clippy::expect_used, clippy::panic, reason = "a helper that panics is a failed test")]

use gradient_gap::check::boxes::{self, BUDGET, Boxed, Enclosed, Outcome, Problem, Verdict, decide};
use gradient_gap::check::campaign::Campaign;
use gradient_gap::claims::reduced::{REDUCED, Reduced, Side};
use gradient_gap::claims::{self, Part, REGISTRY};
use gradient_gap::number::{Interval, Scalar};
use gradient_gap::policy::Policy;
use gradient_gap::report::Certifications;
use gradient_gap::{Evaluation, Instance, report};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::sync::OnceLock;

fn all() -> &'static [Boxed] {
    static ALL: OnceLock<Vec<Boxed>> = OnceLock::new();
    ALL.get_or_init(|| boxes::prove(REGISTRY, BUDGET, 0).expect("threads"))
}

/// The inequalities of a claim, of so many responses.
fn reduced(slug: &str, responses: Option<usize>, variables: usize) -> &'static Reduced {
    let fits = |r: &&Reduced| r.slug == slug && r.responses == responses && r.variables.len() == variables;
    REDUCED.iter().find(fits).expect("there is one")
}

const POINTWISE: [&str; 3] = ["log-odds-step-tight", "curvature-window", "smooth-only-step"];

fn straight() -> &'static Reduced {
    reduced("log-odds-step-tight", Some(3), 4)
}

fn from_tangent() -> &'static Reduced {
    reduced("smooth-only-step", None, 2)
}

#[test]
fn every_box_is_proved() {
    assert_eq!(all().len(), REDUCED.len());
    for boxed in all() {
        assert_eq!(boxed.outcome.verdict, Verdict::Proved, "{} {}", boxed.reduced.slug, boxed.reduced.what);
        assert!(boxed.reduced.variables.iter().all(|v| v.lo < v.hi), "a box with an inside");
    }
    for slug in POINTWISE {
        for (responses, variables) in [(2, 3), (3, 6)] {
            reduced(slug, Some(responses), variables);
        }
    }
}

#[test]
fn only_the_boxes_asked_for() {
    let asked = [*claims::find("curvature-window").expect("in the registry"), *claims::find("stagnation").expect("too")];
    let found = boxes::prove(&asked, BUDGET, 1).expect("threads");
    assert_eq!(found.len(), 2);
    assert!(found.iter().all(|boxed| boxed.reduced.slug == "curvature-window"));
}

#[test]
fn a_box_that_is_not_proved_is_not_as_expected() {
    let campaign = Campaign::new(REGISTRY, 1);
    let with = |boxes: &[Boxed]| {
        let found = Certifications { campaign: &campaign, claims: &[], boxes, seconds: 0.0 };
        (found.as_expected(), report::certify_table(&found, report::Style::Plain), report::certify_json(&found))
    };
    let (as_expected, table, json) = with(all());
    assert!(as_expected && table.contains("proved") && !table.contains("sub-boxes left"));
    assert!(json.contains("\"sub_boxes\"") && !json.contains("\"left\""));
    let refuted = Verdict::Refuted { point: vec![0.5], part: 0, margin: Interval::new(-2.0, -1.0) };
    for (verdict, word, key) in [
        (Verdict::Open { left: 77, widest: vec![Interval::new(0.0, 0.5)] }, "77 sub-boxes left", "\"widest\""),
        (refuted, "refuted at [0.5]", "\"point\""),
    ] {
        let mut boxes = all().to_vec();
        boxes[1].outcome.verdict = verdict;
        let (as_expected, table, json) = with(&boxes);
        assert!(!as_expected && table.contains(word) && json.contains(key), "{table}");
    }
}

/// Every page says which box was proved and with how many sub-boxes, as the program prints it.
#[test]
fn pages_carry_the_counts() {
    for boxed in all() {
        let page = claims::find(boxed.reduced.slug).expect("in the registry").statement.page;
        assert!(page.contains("## Reduction and box"), "{}", boxed.reduced.slug);
        let row = report::box_row(boxed);
        assert!(page.contains(&row), "the page of {} lacks\n{row}", boxed.reduced.slug);
    }
}

/// Random points of a box where the constraints hold.
fn points(reduced: &Reduced, count: usize) -> Vec<Vec<f64>> {
    let mut random = ChaCha8Rng::seed_from_u64(5);
    let mut draw =
        || -> Vec<f64> { reduced.variables.iter().map(|v| v.lo + (v.hi - v.lo) * random.random::<f64>()).collect() };
    let inside = |x: &Vec<f64>| reduced.enclose(&enclosed(x)).is_some_and(|found| found.inside);
    std::iter::repeat_with(&mut draw).filter(inside).take(count).collect()
}

fn enclosed(x: &[f64]) -> Vec<Interval> {
    x.iter().map(|&x| Interval::point(x)).collect()
}

/// claimed − computed = factor · margin: the difference of both is enclosed, narrowly, around 0; and binary64 agrees.
#[test]
fn sides_are_what_margins_say() {
    for reduced in REDUCED {
        for x in points(reduced, 2_000) {
            let at = enclosed(&x);
            let (sides, margins) = ((reduced.sides)(&at), (reduced.margins)(&at));
            let (real_sides, real) = ((reduced.real_sides)(&x), (reduced.real)(&x));
            assert_eq!((sides.len(), real_sides.len(), real.len()), (margins.len(), margins.len(), margins.len()));
            for (i, Side { name, computed, claimed, factor }) in sides.into_iter().enumerate() {
                let (margin, size) = (factor * margins[i], computed.abs() + claimed.abs());
                let error = claimed - computed - margin;
                assert!(error.contains(0.0), "{name} at {x:?}: {error:?}");
                assert!(error.width() < 1e-9 * (size.hi() + margin.hi()), "{name} at {x:?}: {error:?}");
                assert!(factor.surely_positive(), "{name} at {x:?}");
                let side = &real_sides[i];
                let real_error = (side.claimed - side.computed - side.factor * real[i]).abs();
                assert!(real_error < 1e-9 * (size.hi() + margin.hi()), "{name} at {x:?}: {real_error}");
                // Control: a lost sixteenth of the margin is seen.
                let wrong = claimed - computed - margin * Interval::of(15.0 / 16.0);
                assert!(!wrong.contains(0.0) || margin.hi() < 1e-6 * size.hi(), "{name} at {x:?}");
            }
        }
    }
}

/// A policy that has the reduced variables x of two or three responses at θ = 0 along w = 1; η = 0.
fn pointwise_instance(x: &[f64]) -> Instance {
    let j = x[0];
    let (policy, correct) = match *x {
        [_, slope, second] => (Policy::curve([j.ln() - (-j).ln_1p(), slope, second], &[]), vec![false, true]),
        [_, a, slope, apart, bent, curved] => {
            let (s1, s2, s3) = ((1.0 - j) * slope + (1.0 - a) * apart, (1.0 - j) * slope - a * apart, -j * slope);
            let level = (1.0 - j) * bent - a * s1 * s1 - (1.0 - a) * s2 * s2;
            let curvature = vec![level + (1.0 - a) * curved, level - a * curved, -j * bent - s3 * s3];
            let masses = [j * a, j * (1.0 - a), 1.0 - j].map(f64::ln).to_vec();
            // With E[h'] = 0 and E[h''] = −Var(h'), H = h'' − E[h''] − Var(h') is h''.
            (Policy::quadratic_softmax(1, vec![s1, s2, s3], curvature, masses), vec![true, true, false])
        }
        _ => panic!("{x:?}"),
    };
    one_step(policy.expect("fits"), 0.0, correct)
}

fn one_step(policy: Policy, eta: f64, correct: Vec<bool>) -> Instance {
    let instance = Instance { policy, theta: vec![0.0], direction: vec![1.0], eta, correct, then: vec![] };
    instance.validate().expect("valid");
    instance
}

/// One response with slope c alone, against slopes 0 and 1; a step of z.
fn straight_instance(x: &[f64], alone_is_correct: bool) -> Instance {
    let &[j, q, c, z] = x else { panic!("{x:?}") };
    let masses = [j, (1.0 - j) * (1.0 - q), (1.0 - j) * q].map(f64::ln).to_vec();
    let policy = Policy::linear_softmax(1, vec![c, 0.0, 1.0], masses).expect("fits");
    one_step(policy, z, vec![alone_is_correct, !alone_is_correct, !alone_is_correct])
}

/// Two responses, log J(η) = log J + x after a step of 1.
fn tangent_instance(x: &[f64]) -> Instance {
    let &[j, x] = x else { panic!("{x:?}") };
    let slope = x + (-j).ln_1p() - (-j * x.exp()).ln_1p();
    one_step(Policy::curve([j.ln() - (-j).ln_1p(), slope, 0.0], &[]).expect("fits"), 1.0, vec![false, true])
}

fn close(x: f64, y: f64, size: f64) -> bool {
    (x - y).abs() <= 1e-10 * size
}

/// What a claim says of an instance at η = 0, under the names of the reduced inequalities.
fn parts_at_point<N: Scalar>(slug: &str, evaluation: &Evaluation<'_, N>, parts: &[Part<N>]) -> Vec<(&'static str, N, N)> {
    if slug != "log-odds-step-tight" {
        return parts.iter().map(|part| (part.name, part.computed, part.claimed)).collect();
    }
    let (second, constants) = (evaluation.start().second(), evaluation.constants());
    let claimed = N::of(2.0) * constants.curvature + constants.score.square();
    vec![("λ'' ≤ 2L_o + G_o²", second, claimed), ("−λ'' ≤ 2L_o + G_o²", -second, claimed)]
}

#[test]
fn pointwise_sides_are_the_claims_on_real_instances() {
    for slug in POINTWISE {
        let claim = claims::find(slug).expect("in the registry");
        for reduced in [reduced(slug, Some(2), 3), reduced(slug, Some(3), 6)] {
            for x in points(reduced, 500) {
                let instance = pointwise_instance(&x);
                let evaluation = Evaluation::<f64>::new(&instance, 1);
                let parts = parts_at_point(slug, &evaluation, &claim.real.parts(&evaluation));
                let sides = (reduced.real_sides)(&x);
                assert_eq!(parts.len(), sides.len());
                for (side, (name, computed, claimed)) in sides.iter().zip(parts) {
                    assert_eq!(side.name, name);
                    // Logarithms of masses cost some digits at J or a near 0 or 1.
                    let size = side.claimed / (x[0] * (1.0 - x[0]));
                    assert!(close(side.computed, computed, size), "{name} at {x:?}: {computed} {}", side.computed);
                    assert!(close(side.claimed, claimed, size), "{name} at {x:?}: {claimed} {}", side.claimed);
                }
            }
        }
    }
}

#[test]
fn steps_are_the_claims_on_real_instances() {
    let claim = claims::find("log-odds-step-tight").expect("in the registry");
    for x in points(straight(), 500) {
        let side = (straight().real_sides)(&x)[0];
        for alone_is_correct in [true, false] {
            let instance = straight_instance(&x, alone_is_correct);
            let parts = claim.real.parts(&Evaluation::new(&instance, 1));
            assert!(close(side.computed, parts[0].computed, side.claimed), "{x:?}");
            // The segment's constants are at least those at t = 0.
            assert!(parts[0].claimed >= (1.0 - 1e-12) * side.claimed, "{x:?}");
        }
    }
    for x in points(from_tangent(), 500).iter().filter(|x| x[0] * x[1].exp() < 0.99) {
        let side = (from_tangent().real_sides)(x)[0];
        let instance = tangent_instance(x);
        let change = Evaluation::<f64>::new(&instance, 1).step().change;
        assert!(close(change - x[1], side.claimed, 1.0 + change.abs() + x[1].abs()), "{x:?}");
    }
}

/// A wrong version of one inequality: its margin from the sides as the claim has them, on a box without masses of 0 and of a
/// short step: a segment's constants are nearly those of its start there, and sharp bounds are nearly met.
struct Corrupted {
    reduced: &'static Reduced,
    part: usize,
    margin: fn(&[Interval], &Side<Interval>) -> Interval,
}

impl Problem for Corrupted {
    fn ranges(&self) -> Vec<Interval> {
        let real = |name| match name {
            "J" | "a" | "q" => Interval::new(0.01, 0.99),
            "z" => Interval::new(0.0625, 0.25),
            "x" => Interval::new(-0.015625, 0.015625),
            _ => Interval::WHOLE,
        };
        let ranges = self.reduced.ranges().into_iter().zip(self.reduced.variables);
        ranges.map(|(range, variable)| range.intersection(real(variable.name))).collect()
    }
    fn enclose(&self, x: &[Interval]) -> Option<Enclosed> {
        let Enclosed { inside, .. } = self.reduced.enclose(x)?;
        let side = (self.reduced.sides)(x)[self.part];
        Some(Enclosed { margins: [(self.margin)(x, &side)].into_iter().collect(), inside })
    }
}

impl Corrupted {
    fn refuted(&self) -> Vec<f64> {
        let found = decide(self, 100_000);
        let Verdict::Refuted { point, margin, .. } = found.verdict else {
            panic!("{} part {}: {found:?}", self.reduced.slug, self.part)
        };
        assert!(margin.surely_negative());
        point
    }
}

const SHARE: f64 = 0.99;

#[test]
fn less_than_a_sharp_constant_is_refuted() {
    let less = |_: &[Interval], side: &Side<Interval>| Interval::of(SHARE) * side.claimed - side.computed;
    for slug in POINTWISE {
        let claim = claims::find(slug).expect("in the registry");
        for reduced in [reduced(slug, Some(2), 3), reduced(slug, Some(3), 6)] {
            let names: Vec<&str> =
                (reduced.real_sides)(&[0.5; 6][..reduced.variables.len()]).iter().map(|s| s.name).collect();
            for (part, name) in names.into_iter().enumerate() {
                let point = Corrupted { reduced, part, margin: less }.refuted();
                let instance = pointwise_instance(&point);
                let evaluation = Evaluation::<Interval>::new(&instance, 1);
                let parts = parts_at_point(slug, &evaluation, &claim.enclosed.parts(&evaluation));
                let (found, computed, claimed) = parts[part];
                assert_eq!(name, found);
                assert!((Interval::of(SHARE) * claimed).surely_lt(computed), "{slug}, {name} at {point:?}");
                assert!(!claimed.surely_lt(computed), "the claim itself at {point:?}");
            }
        }
    }
}

#[test]
fn a_wrong_sign_and_a_lost_factor_are_refuted() {
    // −(1−J)(λ'' − (1−2J)λ'²) ≤ L_o: the sign of the middle.
    let window = claims::find("curvature-window").expect("in the registry");
    let wrong = |x: &[Interval], side: &Side<Interval>| {
        let failure = Interval::one() - x[0];
        let slope = if x.len() == 3 { x[1] } else { x[2] };
        side.claimed - side.computed - Interval::of(2.0) * failure * (failure - x[0]) * slope.square()
    };
    for reduced in [reduced("curvature-window", Some(2), 3), reduced("curvature-window", Some(3), 6)] {
        let point = Corrupted { reduced, part: 2, margin: wrong }.refuted();
        let instance = pointwise_instance(&point);
        let evaluation = Evaluation::<Interval>::new(&instance, 1);
        let start = evaluation.start();
        let (failure, square) = (start.failure(), start.alignment().square());
        let computed = -(failure * (start.second() - (failure - start.success()) * square));
        assert!(window.enclosed.parts(&evaluation)[2].claimed.surely_lt(computed), "{point:?}");
    }
    // −λ'' ≤ L_o and λ'' ≤ L_o: the factors 1−J and J lost.
    let without_failure = |x: &[Interval], side: &Side<Interval>| side.claimed * (Interval::one() - x[0]) - side.computed;
    let without_success = |x: &[Interval], side: &Side<Interval>| side.claimed * x[0] - side.computed;
    for reduced in [reduced("smooth-only-step", Some(2), 3), reduced("smooth-only-step", Some(3), 6)] {
        for (part, sign) in [(0, -1.0), (1, 1.0)] {
            let margin = if part == 0 { without_failure } else { without_success };
            let point = Corrupted { reduced, part, margin }.refuted();
            let instance = pointwise_instance(&point);
            let evaluation = Evaluation::<Interval>::new(&instance, 1);
            let second = Interval::of(sign) * evaluation.start().second();
            assert!(evaluation.constants().curvature.surely_lt(second), "{point:?}");
        }
    }
}

#[test]
fn wrong_steps_are_refuted() {
    // A quarter of G_o² in place of a half.
    let quarter = |x: &[Interval], side: &Side<Interval>| {
        let &[j, q, c, z] = x else { panic!("{x:?}") };
        let level = j * c + (Interval::one() - j) * q;
        let scores = [level, Interval::one() - level, c - level];
        let steep = scores.map(|s| s.square()).into_iter().reduce(Scalar::max).expect("three");
        side.claimed - side.computed - Interval::of(0.25) * steep * z.square()
    };
    let point = Corrupted { reduced: straight(), part: 0, margin: quarter }.refuted();
    let instance = straight_instance(&point, true);
    let evaluation = Evaluation::<Interval>::new(&instance, 512);
    let constants = evaluation.constants();
    let claimed = (constants.curvature + Interval::of(0.25) * constants.score.square()) * evaluation.eta().square();
    assert!(claimed.surely_lt(evaluation.step().remainder.abs()), "{point:?}");

    // λ(η) − λ(0) ≥ x + Jx, the factor 1/(1−J) lost; and 1.01 of Jx/(1−J).
    let lost = |x: &[Interval], side: &Side<Interval>| side.claimed - side.computed * (Interval::one() - x[0]);
    let more = |_: &[Interval], side: &Side<Interval>| side.claimed - side.computed * Interval::of(1.01);
    for (margin, factor) in [(lost as fn(&[Interval], &Side<Interval>) -> Interval, None), (more, Some(1.01))] {
        let point = Corrupted { reduced: from_tangent(), part: 0, margin }.refuted();
        let instance = tangent_instance(&point);
        let evaluation = Evaluation::<Interval>::new(&instance, 1);
        let success = evaluation.start().success();
        // x as the instance has it: log J(η) − log J = −log(1 − J + Je^c) + c.
        let change = evaluation.step().change;
        let x = change - (success * change.exp_m1()).ln_1p();
        let gain = success * x * factor.map_or(Interval::one(), |c| Interval::of(c) / evaluation.start().failure());
        assert!((change - x).surely_lt(gain), "{point:?}: {change:?} {x:?}");
    }
}

fn on_threads(threads: usize, problem: &impl Problem, budget: u64) -> Outcome {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
    pool.install(|| decide(problem, budget))
}

#[test]
fn counts_are_the_same_on_any_number_of_threads() {
    let lost = |x: &[Interval], side: &Side<Interval>| side.claimed - side.computed * (Interval::one() - x[0]);
    let corrupted = Corrupted { reduced: from_tangent(), part: 0, margin: lost };
    assert_eq!(on_threads(1, &corrupted, BUDGET), on_threads(3, &corrupted, BUDGET));
    assert_eq!(on_threads(1, from_tangent(), BUDGET), on_threads(3, from_tangent(), BUDGET));
    assert_eq!(on_threads(1, straight(), 3_000), on_threads(3, straight(), 3_000));
}

#[test]
fn a_spent_budget_leaves_it_open() {
    for budget in [1, 100, 3_000] {
        let Outcome { verdict, sub_boxes } = decide(straight(), budget);
        assert!(sub_boxes <= budget, "{sub_boxes}");
        let Verdict::Open { left, widest } = verdict else { panic!("{verdict:?}") };
        assert!(left > 0 && widest.len() == 4);
    }
}

/// Where the constraints fail everywhere there is nothing to prove; where a margin is nowhere defined nothing is proved.
#[test]
fn nothing_and_nonsense() {
    fn only(margin: Interval, inside: bool) -> Option<Enclosed> {
        Some(Enclosed { margins: [margin].into_iter().collect(), inside })
    }
    struct On(fn(Interval) -> Option<Enclosed>);
    impl Problem for On {
        fn ranges(&self) -> Vec<Interval> {
            vec![Interval::new(0.0, 1.0)]
        }
        fn enclose(&self, x: &[Interval]) -> Option<Enclosed> {
            (self.0)(x[0])
        }
    }
    assert_eq!(decide(&On(|_| None), 10), Outcome { verdict: Verdict::Proved, sub_boxes: 1 });
    let undefined = decide(&On(|_| only(Interval::EMPTY, true)), 10).verdict;
    assert!(matches!(undefined, Verdict::Open { .. }), "{undefined:?}");
    // Negative, but nowhere certainly inside: open, not refuted.
    let outside = decide(&On(|_| only(Interval::of(-1.0), false)), 10).verdict;
    assert!(matches!(outside, Verdict::Open { .. }), "{outside:?}");
    // x ≥ 0 is proved; x ≥ 10⁻³ is refuted.
    assert_eq!(decide(&On(|x| only(x, true)), 10).verdict, Verdict::Proved);
    let shifted = decide(&On(|x| only(x - Interval::of(1e-3), true)), 10_000).verdict;
    assert!(matches!(shifted, Verdict::Refuted { ref point, .. } if point[0] < 1e-3), "{shifted:?}");
}
