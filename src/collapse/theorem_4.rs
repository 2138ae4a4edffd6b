//! Theorem 4: T independent tokens, each from the three responses of [`Theorem2`] with the same θ; correct is only cc…c.
//!
//! With p the probability of c, J = p^T, and everything follows from one token, for any T, without enumeration. Let d be
//! the change of the token's log-odds, ρ its part beyond ηΔμ_tok, R(x) = eˣ − 1 − x, q = T log p, κ = J/(1−J):
//!
//! ```text
//! Δμ             = T (1−p)/(1−p^T) · Δμ_tok
//! u              = (1−p)(e^{−d} − 1)
//! Δlog p         = −log(1 + u)             = (1−p)ηΔμ_tok + δ,     δ = (1−p){ρ − R(−d)} + R(log(1+u))
//! Δq             = T Δlog p
//! z              = −κ (e^{Δq} − 1)
//! Δlog(1−J)      = log(1 + z)              = z − R(log(1+z))
//! Δλ             = Δq − log(1 + z)         = ηΔμ + {Tδ/(1−J) + κR(Δq) + R(log(1+z))}
//! ```
//!
//! The braces are the remainder; nothing in it is a difference of nearly equal numbers.
//!
//! The limit J → 0 is that of p: from [`Theorem2::decrement`] of [`Theorem4::aligned_token`], where the token is not turned.
//!
//! Here |o| = T: all T tokens are chosen and no EOS is counted. [`Theorem4::count_eos`] counts one more, T∞ = T + 1,
//! which moves the window but not the run.

use super::{Construction, Theorem2, Window, fails, usual, visible};
use crate::error::Error;
use crate::evaluation::{Course, CourseStep};
use crate::instance::Instance;
use crate::number::{Interval, Scalar};
use crate::policy::{Automaton, Context, Ending, Features, Logits, Policy, Shape};
use crate::regularity::Constants;

/// The construction of Theorem 4. Sharp limit ([`Construction::threshold`]): 2Δμ/(L_pT∞), as p → 0, y → 0 and v → 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Theorem4 {
    /// One token; its `alignment` is not used, its `start` is the token's λ(0) + log 2. Up to log 2, where p(0) = ½, all
    /// of (19) collapses; above, 1 + p + … + p^{T−1} may be too much for the token, which [`Construction::admissible`]
    /// then says.
    pub token: Theorem2,
    /// Δμ > 0 of the whole response, in nats per parameter unit.
    pub alignment: f64,
    /// T, the number of independent tokens: 1 to 10⁶.
    pub tokens: u32,
    /// Whether an EOS is counted in T∞.
    pub count_eos: bool,
}

/// The largest T.
const MAX_TOKENS: u32 = 1_000_000;

impl Theorem4 {
    /// The plain construction: the token of [`Theorem2::new`], uniform at θ = 0 (p = 1/3).
    pub fn new(scale: f64, alignment: f64, eta: f64, tokens: u32) -> Theorem4 {
        Theorem4 { token: Theorem2::new(scale, alignment, eta), alignment, tokens, count_eos: false }
    }

    /// Δμ_tok = Δμ·(1 + p + … + p^{T−1})/T at p = p(0). Since Δμ(k) is T/(1 + p + … + p^{T−1}) times the token's
    /// alignment, and p falls, every Δμ(k) is then at least Δμ(0) = Δμ. Rounded up.
    pub(crate) fn token_alignment(&self) -> f64 {
        self.alignment * self.per_token() * (1.0 + 64.0 * f64::EPSILON)
    }

    /// (1 + p + … + p^{T−1})/T at p = p(0).
    fn per_token(&self) -> f64 {
        let count = f64::from(self.tokens);
        let lambda = self.token.start - std::f64::consts::LN_2;
        // (1 − p^T)/(1 − p), p/(1−p) = e^λ
        -Scalar::exp_m1(-count * (-lambda).softplus()) * (1.0 + Scalar::exp(lambda)) / count
    }

    /// The token that is run: `token`, with the alignment that T of them need.
    pub fn aligned_token(&self) -> Theorem2 {
        Theorem2 { alignment: self.token_alignment(), ..self.token.clone() }
    }

    /// The smallest Δμ: of which one token's share is not hidden by rounding.
    pub fn smallest_alignment(&self) -> f64 {
        self.token.smallest_alignment() / self.per_token()
    }

    /// T∞: T, or T + 1 if an EOS is counted.
    pub fn length(&self) -> u32 {
        self.tokens.saturating_add(u32::from(self.count_eos))
    }

    /// The run with all 3^T responses enumerated, for small T.
    ///
    /// # Errors
    /// Too many responses, or numbers that form no instance.
    pub fn enumerated(&self) -> Result<Instance, Error> {
        let run = self.run()?;
        let shape = Shape { vocabulary: 3, max_length: self.tokens, ending: Ending::Fixed };
        let policy = Policy::autoregressive(shape, Context::Shared, run.policy.logits)?;
        let mut correct = vec![false; policy.responses()];
        if let Some(first) = correct.first_mut() {
            *first = true; // the leaves are in lexicographic order, and c is token 0
        }
        let instance = Instance { policy, correct, ..run };
        instance.validate()?;
        Ok(instance)
    }

    /// The run as a finite-state policy, for any T: state 0 as long as every token was c, state 1 after another.
    ///
    /// # Errors
    /// As [`Construction::run`], or more tokens than an automaton may read.
    pub fn finite_state(&self) -> Result<Instance, Error> {
        let run = self.run()?;
        let shape = Shape { vocabulary: 3, max_length: self.tokens, ending: Ending::Fixed };
        let automaton = Automaton { start: 0, next: vec![0, 1, 1, 1, 1, 1], by_position: false };
        let old = &run.policy.logits;
        let twice = |list: &[f64]| [list, list].concat();
        let features = match &old.features {
            Features::Dense(psi) => Features::Dense(twice(psi)),
            Features::Tabular => Features::Tabular, // never: a token has features
        };
        let logits = Logits { rows: 2, bias: twice(&old.bias), features, ..old.clone() };
        let policy = Policy::finite_state(shape, automaton, None, logits)?;
        let instance = Instance { policy, correct: vec![true, false], ..run };
        instance.validate()?;
        Ok(instance)
    }

    /// What T independent tokens do in one step of one of them.
    fn response_step<N: Scalar>(&self, token: &CourseStep<N>) -> CourseStep<N> {
        let count = N::of(f64::from(self.tokens));
        let (one, failure) = (N::one(), token.log_failure.exp()); // 1 − p
        let q = count * token.log_success;
        let success = q.exp();
        let rest = -q.exp_m1(); // 1 − J
        let odds = success / rest;
        let u = failure * (-token.change).exp_m1();
        let log = u.ln_1p();
        let delta = failure * (token.remainder - (-token.change).exp_remainder()) + log.exp_remainder();
        let change = -(count * log);
        let failing = (-(odds * change.exp_m1())).ln_1p();
        let c = &token.constants;
        CourseStep {
            eta: token.eta,
            alignment: count * failure / rest * token.alignment,
            change: change - failing,
            remainder: count * delta * (one / rest) + odds * change.exp_remainder() + failing.exp_remainder(),
            log_success: q,
            log_failure: if success.mid() < 0.5 { (-success).ln_1p() } else { rest.ln() },
            correct_length: count,
            // The words of one letter have T times the token's score and curvature, and no word has more.
            constants: Constants {
                score: count * c.score,
                curvature: count * c.curvature,
                token_score: c.score,
                token_curvature: c.curvature,
                psi1: count / N::ln_2(),
            },
        }
    }
}

impl Construction for Theorem4 {
    fn alignment(&self) -> f64 {
        self.alignment
    }
    fn eta(&self) -> f64 {
        self.token.eta
    }
    fn window(&self) -> Window {
        let square = self.token.window().square * Interval::of(f64::from(self.length()));
        Window { square, factor: 120.0 }
    }
    /// G_p and L_p.
    fn constants(&self) -> [Interval; 2] {
        self.token.constants()
    }
    fn threshold(&self) -> f64 {
        2.0 * self.alignment / (self.constants()[1].mid() * f64::from(self.length()))
    }

    fn admissible(&self) -> Result<(), Error> {
        if !(1..=MAX_TOKENS).contains(&self.tokens) {
            return Err(fails("tokens", format!("{} is not between 1 and {MAX_TOKENS}", self.tokens)));
        }
        self.token.check_shape(self.alignment)?;
        if !self.token.extras.is_empty() {
            return Err(fails("extras", "a token has three options"));
        }
        self.window().check(self.alignment, self.eta())?;
        visible(self.alignment, self.smallest_alignment(), self.token.scale, self.eta())?;
        self.aligned_token().check_steps()
    }

    fn at_step(&self, eta: f64) -> Theorem4 {
        Theorem4 { token: self.token.at_step(eta), ..self.clone() }
    }

    fn with_steps(&self, steps: usize) -> Theorem4 {
        Theorem4 { token: self.token.with_steps(steps), ..self.clone() }
    }

    fn usual_step(&self) -> Option<f64> {
        usual(&self.window(), self.alignment, self.aligned_token().visible_step())
    }

    fn run(&self) -> Result<Instance, Error> {
        self.aligned_token().run()
    }

    fn course<N: Scalar>(&self, run: &Instance) -> Course<N> {
        let token = self.token.course::<N>(run);
        let steps: Vec<CourseStep<N>> = token.steps.iter().map(|step| self.response_step(step)).collect();
        let lambda = steps.first().map_or(N::zero(), CourseStep::log_odds);
        Course { steps, lambda }
    }
}
