//! The stated bounds of errors, against certified enclosures of the same policy.

use crate::small::{ENDINGS, Small, bits};
use gradient_gap::enumerate::{Errors, Moments, responses};
use gradient_gap::number::{Interval, Scalar};
use gradient_gap::policy::{Context, Ending, Shape};

/// The names of what lies farther from its enclosure than the stated bound; the largest distance from the middle of one, as
/// a share of the bound, and the largest width of one.
fn violations(small: &Small, moments: &Moments) -> (Vec<String>, [f64; 2]) {
    let (line, errors) = (small.kept(), moments.errors());
    let Errors { log_mass, mean, variance, curvature } = errors;
    let both = |name: &'static str, found: [f64; 2], truth: [Interval; 2], bound: [f64; 2]| {
        [0, 1].map(|side| (name, found[side], truth[side], bound[side]))
    };
    let own = |x: f64| 4.0 * f64::EPSILON * x.abs(); // the last logarithm
    let logs = moments.log_mass();
    let rows = [
        both("log P", logs, line.log_mass(), logs.map(|x| log_mass + own(x))),
        both("E[s]", moments.mean, line.mean, mean),
        both("Var(s)", moments.variance, line.variance, variance),
        both("E[H]", moments.curvature, line.curvature, [curvature; 2]),
        both("E[ℓ]", moments.mean_length(), line.length, moments.mean_length().map(|x| 3.0 * log_mass * x)),
    ];
    let (mut names, mut shares) = (vec![], [0.0_f64; 2]);
    for (name, found, truth, bound) in rows.into_iter().flatten() {
        let apart = (truth.lo() - found).max(found - truth.hi());
        if apart > bound || found.is_nan() || !truth.is_bounded() {
            names.push(format!("{name}: {found:e} in {truth:?}, bound {bound:e}"));
        }
        if bound > 0.0 {
            shares[0] = shares[0].max((found - truth.mid()).abs() / bound);
            shares[1] = shares[1].max(truth.width() / bound);
        }
    }
    (names, shares)
}

fn shapes() -> impl Iterator<Item = Shape> {
    let sizes = [(2, 5), (3, 4), (4, 3), (5, 3), (7, 2), (23, 1), (40, 1)];
    let all = sizes.into_iter().flat_map(|size| ENDINGS.map(|ending| (size, ending)));
    let all = all.map(|((vocabulary, max_length), ending)| Shape { vocabulary, max_length, ending });
    all.filter(|&shape| responses(shape) > Some(1))
}

#[test]
fn moments_lie_within_the_stated_bounds() {
    let (mut cases, mut largest) = (0, [0.0_f64; 2]);
    for shape in shapes() {
        for context in [Context::Prefix, Context::LastToken, Context::Shared] {
            for (scale, curved) in [(0.0, false), (2.0, true), (30.0, false), (400.0, false)] {
                let curved = curved && shape.vocabulary < 6;
                let small = Small::random(cases, shape, context, scale, curved);
                let moments = small.walked_by_prefix();
                let (names, shares) = violations(&small, &moments);
                assert!(names.is_empty(), "{shape:?} {context:?} scale {scale}: {names:?}");
                cases += 1;
                largest = [0, 1].map(|i| largest[i].max(shares[i]));
            }
        }
    }
    // Bounds that are met by a hundredth, enclosures that are not much wider.
    assert!(largest[0] > 0.01 && largest[1] < 10.0, "{largest:?}");
}

/// A wide row is added up by halves.
#[test]
fn wide_rows() {
    for (case, vocabulary) in [(0, 100), (1, 1000)] {
        let shape = Shape { vocabulary, max_length: 2, ending: Ending::Cut };
        let small = Small::random(case, shape, Context::Shared, 3.0, false);
        let (names, _) = violations(&small, &small.walked_by_prefix());
        assert!(names.is_empty(), "{names:?}");
    }
}

/// Control: one response on the other side.
#[test]
fn a_flipped_response_is_seen() {
    let shape = Shape { vocabulary: 3, max_length: 4, ending: Ending::Cut };
    for case in 0..4 {
        let mut small = Small::random(case, shape, Context::Prefix, 2.0, false);
        let honest = small.walked_by_prefix();
        assert!(violations(&small, &honest).0.is_empty());
        for response in [1, 17, small.correct.len() - 2] {
            small.correct[response] = !small.correct[response];
            let (names, _) = violations(&small, &honest);
            assert!(names.iter().any(|name| name.starts_with("log P")), "response {response}: {names:?}");
            small.correct[response] = !small.correct[response];
        }
    }
}

/// A table, which knows the summaries of its last rows, gives the same bits as a function of the prefix.
#[test]
fn a_table_is_the_same_policy() {
    for (case, shape) in shapes().enumerate() {
        for scale in [2.0, 300.0] {
            let small = Small::random(case as u64, shape, Context::LastToken, scale, shape.vocabulary < 6);
            let (table, function) = (small.walked(&small.table()), small.walked_by_prefix());
            assert_eq!(bits(&table), bits(&function), "{shape:?}");
        }
    }
}
