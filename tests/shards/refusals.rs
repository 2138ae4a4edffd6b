//! Shards that do not belong together, and calls that make no sense: one clear message, exit status 2, nothing written.

use crate::support::{Directory, refused, refused_in_one_line, run, succeeded};
use crate::{campaign, chosen, document, sealed};
use gradient_gap::check::campaign::Campaign;
use gradient_gap::check::shard::{Shard, Shards, Work};
use gradient_gap::claims::ClaimEntry;

/// What is said of a second file after a good first one, shard 1/2.
fn second(first: &str, text: &str) -> String {
    let mut shards = Shards::default();
    shards.add("a.json", first).expect("a shard");
    shards.add("b.json", text).expect_err("refused").to_string()
}

#[test]
fn what_does_not_belong_together_is_refused_by_name() {
    let claims = chosen();
    let light = |claims| Campaign { attack: 0, certified: 0, ..campaign(claims) };
    let standard = light(&claims);
    let first = document(&standard, 1, 2);
    let reordered: Vec<ClaimEntry> = claims.iter().rev().copied().collect();
    let cases: [(String, &str); 11] = [
        (document(&Campaign { seed: 4, ..standard }, 2, 2), "b.json: another campaign: seed is 4, but 3 in a.json"),
        (
            document(&Campaign { instances: 2_000, ..standard }, 2, 2),
            "b.json: another campaign: instances is 2000, but 1999 in a.json",
        ),
        (document(&Campaign { attack: 1, ..standard }, 2, 2), "b.json: another campaign: attack is 1, but 0 in a.json"),
        (document(&Campaign { certified: 1, ..standard }, 2, 2), "b.json: another campaign: certify is 1, but 0 in a.json"),
        (document(&light(&claims[1..]), 2, 2), "b.json: another campaign: claims is second-order-printed, "),
        (document(&light(&reordered), 2, 2), "b.json: another campaign: claims is length-norm, threshold-match, "),
        (document(&standard, 2, 3), "b.json: shard 2/3, but a.json is one of 2"),
        (first.clone(), "b.json: shard 1/2 is there already, in a.json"),
        (
            Work::new(&standard, Shard::new(2, 2).expect("a shard")).document().expect("JSON"),
            "tasks are done (run the command that wrote it again, with --resume)",
        ),
        (
            document(&standard, 2, 2).replacen(concat!("\"", env!("CARGO_PKG_VERSION"), "\""), "\"0.0.9\"", 1),
            concat!("b.json: version is \"0.0.9\", expected \"", env!("CARGO_PKG_VERSION"), "\""),
        ),
        (document(&standard, 2, 2).replacen("linear-softmax 1", "linear-softmax 0", 1), "b.json: damaged: its checksum is "),
    ];
    for (text, message) in cases {
        let error = second(&first, &text);
        assert!(error.contains(message) && error.lines().count() == 1, "{error}\n{message}");
    }
    // Whoever makes the checksum anew can say anything, but nothing that would break the program.
    let range = &first[first.find("\"range\":").expect("a range")..];
    let range = &range[..=range.find(']').expect("its end")];
    for (from, to, message) in [
        ("linear-softmax 1", "linear-softmax 0", "a.json: another campaign: families is linear-softmax 0, "),
        ("length-norm", "length-nurm", "a.json: unknown claim \"length-nurm\""),
        ("\"cases\":", "\"cases\":99999999999999", "a.json: damaged: numbers that no campaign has"),
        ("\"runs\":[{", "\"runs\":[{\"cases\":0,", "a.json: damaged, or no shard: duplicate field"),
        ("\"tallies\":[{", "\"tallies\":[{},{", "a.json: damaged: numbers that no campaign has"),
        (range, "\"range\":[1.0,-1.0]", "a.json: damaged: numbers that no campaign has"),
        ("\"shard\":\"1/2\"", "\"shard\":\"3/2\"", "a.json: 3/2 is no shard"),
        ("\"tasks\":", "\"tasks\":1", "a.json: damaged: numbers that no campaign has"),
    ] {
        let text = sealed(&first.replacen(from, to, 1));
        assert!(text != first, "{from} is in the document");
        let error = Shards::default().add("a.json", &text).expect_err(to).to_string();
        assert!(error.starts_with(message) && error.lines().count() == 1, "{error}\n{message}");
    }
    let mut shards = Shards::default();
    shards.add("c.json", &document(&standard, 3, 9)).expect("a shard");
    let error = shards.whole().expect_err("missing").to_string();
    assert_eq!(error, "shard 1/9, 2/9, 4/9, 5/9, 6/9 and 3 more are in none of the 1 files");
    assert_eq!(Shards::default().whole().expect_err("nothing").to_string(), "no shards");
}

#[test]
fn files_and_calls_that_are_wrong_are_named() {
    let directory = Directory::new();
    let part = |more: &[&str]| run(&[&["verify", "length-norm", "--instances", "300", "--attack", "0"], more].concat());
    let good = directory.path("good.json");
    succeeded(&part(&["--shard", "1/2", "--out", &good]));
    let text = std::fs::read_to_string(&good).expect("written");
    let result = directory.write("result.json", succeeded(&part(&["--format", "json"])));
    let cut = directory.write("cut.json", &text[..text.len() / 2]);
    let (empty, binary) = (directory.write("empty.json", ""), directory.write("binary.json", [0xff, 0xfe, 0x00]));
    let missing = directory.path("missing.json");
    let before = directory.files();
    let out = directory.path("out");
    for (files, parts) in [
        (vec![&good], &["shard 2/2 is in none of the 1 files"][..]),
        (vec![&good, &good], &["good.json", "shard 1/2 is there already, in", "good.json"]),
        (vec![&result], &["result.json", "schema is \"gradient-gap/verify/1\", expected \"gradient-gap/verify-shard/1\""]),
        (vec![&cut], &["cut.json", "damaged, or no shard", "line 1"]),
        (vec![&empty], &["empty.json", "damaged, or no shard"]),
        (vec![&binary], &["binary.json", "UTF-8"]),
        (vec![&missing], &["missing.json", "No such file"]),
    ] {
        let files: Vec<&str> = files.iter().map(|file| file.as_str()).collect();
        refused_in_one_line(&run(&[&["merge", "--out", &out], &files[..]].concat()), parts);
    }
    refused_in_one_line(&run(&["merge", "--out", &good, &good]), &["--out names", "good.json", "one of the shards"]);
    refused(&run(&["merge"]), &["<FILE>"]);
    for (shard, why) in [("0/3", "no shard"), ("4/3", "1 ≤ I ≤ N"), ("x", "expected I/N"), ("1/", "expected I/N")] {
        refused(&part(&["--shard", shard]), &["--shard", shard, why]);
    }
    for format in ["table", "junit"] {
        refused_in_one_line(&part(&["--shard", "1/2", "--format", format]), &["--format", format, "1/2", "merge"]);
    }
    refused(&part(&["--save-every", "3"]), &["--resume"]);
    let state = directory.path("no/such/state");
    refused_in_one_line(&part(&["--resume", &state, "--out", &out]), &["no/such/state", "No such file"]);
    refused_in_one_line(&part(&["--resume", &out, "--out", &out]), &["--out and --resume both name"]);
    assert_eq!(directory.files(), before, "nothing is written");
}
