//! T steps in O(log T): powers of the matrix of cells from state to state, for logits that do not depend on the position.

use super::cell::{Cell, Sums};
use super::{Arrow, arrive};
use crate::number::Scalar;
use smallvec::SmallVec;

/// From every place to every place; `None` where no word leads.
struct Matrix<N, S> {
    places: usize,
    cells: Vec<Option<Cell<N, S>>>,
}

impl<N: Scalar, S: Sums<N>> Matrix<N, S> {
    /// One token: places are the states, then one for each state that a response may have ended in, where it stays.
    fn of(states: usize, [on, end]: &[Vec<Arrow<N, S>>; 2]) -> Matrix<N, S> {
        let places = 2 * states;
        let mut cells = vec![None; places * places];
        for arrow in on {
            cells[arrow.source * places + arrow.target] = Some(arrow.cell);
        }
        for arrow in end {
            cells[arrow.source * places + states + arrow.target] = Some(arrow.cell);
        }
        for ended in states..places {
            cells[ended * places + ended] = Some(Cell::one());
        }
        Matrix { places, cells }
    }

    /// From `from` to everywhere, then along this.
    fn after(&self, from: &[Option<Cell<N, S>>]) -> Vec<Option<Cell<N, S>>> {
        let mut parts: SmallVec<[Cell<N, S>; 16]> = SmallVec::new();
        (0..self.places)
            .map(|to| {
                parts.clear();
                let by = |via: usize| Some(from[via]?.then(self.cells[via * self.places + to]?));
                parts.extend((0..self.places).filter_map(by));
                Cell::merge(&parts)
            })
            .collect()
    }

    fn square(&self) -> Matrix<N, S> {
        let rows = self.cells.chunks_exact(self.places);
        Matrix { places: self.places, cells: rows.flat_map(|row| self.after(row)).collect() }
    }
}

/// How many compositions of cells [`walk`] takes, about.
pub(super) fn work(states: usize, steps: u32) -> f64 {
    (2.0 * states as f64).powi(3) * f64::from(steps.max(2).ilog2())
}

/// The cells of prefixes that go on after `steps` tokens, and of responses that have ended by then, by state.
pub(super) fn walk<N: Scalar, S: Sums<N>>(
    states: usize,
    start: usize,
    arrows: &[Vec<Arrow<N, S>>; 2],
    steps: u32,
) -> [Vec<Option<Cell<N, S>>>; 2] {
    let mut matrix = Matrix::of(states, arrows);
    let mut from = vec![None; matrix.places];
    from[start] = Some(Cell::one());
    let mut left = steps;
    while left > 0 {
        if left % 2 == 1 {
            from = matrix.after(&from);
        }
        left /= 2;
        if left > 0 {
            matrix = matrix.square();
        }
    }
    let ended = from.split_off(states);
    [from, ended]
}

/// One more token, after which every response has ended, beside those that had.
pub(super) fn last<N: Scalar, S: Sums<N>>(
    end: &[Arrow<N, S>],
    [on, ended]: [Vec<Option<Cell<N, S>>>; 2],
) -> Vec<Option<Cell<N, S>>> {
    let mut ends = vec![None; on.len()];
    arrive(end, &on, &mut ends);
    ends.iter()
        .zip(&ended)
        .map(|(a, b)| Cell::merge(&a.iter().chain(b).copied().collect::<SmallVec<[Cell<N, S>; 2]>>()))
        .collect()
}
