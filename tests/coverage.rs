//! Nothing is forgotten: a claim in the registry has its file, its test module and its page, and nothing else has one.
#![allow(clippy::expect_used, clippy::panic, reason = "a panic is a failed test, in a helper as in a test")]

use gradient_gap::claims::REGISTRY;
use gradient_gap::experiments::{Observed, observed};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Files in `src/claims` that are no claims.
const NO_CLAIMS: [&str; 5] = ["mod", "conditions", "coefficients", "template", "uses"];
/// Files in `tests/claims` that belong to no single claim.
const NO_MODULES: [&str; 10] = [
    "main",
    "support",
    "instances",
    "reach",
    "metamorphic",
    "self_test",
    "attacked",
    "chains",
    "long",
    "identities_at_extremes",
];

fn path(relative: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(relative)
}

fn read(relative: &str) -> String {
    fs::read_to_string(path(relative)).unwrap_or_else(|e| panic!("{relative}: {e}"))
}

/// The names, without extension, of the files with this extension in a folder.
fn stems(folder: &str, extension: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(path(folder)).unwrap_or_else(|e| panic!("{folder}: {e}"));
    let files = entries.map(|entry| entry.unwrap_or_else(|e| panic!("{folder}: {e}")).path());
    let wanted = files.filter(|file| file.extension().is_some_and(|e| e == extension));
    wanted.filter_map(|file| file.file_stem().map(|stem| stem.to_string_lossy().into_owned())).collect()
}

fn without(names: BTreeSet<String>, exceptions: &[&str]) -> BTreeSet<String> {
    names.into_iter().filter(|name| !exceptions.contains(&name.as_str())).collect()
}

fn slugs() -> BTreeSet<String> {
    REGISTRY.iter().map(|claim| claim.statement.slug.to_owned()).collect()
}

fn files() -> BTreeSet<String> {
    slugs().iter().map(|slug| slug.replace('-', "_")).collect()
}

/// The modules that a source file declares.
fn declared(source: &str) -> BTreeSet<String> {
    let lines = source.lines().map(|line| line.trim().trim_start_matches("pub "));
    lines.filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';')).map(str::to_owned).collect()
}

fn is_kebab_case(slug: &str) -> bool {
    let word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    slug.split('-').all(word) && slug.starts_with(|c: char| c.is_ascii_lowercase())
}

#[test]
fn slugs_are_unique_and_kebab_case() {
    assert_eq!(slugs().len(), REGISTRY.len(), "a slug occurs twice");
    for claim in REGISTRY {
        assert!(is_kebab_case(claim.statement.slug), "{}", claim.statement.slug);
    }
    assert!(is_kebab_case("theorem-2") && is_kebab_case("bandit"));
    for wrong in ["", "-a", "a-", "a--b", "A-b", "a_b", "2-theorem", "ä"] {
        assert!(!is_kebab_case(wrong), "{wrong:?}");
    }
}

/// An observation has a name of its own, a page with its command's output, which judges it, and a file of tests of its experiment.
#[test]
fn every_observation_has_a_page_and_a_test() {
    let mut names = slugs();
    for Observed { slug, command, said, criterion, .. } in observed() {
        assert!(is_kebab_case(slug) && names.insert((*slug).into()), "{slug} occurs twice");
        assert!(!said.is_empty() && criterion.contains("reproduced") && criterion.contains("partly"), "{slug}: {criterion}");
        let experiment = command.strip_prefix("gradient-gap ").expect("a command");
        let judged = |page: &&String| {
            let text = read(&format!("docs/{page}.md"));
            text.contains(&format!("<!-- begin: {command} ")) && text.contains(&format!("\n{slug}: "))
        };
        assert_eq!(stems("docs", "md").iter().filter(judged).count(), 1, "{slug}: judged on one page of docs");
        assert!(stems("tests/experiments", "rs").contains(experiment), "{slug}: no tests of {command}");
    }
}

#[test]
fn every_claim_has_one_file_in_src() {
    assert_eq!(without(stems("src/claims", "rs"), &NO_CLAIMS), files());
    for claim in REGISTRY {
        let slug = claim.statement.slug;
        let source = read(&format!("src/claims/{}.rs", slug.replace('-', "_")));
        assert!(source.starts_with(&format!("//! **{slug}**: ")), "{slug}: its file begins with another name");
    }
}

#[test]
fn every_claim_has_one_test_module() {
    assert_eq!(without(stems("tests/claims", "rs"), &NO_MODULES), files(), "files in tests/claims");
    assert_eq!(without(declared(&read("tests/claims/main.rs")), &NO_MODULES), files(), "modules of tests/claims/main.rs");
    for claim in REGISTRY {
        let slug = claim.statement.slug;
        let source = read(&format!("tests/claims/{}.rs", slug.replace('-', "_")));
        assert!(
            source.contains(&format!("seeds_of!(\"{slug}\")")) || source.contains("standard_tests!("),
            "{slug}: not run"
        );
        assert!(source.contains(&format!("\"{slug}\"")), "{slug}: its module tests another claim");
        assert!(source.matches("#[test]").count() >= 2, "{slug}: no tests of its own");
    }
}

#[test]
fn declarations_are_recognised() {
    let source = "mod a;\npub mod b;\n// mod c;\n    mod d;\nmod e {\n}\nuse f;";
    assert_eq!(declared(source).into_iter().collect::<Vec<_>>(), ["a", "b", "d"]);
}

/// The cells of a Markdown table row.
fn cells(line: &str) -> Option<Vec<&str>> {
    Some(line.trim().strip_prefix('|')?.strip_suffix('|')?.split('|').map(str::trim).collect())
}

/// What a page says: its title and the one row of its table of facts.
fn facts(page: &str) -> Option<(&str, Vec<&str>)> {
    let title = page.lines().next()?.strip_prefix("# ")?;
    let mut rows = page.lines().skip(1).skip_while(|line| line.trim().is_empty()).map_while(cells);
    let header = rows.next()?;
    let rule = rows.next()?;
    let row = rows.next()?;
    let fits = header == ["place", "relation", "reading", "expected"] && rule.iter().all(|cell| cell.starts_with("--"));
    (fits && row.len() == 4 && rows.next().is_none()).then_some((title, row))
}

#[test]
fn every_claim_has_one_page_that_agrees_with_the_registry() {
    assert_eq!(stems("docs/claims", "md"), slugs());
    for claim in REGISTRY {
        let statement = &claim.statement;
        let slug = statement.slug;
        let page = read(&format!("docs/claims/{slug}.md"));
        let (title, row) = facts(&page).unwrap_or_else(|| panic!("{slug}: its page has no title and table of facts"));
        assert_eq!(title, slug, "the title of the page of {slug}");
        let reading = statement.reading.map_or("–".to_owned(), |reading| reading.to_string());
        let expected = [statement.place.to_owned(), statement.relation.to_string(), reading, statement.expected.to_string()];
        assert_eq!(row, expected, "the table of facts of {slug}");
        assert!(page.lines().filter(|line| line.starts_with("## ")).count() >= 2, "{slug}: a page without sections");
        assert_eq!(statement.page, page, "{slug} carries another claim's page");
    }
}

#[test]
fn facts_are_read() {
    let page = "# a-claim\n\n| place | relation | reading | expected |\n|---|---|---|---|\n| Eq. (1) | identity | – | holds |\n\ntext";
    assert_eq!(facts(page), Some(("a-claim", vec!["Eq. (1)", "identity", "–", "holds"])));
    for wrong in [
        page.replace("# a", "a"),
        page.replace("place", "where"),
        page.replace("| – ", ""),
        page.replace("\n|---|---|---|---|", ""),
        page.replace("\n\ntext", "\n| Eq. (2) | identity | – | holds |"),
        String::new(),
    ] {
        assert_eq!(facts(&wrong), None, "{wrong}");
    }
}

/// Rust sources below a folder.
fn sources(folder: &str) -> Vec<String> {
    let entries = fs::read_dir(path(folder)).unwrap_or_else(|e| panic!("{folder}: {e}"));
    let names = entries.map(|entry| format!("{folder}/{}", entry.expect("an entry").file_name().to_string_lossy()));
    names.flat_map(|name| if path(&name).is_dir() { sources(&name) } else { vec![name] }).collect()
}

/// A package holds everything but what has a manifest of its own, so that its tests run too; sources include nothing beyond it.
#[test]
fn what_sources_include_is_packaged() {
    let (manifest, mut included) = (read("Cargo.toml"), 0);
    assert!(!["\ninclude = ", "\nexclude = "].iter().any(|key| manifest.contains(key)), "the package holds everything");
    for source in sources("src").into_iter().filter(|name| name.ends_with(".rs")) {
        let text = read(&source);
        // In two parts, so that this file is not taken for one that includes.
        let calls = ["include_str!", "include_bytes!"].map(|call| format!("{call}(\""));
        let targets =
            calls.iter().flat_map(|call| text.split(call.as_str()).skip(1).filter_map(|rest| rest.split('"').next()));
        for target in targets.filter(|target| !target.contains("total-mass")) {
            let folder = source.rsplit_once('/').map_or("", |(folder, _)| folder);
            let mut parts: Vec<&str> = folder.split('/').collect();
            for part in target.split('/') {
                match part {
                    ".." => parts.truncate(parts.len() - 1),
                    part => parts.push(part),
                }
            }
            let file = parts.join("/");
            assert!(path(&file).is_file() && !file.starts_with("docs/book/"), "{source} includes {file}");
            included += 1;
        }
    }
    assert!(included > REGISTRY.len(), "{included}: a page of every claim, and more");
    for needed in
        ["README.md", "CHANGELOG.md", "LICENSE-MIT", "LICENSE-APACHE", "src/report/fonts/LICENSE", "examples/own_both.rs"]
    {
        assert!(path(needed).is_file(), "{needed}");
    }
}

#[test]
fn stored_seeds_belong_to_claims() {
    // self-test.txt exists for a moment while the machinery of tests/claims checks itself.
    let stored = without(stems("proptest-regressions", "txt"), &["self-test"]);
    assert!(stored.is_subset(&slugs()), "{stored:?}");
    assert!(read("proptest-regressions/README.md").contains("promote"));
}

/// The pages that `docs/SUMMARY.md` lists.
fn listed(summary: &str) -> Vec<&str> {
    summary.split("](").skip(1).filter_map(|rest| rest.split(')').next()).filter(|page| !page.is_empty()).collect()
}

/// All pages below docs, as paths from there.
fn pages() -> BTreeSet<String> {
    let below = |folder: &str| stems(&format!("docs/{folder}"), "md").into_iter();
    let named = |folder: &'static str| below(folder).map(move |name| format!("{folder}{name}.md"));
    let all = named("").chain(named("claims/")).chain(named("report/"));
    all.filter(|page| page != "SUMMARY.md").collect()
}

#[test]
fn every_page_stands_once_in_the_book() {
    let summary = read("docs/SUMMARY.md");
    let listed = listed(&summary);
    let once: BTreeSet<String> = listed.iter().map(|page| (*page).to_string()).collect();
    assert_eq!(listed.len(), once.len(), "a page is listed twice");
    assert_eq!(once, pages());
    let claims: Vec<&str> = listed.iter().filter_map(|page| page.strip_prefix("claims/")?.strip_suffix(".md")).collect();
    let registry: Vec<&str> = REGISTRY.iter().map(|claim| claim.statement.slug).collect();
    assert_eq!(claims, registry, "claims in another order than the registry's");
}

#[test]
fn listed_pages_are_found() {
    assert_eq!(listed("- [a](b.md)\n- [c]()\n    - [d](e/f.md)"), ["b.md", "e/f.md"]);
}

/// Rust in a page is compiled and run as a doctest of the library, which names the page.
#[test]
fn rust_of_every_page_is_a_doctest() {
    let library = read("src/lib.rs");
    let named = |page: &str| library.contains(&format!("include_str!(\"../{page}\")"));
    let pages: Vec<String> = pages().into_iter().map(|page| format!("docs/{page}")).chain(["README.md".into()]).collect();
    let with_rust: Vec<&String> = pages.iter().filter(|page| read(page).contains("```rust")).collect();
    assert!(with_rust.len() >= 2, "{with_rust:?}");
    for page in with_rust {
        assert!(named(page), "src/lib.rs does not run the code of {page}");
    }
}

/// Whether a source holds this code, up to blanks; "…" leaves something out.
fn quotes(source: &str, block: &str) -> bool {
    let dense = |text: &str| text.split_whitespace().collect::<String>();
    let (source, mut from) = (dense(source), 0);
    block.split('…').map(dense).all(|piece| match source[from..].find(&piece) {
        Some(at) => {
            from += at + piece.len();
            true
        }
        None => false,
    })
}

/// Code that a page shows without running it is that of a source.
#[test]
fn code_that_is_not_run_is_that_of_the_sources() {
    let rust = |folder| sources(folder).into_iter().filter(|name| name.ends_with(".rs")).map(|name| read(&name));
    let all: Vec<String> = rust("src").chain(rust("tests")).collect();
    let mut blocks = 0;
    for page in pages() {
        let text = read(&format!("docs/{page}"));
        for block in text.split("```rust,ignore\n").skip(1).filter_map(|rest| rest.split("```").next()) {
            assert!(all.iter().any(|source| quotes(source, block)), "{page} quotes what is nowhere:\n{block}");
            blocks += 1;
        }
    }
    assert!(blocks >= 3, "{blocks}");
    let source = "fn a() {\n    b(1, 2);\n}";
    assert!(quotes(source, "fn a() { b(1, …); }") && !quotes(source, "b(1, 3)") && !quotes(source, "2 … 1"));
}

/// The table of the paper's sentences names every test that judges one, every claim about the paper and every observation, and no
/// test that is not there.
#[test]
fn conformance_names_what_there_is() {
    let (page, source) = (read("docs/conformance.md"), read("tests/in_text.rs"));
    let tests: BTreeSet<&str> = source.split("#[test]\nfn ").skip(1).filter_map(|rest| rest.split('(').next()).collect();
    let is_test = |name: &&str| {
        name.matches('_').count() > 1 && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    let named: BTreeSet<&str> = page.split('`').skip(1).step_by(2).filter(is_test).collect();
    assert!(tests.len() > 5);
    assert_eq!(named, tests);
    for claim in REGISTRY.iter().filter(|claim| !claim.statement.place.starts_with("companion")) {
        let slug = claim.statement.slug;
        assert!(page.contains(&format!("](claims/{slug}.md")), "{slug} has no row");
    }
    for observed in observed().filter(|observed| !observed.place.starts_with("companion")) {
        assert!(page.contains(observed.slug), "{} has no row", observed.slug);
    }
}

/// Pages, registry and the snapshot of the last run say the same.
#[test]
fn the_snapshot_has_every_claim_and_its_page_quotes_it() {
    let snapshot: serde_json::Value = serde_json::from_str(&read("docs/report/report.json")).expect("JSON");
    assert_eq!(snapshot["machine"], serde_json::Value::Null, "the snapshot is of a machine");
    let claims = snapshot["verify"]["claims"].as_array().expect("a list");
    let attacks = snapshot["attacks"].as_array().expect("a list");
    let slug = |one: &serde_json::Value| one["slug"].as_str().unwrap_or_default().to_string();
    let expected: Vec<String> = REGISTRY.iter().map(|claim| claim.statement.slug.to_string()).collect();
    let seen: Vec<String> = observed().map(|observed| observed.slug.to_string()).collect();
    assert_eq!(claims.iter().map(slug).collect::<Vec<_>>(), [expected.clone(), seen].concat());
    assert_eq!(attacks.iter().map(slug).collect::<Vec<_>>(), expected);
    assert_eq!(stems("docs/report", "svg"), slugs().into_iter().chain(["statements".into()]).collect());
    for ((claim, judged), attack) in REGISTRY.iter().zip(claims).zip(attacks) {
        let statement = &claim.statement;
        let slug = statement.slug;
        assert_eq!(judged["as_expected"], true, "{slug}");
        let verdict = judged["verdict"].as_str().unwrap_or_default().replace('-', " ");
        let page = read(&format!("docs/claims/{slug}.md"));
        let quoted: Vec<&str> = page.lines().filter(|line| line.starts_with("Verdict: **")).collect();
        assert_eq!(quoted.len(), 1, "{slug}");
        assert!(quoted[0].starts_with(&format!("Verdict: **{verdict}**.")), "{slug}: {}", quoted[0]);
        assert_eq!(page.matches("\n<!-- begin: report -->\n").count(), 1, "{slug}");
        // A constant that is said to be the best possible is nearly reached.
        for sharp in claim.sharp {
            let part = attack["parts"].as_array().and_then(|parts| parts.iter().find(|part| part["name"] == *sharp));
            let ratio = part.and_then(|part| part["ratio"].as_f64()).unwrap_or(0.0);
            assert!(ratio > 0.995, "{slug}, {sharp}: {ratio}");
        }
    }
}

/// Every section of a page, in the order in which a reader expects it.
#[test]
fn every_page_of_a_claim_has_its_sections_in_order() {
    let order = [
        "Statement",
        "Corrected form",
        "Assumptions and reading",
        "The construction",
        "Proof",
        "Equality cases",
        "Reduction and box",
        "How it is checked",
        "Measured",
        "See also",
    ];
    for claim in REGISTRY {
        let slug = claim.statement.slug;
        let page = read(&format!("docs/claims/{slug}.md"));
        let sections: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("## ")).collect();
        let places: Vec<usize> = (sections.iter())
            .map(|section| order.iter().position(|known| known == section).unwrap_or_else(|| panic!("{slug}: {section}")))
            .collect();
        assert!(places.is_sorted_by(|a, b| a < b), "{slug}: {sections:?}");
        for needed in [0, 2, 4, 5, 7, 8, 9] {
            assert!(places.contains(&needed), "{slug}: no section {:?}", order[needed]);
        }
    }
}
