//! `collapse`: the constructions of Theorems 2 and 4 on the command line.

use crate::support::{Directory, refused, refused_in_one_line, run, succeeded};

#[test]
fn collapse_certifies_every_step() {
    let out = run(&["collapse", "theorem-2"]);
    let text = succeeded(&out);
    for part in ["window [0.1118, 0.2236]", "L_o = 1.0000", "‖w_k‖ ≤ 0.90", "2Δμ/L_o", "certified by intervals", "worst"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    let out = run(&["collapse", "theorem-4", "--tokens", "10000", "--steps", "50"]);
    assert!(succeeded(&out).contains("T∞ = 10 000") && out.out.contains("50 steps"));
    let out = run(&["collapse", "resonant", "--scale", "3", "--steps", "50"]);
    assert!(succeeded(&out).contains("‖w_k‖ ≤ 1.0000"));
}

#[test]
fn collapse_names_the_condition_that_fails() {
    for (arguments, parts) in [
        (["theorem-2", "--eta", "1"], ["eta: 1.0 is above the window", "0.2236"]),
        (["theorem-2", "--eta", "0.01"], ["eta: 0.01 is below the window", "0.1118"]),
        (["theorem-2", "--alignment", "1"], ["alignment: 1.0 is above √S/120", "0.0186"]),
        (["theorem-4", "--alignment", "1"], ["alignment: 1.0 is above √S/240", "0.093"]),
        (["resonant", "--alignment", "-1"], ["alignment: is -1.0", "> 0"]),
        (["theorem-2", "--scale", "0"], ["scale: is 0.0", "> 0"]),
        (["resonant", "--scale", "1e200"], ["scale: 1e200", "1e75"]),
        (["theorem-4", "--tokens", "0"], ["tokens: 0", "1000000"]),
        (["theorem-2", "--tokens", "3"], ["--tokens 3", "theorem-4"]),
        (["theorem-2", "--eta", "nan"], ["eta: is NaN", "> 0"]),
    ] {
        let mut all = vec!["collapse"];
        all.extend(arguments);
        refused_in_one_line(&run(&all), &parts);
    }
    refused(&run(&["collapse", "theorem-3"]), &["theorem-3", "theorem-2"]);
    refused(&run(&["collapse", "theorem-2", "--steps", "0"]), &["0"]);
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
    refused_in_one_line(&run(&["collapse", "theorem-2", "--eta", "1", "--out", &name]), &["eta: 1.0"]);
    assert!(folder.files().is_empty(), "a draft was left behind");
}
