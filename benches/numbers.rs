//! What the numbers cost: one evaluation of a one-step claim in binary64 and in intervals, and the parts of a case.

#![allow(missing_docs, reason = "criterion's macros")]
#![allow(clippy::expect_used, reason = "a benchmark that cannot find its claim must stop")]

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use gradient_gap::check::campaign::draw;
use gradient_gap::check::judge::SAMPLE_PIECES;
use gradient_gap::number::{Interval, Scalar};
use gradient_gap::{Evaluation, claims, families};
use std::hint::black_box;

fn elementary(c: &mut Criterion) {
    let mut group = c.benchmark_group("exp");
    let points: Vec<f64> = (0..1000).map(|i| 0.037 * f64::from(i) - 20.0).collect();
    group.throughput(criterion::Throughput::Elements(points.len() as u64));
    group.bench_function("f64", |b| b.iter(|| points.iter().map(|&x| Scalar::exp(black_box(x))).sum::<f64>()));
    group.bench_function("interval", |b| {
        b.iter(|| points.iter().map(|&x| Interval::of(black_box(x)).exp()).fold(Interval::zero(), |a, x| a + x))
    });
    group.finish();
}

/// Every family: decoding, and each kind of evaluation of (16) and (10).
fn cases(c: &mut Criterion) {
    for family in families::REGISTRY {
        let points: Vec<Vec<f64>> = (0..256)
            .map(|i| {
                let mut u = Vec::new();
                draw(1, i, family.dim, &mut u);
                u
            })
            .collect();
        let mut group = c.benchmark_group(family.name);
        let mut next = 0;
        let mut turn = || {
            next = (next + 1) % points.len();
            next
        };
        group.bench_function("decode", |b| {
            b.iter_batched(&mut turn, |i| family.decode(&points[i]).map(black_box), BatchSize::SmallInput)
        });
        for slug in ["log-odds-step", "gradient-gap-identity"] {
            let claim = claims::find(slug).expect("in the registry");
            let decoded = |i: usize| family.decode(&points[i]).expect("inside the cube");
            group.bench_function(format!("{slug}/f64"), |b| {
                b.iter_batched(
                    || decoded(turn()),
                    |instance| black_box(claim.real.parts(&Evaluation::new(&instance, SAMPLE_PIECES))),
                    BatchSize::SmallInput,
                )
            });
            group.bench_function(format!("{slug}/interval"), |b| {
                b.iter_batched(
                    || decoded(turn()),
                    |instance| black_box(claim.enclosed.parts(&Evaluation::new(&instance, 1))),
                    BatchSize::SmallInput,
                )
            });
        }
        group.finish();
    }
}

criterion_group!(benches, elementary, cases);
criterion_main!(benches);
