//! What a claim, a policy and a family of one's own need, and the names that put them to the test:
//! `use gradient_gap::prelude::*;`.
//!
//! | to write down | to put to the test |
//! |---|---|
//! | [`Policy`] of [`Logits`], [`Shape`], [`Context`], [`Automaton`]; [`Rule`] for its verifier | [`Campaign`]: many instances, every claim on each; its results have a [`Verdict`] |
//! | [`Instance`]: policy, θ, w, η, correct responses | [`Attack`]: the instance that uses most of a bound |
//! | [`Family`]: a map from the unit cube to instances | [`measure`] and [`certify`]: one claim on one instance |
//! | [`Claim`], from [`Statement`] and [`Part`]s, made data by [`claim`]; [`Condition`], made data by [`hypothesis`] | [`Conjecture`]: a bound written as text |
//!
//! # A claim of one's own
//! λ' = E⁺\[s\] − E⁻\[s\] is at most 2G_o, so λ moves by no more than 2ηG_o. With a quarter of that it would be false:
//!
//! ```
//! use gradient_gap::prelude::*;
//!
//! struct Lipschitz;
//!
//! impl Claim for Lipschitz {
//!     const STATEMENT: Statement = Statement {
//!         reading: Some(Reading::Seg),
//!         ..Statement::new("lipschitz", "|λ(η) − λ(0)| ≤ 2ηG_o", Relation::Upper)
//!     };
//!
//!     fn sides<N: Scalar>(evaluation: &Evaluation<'_, N>) -> Parts<N> {
//!         let claimed = N::of(2.0) * evaluation.eta() * evaluation.constants().score;
//!         Parts::from_iter([Part::at_most("change", evaluation.step().change.abs(), claimed)])
//!     }
//! }
//!
//! # fn main() -> Result<(), Error> {
//! let claims = [claim::<Lipschitz>(), claim::<Lipschitz>().with_constant("change", 0.25)];
//! let result = Campaign::new(&claims, 300).run(&|_| {})?;
//! let verdicts = [0, 1].map(|i| result.claims[i].verdict);
//! assert_eq!(verdicts, [Verdict::NotRefuted, Verdict::Refuted]);
//! # Ok(())
//! # }
//! ```

pub use crate::check::attack::Attack;
pub use crate::check::campaign::{Campaign, Verdict};
pub use crate::check::conjecture::Effort;
pub use crate::check::judge::{Decision, Measured, certify, measure};
pub use crate::claims::{
    Claim, ClaimEntry, Condition, Expected, Hypothesis, Part, Parts, Relation, Scope, Statement, claim, hypothesis,
};
pub use crate::conjecture::Conjecture;
pub use crate::error::Error;
pub use crate::evaluation::Evaluation;
pub use crate::families::{Edge, Family};
pub use crate::instance::{Instance, Update};
pub use crate::number::{Interval, Scalar};
pub use crate::policy::{Automaton, Context, Ending, Features, Logits, Policy, Rule, Shape, Wave};
pub use crate::regularity::Reading;
