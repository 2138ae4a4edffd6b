//! Exact policies, the statements of the paper as code, and verdicts on them.
//!
//! The verified companion to *On the Optimization Dynamics of RLVR: Gradient Gap and Step Size Thresholds*. Small softmax and
//! token-level policies, whose whole response space is known, let every numbered statement be checked without sampling error.
//!
//! The paper is about one scalar function on one line, λ(t) = logit J(θ + t·w), and so is the crate:
//!
//! ```text
//! family: unit cube → instance        which policy, which θ, w, η, which responses are correct
//! line:   instance → λ and its jets   value, derivatives in t, moments under π⁺ and π⁻, lengths
//! claim:  line → (computed, claimed)  two numbers and a relation; never a bool
//! ```
//!
//! | module | what it holds | in the paper |
//! |---|---|---|
//! | [`number`] | `f64`, second-order jets, intervals: everything is written once over [`number::Scalar`] | |
//! | [`policy`] | exact policies and verifiers | §2, (1), (6) |
//! | [`instance`] | policy, θ, w, η, correct responses; one update or many | (3) |
//! | [`line`](mod@line) | λ on a line, by formula and by differentiation | (4), (5), (7)–(11), (17) |
//! | [`enumerate`](mod@enumerate) | the same for spaces too large to keep: policies of the prefix, opaque rewards | §2 |
//! | [`bandit`] | contextual bandits with linear logits: one context trained on, hundreds watched | §5.1 |
//! | [`transformer`] | a small decoder-only network: logits, jets along a line, gradients | §5.2 |
//! | [`regularity`] | G_o, L_o, G_p, L_p, T∞, T_ψ1 | Assumptions 1–3 |
//! | [`evaluation`] | one instance through one kind of number, one step or many | (14) |
//! | [`update`](mod@update) | REINFORCE, GRPO and Dr. GRPO directions | (4), (5), (8), (20) |
//! | [`thresholds`] | the step sizes under which convergence is promised, or J rises | (15a), (18a) |
//! | [`run`](mod@run) | a start and a plan give an instance with all its updates | (3) |
//! | [`expression`] | bounds written as text, over the quantities of an instance | |
//! | [`conjecture`] | somebody's own bound, as data | |
//! | [`tolerance`] | how identities are compared in binary64 | |
//! | [`families`] | unit cube → instance | |
//! | [`claims`] | the statements, and the only registry of them | all numbered ones |
//! | [`collapse`] | runs whose success rate falls at every step | Theorems 2 and 4 |
//! | [`safe_step`] | all thresholds on the step size, side by side | (15a), (18a), (19) |
//! | [`lengths`](mod@lengths) | the largest safe step against T∞, T_ψ1 and E⁺\[ℓ\] | (18a) |
//! | [`diagnose`](mod@diagnose) | what the theory can say about a real training run, from its log | §5.2 |
//! | [`check`] | campaigns, attacks, certificates, witnesses | |
//! | [`experiments`] | the paper's experiments, and how far what it observes is reproduced | §5 |
//! | [`report`] | tables, JSON, JUnit | |
//! | [`prelude`] | the names that a claim, a policy and a family of one's own need | |
//!
//! Arrows go one way, from top to bottom: a claim never samples, a family never judges, a report never computes.
//!
//! # Where to begin
//!
//! | for | there is |
//! |---|---|
//! | a policy | [`Policy`](policy::Policy) and its constructors, [`Automaton`](policy::Automaton) for long responses |
//! | what an instance gives | [`Instance`], [`Evaluation`], [`OnLine`](line::OnLine), [`Constants`](regularity::Constants), [`update`](update::update) |
//! | one statement on one instance | [`measure`](check::judge::measure), [`certify`](check::judge::certify) |
//! | statements on many instances | [`Campaign`](check::campaign::Campaign), [`Attack`](check::attack::Attack) |
//! | a claim, a family of one's own | [`prelude`], [`Claim`](claims::Claim), [`Family`](families::Family) |
//! | a bound written as text | [`Conjecture`] |
//! | what refuted something, on disk | [`witness`](check::witness) |
//! | a run of many updates | [`run`](run::run), [`Course`](evaluation::Course), [`collapse`] |
//! | the step size | [`safe_step::Compared`], [`thresholds`] |
//! | a training log | [`Diagnosis`](diagnose::Diagnosis) |
//!
//! # Notation and units
//!
//! | symbol | what | shape, unit, range |
//! |---|---|---|
//! | θ, w | parameters, direction | d binary64 numbers each; the paper has ‖w‖₂ ≤ 1 |
//! | η | step size: θ moves to θ + ηw | ≥ 0, in the unit of θ |
//! | o, \|o\|, T∞ | response, its length with EOS, the largest | tokens |
//! | r*, O⁺, O⁻ | verifier, correct and incorrect responses | index 1 and index 0 of every pair |
//! | J, 1 − J | P(O⁺), P(O⁻) | (0, 1); both kept, as logarithms where they may underflow |
//! | λ | log J − log(1 − J), the log-odds | natural logarithms, as everywhere |
//! | s(o), H(o) | w·∇log π(o), wᵀ∇²log π(o)w | per response; ξ, H_t per token |
//! | Δμ = λ' | E⁺\[s\] − E⁻\[s\], the gap alignment (11) | per unit of η |
//! | G_o, L_o, G_p, L_p, T_ψ1 | suprema of \|s\|, \|H\|, \|ξ\|, \|H_t\|, ‖ℓ‖_ψ1 | in a [`Reading`](regularity::Reading) |
//!
//! Bad input is an [`Error`] that names the value and its place. The same input gives the same bits on any number of
//! threads, unless a limit of time ends a search.
//!
//! # Example
//! Inequality (16) on three responses, in binary64 and certified:
//!
//! ```
//! use gradient_gap::check::judge::{Decision, Measured, certify, measure};
//! use gradient_gap::{Evaluation, Instance, claims, policy::Policy};
//!
//! # fn main() -> Result<(), gradient_gap::Error> {
//! let instance = Instance {
//!     policy: Policy::linear_softmax(1, vec![-1.0, 1.0, 0.0], vec![])?,
//!     theta: vec![0.0],
//!     direction: vec![1.0],
//!     eta: 0.25,
//!     correct: vec![true, true, false],
//!     then: vec![], // a single update
//! };
//! instance.validate()?;
//! let claim = claims::find("log-odds-step").expect("in the registry");
//! let Measured::Inside { ratio: Some(ratio), .. } = measure(claim, &Evaluation::new(&instance, 2)) else { panic!() };
//! assert!(ratio < 0.1); // (16) is far from tight here
//! assert_eq!(certify(claim, &instance).decision, Decision::Holds);
//! # Ok(())
//! # }
//! ```

#![forbid(unsafe_code)]
#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

pub mod bandit;
pub mod check;
pub mod claims;
pub mod collapse;
pub mod conjecture;
pub mod diagnose;
pub mod enumerate;
pub mod error;
pub mod evaluation;
pub mod experiments;
pub mod expression;
pub mod families;
pub mod instance;
pub mod lengths;
pub mod line;
pub mod number;
pub mod policy;
pub mod prelude;
pub mod regularity;
pub mod report;
pub mod run;
pub mod safe_step;
pub mod thresholds;
pub mod tolerance;
pub mod transformer;
pub mod update;

pub use conjecture::Conjecture;
pub use error::Error;
pub use evaluation::Evaluation;
pub use instance::Instance;

/// The README's example, run as a doctest.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// Likewise the page on long responses.
#[cfg(doctest)]
#[doc = include_str!("../docs/finite-state.md")]
struct FiniteState;

/// And the one on adding a claim.
#[cfg(doctest)]
#[doc = include_str!("../docs/adding-a-claim.md")]
struct AddingAClaim;

/// Likewise the page on the bandits' engine.
#[cfg(doctest)]
#[doc = include_str!("../docs/bandit.md")]
struct Bandit;

/// Likewise the page on large spaces.
#[cfg(doctest)]
#[doc = include_str!("../docs/trees.md")]
struct Trees;
