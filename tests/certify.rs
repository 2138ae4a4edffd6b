//! Certificates by the thousand: how many instances intervals decide, and that they refute what is false.

#![allow(clippy::expect_used, reason = "a helper that panics is a failed test")]

use gradient_gap::check::campaign::{Campaign, CampaignResult, Verdict};
use gradient_gap::check::certify::CertifiedClaim;
use gradient_gap::claims::{self, ClaimEntry, Expected, Scope};
use gradient_gap::report::{Verified, verify_json};

fn certify(claims: &[ClaimEntry], instances: u64, threads: usize) -> Vec<CertifiedClaim> {
    let campaign = Campaign { threads, attack: 1_024, ..Campaign::new(claims, instances) };
    campaign.certify(&|_| {}).expect("claims and families are there")
}

fn campaign(claims: &[ClaimEntry], instances: u64, seed: u64, threads: usize) -> Campaign<'_> {
    Campaign { seed, threads, ..Campaign::new(claims, instances) }
}

fn run(campaign: &Campaign<'_>) -> CampaignResult {
    campaign.run(&|_| {}).expect("claims and families are there")
}

/// Of the random instances of true claims about one step at least 99.9 % are certified, and none is refuted; what is false as printed
/// is. Trajectories, certified step by step: 95 %.
#[test]
fn nearly_every_instance_is_certified() {
    for found in certify(claims::REGISTRY, 7_000, 0) {
        let slug = found.claim.statement.slug;
        assert!(found.as_expected(), "{slug}: {found:?}");
        if found.claim.statement.expected == Expected::Fails {
            assert!(found.random.refuted > 0 && found.hard.refuted > 0, "{slug}: {found:?}");
            continue;
        }
        assert_eq!(found.random.refuted + found.hard.refuted, 0, "{slug}");
        let (certified, cases) = (found.random.certified, found.random.cases());
        assert!(cases > 0 || slug == "pg-rates", "{slug}: {found:?}");
        let share = certified as f64 / cases.max(1) as f64;
        match found.claim.scope {
            // An automaton that can stay in one state has G_o = G_pT∞ exactly, which two enclosures cannot tell from more.
            Scope::Step if slug == "token-to-trajectory" => assert!(share >= 0.99, "{slug}: {certified} of {cases}"),
            // T_ψ1 over a step of 128 tokens is enclosed by products of as many intervals.
            Scope::Step if slug == "safe-step-scaling" => assert!(share >= 0.995, "{slug}: {certified} of {cases}"),
            Scope::Step => assert!(share >= 0.999, "{slug}: {certified} of {cases}"),
            Scope::Run => assert!(cases - certified <= 1 + cases / 20, "{slug}: {certified} of {cases}"),
        }
        assert!(found.hard.certified > 0, "{slug}: no edge case and no end of an attack is certified");
    }
}

#[test]
fn the_counts_do_not_depend_on_the_threads() {
    let claims = ["curvature-window", "stagnation", "linear-softmax-step"].map(|slug| *claims::find(slug).expect("known"));
    let counts = |threads| certify(&claims, 2_000, threads).iter().map(|f| (f.random, f.hard)).collect::<Vec<_>>();
    assert_eq!(counts(1), counts(3));
}

/// The control: a smaller constant is refuted, on random instances and on hard ones, and no instance is called certified and refuted
/// at once.
#[test]
fn a_smaller_constant_is_refuted() {
    let claim = claims::find("curvature-window").expect("known");
    let part = claim.sharp[0];
    let found = certify(&[claim.with_constant(part, 0.99)], 6_000, 0).remove(0);
    assert!(found.random.refuted > 0 && found.hard.refuted > 0 && found.random.certified > 0, "{found:?}");
    let whole = certify(&[*claim], 6_000, 0).remove(0);
    assert_eq!(found.random.cases() + found.random.outside, whole.random.cases() + whole.random.outside);
    // What only holds without a certificate is neither: a certificate of a claim with a hypothesis that fails is none.
    assert!(whole.random.outside > 0);
}

#[test]
fn nothing_to_certify_is_an_error() {
    assert!(Campaign::new(&[], 10).certify(&|_| {}).is_err());
    let none = Campaign { families: &[], ..Campaign::new(claims::REGISTRY, 10) };
    assert!(none.certify(&|_| {}).is_err());
}

/// The certificates of a campaign are those that `certify` gives for its first instances, and do not depend on the threads.
#[test]
fn a_campaign_certifies_its_first_instances() {
    let claims = ["log-odds-step", "linear-rate", "second-order-printed"].map(|slug| *claims::find(slug).expect("known"));
    let with = |threads| Campaign { attack: 512, certified: 300, ..campaign(&claims, 900, 4, threads) };
    let result = run(&with(2));
    assert!(result.as_expected());
    let alone = Campaign { instances: 300, ..with(1) }.certify(&|_| {}).expect("runs");
    for (claim, alone) in result.claims.iter().zip(&alone) {
        let slug = claim.claim.statement.slug;
        let found = claim.certified.as_ref().expect("asked for");
        assert_eq!((found.random, found.hard), (alone.random, alone.hard), "{slug}");
        assert!(found.random.cases() + found.random.outside >= 3 && found.hard.cases() > 10, "{slug}: {found:?}");
        assert_eq!(found.refuted() > 0, slug == "second-order-printed", "{slug}: {found:?}");
    }
    let json = |campaign: Campaign<'_>| {
        verify_json(&Verified { campaign: &campaign, result: &run(&campaign), seconds: 0.0, observed: &[] })
    };
    assert_eq!(json(with(1)), json(with(3)));
    // More than there are instances is all of them, and none is none.
    let all = run(&Campaign { certified: 1 << 40, ..with(1) }).claims[0].certified.clone().expect("asked for");
    assert_eq!(all.random.cases() + all.random.outside, 900);
    assert!(run(&Campaign { certified: 0, ..with(1) }).claims[0].certified.is_none());
}

/// What binary64 passes and intervals refute is not as expected, whatever binary64 says.
#[test]
fn an_instance_that_only_intervals_refute_is_not_as_expected() {
    let claim = claims::find("curvature-window").expect("known");
    let claims = [ClaimEntry { enclosed: claim.with_constant(claim.sharp[0], 0.5).enclosed, ..*claim }];
    let passed = run(&campaign(&claims, 500, 1, 1));
    assert_eq!(passed.claims[0].verdict, Verdict::NotRefuted, "{:?}", passed.claims[0].reason);
    let result = run(&Campaign { certified: 500, ..campaign(&claims, 500, 1, 1) });
    assert_eq!(result.claims[0].verdict, Verdict::Inconclusive);
    assert!(!result.as_expected());
    let reason = result.claims[0].reason.as_ref().expect("a reason");
    assert!(reason.starts_with("intervals refute") && reason.contains("binary64 passes"), "{reason}");
}
