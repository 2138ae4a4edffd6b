//! Finite-state policies: rules that an automaton knows, at lengths that no list reaches.

use super::coordinates::{Common, choice, choice_coordinate, dense, header, log_uniform, signed, signed_coordinate};
use super::tokens::ENDINGS;
use super::{Edge, Family, Map};
use crate::policy::{Automaton, Ending, Logits, Policy, Shape};

const DIM: usize = 3;
const STATES: usize = 4;
const VOCABULARY: usize = 3;
const LONGEST: f64 = 128.0;

/// Places of the coordinates.
mod place {
    use super::{DIM, STATES, VOCABULARY, header};
    pub const RULE: usize = header::COUNT;
    pub const VOCABULARY_SIZE: usize = RULE + 1;
    pub const LENGTH: usize = RULE + 2;
    pub const ENDING: usize = RULE + 3;
    /// Whether EOS has a fixed probability, and which.
    pub const STOPS: usize = RULE + 4;
    pub const STOP: usize = RULE + 5;
    /// How rare EOS is, as a power of T∞.
    pub const RARITY: usize = RULE + 6;
    pub const DIMENSION: usize = RULE + 7;
    pub const EXCHANGED: usize = RULE + 8;
    pub const NEXT: usize = RULE + 9;
    pub const FLAGS: usize = NEXT + STATES * VOCABULARY;
    pub const THETA: usize = FLAGS + STATES;
    pub const W: usize = THETA + DIM;
    pub const FEATURES: usize = W + DIM;
    pub const END: usize = FEATURES + STATES * VOCABULARY * DIM;
}

/// How many rules there are; the last one is any automaton.
const RULES: usize = 6;

/// An automaton over V tokens, the first of them EOS or not, and which of its states are correct.
fn rule(u: &[f64], vocabulary: usize, has_eos: bool) -> (Vec<u32>, Vec<bool>) {
    let first = usize::from(has_eos);
    let body = vocabulary - first; // at least one
    let of = |states: usize, after: &dyn Fn(usize, usize) -> usize, correct: &dyn Fn(usize) -> bool| {
        let next = (0..states * vocabulary).map(|at| (at / vocabulary, at % vocabulary)).map(|(state, token)| {
            let after = if token < first { state } else { after(state, token - first) }; // EOS keeps the state
            after as u32
        });
        (next.collect(), (0..states).map(correct).collect())
    };
    match choice(u[place::RULE], RULES) {
        // The number of ones, or the sum of the tokens modulo three.
        1 => of(3, &|state, token| (state + token + first) % 3, &|state| state == 0),
        2 => of(body, &|_, token| token, &|state| state + 1 == body),
        // Brackets at most two deep; state 3 is a mistake.
        3 if body > 1 => {
            let after = |state: usize, token: usize| match (state, token) {
                (3, _) | (0, 1) | (2, 0) => 3,
                (depth, 0) => depth + 1,
                (depth, 1) => depth - 1,
                (depth, _) => depth,
            };
            of(4, &after, &|state| state == 0)
        }
        // The answer begins with two given tokens; state 3 is another answer.
        4 => {
            let after = |state: usize, token: usize| match (state, token) {
                (0, token) if token + 1 == body => 1,
                (1, 0) => 2,
                (2, _) => 2,
                _ => 3,
            };
            of(4, &after, &|state| state == 2)
        }
        5 => {
            let next = |state: usize, token: usize| choice(u[place::NEXT + state * VOCABULARY + token + first], STATES);
            of(STATES, &next, &|state| u[place::FLAGS + state] < 0.5)
        }
        _ => parity(vocabulary, first),
    }
}

/// The sum of the tokens modulo two, counted from the first that is no EOS as one: every shape of two tokens or more reaches both.
fn parity(vocabulary: usize, first: usize) -> (Vec<u32>, Vec<bool>) {
    let after = |at: usize| (at / vocabulary + if at % vocabulary < first { 0 } else { at % vocabulary }) % 2;
    ((0..2 * vocabulary).map(|at| after(at) as u32).collect(), vec![true, false])
}

/// Sums modulo two or three, the last token, brackets, answers, any automaton of four states.
pub const FINITE_STATE: Family = Family {
    name: "finite-state",
    version: 1,
    shared_edges: true,
    summary: "token-level, rules of automata (sums, last token, brackets, answers), V = 2-3, T∞ = 2-128",
    dim: place::END,
    map: Map::Trusted(|u, instance| {
        let (common, _) = Common::split(u);
        let vocabulary = 2 + choice(u[place::VOCABULARY_SIZE], VOCABULARY - 1);
        let max_length = log_uniform(u[place::LENGTH], 2.0, LONGEST + 0.5) as u32;
        let ending = ENDINGS[choice(u[place::ENDING], 3)];
        let shape = Shape { vocabulary: vocabulary as u32, max_length: max_length.clamp(2, LONGEST as u32), ending };
        let has_eos = ending != Ending::Fixed;
        let chosen = has_eos && vocabulary > 2; // beside a fixed EOS two tokens are left to choose from
        let stop = (chosen && choice(u[place::STOPS], 4) == 3).then(|| log_uniform(1.0 - u[place::STOP], 0.005, 0.9));

        let (mut next, mut correct) = rule(u, vocabulary, has_eos);
        let mut automaton = Automaton { start: 0, next, by_position: false };
        let mut ends = [false; STATES];
        automaton.visit(shape, |_, _| {}, |state| ends[state] = true);
        let reached: Vec<usize> = (0..correct.len()).filter(|&state| ends[state]).collect();
        if let [first, second, ..] = reached[..] {
            if reached.iter().all(|&state| correct[state] == correct[first]) {
                correct[second] = !correct[second];
            }
        } else {
            (next, correct) = parity(vocabulary, usize::from(has_eos));
            automaton.next = next;
        }
        if choice(u[place::EXCHANGED], 4) == 3 {
            correct.iter_mut().for_each(|correct| *correct = !*correct);
        }

        let (rows, fixed) = (correct.len(), usize::from(stop.is_some()));
        let (options, dim) = (vocabulary - fixed, 1 + choice(u[place::DIMENSION], DIM));
        // No token rarer than e⁻⁶⁰⁰: means, variances and curvatures are plain binary64 numbers, on which it must leave its trace.
        let (tilt, rarity) =
            (common.tilt() * (6.0 / 7.0), u[place::RARITY] * crate::number::Scalar::ln(f64::from(shape.max_length)));
        let bias = (0..rows * options).map(|j| {
            let (state, token) = (j / options, j % options + fixed);
            let rare = if has_eos && token == 0 { rarity } else { 0.0 };
            let towards = correct[automaton.after(state, token as u32, shape.vocabulary)];
            if towards { tilt - rare } else { -rare }
        });
        let bias = if tilt == 0.0 && rarity == 0.0 { vec![] } else { bias.collect() };
        let features = dense(&u[place::FEATURES..], rows * options * dim);
        let logits = Logits { dim, rows, options, bias, features, quadratic: vec![], waves: vec![] };
        let scale = common.theta_scale();
        instance.theta = u[place::THETA..][..dim].iter().map(|&x| scale * signed(x)).collect();
        instance.policy = Policy::assemble_finite_state(shape, automaton, stop, logits);
        instance.correct = correct;
        common.finish(instance, &u[place::W..][..DIM], &[]);
    }),
    edges: || {
        // One word of 128 tokens 0 is correct: state 1 is a mistake.
        let mut word = vec![0.0; place::END];
        word[header::ETA] = header::eta_coordinate(1e-4);
        word[place::RULE] = choice_coordinate(5, RULES);
        word[place::VOCABULARY_SIZE] = 1.0;
        word[place::LENGTH] = 1.0;
        word[place::ENDING] = choice_coordinate(2, 3);
        for state in 0..STATES {
            for token in 0..VOCABULARY {
                let mistake = state > 0 || token > 0;
                word[place::NEXT + state * VOCABULARY + token] = choice_coordinate(usize::from(mistake), STATES);
            }
            word[place::FLAGS + state] = if state == 0 { 0.0 } else { 1.0 };
        }
        word[place::W] = 0.25; // w = 1
        (word[place::FEATURES + 1], word[place::FEATURES + 2]) = (signed_coordinate(-0.5), signed_coordinate(0.5));
        let mut rarest = word.clone();
        word[header::TILT] = header::tilt_coordinate(-30.0);
        rarest[header::TILT] = header::tilt_coordinate(-699.0);
        let mut brackets = vec![0.0; place::END];
        brackets[header::ETA] = header::eta_coordinate(0.1);
        brackets[place::RULE] = choice_coordinate(3, RULES);
        (brackets[place::VOCABULARY_SIZE], brackets[place::LENGTH], brackets[place::RARITY]) = (1.0, 1.0, 1.0);
        brackets[place::W] = 0.25;
        (0..STATES * VOCABULARY).for_each(|j| brackets[place::FEATURES + j] = 0.1 * (j % 7) as f64);
        vec![
            Edge { name: "one word of 128 tokens, H_t = −L_p for all of them, J → 0, η → 0", u: word },
            Edge { name: "one word of 128 tokens, J below 10⁻³⁰⁰⁰⁰", u: rarest },
            Edge { name: "brackets, up to 128 tokens, EOS as rare as that", u: brackets },
        ]
    },
};
