//! `collapse`: the constructions of Theorems 2 and 4 on the command line.

use crate::support::{Directory, refused_in_one_line, run, succeeded};

#[test]
fn collapse_certifies_every_step() {
    let out = run(&["collapse", "theorem-2"]);
    let text = succeeded(&out);
    for part in ["window [0.1118, 0.2236]", "L_o = 1.000", "‖w_k‖ ≤ 0.90", "2Δμ/L_o", "certified by intervals", "worst"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    let out = run(&["collapse", "theorem-4", "--tokens", "10000", "--steps", "50"]);
    assert!(succeeded(&out).contains("T∞ = 10 000") && out.out.contains("50 steps"));
    let out = run(&["collapse", "resonant", "--scale", "3", "--steps", "50"]);
    assert!(succeeded(&out).contains("‖w_k‖ ≤ 1.000"));
}

/// The closed form in its limit, and beside it what bisection finds for this construction.
#[test]
fn collapse_prints_where_it_begins() {
    let line = |arguments: &[&str], start: &str| {
        let out = run(&[&["collapse"], arguments].concat());
        let text = succeeded(&out).to_string();
        let line = text.lines().find(|line| line.starts_with(start)).unwrap_or_else(|| panic!("{start}: {text}"));
        let number = line.split(" = ").nth(1).expect("a value").split([' ', ',']).next().expect("a number");
        number.parse::<f64>().unwrap_or_else(|e| panic!("{line}: {e}"))
    };
    // 2Δμ/L_o = 0.02, over v² = 0.81, and 1 + y²/2 of it with y = 0.9·0.0247.
    let two = ["theorem-2", "--alignment", "0.01", "--steps", "5"];
    assert_eq!(line(&two, "threshold"), 0.02);
    assert!((line(&two, "bisected") / 0.02 * 0.81 - 1.000_247).abs() < 3e-4);
    // 1 + p + … = 3/2 at p = 1/3.
    let four = ["theorem-4", "--alignment", "0.01", "--tokens", "100", "--steps", "5"];
    assert_eq!(line(&four, "threshold"), 0.0002);
    assert!((line(&four, "bisected") / 0.0003 * 0.81 - 1.0).abs() < 3e-4);
    let wave = ["resonant", "--alignment", "0.01", "--steps", "5"];
    assert_eq!(line(&wave, "threshold"), line(&wave, "bisected"));
}

#[test]
fn collapse_takes_small_alignments_and_refuses_what_rounding_hides() {
    for construction in ["theorem-2", "theorem-4", "resonant"] {
        for alignment in ["1e-12", "1e-13", "1e-14", "1e-20", "1e-60"] {
            let out = run(&["collapse", construction, "--steps", "20", "--alignment", alignment]);
            let text = succeeded(&out);
            // The alignment that was asked for is the one that is run.
            let first = text.lines().find(|line| line.trim_start().starts_with("first")).expect("a row");
            let found: f64 = first.split_whitespace().nth(5).expect("Δμ(k)").parse().expect("a number");
            let asked: f64 = alignment.parse().expect("a number");
            assert!((1.0..1.13).contains(&(found / asked)), "{construction}: {first}");
        }
        for small in [["--alignment", "1e-320"], ["--alignment", "5e-324"]] {
            let parts = ["alignment: ", "too small for binary64 at scale 1.0", "rounding hides what is below"];
            refused_in_one_line(&run(&[&["collapse", construction], &small[..]].concat()), &parts);
        }
    }
    // At a large η the rounding of s v tanh y is larger.
    let parts = ["alignment: 1e-16 is too small", "η = 0.2"];
    refused_in_one_line(&run(&["collapse", "theorem-2", "--alignment", "1e-16", "--eta", "0.2"]), &parts);
    for scale in ["1e-75", "1e75"] {
        for construction in ["theorem-2", "theorem-4", "resonant"] {
            succeeded(&run(&["collapse", construction, "--scale", scale, "--steps", "20"]));
        }
    }
}

#[test]
fn collapse_draws_a_complete_file_or_none() {
    let folder = Directory::new();
    let name = folder.path("run.svg");
    succeeded(&run(&["collapse", "theorem-2", "--steps", "100", "--out", &name]));
    let text = std::fs::read_to_string(&name).expect("written");
    assert!(text.starts_with("<svg ") && text.ends_with("</svg>\n") && text.contains("log-odds λ"));
    assert_eq!(text.matches("<polyline").count(), 2);
    std::fs::remove_file(&name).expect("there");
    // On standard output, alone; no file has that name.
    let out = run(&["collapse", "theorem-2", "--steps", "100", "--out", "-"]);
    assert_eq!(succeeded(&out), text);
    assert!(!std::path::Path::new("-").exists());
    refused_in_one_line(&run(&["collapse", "theorem-2", "--eta", "1", "--out", &name]), &["eta: 1.0"]);
    assert!(folder.files().is_empty(), "a draft was left behind");
}
