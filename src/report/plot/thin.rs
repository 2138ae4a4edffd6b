//! Fewer points of a curve than there are values, with every extreme and every gap.

/// The most points that are drawn of a curve.
pub(super) const POINTS: usize = 1_200;

/// Which values are drawn, in pieces without a gap. Of more than [`POINTS`] values these are the lowest and the highest in
/// every column of equal width, so that no spike is lost; a value that is not finite ends a piece, drawn or not.
pub(super) fn pieces(across: &[f64], values: &[f64], [low, high]: [f64; 2]) -> Vec<Vec<usize>> {
    let count = values.len().min(across.len());
    let columns = (POINTS / 2 - 1) as f64;
    let column = |index: usize, at: f64| match count <= POINTS {
        true => index,
        false => (columns * (0.5 * at - 0.5 * low) / (0.5 * high - 0.5 * low)) as usize,
    };
    let mut pieces: Vec<Vec<usize>> = Vec::new();
    let mut gaps = 0; // values left out so far: between points of one piece there is none
    let mut drawn = None;
    let mut draw = |[lowest, highest]: [(usize, usize); 2]| {
        let both = if lowest <= highest { [lowest, highest] } else { [highest, lowest] };
        for (index, before) in both.into_iter().take(if lowest == highest { 1 } else { 2 }) {
            match (pieces.last_mut(), drawn) {
                (Some(piece), Some(gaps)) if gaps == before => piece.push(index),
                _ => pieces.push(vec![index]),
            }
            drawn = Some(before);
        }
    };
    let mut open: Option<(usize, [(usize, usize); 2])> = None; // a column, its lowest and its highest value
    for (index, (&at, &value)) in across.iter().zip(values).enumerate() {
        if !(at.is_finite() && value.is_finite()) {
            gaps += 1;
            continue;
        }
        let (here, point) = (column(index, at), (index, gaps));
        open = Some(match open {
            Some((known, [lowest, highest])) if here <= known => {
                let lowest = if value < values[lowest.0] { point } else { lowest };
                let highest = if value > values[highest.0] { point } else { highest };
                (known, [lowest, highest])
            }
            done => {
                done.into_iter().for_each(|(_, ends)| draw(ends));
                (here, [point; 2])
            }
        });
    }
    open.into_iter().for_each(|(_, ends)| draw(ends));
    pieces
}

/// Which points of a cloud are drawn, in their order: of more than [`POINTS`], those at the four sides of every stretch.
pub(super) fn cloud(x: &[f64], y: &[f64]) -> Vec<usize> {
    let count = x.len().min(y.len());
    let finite = |index: &usize| x[*index].is_finite() && y[*index].is_finite();
    if count <= POINTS {
        return (0..count).filter(finite).collect();
    }
    let stretch = count.div_ceil(POINTS / 4);
    let mut kept = Vec::with_capacity(POINTS);
    for from in (0..count).step_by(stretch) {
        let all = || (from..count.min(from + stretch)).filter(finite);
        let by = |of: &[f64]| {
            let order = |a: &usize, b: &usize| of[*a].total_cmp(&of[*b]);
            [all().min_by(order), all().max_by(order)]
        };
        let mut ends: Vec<usize> = [by(x), by(y)].into_iter().flatten().flatten().collect();
        ends.sort_unstable();
        ends.dedup();
        kept.extend(ends);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(count: usize) -> Vec<f64> {
        (0..count).map(|k| k as f64).collect()
    }

    #[test]
    fn a_gap_ends_a_piece() {
        let nan = f64::NAN;
        let drawn = |values: &[f64]| pieces(&steps(values.len()), values, [0.0, 9.0]);
        assert_eq!(drawn(&[1.0, 2.0, nan, 3.0, f64::INFINITY, nan, 4.0, 4.0]), [vec![0, 1], vec![3], vec![6, 7]]);
        assert_eq!(drawn(&[nan, 1.0, nan]), [[1]]);
        assert!(drawn(&[nan, nan]).is_empty() && drawn(&[]).is_empty());
        // A step that is no number is a gap, too.
        assert_eq!(pieces(&[0.0, nan, 2.0], &[1.0, 1.0, 1.0], [0.0, 2.0]), [[0], [2]]);
    }

    #[test]
    fn extremes_and_gaps_survive() {
        let count = 1_000_000;
        let mut values: Vec<f64> = steps(count).into_iter().map(|k| (k * 1e-5).fract()).collect();
        (values[123_456], values[654_321], values[500_000]) = (1e6, -1e6, f64::NAN);
        let across = steps(count);
        let drawn = pieces(&across, &values, [0.0, across[count - 1]]);
        assert_eq!(drawn.len(), 2, "one gap");
        let all = drawn.concat();
        assert!(all.len() <= POINTS && all.is_sorted() && all.contains(&123_456) && all.contains(&654_321));
        assert!(drawn[0].last() < Some(&500_000) && drawn[1].first() > Some(&500_000));
        // Every other value is missing: nothing is joined.
        let sparse: Vec<f64> = (0..count).map(|k| if k % 2 == 0 { k as f64 } else { f64::NAN }).collect();
        let drawn = pieces(&across, &sparse, [0.0, across[count - 1]]);
        assert!(drawn.len() <= POINTS && drawn.iter().all(|piece| piece.len() == 1));
    }

    #[test]
    fn a_cloud_keeps_its_sides() {
        let count = 1_000_000;
        let (mut x, mut y) = (steps(count), vec![0.0; count]);
        (x[77_777], x[400_001], y[300_003], y[300_004]) = (-5.0, 1e9, 7.0, f64::NAN);
        let drawn = cloud(&x, &y);
        assert!(drawn.len() <= POINTS && drawn.is_sorted());
        assert!([77_777, 400_001, 300_003].iter().all(|index| drawn.contains(index)) && !drawn.contains(&300_004));
        assert_eq!(cloud(&[1.0, f64::NAN, 3.0], &[1.0, 2.0, 3.0, 4.0]), [0, 2]);
    }
}
