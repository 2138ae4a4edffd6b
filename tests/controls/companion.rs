//! Every part that is called sharp with a hundredth less, which an equality case must exceed, and a wrong formula beside each of the
//! companion's theorems. The comparisons of Theorems 2 and 4 are corrupted in the same two ways.

use crate::wrong_statement;
use gradient_gap::Evaluation;
use gradient_gap::claims::{self, Claim, ClaimEntry, Part, Parts, Relation, Scope, Statement, claim, collapse_parts};
use gradient_gap::collapse::Terms;
use gradient_gap::families;
use gradient_gap::number::Scalar;
use smallvec::smallvec;

fn registered(slug: &str) -> &'static ClaimEntry {
    claims::find(slug).unwrap_or_else(|| panic!("{slug} is not in the registry"))
}

/// The comparisons of Theorems 2 and 4 that have a smaller constant by hand: existence statements name no part as sharp. A run
/// that falls keeps far from the first two.
const COLLAPSE: [(&str, f64); 5] = [
    ("J(k+1) < J(k): gain over loss, worst step", 0.05),
    ("‖w_k‖² ≤ 1", 0.8),
    ("Δμ ≤ √S/(2c): (2cΔμ)² against S", 0.99),
    ("window, lower end: cΔμ against ηS", 0.99),
    ("window, upper end: 4η²S against 1", 0.99),
];

/// Every part that the registry calls sharp with a hundredth less, and [`COLLAPSE`]. Of a lower bound, shortfall ≤ allowance, it is a
/// hundredth of the allowance: for (15b), 0.505 in place of ½.
pub fn smaller() -> Vec<ClaimEntry> {
    let sharp = |claim: &'static ClaimEntry| claim.sharp.iter().map(move |&part| control(claim, part, 0.99));
    let collapse = ["overshoot-collapse", "token-overshoot-collapse"]
        .map(|slug| COLLAPSE.map(|(part, factor)| control(registered(slug), part, factor)));
    claims::REGISTRY.iter().flat_map(sharp).chain(collapse.into_iter().flatten()).collect()
}

/// `factor` of what `part` claims.
fn control(claim: &ClaimEntry, part: &'static str, factor: f64) -> ClaimEntry {
    let slug = claim.statement.slug;
    let name: &'static str = format!("{slug}, {factor} of: {part}").leak(); // a slug lives as long as the program
    let statement = wrong_statement(name, slug, Relation::Upper);
    ClaimEntry { statement, ..claim.with_constant(part, factor) }
}

/// The names in `smaller` are those of one part each, an inequality: wherever the claim speaks there is one such part at most, and
/// in some family there is one.
#[test]
fn a_smaller_constant_is_that_of_one_part() {
    for control in smaller() {
        let (name, slug) = (control.statement.slug, control.statement.place);
        let (_, part) = name.split_once(": ").unwrap_or_else(|| panic!("{name}"));
        let claim = registered(slug);
        let families = if claim.scope == Scope::Run { families::RUNS } else { families::REGISTRY };
        let mut met = 0;
        for family in families.iter().filter(|family| claim.is_tested_on(family.name)) {
            for u in family.edges().into_iter().map(|edge| edge.u).chain([vec![0.3; family.dim]]) {
                let Ok(instance) = family.decode(&u) else { continue };
                let e = Evaluation::<f64>::new(&instance, 1);
                if !claim.given.iter().all(|hypothesis| (hypothesis.real)(&e) >= 0.0) {
                    continue;
                }
                let parts = claim.real.parts(&e);
                let named: Vec<&Part<f64>> = parts.iter().filter(|known| known.name == part).collect();
                assert!(named.len() <= 1 && named.iter().all(|known| known.tolerance.is_none()), "{name}: {parts:?}");
                let scaled = control.real.parts(&e);
                assert_eq!(scaled.len(), named.len(), "{name}: {scaled:?}");
                for (scaled, known) in scaled.iter().zip(named) {
                    assert!(scaled.computed.to_bits() == known.computed.to_bits(), "{name}: the same computed side");
                    let smaller = scaled.claimed < known.claimed || known.claimed <= 0.0 || known.claimed.is_infinite();
                    assert!(smaller, "{name}: {scaled:?}, {known:?}");
                    met += 1;
                }
            }
        }
        assert!(met > 0, "{name}: no such part");
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
        if !e.instance().policy.is_listed() {
            return smallvec![];
        }
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
