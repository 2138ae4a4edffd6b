//! The words of an expression: what each one is, and how an evaluation gives it.

use crate::evaluation::Evaluation;
use crate::line::logistic_cumulant;
use crate::number::{Interval, Scalar};

/// A quantity of an instance. λ = logit J; s and H are the first and second derivative of log π(o) along w; index 0 stands for θ, 1 for
/// θ + ηw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Word {
    /// `eta`: η > 0.
    Eta,
    /// `dmu`: Δμ = λ'(0) (11).
    Dmu,
    /// `dlambda`: λ(η) − λ(0).
    Dlambda,
    /// `lambda0`: λ(0).
    Lambda0,
    /// `lambda1`: λ(η).
    Lambda1,
    /// `J0`: the success rate J at θ.
    J0,
    /// `J1`: the success rate at θ + ηw.
    J1,
    /// `F0`: 1 − J at θ, without cancellation.
    F0,
    /// `F1`: 1 − J at θ + ηw.
    F1,
    /// `L`: L_o, max |H(o)| along w on the segment.
    L,
    /// `G`: G_o, max |s(o)| along w on the segment.
    G,
    /// `Lp`: L_p, max |H_t| of every token after every prefix, along w on the segment.
    Lp,
    /// `Gp`: G_p, max |ξ| of every token after every prefix, along w on the segment.
    Gp,
    /// `Tinf`: T∞, the largest length.
    Tinf,
    /// `Tpsi1`: T_ψ1, the largest Orlicz norm of the length on the segment.
    Tpsi1,
    /// `len`: E\[ℓ\] at θ.
    Len,
    /// `len_pos`: E⁺\[ℓ\] at θ.
    LenPos,
    /// `len_neg`: E⁻\[ℓ\] at θ.
    LenNeg,
    /// `var_pos`: Var⁺(s) at θ.
    VarPos,
    /// `var_neg`: Var⁻(s) at θ.
    VarNeg,
    /// `mean_pos`: E⁺\[s\] at θ.
    MeanPos,
    /// `mean_neg`: E⁻\[s\] at θ.
    MeanNeg,
    /// `curv_pos`: E⁺\[H\] at θ.
    CurvPos,
    /// `curv_neg`: E⁻\[H\] at θ.
    CurvNeg,
    /// `n_pos`: how many responses are correct.
    NPos,
    /// `n_neg`: how many responses are incorrect.
    NNeg,
    /// λ(η) − λ(0) − ηΔμ. This one and those below have no name: differences are rewritten to them.
    Remainder,
    /// J(η) − J(0).
    JChange,
    /// J(η) − J(0) − J(0)(1−J(0))ηΔμ.
    JRemainder,
    /// log J(0).
    LogJ0,
    /// log J(η).
    LogJ1,
    /// log(1 − J(0)).
    LogF0,
    /// log(1 − J(η)).
    LogF1,
    /// log J(η) − log J(0).
    LogJChange,
    /// log(1−J(η)) − log(1−J(0)).
    LogFChange,
    /// log J(η) − log J(0) − (1−J(0))ηΔμ.
    LogJRemainder,
    /// log(1−J(η)) − log(1−J(0)) + J(0)ηΔμ.
    LogFRemainder,
}

/// Below 1/log 2 = 1.4427…, the least Orlicz norm of a length ≥ 1.
const LEAST_PSI1: f64 = 1.44;

/// Beyond this |log-odds| quotients of probabilities come near the ends of binary64, and logarithms serve.
const FAR: f64 = 600.0;

impl Word {
    /// The words that have a name.
    pub const NAMED: [Word; 26] = [
        Word::Eta,
        Word::Dmu,
        Word::Dlambda,
        Word::Lambda0,
        Word::Lambda1,
        Word::J0,
        Word::J1,
        Word::F0,
        Word::F1,
        Word::L,
        Word::G,
        Word::Lp,
        Word::Gp,
        Word::Tinf,
        Word::Tpsi1,
        Word::Len,
        Word::LenPos,
        Word::LenNeg,
        Word::VarPos,
        Word::VarNeg,
        Word::MeanPos,
        Word::MeanNeg,
        Word::CurvPos,
        Word::CurvNeg,
        Word::NPos,
        Word::NNeg,
    ];
    /// How many there are, named or not.
    pub(super) const COUNT: usize = Word::LogFRemainder as usize + 1;

    /// Its name in an expression, and in one line what it is; `None` for what only rewriting introduces.
    fn entry(self) -> Option<(&'static str, &'static str)> {
        Some(match self {
            Word::Eta => ("eta", "η > 0, the step size"),
            Word::Dmu => ("dmu", "Δμ = λ'(0), the gap alignment (11)"),
            Word::Dlambda => ("dlambda", "λ(η) − λ(0), the change of the log-odds"),
            Word::Lambda0 => ("lambda0", "λ(0) = log(J/(1−J)) at θ"),
            Word::Lambda1 => ("lambda1", "λ(η), at θ + ηw"),
            Word::J0 => ("J0", "the success rate at θ"),
            Word::J1 => ("J1", "the success rate at θ + ηw"),
            Word::F0 => ("F0", "1 − J at θ, exactly; 1-J0 is read as F0"),
            Word::F1 => ("F1", "1 − J at θ + ηw"),
            Word::L => ("L", "L_o = max |H(o)| over responses and the segment"),
            Word::G => ("G", "G_o = max |s(o)| over responses and the segment"),
            Word::Lp => ("Lp", "L_p, the same over tokens"),
            Word::Gp => ("Gp", "G_p, the same over tokens"),
            Word::Tinf => ("Tinf", "T∞, the largest length"),
            Word::Tpsi1 => ("Tpsi1", "T_ψ1 = max of the length's Orlicz norm over the segment"),
            Word::Len => ("len", "E[ℓ] at θ"),
            Word::LenPos => ("len_pos", "E⁺[ℓ] at θ"),
            Word::LenNeg => ("len_neg", "E⁻[ℓ] at θ"),
            Word::VarPos => ("var_pos", "Var⁺(s) at θ"),
            Word::VarNeg => ("var_neg", "Var⁻(s) at θ"),
            Word::MeanPos => ("mean_pos", "E⁺[s] at θ"),
            Word::MeanNeg => ("mean_neg", "E⁻[s] at θ"),
            Word::CurvPos => ("curv_pos", "E⁺[H] at θ"),
            Word::CurvNeg => ("curv_neg", "E⁻[H] at θ"),
            Word::NPos => ("n_pos", "the number of correct responses"),
            Word::NNeg => ("n_neg", "the number of incorrect responses"),
            _ => return None,
        })
    }

    /// Its name, if it has one.
    pub fn name(self) -> Option<&'static str> {
        self.entry().map(|(name, _)| name)
    }

    /// What it is, in one line; empty for a word without a name.
    pub fn meaning(self) -> &'static str {
        self.entry().map_or("", |(_, meaning)| meaning)
    }

    /// The word of this name; `None` where none has it.
    pub fn find(name: &str) -> Option<Word> {
        Word::NAMED.into_iter().find(|word| word.name() == Some(name))
    }

    /// Whether it is taken over the segment, so that binary64 only samples it.
    pub(crate) fn is_supremum(self) -> bool {
        matches!(self, Word::L | Word::G | Word::Lp | Word::Gp | Word::Tpsi1)
    }

    /// Where it lies in every instance.
    pub(super) fn range(self) -> Interval {
        let at_least = |low| Interval::new(low, f64::INFINITY);
        match self {
            Word::Eta | Word::L | Word::G | Word::Lp | Word::Gp | Word::VarPos | Word::VarNeg => at_least(0.0),
            Word::J0 | Word::J1 | Word::F0 | Word::F1 => Interval::new(0.0, 1.0),
            Word::Tinf | Word::Len | Word::LenPos | Word::LenNeg | Word::NPos | Word::NNeg => at_least(1.0),
            Word::Tpsi1 => at_least(LEAST_PSI1),
            Word::JChange => Interval::new(-1.0, 1.0),
            Word::LogJ0 | Word::LogJ1 | Word::LogF0 | Word::LogF1 => Interval::new(f64::NEG_INFINITY, 0.0),
            _ => Interval::WHOLE,
        }
    }

    /// Its value on an instance.
    ///
    /// A trajectory-level policy is one of a single token: L_p = L_o, G_p = G_o. Where lengths are declared, the first token decides
    /// everything and those after it are forced, which changes no score and no curvature.
    pub(super) fn value<N: Scalar>(self, evaluation: &Evaluation<'_, N>) -> N {
        let (start, step) = (|| evaluation.start(), || evaluation.step());
        let constants = || evaluation.constants();
        let count = |side: bool| evaluation.instance().correct.iter().filter(|&&correct| correct == side).count() as f64;
        match self {
            Word::Eta => evaluation.eta(),
            Word::Dmu => start().alignment(),
            Word::Dlambda => step().change,
            Word::Lambda0 => start().lambda(),
            Word::Lambda1 => start().lambda() + step().change,
            Word::J0 => start().success(),
            Word::F0 => start().failure(),
            Word::J1 => after(evaluation, 1),
            Word::F1 => after(evaluation, 0),
            Word::L => constants().curvature,
            Word::G => constants().score,
            Word::Lp => constants().token_curvature,
            Word::Gp => constants().token_score,
            Word::Tinf => evaluation.max_length(),
            // ‖ℓ‖_ψ1 = ℓ/log 2 for a constant ℓ, whatever θ.
            Word::Tpsi1 => match evaluation.instance().policy.constant_length() {
                Some(length) => N::of(f64::from(length)) / N::ln_2(),
                None => constants().psi1,
            },
            Word::Len => start().mean_length(),
            Word::LenPos => start().length[1],
            Word::LenNeg => start().length[0],
            Word::VarPos => start().variance[1],
            Word::VarNeg => start().variance[0],
            Word::MeanPos => start().mean[1],
            Word::MeanNeg => start().mean[0],
            Word::CurvPos => start().curvature[1],
            Word::CurvNeg => start().curvature[0],
            Word::NPos => N::of(count(true)),
            Word::NNeg => N::of(count(false)),
            Word::Remainder => step().remainder,
            Word::JChange => success_change(evaluation),
            Word::JRemainder => success_remainder(evaluation),
            Word::LogJ0 => start().log_success(),
            Word::LogF0 => start().log_failure(),
            Word::LogJ1 => -(-(start().lambda() + step().change)).softplus(),
            Word::LogF1 => -(start().lambda() + step().change).softplus(),
            Word::LogJChange => log_change(start().log_success(), start().failure(), -step().change, start().lambda()),
            Word::LogFChange => log_change(start().log_failure(), start().success(), step().change, -start().lambda()),
            Word::LogJRemainder => start().failure() * step().remainder - cumulant(evaluation),
            Word::LogFRemainder => -(start().success() * step().remainder) - cumulant(evaluation),
        }
    }
}

/// P(O∓) at θ + ηw: 1/(1 + P(other)/P(own) e^{∓(λ(η) − λ(0))}), by logarithms where that could overflow.
fn after<N: Scalar>(evaluation: &Evaluation<'_, N>, side: usize) -> N {
    let (start, change) = (evaluation.start(), evaluation.step().change);
    let (own, other) = if side == 1 { (start.success(), start.failure()) } else { (start.failure(), start.success()) };
    let away = if side == 1 { -change } else { change };
    if f64::abs(start.lambda().mid()) > FAR || f64::abs(change.mid()) > FAR {
        let odds = if side == 1 { start.lambda() + change } else { -(start.lambda() + change) };
        return (-(-odds).softplus()).exp();
    }
    N::one() / (N::one() + other / own * away.exp())
}

/// J(η) − J(0) = J(0)(1−J(η))(e^d − 1) = J(η)(1−J(0))(1 − e^{−d}), d = λ(η) − λ(0): the form whose exponential is at most 1.
fn success_change<N: Scalar>(evaluation: &Evaluation<'_, N>) -> N {
    let (start, change) = (evaluation.start(), evaluation.step().change);
    match change.mid() > 0.0 {
        true => -(after(evaluation, 1) * start.failure() * (-change).exp_m1()),
        false => start.success() * after(evaluation, 0) * change.exp_m1(),
    }
}

/// J(η) − J(0) − J(0)(1−J(0))ηΔμ. With d = λ(η) − λ(0) = ηΔμ + R and Q = 1 + J(0)(e^d − 1), it is
/// J(0)(1−J(0)){(e^d − 1 − d) + R − ηΔμ J(0)(e^d − 1)}/Q, and (1−J(0))/Q = 1 − J(η).
fn success_remainder<N: Scalar>(evaluation: &Evaluation<'_, N>) -> N {
    let (start, step) = (evaluation.start(), evaluation.step());
    let linear = evaluation.eta() * start.alignment();
    if f64::abs(step.change.mid()) > 1.0 {
        return success_change(evaluation) - start.success() * start.failure() * linear;
    }
    let bent = step.change.exp_remainder() + step.remainder - linear * start.success() * step.change.exp_m1();
    start.success() * after(evaluation, 0) * bent
}

/// log(p(η)/p(0)) = −log(1 + (1−p(0))(e^c − 1)) for a probability p whose log-odds fall by c from `odds`.
fn log_change<N: Scalar>(log: N, other: N, fall: N, odds: N) -> N {
    if f64::abs(fall.mid()) <= FAR { -(other * fall.exp_m1()).ln_1p() } else { -(fall - odds).softplus() - log }
}

/// K of [`logistic_cumulant`].
fn cumulant<N: Scalar>(evaluation: &Evaluation<'_, N>) -> N {
    logistic_cumulant(evaluation.start(), evaluation.step().change, N::one())
}
