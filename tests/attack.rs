//! The attack: how near it comes to bounds that are sharp, that it never passes one that is true, and that it is reproducible.

#![allow(clippy::expect_used, clippy::panic, reason = "a helper that panics is a failed test")]
#![allow(clippy::print_stdout, reason = "--nocapture shows what was reached, and how fast")]

#[path = "common/long.rs"]
mod long;

use gradient_gap::check::attack::{Attack, Attacked, Reached, needed};
use gradient_gap::check::campaign::DEFAULT_SEED;
use gradient_gap::check::judge::{Decision, Measured, beyond_limit, certify, enclose};
use gradient_gap::check::simplify::{plain, size};
use gradient_gap::check::witness::read_simplified;
use gradient_gap::claims::coefficients::COEFFICIENTS;
use gradient_gap::claims::{self, ClaimEntry, Expected, Part, Parts, Scope, Sides};
use gradient_gap::families;
use gradient_gap::number::Interval;
use gradient_gap::policy::{Context, Ending, Features, Logits, Policy, Shape};
use gradient_gap::report::Replay;
use gradient_gap::{Evaluation, Instance};
use long::long;
use std::sync::OnceLock;

fn claim(slug: &str) -> &'static ClaimEntry {
    claims::find(slug).expect("in the registry")
}

fn run(attack: &Attack<'_>) -> Attacked {
    attack.run(&|_| {}).expect("runs")
}

fn attack(claim: &ClaimEntry, evaluations: u64, seed: u64) -> Attacked {
    run(&Attack { evaluations, seed, ..Attack::new(claim) })
}

/// Everything that an attack reports, as text.
fn all(found: &Attacked) -> String {
    format!("{found:?}")
}

#[test]
fn seed_and_evaluations_fix_the_result_on_any_number_of_threads() {
    for slug in ["log-odds-step", "stagnation", "second-order-printed", "reinforce-gradient"] {
        let with = |threads, seed, evaluations| run(&Attack { threads, seed, evaluations, ..Attack::new(claim(slug)) });
        let one = all(&with(1, 5, 20_000));
        assert_eq!(one, all(&with(3, 5, 20_000)), "{slug}");
        assert_ne!(one, all(&with(3, 6, 20_000)), "{slug}: the seed must matter");
        if slug != "second-order-printed" {
            assert_ne!(one, all(&with(3, 5, 60_000)), "{slug}: the evaluations must matter");
        }
    }
}

/// A short attack on every claim.
fn attacked() -> &'static [Attacked] {
    static ATTACKED: OnceLock<Vec<Attacked>> = OnceLock::new();
    ATTACKED.get_or_init(|| {
        let evaluations = |claim: &ClaimEntry| if claim.scope == Scope::Run { 65_536 } else { 16_384 };
        claims::REGISTRY.iter().map(|claim| attack(claim, evaluations(claim), 7)).collect()
    })
}

/// A true claim is never passed: neither by intervals, nor in binary64 where intervals are certain that it holds.
#[test]
fn no_true_claim_is_passed() {
    for (claim, found) in claims::REGISTRY.iter().zip(attacked()) {
        let slug = claim.statement.slug;
        assert!(found.as_expected(claim), "{slug}: {:?}", found.witness);
        if claim.statement.expected == Expected::Fails {
            let witness = found.witness.as_ref().expect("refuted");
            assert_eq!(certify(claim, &witness.instance).decision, Decision::Violated, "{slug}");
            continue;
        }
        assert!(!found.parts.is_empty(), "{slug}: no instance satisfies its hypotheses");
        for part in &found.parts {
            assert!(matches!(part.decision, Decision::Holds | Decision::Undecided), "{slug}: {part:?}");
            let most = f64::min(part.enclosed.expect("a ratio").hi(), 1.0 + 1e-9);
            assert!(part.identity || part.ratio <= most, "{slug}: {part:?} is more than is possible");
            let family = families::find(part.family).expect("known");
            // The point replays: the same ratio, and the enclosure contains what is enclosed anew.
            let instance = family.decode(&part.u).expect("inside");
            let again = enclose(claim, &instance, |c| c.decision != Decision::Undecided);
            let (known, again) = (part.enclosed.expect("a ratio"), again.share(part.part).expect("the part"));
            assert!(known.lo() <= again.hi() && again.lo() <= known.hi(), "{slug}: {known:?} against {again:?}");
        }
    }
}

/// Where rounding makes up ratios of 10¹⁰⁰ and more (a wave cancels a parabola) beside an identity of the same claim: what intervals are not
/// certain of does not count, and the bound is reached elsewhere.
#[test]
fn ratios_made_of_rounding_errors_do_not_count() {
    let claim = claim("mean-energy");
    assert!(claim.sharp.contains(&"(22) with min(G_p², L_p)"));
    for seed in [38, 51] {
        let curve = families::REGISTRY.iter().filter(|family| family.name == "curve").collect();
        let found = run(&Attack { families: curve, evaluations: 1 << 17, seed, ..Attack::new(claim) });
        for part in found.parts.iter().filter(|part| !part.identity) {
            let low = part.enclosed.expect("a ratio").lo();
            assert!(part.ratio <= 1.0 + 1e-9 && low >= 0.995 && part.decision == Decision::Holds, "seed {seed}: {part:?}");
        }
    }
}

/// Every part that is called sharp, from random starts alone: at least 0.995 of the bound for certain, at two seeds, or one for
/// runs, which take most evaluations; at four with GRADIENT_GAP_LONG=1. `cargo bench --bench attacks` measures the seconds.
#[test]
fn sharp_bounds_are_reached() {
    let long = long();
    let (mut parts, mut missed) = (0, Vec::new());
    for claim in claims::REGISTRY.iter().filter(|claim| !claim.sharp.is_empty()) {
        let slug = claim.statement.slug;
        let (evaluations, seeds) = match (claim.scope, long) {
            (Scope::Run, true) => (1 << 20, 4),
            (Scope::Run, false) => (1 << 18, 1),
            // Its last part is a narrow ridge.
            (Scope::Step, _) if slug == "rare-failure-step" => (1 << 18, if long { 4 } else { 1 }),
            (Scope::Step, _) => (1 << 14, if long { 4 } else { 2 }),
        };
        for seed in DEFAULT_SEED..DEFAULT_SEED + seeds {
            let start = std::time::Instant::now();
            let found = attack(claim, evaluations, seed);
            assert!(found.as_expected(claim), "{slug}: {:?}", found.witness);
            for part in claim.sharp {
                let reached = found.parts.iter().find(|reached| reached.part == *part);
                let reached = reached.unwrap_or_else(|| panic!("{slug} has no part {part:?}: {:?}", found.parts));
                println!("{slug}, {part}, seed {seed}: {:?} {:.1} s", reached.enclosed, start.elapsed().as_secs_f64());
                assert_ne!(reached.decision, Decision::Outside, "{slug}, {part}, seed {seed}");
                let low = reached.enclosed.expect("a ratio").lo();
                if low < 0.995 {
                    missed.push(format!("{slug}, {part}, seed {seed}: {low} for certain, {} in binary64", reached.ratio));
                }
                parts += 1;
            }
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
    assert!(parts >= if long { 140 } else { 80 }, "{parts}");
}

/// What docs/report/bounds.md says of (16) and (22): no coefficient is needed beyond the proved one, all but that of G_p²T_ψ1/(1−J) are
/// needed whole, and of that one ¼ log 2, by the page's instance; an attack comes to half of it. Control: 0.99 of one that is needed
/// whole is refuted.
#[test]
fn the_coefficients_of_the_two_bounds() {
    for coefficient in COEFFICIENTS {
        let found = attack(&coefficient.claim, 1 << 16, DEFAULT_SEED);
        let name = coefficient.bound;
        assert!(!found.violated && found.as_expected(&coefficient.claim), "{name}: {:?}", found.witness);
        let attacked = coefficient.proved * found.certain().expect("covered");
        let needed = needed(coefficient, &found).expect("covered").0;
        let whole = coefficient.of != "G_p²T_ψ1/(1−J)";
        let most = 0.25 * std::f64::consts::LN_2;
        let least = if whole { [0.995 * coefficient.proved; 2] } else { [0.5 * most, 0.9995 * most] };
        assert!(attacked >= least[0] && needed >= least[1] && needed >= attacked, "{name}: {attacked}, {needed}");
        assert!(needed <= if whole { coefficient.proved * (1.0 + 1e-9) } else { most }, "{name}: {needed}");
        assert!(coefficient.paper.is_nan() || coefficient.paper >= coefficient.proved, "{name}");
    }
    let control = COEFFICIENTS[1].claim.with_constant("|R| − Lη²", 0.99);
    assert!(attack(&control, 1 << 17, DEFAULT_SEED).violated, "0.99 of the coefficient of G_o² serves");
}

/// A hundred seeds on curvature-window, of which at most five may end below 0.99 in the worst of its six sharp parts;
/// GRADIENT_GAP_LONG=1, otherwise twenty and none. An attack of 16 384 evaluations is far below five seconds.
#[test]
fn nearly_every_seed_reaches_the_curvature_window() {
    let seeds = if long() { 100 } else { 20 };
    let claim = claim("curvature-window");
    assert_eq!(claim.sharp.len(), 6);
    let low = |seed| {
        let found = attack(claim, 16_384, seed);
        let of = |part: &str| found.parts.iter().find(|known| known.part == part)?.enclosed.map(Interval::lo);
        claim.sharp.iter().map(|part| of(part).unwrap_or(0.0)).fold(1.0, f64::min)
    };
    let lows: Vec<f64> = (1..=seeds).map(low).collect();
    let short: Vec<f64> = lows.iter().copied().filter(|low| low.is_nan() || *low < 0.99).collect();
    println!("{} of {seeds} reach 0.99; below: {short:?}", lows.len() - short.len());
    assert!(short.len() <= seeds as usize / 20 && (long() || short.is_empty()), "{short:?}");
}

/// A part attacked alone: its own ratio and its own witness, whichever part of the statement is nearest to its bound.
#[test]
fn every_sharp_part_has_a_witness_of_its_own() {
    for slug in ["curvature-window", "token-smooth-only-step", "length-norm"] {
        let whole = claim(slug);
        let names = Attack::new(whole).parts();
        assert!(whole.sharp.iter().all(|part| names.contains(part)), "{slug}: {names:?}");
        for part in whole.sharp {
            let only = whole.only(part);
            let found = attack(&only, 4_096, 2);
            assert!(found.parts.iter().all(|reached| reached.part == *part), "{slug}, {part}: {:?}", found.parts);
            assert!(found.certain().expect("covered") >= 0.995, "{slug}, {part}: {:?}", found.parts);
            let witness = found.witness.expect("a witness");
            assert_eq!(witness.part, *part, "{slug}");
            for simplified in [false, true] {
                let said = witness.asserted(simplified).expect("known");
                assert!(said.len() >= 2 && said.iter().all(|said| said.confirmed == Some(true)), "{slug}, {part}: {said:?}");
            }
        }
    }
}

/// Every attack has a simplified instance, which as a file replays, and there has 99.9 % of the ratio.
#[test]
fn every_simplified_instance_replays() {
    for (claim, found) in claims::REGISTRY.iter().zip(attacked()) {
        let slug = claim.statement.slug;
        let witness = found.witness.as_ref().expect("a witness");
        let simple = witness.simplified.as_ref().expect("always one");
        let text = serde_json::to_string(witness).expect("finite");
        assert_eq!(read_simplified(&text).as_ref(), Ok(simple), "{slug}");
        assert!(size(simple) <= size(&witness.instance), "{slug}: {simple:?}");
        println!("{slug}: {:?} from {:?}, {:?}", size(simple), size(&witness.instance), found.simplified);
        let replay = Replay::new(simple);
        assert!(replay.as_expected(), "{slug}: {simple:?}");
        let (_, measured, certificate) =
            replay.claims.iter().find(|(known, ..)| known.statement.slug == slug).expect("all claims");
        let certificate = certificate.as_ref().unwrap_or_else(|| panic!("{slug}: {measured:?} {simple:?}"));
        if claim.statement.expected == Expected::Fails {
            assert_eq!(certificate.decision, Decision::Violated, "{slug}");
            continue;
        }
        assert!(matches!(certificate.decision, Decision::Holds | Decision::Undecided), "{slug}: {certificate:?}");
        let best = found.best().expect("covered");
        let Measured::Inside { ratio: Some(ratio), .. } = *measured else { panic!("{slug}: {measured:?}") };
        assert!(ratio >= 0.999 * best.ratio && !beyond_limit(ratio), "{slug}: {ratio} for {best:?}");
        let share = found.simplified.expect("its ratio");
        let again = certificate.share(best.part).expect("the part");
        assert!(share.lo() <= again.hi() && again.lo() <= share.hi(), "{slug}: {share:?} against {again:?}");
        let certain = best.enclosed.expect("a ratio").lo();
        assert!(best.identity || share.lo() >= 0.999 * certain, "{slug}: {share:?} for {best:?}");
    }
}

/// Two responses of one token, one dimension, one update serve for most sharp bounds, wherever the search ended.
#[test]
fn sharp_bounds_need_two_responses_of_one_token() {
    for (slug, evaluations, seed) in [
        ("curvature-window", 16_384, 102),
        ("curvature-window", 16_384, 1),
        ("curvature-window", 16_384, 16),
        ("mean-energy", 16_384, 103),
        ("token-smooth-only-step", 16_384, 104),
        ("log-odds-step", 16_384, 2),
        ("smooth-only-step", 16_384, 2),
        ("token-log-odds-step", 16_384, 2),
    ] {
        let found = attack(claim(slug), evaluations, seed);
        let simple = found.witness.and_then(|witness| witness.simplified).expect("a simplified instance");
        assert_eq!(size(&simple)[..4], [1, 2, 1, 1], "{slug}, seed {seed}: {simple:?}");
        assert!(simple.policy.lengths.is_none(), "{slug}, seed {seed}: lengths that nothing reads: {simple:?}");
        let low = found.simplified.expect("its ratio").lo();
        assert!(low >= 0.99, "{slug}, seed {seed}: {low}");
    }
}

/// EOS and two other tokens, up to three of them, every logit different: 15 responses in three contexts.
fn tree() -> Instance {
    let shape = Shape { vocabulary: 3, max_length: 3, ending: Ending::Cut };
    let logits = Logits {
        dim: 9,
        rows: 3,
        options: 3,
        bias: (1..10).map(|i| 0.1 * f64::from(i)).collect(),
        features: Features::Tabular,
        quadratic: vec![],
        waves: vec![],
    };
    let policy = Policy::autoregressive(shape, Context::LastToken, logits).expect("fits");
    let correct = (0..policy.responses()).map(|o| o % 2 == 0).collect();
    let (theta, direction) = ((1..10).map(|i| 0.07 * f64::from(i)).collect(), vec![1.0 / 3.0; 9]);
    Instance { policy, theta, direction, eta: 0.3, correct, then: vec![] }
}

/// Controls: nothing is simplified where nothing may be, and nothing more than may be.
#[test]
fn simplification_keeps_what_it_is_told_to() {
    let tree = tree();
    assert_eq!(tree.policy.responses(), 15);
    assert_eq!(plain(&tree, &|_| false), tree, "a refusal counted for nothing");
    // As many responses and tokens as are asked for, and no more.
    let simplest = |keep: &dyn Fn(&Instance) -> bool| {
        let simple = plain(&tree, keep);
        assert!(simple.validate().is_ok() && keep(&simple), "{simple:?}");
        let [_, responses, tokens, ..] = size(&simple);
        (responses, tokens)
    };
    assert_eq!(simplest(&|_| true), (2, 1));
    assert_eq!(simplest(&|i| i.policy.responses() >= 3), (3, 1));
    assert_eq!(simplest(&|i| i.policy.responses() >= 3 && i.policy.max_length() >= 2), (3, 2));
    assert_eq!(simplest(&|i| !i.policy.is_one_token()), (3, 2));
}

/// Curved tokens on their own line, with slopes of unit size and the first logit of every context 0: none of it changes the step.
#[test]
fn curved_tokens_are_simplified_as_they_are() {
    let mut curved = tree();
    curved.policy.logits.dim = 1;
    curved.policy.logits.features = Features::Dense((0..9).map(|j| 0.3 * f64::from(j % 4)).collect());
    curved.policy.logits.quadratic = (0..9).map(|j| 0.7 * f64::from(j * j % 5) - 1.0).collect();
    (curved.theta, curved.direction) = (vec![0.4], vec![-0.8]);
    let step = |instance: &Instance| {
        let e = Evaluation::<f64>::new(instance, 1);
        [e.step().remainder, e.start().alignment() * instance.eta, e.start().second() * instance.eta.powi(2)]
    };
    let before = step(&curved);
    let close = |found: [f64; 3]| found.iter().zip(before).all(|(x, y)| f64::abs(x - y) <= 1e-12 * y.abs());
    let simple = plain(&curved, &|i| i.policy.logits.rows == 3 && i.policy.responses() == 15 && close(step(i)));
    let Logits { bias, features: Features::Dense(slopes), quadratic, .. } = &simple.policy.logits else {
        panic!("{simple:?}")
    };
    assert_eq!((&simple.theta[..], &simple.direction[..]), (&[0.0][..], &[1.0][..]), "not on its line");
    for list in [bias, slopes, quadratic] {
        assert!(list.len() == 9 && list.iter().step_by(3).all(|&first| first == 0.0), "not centred: {simple:?}");
    }
    assert!(slopes.iter().any(|x| x.abs() == 1.0) && slopes.iter().all(|x| x.abs() <= 1.0), "no unit slopes: {slopes:?}");
    // The control: any other curvature is another step.
    let mut other = simple;
    other.policy.logits.quadratic[4] *= 1.001;
    assert!(!close(step(&other)));
}

/// Enclosures that say nothing.
fn blurred(parts: Parts<Interval>) -> Parts<Interval> {
    let blur = |part: Part<Interval>| Part { computed: part.computed * Interval::new(-1.0, 1.0), ..part };
    parts.into_iter().map(blur).collect()
}

/// An instance that intervals say nothing of, and whose simpler forms they therefore cannot confirm, stays as it is.
#[test]
fn what_cannot_be_confirmed_is_not_simplified() {
    let enclosed = Sides::new(|e| blurred(claim("log-odds-step").enclosed.parts(e)));
    let blurred = ClaimEntry { enclosed, ..*claim("log-odds-step") };
    let found = attack(&blurred, 16_384, 3);
    let witness = found.witness.expect("a witness");
    assert_eq!(witness.simplified, Some(witness.instance));
}

/// Side conditions are in the table and never the result; within 0.1 %, what is confirmed comes first.
#[test]
fn the_result_is_the_statement_itself() {
    for (claim, found) in claims::REGISTRY.iter().zip(attacked()).filter(|(claim, _)| !claim.side.is_empty()) {
        let best = found.best().expect("covered").part;
        assert!(best.starts_with("J(k+1) < J(k)"), "{}: {best}", claim.statement.slug);
        for side in claim.side {
            let part = found.parts.iter().find(|part| part.part == *side);
            assert!(part.is_some_and(|part| part.side), "{}: no part {side:?}", claim.statement.slug);
        }
    }
    let found = attack(claim("ascent-threshold"), 16_384, 1);
    let part = |part, ratio, decision, side| {
        let known = found.parts[0].clone();
        Reached { part, ratio, decision, side, ..known }
    };
    let best = |parts| Attacked { parts, ..found.clone() }.best().expect("some").part;
    let top = || part("top", 0.9999, Decision::Undecided, false);
    assert_eq!(best(vec![top(), part("near", 0.9995, Decision::Holds, false)]), "near");
    assert_eq!(best(vec![top(), part("far", 0.9985, Decision::Holds, false)]), "top");
    assert_eq!(best(vec![top(), part("side", 0.9999, Decision::Holds, true)]), "top");
}

/// What simplification keeps, and that it simplifies.
#[test]
fn the_simplest_instance_keeps_the_ratio() {
    for slug in ["log-odds-step", "token-log-odds-step", "ascent-threshold", "stagnation"] {
        let claim = claim(slug);
        let found = attack(claim, 16_384, 3);
        let best = found.best().expect("covered").clone();
        let witness = found.witness.expect("a witness");
        let simple = witness.simplified.expect("a simpler instance");
        assert_eq!(simple.validate(), Ok(()), "{slug}");
        assert!(size(&simple) <= size(&witness.instance), "{slug}: {simple:?}");
        let share = found.simplified.expect("its ratio");
        assert!(share.lo() >= 0.999 * best.enclosed.expect("a ratio").lo(), "{slug}: {share:?}");
        assert_eq!(certify(claim, &simple).decision, Decision::Holds, "{slug}");
        // Few digits: the whole instance is short.
        let text = serde_json::to_string(&simple).expect("finite");
        assert!(text.len() < 700, "{slug}: {text}");
    }
}

#[test]
fn time_ends_an_attack() {
    let claim = claim("policy-normalises");
    let time = Some(std::time::Duration::from_millis(50));
    let found = run(&Attack { evaluations: u64::MAX, time, ..Attack::new(claim) });
    assert!(found.timed_out && found.evaluations > 0);
    let none = Attack { families: vec![], ..Attack::new(claim) };
    assert!(none.run(&|_| {}).is_err());
}

#[test]
fn only_the_families_asked_for_are_searched() {
    let cube = families::find("cube").expect("known");
    let found = run(&Attack { families: vec![cube], evaluations: 20_000, ..Attack::new(claim("log-odds-step")) });
    assert_eq!(found.families.len(), 1);
    assert!(found.parts.iter().all(|part| part.family == "cube"));
    // (16) with 8G_o² in place of G_o²/2: the cube, where G_o² rules, uses at most 1/16 of it.
    let best = found.best().expect("covered").ratio;
    assert!(best > 0.06 && best < 0.0626, "{best}");
}
