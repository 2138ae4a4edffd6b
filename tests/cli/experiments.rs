//! `phase`, `rates` and `stagnation`.

use crate::support::{Directory, refused_in_one_line, run, succeeded};
use serde_json::Value;

/// Commands that end soon.
const SHORT: [&[&str]; 3] = [
    &["rates", "--steps", "200", "--seeds", "6", "--groups", "4,2,4"],
    &["phase", "--columns", "8", "--rows", "3", "--progress", "1", "--family", "cube"],
    &["stagnation", "--steps", "40", "--trials", "8"],
];

fn with<'a>(base: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    base.iter().chain(more).copied().collect()
}

#[test]
fn files_are_written_and_nothing_else() {
    for base in SHORT {
        let name = base[0];
        let folder = Directory::new();
        let place = folder.path("made/for it");
        let table = run(&with(base, &["--out", &place]));
        let table = succeeded(&table);
        let mut files: Vec<String> = std::fs::read_dir(&place)
            .expect("made")
            .map(|entry| entry.expect("read").file_name().into_string().expect("a name"))
            .collect();
        files.sort();
        let figure = if name == "phase" { "phase-cube".to_string() } else { name.to_string() };
        let mut expected =
            vec![format!("{figure}.png"), format!("{figure}.svg"), format!("{name}.csv"), format!("{name}.json")];
        expected.sort();
        assert_eq!(files, expected);
        let read = |file: &str| std::fs::read_to_string(format!("{place}/{file}")).expect("written");
        let document: Value = serde_json::from_str(&read(&format!("{name}.json"))).expect("JSON");
        assert_eq!(document["schema"], format!("gradient-gap/{name}/1"));
        let judged = document["judged"].as_array().expect("judged");
        assert!(judged.len() >= 2);
        for one in judged {
            let line = format!("{}: {}", one["slug"].as_str().expect("a slug"), one["judgement"].as_str().expect("judged"));
            assert!(table.contains(&line), "{line}");
        }
        let json = run(&with(base, &["--format", "json"]));
        assert_eq!(read(&format!("{name}.json")), succeeded(&json));
        assert!(read(&format!("{figure}.svg")).starts_with("<svg"));
        assert_eq!(succeeded(&run(&with(base, &["--out", "-"]))), read(&format!("{figure}.svg")));
        let rows = read(&format!("{name}.csv"));
        let wide = rows.lines().next().map_or(0, |line| line.split(',').count());
        assert!(rows.lines().count() > 10 && rows.lines().all(|line| line.split(',').count() == wide));
    }
}

#[test]
fn the_same_on_any_number_of_threads_and_another_by_seed() {
    for base in SHORT {
        let json = |more: &[&str]| succeeded(&run(&with(&with(base, &["--format", "json"]), more))).to_string();
        assert_eq!(json(&["--threads", "1"]), json(&["--threads", "3"]));
        if base[0] != "phase" {
            assert_ne!(json(&["--seed", "1"]), json(&["--seed", "2"]));
        }
    }
}

#[test]
fn nothing_is_written_into_a_file() {
    let folder = Directory::new();
    std::fs::write(folder.path("file"), "").expect("written");
    for base in SHORT {
        refused_in_one_line(&run(&with(base, &["--out", &folder.path("file")])), &["file: is a file, expected a folder"]);
        refused_in_one_line(&run(&with(base, &["--out", &folder.path("file/below")])), &["file: is a file"]);
    }
    assert_eq!(folder.files().len(), 1);
}
