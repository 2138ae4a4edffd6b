//! Differences that would cancel, rewritten so that they do not.
//!
//! For a short step λ(η) − λ(0) and ηΔμ agree in nearly all digits, and what a bound speaks of is their difference. An expression is
//! read as a sum of terms, each a number times powers of words and of other expressions. Where a sum holds both sides of one of these
//! identities, with the same factor and opposite signs, what is left takes their place:
//!
//! ```text
//! λ(η) = λ(0) + Δλ                         Δλ = ηΔμ + R
//! J(η) = J(0) + ΔJ                         ΔJ = J(0)(1−J(0))ηΔμ + R_J
//! log J(η) = log J(0) + Δ log J            Δ log J = (1−J(0))ηΔμ + R_log J
//! log(1−J(η)) = log(1−J(0)) + Δ log(1−J)   Δ log(1−J) = −J(0)ηΔμ + R_log(1−J)
//! E⁺[s] = E⁻[s] + Δμ                       1 = J + (1−J)
//! ```
//!
//! Equal terms are added up, and the logarithm of a product with J or 1−J among its factors becomes a sum. Products are multiplied out
//! only where one of these words stands inside. Whatever needs none of this stays as it was written.

use super::number::{Number, Ratio};
use super::terms::{MOST, Term};
use super::{Expr, Function, Operation, Word};

/// A sum of terms, and whether anything in it was rewritten.
#[derive(Clone, Debug)]
struct Sum {
    terms: Vec<Term>,
    rewritten: bool,
}

/// whole = main + rest: a product of words with a sign, and one word with a sign.
struct Identity {
    whole: Word,
    main: (i128, &'static [Word]),
    rest: (i128, Word),
}

const fn identity(whole: Word, main: (i128, &'static [Word]), rest: (i128, Word)) -> Identity {
    Identity { whole, main, rest }
}

/// In the order in which they are tried.
static IDENTITIES: [Identity; 10] = [
    identity(Word::Lambda1, (1, &[Word::Lambda0]), (1, Word::Dlambda)),
    identity(Word::J1, (1, &[Word::J0]), (1, Word::JChange)),
    identity(Word::F1, (1, &[Word::F0]), (-1, Word::JChange)),
    identity(Word::LogJ1, (1, &[Word::LogJ0]), (1, Word::LogJChange)),
    identity(Word::LogF1, (1, &[Word::LogF0]), (1, Word::LogFChange)),
    identity(Word::MeanPos, (1, &[Word::MeanNeg]), (1, Word::Dmu)),
    identity(Word::Dlambda, (1, &[Word::Eta, Word::Dmu]), (1, Word::Remainder)),
    identity(Word::JChange, (1, &[Word::J0, Word::F0, Word::Eta, Word::Dmu]), (1, Word::JRemainder)),
    identity(Word::LogJChange, (1, &[Word::F0, Word::Eta, Word::Dmu]), (1, Word::LogJRemainder)),
    identity(Word::LogFChange, (-1, &[Word::J0, Word::Eta, Word::Dmu]), (1, Word::LogFRemainder)),
];

/// J and 1 − J, in both roles.
const COMPLEMENTS: [(Word, Word); 4] =
    [(Word::J0, Word::F0), (Word::F0, Word::J0), (Word::J1, Word::F1), (Word::F1, Word::J1)];

/// Whether a word that changes over the step, or its rate, is a factor to the first power: what products are multiplied out for.
fn is_live(term: &Term) -> bool {
    let moving = |word: &Word| matches!(word, Word::Dmu) || IDENTITIES.iter().any(|identity| identity.whole == *word);
    term.factors.iter().any(|(expr, power)| *power == 1 && matches!(expr, Expr::Word(word) if moving(word)))
}

impl Sum {
    fn of(term: Term) -> Sum {
        Sum { terms: vec![term], rewritten: false }
    }

    fn expr(&self) -> Expr {
        let mut sum: Option<Expr> = None;
        for term in &self.terms {
            sum = Some(match (sum, term.coefficient.is_negative()) {
                (None, false) => term.expr(),
                (None, true) => Expr::Negated(Box::new(term.clone().negated().expr())),
                (Some(sum), false) => Expr::binary(Operation::Add, sum, term.expr()),
                (Some(sum), true) => Expr::binary(Operation::Subtract, sum, term.clone().negated().expr()),
            });
        }
        sum.unwrap_or_else(|| Term::number(zero()).expr())
    }

    /// Equal terms added up, and identities applied until none applies.
    fn reduced(mut self) -> Option<Sum> {
        self.merge()?;
        loop {
            let found = IDENTITIES.iter().find_map(|identity| self.pair(identity)).or_else(|| self.complement());
            let Some((i, j, term)) = found else { return Some(self) };
            // Both terms go, and what is left stands where the first one was.
            self.terms[i.min(j)] = term;
            self.terms.remove(i.max(j));
            self.rewritten = true;
            self.merge()?;
        }
    }

    /// Terms with the same factors become one, in the place of the first.
    fn merge(&mut self) -> Option<()> {
        let mut merged: Vec<Term> = Vec::with_capacity(self.terms.len());
        for term in self.terms.drain(..) {
            match merged.iter_mut().find(|known| known.factors == term.factors) {
                Some(known) => {
                    known.coefficient = known.coefficient.plus(term.coefficient)?;
                    self.rewritten = true;
                }
                None => merged.push(term),
            }
        }
        merged.retain(|term| !term.coefficient.is_zero());
        self.terms = merged;
        Some(())
    }

    /// Two terms c·M·whole and −c·M·main, by number, and c·M·rest.
    fn pair(&self, identity: &Identity) -> Option<(usize, usize, Term)> {
        self.terms.iter().enumerate().find_map(|(i, term)| {
            let factor = term.without(identity.whole)?;
            let partner = factor.with(-identity.main.0, identity.main.1)?;
            let j = self.terms.iter().position(|term| *term == partner)?;
            Some((i, j, factor.with(identity.rest.0, &[identity.rest.1])?))
        })
    }

    /// Two terms c·M and −c·M·p, and c·M·(1−p).
    fn complement(&self) -> Option<(usize, usize, Term)> {
        COMPLEMENTS.iter().find_map(|&(p, other)| {
            self.terms.iter().enumerate().find_map(|(i, term)| {
                let factor = term.without(p)?.negated();
                let j = self.terms.iter().position(|term| *term == factor)?;
                Some((i, j, factor.with(1, &[other])?))
            })
        })
    }

    /// The one term that this is, if it is one.
    fn single(&self) -> Option<&Term> {
        if let [term] = &self.terms[..] { Some(term) } else { None }
    }

    /// The number that this is, if it is one.
    fn number(&self) -> Option<Ratio> {
        match &self.terms[..] {
            [] => Some(zero()),
            [term] if term.factors.is_empty() => Some(term.coefficient),
            _ => None,
        }
    }

    /// This, if anything in it was rewritten; else what was written.
    fn or_original(&self, original: &Expr) -> Expr {
        if self.rewritten { self.expr() } else { original.clone() }
    }

    /// This as a single term, of which `original` is what was written.
    fn into_factor(self, original: &Expr) -> (Term, bool) {
        match self.single() {
            Some(term) => (term.clone(), self.rewritten),
            None if self.terms.is_empty() => (Term::number(zero()), true),
            None => (Term::of(self.or_original(original)), self.rewritten),
        }
    }
}

fn zero() -> Ratio {
    Ratio::ONE.plus(Ratio::ONE.negated()).unwrap_or(Ratio::ONE) // 1 − 1 fits
}

/// The sum of terms that an expression is. What does not fit in the numbers of terms is one opaque term.
fn sum(expr: &Expr) -> Sum {
    take_apart(expr).and_then(Sum::reduced).unwrap_or_else(|| Sum::of(Term::of(expr.clone())))
}

fn take_apart(expr: &Expr) -> Option<Sum> {
    Some(match expr {
        Expr::Number(Number::Ratio(ratio)) if ratio.is_zero() => Sum { terms: vec![], rewritten: false },
        Expr::Number(Number::Ratio(ratio)) => Sum::of(Term::number(*ratio)),
        Expr::Number(_) | Expr::Word(_) => Sum::of(Term::of(expr.clone())),
        Expr::Negated(x) => negated(sum(x)),
        Expr::Binary(Operation::Add, x, y) => joined(sum(x), sum(y)),
        Expr::Binary(Operation::Subtract, x, y) => joined(sum(x), negated(sum(y))),
        Expr::Binary(Operation::Multiply, x, y) => product(x, y)?,
        Expr::Binary(Operation::Divide, x, y) => {
            let (below, rewritten) = sum(y).into_factor(y);
            let below = below.power(-1)?;
            let mut quotient = scaled(sum(x), x, &below)?;
            quotient.rewritten |= rewritten;
            quotient
        }
        Expr::Binary(Operation::Power, x, y) => power(x, y)?,
        Expr::Call(Function::Log, arguments) => logarithm(arguments.first()?)?,
        Expr::Call(function, arguments) => {
            let inside: Vec<(Expr, bool)> = arguments.iter().map(rewrite).collect();
            let rewritten = inside.iter().any(|(_, rewritten)| *rewritten);
            let call = Expr::Call(*function, inside.into_iter().map(|(expr, _)| expr).collect());
            Sum { terms: vec![Term::of(call)], rewritten }
        }
    })
}

/// The expression, rewritten if anything in it was, and whether.
fn rewrite(expr: &Expr) -> (Expr, bool) {
    let found = sum(expr);
    (found.or_original(expr), found.rewritten)
}

fn negated(sum: Sum) -> Sum {
    Sum { terms: sum.terms.into_iter().map(Term::negated).collect(), ..sum }
}

fn joined(mut x: Sum, y: Sum) -> Sum {
    x.terms.extend(y.terms);
    Sum { rewritten: x.rewritten | y.rewritten, ..x }
}

/// A sum, of which `original` is what was written, times one term: term by term where that may help, else as a whole.
fn scaled(x: Sum, original: &Expr, factor: &Term) -> Option<Sum> {
    if x.terms.iter().any(is_live) {
        let terms = x.terms.iter().map(|term| term.times(factor)).collect::<Option<_>>()?;
        return Some(Sum { terms, ..x });
    }
    let (whole, rewritten) = x.into_factor(original);
    Some(Sum { terms: vec![whole.times(factor)?], rewritten })
}

fn product(x: &Expr, y: &Expr) -> Option<Sum> {
    let (left, right) = (sum(x), sum(y));
    let several_live = |sum: &Sum| sum.terms.len() > 1 && sum.terms.iter().any(is_live);
    let (rewritten, other) = match (several_live(&left), several_live(&right)) {
        // Neither is multiplied out.
        (true, true) => {
            let (factor, rewritten) = left.into_factor(x);
            let (other, other_rewritten) = right.into_factor(y);
            return Some(Sum { terms: vec![factor.times(&other)?], rewritten: rewritten | other_rewritten });
        }
        (true, false) => {
            let (factor, rewritten) = right.into_factor(y);
            (rewritten, scaled(left, x, &factor)?)
        }
        _ => {
            let (factor, rewritten) = left.into_factor(x);
            (rewritten, scaled(right, y, &factor)?)
        }
    };
    Some(Sum { rewritten: other.rewritten | rewritten, ..other })
}

fn power(x: &Expr, y: &Expr) -> Option<Sum> {
    let (base, exponent) = (sum(x), sum(y));
    match exponent.number().and_then(Ratio::integer) {
        Some(0) => Some(Sum::of(Term::number(Ratio::ONE))),
        Some(1) => Some(base),
        Some(n) if n.abs() <= MOST => {
            let (factor, rewritten) = base.into_factor(x);
            Some(Sum { terms: vec![factor.power(n)?], rewritten })
        }
        _ => {
            let rewritten = base.rewritten | exponent.rewritten;
            let power = Expr::binary(Operation::Power, base.or_original(x), exponent.or_original(y));
            Some(Sum { terms: vec![Term::of(power)], rewritten })
        }
    }
}

/// log of c·J^k·… as log(c·…) + k log J + ….
fn logarithm(x: &Expr) -> Option<Sum> {
    let log = |expr: &Expr| match expr {
        Expr::Word(Word::J0) => Some(Word::LogJ0),
        Expr::Word(Word::J1) => Some(Word::LogJ1),
        Expr::Word(Word::F0) => Some(Word::LogF0),
        Expr::Word(Word::F1) => Some(Word::LogF1),
        _ => None,
    };
    let inside = sum(x);
    let probabilities = inside.single().filter(|term| term.factors.iter().any(|(expr, _)| log(expr).is_some()));
    let Some(term) = probabilities else {
        let call = Expr::Call(Function::Log, vec![inside.or_original(x)]);
        return Some(Sum { terms: vec![Term::of(call)], rewritten: inside.rewritten });
    };
    let mut rest = term.clone();
    rest.factors.retain(|(expr, _)| log(expr).is_none());
    let mut terms = Vec::new();
    if rest != Term::number(Ratio::ONE) {
        terms.push(Term::of(Expr::Call(Function::Log, vec![rest.expr()])));
    }
    for (expr, power) in &term.factors {
        if let Some(word) = log(expr) {
            terms.push(Term { coefficient: Ratio::new(i128::from(*power), 1)?, factors: vec![(Expr::Word(word), 1)] });
        }
    }
    Some(Sum { terms, rewritten: true })
}

/// The number that an expression without words is, if it is a quotient of integers.
pub(super) fn constant(expr: &Expr) -> Option<Ratio> {
    sum(expr).number()
}

/// x − y, rewritten so that it does not cancel.
pub(crate) fn difference(x: &Expr, y: &Expr) -> Expr {
    rewrite(&Expr::binary(Operation::Subtract, x.clone(), y.clone())).0
}

/// Of the terms of an expression those that cannot be negative in any instance (with `sign` −1: positive) added up without their sign,
/// and all others; `None` where there are none of the former.
pub(crate) fn terms_of_one_sign(expr: &Expr, sign: i32) -> Option<(Expr, Expr)> {
    let all = sum(expr);
    let wanted = |term: &&Term| {
        let term = if sign < 0 { (*term).clone().negated() } else { (*term).clone() };
        term.expr().range().lo() >= 0.0
    };
    let (own, others): (Vec<&Term>, Vec<&Term>) = all.terms.iter().partition(wanted);
    if own.is_empty() {
        return None;
    }
    let collect = |terms: Vec<&Term>| Sum { terms: terms.into_iter().cloned().collect(), rewritten: true };
    let own = collect(own);
    Some((if sign < 0 { negated(own).expr() } else { own.expr() }, collect(others).expr()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expression::parse;

    /// The difference of the two sides after rewriting, as text; words without a name by their debug names.
    fn rewritten(text: &str) -> String {
        let comparison = parse(text).unwrap_or_else(|e| panic!("{e}")).remove(0);
        show(&difference(&comparison.left, &comparison.right))
    }

    fn show(expr: &Expr) -> String {
        match expr {
            Expr::Number(number) => format!("{}", number.value::<f64>()),
            Expr::Word(word) => word.name().map_or(format!("{word:?}"), str::to_string),
            Expr::Negated(x) => format!("(-{})", show(x)),
            Expr::Binary(operation, x, y) => {
                let sign = match operation {
                    Operation::Add => "+",
                    Operation::Subtract => "-",
                    Operation::Multiply => "*",
                    Operation::Divide => "/",
                    Operation::Power => "^",
                };
                format!("({}{sign}{})", show(x), show(y))
            }
            Expr::Call(function, list) => {
                format!("{}({})", function.name(), list.iter().map(show).collect::<Vec<_>>().join(","))
            }
        }
    }

    #[test]
    fn what_cancels_is_formed_directly() {
        for (text, expected) in [
            ("dlambda - eta*dmu <= 0", "Remainder"),
            ("dlambda >= eta*dmu", "Remainder"),
            ("lambda1 - lambda0 - eta*dmu <= 0", "Remainder"),
            ("lambda1 >= lambda0 + dmu*eta", "Remainder"),
            ("2*(dlambda/eta - dmu) <= 0", "((2*Remainder)/eta)"),
            ("(dlambda - eta*dmu)/eta^2 <= 0", "(Remainder/(eta^2))"),
            ("dlambda <= eta*(dmu + L*eta)", "(Remainder-((eta^2)*L))"),
            ("(1-J0)*dlambda <= (1-J0)*eta*dmu", "(F0*Remainder)"),
            ("abs(dlambda - eta*dmu) <= L*eta^2", "(abs(Remainder)-((eta^2)*L))"),
            ("J1 - J0 <= 0", "JChange"),
            ("F1 <= F0", "(-JChange)"),
            ("J1 <= J0 + J0*(1-J0)*eta*dmu", "JRemainder"),
            ("log(J1/J0) <= eta*F0*dmu", "LogJRemainder"),
            ("log(J1) - log(J0) <= 0", "LogJChange"),
            ("log(1-J1) <= log(1-J0) - eta*J0*dmu", "LogFRemainder"),
            ("log(2/(1-J0)) <= 3", "((log(2)-LogF0)-3)"),
            ("L/(2*(1-J0)) <= 1", "(((0.5*L)/F0)-1)"),
            ("J0*(1-J0) <= 1", "((J0*F0)-1)"),
            ("eta - J0*eta <= 0", "(eta*F0)"),
            ("eta*(mean_pos - mean_neg) <= dlambda", "(-Remainder)"),
            ("L - L <= 0", "0"),
            ("0.5*L + 0.5*L <= 0", "L"),
            ("eta^0.5*(1-J0) <= 1", "((F0*(eta^0.5))-1)"),
            ("(dlambda - eta*dmu)*(dlambda + eta*dmu) <= 0", "((dlambda*Remainder)+((eta*dmu)*Remainder))"),
        ] {
            assert_eq!(rewritten(text), expected, "{text}");
        }
    }

    #[test]
    fn what_need_not_be_rewritten_stays_as_it_was() {
        for text in [
            "(G^2 + L)*(1 + log(2/L)) <= 1",
            "(dmu - 1)*(dmu - 1) <= dlambda",
            "dlambda <= 0.5*eta*dmu",
            "(G - L)*(G + L) <= G^2",
            "exp(dmu - 3)/(J0 + 1) <= max(dmu, eta)",
            "(1 + eta)^0.3 <= 2",
            "1e-300*dlambda <= 1e300",
        ] {
            let comparison = parse(text).expect("fits").remove(0);
            let plain = Expr::binary(Operation::Subtract, comparison.left.clone(), comparison.right.clone());
            assert_eq!(difference(&comparison.left, &comparison.right), plain, "{text}");
        }
    }

    /// Deep nesting is linear work, not 2^depth.
    #[test]
    fn nested_logarithms_and_powers_are_cheap() {
        let text = format!("{}L{} <= 1", "log(".repeat(60), ")".repeat(60));
        assert!(rewritten(&text).len() > 60);
        let text = format!("{}L{} <= 1", "(G^".repeat(30), ")".repeat(30));
        assert!(rewritten(&text).len() > 60);
    }

    #[test]
    fn terms_are_sorted_by_sign() {
        let expr = |text: &str| parse(&format!("{text} <= 0")).expect("fits").remove(0).left;
        let split = |text: &str, sign| terms_of_one_sign(&expr(text), sign).map(|(own, rest)| (show(&own), show(&rest)));
        assert_eq!(split("eta*dmu - L*eta", -1).expect("has one").1, show(&expr("eta*dmu")));
        assert!(split("eta*dmu + dlambda", -1).is_none());
        assert_eq!(split("dmu + G^2 + abs(dmu)", 1).expect("has two").1, "dmu");
        let (own, rest) = split("eta*(dmu - L*eta/(2*(1-J0)))", -1).expect("has one");
        assert!(own.contains('L') && own.contains("F0") && rest.contains("dmu") && !rest.contains('L'), "{own} | {rest}");
    }
}
