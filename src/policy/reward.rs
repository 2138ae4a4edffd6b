//! Verifiers: which responses count as correct.

use super::{Ending, Policy};
use serde::{Deserialize, Serialize};

/// A reward rule r*(o) ∈ {0, 1}: one way among others to fill [`Instance::correct`](crate::Instance::correct).
///
/// ```
/// use gradient_gap::policy::{Policy, Rule};
///
/// let policy = Policy::tabular_softmax(4, vec![])?;
/// assert_eq!(Rule::Only(2).apply(&policy), [false, false, true, false]);
/// assert_eq!(Rule::EvenSum.apply(&policy), [true, false, true, false]);
/// # Ok::<(), gradient_gap::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// Correct where the flag is set (flags are reused cyclically).
    Set(Vec<bool>),
    /// Only this response (modulo |O|).
    Only(usize),
    /// All but this response (modulo |O|).
    AllBut(usize),
    /// |o| at most this.
    LengthAtMost(u32),
    /// The last token subject to choice (before EOS; token 0 for the empty response) is below this one.
    LastTokenBelow(u32),
    /// The sum of the tokens is even.
    EvenSum,
    /// The first token is this one.
    StartsWith(u32),
}

impl Rule {
    /// r* for every response of `policy`. Where the rule makes all responses correct, or none, response 0 is flipped, so that
    /// both O⁺ and O⁻ are non-empty whenever there are two responses.
    pub fn apply(&self, policy: &Policy) -> Vec<bool> {
        let mut correct = Vec::new();
        self.apply_to(policy, &mut correct);
        correct
    }

    /// [`Rule::apply`], into a vector that is there.
    pub(crate) fn apply_to(&self, policy: &Policy, correct: &mut Vec<bool>) {
        let n = policy.responses();
        let has_eos = policy.tree.shape().ending != Ending::Fixed;
        correct.clear();
        match self {
            Rule::Set(flags) => return set(correct, n, flags, |&flag| flag),
            Rule::Only(one) => correct.extend((0..n).map(|o| o == one % n)),
            Rule::AllBut(one) => correct.extend((0..n).map(|o| o != one % n)),
            Rule::LengthAtMost(length) => correct.extend((0..n).map(|o| policy.length(o) <= *length)),
            Rule::LastTokenBelow(token) => by_tokens(policy, correct, |tokens| {
                let body = match tokens {
                    [body @ .., 0] if has_eos => body,
                    all => all,
                };
                body.last().copied().unwrap_or(0) < *token
            }),
            Rule::EvenSum => by_tokens(policy, correct, |tokens| tokens.iter().map(|&t| u64::from(t)).sum::<u64>() % 2 == 0),
            Rule::StartsWith(token) => by_tokens(policy, correct, |tokens| tokens.first() == Some(token)),
        }
        leave_no_side_empty(correct);
    }
}

/// [`Rule::Set`] for n responses, by what is said of each.
pub(crate) fn set<T>(correct: &mut Vec<bool>, n: usize, said: &[T], is_correct: impl Fn(&T) -> bool) {
    correct.clear();
    match said.get(..n) {
        Some(said) => correct.extend(said.iter().map(is_correct)),
        None => correct.extend(said.iter().cycle().take(n).map(is_correct)),
    }
    correct.resize(n, false); // where nothing is said
    leave_no_side_empty(correct);
}

/// Flips the first of flags that are all equal.
fn leave_no_side_empty(correct: &mut [bool]) {
    if let Some((first, rest)) = correct.split_first_mut()
        && rest.iter().all(|c| c == first)
    {
        *first = !*first;
    }
}

/// Judges every response by its tokens.
fn by_tokens(policy: &Policy, correct: &mut Vec<bool>, rule: impl Fn(&[u32]) -> bool) {
    let responses = 0..policy.responses();
    match policy.is_one_token() {
        true => correct.extend(responses.map(|o| rule(&[o as u32]))),
        false => correct.extend(responses.map(|o| rule(&policy.tree.tokens(o)))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Context, Features, Logits, Shape};

    fn policy() -> Policy {
        let shape = Shape { vocabulary: 3, max_length: 3, ending: Ending::Eos };
        let features = Features::Tabular;
        let logits = Logits { dim: 9, rows: 3, options: 3, bias: vec![], features, quadratic: vec![], waves: vec![] };
        Policy::autoregressive(shape, Context::LastToken, logits).expect("fits")
    }

    /// Responses of V = {⟂, 1, 2}, T∞ = 3, in order: ⟂, 1⟂, 2⟂, 11⟂, 12⟂, 21⟂, 22⟂.
    fn pattern(rule: Rule) -> String {
        rule.apply(&policy()).iter().map(|&c| if c { '+' } else { '-' }).collect()
    }

    #[test]
    fn rules_by_hand() {
        assert_eq!(pattern(Rule::Only(2)), "--+----");
        assert_eq!(pattern(Rule::AllBut(9)), "++-++++");
        assert_eq!(pattern(Rule::LengthAtMost(2)), "+++----");
        assert_eq!(pattern(Rule::LastTokenBelow(2)), "++-+-+-");
        assert_eq!(pattern(Rule::EvenSum), "+-++--+");
        assert_eq!(pattern(Rule::StartsWith(2)), "--+--++");
        assert_eq!(pattern(Rule::Set(vec![true, false])), "+-+-+-+");
    }

    #[test]
    fn no_rule_leaves_a_side_empty() {
        for rule in
            [Rule::Set(vec![]), Rule::Set(vec![true]), Rule::LengthAtMost(0), Rule::LengthAtMost(9), Rule::StartsWith(7)]
        {
            let correct = rule.apply(&policy());
            assert!(correct.contains(&true) && correct.contains(&false), "{rule:?}");
        }
    }
}
