//! `verify`: table, JSON, JUnit, the choice of claims, seeds and threads.

use crate::support::{json, run, run_small, slugs, succeeded};
use serde_json::Value;

#[test]
fn verify_as_a_table() {
    let verified = run_small(&[]);
    let text = succeeded(&verified);
    for slug in slugs() {
        assert!(text.lines().any(|line| line.trim_start().starts_with(&format!("{slug} "))), "{slug}: {text}");
    }
    let n = gradient_gap::claims::REGISTRY.len();
    assert!(text.contains(&format!("{n} of {n} verdicts as expected")) && !text.contains("UNEXPECTED"), "{text}");
    assert!(text.contains("second-order-printed: refuted by"), "{text}");
}

/// Observations that are named, alone and beside a claim; with the claims' names alone there are none.
#[test]
fn observations_are_named_and_not_covered() {
    let alone = run(&["verify", "grpo-stagnation", "bandit-logistic", "grpo-stagnation"]);
    let text = succeeded(&alone);
    assert!(text.contains("grpo-stagnation: judged by `gradient-gap stagnation`"), "{text}");
    assert_eq!((text.matches("not-covered").count(), text.contains("families")), (2, false), "{text}");
    let rows = |arguments: &[&str]| -> Vec<String> {
        let run = run_small(&[arguments, &["--format", "json"]].concat());
        let document = json(succeeded(&run));
        let claims = document["claims"].as_array().expect("an array").iter();
        claims.map(|claim| claim["slug"].as_str().expect("a slug").to_string()).collect()
    };
    assert_eq!(rows(&["sharp-line"]), ["sharp-line"]);
    assert_eq!(rows(&["sharp-line", "second-order"]), ["second-order", "sharp-line"]);
    assert_eq!(rows(&["second-order"]), ["second-order"]);
}

/// Random and hard instances that intervals decide, in the table, in the JSON, and in words; none where none is asked for.
#[test]
fn instances_are_certified_and_not_theorems() {
    let arguments = |certify, format| {
        let first = ["verify", "curvature-window", "second-order-printed", "--instances", "600", "--attack", "512"];
        run(&[&first[..], &["--certify", certify, "--format", format]].concat())
    };
    let table = arguments("300", "table");
    let text = succeeded(&table);
    assert!(text.contains("are instances and not the theorems") && text.contains("No number of them proves one."), "{text}");
    let document = json(succeeded(&arguments("300", "json")));
    let of = |claim: usize| document["claims"][claim]["certificates"].clone();
    let count = |found: &Value, name: &str| found[name].as_u64().expect("a count");
    let (window, printed) = (of(0), of(1));
    assert_eq!(count(&window, "certified") + count(&window, "inconclusive") + count(&window, "outside"), 300, "{window}");
    assert!(count(&window, "refuted") == 0 && count(&window["hard"], "certified") > 50, "{window}");
    assert!(count(&printed, "refuted") > 100, "{printed}");
    let all = count(&window, "certified") + count(&window["hard"], "certified");
    assert!(text.contains(&format!("{all} of ")), "{text}");
    let none = json(succeeded(&arguments("0", "json")));
    assert!(none["claims"][0]["certificates"].is_null());
    assert!(!succeeded(&arguments("0", "table")).contains("not the theorems"));
}

#[test]
fn verify_as_json_follows_the_contract() {
    let verified = run_small(&["--format", "json", "--seed", "9"]);
    let document = json(succeeded(&verified));
    assert_eq!(document["schema"], "gradient-gap/verify/1");
    assert_eq!(document["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!((document["seed"].as_u64(), document["instances"].as_u64()), (Some(9), Some(500)));
    assert!(document["seconds"].as_f64().expect("a number") > 0.0);
    assert_eq!(document["as_expected"], true);
    let claims = document["claims"].as_array().expect("an array");
    let (claims, observed) = claims.split_at(gradient_gap::claims::REGISTRY.len());
    for (row, known) in observed.iter().zip(gradient_gap::experiments::observed()) {
        assert_eq!((&row["slug"], &row["place"]), (&known.slug.into(), &known.place.into()));
        assert_eq!((&row["expected"], &row["verdict"]), (&"observed".into(), &"not-covered".into()));
        assert_eq!((&row["as_expected"], &row["cases"]), (&true.into(), &0.into()));
        assert!(row["reason"].as_str().is_some_and(|reason| reason.contains(known.command)));
        assert!(row.as_object().expect("keys").keys().eq(claims[0].as_object().expect("keys").keys()));
    }
    assert_eq!(observed.len(), gradient_gap::experiments::observed().count());
    for claim in claims {
        let slug = claim["slug"].as_str().expect("a slug");
        let known = gradient_gap::claims::find(slug).expect("in the registry");
        assert_eq!(claim["place"], known.statement.place);
        let one_of = |field: &str, allowed: &[&str]| {
            assert!(claim[field].as_str().is_some_and(|x| allowed.contains(&x)), "{slug}, {field}: {}", claim[field]);
        };
        one_of("relation", &["identity", "upper", "lower", "existence", "asymptotic", "ratio"]);
        one_of("expected", &["holds", "fails", "observed"]);
        one_of("verdict", &["certified", "not-refuted", "refuted", "inconclusive", "not-covered"]);
        assert!(claim["reading"].is_null() || ["seg", "line", "glob"].contains(&claim["reading"].as_str().expect("text")));
        assert_eq!(claim["as_expected"], true, "{slug}");
        let families = claim["families"].as_array().expect("an array");
        let cases: u64 = families.iter().map(|family| family["cases"].as_u64().expect("a count")).sum();
        assert_eq!(claim["cases"].as_u64(), Some(cases), "{slug}");
        // Every instance of its kind is either a case or outside, and then it is said why.
        let outside: u64 =
            claim["outside"].as_object().expect("reasons").values().map(|n| n.as_u64().expect("a count")).sum();
        let all = |key: &str, count: &str| -> u64 {
            document[key].as_array().expect("families").iter().map(|family| family[count].as_u64().expect("a count")).sum()
        };
        let number_or_inf = |x: &Value| x.is_f64() || x == "inf" || x == "-inf" || x.is_null();
        let existence = claim["relation"] == "existence";
        // Claims that few instances meet are asked about several times as many.
        let added = 500 * (claim["times"].as_u64().expect("a count") - 1);
        let asked = [all("families", "instances") + added, all("runs", "runs")];
        assert!(existence || asked.contains(&(cases + outside)), "{slug}");
        let attack = &claim["attack"];
        let refuted = attack["refuted"].as_bool().expect("a flag");
        assert_eq!(refuted, claim["expected"] == "fails", "{slug}");
        assert!(refuted || number_or_inf(&attack["best_ratio"]), "{slug}: {attack}");
        assert!(attack["evaluations"].as_u64().expect("a count") > 0, "{slug}");
        assert!(number_or_inf(&claim["max_ratio"]), "{slug}: {}", claim["max_ratio"]);
        for family in families {
            assert!(family["name"].is_string() && number_or_inf(&family["max_ratio"]), "{slug}: {family}");
        }
        assert!(claim["reason"].is_null() || claim["reason"].is_string());
        match claim["verdict"].as_str() {
            Some("refuted") => {
                assert_eq!(claim["witness"]["schema"], "gradient-gap/witness/1");
                assert_eq!(claim["witness"]["slug"], slug);
            }
            _ => assert!(claim["witness"].is_null(), "{slug}"),
        }
    }
    // η = 0 is in every edge set: log₁₀ of 0 is the string, not a number and not null.
    assert_eq!(document["families"][0]["log10_eta_sqrt_L"]["min"], "-inf");
    // Floats round-trip: printing what was read gives the same text.
    assert_eq!(format!("{document:#}\n"), verified.out);
}

#[test]
fn verify_as_junit() {
    let verified = run_small(&["--format", "junit"]);
    let text = succeeded(&verified);
    assert!(text.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>"), "{text}");
    let observed = gradient_gap::experiments::observed().count();
    let n = gradient_gap::claims::REGISTRY.len() + observed;
    assert_eq!((text.matches("<testcase ").count(), text.matches("<skipped").count()), (n, observed));
    assert_eq!((text.matches("<testsuite ").count(), text.matches("<failure").count()), (1, 0));
    assert!(text.contains(&format!("tests=\"{n}\"")) && text.contains("failures=\"0\""), "{text}");
    for slug in slugs() {
        assert_eq!(text.matches(&format!("<testcase name=\"{slug}\"")).count(), 1, "{slug}");
    }
    // Every element that is opened is closed: tags balance, attributes and text hold no bare markup.
    let mut open: Vec<String> = Vec::new();
    for tag in text.split('<').skip(1).filter(|tag| !tag.starts_with('?')) {
        let (inside, content) = tag.split_once('>').expect("a closed tag");
        assert!(!content.contains('&') || content.contains(';'), "{content}");
        match inside.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop().as_deref(), Some(name)),
            None if inside.ends_with('/') => {}
            None => open.push(inside.split_whitespace().next().expect("a name").into()),
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn chosen_claims_only_and_once() {
    let verified = run_small(&["--format", "json", "second-order", "log-odds-step", "second-order"]);
    let document = json(succeeded(&verified));
    let slugs: Vec<&str> = document["claims"].as_array().expect("array").iter().filter_map(|c| c["slug"].as_str()).collect();
    assert_eq!(slugs, ["second-order", "log-odds-step"]);
}

#[test]
fn the_same_seed_gives_the_same_output_on_any_number_of_threads() {
    let document = |more: &[&str]| {
        let arguments = [&["--format", "json"], more].concat();
        let mut document = json(succeeded(&run_small(&arguments)));
        document.as_object_mut().expect("an object").remove("seconds").expect("is there");
        document
    };
    let one = document(&["--threads", "1"]);
    assert!(one == document(&["--threads", "3"]) && one == document(&["--threads", "0"]));
    assert!(one == document(&["--seed", "1"]), "the default seed is 1");
    // Control.
    assert!(one != document(&["--seed", "2"]));
}
