//! All shards together are the whole.

use crate::resume::found;
use crate::support::{Directory, run, succeeded};
use crate::{Draw, SLUGS, campaign, chosen, document, printed, sealed};
use gradient_gap::check::campaign::{Campaign, CampaignResult};
use gradient_gap::check::shard::Shards;
use gradient_gap::claims;

fn merged(documents: &[String]) -> [String; 3] {
    let mut shards = Shards::default();
    for (i, text) in documents.iter().enumerate() {
        shards.add(&format!("file {i}"), text).expect("a shard");
    }
    let whole = shards.whole().expect("all of them");
    printed(&whole.campaign(), &whole.conclude().expect("runs"))
}

fn whole(campaign: &Campaign<'_>) -> (CampaignResult, [String; 3]) {
    let result = campaign.run(&|_| {}).expect("runs");
    let printed = printed(campaign, &result);
    (result, printed)
}

/// One to seven shards, and more than there are tasks; every order of the files; every format.
#[test]
fn any_number_of_shards_in_any_order_is_the_whole() {
    let claims = chosen();
    let campaign = campaign(&claims);
    let (result, expected) = whole(&campaign);
    assert!(result.as_expected() && result.claims.iter().all(|claim| claim.attacked.is_some()));
    let mut draw = Draw::new(1);
    for of in [1, 2, 3, 7, 400] {
        let threads = 1 + of as usize % 3;
        let mut documents: Vec<String> =
            (1..=of).map(|number| document(&Campaign { threads, ..campaign }, number, of)).collect();
        for _ in 0..3 {
            (1..documents.len()).rev().for_each(|i| documents.swap(i, draw.below(i + 1)));
            assert!(merged(&documents) == expected, "{of} shards");
        }
    }
    // Control: of another seed everything but the names is different.
    let other = (1..=2).map(|number| document(&Campaign { seed: 4, ..campaign }, number, 2)).collect::<Vec<_>>();
    assert!(merged(&other).iter().zip(&expected).all(|(one, other)| one != other));
}

/// No shard has much more than its part: cases of each scope, certificates and attacks.
#[test]
fn every_shard_has_its_part_of_everything() {
    let campaign = Campaign { attack: 20, certified: 1_000, ..Campaign::new(claims::REGISTRY, 15_000) };
    let mut all: Vec<[u64; 4]> = Vec::new();
    for number in 1..=3 {
        let document: serde_json::Value = serde_json::from_str(&document(&campaign, number, 3)).expect("JSON");
        let found = &document["found"];
        let sum = |list: &serde_json::Value, of: &dyn Fn(&serde_json::Value) -> u64| -> u64 {
            list.as_array().expect("a list").iter().map(of).sum()
        };
        let cases = |family: &serde_json::Value| family["cases"].as_u64().expect("a count");
        let certified = |claim: &serde_json::Value| {
            let counts = claim["certified"].as_array().into_iter().flatten();
            counts.flat_map(|count| count.as_object().expect("counts").values()).filter_map(serde_json::Value::as_u64).sum()
        };
        let attacked = |claim: &serde_json::Value| u64::from(claim["attacked"].is_object());
        let claims = &found["claims"];
        all.push([
            sum(&found["families"], &cases),
            sum(&found["runs"], &cases),
            sum(claims, &certified),
            sum(claims, &attacked),
        ]);
    }
    for kind in 0..4 {
        let (least, most) = (all.iter().map(|a| a[kind]).min(), all.iter().map(|a| a[kind]).max());
        let (least, most) = (least.expect("three"), most.expect("three"));
        assert!(least > 0 && most as f64 <= 1.5 * least as f64, "{kind}: {all:?}");
    }
    assert_eq!(all.iter().map(|a| a[3]).sum::<u64>(), claims::REGISTRY.len() as u64, "every claim is attacked once");
}

/// Through the command line, on different numbers of threads, by way of files: every format, and every claim.
#[test]
fn merge_prints_what_verify_prints() {
    let few = [&["--instances", "1999", "--attack", "300", "--certify", "150"], &SLUGS[..]].concat();
    let all = ["--instances", "700", "--attack", "40", "--certify", "0"];
    for (arguments, formats) in [(&few[..], &["table", "json", "junit"][..]), (&all, &["table"])] {
        let directory = Directory::new();
        let part = |more: &[&str]| run(&[&["verify"], arguments, more].concat());
        let files: Vec<String> = (1..=3).map(|i| directory.path(&format!("shard-{i}.json"))).collect();
        for (i, file) in files.iter().enumerate() {
            let (shard, threads) = (format!("{}/3", i + 1), i.to_string());
            assert_eq!(succeeded(&part(&["--shard", &shard, "--threads", &threads, "--out", file])), "");
        }
        for format in formats {
            let whole = untimed(succeeded(&part(&["--format", format])));
            let merge = ["merge", "--format", format, &files[2], &files[0], &files[1]];
            let merged = untimed(succeeded(&run(&merge)));
            assert!(whole.len() > 500 && whole == merged, "{format}:\n{whole}\n{merged}");
            let out = directory.path("merged");
            assert_eq!(succeeded(&run(&[&merge[..], &["--out", &out]].concat())), "");
            assert_eq!(untimed(&std::fs::read_to_string(out).expect("written")), whole);
        }
    }
    // On standard output a shard is the same document, whether JSON is asked for or not.
    let part = |more: &[&str]| run(&[&["verify", "--shard", "2/3"], &few[..], more].concat());
    let (plain, json) = (part(&[]), part(&["--format", "json"]));
    assert!(found(succeeded(&plain)) == found(succeeded(&json)));
}

/// Without the wall time of the table's closing line and of the JSON.
pub fn untimed(text: &str) -> String {
    let time = |line: &&str| !line.trim_start().starts_with("\"seconds\": ");
    let cut = |line: &str| match line.rsplit_once(", ") {
        Some((before, time)) if time.ends_with(" s.") && line.contains("verdicts as expected") => before.to_string(),
        _ => line.to_string(),
    };
    text.lines().filter(time).map(cut).collect::<Vec<_>>().join("\n")
}

/// A digit that changed on the way is noticed; were the checksum made anew, the result would be another.
#[test]
fn a_changed_digit_is_refused_and_would_change_the_result() {
    let claims = chosen();
    let campaign = campaign(&claims);
    let documents: Vec<String> = (1..=2).map(|number| document(&campaign, number, 2)).collect();
    let expected = merged(&documents);
    assert!(sealed(&documents[0]) == documents[0], "the checksum is the one that is described");
    let digits: Vec<usize> = documents[0].bytes().enumerate().filter(|(_, b)| b.is_ascii_digit()).map(|(i, _)| i).collect();
    let (mut draw, mut silent) = (Draw::new(2), 0);
    for _ in 0..300 {
        let at = digits[draw.below(digits.len())];
        let mut bytes = documents[0].clone().into_bytes();
        bytes[at] = b'0' + (bytes[at] - b'0' + 1 + draw.below(9) as u8) % 10;
        let changed = String::from_utf8(bytes).expect("ASCII where it was changed");
        match Shards::default().add("changed", &changed) {
            Err(error) => assert!(error.to_string().starts_with("changed: "), "{error}"),
            Ok(()) => {
                // The seventeenth digit of a number may be another without being another number.
                silent += 1;
                assert!(merged(&[changed, documents[1].clone()]) == expected);
            }
        }
    }
    assert!(silent < 10, "{silent} of 300 changes were not noticed");
    // Control: counts and worst cases matter, and nothing but the checksum knows them.
    let position = documents[0].rfind("\"tallies\":[{\"cases\":").expect("a tally") + "\"tallies\":[{\"cases\":".len();
    let changed = sealed(&format!("{}1{}", &documents[0][..position], &documents[0][position..]));
    let other = merged(&[changed, documents[1].clone()]);
    assert!(other.iter().zip(&expected).all(|(one, other)| one != other));
}
