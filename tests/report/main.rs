//! The report: one small run, compared to the last digit with the one that is kept beside this file; what its page holds; what is
//! told of a run that differs from an earlier one.
#![allow(clippy::expect_used, clippy::panic, reason = "a helper that panics is a failed test")]

#[path = "../common/kept.rs"]
mod kept_files;

mod baseline;
mod companion;
mod kept;

use gradient_gap::check::campaign::{Campaign, CampaignResult};
use gradient_gap::check::tightness::Tightness;
use gradient_gap::claims::REGISTRY;
use gradient_gap::experiments;
use gradient_gap::report::{Companion, Verified};
use std::sync::LazyLock;

/// A campaign and attacks of a few seconds.
struct Small {
    campaign: Campaign<'static>,
    result: CampaignResult,
    tightness: Tightness,
}

/// Made once, for all tests of this file.
static SMALL: LazyLock<Small> = LazyLock::new(|| {
    let campaign = Campaign { attack: 512, certified: 280, ..Campaign::new(REGISTRY, 2_800) };
    let result = campaign.run(&|_| {}).expect("runs");
    let tightness = Tightness::run(512, 1, 0, &|| {}).expect("runs");
    Small { campaign, result, tightness }
});

/// What a run of these parts reports, without what differs from machine to machine.
fn reported<T>(small: &Small, read: impl FnOnce(&Companion<'_>) -> T) -> T {
    let observed: Vec<_> = experiments::observed().collect();
    let verified = Verified { campaign: &small.campaign, result: &small.result, seconds: 1.0, observed: &observed };
    read(&Companion { verified, tightness: &small.tightness, command: "a small run", machine: None, drift: None })
}
