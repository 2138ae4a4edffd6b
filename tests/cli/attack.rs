//! `attack`: its result, its witness, what it refuses.

use crate::support::{Directory, json, refused_in_one_line, run, succeeded};

const SHORT: [&str; 2] = ["--evaluations", "20000"];

#[test]
fn an_attack_comes_near_the_bound_and_its_witness_replays() {
    let folder = Directory::new();
    let (witness, plot) = (folder.path("witness.json"), folder.path("shares.svg"));
    let files = ["--out", &witness, "--plot", &plot, "--format", "json"];
    let out = run(&[&["attack", "ascent-threshold"][..], &SHORT, &files].concat());
    let document = json(succeeded(&out));
    assert_eq!((&document["schema"], &document["slug"]), (&"gradient-gap/attack/1".into(), &"ascent-threshold".into()));
    assert_eq!((&document["refuted"], &document["as_expected"]), (&false.into(), &true.into()));
    let best = document["best_ratio"].as_f64().expect("a number");
    let [low, high] = [0, 1].map(|i| document["enclosed"][i].as_f64().expect("a number"));
    assert!(best > 0.9 && low <= best + 1e-9 && best <= high, "{best} [{low}, {high}]");
    assert!(document["evaluations"].as_u64().expect("a count") >= 19_000, "{}", document["evaluations"]);
    assert_eq!(json(&std::fs::read_to_string(&witness).expect("written")), document["witness"]);
    // Both instances replay, and the simple one keeps 99.9 % of the ratio.
    let ratio = |arguments: &[&str]| {
        let replayed = run(&[&["replay", &witness, "--format", "json"], arguments].concat());
        let replay = json(succeeded(&replayed));
        let claims = replay["claims"].as_array().expect("an array").clone();
        let claim = claims.into_iter().find(|claim| claim["slug"] == "ascent-threshold").expect("listed");
        claim["ratio"].as_f64().expect("a number")
    };
    assert!((ratio(&[]) - best).abs() < 0.01 * best && ratio(&["--simplified"]) >= 0.999 * best);
    let text = std::fs::read_to_string(&plot).expect("written");
    assert!(text.starts_with("<svg ") && text.ends_with("</svg>\n") && text.contains("ascent-threshold"));
    assert!(text.contains("random points") && text.contains("ends of the searches") && !text.contains("NaN"));
    assert_eq!(folder.files().len(), 2, "drafts were left behind");
}

#[test]
fn what_is_false_as_printed_is_refuted() {
    let out = run(&[&["attack", "second-order-printed"][..], &SHORT].concat());
    let text = succeeded(&out);
    assert!(text.contains("Refuted, as expected") && text.contains("Violated: coefficient of η²"), "{text}");
}

#[test]
fn families_and_seed_are_the_users() {
    let cube = run(&[&["attack", "log-odds-step", "--family", "cube", "--seed", "9"][..], &SHORT].concat());
    let text = succeeded(&cube);
    assert!(text.contains("seed 9") && text.contains("cube") && !text.contains("tabular-softmax"), "{text}");
    let part = run(&[&["attack", "curvature-window", "--part", "−L_o/(1−J)"][..], &SHORT].concat());
    let rows = succeeded(&part).lines().filter(|line| line.contains("certified")).count();
    assert!(rows == 1 && part.out.contains("\n −L_o/(1−J)") && part.out.contains("Nearest: −L_o/(1−J):"), "{}", part.out);
    let timed = run(&["attack", "policy-normalises", "--seconds", "0.05"]);
    assert!(succeeded(&timed).contains("time ran out"), "{}", timed.out);
}

#[test]
fn the_witness_and_the_picture_are_two_files() {
    let folder = Directory::new();
    let file = folder.path("both");
    let again = folder.path("./both");
    let attack = |plot: &str| run(&[&["attack", "ascent-threshold", "--out", &file, "--plot", plot][..], &SHORT].concat());
    for plot in [&file, &again] {
        refused_in_one_line(&attack(plot), &["--out", "--plot", "both"]);
        assert!(folder.files().is_empty(), "something was written");
    }
    // Control: two names, two files.
    let other = folder.path("other");
    succeeded(&attack(&other));
    assert_eq!(folder.files().len(), 2);
    // On standard output the picture stands alone.
    let drawn = attack("-");
    assert_eq!(succeeded(&drawn), std::fs::read_to_string(other).expect("written"));
}

#[test]
fn an_attack_that_finds_nothing_is_an_error() {
    let folder = Directory::new();
    let file = folder.path("witness.json");
    let nothing = run(&["attack", "curvature-window", "--seconds", "1e-9", "--out", &file]);
    refused_in_one_line(&nothing, &["curvature-window", "none of 0 evaluations"]);
    assert!(folder.files().is_empty(), "a draft was left behind");
}
