//! Controls of the companion's sharp theorems: every part that is called sharp with a hundredth less, which an equality case must
//! exceed, and a wrong formula beside each. The comparisons of Theorems 2 and 4 are corrupted in the same two ways.

use crate::wrong_statement;
use gradient_gap::Evaluation;
use gradient_gap::claims::{self, Claim, ClaimEntry, Part, Parts, Relation, Statement, claim, collapse_parts};
use gradient_gap::collapse::Terms;
use gradient_gap::number::{Interval, Scalar};
use smallvec::smallvec;

/// The parts whose name begins with `name`, `factor` of the claimed side.
fn scaled<N: Scalar>(parts: Parts<N>, name: &str, factor: f64) -> Parts<N> {
    let chosen = parts.into_iter().filter(|part| part.tolerance.is_none() && part.name.starts_with(name));
    chosen.map(|part| Part { claimed: N::of(factor) * part.claimed, ..part }).collect()
}

fn registered(slug: &str) -> &'static ClaimEntry {
    claims::find(slug).unwrap_or_else(|| panic!("{slug} is not in the registry"))
}

macro_rules! smaller {
    ($($slug:literal, $part:literal, $factor:literal;)*) => {
        vec![$(ClaimEntry {
            statement: wrong_statement(concat!($slug, ", ", stringify!($factor), " of: ", $part), $slug, Relation::Upper),
            real: |e: &Evaluation<'_, f64>| scaled((registered($slug).real)(e), $part, $factor),
            enclosed: |e: &Evaluation<'_, Interval>| scaled((registered($slug).enclosed)(e), $part, $factor),
            ..*registered($slug)
        }),*]
    };
}

/// Every sharp part with a smaller constant. Not sharp, and not here: the second part and the E⁻\[ℓ\] part of their claims that the
/// sides exchanged would need, (b) of rare-failure-step, (22) with the minimum.
fn smaller() -> Vec<ClaimEntry> {
    smaller! {
        "log-odds-step-tight", "|R|", 0.99;
        "linear-softmax-step", "R ≤ diam(O⁺)²", 0.99;
        "linear-softmax-step", "|R| ≤ D²", 0.99;
        "curvature-window", "Jλ'² − L_o/(1−J) ≤ λ''", 0.99;
        "curvature-window", "λ'' ≤ L_o/J − (1−J)λ'²", 0.99;
        "curvature-window", "−L_o/(1−J)", 0.99;
        "curvature-window", "L_o/J", 0.99;
        "curvature-window", "−(G_o² + L_o)/J", 0.99;
        "curvature-window", "(G_o² + L_o)/(1−J)", 0.99;
        "smooth-only-step", "−R", 0.99;
        "smooth-only-step", "R", 0.99;
        "smooth-only-step", "log J", 0.99;
        "smooth-only-step", "log(1−J)", 0.99;
        "token-smooth-only-step", "−R ≤ L_pE⁺[ℓ]", 0.99;
        "token-smooth-only-step", "R ≤ L_pE⁻[ℓ]", 0.99;
        "token-smooth-only-step", "log J", 0.99;
        "token-smooth-only-step", "log(1−J)", 0.99;
        "token-smooth-only-step", "−R ≤ L_pT∞", 0.99;
        "token-smooth-only-step", "R ≤ L_pT∞", 0.99;
        "token-smooth-only-step", "J exp", 0.99;
        "token-smooth-only-step", "E⁺[ℓ]", 0.97; // the edge with 24 tokens reaches 0.98
        "rare-failure-step", "2η⁻² log E", 0.99;
        "rare-failure-step", "shortfall", 0.99;
        "mean-energy", "E[s²] against G_p²", 0.99;
        "mean-energy", "E[s²] against L_p", 0.99;
        "self-bounding", "s(o)²", 0.99;
        "self-bounding", "((1−J)Δμ)²", 0.99;
        "self-bounding", "(JΔμ)²", 0.99;
        "overshoot-collapse", "J(k+1) < J(k)", 0.05;
        "overshoot-collapse", "‖w_k‖²", 0.8;
        "overshoot-collapse", "Δμ ≤ √S", 0.99;
        "overshoot-collapse", "window, lower end", 0.99;
        "overshoot-collapse", "window, upper end", 0.99;
        "token-overshoot-collapse", "J(k+1) < J(k)", 0.05;
        "token-overshoot-collapse", "‖w_k‖²", 0.8;
        "token-overshoot-collapse", "Δμ ≤ √S", 0.99;
        "token-overshoot-collapse", "window, lower end", 0.99;
        "token-overshoot-collapse", "window, upper end", 0.99;
    }
}

macro_rules! wrong {
    ($($(#[$doc:meta])* $name:ident corrupts $slug:literal |$e:ident| $body:block)*) => {
        $(
            $(#[$doc])*
            struct $name;
            impl Claim for $name {
                const STATEMENT: Statement = wrong_statement(stringify!($name), $slug, Relation::Upper);
                fn sides<N: Scalar>($e: &Evaluation<'_, N>) -> Parts<N> $body
            }
        )*
        /// The wrong formulas, under the hypotheses of the claims that they corrupt and on their families.
        fn wrong() -> Vec<ClaimEntry> {
            vec![$({
                let ClaimEntry { scope, families, given, .. } = *registered($slug);
                ClaimEntry { scope, families, given, ..claim::<$name>() }
            }),*]
        }
    };
}

/// [`collapse_parts`] with other terms than the claim's.
fn collapse<N: Scalar>(e: &Evaluation<'_, N>, corrupted: impl Fn(Terms<N>) -> Terms<N>) -> Parts<N> {
    let terms = Terms::of(e.instance(), e.course());
    terms.map(|terms| collapse_parts(e.course(), &corrupted(terms))).unwrap_or_default()
}

wrong! {
    /// A quarter of G_o² for a half.
    TightStepQuarter corrupts "log-odds-step-tight" |e| {
        let c = e.constants();
        let coefficient = c.curvature + N::of(0.25) * c.score.square();
        smallvec![Part::at_most("|R|", e.step().remainder.abs(), coefficient * e.eta().square())]
    }
    /// ½L_oη² for a linear softmax.
    LinearStepByHalfTheSmoothness corrupts "linear-softmax-step" |e| {
        smallvec![Part::at_most("|R|", e.mean_second().abs(), e.constants().curvature)]
    }
    /// J for 1 − J.
    WindowExchanged corrupts "curvature-window" |e| {
        let start = e.start();
        let bent = start.second() + (start.failure() - start.success()) * start.alignment().square();
        let smooth = start.responses.curvature.iter().fold(N::zero(), |top, x| top.max(x.abs()));
        smallvec![Part::at_most("−L_o/J", -(start.success() * bent), smooth)]
    }
    /// Without 1 − J: λ as smooth as log J.
    SmoothStepWithoutFailureRate corrupts "smooth-only-step" |e| {
        smallvec![Part::at_most("−R", -e.mean_second(), e.constants().curvature)]
    }
    /// The lengths of the other side.
    TokenStepWithTheOtherLengths corrupts "token-smooth-only-step" |e| {
        let claimed = e.constants().token_curvature * e.start().length[0];
        smallvec![Part::at_most("−R", -(e.start().failure() * e.mean_second()), claimed)]
    }
    /// log 1/(1−J) for 2 log(1 + 2/(1−J)).
    RareFailureWithASmallLogarithm corrupts "rare-failure-step" |e| {
        let Some(bounds) = e.line_bounds() else { return smallvec![] };
        let energy = e.start().variance[0] + e.start().mean[0].square();
        let claimed = bounds.proxy * e.modelled_tokens() * -e.start().log_failure();
        smallvec![Part::at_most("E⁻[s²]", energy, claimed)]
    }
    /// (16) with 8 min(G_o², L_o).
    MeanEnergyInTheTrajectoryBound corrupts "mean-energy" |e| {
        let c = e.constants();
        let coefficient = c.curvature + N::of(8.0) * c.score.square().min(c.curvature);
        smallvec![Part::at_most("|R|", e.step().remainder.abs(), coefficient * e.eta().square())]
    }
    /// log 1/p for 2 log 1/p.
    SelfBoundingOnce corrupts "self-bounding" |e| {
        let Some(bounds) = e.line_bounds() else { return smallvec![] };
        let start = e.start();
        let square = (start.failure() * start.alignment()).square();
        smallvec![Part::at_most("((1−J)Δμ)²", square, bounds.curvature * e.modelled_tokens() * -start.log_success())]
    }
    /// S without G_o²: the window of another S.
    CollapseWindowWithoutTheScore corrupts "overshoot-collapse" |e| {
        collapse(e, |terms| Terms { score: N::zero(), ..terms })
    }
    /// (19)'s c in Theorem 2.
    CollapseWindowOfTokens corrupts "overshoot-collapse" |e| {
        collapse(e, |terms| Terms { factor: 120.0, ..terms })
    }
    /// (19) without G_p².
    TokenCollapseWindowWithoutTheScore corrupts "token-overshoot-collapse" |e| {
        collapse(e, |terms| Terms { score: N::zero(), factor: 120.0, ..terms })
    }
    /// (19) with half of its c more.
    TokenCollapseWindowOfAHalfMore corrupts "token-overshoot-collapse" |e| {
        collapse(e, |terms| Terms { factor: 180.0, ..terms })
    }
}

/// All of them.
pub fn controls() -> Vec<ClaimEntry> {
    [smaller(), wrong()].concat()
}
