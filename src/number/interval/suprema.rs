//! Suprema over a segment by branch and bound.

use super::Interval;
use crate::number::Scalar;

/// Enclosures narrower than this, relative to their size, are not refined: 2⁻⁴⁴.
const NARROW: f64 = 1.0 / (1u64 << 44) as f64;

/// From so many pieces on, slopes sharpen what is known over a piece.
pub(super) const FEW: usize = 8;

/// A piece of the segment with the enclosures of all functions over it.
struct Piece<const K: usize> {
    over: Interval,
    values: [Interval; K],
}

/// Encloses the suprema of K functions over \[0, x\] in about `pieces` evaluations: f over a piece encloses every value there, so
/// the supremum lies between the largest lower end and the largest upper end of all pieces. For each supremum that is not narrow
/// yet, in turn, the piece with the largest upper end is halved. What f gives at single points, which is narrow, raises the lower
/// ends: at both ends of the segment and in the middle of the pieces with the largest upper ends.
pub(super) fn suprema<const K: usize>(x: f64, pieces: usize, f: impl Fn(Interval) -> [Interval; K]) -> [Interval; K] {
    let list = refine(x, pieces, &f);
    let mut top = largest(&list);
    if x.is_finite() && x != 0.0 {
        let mut points = vec![0.0, x];
        points.extend((0..K).filter_map(|k| highest(&list, k)).map(|at| list[at].over.mid()));
        points.sort_unstable_by(f64::total_cmp);
        points.dedup();
        for at in points {
            let values = top.iter_mut().zip(f(Interval::point(at)));
            for (top, value) in values.filter(|(top, value)| !top.is_empty() && !value.is_empty()) {
                *top = Interval::new(f64::max(top.lo(), value.lo().min(top.hi())), top.hi());
            }
        }
    }
    top
}

/// f over a piece and, by the mean value theorem, within f(middle) + slope·(t − middle).
pub(super) fn mean_value<const K: usize>(
    over: Interval,
    f: &impl Fn(Interval) -> [Interval; K],
    slopes: &impl Fn(Interval) -> [Interval; K],
) -> [Interval; K] {
    let mut values = f(over);
    let narrow = |value: &Interval| value.width() <= NARROW * f64::max(value.lo().abs(), value.hi().abs());
    if over.width() > 0.0 && !values.iter().all(narrow) {
        let middle = Interval::point(over.mid());
        let (centre, slope) = (f(middle), slopes(over));
        for (k, value) in values.iter_mut().enumerate() {
            let sharper = value.intersection(centre[k] + slope[k] * (over - middle));
            if !sharper.is_empty() {
                *value = sharper;
            }
        }
    }
    values
}

/// The hull of all suprema that the pieces leave possible.
fn largest<const K: usize>(list: &[Piece<K>]) -> [Interval; K] {
    std::array::from_fn(|k| list.iter().map(|piece| piece.values[k]).reduce(Scalar::max).unwrap_or(Interval::EMPTY))
}

/// The piece with the largest upper end of function k.
fn highest<const K: usize>(list: &[Piece<K>], k: usize) -> Option<usize> {
    (0..list.len()).max_by(|&a, &b| list[a].values[k].hi().total_cmp(&list[b].values[k].hi()))
}

/// Pieces that cover \[0, x\], about `pieces` of them, small where a supremum may lie.
fn refine<const K: usize>(x: f64, pieces: usize, f: &impl Fn(Interval) -> [Interval; K]) -> Vec<Piece<K>> {
    let mut list: Vec<Piece<K>> =
        Interval::cover(x, pieces.clamp(1, 8)).map(|over| Piece { over, values: f(over) }).collect();
    let mut turn = 0;
    while list.len() < pieces {
        let top = largest(&list);
        let relative = |k: usize| {
            let size = f64::max(top[k].lo().abs(), top[k].hi().abs());
            if size > 0.0 { top[k].width() / size } else { 0.0 }
        };
        // In turn, so that a flat maximum, which first-order enclosures resolve slowly, does not use up the pieces of the others.
        // NaN widths: undefined somewhere, where refining does not help.
        let Some(k) = (0..K).map(|i| (turn + i) % K).find(|&k| relative(k) > NARROW) else { break };
        turn = k + 1;
        let Some(at) = highest(&list, k) else { break };
        let over = list[at].over;
        let middle = over.mid();
        if !(over.lo() < middle && middle < over.hi()) {
            break;
        }
        let halves = [Interval::new(over.lo(), middle), Interval::new(middle, over.hi())];
        let [low, high] = halves.map(|over| Piece { over, values: f(over) });
        list[at] = low;
        list.push(high);
    }
    list
}
