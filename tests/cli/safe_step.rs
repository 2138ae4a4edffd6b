//! `safe-step`: table, JSON, picture, and every number that no policy has.

use crate::support::{Directory, json, refused_in_one_line, run, succeeded};
use serde_json::{Value, json as value};

/// Δμ = 0.01, L = 1.
const GIVEN: [&str; 5] = ["safe-step", "--alignment", "0.01", "--smoothness", "1"];

fn with(more: &[&str]) -> crate::support::Run {
    run(&[&GIVEN[..], more].concat())
}

/// The fields of a row of the first table, split where two blanks are.
fn row(text: &str, name: &str) -> Vec<String> {
    let line = text.lines().find(|line| line.trim_start().starts_with(&format!("{name} ")));
    let line = line.unwrap_or_else(|| panic!("{name}: {text}"));
    line.split("  ").map(str::trim).filter(|field| !field.is_empty()).map(String::from).collect()
}

const NAMES: [&str; 8] =
    ["15a", "18a", "smooth-only", "token-smooth-only", "rare-failure", "two-sided", "collapse-threshold", "collapse-window"];

#[test]
fn safe_step_prints_every_threshold_and_the_largest() {
    let out = with(&["--success-rate", "0.3", "--score-bound", "2"]);
    let text = succeeded(&out);
    let steps = NAMES.map(|name| row(text, name)[2].clone());
    assert_eq!(steps, ["1.515e-4", "5.409e-4", "0.01400", "0.01400", "0.001534", "0.003333", "0.02000", "[0.1200, 0.2236]"]);
    assert!(text.contains("J rises at every step below 0.01400, by smooth-only."), "{text}");
    for part in ["J = 0.3000, 1 − J = 0.7000", "must bound the whole step", "the whole line", "G = 2√L"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 150), "{text}");
}

#[test]
fn what_is_not_given_is_named_and_never_left_out() {
    let out = with(&["--failure-rate", "1e-300"]);
    let text = succeeded(&out);
    for name in ["15a", "18a", "two-sided", "collapse-window"] {
        assert_eq!(row(text, name)[2], "needs --score-bound");
    }
    assert_eq!((row(text, "smooth-only")[2].as_str(), row(text, "rare-failure")[2].as_str()), ("2.000e-302", "1.444e-5"));
    let line = "J rises at every step below 1.444e-5, by rare-failure; with L and G along the step alone, below 2.000e-302";
    assert!(text.contains("1 − J = 1.000e-300") && text.contains(&format!("{line}, by smooth-only.")), "{text}");
    // Where the window is empty, why.
    let out = with(&["--success-rate", "0.3", "--score-bound", "0.5"]);
    assert_eq!(row(succeeded(&out), "collapse-window")[2], "empty: G < √L");
    let out = run(&["safe-step", "--success-rate", "0.3", "--alignment", "1", "--smoothness", "1", "--score-bound", "2"]);
    assert_eq!(row(succeeded(&out), "collapse-window")[2], "empty: Δμ > √S/120 = 1.8634e-2");
}

#[test]
fn no_alignment_guarantees_nothing_and_no_curvature_no_limit() {
    let out = run(&["safe-step", "--success-rate", "0.3", "--alignment", "-1", "--smoothness", "1", "--score-bound", "9"]);
    let text = succeeded(&out);
    assert!(NAMES[..7].iter().all(|name| row(text, name)[2] == "0") && row(text, "collapse-window")[2] == "empty: Δμ ≤ 0");
    assert!(text.contains("No threshold guarantees") && text.contains("nothing is guaranteed"), "{text}");
    let flat = ["safe-step", "--success-rate", "0.3", "--alignment", "1", "--smoothness", "0"];
    let out = run(&flat);
    let text = succeeded(&out);
    assert!(
        NAMES[2..5].iter().all(|name| row(text, name)[2] == "inf") && text.contains("J rises at every step of any size, by")
    );
    assert!(text.contains("No policy has these numbers at J = 0.3000"), "{text}");
    let document = json(succeeded(&run(&[&flat[..], &["--format", "json"]].concat())));
    assert_eq!(
        (&document["rates"][0]["steps"][2]["step"], &document["rates"][0]["largest"]["step"]),
        (&value!("inf"), &value!("inf"))
    );
}

#[test]
fn json_has_every_number_and_says_what_it_is() {
    let more =
        ["--success-rate", "0.25", "--score-bound", "2", "--max-length", "16", "--psi1-length", "4", "--format", "json"];
    let document = json(succeeded(&with(&more)));
    assert_eq!(document["schema"], "gradient-gap/safe-step/1");
    assert_eq!(
        (&document["smoothness"], &document["psi1_length"], &document["max_length"]),
        (&value!(1.0), &value!(4.0), &value!(16.0))
    );
    let about = document["thresholds"].as_array().expect("a list");
    assert_eq!(about.iter().map(|t| t["name"].as_str().expect("a name")).collect::<Vec<_>>(), NAMES);
    for threshold in about {
        let claim = threshold["claim"].as_str().expect("a slug");
        assert!(gradient_gap::claims::find(claim).is_some(), "{claim}");
        assert!(
            ["place", "formula", "guarantee"].iter().all(|key| threshold[key].as_str().is_some_and(|text| text.len() > 5))
        );
    }
    let rate = &document["rates"][0];
    assert_eq!((&rate["success_rate"], &rate["failure_rate"]), (&value!(0.25), &value!(0.75)));
    let step =
        |name: &str| rate["steps"].as_array().expect("a list").iter().find(|s| s["name"] == name).expect("there").clone();
    assert_eq!((step("smooth-only")["step"].as_f64(), &rate["contradiction"]), (Some(1.5 * 0.01 / 16.0), &Value::Null));
    let mean = rate["correct_length"].as_f64().expect("a number");
    assert!((mean - 4.0 * 5f64.ln()).abs() < 1e-14);
    let token = step("token-smooth-only")["step"].as_f64().expect("a number");
    assert!((token / (1.5 * 0.01 / mean) - 1.0).abs() < 1e-15);
    assert_eq!(rate["largest"], value!({"name": "token-smooth-only", "step": token}));
    let window = step("collapse-window");
    assert!((window["window"][0].as_f64().expect("a number") - 1.2 / 80.0).abs() < 1e-15 && window["step"].is_null());
    // Without G.
    let blind = json(succeeded(&with(&["--failure-rate", "1e-300", "--format", "json"])));
    let step = &blind["rates"][0]["steps"][0];
    assert_eq!((&step["step"], &step["needs"]), (&Value::Null, &value!("--score-bound")));
    assert_eq!((&blind["rates"][0]["failure_rate"], &blind["score_bound"]), (&value!(1e-300), &Value::Null));
}

#[test]
fn a_range_has_a_row_a_rate_and_a_picture() {
    let folder = Directory::new();
    let name = folder.path("steps.svg");
    let out = with(&["--success-rate", "0.1..0.9", "--score-bound", "2", "--out", &name]);
    let text = succeeded(&out);
    assert_eq!(
        ["0.1000", "0.2500", "0.5000", "0.7500", "0.9000"].map(|j| row(text, j)[4].clone()),
        ["0.01800", "0.01500", "0.01000", "0.005000", "0.002000"]
    );
    assert!(row(text, "0.9000").last().is_some_and(|best| best == "0.003333 (two-sided)"), "{text}");
    assert_eq!(folder.files(), ["steps.svg"], "a draft was left behind");
    let svg = std::fs::read_to_string(&name).expect("written");
    well_formed(&svg);
    assert!(NAMES.iter().all(|name| svg.contains(name)) && !svg.contains("not drawn"));
    // To standard output, in place of the table.
    let out = with(&["--success-rate", "0.1..0.9", "--score-bound", "2", "--out", "-"]);
    assert_eq!(succeeded(&out), svg);
    // From the other end, by increasing J; and what is not drawn is said.
    let out = with(&["--failure-rate", "1e-300..0.5", "--format", "json", "--out", &name]);
    let document = json(succeeded(&out));
    let rates: Vec<f64> =
        document["rates"].as_array().expect("a list").iter().filter_map(|r| r["failure_rate"].as_f64()).collect();
    assert!(rates.len() == 5 && rates[0] == 0.5 && rates[4] == 1e-300 && rates.windows(2).all(|pair| pair[1] < pair[0]));
    let svg = std::fs::read_to_string(&name).expect("written");
    well_formed(&svg);
    assert!(svg.contains("not drawn: 15a, 18a, two-sided, collapse-window: needs --score-bound"));
    assert!(svg.contains("smooth-only = token-smooth-only") && svg.contains(">1−10⁻¹⁰⁰<"));
    // Ends that differ in the last place only.
    succeeded(&with(&["--success-rate", "0.1..0.10000000000000002", "--out", &name]));
    well_formed(&std::fs::read_to_string(&name).expect("written"));
    // Nothing to draw is drawn as nothing.
    let out = run(&["safe-step", "--success-rate", "0.1..0.9", "--alignment", "-1", "--smoothness", "1", "--out", &name]);
    succeeded(&out);
    let svg = std::fs::read_to_string(&name).expect("written");
    well_formed(&svg);
    assert!(svg.contains("no step size to draw") && svg.contains("not drawn"));
}

/// Every element that is opened is closed, in order; no number is missing; the names at the right keep a line apart.
fn well_formed(svg: &str) {
    assert!(svg.starts_with("<svg xmlns=") && svg.ends_with("</svg>\n") && !svg.contains("NaN") && !svg.contains("inf\""));
    let mut open: Vec<&str> = Vec::new();
    for tag in svg.split('<').skip(1) {
        let (inside, text) = tag.split_once('>').expect("closed");
        assert!(!text.contains('>') && inside.matches('"').count().is_multiple_of(2), "{tag}");
        let name = inside.trim_start_matches('/').split([' ', '/']).next().expect("a name");
        match (inside.starts_with('/'), inside.ends_with('/')) {
            (true, _) => assert_eq!(open.pop(), Some(name)),
            (_, false) => open.push(name),
            _ => {}
        }
    }
    assert!(open.is_empty(), "{open:?}");
    let number = |line: &str, key: &str| -> f64 {
        let after = line.split(&format!(" {key}=\"")).nth(1).expect("there");
        after.split('"').next().expect("a value").parse().expect("a number")
    };
    let names =
        svg.lines().filter(|line| line.starts_with("<text") && line.contains(" fill=\"#") && !line.contains("font-size"));
    let heights: Vec<f64> = names.map(|line| number(line, "y")).collect();
    assert!(heights.windows(2).all(|pair| pair[1] - pair[0] > 17.9), "{heights:?}");
}

#[test]
fn a_picture_is_whole_or_absent() {
    let folder = Directory::new();
    let range = ["--success-rate", "0.1..0.9", "--out"];
    let missing = folder.path("missing/steps.svg");
    refused_in_one_line(&with(&[&range[..], &[&missing]].concat()), &["missing/steps.svg", "No such file"]);
    let name = folder.path("steps"); // any name will do
    refused_in_one_line(&with(&[&range[..], &[&name], &["--max-length", "0"]].concat()), &["--max-length: 0"]);
    assert!(folder.files().is_empty());
    succeeded(&with(&[&range[..], &[&name]].concat()));
    assert_eq!(folder.files(), ["steps"]);
}
