//! Every identity at J or 1 − J = 1e-300, T = 1, n = 2, η = 0 and w = 0: certified by intervals within 2⁻⁴⁰ of its condition, the
//! tolerance that `certify` states, and alone or together.

use crate::support::{coins, extremes, on_a_line, parabola};
use gradient_gap::check::judge::{CERTIFIED_MARGIN, Decision, Measured, SAMPLE_PIECES, certify, measure};
use gradient_gap::claims::{ClaimEntry, Expected, REGISTRY, Relation};
use gradient_gap::number::Scalar;
use gradient_gap::policy::Ending;
use gradient_gap::{Evaluation, Instance};
use std::collections::BTreeMap;

/// Every combination of J = 1e-300, 1 − J = 1e-300 or ½, two or three responses, one token or two, η = 0 or not, w = 0 or not.
fn combinations() -> Vec<(Vec<&'static str>, Instance)> {
    let tiny = 1e-300f64.ln();
    let mut all = Vec::new();
    for (rate, log_odds) in [("J = 1e-300", tiny), ("1 − J = 1e-300", -tiny), ("J = ½", 0.0)] {
        // One token: n = 2 and n = 3. Two tokens: two responses by an EOS, four without.
        let policies = [
            (vec!["T = 1", "n = 2"], parabola([log_odds, 1.5, 1.25], 0.1)),
            (vec!["T = 1"], on_a_line(&[1.0, 0.25, -0.5], &[log_odds, 0.0, 0.5], 1, 0.1)),
            (vec!["n = 2"], coins(2, Ending::Eos, log_odds, 0.1)),
            (vec![], coins(2, Ending::Fixed, 0.5 * log_odds, 0.1)),
        ];
        for (sizes, instance) in policies {
            for (no_step, no_direction) in [(false, false), (true, false), (false, true), (true, true)] {
                let mut instance = instance.clone();
                let mut names = [&[rate][..], &sizes].concat();
                if no_step {
                    instance.eta = 0.0;
                    names.push("η = 0");
                }
                if no_direction {
                    instance.direction.fill(0.0);
                    names.push("w = 0");
                }
                all.push((names, instance));
            }
        }
    }
    all.extend(extremes().into_iter().map(|(name, instance)| (vec![name], instance)));
    all
}

fn covers(claim: &ClaimEntry, instance: &Instance) -> bool {
    matches!(measure(claim, &Evaluation::new(instance, SAMPLE_PIECES)), Measured::Inside { .. })
}

#[test]
fn every_identity_is_certified_at_the_extremes() {
    let extremes = ["J = 1e-300", "1 − J = 1e-300", "T = 1", "n = 2", "η = 0", "w = 0"];
    let identities = || REGISTRY.iter().map(|claim| (claim, claim.statement));
    let identities = identities()
        .filter(|(_, statement)| (statement.relation, statement.expected) == (Relation::Identity, Expected::Holds));
    let mut checked = 0;
    for (claim, statement) in identities {
        let slug = statement.slug;
        let mut met: BTreeMap<&str, u64> = BTreeMap::new();
        let mut refuted: BTreeMap<&str, u64> = BTreeMap::new();
        for (names, instance) in combinations() {
            if !covers(claim, &instance) {
                continue;
            }
            let certificate = certify(claim, &instance);
            assert_eq!(certificate.decision, Decision::Holds, "{slug}: {names:?}: {:?}", certificate.parts);
            checked += 1;
            names.iter().for_each(|name| *met.entry(name).or_default() += 1);
            // Control: a millionth beside the truth is refuted, wherever that is more than the tolerance.
            for part in &certificate.parts {
                let condition = part.tolerance.expect("an identity").condition;
                if part.claimed.abs().lo() <= 1e7 * CERTIFIED_MARGIN * condition {
                    continue;
                }
                let wrong = certify(&claim.with_constant(part.name, 1.0 + 1e-6), &instance);
                assert_eq!(wrong.decision, Decision::Violated, "{slug}, {}: {names:?}", part.name);
                names.iter().for_each(|name| *refuted.entry(name).or_default() += 1);
            }
        }
        for extreme in extremes {
            let expected = match (slug, extreme) {
                // Statements about several tokens, or about a unit direction, say nothing there.
                ("policy-normalises" | "score-decomposes", "T = 1") | ("gap-alignment-angle", "w = 0") => false,
                _ => true,
            };
            assert_eq!(met.contains_key(extreme), expected, "{slug}: {extreme}: {met:?}");
            // Nothing is refuted where every side is 0: along w = 0.
            let vacuous = extreme == "w = 0" && matches!(slug, "second-order" | "score-decomposes");
            assert_eq!(refuted.contains_key(extreme), expected && !vacuous, "{slug}: {extreme}: no control");
        }
    }
    assert!(checked > 300, "{checked}");
}
