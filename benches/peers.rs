//! The suite's jobs at the sizes of a NumPy or JAX script for the same, one whole job an iteration, so that seconds compare
//! directly. `benches/peers.sh` runs both sides in alternation and prints ratios of medians.

#![allow(missing_docs, reason = "criterion's macros")]
#![allow(clippy::expect_used, reason = "a benchmark that cannot find its claim must stop")]

#[path = "tree_job/mod.rs"]
mod tree_job;

use criterion::{Criterion, criterion_group, criterion_main};
use gradient_gap::check::campaign::{CHUNK, Draws};
use gradient_gap::check::judge::{Measured, SAMPLE_PIECES, measure};
use gradient_gap::families::{self, header};
use gradient_gap::line::OnLine;
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
/// `verify` does it.
fn step(c: &mut Criterion) {
    let family = families::find("linear-softmax").expect("in the registry");
    let claim = claims::find("log-odds-step").expect("in the registry");
    let job = |seed: u64| {
        let draws = Draws::new(seed);
        let one = |(u, instance): &mut (Vec<f64>, Instance), i: u64| {
            draws.point(i, family.dim, u);
            (u[header::COUNT], u[header::COUNT + 1]) = (1.0, 1.0); // the largest size: 8 responses, 4 dimensions
            family.decode_into(u, instance).expect("inside the cube");
            debug_assert_eq!((instance.policy.responses(), instance.theta.len()), (8, 4));
            match measure(claim, &Evaluation::new(instance, SAMPLE_PIECES)) {
                Measured::Inside { ratio: Some(ratio), .. } => ratio,
                _ => 0.0,
            }
        };
        let task = |chunk: u64| {
            let mut place = (Vec::new(), families::blank());
            (chunk * CHUNK..INSTANCES.min((chunk + 1) * CHUNK)).map(|i| one(&mut place, i)).fold(0.0, f64::max)
        };
        (0..INSTANCES.div_ceil(CHUNK)).into_par_iter().map(task).reduce(|| 0.0, f64::max)
    };
    assert!(job(0) > 0.0 && job(0) < 1.0);
    time(c, "step", INSTANCES, 20, job);
}

/// λ, λ' and λ'' of a finite-state policy: 10 000 tokens, 16 states, 8 tokens, tables made inside the timing.
fn chain(c: &mut Criterion) {
    const TOKENS: u32 = 10_000;
    const STATES: u32 = 16;
    const VOCABULARY: u32 = 8;
    let job = |seed: u64| {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        // Box and Muller.
        let mut normal = || -> f64 {
            let (radius, angle) = (rng.random::<f64>(), rng.random::<f64>());
            (-2.0 * (1.0 - radius).ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
        };
        let count = (STATES * VOCABULARY) as usize;
        let bias: Vec<f64> = (0..count).map(|_| normal()).collect();
        let features = Features::Dense((0..count).map(|_| normal()).collect());
        let next = (0..count).map(|_| rng.random_range(0..STATES)).collect();
        let correct: Vec<bool> = (0..STATES).map(|_| rng.random_bool(0.5)).collect();
        let shape = Shape { vocabulary: VOCABULARY, max_length: TOKENS, ending: Ending::Fixed };
        let (rows, options) = (STATES as usize, VOCABULARY as usize);
        let logits = Logits { dim: 1, rows, options, bias, features, quadratic: vec![], waves: vec![] };
        let automaton = Automaton { start: 0, next, by_position: false };
        let policy = Policy::finite_state(shape, automaton, None, logits).expect("fits");
        let on_line = OnLine::<f64>::new(&policy, &correct, &[0.0], &[1.0]);
        let line = on_line.line_token_by_token(0.0).expect("not listed");
        line.lambda() + line.alignment() + line.second()
    };
    assert!(job(0).is_finite());
    time(c, "chain", u64::from(TOKENS), 20, job);
}

/// Every response of a token-level policy, V = 4, T∞ = 13: 2 391 484 of them, EOS or cut. Logits and slopes are products of 16
/// features with θ and w, made inside the timing; a response is correct if the sum of its tokens, asked on each, is divisible by
/// three. The sum of λ, λ', λ'' and E⁺\[ℓ\].
fn tree(c: &mut Criterion) {
    let job = |seed: u64| {
        let moments = tree_job::moments(&tree_job::table(seed), tree_job::correct);
        moments.lambda() + moments.alignment() + moments.second() + moments.mean_length()[1]
    };
    assert!(job(0).is_finite());
    time(c, "tree", tree_job::RESPONSES, 100, job);
}

criterion_group!(benches, step, chain, tree);
criterion_main!(benches);
