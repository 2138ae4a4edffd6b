//! How much work it is to compute everything of one instance, known before anything is computed.
//!
//! Nothing in the crate iterates until something converges without a fixed number of turns, so the sizes of an instance bound
//! the time and the memory that it can cost. [`read_instance`](super::witness::read_instance) refuses what is beyond
//! [`MAX_TERMS`]: a file may be hostile, or merely too large.

use super::judge::{ENCLOSURE_PIECES, MAX_WORK};
use crate::claims::{REGISTRY, Scope};
use crate::error::Error;
use crate::instance::Instance;
use crate::policy::Features;

/// The most [`terms`] of an instance that is read from a file. A term takes from a few to a hundred nanoseconds, so that a replay
/// at the limit takes a minute or two. About a million responses in one dimension are within it, and so is every instance of a
/// family, of which the longest runs come within a factor of two.
pub const MAX_TERMS: f64 = 1e9;

/// What the Orlicz norm of a law of lengths costs for every length: Newton's method takes at most 200 turns of one exponential
/// in binary64, the enclosure at most 26 × 2 in intervals.
const LAW: f64 = 100.0;

/// What one wave costs in a pass: a sine and two cosines, each several times the work of a logit.
const WAVE: f64 = 4.0;

/// Claims that differentiate along every axis of θ.
const COORDINATE_CLAIMS: f64 = 5.0;

/// Passes over the policy that are made once for an instance: λ, the step, the jets.
const PASSES: usize = 8;

/// At how many points of the segment one claim evaluates the policy, at most, where a certificate gets `share` pieces: see
/// [`Evaluation::new`](crate::Evaluation::new) and [`Scalar::suprema`](crate::number::Scalar::suprema), which halves pieces.
fn points(share: usize) -> f64 {
    let tries = ENCLOSURE_PIECES.into_iter().filter(|&pieces| pieces == 1 || pieces <= share);
    tries.map(|pieces| (4 * pieces + PASSES) as f64).sum()
}

/// The number of different lengths; 0 where the law of lengths is trivial.
fn lengths(instance: &Instance) -> usize {
    let policy = &instance.policy;
    match &policy.lengths {
        _ if policy.constant_length().is_some() => 0,
        None => policy.max_length() as usize,
        Some(declared) => {
            let mut different = declared.clone();
            different.sort_unstable();
            different.dedup();
            different.len()
        }
    }
}

/// About how many terms are added up when every claim is measured and certified on a [valid](Instance::validate) instance.
///
/// With n responses (or T∞·S·V arrows of a finite-state policy), m prefixes, c logits in d dimensions, W waves, ℓ different
/// lengths and K updates, one pass over the policy has S = c + m + n + 4W + 100ℓ terms, and reading all logits at θ has R =
/// c(d + W), or c(d + d² + W) with quadratic terms. A claim costs R and a pass at every point of the segment, cut into up
/// to 512 pieces, of which n responses leave at most 2¹⁶/n, for every update if it is about runs; differentiation along the
/// axes costs d·(R + S); diameters and waves compare options pair by pair.
pub fn terms(instance: &Instance) -> f64 {
    let (policy, logits) = (&instance.policy, &instance.policy.logits);
    let [count, options, dim, waves] = [logits.count(), logits.options, logits.dim, logits.waves.len()].map(|x| x as f64);
    let (responses, updates) = (policy.terms(), instance.updates());
    let pass = count + WAVE * waves + (policy.tree.nodes().len() + responses) as f64 + LAW * lengths(instance) as f64;
    let dense = matches!(logits.features, Features::Dense(_));
    let row = if dense { dim } else { 1.0 } + if logits.quadratic.is_empty() { 0.0 } else { dim * dim };
    let read = count * (row + waves);
    let pairs = if waves > 0.0 { count * options } else { 0.0 };
    let share = MAX_WORK / responses.max(1);
    let of_run = REGISTRY.iter().filter(|claim| claim.scope == Scope::Run).count();
    let certified =
        |claims: usize, updates: usize| (claims * updates) as f64 * (read + pairs + points(share / updates) * pass);
    let claims = certified(REGISTRY.len() - of_run, 1) + certified(of_run, updates);
    let axes = COORDINATE_CLAIMS * ENCLOSURE_PIECES.len() as f64 * dim * (read + waves * dim + pass);
    // Longer rows than this are not compared pair by pair.
    let diameter = if dense && dim > 1.0 { count * options.min(2048.0) * dim } else { 0.0 };
    claims + axes + diameter
}

/// # Errors
/// More than [`MAX_TERMS`], with the sizes that make them.
pub(super) fn check(instance: &Instance) -> Result<(), Error> {
    let terms = terms(instance);
    if terms <= MAX_TERMS {
        return Ok(());
    }
    let (policy, logits) = (&instance.policy, &instance.policy.logits);
    Err(Error::new(format!(
        "too large: {} responses or arrows, {} prefixes, {} logits in dimension {}, {} waves and {} updates make about {terms:.0e} terms, more than {MAX_TERMS:.0e}",
        policy.terms(),
        policy.tree.nodes().len(),
        logits.count(),
        logits.dim,
        logits.waves.len(),
        instance.updates(),
    )))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claims::conditions::triangle;

    /// Quadratic terms add c·d² to what reading all logits costs, once for every claim and update, and for every axis.
    #[test]
    fn quadratic_terms_are_counted() {
        let linear = triangle();
        let mut bent = linear.clone();
        let (count, dim) = (3.0, 2.0);
        bent.policy.logits.quadratic = vec![0.0; 12];
        let readings = REGISTRY.len() as f64 + COORDINATE_CLAIMS * ENCLOSURE_PIECES.len() as f64 * dim;
        assert_eq!(terms(&bent) - terms(&linear), readings * count * dim * dim);
    }
}
