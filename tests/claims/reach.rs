//! Which families reach a claim.

/// Which families reach a claim, with the least share of their instances that it must cover.
pub type Reach = &'static [(&'static str, f64)];

/// Every family, every instance: a claim without hypotheses.
pub const EVERYWHERE: Reach = &[
    ("linear-softmax", 1.0),
    ("tabular-softmax", 1.0),
    ("cube", 1.0),
    ("quadratic-softmax", 1.0),
    ("declared-lengths", 1.0),
    ("curve", 1.0),
    ("sum-of-sines", 1.0),
    ("listed-responses", 1.0),
    ("prefix-tabular", 1.0),
    ("last-token", 1.0),
    ("prefix-linear", 1.0),
    ("geometric-length", 1.0),
    ("curved-tokens", 1.0),
    ("finite-state", 1.0),
];

/// Every family of runs, every instance.
pub const ALL_RUNS: Reach = &[
    ("linear-softmax-run", 1.0),
    ("tabular-softmax-run", 1.0),
    ("cube-run", 1.0),
    ("quadratic-softmax-run", 1.0),
    ("curve-run", 1.0),
    ("sum-of-sines-run", 1.0),
    ("prefix-tabular-run", 1.0),
    ("last-token-run", 1.0),
    ("geometric-length-run", 1.0),
    ("overshoot-collapse", 1.0),
    ("resonant-collapse", 1.0),
    ("token-overshoot-collapse", 1.0),
];

/// Every family that models tokens, every instance.
pub const TOKENS_MODELLED: Reach = &[
    ("linear-softmax", 1.0),
    ("tabular-softmax", 1.0),
    ("cube", 1.0),
    ("quadratic-softmax", 1.0),
    ("curve", 1.0),
    ("sum-of-sines", 1.0),
    ("prefix-tabular", 1.0),
    ("last-token", 1.0),
    ("prefix-linear", 1.0),
    ("geometric-length", 1.0),
    ("curved-tokens", 1.0),
    ("finite-state", 1.0),
];

/// Every family, all instances but those with no step, no direction or nothing that bends.
pub const NOT_STILL: Reach = &[
    ("linear-softmax", 0.9),
    ("tabular-softmax", 0.9),
    ("cube", 0.9),
    ("quadratic-softmax", 0.9),
    ("declared-lengths", 0.9),
    ("curve", 0.9),
    ("sum-of-sines", 0.85),
    ("listed-responses", 0.9),
    ("prefix-tabular", 0.9),
    ("last-token", 0.9),
    ("prefix-linear", 0.9),
    ("geometric-length", 0.85),
    ("curved-tokens", 0.9),
    ("finite-state", 0.8),
];

/// Every family with tokens, all instances but those with no step, no direction or nothing that bends.
pub const TOKENS_NOT_STILL: Reach = &[
    ("linear-softmax", 0.9),
    ("tabular-softmax", 0.9),
    ("cube", 0.9),
    ("quadratic-softmax", 0.9),
    ("curve", 0.9),
    ("sum-of-sines", 0.85),
    ("prefix-tabular", 0.9),
    ("last-token", 0.9),
    ("prefix-linear", 0.9),
    ("geometric-length", 0.85),
    ("curved-tokens", 0.9),
    ("finite-state", 0.8),
];

/// Where L_p is bounded on the whole line in closed form: no logits quadratic in θ, or two options.
pub const ON_THE_LINE: Reach = &[
    ("linear-softmax", 1.0),
    ("tabular-softmax", 1.0),
    ("cube", 1.0),
    ("quadratic-softmax", 0.15),
    ("declared-lengths", 1.0),
    ("curve", 1.0),
    ("sum-of-sines", 1.0),
    ("listed-responses", 0.12),
    ("prefix-tabular", 1.0),
    ("last-token", 1.0),
    ("prefix-linear", 1.0),
    ("geometric-length", 1.0),
    ("curved-tokens", 0.4),
    ("finite-state", 1.0),
];

/// Every token-level family, every instance.
pub const SEVERAL_TOKENS: Reach = &[
    ("prefix-tabular", 1.0),
    ("last-token", 1.0),
    ("prefix-linear", 1.0),
    ("geometric-length", 1.0),
    ("curved-tokens", 1.0),
    ("finite-state", 1.0),
];
