//! Shards and states that are none, damaged, or do not belong together.

use super::{Row, row};
use gradient_gap::check::campaign::Campaign;
use gradient_gap::check::shard::{Shard, Work};
use gradient_gap::claims::{self, ClaimEntry};
use gradient_gap::families::REGISTRY;

const SLUGS: [&str; 2] = ["length-norm", "second-order"];

/// The document of a shard of a small campaign, its time set to 0, with this in the place of that.
fn document(number: u64, of: u64, campaign: Campaign<'_>, finished: bool) -> String {
    let mut work = Work::new(&campaign, Shard::new(number, of).expect("a shard"));
    if finished {
        work.run(&|_| {}, None).expect("runs");
    }
    let text = work.document().expect("JSON");
    let (before, after) = text.split_once("\"seconds\":").expect("a time");
    let (_, after) = after.split_once(',').expect("more");
    sealed(&format!("{before}\"seconds\":0.0,{after}"))
}

/// The checksum that its contents have.
fn checksum(text: &str) -> String {
    let (before, after) = text.split_once("\"checksum\":\"").expect("a checksum");
    let (_, after) = after.split_once('"').expect("its end");
    let open = format!("{before}\"checksum\":\"\"{}", after.trim_end());
    let hash =
        open.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    format!("{hash:016x}")
}

fn stored(text: &str) -> String {
    let (_, after) = text.split_once("\"checksum\":\"").expect("a checksum");
    after.split_once('"').expect("its end").0.to_string()
}

/// A document with that checksum: what a damaged one would be if nobody noticed.
fn sealed(text: &str) -> String {
    text.replacen(&format!("\"checksum\":\"{}\"", stored(text)), &format!("\"checksum\":\"{}\"", checksum(text)), 1)
}

/// What is said of a campaign over an older family, the middle of it left out.
fn other_families() -> String {
    let named: Vec<String> = REGISTRY.iter().map(|family| format!("{} {}", family.name, family.version)).collect();
    let own = named.join(", ");
    let other = own.replace("linear-softmax 1", "linear-softmax 0");
    let whole: Vec<char> = format!("another campaign: families is {other}, but {own} in this program").chars().collect();
    let [start, end] = [&whole[..200], &whole[whole.len() - 200..]].map(|part| part.iter().collect::<String>());
    format!("a.json: {start} … {end}")
}

fn one(text: &str, message: impl Into<String>) -> Row {
    row("merge a.json", message).file("a.json", text)
}

pub fn rows() -> Vec<Row> {
    let claims: Vec<ClaimEntry> = SLUGS.iter().map(|slug| *claims::find(slug).expect("known")).collect();
    let campaign = |instances| Campaign { attack: 0, certified: 0, ..Campaign::new(&claims, instances) };
    let first = document(1, 2, campaign(50), true);
    let second = document(2, 2, campaign(50), true);
    let edited = |text: &str, from: &str, to: &str| {
        assert!(text.contains(from), "{from}: {text}");
        text.replacen(from, to, 1)
    };
    let forged = |from: &str, to: &str, message: &str| one(&sealed(&edited(&first, from, to)), message);
    let two =
        |text: &str, message: &str| row("merge a.json b.json", message).file("a.json", first.clone()).file("b.json", text);
    let resumed = |text: &str, message: &str| {
        let line = "verify length-norm second-order --instances 50 --attack 0 --certify 0 --shard 1/2 --resume state";
        row(line, message).file("state", text)
    };
    let version = concat!("\"", env!("CARGO_PKG_VERSION"), "\"");
    let damaged = edited(&first, "\"done\":", "\"done\": ");
    let begun = document(2, 2, campaign(50), false);
    let (_, tasks) = begun.split_once("\"tasks\":").expect("a count");
    let tasks = tasks.split(',').next().expect("its end");
    let other = edited(&first, "linear-softmax 1", "linear-softmax 0");
    vec![
        // Documents of another kind, or none.
        one("", "a.json: damaged, or no shard: EOF while parsing a value at line 1 column 0"),
        one(&first[..40], "a.json: damaged, or no shard: EOF while parsing a value at line 1 column 40"),
        one(
            "{\"schema\": \"gradient-gap/verify/1\"}",
            "a.json: schema is \"gradient-gap/verify/1\", expected \"gradient-gap/verify-shard/1\"",
        ),
        one("{}", "a.json: no schema, expected \"gradient-gap/verify-shard/1\""),
        one(&edited(&first, version, "\"0.0.9\""), format!("a.json: version is \"0.0.9\", expected {version}")),
        one(
            &other,
            format!("a.json: damaged: its checksum is {:?}, that of its contents {:?}", stored(&other), checksum(&other)),
        ),
        one(
            &edited(&first, "\"seconds\":0.0", "\"seconds\":[]"),
            "a.json: damaged, or no shard: expected a number, \"inf\", \"-inf\" or null at line 1 column 135",
        ),
        one(
            &edited(&first, "\"seconds\":0.0", "\"seconds\":\"0\""),
            "a.json: damaged, or no shard: \"0\" is no number at line 1 column 136",
        ),
        one(
            &damaged.replace("\"done\"", "\"dun\""),
            "a.json: damaged, or no shard: unknown field `dun`, expected one of `schema`, `checksum`, `version`, `shard`, `done`, `tasks`, `seconds`, `campaign`, `found` at line 1 column 107",
        ),
        // Whoever makes the checksum anew can say anything, but nothing that would break the program.
        forged("linear-softmax 1", "linear-softmax 0", &other_families()),
        forged("length-norm", "length-nurm", "a.json: unknown claim \"length-nurm\""),
        forged("\"cases\":", "\"cases\":99999999999999", "a.json: damaged: numbers that no campaign has"),
        forged("\"tasks\":", "\"tasks\":1", "a.json: damaged: numbers that no campaign has"),
        forged("\"shard\":\"1/2\"", "\"shard\":\"3/2\"", "a.json: 3/2 is no shard, expected I/N with 1 ≤ I ≤ N ≤ 1000000"),
        forged("\"shard\":\"1/2\"", "\"shard\":\"one\"", "a.json: \"one\" is no shard, expected I/N, the I-th of N parts"),
        forged("\"instances\":50", "\"instances\":0", "a.json: a campaign of 2 claims and 0 instances"),
        // That do not belong together.
        two(&first, "b.json: shard 1/2 is there already, in a.json"),
        two(&document(2, 3, campaign(50), true), "b.json: shard 2/3, but a.json is one of 2"),
        two(
            &document(2, 2, Campaign { seed: 4, ..campaign(50) }, true),
            "b.json: another campaign: seed is 4, but 1 in a.json",
        ),
        two(
            &begun,
            &format!("b.json: unfinished: 0 of {tasks} tasks are done (run the command that wrote it again, with --resume)"),
        ),
        one(&first, "shard 2/2 is in none of the 1 files"),
        one(&document(3, 9, campaign(50), true), "shard 1/9, 2/9, 4/9, 5/9, 6/9 and 3 more are in none of the 1 files"),
        // States.
        resumed(&second, "state: shard 2/2, but this is shard 1/2"),
        resumed(&document(1, 2, campaign(60), true), "state: another campaign: instances is 60, but 50 in this one"),
        resumed("{", "state: damaged, or no shard: EOF while parsing an object at line 1 column 1"),
    ]
}
