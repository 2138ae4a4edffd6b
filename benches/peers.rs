//! The suite's jobs at the sizes of a NumPy or JAX script for the same, one whole job an iteration, so that seconds compare
//! directly. `benches/peers.sh` runs both sides in alternation and prints ratios of medians.

#![allow(missing_docs, reason = "criterion's macros")]
#![allow(clippy::expect_used, reason = "a benchmark that cannot find its claim must stop")]

#[path = "tree_job/mod.rs"]
mod tree_job;

use criterion::{Criterion, criterion_group, criterion_main};
use gradient_gap::bandit::{Bandit, Fallback, Plan};
use gradient_gap::check::campaign::{CHUNK, Draws};
use gradient_gap::check::judge::{Measured, SAMPLE_PIECES, measure};
use gradient_gap::enumerate::Rows;
use gradient_gap::evaluation::TOGETHER;
use gradient_gap::families::{self, header};
use gradient_gap::line::OnLine;
use gradient_gap::number::polar_normal;
use gradient_gap::policy::{Automaton, Ending, Features, Logits, Policy, Shape};
use gradient_gap::{Evaluation, Instance, claims};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use std::hint::black_box;

/// Instances of the one-step job.
const INSTANCES: u64 = 100_000;

/// One job of so many elements, with another seed every time.
fn time(c: &mut Criterion, name: &str, elements: u64, samples: usize, job: impl Fn(u64) -> f64) {
    let mut group = c.benchmark_group("peers");
    group.throughput(criterion::Throughput::Elements(elements));
    group.sample_size(samples);
    let mut seed = 0;
    group.bench_function(name, |b| {
        b.iter(|| {
            seed += 1;
            black_box(job(seed))
        })
    });
    group.finish();
}

/// (16) on 100 000 random linear softmax policies, 8 responses in R⁴, instances made inside the timing: decode → line → claim as
/// `verify` does it. Features, θ, w, the verifier and η are random, ‖w‖ = 1 and nothing is tilted, as in the peers' job; `step-mixed`
/// has the scales, tilts, verifiers and directions of a campaign too.
fn step(c: &mut Criterion) {
    let family = families::find("linear-softmax").expect("in the registry");
    let claim = claims::find("log-odds-step").expect("in the registry");
    let job = |seed: u64, plain: bool| {
        let draws = Draws::new(seed);
        let decode = |(u, instance): (&mut Vec<f64>, &mut Instance), i: u64| {
            draws.point(i, family.dim, u);
            (u[header::COUNT], u[header::COUNT + 1]) = (1.0, 1.0); // the largest size: 8 responses, 4 dimensions
            if plain {
                u[header::ETA] *= 0.6; // of the order of 1/√L
                u[header::RULE] = 0.2; // each response correct with probability ½
                for fixed in [header::NORM, header::DIRECTION, header::TILT, header::SCALE] {
                    u[fixed] = 0.0;
                }
            }
            family.decode_into(u, instance).expect("inside the cube");
            debug_assert_eq!((instance.policy.responses(), instance.theta.len()), (8, 4));
        };
        let ratio = |evaluation: &Evaluation<'_, f64>| match measure(claim, evaluation) {
            Measured::Inside { ratio: Some(ratio), .. } => ratio,
            _ => 0.0,
        };
        let place = || (Vec::new(), (0..TOGETHER).map(|_| families::blank()).collect::<Vec<Instance>>());
        let task = |(u, instances): &mut (Vec<f64>, Vec<Instance>), chunk: u64| {
            let (end, mut largest) = (INSTANCES.min((chunk + 1) * CHUNK), 0.0_f64);
            for first in (chunk * CHUNK..end).step_by(TOGETHER) {
                let cases = first..end.min(first + TOGETHER as u64);
                let batch = &mut instances[..(cases.end - cases.start) as usize];
                batch.iter_mut().zip(cases).for_each(|(instance, i)| decode((u, instance), i));
                Evaluation::for_each(batch, SAMPLE_PIECES, |evaluation| largest = largest.max(ratio(evaluation)));
            }
            largest
        };
        (0..INSTANCES.div_ceil(CHUNK)).into_par_iter().map_init(place, task).reduce(|| 0.0, f64::max)
    };
    for (name, plain) in [("step", true), ("step-mixed", false)] {
        let largest = job(0, plain);
        assert!(largest > 0.0 && largest < 1.0);
        time(c, name, INSTANCES, 20, |seed| job(seed, plain));
    }
}

/// λ, λ' and λ'' of a finite-state policy: 16 states, 8 tokens, tables made inside the timing. One token after the other for 10 000
/// tokens, and ten and a hundred times as many to show that time is linear in them; and by powers of a matrix.
fn chain(c: &mut Criterion) {
    for (name, tokens, by_powers) in [
        ("chain", 10_000, false),
        ("chain-100k", 100_000, false),
        ("chain-1M", 1_000_000, false),
        ("chain-powers", 10_000, true),
    ] {
        let job = chain_job(tokens, by_powers);
        assert!(job(0).is_finite());
        time(c, name, u64::from(tokens), 20, job);
    }
}

fn chain_job(tokens: u32, by_powers: bool) -> impl Fn(u64) -> f64 {
    const STATES: u32 = 16;
    const VOCABULARY: u32 = 8;
    move |seed: u64| {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let count = (STATES * VOCABULARY) as usize;
        let [mut bias, mut slopes] = [vec![0.0; count], vec![0.0; count]];
        [&mut bias, &mut slopes].into_iter().for_each(|z| polar_normal(|| rng.random(), z));
        let features = Features::Dense(slopes);
        let next = (0..count).map(|_| rng.random_range(0..STATES)).collect();
        let correct: Vec<bool> = (0..STATES).map(|_| rng.random_bool(0.5)).collect();
        let shape = Shape { vocabulary: VOCABULARY, max_length: tokens, ending: Ending::Fixed };
        let (rows, options) = (STATES as usize, VOCABULARY as usize);
        let logits = Logits { dim: 1, rows, options, bias, features, quadratic: vec![], waves: vec![] };
        let automaton = Automaton { start: 0, next, by_position: false };
        let policy = Policy::finite_state(shape, automaton, None, logits).expect("fits");
        let on_line = OnLine::<f64>::new(&policy, &correct, &[0.0], &[1.0]);
        let line = if by_powers { on_line.line(0.0) } else { on_line.line_token_by_token(0.0).expect("not listed") };
        line.lambda() + line.alignment() + line.second()
    }
}

/// Every response of a token-level policy, V = 4, T∞ = 13: 2 391 484 of them, EOS or cut. Logits and slopes are products of 16
/// features with θ and w, made inside the timing; a response is correct if the sum of its tokens, asked on each, is divisible by
/// three, and again if a bit of a hash of them is set: answers without a pattern. The sum of λ, λ', λ'' and E⁺\[ℓ\].
///
/// With the policy as a function of the prefix, of which nothing is computed for two prefixes at once, and as a table, of which
/// what follows from equal answers is.
fn tree(c: &mut Criterion) {
    tree_with(c, "tree", tree_job::by_prefix, tree_job::correct);
    tree_with(c, "tree-hash", tree_job::by_prefix, tree_job::scattered);
    tree_with(c, "tree-table", tree_job::table, tree_job::correct);
    tree_with(c, "tree-table-hash", tree_job::table, tree_job::scattered);
}

fn tree_with<P: Rows>(c: &mut Criterion, name: &str, policy: impl Fn(u64) -> P, reward: impl Fn(&[u32]) -> bool + Sync) {
    let job = |seed: u64| {
        let moments = tree_job::moments(&policy(seed), &reward);
        moments.lambda() + moments.alignment() + moments.second() + moments.mean_length()[1]
    };
    assert!(job(0).is_finite());
    time(c, name, tree_job::RESPONSES, 100, job);
}

/// §5.1: d = 10, 100 arms, 2 000 updates, a pool of 100 contexts and 500 others, of which Δμ and J are measured at every update;
/// tables made inside the timing. The sums of \[Δμ\]₊η_k and of J at the end.
fn bandit(c: &mut Criterion) {
    const STEPS: usize = 2_000;
    let job = |seed: u64| {
        let plan = Plan { eta: 0.1, steps: STEPS, band: [0.2, 0.8], fallback: Fallback::Uniform, seed, every: 1 };
        let run = Bandit::paper(seed).run(&plan).expect("valid");
        let last = |context| run.curves.of(context).next_back();
        (0..run.curves.contexts()).filter_map(last).map(|end| end.effective + end.success()).sum::<f64>()
    };
    assert!(job(0).is_finite());
    time(c, "bandit", STEPS as u64, 100, job);
}

criterion_group!(benches, step, chain, tree, bandit);
criterion_main!(benches);
