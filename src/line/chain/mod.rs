//! Finite-state policies: everything a statement reads of a response space that cannot be listed, by recursion over the states of the
//! automaton.
//!
//! All prefixes of t tokens that end in one state are one [`Cell`]; a token takes cells to cells, and what arrives in one state merges.
//! T∞ steps of at most S·V arrows each, or, where no logit depends on the position and that is less work, powers of the matrix of cells from
//! state to state in O(S³ log T∞), give both sides exactly: P(O∓), E∓\[s\], Var∓(s), E∓\[H\], E∓\[ℓ\], the law of ℓ, and the finite
//! step of `line::step` without cancellation. Every cell has a scale of its own, a power of 2, so that J = 10⁻³⁰⁰⁰⁰ is an ordinary
//! number. Where that is not needed, `dense` goes through many tokens by products with a matrix of plain numbers. In binary64 the relative error of a probability is at most about 2T∞(V + 3)·2⁻⁵³, of a mean as much of the largest size that
//! is mixed (no difference of large numbers is formed).
//!
//! Derivatives come a second time from the same recursion over jets ([`OnLine::lambda_jet`]), which knows probabilities only.

mod cell;
mod chosen;
mod dense;
mod gradient;
mod power;

pub(crate) use chosen::Response;
pub(crate) use gradient::MeanScores;

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

/// Tokens that lead the same ways at every position.
struct Chain<'a, N, S> {
    states: usize,
    start: usize,
    tokens: u32,
    /// Those that go on and those that end a response.
    arrows: &'a [Vec<Arrow<N, S>>; 2],
    /// Those that end a response at T∞, made where they are asked for.
    last: &'a dyn Fn() -> Vec<Arrow<N, S>>,
    correct: &'a [bool],
}

/// How the recursion goes over the tokens.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// By powers of a matrix where no logit depends on the position and that is less work, else token by token.
    Cheaper,
    TokenByToken,
    /// By powers of a matrix where no logit depends on the position.
    Powers,
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
                let cell = if forced { Cell { mass: Mass::one(), sums: cell(None).sums.certain() } } else { cell(option) };
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

    /// Over all tokens, one after the other; `cell` of a logit that is read, or of an EOS that no logit decides, `arrows` those at the first
    /// position. `visit` is told the responses that end at every length, by state.
    fn walk<S: Sums<N>>(
        &self,
        automaton: &Automaton,
        cell: &impl Fn(Option<usize>) -> Cell<N, S>,
        mut arrows: [Vec<Arrow<N, S>>; 2],
        mut visit: impl FnMut(u32, &[Option<Cell<N, S>>]),
    ) {
        let shape = self.policy.tree.shape();
        let states = automaton.states(shape.vocabulary);
        let mut now: Vec<Option<Cell<N, S>>> = vec![None; states];
        now[automaton.start as usize] = Some(Cell::one());
        let (mut then, mut ends) = (vec![None; states], vec![None; states]);
        for position in 0..shape.max_length {
            let last = position + 1 == shape.max_length;
            if position > 0 && (last || automaton.by_position) {
                arrows = self.arrows(automaton, position, cell);
            }
            let [on, end] = &arrows;
            ends.fill(None);
            arrive(end, &now, &mut ends);
            visit(position + 1, &ends);
            then.fill(None);
            arrive(on, &now, &mut then);
            std::mem::swap(&mut now, &mut then);
        }
    }

    /// Adds responses, by the state that they end in, to those of both sides.
    fn add_to_sides<S: Sums<N>>(&self, sides: &mut [Option<Cell<N, S>>; 2], ends: &[Option<Cell<N, S>>]) {
        for (known, side) in sides.iter_mut().zip([false, true]) {
            let own = ends.iter().zip(self.correct).filter(|&(_, &correct)| correct == side);
            let parts: SmallVec<[Cell<N, S>; 16]> = known.iter().copied().chain(own.filter_map(|(cell, _)| *cell)).collect();
            *known = Cell::merge(&parts);
        }
    }

    /// O⁻ and O⁺.
    fn sides<S: Sums<N>>(
        &self,
        automaton: &Automaton,
        way: Way,
        cell: impl Fn(Option<usize>) -> Cell<N, S>,
    ) -> [Cell<N, S>; 2] {
        let shape = self.policy.tree.shape();
        let (states, tokens) = (automaton.states(shape.vocabulary), shape.max_length);
        let arrows = self.arrows(automaton, 0, &cell);
        let forward = f64::from(tokens) * (arrows[0].len() + arrows[1].len()) as f64;
        let mut sides = [None; 2];
        if !automaton.by_position && (tokens > 1 || way == Way::Powers) {
            let last = || {
                let [_, end] = self.arrows(automaton, tokens - 1, &cell);
                end
            };
            let start = automaton.start as usize;
            if way == Way::Powers || way == Way::Cheaper && power::work(states, tokens) < forward {
                let before = power::walk(states, start, &arrows, tokens - 1);
                self.add_to_sides(&mut sides, &power::last(&last(), before));
            } else {
                let chain = Chain { states, start, tokens, arrows: &arrows, last: &last, correct: self.correct };
                sides = S::sides(&chain).map_or([None; 2], |sides| sides.map(Some));
            }
        }
        if sides.iter().all(Option::is_none) {
            self.walk(automaton, &cell, arrows, |_, ends| self.add_to_sides(&mut sides, ends));
        }
        // Both are reached, by `Instance::validate`.
        sides.map(|side| side.unwrap_or(Cell::one()))
    }

    /// A token's probability, by its logarithm; `stop` holds those of a fixed EOS and of what is none.
    fn token_mass(log_prob: &[N], stop: [N; 2], option: Option<usize>) -> Mass<N> {
        Mass::exp(option.map_or(stop[0], |j| log_prob[j] + stop[1]))
    }

    /// The line at t.
    pub(super) fn chain_line(&self, automaton: &Automaton, t: N) -> Line<N> {
        let tokens = self.tokens(t);
        let sides = self.sides(automaton, Way::Cheaper, self.moments(&tokens, &tokens.curvature));
        self.line_of(tokens, sides)
    }

    /// [`line`](OnLine::line) of a finite-state policy token by token, however long responses are: in T∞ steps, where `line` may take
    /// O(log T∞). `None` where responses are listed.
    pub fn line_token_by_token(&self, t: N) -> Option<Line<N>> {
        let tokens = self.tokens(t);
        let sides = self.sides(self.automaton()?, Way::TokenByToken, self.moments(&tokens, &tokens.curvature));
        Some(self.line_of(tokens, sides))
    }

    /// [`line`](OnLine::line) of a finite-state policy by powers of the matrix from state to state, however short responses are. `None` where responses are listed,
    /// logits depend on the position, or there are more than 1 024 states, whose matrix would take a gigabyte.
    pub fn line_by_powers(&self, t: N) -> Option<Line<N>> {
        let fits =
            |automaton: &&Automaton| !automaton.by_position && automaton.states(self.policy.tree.shape().vocabulary) <= 1024;
        let automaton = self.automaton().filter(fits)?;
        let tokens = self.tokens(t);
        let sides = self.sides(automaton, Way::Powers, self.moments(&tokens, &tokens.curvature));
        Some(self.line_of(tokens, sides))
    }

    /// log P(O∓), token by token, masses alone.
    pub(crate) fn log_mass_token_by_token(&self, automaton: &Automaton, tokens: &Tokens<N>) -> [N; 2] {
        self.log_mass(automaton, &tokens.log_prob, self.stop_log_probs(|x| x), Way::TokenByToken)
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

    /// Cells of tokens; of every token, `curvature` is the second thing that is added up.
    fn moments<'t>(
        &'t self,
        tokens: &'t Tokens<N>,
        curvature: &'t [N],
    ) -> impl Fn(Option<usize>) -> Cell<N, Moments<N>> + 't {
        let stop = self.stop_log_probs(|x| x);
        move |option| {
            let (score, curvature) = option.map_or((N::zero(), N::zero()), |j| (tokens.score[j], curvature[j]));
            let sums = Moments { score, variance: N::zero(), curvature, length: N::one() };
            Cell { mass: Self::token_mass(&tokens.log_prob, stop, option), sums }
        }
    }

    /// E∓\[Σ_t ξ_t²\] at t.
    pub(crate) fn chain_energy(&self, automaton: &Automaton, tokens: &Tokens<N>) -> [N; 2] {
        let squares: List<N> = tokens.score.iter().map(|score| score.square()).collect();
        self.sides(automaton, Way::Cheaper, self.moments(tokens, &squares)).map(|side| side.sums.curvature)
    }

    /// The law of ℓ: pairs (length, log-probability), by increasing length.
    pub(crate) fn chain_law(&self, automaton: &Automaton, tokens: &Tokens<N>) -> Vec<(u32, N)> {
        let stop = self.stop_log_probs(|x| x);
        let cell = |option| Cell { mass: Self::token_mass(&tokens.log_prob, stop, option), sums: () };
        let mut law = vec![];
        self.walk(automaton, &cell, self.arrows(automaton, 0, &cell), |length, ends| {
            let ended: SmallVec<[Cell<N, ()>; 16]> = ends.iter().flatten().copied().collect();
            law.extend(Cell::merge(&ended).map(|cell| (length, cell.mass.ln())));
        });
        law
    }

    /// max |s| and max |H| over all responses.
    pub(crate) fn chain_extremes(&self, automaton: &Automaton, tokens: &Tokens<N>) -> [N; 2] {
        let sides = self.sides(automaton, Way::Cheaper, |option| {
            let [s, h] = option.map_or([N::zero(); 2], |j| [tokens.score[j], tokens.curvature[j]]);
            Cell { mass: Mass::one(), sums: Extremes([s, s, h, h]) }
        });
        let [Extremes(minus), Extremes(plus)] = sides.map(|side| side.sums);
        let largest = |i: usize| sum([minus, plus].iter().flat_map(|side| [side[i], -side[i + 1]]).reduce(N::max));
        [largest(0), largest(2)]
    }

    /// The step to t = η: `change` and `bend` are Δlog p and Δlog p − ηξ of every token.
    pub(super) fn chain_step(&self, automaton: &Automaton, start: &Line<N>, change: &[N], bend: &[N], eta: N) -> Step<N> {
        let sides = self.moved(automaton, start, |j| [change[j], bend[j]]);
        let [minus, plus] = sides.map(|side| side.sums.excess + side.sums.drift);
        let remainder = plus - minus;
        Step { change: eta * start.alignment() + remainder, remainder }
    }

    /// Both sides, where log π of every token changes by D, which is η·ξ and a drift: \[D, drift\].
    fn moved(&self, automaton: &Automaton, start: &Line<N>, of: impl Fn(usize) -> [N; 2]) -> [Cell<N, Moved<N>>; 2] {
        let stop = self.stop_log_probs(|x| x);
        self.sides(automaton, Way::Cheaper, |option| {
            let [change, drift] = option.map_or([N::zero(); 2], &of);
            let mass = Self::token_mass(&start.tokens.log_prob, stop, option);
            Cell { mass, sums: Moved { change, excess: N::zero(), drift } }
        })
    }

    /// log E\[e^{ηs}\] over all responses, without cancellation; `None` where they are listed.
    pub(crate) fn log_mean_exp_score(&self, start: &Line<N>, eta: N) -> Option<N> {
        let sides = self.moved(self.automaton()?, start, |j| [eta * start.tokens.score[j], N::zero()]);
        // E[s] = 0: what is left of the mean is rounding.
        Cell::merge(&sides).map(|all| all.sums.excess)
    }

    /// log P(O∓), where `log_prob` holds log-probabilities of tokens and `stop` those of a fixed EOS and of what is none.
    pub(super) fn chain_log_mass(&self, automaton: &Automaton, log_prob: &[N], stop: [N; 2]) -> [N; 2] {
        self.log_mass(automaton, log_prob, stop, Way::Cheaper)
    }

    fn log_mass(&self, automaton: &Automaton, log_prob: &[N], stop: [N; 2], way: Way) -> [N; 2] {
        let cell = |option| Cell { mass: Self::token_mass(log_prob, stop, option), sums: () };
        self.sides(automaton, way, cell).map(|side| side.mass.ln())
    }
}
