//! Times that are compared.

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// The medians of two times over rounds that alternate between them.
pub fn medians(rounds: usize, one: impl Fn() -> f64, other: impl Fn() -> f64) -> [f64; 2] {
    let rounds: Vec<[f64; 2]> = (0..rounds).map(|_| [one(), other()]).collect();
    [0, 1].map(|i| median(rounds.iter().map(|round| round[i]).collect()))
}
