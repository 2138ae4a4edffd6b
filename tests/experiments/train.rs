//! `train`: the task, enumeration, sampling, bounds and judgements, each against a second way to it.

use gradient_gap::check::judge::{Measured, measure};
use gradient_gap::enumerate::{ByPrefix, enumerate};
use gradient_gap::experiments::Judgement;
use gradient_gap::experiments::train::bounds::{BOUNDS, Moved, used};
use gradient_gap::experiments::train::learn::{Optimizer, State, start, warm_start};
use gradient_gap::experiments::train::sample::{Group, Purpose, stream};
use gradient_gap::experiments::train::space::Space;
use gradient_gap::experiments::train::task::{EOS, Prompt, shape};
use gradient_gap::experiments::train::{Across, Setting, Spread, points, run, sizes};
use gradient_gap::number::Scalar;
use gradient_gap::policy::{Context, Features, Logits, Policy, Shape};
use gradient_gap::regularity::psi1_norm;
use gradient_gap::transformer::{Pass, on_line};
use gradient_gap::update::Algorithm;
use gradient_gap::{Evaluation, Instance, claims};
use rand::RngExt;

const LENGTH: u32 = 4;

fn prompt() -> Prompt {
    Prompt::all(3).swap_remove(37)
}

/// θ after a few supervised steps, and a direction of length one.
fn network() -> (Vec<f64>, Vec<f64>) {
    let theta = warm_start(sizes(LENGTH), &Prompt::all(2), LENGTH, 20, 3, &|| {}).0;
    let w = start(sizes(LENGTH), 9);
    let size = w.iter().map(|x| x * x).sum::<f64>().sqrt();
    (theta, w.iter().map(|x| x / size).collect())
}

fn near(x: f64, y: f64, tolerance: f64) -> bool {
    (x - y).abs() <= tolerance * (1.0 + x.abs().max(y.abs()))
}

#[test]
fn the_verifier_looks_at_the_last_digit_only() {
    let prompt = Prompt::all(2).swap_remove(3 + 5 * 4); // 3 + 4
    assert_eq!((prompt.to_string().as_str(), prompt.answer(), prompt.tokens()), ("3+4=", 2, vec![4, 6, 5, 7]));
    for (response, correct) in [
        (&[3, EOS][..], true),
        (&[4, 3, EOS], true),
        (&[1, 1, 3, EOS], true),
        (&[3, 4, EOS], false),
        (&[4, 3], false), // cut
        (&[EOS], false),
        (&[3], false),
        (&[], false),
    ] {
        assert_eq!(prompt.is_correct(response), correct, "{response:?}");
    }
    for digits in 2..=4 {
        let all = Prompt::all(digits);
        assert_eq!(5 * all.iter().filter(|prompt| prompt.is_held_out()).count(), all.len());
    }
}

#[test]
fn demonstrations_are_correct_but_for_a_share() {
    let mut rng = stream(1, Purpose::Demonstrations, 0, 0);
    let all = Prompt::all(4);
    for (wrong, expected) in [(0.0, 1.0), (0.35, 0.65), (1.0, 0.0)] {
        let (mut right, mut lengths) = (0, [0; 6]);
        for _ in 0..4_000 {
            let prompt = &all[rng.random_range(0..all.len())];
            let response = prompt.demonstration(wrong, 5, &mut rng);
            right += usize::from(prompt.is_correct(&response));
            lengths[response.len()] += 1;
        }
        assert!((right as f64 / 4_000.0 - expected).abs() < 0.04, "{wrong}: {right}");
        assert!(lengths[..2] == [0, 0] && lengths[2..].iter().all(|&count| count > 800), "{lengths:?}");
    }
    assert!((0..100).all(|_| all[123].demonstration(0.0, 3, &mut rng).len() <= 3));
}

/// The same network through the crate's enumeration by depth first, which keeps no tree.
#[test]
fn spaces_are_those_of_the_enumeration() {
    let ((theta, w), sizes, prompt) = (network(), sizes(LENGTH), prompt());
    let space = Space::new(prompt.clone(), LENGTH).expect("small");
    assert_eq!((space.responses(), space.correct().iter().filter(|c| **c).count()), (781, 31));
    let (line, constants) = space.on_line(sizes, &theta, &w, 0.2).expect("finite");
    let parameters = on_line(&theta, &w, 0.2);
    let by_prefix = ByPrefix::new(shape(LENGTH), |prefix, logit, slope, curvature| {
        let tokens: Vec<u32> = prompt.tokens().into_iter().chain(prefix.iter().copied()).collect();
        let mut pass = Pass::new(sizes, &parameters, false);
        pass.extend(&tokens.iter().enumerate().map(|(i, &token)| (i.checked_sub(1), token)).collect::<Vec<_>>());
        for (v, jet) in pass.logits(tokens.len() - 1).iter().enumerate() {
            (logit[v], slope[v], curvature[v]) = (jet.value, jet.first, jet.second);
        }
    });
    let moments = enumerate(&by_prefix.expect("fits"), |o| prompt.is_correct(o)).expect("small");
    for (found, known) in [
        (line.lambda(), moments.lambda()),
        (line.alignment(), moments.alignment()),
        (line.second(), moments.second()),
        (line.length[0], moments.mean_length()[0]),
        (line.length[1], moments.mean_length()[1]),
        (constants.psi1, psi1_norm(&moments.length_law())),
    ] {
        assert!(near(found, known, 1e-10), "{found} {known}");
    }
    assert!(!near(line.second(), moments.variance[1] - moments.variance[0], 1e-3), "the H terms matter");
}

/// g⁺ − g⁻ by the reverse pass: along a direction it is λ' of the jets, and ∇J = J(1−J)(g⁺ − g⁻) against differences.
#[test]
fn the_gap_is_the_slope_of_the_log_odds() {
    let ((theta, w), sizes) = (network(), sizes(LENGTH));
    let space = Space::new(prompt(), LENGTH).expect("small");
    let exact = space.exact(sizes, &theta, true).expect("finite");
    let (line, _) = space.on_line(sizes, &theta, &w, 0.0).expect("finite");
    let dot = |x: &[f64]| x.iter().zip(&w).map(|(x, w)| x * w).sum::<f64>();
    let along = dot(&exact.gap);
    assert!(near(along, line.alignment(), 1e-10) && near(exact.lambda, line.lambda(), 1e-12));
    let success = |t: f64| {
        let moved: Vec<f64> = theta.iter().zip(&w).map(|(x, w)| x + t * w).collect();
        space.exact(sizes, &moved, false).expect("finite").success
    };
    let h = 2e-3;
    let pair = |k: f64| success(k * h) - success(-k * h);
    let slope = (45.0 * pair(1.0) - 9.0 * pair(2.0) + pair(3.0)) / (60.0 * h);
    let identity = exact.success * (1.0 - exact.success) * along;
    assert!((slope - identity).abs() < 1e-8 * along.abs(), "{slope} {identity}");
    assert!((slope - exact.success * along).abs() > 1e-3 * along.abs());
    // GRPO's direction is another one, as lengths differ.
    let shrunk = exact.shrunk.expect("asked for");
    let cosine = shrunk.iter().zip(&exact.gap).map(|(x, y)| x * y).sum::<f64>()
        / (exact.gap_norm * gradient_gap::line::norm(&shrunk));
    assert!(cosine > 0.1 && cosine < 0.9999, "{cosine}");
}

/// A group's gradient along w against the jets of its responses, each alone.
#[test]
fn the_gradient_of_a_group_is_the_weighted_mean_of_scores() {
    let ((theta, w), sizes, prompt) = (network(), sizes(LENGTH), prompt());
    let parameters = on_line(&theta, &w, 0.0);
    let score = |response: &[u32]| {
        let tokens: Vec<u32> = prompt.tokens().into_iter().chain(response.iter().copied()).collect();
        let mut pass = Pass::new(sizes, &parameters, false);
        pass.extend(&tokens.iter().enumerate().map(|(i, &token)| (i.checked_sub(1), token)).collect::<Vec<_>>());
        let first = prompt.tokens().len() - 1;
        let token = |(t, &token): (usize, &u32)| {
            let row = pass.logits(first + t);
            let total: f64 = row.iter().map(|z| z.value.exp()).sum();
            row[token as usize].first - row.iter().map(|z| z.value.exp() / total * z.first).sum::<f64>()
        };
        response.iter().enumerate().map(token).sum::<f64>()
    };
    let mut uneven = 0;
    for place in 0..20 {
        let group = Group::draw(sizes, &theta, &prompt, LENGTH, 8, &mut stream(5, Purpose::Responses, 0, place));
        let responses = group.responses();
        let rewards: Vec<f64> = responses.iter().map(|o| f64::from(u8::from(prompt.is_correct(o)))).collect();
        let mean = rewards.iter().sum::<f64>() / 8.0;
        assert_eq!(mean, group.success());
        for algorithm in [Algorithm::Grpo, Algorithm::DrGrpo] {
            let Some(gradient) = group.gradient(algorithm, sizes.options) else {
                assert!(group.is_even() && (mean == 0.0 || mean == 1.0));
                continue;
            };
            uneven += 1;
            let along: f64 = gradient.iter().zip(&w).map(|(g, w)| g * w).sum();
            let sum = |with_length: bool| {
                let weight = |o: &Vec<u32>, r: &f64| match algorithm {
                    Algorithm::Grpo if with_length => (r - mean) / (mean * (1.0 - mean)).sqrt() / o.len() as f64,
                    Algorithm::Grpo => (r - mean) / (mean * (1.0 - mean)).sqrt(),
                    _ => r - mean,
                };
                responses.iter().zip(&rewards).map(|(o, r)| weight(o, r) * score(o) / 8.0).sum::<f64>()
            };
            assert!(near(along, sum(true), 1e-11), "{along} {}", sum(true));
            assert!(algorithm == Algorithm::DrGrpo || !near(along, sum(false), 1e-6), "without 1/|o|");
        }
    }
    assert!(uneven > 10);
}

/// Sampled rewards have mean J, and Dr. GRPO's groups the mean (1 − 1/G)·J(1−J)(g⁺ − g⁻): the group's own mean reward takes a Gth.
#[test]
fn samples_follow_the_enumerated_law() {
    let ((theta, w), sizes, prompt) = (network(), sizes(LENGTH), prompt());
    let exact = Space::new(prompt.clone(), LENGTH).expect("small").exact(sizes, &theta, false).expect("finite");
    let (count, size) = (1_500, 4);
    let (mut rewards, mut slopes) = (Vec::new(), Vec::new());
    for place in 0..count {
        let group = Group::draw(sizes, &theta, &prompt, LENGTH, size, &mut stream(7, Purpose::Groups, 0, place));
        rewards.push(group.success());
        let gradient = group.gradient(Algorithm::DrGrpo, sizes.options);
        slopes.push(gradient.map_or(0.0, |g| g.iter().zip(&w).map(|(g, w)| g * w).sum()));
    }
    let estimate = |x: &[f64]| {
        let mean = x.iter().sum::<f64>() / x.len() as f64;
        let variance = x.iter().map(|y| (y - mean) * (y - mean)).sum::<f64>() / x.len() as f64;
        (mean, (variance / x.len() as f64).sqrt())
    };
    let (mean, error) = estimate(&rewards);
    assert!((mean - exact.success).abs() < 4.0 * error, "{mean} ± {error}, {}", exact.success);
    let along: f64 = exact.gap.iter().zip(&w).map(|(g, w)| g * w).sum();
    let whole = exact.success * (1.0 - exact.success) * along;
    let (mean, error) = estimate(&slopes);
    assert!((mean - (1.0 - 1.0 / size as f64) * whole).abs() < 4.0 * error, "{mean} ± {error}, {whole}");
}

/// A policy of two tokens whose logits go up and down with θ.
fn instance(eta: f64) -> Instance {
    let wave = |k: usize| (0.7 * k as f64).sin();
    let logits = Logits {
        dim: 1,
        rows: 3,
        options: 3,
        bias: (0..9).map(wave).collect(),
        features: Features::Dense((9..18).map(wave).collect()),
        quadratic: (18..27).map(wave).collect(),
        waves: vec![],
    };
    let policy =
        Policy::autoregressive(Shape { vocabulary: 3, max_length: 2, ..shape(2) }, Context::Prefix, logits).expect("fits");
    let correct = (0..policy.responses()).map(|o| o % 3 == 1).collect();
    Instance { policy, theta: vec![0.1], direction: vec![1.0], eta, correct, then: vec![] }
}

/// The shares of the bounds are those of their claims: the very same, or no more where a claim says more.
#[test]
fn bounds_are_those_of_the_claims() {
    for eta in [1e-6, 0.01, 0.3, 2.0] {
        let instance = instance(eta);
        let evaluation = Evaluation::<f64>::new(&instance, 4);
        let bend = evaluation.step().remainder / (eta * eta);
        // With another remainder, or another length, they are not.
        let (start, constants) = (evaluation.start(), evaluation.constants());
        let [other, longer] = [used(1.001 * bend, start, constants, 2.0), used(bend, start, constants, 3.0)];
        let found = used(bend, evaluation.start(), evaluation.constants(), 2.0);
        for (slug, found) in BOUNDS.iter().zip(found) {
            let claim = claims::find(slug).expect("in the registry");
            let Measured::Inside { ratio: Some(ratio), .. } = measure(claim, &evaluation) else { panic!("{slug}") };
            let control = match *slug {
                "token-log-odds-step" => longer[3],
                slug => other[BOUNDS.iter().position(|known| *known == slug).expect("in the list")],
            };
            assert!((control - found).abs() > 1e-5 * found.abs(), "{slug}");
            let same = (found - ratio).abs() <= 1e-9 * ratio.abs();
            assert!(
                if slug.contains("smooth-only") { same || found < ratio } else { same },
                "{slug} {eta}: {found} {ratio}"
            );
        }
    }
}

#[test]
fn remainders_do_not_cancel() {
    let ((theta, w), sizes) = (network(), sizes(LENGTH));
    let space = Space::new(prompt(), LENGTH).expect("small");
    let at = |eta: f64| Moved::new(&space, sizes, &theta, eta, &w).expect("finite");
    let moved = at(0.05);
    assert!(
        moved.apart.abs() < 1e-9 && near(moved.change, moved.eta * moved.alignment + moved.remainder, 1e-15),
        "{moved:?}"
    );
    assert!(moved.used.iter().all(|used| *used <= 1.0));
    // The rule and the difference are two ways to R.
    assert!(moved.apart.abs() < 1e-3 * moved.remainder.abs());
    let tiny = at(1e-9);
    let half = 0.5 * tiny.second * 1e-18;
    assert!((tiny.remainder - half).abs() < 1e-6 * half.abs());
    // As a difference it has no digit: what R is apart from it is far more than R.
    assert!(tiny.apart.abs() > 10.0 * half.abs());
    // Far out the rule fails, and the difference is taken.
    let far = at(5.0);
    let rule = far.remainder + far.apart;
    assert!(far.apart.abs() > 1e-6 && near(far.change, far.eta * far.alignment + far.remainder, 1e-12) && rule.is_finite());
}

#[test]
fn adamw_by_hand() {
    // First step: m/(1−β₁) = g, v/(1−β₂) = g², so θ moves by α(sign g − 0.01 θ), up to ε.
    let mut state = State::new(Optimizer::AdamW, 2);
    let theta = state.step(&[1.0, -2.0], &[0.5, -3.0], 0.1);
    assert!(near(theta[0], 1.0 + 0.1 * (1.0 - 0.01), 1e-8) && near(theta[1], -2.0 + 0.1 * (-1.0 + 0.02), 1e-8));
    // Second, g = 0: m = 0.09 g₁, v = 0.999·0.001 g₁².
    let next = state.step(&theta, &[0.0, 0.0], 0.1);
    let step = (0.09 / 0.19) / (0.000_999_f64 / (1.0 - 0.999 * 0.999)).sqrt();
    assert!(near(next[0], theta[0] + 0.1 * (step - 0.01 * theta[0]), 1e-7), "{next:?}");
    let mut plain = State::new(Optimizer::Sgd, 1);
    assert_eq!(plain.step(&[1.0], &[2.0], 0.25), [1.5]);
}

fn small() -> Setting {
    Setting { steps: 6, every: 3, length: 3, prompts: 4, warm: 30, evaluated: 4, ..Setting::default() }
}

#[test]
fn runs_do_not_depend_on_the_number_of_threads() {
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        let experiment = pool.install(|| run(&small(), &|| {})).expect("runs");
        // Whole runs, as text: NaN is equal to NaN there.
        format!("{:?} {:?}", experiment.runs, experiment.judged)
    };
    let alone = with(1);
    assert!(alone == with(3));
    let other = run(&Setting { seed: 2, ..small() }, &|| {}).expect("runs");
    assert!(alone != format!("{:?} {:?}", other.runs, other.judged));
}

/// The law of the log-odds over a run, from its points alone; twice the sum, or none, is another law.
#[test]
fn log_odds_follow_the_sum_of_alignments() {
    let setting = Setting { optimizers: vec![Optimizer::AdamW], ..small() };
    let experiment = run(&setting, &|| {}).expect("runs");
    assert_eq!(experiment.runs.len(), 2);
    for run in &experiment.runs {
        assert_eq!((run.updates.len(), run.points.len(), run.logged.len()), (6, 7, 2));
        let deviation = |factor: f64| {
            let one = |i: usize| {
                let moved: f64 = run.points.iter().map(|points| points[i].moved).sum();
                (run.points[6][i].lambda - run.points[0][i].lambda - factor * moved).abs()
            };
            (0..run.points[0].len()).map(one).fold(0.0, f64::max)
        };
        assert!(
            deviation(1.0) < 0.2 * deviation(0.0) && deviation(1.0) < 0.2 * deviation(2.0),
            "{} {}",
            deviation(1.0),
            deviation(0.0)
        );
        let law = run.found.law;
        assert!(law.undecided == 0 && law.used < 1.0 && law.used_token < 1.0 && law.used > 0.0, "{law:?}");
        assert!(law.deviation >= deviation(1.0) && law.gained >= deviation(0.0));
        for logged in &run.logged {
            for (moved, point) in logged.moved.iter().zip(&run.points[logged.step]) {
                // The reverse pass and the jets.
                assert!(near(moved.eta * moved.alignment, point.moved, 1e-11) && moved.used.iter().all(|used| *used <= 1.0));
                assert!(moved.used[0] < moved.used[1], "(16) is looser than its sharp form");
            }
        }
        // Σ α·estimate over the updates that have one.
        let sum: f64 = run.updates.iter().map(|u| u.estimate).filter(|x| x.is_finite()).sum();
        let end = points(run, Across::Estimate)[6];
        assert!(near(end[0], run.rate * sum, 1e-12));
    }
    // Dr. GRPO's exact expectation is J(1−J) times the gap; GRPO's is not σ times it.
    let ratios = |i: usize| &experiment.runs[i].found.estimates[0][0];
    assert!(near(ratios(1).median[1], 1.0, 1e-12) && ratios(1).near == 1.0 && ratios(0).median[1] < 0.9);
}

#[test]
fn a_spread_is_judged_by_ranks_and_ratios() {
    let pairs: Vec<[f64; 2]> = (1..40).map(|i| [3.0 * f64::from(i), f64::from(i)]).collect();
    let same = Spread::new("", &pairs);
    assert!(same.is_good() && near(same.median[1], 3.0, 1e-12) && near(same.correlation, 1.0, 1e-12));
    // Steady but blind; and in order but off by growing factors.
    let blind: Vec<[f64; 2]> = (1..40).map(|i| [1.0 + 0.01 * f64::from(i * 17 % 40), 1.0 + 0.01 * f64::from(i)]).collect();
    let steep: Vec<[f64; 2]> = (1..40).map(|i| [f64::from(i).powi(3), f64::from(i)]).collect();
    let [blind, steep] = [blind, steep].map(|pairs| Spread::new("", &pairs));
    assert!(!blind.is_good() && blind.near == 1.0 && !steep.is_good() && near(steep.correlation, 1.0, 1e-12));
    let none = Spread::new("", &[[f64::NAN, 1.0]]);
    assert!(none.count == 0 && !none.is_good());
}

#[test]
fn settings_out_of_their_limits_are_refused() {
    for wrong in [
        Setting { every: 0, ..small() },
        Setting { group: 1, ..small() },
        Setting { prompts: 0, ..small() },
        Setting { length: 6, ..small() },
        Setting { algorithms: vec![], ..small() },
        Setting { rates: [f64::NAN, 0.1], ..small() },
    ] {
        assert!(run(&wrong, &|| {}).is_err(), "{wrong:?}");
    }
    // Nothing is learnt, nothing moves, nothing is reproduced.
    let still = run(&Setting { rates: [0.0; 2], optimizers: vec![Optimizer::Sgd], ..small() }, &|| {}).expect("runs");
    assert!(still.runs.iter().all(|run| run.updates.iter().all(|u| u.eta == 0.0) && run.found.law.deviation == 0.0));
    assert_eq!(still.judged[1].judgement, Judgement::Not);
    assert!(Scalar::abs(still.loss).is_finite());
}
