//! Ranks, their correlation, and intervals for a median that assume nothing of the law.

/// The rank of every number from 1, the mean of their ranks for equal ones.
pub fn ranks(x: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..x.len()).collect();
    order.sort_by(|&a, &b| x[a].total_cmp(&x[b]));
    let mut ranks = vec![0.0; x.len()];
    let mut from = 0;
    while from < order.len() {
        let equal = order[from..].iter().take_while(|&&i| x[i] == x[order[from]] || i == order[from]).count();
        let rank = from as f64 + 0.5 * (equal as f64 + 1.0);
        order[from..from + equal].iter().for_each(|&i| ranks[i] = rank);
        from += equal;
    }
    ranks
}

/// Spearman's ρ: the correlation of ranks, from −1 to 1. `None` of fewer than two pairs, where all numbers of a list are equal,
/// or one is none.
pub fn spearman(x: &[f64], y: &[f64]) -> Option<f64> {
    if x.len() != y.len() || x.iter().chain(y).any(|x| x.is_nan()) {
        return None;
    }
    let (x, y, mean) = (ranks(x), ranks(y), 0.5 * (x.len() as f64 + 1.0));
    let moment = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - mean) * (b - mean)).sum::<f64>();
    let size = (moment(&x, &x) * moment(&y, &y)).sqrt();
    (size > 0.0).then(|| moment(&x, &y) / size)
}

/// The median, and the ends of an interval that contains the median of the law the numbers are drawn from with probability at
/// least 0.95, whatever that law is: the k-th number from below and from above, with the largest k for which
/// 2 P(Bin(n, ½) < k) ≤ 0.05. The ends are infinite where there is no such k: of fewer than six numbers.
pub fn median(x: &[f64]) -> Option<[f64; 3]> {
    let mut sorted = x.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len();
    let middle = 0.5 * (sorted.get(n.checked_sub(1)? / 2)? + sorted.get(n / 2)?);
    let (mut k, mut below, mut term) = (0, 0.0, 0.5_f64.powi(n as i32));
    while k < n && 2.0 * (below + term) <= 0.05 {
        below += term;
        term *= (n - k) as f64 / (k + 1) as f64;
        k += 1;
    }
    match k {
        0 => Some([f64::NEG_INFINITY, middle, f64::INFINITY]),
        _ => Some([sorted[k - 1], middle, sorted[n - k]]),
    }
}

/// The slope of the straight line through (x, y) whose squared vertical distances are least. `None` where all x are equal, or there
/// are fewer than two.
pub fn least_squares(x: &[f64], y: &[f64]) -> Option<f64> {
    let mean = |x: &[f64]| x.iter().sum::<f64>() / x.len().max(1) as f64;
    let (across, up) = (mean(x), mean(y));
    let moment = |of: &dyn Fn(f64, f64) -> f64| x.iter().zip(y).map(|(&x, &y)| of(x - across, y - up)).sum::<f64>();
    let square = moment(&|x, _| x * x);
    (x.len() == y.len() && square > 0.0).then(|| moment(&|x, y| x * y) / square)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_of_equal_numbers_are_their_mean() {
        assert_eq!(ranks(&[3.0, 1.0, 2.0]), [3.0, 1.0, 2.0]);
        assert_eq!(ranks(&[5.0, 1.0, 5.0, 5.0]), [3.0, 1.0, 3.0, 3.0]);
        assert!(ranks(&[]).is_empty());
    }

    #[test]
    fn spearman_by_hand() {
        // Σd² = 6 of five pairs: 1 − 6·6/(5·24) = 0.7.
        assert_eq!(
            spearman(&[1.0, 2.0, 3.0, 4.0, 5.0], &[2.0, 1.0, 4.0, 5.0, 3.0]).map(|r| (1e12 * r).round()),
            Some(0.6e12)
        );
        assert_eq!(spearman(&[1.0, 2.0, 9.0], &[0.0, 5.0, 6.0]), Some(1.0));
        assert_eq!(spearman(&[1.0, 2.0, 9.0], &[7.0, 6.0, -1.0]), Some(-1.0));
        assert_eq!(spearman(&[1.0, 1.0], &[1.0, 2.0]), None);
        assert_eq!(spearman(&[1.0], &[1.0]), None);
        assert_eq!(spearman(&[1.0, f64::NAN], &[1.0, 2.0]), None);
        assert_eq!(spearman(&[1.0, 2.0], &[1.0]), None);
    }

    #[test]
    fn a_straight_line() {
        // x̄ = 2, ȳ = 3, Σ(x−2)(y−3) = 3, Σ(x−2)² = 2.
        assert_eq!(least_squares(&[1.0, 2.0, 3.0], &[1.0, 4.0, 4.0]), Some(1.5));
        assert_eq!(least_squares(&[1.0, 1.0], &[1.0, 2.0]), None);
        assert_eq!(least_squares(&[1.0], &[1.0]), None);
        assert_eq!(least_squares(&[1.0, 2.0], &[1.0]), None);
    }

    #[test]
    fn the_interval_of_a_median() {
        // n = 20: 2 P(Bin < 6) = 0.0414, 2 P(Bin < 7) = 0.115. n = 6: 2 · 2⁻⁶ = 0.031.
        let twenty: Vec<f64> = (1..=20).map(f64::from).collect();
        assert_eq!(median(&twenty), Some([6.0, 10.5, 15.0]));
        assert_eq!(median(&[3.0, 1.0, 2.0, 6.0, 5.0, 4.0]), Some([1.0, 3.5, 6.0]));
        assert_eq!(median(&[2.0, 1.0, 3.0]), Some([f64::NEG_INFINITY, 2.0, f64::INFINITY]));
        assert_eq!(median(&[]), None);
    }
}
