//! Sizes, errors, empty sides.

use crate::small::{ENDINGS, Written, walk};
use gradient_gap::enumerate::{ByPrefix, MAX_LENGTH, Table, responses};
use gradient_gap::policy::{Ending, Shape, Tree};

fn shape(vocabulary: u32, max_length: u32, ending: Ending) -> Shape {
    Shape { vocabulary, max_length, ending }
}

#[test]
fn responses_are_counted_beforehand() {
    for vocabulary in 1..5 {
        for max_length in 1..6 {
            for ending in ENDINGS {
                let shape = shape(vocabulary, max_length, ending);
                let tree = Tree::new(shape).expect("small");
                assert_eq!(responses(shape), Some(tree.leaves().len() as u128), "{shape:?}");
            }
        }
    }
    assert_eq!(responses(shape(4, 13, Ending::Cut)), Some(2_391_484));
    assert_eq!(responses(shape(2, 127, Ending::Fixed)), Some(1 << 127));
    assert_eq!(responses(shape(2, u32::MAX, Ending::Cut)), Some(1 << 32));
    assert_eq!(responses(shape(3, 127, Ending::Cut)), Some(u128::MAX)); // 2¹²⁸ − 1
    for (vocabulary, max_length, ending) in
        [(2, 128, Ending::Fixed), (3, 128, Ending::Cut), (3, 128, Ending::Eos), (0, 3, Ending::Cut), (3, 0, Ending::Fixed)]
    {
        assert_eq!(responses(shape(vocabulary, max_length, ending)), None);
    }
}

#[test]
fn bad_input_is_named() {
    let nothing: Written<'_> = &|_, _, _, _| {};
    let refused = |vocabulary, max_length| {
        let by_prefix = ByPrefix::new(shape(vocabulary, max_length, Ending::Cut), nothing).err().map(|e| e.to_string());
        let table = Table::new(shape(vocabulary, max_length, Ending::Cut), |_, _, _, _, _| {}).err().map(|e| e.to_string());
        assert_eq!(by_prefix, table);
        by_prefix.expect("an error")
    };
    assert_eq!(refused(0, 3), "vocabulary 0 and maximal length 3 must be at least 1");
    assert_eq!(refused(3, 0), "vocabulary 3 and maximal length 0 must be at least 1");
    assert_eq!(refused(3, MAX_LENGTH + 1), "maximal length 1025, expected at most 1024");
    assert_eq!(refused(u32::MAX, 2), "vocabulary 4294967295 times maximal length 2 is 8589934590, expected at most 1048576");
    let wide = Table::new(shape(10_000, 2, Ending::Cut), |_, _, _, _, _| {}).expect_err("too large");
    assert_eq!(wide.to_string(), "a table of 200000000 logits, expected at most 67108864");

    let cases: [(Written<'_>, &str); 4] = [
        (&|p, h, _, _| h[1] = if p == [1, 2, 1] { f64::NAN } else { 0.0 }, "prefix [1, 2, 1]: the logit of token 1 is NaN"),
        (&|p, _, a, _| a[2] = if p == [1, 1] { f64::INFINITY } else { 0.0 }, "prefix [1, 1]: the slope of token 2 is inf"),
        (&|p, h, _, _| h[0] = if p.is_empty() { -1e13 } else { 0.0 }, "prefix []: the logit of token 0 is -10000000000000"),
        (
            &|p, _, _, c| c[0] = if p == [2, 2, 2, 2] { 1e300 } else { 0.0 },
            "prefix [2, 2, 2, 2]: the curvature of token 0 is",
        ),
    ];
    for (logits, message) in cases {
        let policy = ByPrefix::new(shape(3, 9, Ending::Cut), logits).expect("valid");
        for _ in 0..5 {
            let error = walk(&policy, &|o: &[u32]| o.len() > 2).expect_err("bad logits").to_string();
            assert!(error.starts_with(message), "{error}");
        }
    }
    let table = |p: u32, last: u32, h: &mut [f64], _: &mut [f64], _: &mut [f64]| {
        h[1] = if (p, last) == (2, 1) { f64::NAN } else { 0.0 };
    };
    let error = Table::new(shape(3, 5, Ending::Cut), table).expect_err("NaN").to_string();
    assert!(error.starts_with("position 2 after token 1: the logit of token 1 is NaN, expected at most"), "{error}");
}

#[test]
fn an_empty_side() {
    for ending in ENDINGS {
        let logits: Written<'_> = &|prefix, h, a, _| (h[0], a[1]) = (prefix.len() as f64, 1.0);
        let policy = ByPrefix::new(shape(3, 6, ending), logits);
        let policy = policy.expect("valid");
        let (all, none) = (walk(&policy, &|_: &[u32]| true).expect("valid"), walk(&policy, &|_: &[u32]| false));
        let none = none.expect("valid");
        assert_eq!((all.lambda(), none.lambda()), (f64::INFINITY, f64::NEG_INFINITY));
        assert_eq!((all.responses[0], none.responses[1]), (0, 0));
        assert_eq!((all.log_mass()[0], none.log_success()), (f64::NEG_INFINITY, f64::NEG_INFINITY));
        assert!(all.log_mass()[1].abs() <= all.errors().log_mass && all.mean[1].abs() <= all.errors().mean[1]);
        assert!(all.mean[0].is_nan() && none.variance[1].is_nan() && all.curvature[0].is_nan() && all.alignment().is_nan());
        assert!(all.mean_length()[0].is_nan() && all.mean_length()[1] >= 1.0);
    }
}

#[test]
fn the_smallest_spaces() {
    let logits: Written<'_> =
        &|_, h, a, _| h.iter_mut().zip(a).enumerate().for_each(|(v, (h, a))| (*h, *a) = (0.5 * v as f64, v as f64));
    let moments = |vocabulary, max_length, ending| {
        let policy = ByPrefix::new(shape(vocabulary, max_length, ending), logits).expect("valid");
        walk(&policy, &|o: &[u32]| o[0] == 0).expect("valid")
    };
    // One forced EOS; one token; a Bernoulli token: λ = log p₀/p₁ = −½, scores 0 − p₁ and 1 − p₁.
    assert_eq!(moments(5, 1, Ending::Eos).responses, [0, 1]);
    assert_eq!(moments(1, 7, Ending::Fixed).log_mass(), [f64::NEG_INFINITY, 0.0]);
    let one = moments(2, 1, Ending::Fixed);
    let p = 1.0 / (1.0 + (-0.5_f64).exp());
    let expected = [(one.lambda(), -0.5), (one.mean[0], 1.0 - p), (one.mean[1], -p), (one.curvature[0], -p * (1.0 - p))];
    assert!(expected.iter().all(|(found, value)| (found - value).abs() < 1e-15), "{expected:?}");
    assert!(one.variance.iter().all(|&v| v < 1e-31));
    // A chain: EOS or 1 at every token, 1024 tokens deep.
    let chain = moments(2, MAX_LENGTH, Ending::Cut);
    assert_eq!(chain.responses, [1024, 1]);
    assert!((chain.log_mass()[1] - (1.0 - p).ln()).abs() < 1e-14);
}
