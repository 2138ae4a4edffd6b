//! Killed at any moment, started again: nothing is lost, nothing is counted twice.

use crate::long;
use crate::merge::untimed;
use crate::support::{Directory, command, refused, refused_in_one_line, run, succeeded};
use crate::{Draw, campaign, chosen, document, printed};
use gradient_gap::check::shard::{Saving, Shard, Work};
use gradient_gap::error::Error;
use serde_json::Value;
use std::time::{Duration, Instant};

/// Stopped after so many saves, by an error of the saving; then from the last document on, and so forth.
#[test]
fn work_that_stops_anywhere_goes_on_from_its_document() {
    let claims = chosen();
    let campaign = campaign(&claims);
    let expected = printed(&campaign, &campaign.run(&|_| {}).expect("runs"));
    let shard = Shard::new(2, 3).expect("a shard");
    for (shard, saves) in [(Shard::WHOLE, 1), (Shard::WHOLE, 3), (shard, 2)] {
        let mut text = Work::new(&campaign, shard).document().expect("JSON");
        let mut interruptions = 0;
        loop {
            let mut work = Work::resumed(&campaign, shard, &text).expect("its own");
            let mut left = saves;
            let mut write = |document: &str| {
                left -= 1;
                text = document.into();
                if left == 0 { Err(Error::new("enough")) } else { Ok(()) }
            };
            let stopped = work.run(&|_| {}, Some(Saving { every: Duration::ZERO, write: &mut write })).is_err();
            interruptions += usize::from(stopped);
            if work.is_finished() {
                break;
            }
            assert!(stopped && work.conclude().is_err(), "what is unfinished is not judged");
        }
        assert!(interruptions >= 3, "{interruptions}");
        let work = Work::resumed(&campaign, shard, &text).expect("its own");
        if shard == Shard::WHOLE {
            assert!(printed(&campaign, &work.conclude().expect("all of it")) == expected);
        } else {
            assert!(found(&text) == found(&document(&campaign, 2, 3)));
            assert!(work.conclude().is_err(), "a shard is not judged");
        }
    }
}

/// A shard but for its wall time.
pub fn found(text: &str) -> Value {
    let mut document: Value = serde_json::from_str(text).expect("JSON");
    let fields = document.as_object_mut().expect("an object");
    assert!(fields.remove("seconds").is_some() && fields.remove("checksum").is_some());
    document
}

const ARGUMENTS: [&str; 11] = [
    "verify",
    "second-order-printed",
    "overshoot-collapse",
    "log-odds-step",
    "--instances",
    "12000",
    "--attack",
    "300",
    "--certify",
    "300",
    "--threads=2",
];

/// The process is killed, at moments that a seed gives, until it is through. Where the machine has become faster or slower since
/// the campaign was timed, all kills may come too late or too early: then again, with other times.
#[test]
fn a_killed_campaign_ends_as_if_it_had_not_been_killed() {
    let seeds = if long::long() { 20 } else { 2 };
    for seed in 1..=seeds {
        let mut met = vec![];
        let enough = [1.0, 0.5, 2.0, 0.25, 4.0].into_iter().any(|factor| {
            let (kills, advances) = killed(seed, factor);
            met.push((kills, advances));
            kills >= 2 && advances >= 1
        });
        assert!(enough, "kills, and those after some work: {met:?}");
    }
}

/// Kills after at most a third of `factor` of the time that the campaign takes, compares the result with that of one that is left
/// alone, and returns the number of kills and of those after more work than before.
fn killed(seed: u64, factor: f64) -> (u32, u32) {
    let more: &[&str] = if seed % 2 == 1 { &["--format", "json"] } else { &["--shard", "2/3"] };
    let directory = Directory::new();
    let (state, out) = (directory.path("state"), directory.path("out"));
    let start = Instant::now();
    let whole = run(&[&ARGUMENTS, more].concat());
    let time = start.elapsed();
    let resumable = [&ARGUMENTS, more, &["--resume", &state, "--save-every", "0", "--out", &out]].concat();
    let (mut draw, mut kills, mut done, mut advances, mut with_result) = (Draw::new(seed), 0, 0, 0, None);
    loop {
        let mut child = command(&resumable).spawn().expect("starts");
        // After a hundred kills it is let through.
        let patience = if kills < 100 { time.mul_f64(factor * draw.below(1_000) as f64 / 3_000.0) } else { time * 100 };
        let begun = Instant::now();
        let ended = loop {
            if let Some(status) = child.try_wait().expect("can be asked") {
                break Some(status);
            }
            if begun.elapsed() >= patience {
                child.kill().expect("was running");
                child.wait().expect("is dead");
                break None;
            }
            std::thread::sleep(Duration::from_millis(1));
        };
        if let Some(status) = ended {
            assert_eq!(status.code(), Some(0), "{:?}", child.wait_with_output());
            break;
        }
        kills += 1;
        // What is there is whole, and no step back.
        if let Ok(text) = std::fs::read_to_string(&state) {
            let document: Value = serde_json::from_str(&text).expect("a whole document");
            let now = document["done"].as_u64().expect("a count");
            assert!(now >= done, "{now} after {done}");
            advances += u32::from(now > done);
            done = now;
        }
        // A result may be there if the kill came between its writing and the end of the process: then all of the work is done.
        if with_result.is_none() && std::fs::exists(&out).expect("can be asked") {
            with_result = Some(done);
        }
    }
    let state_of_all: Value =
        serde_json::from_str(&std::fs::read_to_string(&state).expect("kept")).expect("a whole document");
    let all = state_of_all["done"].as_u64().expect("a count");
    assert!(with_result.is_none_or(|done| done == all), "a result after {with_result:?} of {all} tasks");
    let result = std::fs::read_to_string(&out).expect("written");
    match more[0] {
        "--shard" => assert!(found(&result) == found(succeeded(&whole))),
        _ => assert!(untimed(&result) == untimed(succeeded(&whole))),
    }
    // The state is kept: the same call gives the same result at once, and so does another number of threads.
    let again = run(&[&ARGUMENTS[..10], more, &["--resume", &state, "--threads", "1"]].concat());
    let again = succeeded(&again);
    assert!(if more[0] == "--shard" { again == result } else { untimed(again) == untimed(&result) });
    (kills, advances)
}

#[test]
fn a_state_of_something_else_is_refused_and_left_alone() {
    let directory = Directory::new();
    let state = directory.path("state");
    let call = |more: &[&str]| run(&[&["verify", "length-norm", "--instances", "300", "--attack", "0"], more].concat());
    let resume = |more: &[&str]| call(&[&["--resume", &state], more].concat());
    succeeded(&resume(&["--seed", "5", "--shard", "2/3"]));
    let before = std::fs::read(&state).expect("written");
    for (more, parts) in [
        (&["--seed", "6", "--shard", "2/3"][..], &["another campaign: seed is 5, but 6 in this one"][..]),
        (&["--seed", "5", "--shard", "1/3"], &["shard 2/3, but this is shard 1/3"]),
        (&["--seed", "5"], &["shard 2/3, but this is shard 1/1"]),
        (&["--seed", "5", "--shard", "2/3", "--certify", "7"], &["certify is 6000, but 7"]),
        (&["--seed", "5", "--shard", "2/3", "log-odds-step"], &["claims is length-norm, but length-norm, log-odds-step"]),
    ] {
        let parts = [parts, &["state: "]].concat();
        refused_in_one_line(&resume(more), &parts);
        assert!(std::fs::read(&state).expect("still there") == before, "untouched");
        assert_eq!(directory.files(), ["state"]);
    }
    assert!(
        succeeded(&resume(&["--seed", "5", "--shard", "2/3"])).starts_with("{\"schema\":\"gradient-gap/verify-shard/1\"")
    );
}

/// Truncations and single bits, of an unfinished state: refused, or the same numbers in other letters.
#[test]
fn a_damaged_state_is_refused_and_left_alone() {
    let claims = chosen();
    let campaign = campaign(&claims);
    let mut text = String::new();
    let mut left = 4;
    let mut write = |document: &str| {
        left -= 1;
        text = document.into();
        if left == 0 { Err(Error::new("enough")) } else { Ok(()) }
    };
    let stopped = Work::new(&campaign, Shard::WHOLE).run(&|_| {}, Some(Saving { every: Duration::ZERO, write: &mut write }));
    assert!(stopped.is_err(), "unfinished");
    let expected = Work::resumed(&campaign, Shard::WHOLE, &text).expect("its own").document().expect("JSON");
    assert!(expected == text);
    let mut draw = Draw::new(3);
    let length = text.trim_end().len();
    for _ in 0..100 {
        let cut = String::from_utf8_lossy(&text.as_bytes()[..draw.below(length)]).into_owned();
        assert!(Work::resumed(&campaign, Shard::WHOLE, &cut).is_err());
    }
    let (mut refused_flips, mut harmless) = (0, 0);
    for _ in 0..400 {
        let mut bytes = text.clone().into_bytes();
        bytes[draw.below(length)] ^= 1 << draw.below(8);
        let Ok(flipped) = String::from_utf8(bytes) else { continue };
        match Work::resumed(&campaign, Shard::WHOLE, &flipped) {
            Err(_) => refused_flips += 1,
            // "e" for "E", or a seventeenth digit: the numbers are the same.
            Ok(work) => {
                harmless += 1;
                assert!(work.document().expect("JSON") == expected);
            }
        }
    }
    assert!(refused_flips > 200 && harmless < 20, "{refused_flips} refused, {harmless} harmless");
    // The same through the command line, where the file stays as it is.
    let directory = Directory::new();
    let call = |state: &str| run(&["verify", "length-norm", "--instances", "300", "--attack", "0", "--resume", state]);
    let state = directory.path("state");
    succeeded(&call(&state));
    let whole = std::fs::read(&state).expect("written");
    let mut flipped = whole.clone();
    // The end of a count: the last digit of a float may not matter.
    let counts = whole.windows(2).rposition(|pair| pair[0].is_ascii_digit() && pair[1] == b'}');
    let digit = counts.expect("a count");
    flipped[digit] ^= 1;
    for damaged in [&whole[..whole.len() / 2], &whole[..0], &flipped, &[0xff; 7]] {
        std::fs::write(&state, damaged).expect("writable");
        refused(&call(&state), &["state: "]);
        assert!(std::fs::read(&state).expect("still there") == damaged, "untouched");
        assert_eq!(directory.files(), ["state"]);
    }
}
