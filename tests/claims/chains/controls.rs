//! Wrong statements about long responses, one error each: intervals refute them and binary64 notices, at every length.

use super::{kinds, of_kinds};
use crate::support::claim;
use gradient_gap::Evaluation;
use gradient_gap::check::judge::{Decision, Measured, RATIO_LIMIT, certify, measure};
use gradient_gap::claims::{Claim, ClaimEntry, Expected, Hypothesis, Part, Parts, Relation, Statement, claim as entry};
use gradient_gap::line::norm;
use gradient_gap::number::{Scalar, sum};
use gradient_gap::regularity::psi1_norm;
use gradient_gap::tolerance::ULPS;
use gradient_gap::update::conditional_scores;
use smallvec::smallvec;

macro_rules! wrong {
    ($($(#[$doc:meta])* $name:ident corrupts $slug:literal |$e:ident| $body:block)*) => {
        $(
            $(#[$doc])*
            struct $name;
            impl Claim for $name {
                const STATEMENT: Statement = Statement {
                    slug: stringify!($name),
                    place: $slug,
                    formula: "wrong on purpose",
                    relation: Relation::Identity,
                    reading: None,
                    expected: Expected::Fails,
                    assumptions: &[],
                    page: "",
                };
                const GIVEN: &'static [Hypothesis] = &[];
                fn sides<N: Scalar>($e: &Evaluation<'_, N>) -> Parts<N> $body
            }
        )*
        /// The controls, under the hypotheses of the claims that they corrupt.
        fn controls() -> Vec<ClaimEntry> {
            vec![$(ClaimEntry { given: claim($slug).given, ..entry::<$name>() }),*]
        }
    };
}

/// ∇J/(J(1−J)) by differentiation of the rarer side.
fn gradient<N: Scalar>(e: &Evaluation<'_, N>) -> Vec<N> {
    let ([minus, plus], start) = (&e.coordinates().log_mass, e.start());
    match start.lambda().mid() <= 0.0 {
        true => plus.iter().map(|&g| g / start.failure()).collect(),
        false => minus.iter().map(|&g| -g / start.success()).collect(),
    }
}

fn of_gap<N: Scalar>(e: &Evaluation<'_, N>, computed: &[N], claimed: &[N]) -> Parts<N> {
    Part::identities("gap", computed, claimed, ULPS, e.logit_condition() * e.gap().condition)
}

wrong! {
    /// As if the responses that are cut, or forced to stop, at T∞ did not count.
    WithoutTheLongest corrupts "policy-normalises" |e| {
        let law = e.on_line().length_law(e.start());
        let shorter = law.iter().filter(|(length, _)| *length < e.instance().policy.max_length());
        smallvec![Part::identity("total", sum(shorter.map(|(_, lp)| lp.exp())), N::one(), ULPS, e.logit_condition())]
    }
    /// O⁺ alone.
    HalfOfThem corrupts "policy-normalises" |e| {
        smallvec![Part::identity("total", e.start().log_mass()[1].exp(), N::one(), ULPS, e.logit_condition())]
    }
    /// E∓[s] without one token in T∞.
    OneTokenLess corrupts "score-decomposes" |e| {
        let masses = e.on_line().log_mass_jets(N::zero());
        let share = N::one() - N::one() / e.max_length();
        let mean = e.start().mean;
        let part = |side: usize| Part::identity("s", masses[side].first, share * mean[side], ULPS, e.score_condition());
        smallvec![part(0), part(1)]
    }
    /// The curvature of log P(O∓) as if scores did not vary.
    WithoutTheVariance corrupts "score-decomposes" |e| {
        let masses = e.on_line().log_mass_jets(N::zero());
        let mean = e.start().curvature;
        let part = |side: usize| Part::identity("H", masses[side].second, mean[side], ULPS, e.curvature_condition());
        smallvec![part(0), part(1)]
    }
    /// ∇J = J²(1−J)(g⁺ − g⁻).
    SuccessCountedTwice corrupts "reinforce-gradient" |e| {
        let claimed: Vec<N> = e.gap().vector.iter().map(|&g| g * e.start().success()).collect();
        of_gap(e, &gradient(e), &claimed)
    }
    /// ∇J = J(g⁺ − g⁻).
    MissingFailureRate corrupts "gradient-gap-identity" |e| {
        let claimed: Vec<N> = e.gap().vector.iter().map(|&g| g / e.start().failure()).collect();
        of_gap(e, &gradient(e), &claimed)
    }
    /// (1−J) g⁺ + J g⁻ = 0.
    BalanceExchanged corrupts "conditional-policies" |e| {
        let (start, [plus, minus]) = (e.start(), conditional_scores(e));
        let computed: Vec<N> = plus.iter().map(|&g| start.failure() * g).collect();
        let claimed: Vec<N> = minus.iter().map(|&g| -(start.success() * g)).collect();
        of_gap(e, &computed, &claimed)
    }
    /// Δμ = ‖g⁺ − g⁻‖ for every w.
    AngleForgotten corrupts "gap-alignment-angle" |e| {
        of_gap(e, &[e.lambda_jet().first], &[norm(&e.gap().vector)])
    }
    /// The length taken out of the mean.
    DividedByTheMeanLength corrupts "grpo-direction" |e| {
        let claimed: Vec<N> = e.gap().vector.iter().map(|&g| g / e.start().mean_length()).collect();
        let condition = e.logit_condition() * e.gap().condition / e.start().mean_length().mid();
        // Of a constant length it is right.
        match e.instance().policy.constant_length() {
            Some(_) => smallvec![],
            None => Part::identities("bracket", &e.coordinates().grpo, &claimed, ULPS, condition),
        }
    }
    /// T_ψ1⁻¹ for T⁻¹, where the length is constant.
    OrliczNormForTheLength corrupts "grpo-effective-step" |e| {
        let claimed = norm(&e.gap().vector) / psi1_norm(&e.on_line().length_law(e.start()));
        let condition = e.logit_condition() * e.gap().condition / e.max_length().mid();
        let part = Part::identity("GRPO", norm(&e.coordinates().grpo), claimed, ULPS, condition);
        if e.instance().policy.constant_length().is_some() { smallvec![part] } else { smallvec![] }
    }
    /// Dr. GRPO's step divided by the length, as GRPO's is.
    DrGrpoByLength corrupts "grpo-effective-step" |e| {
        let claimed = norm(&e.gap().vector) / e.start().mean_length();
        of_gap(e, &[norm(&e.coordinates().reinforce)], &[claimed])
    }
}

/// Every control is noticed in binary64 and refuted by intervals on nearly all instances that it speaks of; on none is the
/// claim that it corrupts violated.
fn all_are_noticed(tokens: u32) {
    let instances = of_kinds(&kinds()[..4], 11, tokens, 8);
    for control in controls() {
        let (slug, corrupted) = (control.statement.slug, claim(control.statement.place));
        let (mut asked, mut real, mut refuted) = (0, 0, 0);
        for instance in &instances {
            let measured = measure(&control, &Evaluation::<f64>::new(instance, 1));
            let Measured::Inside { ratio: Some(ratio), .. } = measured else { continue };
            asked += 1;
            real += u32::from(ratio > RATIO_LIMIT);
            refuted += u32::from(certify(&control, instance).decision == Decision::Violated);
            assert_ne!(certify(corrupted, instance).decision, Decision::Violated, "{slug}");
        }
        assert!(real.min(refuted) > 0 && real.min(refuted) + MISSED >= asked, "{slug}: {real} and {refuted} of {asked}");
    }
}

/// Where EOS is so frequent that the longest responses have no mass to speak of, it does not matter that they are forgotten;
/// and a ten-thousandth of a small mean is within the tolerance of binary64 at 10 000 tokens.
const MISSED: u32 = 2;

#[test]
fn of_a_hundred_tokens() {
    all_are_noticed(100);
}

#[test]
fn of_a_thousand_tokens() {
    all_are_noticed(1_000);
}

#[test]
fn of_ten_thousand_tokens() {
    all_are_noticed(10_000);
}
