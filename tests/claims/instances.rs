//! Small instances by hand, and a shelf of extreme ones.

use gradient_gap::Instance;
use gradient_gap::claims;
use gradient_gap::policy::{Context, Ending, Features, Logits, Policy, Shape};

/// One-token responses with features `phi` ∈ R¹ at θ = 0 along w = 1, the first `plus` of them correct.
pub fn on_a_line(phi: &[f64], bias: &[f64], plus: usize, eta: f64) -> Instance {
    let policy = Policy::linear_softmax(1, phi.to_vec(), bias.to_vec()).expect("features fit");
    let correct = (0..phi.len()).map(|o| o < plus).collect();
    Instance { policy, theta: vec![0.0], direction: vec![1.0], eta, correct, then: vec![] }
}

/// λ(θ) = l₀ + l₁θ + ½l₂θ² at θ = 0 along w = 1.
pub fn parabola(polynomial: [f64; 3], eta: f64) -> Instance {
    let policy = Policy::curve(polynomial, &[]).expect("finite");
    Instance { policy, theta: vec![0.0], direction: vec![1.0], eta, correct: vec![false, true], then: vec![] }
}

/// Slopes (G, −G | 0) and curvatures (2L, 2L | 0) of the logits, masses (J/2, J/2 | 1−J) with J = L/(G² + 2L): s = ±G on O⁺ and 0
/// on O⁻, H = +L on O⁺ and −L on O⁻.
pub fn torn(smooth: f64, score: f64, eta: f64) -> Instance {
    let success = smooth / (score * score + 2.0 * smooth);
    let bias = vec![(0.5 * success).ln(), (0.5 * success).ln(), (-success).ln_1p()];
    let quadratic = vec![2.0 * smooth, 2.0 * smooth, 0.0];
    let policy = Policy::quadratic_softmax(1, vec![score, -score, 0.0], quadratic, bias).expect("fits");
    Instance { policy, theta: vec![0.0], direction: vec![1.0], eta, correct: vec![true, true, false], then: vec![] }
}

/// `length` tokens from one shared row: log-odds `log_odds` + θ of token 0 against token 1, θ = 0, w = 1. Correct: the first
/// response only.
pub fn coins(length: u32, ending: Ending, log_odds: f64, eta: f64) -> Instance {
    let logits = Logits {
        dim: 1,
        rows: 1,
        options: 2,
        bias: vec![log_odds, 0.0],
        features: Features::Dense(vec![1.0, 0.0]),
        quadratic: vec![],
        waves: vec![],
    };
    let shape = Shape { vocabulary: 2, max_length: length, ending };
    let policy = Policy::autoregressive(shape, Context::Shared, logits).expect("one row of two");
    let correct = (0..policy.responses()).map(|o| o == 0).collect();
    Instance { policy, theta: vec![0.0], direction: vec![1.0], eta, correct, then: vec![] }
}

/// V = 2, EOS with the fixed probability `stop`: the length is geometric, cut at T∞.
pub fn geometric(stop: f64, max_length: u32) -> Instance {
    let logits = Logits {
        dim: 1,
        rows: 1,
        options: 1,
        bias: vec![],
        features: Features::Dense(vec![1.0]),
        quadratic: vec![],
        waves: vec![],
    };
    let shape = Shape { vocabulary: 2, max_length, ending: Ending::Eos };
    let policy = Policy::with_stop(shape, Context::Shared, stop, logits).expect("one row of one");
    let correct = (0..policy.responses()).map(|o| o == 0).collect();
    Instance { policy, theta: vec![0.0], direction: vec![1.0], eta: 0.1, correct, then: vec![] }
}

/// Three responses, slopes (δ, 0 | 1), the last with probability e⁻ᵇ: L/G² = O(δ² + e⁻ᵇ), J about ½. O⁺ = {first}.
pub fn rare_and_far(delta: f64, b: f64) -> Instance {
    on_a_line(&[delta, 0.0, 1.0], &[0.0, 0.0, -b], 1, 0.0)
}

/// The extreme instances of one token, or with declared lengths: outside every claim that needs several.
pub const ONE_TOKEN: &[&str] = &[
    "two responses, one parameter",
    "J = 1e-300",
    "1 − J = 1e-300",
    "η = 0",
    "η = 1e-200",
    "η = 1e6",
    "equal features",
    "logits ±350",
    "logits ±700",
    "declared lengths from 1 to 4·10⁹",
    "1 − J = 1e-600, η = 0",
    "1 − J = 1e-600, w = 0",
    "J = 1e-600, η = 0",
    "J = 1e-600, w = 0",
    "J = 1e-600",
    "two responses, one logit each",
    "w = 0",
    "‖w‖ = 0.01",
];

/// Smallest sizes and extremes: none may panic, give NaN, or contradict a statement that holds.
pub fn extremes() -> Vec<(&'static str, Instance)> {
    let tiny = 1e-300f64.ln();
    let mut triangle = claims::conditions::triangle();
    let mut list = vec![
        ("two responses, one parameter", on_a_line(&[1.0, 0.0], &[], 1, 0.5)),
        ("two tokens, two responses", coins(2, Ending::Eos, 0.0, 0.5)),
        ("J = 1e-300", on_a_line(&[1.0, -1.0], &[tiny, 0.0], 1, 0.1)),
        ("1 − J = 1e-300", on_a_line(&[1.0, -1.0], &[-tiny, 0.0], 1, 0.1)),
        ("J = 1e-300, two tokens", coins(2, Ending::Fixed, 0.5 * tiny, 0.1)),
        ("1 − J = 1e-300, two tokens", {
            let mut instance = coins(2, Ending::Fixed, 0.5 * tiny, 0.1);
            instance.correct.iter_mut().for_each(|c| *c = !*c);
            instance
        }),
        ("η = 0", on_a_line(&[1.0, 0.0, -1.0], &[], 1, 0.0)),
        ("η = 1e-200", on_a_line(&[1.0, 0.0, -1.0], &[], 1, 1e-200)),
        ("η = 1e6", on_a_line(&[1.0, 0.0, -1.0], &[], 1, 1e6)),
        ("equal features", on_a_line(&[1.0, 1.0, 1.0], &[], 1, 0.5)),
        ("logits ±350", {
            let mut instance = on_a_line(&[1.0, -1.0], &[], 1, 0.5);
            instance.theta[0] = 350.0;
            instance
        }),
        ("logits ±700", {
            let mut instance = on_a_line(&[1.0, -1.0], &[], 1, 0.5);
            instance.theta[0] = 700.0;
            instance
        }),
        ("chain of 200 tokens, ended by EOS", coins(200, Ending::Eos, -3.0, 0.01)),
        ("chain of 200 tokens, cut", coins(200, Ending::Cut, -3.0, 0.01)),
        ("chain of 200 tokens, stopped at random", geometric(0.05, 200)),
        ("six coins", coins(6, Ending::Fixed, 0.0, 0.1)),
        ("declared lengths from 1 to 4·10⁹", {
            let mut instance = on_a_line(&[1.0, 0.0, -1.0], &[], 1, 0.25);
            instance.policy.lengths = Some(vec![1, 1000, 4_000_000_000]);
            instance
        }),
    ];
    // Beyond the range of the doubles: 1 − J (or J) is 0 there, its logarithm is not.
    for (name, log_odds, w, eta) in [
        ("1 − J = 1e-600, η = 0", -2.0 * tiny, 1.0, 0.0),
        ("1 − J = 1e-600, w = 0", -2.0 * tiny, 0.0, 0.1),
        ("J = 1e-600, η = 0", 2.0 * tiny, 1.0, 0.0),
        ("J = 1e-600, w = 0", 2.0 * tiny, 0.0, 0.1),
        ("J = 1e-600", 2.0 * tiny, 1.0, 0.1),
    ] {
        let instance = on_a_line(&[1.0, -1.0], &[log_odds, 0.0], 1, eta);
        list.push((name, Instance { direction: vec![w], ..instance }));
    }
    list.push(("two responses, one logit each", {
        let policy = Policy::tabular_softmax(2, vec![]).expect("fits");
        Instance {
            policy,
            theta: vec![0.0; 2],
            direction: vec![1.0, 0.0],
            eta: 0.5,
            correct: vec![true, false],
            then: vec![],
        }
    }));
    triangle.direction = vec![0.0; 2];
    list.push(("w = 0", triangle.clone()));
    triangle.direction = vec![0.006, 0.008];
    list.push(("‖w‖ = 0.01", triangle));
    list
}

/// The same update `updates` times.
pub fn repeated(instance: Instance, updates: usize) -> Instance {
    let update = gradient_gap::instance::Update { direction: instance.direction.clone(), eta: instance.eta };
    Instance { then: vec![update; updates - 1], ..instance }
}
