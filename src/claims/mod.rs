//! The paper's statements, one file each; this file is the only registry.
//!
//! A claim is two numbers and a relation: what an instance gives (*computed*), what the statement allows (*claimed*). It never
//! samples and never judges; campaigns, certificates and tests do that, in the same way for every claim.
//!
//! # Adding a claim
//! Copy `template.rs` to `slug_with_underscores.rs`, fill it in, add its line to [`REGISTRY`], a test module in `tests/claims`
//! and a page in `docs/claims`. `tests/coverage.rs` fails until all four are there.

pub mod coefficients;
pub mod conditions;
pub mod reduced;

mod ascent_threshold;
mod conditional_policies;
mod convergence;
mod curvature_window;
mod gap_alignment_angle;
mod gradient_gap_identity;
mod grpo_direction;
mod grpo_effective_step;
mod length_norm;
mod linear_rate;
mod linear_softmax_step;
mod log_odds_step;
mod log_odds_step_tight;
mod mean_energy;
mod no_universal_collapse;
mod overshoot_collapse;
mod pg_rates;
mod policy_normalises;
mod rare_failure_step;
mod reinforce_gradient;
mod safe_step_scaling;
mod score_decomposes;
mod second_order;
mod second_order_printed;
mod self_bounding;
mod smooth_only_step;
mod stagnation;
mod stagnation_printed;
#[cfg(test)]
mod template;
mod threshold_match;
mod token_convergence;
mod token_log_odds_step;
mod token_overshoot_collapse;
mod token_smooth_only_step;
mod token_to_trajectory;
mod uses;

use crate::evaluation::Evaluation;
use crate::instance::Instance;
use crate::number::{Interval, Scalar};
use crate::regularity::Reading;
use crate::tolerance::{self, Tolerance};
#[doc(hidden)] // tests/controls and tests/collapse compare wrong statements by it
pub use overshoot_collapse::collapse_parts;
use serde::Serialize;
use smallvec::SmallVec;
use std::fmt;
pub use uses::{corrected_by, used_in_proof};

/// All claims, in the order of the paper; after them the companion's own theorems.
pub static REGISTRY: &[ClaimEntry] = &[
    claim::<policy_normalises::PolicyNormalises>(),
    claim::<reinforce_gradient::ReinforceGradient>(),
    claim::<grpo_direction::GrpoDirection>(),
    claim::<conditional_policies::ConditionalPolicies>(),
    claim::<gradient_gap_identity::GradientGapIdentity>(),
    claim::<gap_alignment_angle::GapAlignmentAngle>(),
    claim::<stagnation_printed::StagnationPrinted>(),
    claim::<stagnation::Stagnation>(),
    claim::<convergence::Convergence>(),
    claim::<log_odds_step::LogOddsStep>(),
    claim::<linear_rate::LinearRate>(),
    claim::<overshoot_collapse::OvershootCollapse>(),
    claim::<second_order_printed::SecondOrderPrinted>(),
    claim::<second_order::SecondOrder>(),
    claim::<score_decomposes::ScoreDecomposes>(),
    claim::<token_to_trajectory::TokenToTrajectory>(),
    claim::<length_norm::LengthNorm>(),
    claim::<token_convergence::TokenConvergence>(),
    claim::<token_overshoot_collapse::TokenOvershootCollapse>(),
    claim::<threshold_match::ThresholdMatch>(),
    claim::<grpo_effective_step::GrpoEffectiveStep>(),
    claim::<safe_step_scaling::SafeStepScaling>(),
    claim::<token_log_odds_step::TokenLogOddsStep>(),
    claim::<ascent_threshold::AscentThreshold>(),
    claim::<no_universal_collapse::NoUniversalCollapse>(),
    claim::<log_odds_step_tight::LogOddsStepTight>(),
    claim::<linear_softmax_step::LinearSoftmaxStep>(),
    claim::<curvature_window::CurvatureWindow>(),
    claim::<smooth_only_step::SmoothOnlyStep>(),
    claim::<token_smooth_only_step::TokenSmoothOnlyStep>(),
    claim::<rare_failure_step::RareFailureStep>(),
    claim::<mean_energy::MeanEnergy>(),
    claim::<self_bounding::SelfBounding>(),
    claim::<pg_rates::PgRates>(),
];

/// The claim of the registry called `slug`.
pub fn find(slug: &str) -> Option<&'static ClaimEntry> {
    REGISTRY.iter().find(|claim| claim.statement.slug == slug)
}

/// How the two sides are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Relation {
    /// computed = claimed, to a stated number of rounding units of the condition.
    Identity,
    /// A quantity from above: computed ≤ claimed.
    Upper,
    /// A quantity from below, written as shortfall ≤ allowance.
    Lower,
    /// A limit, checked through an explicit rate: deviation ≤ rate.
    Asymptotic,
    /// Two thresholds compared: quotient ≤ constant.
    Ratio,
    /// There is an instance: every instance of the families that construct one is put to the test, others say nothing.
    Existence,
}

impl fmt::Display for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Relation::Identity => "identity",
            Relation::Upper => "upper bound",
            Relation::Lower => "lower bound",
            Relation::Asymptotic => "asymptotic",
            Relation::Ratio => "ratio",
            Relation::Existence => "existence",
        })
    }
}

/// What the mathematics says of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Expected {
    /// True: no instance may refute it.
    Holds,
    /// False as printed: a certified counterexample is expected.
    Fails,
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Expected::Holds => "holds",
            Expected::Fails => "fails",
        })
    }
}

/// How many updates a statement speaks about, and so which families it is checked on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// One: the first update of an instance.
    Step,
    /// All updates of an instance, one after the other.
    Run,
}

/// A statement: what is said, where, and how it is to be checked.
#[derive(Clone, Copy, Debug)]
pub struct Statement {
    /// The name used everywhere: file, test, page, command line, witness.
    pub slug: &'static str,
    /// The place in the paper.
    pub place: &'static str,
    /// One line in plain text with Unicode mathematics.
    pub formula: &'static str,
    /// How the sides are compared.
    pub relation: Relation,
    /// The reading of the regularity constants. It must be there where the statement has G_o, L_o, G_p, L_p or T_ψ1:
    /// binary64 samples these suprema, and a sampled one that is too small is then no disagreement with the intervals,
    /// which enclose them.
    pub reading: Option<Reading>,
    /// What the mathematics says.
    pub expected: Expected,
    /// The paper's assumptions that are used, by name.
    pub assumptions: &'static [&'static str],
    /// The page of this claim in `docs/claims`, as Markdown.
    pub page: &'static str,
}

impl Statement {
    /// A statement of one's own, expected to hold, in no paper, without a reading, assumptions and page. What differs is
    /// named:
    ///
    /// ```
    /// use gradient_gap::claims::{Relation, Statement};
    /// use gradient_gap::regularity::Reading;
    ///
    /// const STATEMENT: Statement = Statement {
    ///     reading: Some(Reading::Seg), // G_o is a supremum over the segment
    ///     ..Statement::new("lipschitz", "|λ(η) − λ(0)| ≤ 2ηG_o", Relation::Upper)
    /// };
    /// assert_eq!(STATEMENT.place, "–");
    /// ```
    pub const fn new(slug: &'static str, formula: &'static str, relation: Relation) -> Statement {
        let (place, expected) = ("–", Expected::Holds);
        Statement { slug, place, formula, relation, reading: None, expected, assumptions: &[], page: "" }
    }
}

/// One comparison: computed against claimed.
#[derive(Clone, Copy, Debug)]
pub struct Part<N> {
    /// Which part of the statement this is.
    pub name: &'static str,
    /// What the instance gives, the left side.
    pub computed: N,
    /// What the statement allows (inequalities: computed ≤ claimed) or asserts (identities: computed = claimed).
    pub claimed: N,
    /// For identities, the rounding error that binary64 may make on both sides together; `None` for inequalities.
    pub tolerance: Option<Tolerance>,
}

/// The comparisons of one claim on one instance: `Parts::from_iter([…])` makes them of a few [`Part`]s.
pub type Parts<N> = SmallVec<[Part<N>; 4]>;

impl<N: Scalar> Part<N> {
    /// The inequality computed ≤ claimed; a lower bound is written as shortfall ≤ allowance.
    pub fn at_most(name: &'static str, computed: N, claimed: N) -> Self {
        Part { name, computed, claimed, tolerance: None }
    }

    /// The identity computed = claimed. In binary64 both sides together may err by `ulps` rounding units (2⁻⁵³) of
    /// `condition`, the sum of the absolute values of what was added up.
    pub fn identity(name: &'static str, computed: N, claimed: N, ulps: f64, condition: f64) -> Self {
        Part { name, computed, claimed, tolerance: Some(Tolerance { ulps, condition }) }
    }

    /// The entries of two vectors of one length, each an identity under the tolerance of [`Part::identity`]: as many parts
    /// of one name.
    pub fn identities(name: &'static str, computed: &[N], claimed: &[N], ulps: f64, condition: f64) -> Parts<N> {
        computed.iter().zip(claimed).map(|(&x, &y)| Part::identity(name, x, y, ulps, condition)).collect()
    }
}

/// A condition under which a claim speaks.
#[derive(Clone, Copy, Debug)]
pub struct Hypothesis {
    /// The condition in words or symbols.
    pub name: &'static str,
    /// Its margin in binary64: satisfied iff ≥ 0.
    pub real: fn(&Evaluation<'_, f64>) -> f64,
    /// Its enclosed margin: certainly satisfied iff ≥ 0 throughout.
    pub enclosed: fn(&Evaluation<'_, Interval>) -> Interval,
    /// An instance that satisfies it, so that no claim is true for want of instances.
    pub witness: fn() -> Instance,
}

/// A condition, written once over the number trait; [`hypothesis`] makes it data.
///
/// ```
/// use gradient_gap::claims::conditions::triangle;
/// use gradient_gap::prelude::*;
///
/// /// J ≤ ½.
/// struct Hard;
///
/// impl Condition for Hard {
///     const NAME: &'static str = "J ≤ ½";
///     fn margin<N: Scalar>(evaluation: &Evaluation<'_, N>) -> N {
///         N::of(0.5) - evaluation.start().success()
///     }
///     fn witness() -> Instance {
///         triangle() // J = 1/3
///     }
/// }
///
/// const GIVEN: &[Hypothesis] = &[hypothesis::<Hard>()]; // for a claim's GIVEN
/// assert!((GIVEN[0].real)(&Evaluation::new(&triangle(), 1)) > 0.0);
/// ```
pub trait Condition {
    /// The condition in words or symbols.
    const NAME: &'static str;
    /// At least 0 exactly where the condition holds.
    fn margin<N: Scalar>(evaluation: &Evaluation<'_, N>) -> N;
    /// An instance that satisfies it.
    fn witness() -> Instance;
}

/// The condition H as data: what stands in [`Claim::GIVEN`].
pub const fn hypothesis<H: Condition>() -> Hypothesis {
    Hypothesis { name: H::NAME, real: H::margin::<f64>, enclosed: H::margin::<Interval>, witness: H::witness }
}

/// A statement, of the paper or anybody's own: the two sides as one function over the number trait. [`claim`] makes it data.
///
/// A claim reads an [`Evaluation`] and nothing else. Of its two sides the *computed* one is what the instance gives, the
/// *claimed* one what the statement allows; the same function runs over `f64`, where suprema are sampled, and over
/// [`Interval`], where all is enclosed. An example stands in [`prelude`](crate::prelude), longer ones in
/// `examples/own_claim.rs` and `src/claims`.
pub trait Claim {
    /// What is said, and where.
    const STATEMENT: Statement;
    /// How many updates it speaks about.
    const SCOPE: Scope = Scope::Step;
    /// The only families whose instances are put to the test (existence: the constructions); `None` for all.
    const FAMILIES: Option<&'static [&'static str]> = None;
    /// How many times as many random instances a campaign asks it about as other claims, because few meet its conditions.
    const TIMES: u64 = 1;
    /// The parts, by name, whose constants no smaller ones could replace: an attack comes within half a per cent of them.
    const SHARP: &'static [&'static str] = &[];
    /// The parts, by name, that only say that an instance is one of those which the statement says exist: an attack does not report them
    /// as its result.
    const SIDE: &'static [&'static str] = &[];
    /// The conditions under which it is said.
    const GIVEN: &'static [Hypothesis] = &[];
    /// The two sides, part by part. Called only where all of `GIVEN` holds.
    fn sides<N: Scalar>(evaluation: &Evaluation<'_, N>) -> Parts<N>;
}

/// A claim as data: what the registry holds.
#[derive(Clone, Copy, Debug)]
pub struct ClaimEntry {
    /// What is said, and where: [`Claim::STATEMENT`].
    pub statement: Statement,
    /// How many updates it speaks about: [`Claim::SCOPE`].
    pub scope: Scope,
    /// The only families whose instances are put to the test; `None` for all.
    pub families: Option<&'static [&'static str]>,
    /// How many times as many random instances a campaign asks it about as other claims.
    pub times: u64,
    /// The parts, by name, whose constants no smaller ones could replace.
    pub sharp: &'static [&'static str],
    /// The parts, by name, that are [side conditions](Claim::SIDE).
    pub side: &'static [&'static str],
    /// The conditions under which it is said: [`Claim::GIVEN`].
    pub given: &'static [Hypothesis],
    /// The two sides in binary64, suprema sampled.
    pub real: Sides<f64>,
    /// The two sides in intervals, suprema enclosed over the whole segment.
    pub enclosed: Sides<Interval>,
}

/// The two sides as data, over one kind of number.
#[derive(Clone, Copy, Debug)]
pub struct Sides<N> {
    all: fn(&Evaluation<'_, N>) -> Parts<N>,
    /// The one part that is compared, and the factor of what is claimed there, if it is not 1; `None` for the statement itself.
    scaled: Option<(&'static str, Option<f64>)>,
}

impl<N: Scalar> Sides<N> {
    /// The statement's own sides.
    pub const fn new(all: fn(&Evaluation<'_, N>) -> Parts<N>) -> Sides<N> {
        Sides { all, scaled: None }
    }

    /// The comparisons on the instance of `evaluation`, in the order of the statement.
    pub fn parts(&self, evaluation: &Evaluation<'_, N>) -> Parts<N> {
        let Some((name, factor)) = self.scaled else { return (self.all)(evaluation) };
        let chosen = (self.all)(evaluation).into_iter().filter(|part| part.name == name);
        let claimed = |part: &Part<N>| factor.map_or(part.claimed, |factor| N::of(factor) * part.claimed);
        chosen.map(|part| Part { claimed: claimed(&part), ..part }).collect()
    }
}

impl ClaimEntry {
    /// A negative control: of all parts the one of this name alone, with `factor` of what it claims, under the same hypotheses
    /// and on the same families. Where a part bounds a quantity from below, the claimed side is what may be lacking, and this
    /// share of it.
    pub fn with_constant(&self, part: &'static str, factor: f64) -> ClaimEntry {
        let statement = Statement { expected: Expected::Fails, ..self.statement };
        ClaimEntry { statement, sharp: &[], ..self.compared(Some((part, Some(factor)))) }
    }

    /// The statement's part of this name alone, under the same hypotheses and on the same families.
    pub fn only(&self, part: &'static str) -> ClaimEntry {
        ClaimEntry { side: &[], ..self.compared(Some((part, None))) }
    }

    fn compared(&self, scaled: Option<(&'static str, Option<f64>)>) -> ClaimEntry {
        let (real, enclosed) = (Sides { scaled, ..self.real }, Sides { scaled, ..self.enclosed });
        ClaimEntry { real, enclosed, ..*self }
    }

    /// How many updates of the instance it looks at.
    pub fn updates(&self, instance: &Instance) -> usize {
        match self.scope {
            Scope::Step => 1,
            Scope::Run => instance.updates(),
        }
    }

    /// Whether instances of this family are put to the test.
    pub fn is_tested_on(&self, family: &str) -> bool {
        self.families.is_none_or(|names| names.contains(&family))
    }
}

/// The claim C as data: what campaigns, attacks and certificates take. [`prelude`](crate::prelude) has an example.
pub const fn claim<C: Claim>() -> ClaimEntry {
    ClaimEntry {
        statement: C::STATEMENT,
        scope: C::SCOPE,
        families: C::FAMILIES,
        times: C::TIMES,
        sharp: C::SHARP,
        side: C::SIDE,
        given: C::GIVEN,
        real: Sides::new(C::sides::<f64>),
        enclosed: Sides::new(C::sides::<Interval>),
    }
}
