//! How large the constants of (16) and (22) must be. Questions, not statements: none of these is in the registry.
//!
//! Each asks for one coefficient while the others are held where they are proved to serve; an attack on it finds the largest
//! coefficient that some instance needs.

use super::conditions::{TokensModelled, two_coins};
use super::{Claim, ClaimEntry, Condition, Expected, Hypothesis, Part, Parts, Relation, Statement, claim, hypothesis};
use crate::evaluation::Evaluation;
use crate::instance::Instance;
use crate::number::Scalar;
use crate::policy::Policy;
use crate::regularity::Reading;
use smallvec::smallvec;

/// One coefficient of a bound of the paper, (16) or (22).
#[derive(Clone, Copy, Debug)]
pub struct Coefficient {
    /// The bound as a formula, the coefficient written c.
    pub bound: &'static str,
    /// What c multiplies in it, as a formula.
    pub of: &'static str,
    /// The paper's value of c.
    pub paper: f64,
    /// The smallest value of c that is proved to serve, beside the others as `claim` holds them.
    pub proved: f64,
    /// "The proved value serves": its ratio times that value is the coefficient that an instance needs.
    pub claim: ClaimEntry,
    /// An instance that needs more of it than searches find.
    pub known: Option<ByHand>,
}

/// An instance written by hand.
#[derive(Clone, Copy, Debug)]
pub struct ByHand {
    /// What the instance is, in a few words.
    pub name: &'static str,
    /// Makes the instance.
    pub instance: fn() -> Instance,
}

/// All coefficients of (16) and (22).
pub static COEFFICIENTS: &[Coefficient] = &[
    Coefficient {
        bound: "(16), |R| ≤ (c L_o + ½ G_o²) η²",
        of: "L_o",
        paper: 1.0,
        proved: 1.0,
        claim: claim::<OfCurvature>(),
        known: None,
    },
    Coefficient {
        bound: "(16), |R| ≤ (L_o + c G_o²) η²",
        of: "G_o²",
        paper: 8.0,
        proved: 0.5,
        claim: claim::<OfScore>(),
        known: None,
    },
    Coefficient {
        bound: "(22), −R ≤ (c L_pT∞ + G_p²T_ψ1/(1−J)) η²",
        of: "L_pT∞",
        paper: 1.0,
        proved: 1.0,
        claim: claim::<OfTokenCurvature>(),
        known: None,
    },
    Coefficient {
        bound: "(22), −R ≤ (L_pT∞ + c G_p²T_ψ1/(1−J)) η², every η",
        of: "G_p²T_ψ1/(1−J)",
        paper: 1.0,
        proved: ANY_STEP,
        claim: claim::<OfTokenScore>(),
        known: Some(TORN),
    },
    Coefficient {
        bound: "the same where η ≤ 1/(2√(L_pT∞ + G_p²T_ψ1)), as in (18a)",
        of: "G_p²T_ψ1/(1−J)",
        paper: 1.0,
        proved: STEP_OF_18A,
        claim: claim::<OfTokenScoreWithin18a>(),
        known: Some(TORN),
    },
    Coefficient {
        bound: "in place of (22)'s bracket, −R ≤ c L_pE⁺[ℓ]/(1−J) η²",
        of: "L_pE⁺[ℓ]/(1−J)",
        paper: f64::NAN,
        proved: 0.5,
        claim: claim::<OfCorrectLength>(),
        known: None,
    },
];

/// Proved for every η, and for those of (18a): 4(2^{(1−√½)/2} − 1) = 0.42735… (page token-log-odds-step, "The other coefficient").
const ANY_STEP: f64 = 0.84;
const STEP_OF_18A: f64 = 0.4274;

/// "How large it must be" of the page: s = ±G, H = L on O⁻ and s = 0, H = −L on O⁺, with G²/L = 10⁻⁴ and a small step.
const TORN: ByHand = ByHand { name: "three responses, by hand", instance: torn };

fn torn() -> Instance {
    let (smooth, score) = (1.0, 0.01);
    let failure: f64 = smooth / (score * score + 2.0 * smooth);
    let side = Scalar::ln(0.5 * failure);
    let (slopes, bends) = (vec![score, -score, 0.0], vec![2.0 * smooth, 2.0 * smooth, 0.0]);
    Instance {
        policy: Policy::quadratic_softmax(1, slopes, bends, vec![side, side, Scalar::ln_1p(-failure)])
            .unwrap_or_else(|e| unreachable!("{e}")),
        theta: vec![0.0],
        direction: vec![1.0],
        eta: 1e-6,
        correct: vec![false, false, true],
        then: vec![],
    }
}

const fn question(slug: &'static str, place: &'static str, formula: &'static str) -> Statement {
    Statement {
        slug,
        place,
        formula,
        relation: Relation::Upper,
        reading: Some(Reading::Seg),
        expected: Expected::Holds,
        assumptions: &[],
        page: "",
    }
}

struct OfCurvature;
impl Claim for OfCurvature {
    const STATEMENT: Statement = question("coefficient-of-curvature", "Eq. (16)", "|R| − ½ G_o² η² ≤ L_o η²");
    fn sides<N: Scalar>(evaluation: &Evaluation<'_, N>) -> Parts<N> {
        let (constants, eta2) = (evaluation.constants(), evaluation.eta().square());
        let rest = N::of(0.5) * constants.score.square() * eta2;
        smallvec![Part::at_most("|R| − ½G²η²", evaluation.step().remainder.abs() - rest, constants.curvature * eta2)]
    }
}

struct OfScore;
impl Claim for OfScore {
    const STATEMENT: Statement = question("coefficient-of-score", "Eq. (16)", "|R| − L_o η² ≤ ½ G_o² η²");
    fn sides<N: Scalar>(evaluation: &Evaluation<'_, N>) -> Parts<N> {
        let (constants, eta2) = (evaluation.constants(), evaluation.eta().square());
        let claimed = N::of(0.5) * constants.score.square() * eta2;
        smallvec![Part::at_most("|R| − Lη²", evaluation.step().remainder.abs() - constants.curvature * eta2, claimed)]
    }
}

/// L_pT∞η², G_p²T_ψ1η²/(1−J) and −R.
fn bracket<N: Scalar>(evaluation: &Evaluation<'_, N>) -> [N; 3] {
    let (constants, eta2) = (evaluation.constants(), evaluation.eta().square());
    let smooth = constants.token_curvature * evaluation.max_length() * eta2;
    let noise = evaluation.start().over_failure(constants.token_score.square() * constants.psi1 * eta2);
    [smooth, noise, -evaluation.step().remainder]
}

struct OfTokenCurvature;
impl Claim for OfTokenCurvature {
    const STATEMENT: Statement = question("coefficient-of-token-curvature", "Eq. (22)", "−R − G_p²T_ψ1η²/(1−J) ≤ L_pT∞ η²");
    const GIVEN: &'static [Hypothesis] = &[hypothesis::<TokensModelled>()];
    fn sides<N: Scalar>(evaluation: &Evaluation<'_, N>) -> Parts<N> {
        let [smooth, noise, loss] = bracket(evaluation);
        smallvec![Part::at_most("−R − G_p²T_ψ1η²/(1−J)", loss - noise, smooth)]
    }
}

/// −R − L_pT∞η² against `proved` of G_p²T_ψ1η²/(1−J).
fn beside_curvature<N: Scalar>(evaluation: &Evaluation<'_, N>, proved: f64) -> Parts<N> {
    let [smooth, noise, loss] = bracket(evaluation);
    smallvec![Part::at_most("−R − L_pT∞η²", loss - smooth, N::of(proved) * noise)]
}

struct OfTokenScore;
impl Claim for OfTokenScore {
    const STATEMENT: Statement = question("coefficient-of-token-score", "Eq. (22)", "−R − L_pT∞η² ≤ 0.84 G_p²T_ψ1/(1−J) η²");
    const GIVEN: &'static [Hypothesis] = &[hypothesis::<TokensModelled>()];
    fn sides<N: Scalar>(evaluation: &Evaluation<'_, N>) -> Parts<N> {
        beside_curvature(evaluation, ANY_STEP)
    }
}

/// The second member of (18a).
struct WithinSecondOf18a;
impl Condition for WithinSecondOf18a {
    const NAME: &'static str = "4η²(L_pT∞ + G_p²T_ψ1) ≤ 1";
    fn margin<N: Scalar>(evaluation: &Evaluation<'_, N>) -> N {
        let constants = evaluation.constants();
        let noise = constants.token_score.square() * constants.psi1;
        let bend = constants.token_curvature * evaluation.max_length() + noise;
        N::one() - N::of(4.0) * evaluation.eta().square() * bend
    }
    fn witness() -> Instance {
        Instance { eta: 0.01, ..two_coins() }
    }
}

struct OfTokenScoreWithin18a;
impl Claim for OfTokenScoreWithin18a {
    const STATEMENT: Statement =
        question("coefficient-of-token-score-18a", "Eq. (22)", "−R − L_pT∞η² ≤ 0.4274 G_p²T_ψ1/(1−J) η²");
    const GIVEN: &'static [Hypothesis] = &[hypothesis::<TokensModelled>(), hypothesis::<WithinSecondOf18a>()];
    fn sides<N: Scalar>(evaluation: &Evaluation<'_, N>) -> Parts<N> {
        beside_curvature(evaluation, STEP_OF_18A)
    }
}

struct OfCorrectLength;
impl Claim for OfCorrectLength {
    const STATEMENT: Statement = question("coefficient-of-correct-length", "companion", "−R ≤ ½ L_pE⁺[ℓ]/(1−J) η²");
    const GIVEN: &'static [Hypothesis] = &[hypothesis::<TokensModelled>()];
    fn sides<N: Scalar>(evaluation: &Evaluation<'_, N>) -> Parts<N> {
        let (start, eta2) = (evaluation.start(), evaluation.eta().square());
        let curvature = evaluation.constants().token_curvature * start.length[1] * eta2;
        let claimed = start.over_failure(N::of(0.5) * curvature);
        smallvec![Part::at_most("−R", -evaluation.step().remainder, claimed)]
    }
}
