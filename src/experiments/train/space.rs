//! A prompt's whole response space under the network: one tree, each prefix computed once.
//!
//! What the network says is handed to the crate's own policies: logits at one θ as a tabular policy of the prefix, whose sums of
//! scores are derivatives by logits, from which the network goes back to its parameters; logits as jets along a line as a policy
//! of one parameter with quadratic logits, which has the same s(o) and H(o) at that point.

use super::task::{Prompt, shape};
use crate::error::Error;
use crate::line::{Line, OnLine, norm, sum_of_scores};
use crate::number::Jet;
use crate::policy::{Context, Features, Logits, Policy, Tree};
use crate::regularity::{Constants, psi1_norm};
use crate::transformer::{Number, Pass, Sizes, on_line};

/// All prefixes of responses to a prompt, behind the prompt.
#[derive(Clone, Debug)]
pub struct Space {
    /// The prompt.
    pub prompt: Prompt,
    tree: Tree,
    tokens: Vec<(Option<usize>, u32)>,
    /// The last token of the prompt: the empty prefix.
    root: usize,
    correct: Vec<bool>,
}

/// What is known at one θ.
#[derive(Clone, Debug)]
pub struct Exact {
    /// λ.
    pub lambda: f64,
    /// J.
    pub success: f64,
    /// E\[ℓ\].
    pub length: f64,
    /// E∓\[ℓ\].
    pub lengths: [f64; 2],
    /// ‖ℓ‖_ψ1.
    pub psi1: f64,
    /// g⁺ − g⁻.
    pub gap: Vec<f64>,
    /// ‖g⁺ − g⁻‖.
    pub gap_norm: f64,
    /// E⁺\[∇log π/ℓ\] − E⁻\[∇log π/ℓ\], where it is asked for: GRPO's direction.
    pub shrunk: Option<Vec<f64>>,
}

impl Space {
    /// The space of a prompt, responses of up to `length` tokens.
    ///
    /// # Errors
    /// A space too large to keep.
    pub fn new(prompt: Prompt, length: u32) -> Result<Space, Error> {
        let tree = Tree::new(shape(length))?;
        let mut tokens: Vec<(Option<usize>, u32)> =
            prompt.tokens().into_iter().enumerate().map(|(i, token)| (i.checked_sub(1), token)).collect();
        let root = tokens.len() - 1;
        tokens.extend(tree.nodes().iter().skip(1).map(|node| (Some(root + node.parent as usize), node.token)));
        let correct = (0..tree.leaves().len()).map(|o| prompt.is_correct(&tree.tokens(o))).collect();
        Ok(Space { prompt, tree, tokens, root, correct })
    }

    /// How many responses there are.
    pub fn responses(&self) -> usize {
        self.correct.len()
    }

    /// Which of them are correct, in the order of the tree.
    pub fn correct(&self) -> &[bool] {
        &self.correct
    }

    /// The responses.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    fn pass<'a, N: Number>(&self, sizes: Sizes, theta: &'a [N], keep: bool) -> Pass<'a, N> {
        let mut pass = Pass::new(sizes, theta, keep);
        pass.extend(&self.tokens);
        pass
    }

    /// The logits behind every prefix, in the order of the tree.
    pub fn logits<N: Number>(&self, sizes: Sizes, theta: &[N]) -> Vec<N> {
        self.pass(sizes, theta, false).logits_from(self.root).to_vec()
    }

    fn policy(
        &self,
        options: usize,
        dim: usize,
        bias: Vec<f64>,
        features: Features,
        quadratic: Vec<f64>,
    ) -> Result<Policy, Error> {
        let rows = self.tree.nodes().len();
        let logits = Logits { dim, rows, options, bias, features, quadratic, waves: vec![] };
        Policy::autoregressive(self.tree.shape(), Context::Prefix, logits)
    }

    /// Everything at one θ; GRPO's direction where `shrunk`.
    ///
    /// # Errors
    /// Logits that are not finite.
    pub fn exact(&self, sizes: Sizes, theta: &[f64], shrunk: bool) -> Result<Exact, Error> {
        let pass = self.pass(sizes, theta, true);
        let logits = pass.logits_from(self.root);
        let policy = self.policy(sizes.options, logits.len(), logits.to_vec(), Features::Tabular, vec![])?;
        let zeros = vec![0.0; logits.len()];
        let on_line = OnLine::<f64>::new(&policy, &self.correct, &zeros, &zeros);
        let line = on_line.line(0.0);
        let of = |weight: &dyn Fn(usize) -> f64| {
            let signed = |(o, &p): (usize, &f64)| weight(o) * if self.correct[o] { p } else { -p };
            let coefficient: Vec<f64> = line.conditional.iter().enumerate().map(signed).collect();
            let by_logit = sum_of_scores(&on_line, &line, &zeros, &coefficient, &[]).vector;
            let before = vec![0.0; self.root * sizes.options];
            pass.gradient(&[before, by_logit].concat())
        };
        let gap = of(&|_| 1.0);
        Ok(Exact {
            lambda: line.lambda(),
            success: line.success(),
            length: line.mean_length(),
            lengths: line.length,
            psi1: psi1_norm(&on_line.length_law(&line)),
            gap_norm: norm(&gap),
            gap,
            shrunk: shrunk.then(|| of(&|o| 1.0 / f64::from(policy.length(o)))),
        })
    }

    /// λ and all moments along θ + t·w at t, with max |s|, |H|, |ξ|, |H_t| and ‖ℓ‖_ψ1 there.
    ///
    /// # Errors
    /// Logits that are not finite.
    pub fn on_line(&self, sizes: Sizes, theta: &[f64], w: &[f64], t: f64) -> Result<(Line<f64>, Constants<f64>), Error> {
        let parameters = on_line(theta, w, t);
        let jets: Vec<Jet<f64>> = self.logits(sizes, &parameters);
        let part = |of: fn(&Jet<f64>) -> f64| jets.iter().map(of).collect::<Vec<f64>>();
        let [bias, slopes, bends] = [part(|z| z.value), part(|z| z.first), part(|z| z.second)];
        let policy = self.policy(sizes.options, 1, bias, Features::Dense(slopes), bends)?;
        let on_line = OnLine::new(&policy, &self.correct, &[0.0], &[1.0]);
        Ok((on_line.line(0.0), on_line.constants(0.0, 1)))
    }
}
