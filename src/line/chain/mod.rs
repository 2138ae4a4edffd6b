//! Finite-state policies: everything a statement reads of a response space that cannot be listed, by recursion over the states of the
//! automaton.
//!
//! All prefixes of t tokens that end in one state are one [`Cell`]; a token takes cells to cells, and what arrives in one state merges.
//! T∞ steps of at most S·V arrows each, or, where no logit depends on the position and that is less work, powers of the matrix of cells from
//! state to state in O(S³ log T∞), give both sides exactly: P(O∓), E∓\[s\], Var∓(s), E∓\[H\], E∓\[ℓ\], the law of ℓ, and the finite
//! step of `line::step` without cancellation. Every cell has a scale of its own, a power of 2, so that J = 10⁻³⁰⁰⁰⁰ is an ordinary
//! number. In binary64 the relative error of a probability is at most about 2T∞(V + 3)·2⁻⁵³, of a mean as much of the largest size that
//! is mixed (no difference of large numbers is formed).
//!
//! Derivatives come a second time from the same recursion over jets ([`OnLine::lambda_jet`]), which knows probabilities only.

mod cell;
mod power;

use super::{Line, List, OnLine, Step, Tokens};
use crate::number::{Scalar, sum};
use crate::policy::{Automaton, Ending};
use cell::{Cell, Extremes, Mass, Moments, Moved, Sums};
use smallvec::SmallVec;

/// Tokens that lead from one state to another, or to the end in one.
struct Arrow<N, S> {
    source: usize,
    target: usize,
    cell: Cell<N, S>,
}

/// What a walk over all tokens gives.
struct Walk<N, S> {
    /// O⁻ and O⁺.
    sides: [Cell<N, S>; 2],
    /// P(ℓ) for every length that occurs.
    law: Vec<(u32, Mass<N>)>,
}

/// The cells that arrive in every target, merged. Arrows are sorted by their targets.
fn arrive<N: Scalar, S: Sums<N>>(arrows: &[Arrow<N, S>], now: &[Option<Cell<N, S>>], then: &mut [Option<Cell<N, S>>]) {
    let mut parts: SmallVec<[Cell<N, S>; 16]> = SmallVec::new();
    for group in arrows.chunk_by(|a, b| a.target == b.target) {
        parts.clear();
        parts.extend(group.iter().filter_map(|arrow| Some(now[arrow.source]?.then(arrow.cell))));
        then[group[0].target] = Cell::merge(&parts);
    }
}

impl<N: Scalar> OnLine<'_, N> {
    /// The automaton of a policy whose responses are not listed.
    pub(crate) fn automaton(&self) -> Option<&Automaton> {
        self.policy.automaton.as_deref()
    }

    /// The arrows at a position, sorted by target: those that go on and those that end a response.
    fn arrows<S: Sums<N>>(
        &self,
        automaton: &Automaton,
        position: u32,
        cell: &impl Fn(Option<usize>) -> Cell<N, S>,
    ) -> [Vec<Arrow<N, S>>; 2] {
        let shape = self.policy.tree.shape();
        let (width, states) = (shape.vocabulary, automaton.states(shape.vocabulary));
        let last = position + 1 == shape.max_length;
        let fixed_stop = u32::from(self.policy.stop.is_some());
        let (mut on, mut end) = (vec![], vec![]);
        for source in 0..states {
            let row = automaton.row(position, source, states) * self.logits.options;
            for token in 0..width {
                let stops = token == 0 && shape.ending != Ending::Fixed;
                let forced = last && shape.ending == Ending::Eos;
                if forced && !stops {
                    continue;
                }
                // A forced EOS and one of fixed probability are not subject to θ.
                let option = (!forced && token >= fixed_stop).then(|| row + (token - fixed_stop) as usize);
                let cell = if forced { Cell { mass: Mass::one(), ..cell(None) } } else { cell(option) };
                let arrow = Arrow { source, target: automaton.after(source, token, width), cell };
                if stops || last { &mut end } else { &mut on }.push(arrow);
            }
        }
        [on, end].map(|mut arrows| {
            arrows.sort_by_key(|arrow| (arrow.target, arrow.source));
            // Tokens that do the same are one arrow.
            let same = |a: &Arrow<N, S>, b: &Arrow<N, S>| (a.target, a.source) == (b.target, b.source);
            arrows
                .chunk_by(same)
                .filter_map(|group| {
                    let cells: SmallVec<[Cell<N, S>; 16]> = group.iter().map(|arrow| arrow.cell).collect();
                    Some(Arrow { source: group[0].source, target: group[0].target, cell: Cell::merge(&cells)? })
                })
                .collect()
        })
    }

    /// Over all responses; `cell` of a logit that is read, or of an EOS that no logit decides.
    fn walk<S: Sums<N>>(&self, automaton: &Automaton, cell: impl Fn(Option<usize>) -> Cell<N, S>) -> Walk<N, S> {
        let shape = self.policy.tree.shape();
        let states = automaton.states(shape.vocabulary);
        let mut now: Vec<Option<Cell<N, S>>> = vec![None; states];
        now[automaton.start as usize] = Some(Cell::one());
        let (mut then, mut ends) = (vec![None; states], vec![None; states]);
        let mut sides: [Option<Cell<N, S>>; 2] = [None; 2];
        let mut law = vec![];
        let mut arrows = self.arrows(automaton, 0, &cell);
        for position in 0..shape.max_length {
            let last = position + 1 == shape.max_length;
            if position > 0 && (last || automaton.by_position) {
                arrows = self.arrows(automaton, position, &cell);
            }
            let [on, end] = &arrows;
            ends.fill(None);
            arrive(end, &now, &mut ends);
            let ended: SmallVec<[Cell<N, S>; 16]> = ends.iter().flatten().copied().collect();
            law.extend(Cell::merge(&ended).map(|cell| (position + 1, cell.mass)));
            for (side, known) in sides.iter_mut().enumerate() {
                let of_side = (0..states).filter(|&state| usize::from(self.correct[state]) == side);
                let parts: SmallVec<[Cell<N, S>; 16]> =
                    known.iter().copied().chain(of_side.filter_map(|state| ends[state])).collect();
                *known = Cell::merge(&parts);
            }
            then.fill(None);
            arrive(on, &now, &mut then);
            std::mem::swap(&mut now, &mut then);
        }
        // Both sides are reached, by `Instance::validate`.
        Walk { sides: sides.map(|side| side.unwrap_or(Cell::one())), law }
    }

    /// The two sides of [`walk`](OnLine::walk), by powers of a matrix where that takes less work.
    fn sides<S: Sums<N>>(&self, automaton: &Automaton, cell: impl Fn(Option<usize>) -> Cell<N, S>) -> [Cell<N, S>; 2] {
        let shape = self.policy.tree.shape();
        let (states, tokens) = (automaton.states(shape.vocabulary), shape.max_length);
        let arrows = self.arrows(automaton, 0, &cell);
        let forward = f64::from(tokens) * (arrows[0].len() + arrows[1].len()) as f64;
        if automaton.by_position || tokens < 2 || power::work(states, tokens) >= forward {
            return self.walk(automaton, cell).sides;
        }
        let before = power::walk(states, automaton.start as usize, &arrows, tokens - 1);
        let [_, end] = self.arrows(automaton, tokens - 1, &cell);
        let ends = power::last(&end, before);
        [false, true].map(|side| {
            let own = ends.iter().zip(self.correct).filter(|&(_, &correct)| correct == side);
            let parts: SmallVec<[Cell<N, S>; 16]> = own.filter_map(|(cell, _)| *cell).collect();
            Cell::merge(&parts).unwrap_or(Cell::one())
        })
    }

    /// A token's probability: by its logarithm where it is very small, a fixed EOS and what goes with it included.
    fn token_mass(&self, tokens: &Tokens<N>, stop: [N; 2], option: Option<usize>) -> Mass<N> {
        match option {
            Some(j) => Mass::exp(tokens.log_prob[j] + stop[1]),
            None => Mass::exp(stop[0]),
        }
    }

    /// The line at t.
    pub(super) fn chain_line(&self, automaton: &Automaton, t: N) -> Line<N> {
        let tokens = self.tokens(t);
        let sides = self.sides(automaton, self.moments(&tokens));
        self.line_of(tokens, sides)
    }

    /// [`line`](OnLine::line) of a finite-state policy token by token, however long responses are: in T∞ steps, where `line` may take
    /// O(log T∞). `None` where responses are listed.
    pub fn line_token_by_token(&self, t: N) -> Option<Line<N>> {
        let tokens = self.tokens(t);
        let sides = self.walk(self.automaton()?, self.moments(&tokens)).sides;
        Some(self.line_of(tokens, sides))
    }

    fn line_of(&self, tokens: Tokens<N>, sides: [Cell<N, Moments<N>>; 2]) -> Line<N> {
        let of = |value: fn(&Moments<N>) -> N| sides.map(|side| value(&side.sums));
        let [minus, plus] = sides.map(|side| side.mass.parts());
        let curvature = of(|sums| sums.curvature);
        Line {
            responses: super::Responses { log_prob: List::new(), score: List::new(), curvature: List::new() },
            conditional: List::new(),
            weight: [minus.0, plus.0],
            shift: [minus.1, plus.1],
            mean: of(|sums| sums.score),
            variance: of(|sums| sums.variance),
            curvature,
            curvature_gap: curvature[1] - curvature[0],
            length: of(|sums| sums.length),
            tokens,
        }
    }

    fn moments<'t>(&'t self, tokens: &'t Tokens<N>) -> impl Fn(Option<usize>) -> Cell<N, Moments<N>> + 't {
        let stop = self.stop_log_probs(|x| x);
        move |option| {
            let (score, curvature) = option.map_or((N::zero(), N::zero()), |j| (tokens.score[j], tokens.curvature[j]));
            let sums = Moments { score, variance: N::zero(), curvature, energy: score.square(), length: N::one() };
            Cell { mass: self.token_mass(tokens, stop, option), sums }
        }
    }

    /// E∓\[Σ_t ξ_t²\] at t.
    pub(crate) fn chain_energy(&self, automaton: &Automaton, tokens: &Tokens<N>) -> [N; 2] {
        self.sides(automaton, self.moments(tokens)).map(|side| side.sums.energy)
    }

    /// The law of ℓ: pairs (length, log-probability), by increasing length.
    pub(crate) fn chain_law(&self, automaton: &Automaton, tokens: &Tokens<N>) -> Vec<(u32, N)> {
        let stop = self.stop_log_probs(|x| x);
        let cell = |option| Cell { mass: self.token_mass(tokens, stop, option), sums: () };
        self.walk(automaton, cell).law.into_iter().map(|(length, mass)| (length, mass.ln())).collect()
    }

    /// max |s| and max |H| over all responses.
    pub(crate) fn chain_extremes(&self, automaton: &Automaton, tokens: &Tokens<N>) -> [N; 2] {
        let sides = self.sides(automaton, |option| {
            let [s, h] = option.map_or([N::zero(); 2], |j| [tokens.score[j], tokens.curvature[j]]);
            Cell { mass: Mass::one(), sums: Extremes([s, s, h, h]) }
        });
        let [Extremes(minus), Extremes(plus)] = sides.map(|side| side.sums);
        let largest = |i: usize| sum([minus, plus].iter().flat_map(|side| [side[i], -side[i + 1]]).reduce(N::max));
        [largest(0), largest(2)]
    }

    /// The step to t = η: `change` and `bend` are Δlog p and Δlog p − ηξ of every token.
    pub(super) fn chain_step(&self, automaton: &Automaton, start: &Line<N>, change: &[N], bend: &[N], eta: N) -> Step<N> {
        let stop = self.stop_log_probs(|x| x);
        let sides = self.sides(automaton, |option| {
            let [change, drift] = option.map_or([N::zero(); 2], |j| [change[j], bend[j]]);
            Cell { mass: self.token_mass(&start.tokens, stop, option), sums: Moved { change, excess: N::zero(), drift } }
        });
        let [minus, plus] = sides.map(|side| side.sums.excess + side.sums.drift);
        let remainder = plus - minus;
        Step { change: eta * start.alignment() + remainder, remainder }
    }

    /// log E\[e^{ηs}\] over all responses, without cancellation; `None` where they are listed.
    pub(crate) fn log_mean_exp_score(&self, start: &Line<N>, eta: N) -> Option<N> {
        let (automaton, stop) = (self.automaton()?, self.stop_log_probs(|x| x));
        let sides = self.sides(automaton, |option| {
            let change = option.map_or(N::zero(), |j| eta * start.tokens.score[j]);
            let sums = Moved { change, excess: N::zero(), drift: N::zero() };
            Cell { mass: self.token_mass(&start.tokens, stop, option), sums }
        });
        // E[s] = 0: what is left of the mean is rounding.
        Cell::merge(&sides).map(|all| all.sums.excess)
    }

    /// log P(O∓), where `log_prob` holds log-probabilities of tokens and `stop` those of a fixed EOS and of what is none.
    pub(super) fn chain_log_mass(&self, automaton: &Automaton, log_prob: &[N], stop: [N; 2]) -> [N; 2] {
        let cell =
            |option: Option<usize>| Cell { mass: Mass::exp(option.map_or(stop[0], |j| log_prob[j] + stop[1])), sums: () };
        self.sides(automaton, cell).map(|side| side.mass.ln())
    }
}
