//! policy-normalises: equation (1) as an identity over whole responses.

use crate::support::{ONE_TOKEN, SEVERAL_TOKENS, close, coins, geometric, outside, parts};
use gradient_gap::policy::{Context, Ending, Features, Logits, Policy, Shape};
use gradient_gap::{Evaluation, Instance};

standard_tests!(
    "policy-normalises",
    reach: SEVERAL_TOKENS,
    edges: 40,
    outside: ONE_TOKEN,
);

/// V = 3 (EOS, a, b), T∞ = 3, a row of logits for every last token.
fn sentence(ending: Ending) -> Instance {
    let bias = vec![0.5, -1.0, 2.0, 0.25, 1.5, -0.75, -2.0, 0.0, 1.0];
    let features = Features::Dense(vec![1.0; 9]);
    let logits = Logits { dim: 1, rows: 3, options: 3, bias, features, quadratic: vec![], waves: vec![] };
    let shape = Shape { vocabulary: 3, max_length: 3, ending };
    let policy = Policy::autoregressive(shape, Context::LastToken, logits).expect("three rows of three");
    let correct = (0..policy.responses()).map(|o| o == 0).collect();
    Instance { policy, theta: vec![0.0], direction: vec![1.0], eta: 0.1, correct, then: vec![] }
}

/// (1) once more, from the words alone: what follows EOS, and a forced EOS, costs nothing.
fn probability_of_a_word(instance: &Instance, word: &[u32]) -> f64 {
    let shape = instance.policy.tree.shape();
    let bias = &instance.policy.logits.bias;
    let mut last = 0;
    let mut product = 1.0;
    for (position, &token) in word.iter().enumerate() {
        let forced = shape.ending == Ending::Eos && position + 1 == shape.max_length as usize;
        if !forced {
            let row = &bias[3 * last as usize..][..3];
            product *= row[token as usize].exp() / row.iter().map(|h| h.exp()).sum::<f64>();
        }
        last = token;
    }
    product
}

#[test]
fn every_word_has_the_probability_of_equation_1() {
    for (ending, words) in [(Ending::Eos, 7), (Ending::Cut, 15), (Ending::Fixed, 27)] {
        let instance = sentence(ending);
        assert_eq!(instance.policy.responses(), words);
        let evaluation = Evaluation::<f64>::new(&instance, 1);
        let mut total = 0.0;
        for (o, &log_prob) in evaluation.start().responses.log_prob.iter().enumerate() {
            let by_words = probability_of_a_word(&instance, &instance.policy.tree.tokens(o));
            close(log_prob.exp(), by_words, 16.0, evaluation.logit_condition() * by_words);
            total += by_words;
        }
        close(total, 1.0, 16.0, words as f64);
    }
}

#[test]
fn both_routes_give_one_on_long_chains() {
    for instance in [coins(200, Ending::Eos, -3.0, 0.0), coins(200, Ending::Cut, 3.0, 0.0), geometric(0.01, 200)] {
        let parts = parts("policy-normalises", &instance);
        assert_eq!(parts.len(), 2);
        // 200 factors and 200 summands, each rounded a few times.
        parts.iter().for_each(|part| close(part.computed, 1.0, 1.0, 4.0 * 200.0));
    }
}

#[test]
fn one_token_is_a_softmax_by_definition() {
    assert_eq!(outside("policy-normalises", &coins(1, Ending::Fixed, 0.0, 0.1)), "T∞ ≥ 2, tokens modelled");
}
