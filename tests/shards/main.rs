//! Campaigns in parts give what the whole gives, bit for bit: shards that are merged, work that is killed and goes on.

#![allow(clippy::expect_used, clippy::panic, reason = "a helper that panics is a failed test")]

#[path = "../cli/support.rs"]
#[allow(dead_code, reason = "the command line's tests need more of it")]
mod support;

#[path = "../common/long.rs"]
mod long;

mod merge;
mod refusals;
mod resume;

use gradient_gap::check::campaign::{Campaign, CampaignResult};
use gradient_gap::check::shard::{Shard, Work};
use gradient_gap::claims::{self, ClaimEntry};
use gradient_gap::report::{Style, Verified, verify_json, verify_junit, verify_table};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// One that is false as printed, an existence statement about runs, one that is asked about more instances.
const SLUGS: [&str; 5] = ["overshoot-collapse", "second-order-printed", "log-odds-step", "threshold-match", "length-norm"];

fn chosen() -> Vec<ClaimEntry> {
    SLUGS.iter().map(|slug| *claims::find(slug).expect("in the registry")).collect()
}

/// 1 999: the last task of every kind is a short one.
fn campaign(claims: &[ClaimEntry]) -> Campaign<'_> {
    Campaign { seed: 3, attack: 300, certified: 150, ..Campaign::new(claims, 1_999) }
}

/// Every form in which a result is printed, without the wall time.
fn printed(campaign: &Campaign<'_>, result: &CampaignResult) -> [String; 3] {
    let verified = Verified { campaign, result, seconds: 0.0, observed: &[] };
    [verify_table(&verified, Style::Plain), verify_json(&verified), verify_junit(&verified).expect("XML")]
}

/// The document of a shard.
fn document(campaign: &Campaign<'_>, number: u64, of: u64) -> String {
    let mut work = Work::new(campaign, Shard::new(number, of).expect("a shard"));
    work.run(&|_| {}, None).expect("runs");
    work.document().expect("JSON")
}

/// Numbers below a bound, the same in every run of a test.
struct Draw(ChaCha8Rng);

impl Draw {
    fn new(seed: u64) -> Draw {
        Draw(ChaCha8Rng::seed_from_u64(seed))
    }
    fn below(&mut self, n: usize) -> usize {
        (self.0.next_u64() % n as u64) as usize
    }
}

/// A document with the checksum that its contents have: what a damaged one would be if nobody noticed.
fn sealed(text: &str) -> String {
    let (before, after) = text.split_once("\"checksum\":\"").expect("a checksum");
    let (_, after) = after.split_once('"').expect("its end");
    let open = format!("{before}\"checksum\":\"\"{}", after.trim_end());
    let hash =
        open.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    open.replacen("\"checksum\":\"\"", &format!("\"checksum\":\"{hash:016x}\""), 1) + "\n"
}
