//! The language under hostile input: nothing panics, every error has a place.

use gradient_gap::expression::{MAX_LENGTH, Values};
use gradient_gap::number::Interval;
use gradient_gap::{Conjecture, Evaluation, Instance};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const PIECES: [&str; 44] = [
    "eta", "dmu", "dlambda", "J0", "F0", "J1", "F1", "L", "G", "Tpsi1", "len_pos", "n_neg", "1", "0", "2", "0.5", "1e300",
    "1e-300", "17", "-", "+", "*", "/", "^", "(", ")", ",", "<=", ">=", "<", ">", "==", "abs(", "min(", "max(", "exp(",
    "log(", "sqrt(", "tanh(", "cosh(", " ", "x", "≤", "\u{202e}",
];

fn instance() -> Instance {
    let text = r#"{"logits": [0, 1, 2], "slopes": [1, -1, 0.5], "correct": [0], "eta": 0.25}"#;
    gradient_gap::check::witness::read_instance(text).expect("fits")
}

#[test]
fn random_texts_are_read_or_refused() {
    let (instance, mut rng) = (instance(), ChaCha8Rng::seed_from_u64(8));
    let (real, enclosed) = (Evaluation::<f64>::new(&instance, 1), Evaluation::<Interval>::new(&instance, 1));
    let (mut read, mut refused) = (0, 0);
    for _ in 0..60_000 {
        let length = 1 + rng.next_u32() as usize % 14;
        let text: String = (0..length).map(|_| PIECES[rng.next_u32() as usize % PIECES.len()]).collect();
        match Conjecture::parse(&text) {
            Ok(conjecture) => {
                let found = conjecture.compare(&mut Values::new(&real));
                let known = conjecture.compare(&mut Values::new(&enclosed));
                if found.defined && known.defined && found.excess.is_finite() {
                    let slack = 1e-6 * (found.sides[0].abs() + found.sides[1].abs());
                    let excess = known.excess;
                    assert!(excess.lo() - slack <= found.excess && found.excess <= excess.hi() + slack, "{text}");
                }
                read += 1;
            }
            Err(error) => {
                let message = error.to_string();
                assert_eq!(message.lines().count(), 3, "{message}");
                assert!(message.ends_with('^') && !message.contains('\u{202e}'), "{message:?}");
                refused += 1;
            }
        }
    }
    assert!(read > 100 && refused > 10_000, "{read} read, {refused} refused");
}

/// As long and as deep as allowed, it is read at once and does not exhaust the stack.
#[test]
fn the_longest_expressions_are_read() {
    let instance = instance();
    let enclosed = Evaluation::<Interval>::new(&instance, 1);
    let sum: String = (0..).map(|i| format!("L^{}*J0+", i % 97)).take(200).collect();
    for text in [
        format!("{}1<=2", "J1-J0+".repeat(300)),
        format!("{}1<=2", &sum[..sum.len().min(1900)]),
        format!("{}L{}<=1", "log(1+".repeat(30), ")".repeat(30)),
        format!("{}2<=1", "L^".repeat(60)),
        format!("{}1<=2", "L*(1-J0)/".repeat(200)),
        format!("max({}1)<=2", "dmu,".repeat(400)),
        format!("{}1{}<=1", "(J1-".repeat(30), ")".repeat(30)),
    ] {
        assert!(text.chars().count() <= MAX_LENGTH, "{}", text.len());
        let conjecture = Conjecture::parse(&text).unwrap_or_else(|e| panic!("{e}"));
        let _ = conjecture.compare(&mut Values::new(&enclosed));
    }
}

/// Every word is defined on every family's instances, in the order that its range says.
#[test]
fn every_word_is_defined_everywhere() {
    use gradient_gap::expression::Word;
    for instance in crate::drawn::random_instances(2, 40).iter().filter(|instance| instance.moves()) {
        let (real, enclosed) = (Evaluation::<f64>::new(instance, 8), Evaluation::<Interval>::new(instance, 1));
        let (mut real, mut enclosed) = (Values::new(&real), Values::new(&enclosed));
        for word in Word::NAMED {
            let (value, known) = (real.get(word), enclosed.get(word));
            assert!(!value.is_nan() && !known.is_empty(), "{word:?}: {value}, {known:?}");
        }
        let at_least_one = [Word::Tinf, Word::Len, Word::LenPos, Word::LenNeg, Word::NPos, Word::NNeg];
        assert!(at_least_one.iter().all(|&word| real.get(word) >= 1.0 - 1e-12));
        if instance.policy.is_one_token() && instance.policy.lengths.is_none() {
            for (token, trajectory) in [(Word::Lp, Word::L), (Word::Gp, Word::G), (Word::Len, Word::Tinf)] {
                assert_eq!(real.get(token), real.get(trajectory), "a trajectory-level policy is one of a single token");
            }
            assert_eq!((real.get(Word::Tinf), real.get(Word::Tpsi1)), (1.0, 1.0 / std::f64::consts::LN_2));
        }
    }
}
