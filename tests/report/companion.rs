//! The page, and the texts that other pages quote.

use super::{SMALL, reported};
use gradient_gap::check::judge::{Decision, certify};
use gradient_gap::check::witness::read_stored;
use gradient_gap::claims::{Expected, REGISTRY, find, used_in_proof};
use gradient_gap::experiments;
use gradient_gap::report::{Companion, Machine, Verified};
use std::collections::{BTreeMap, BTreeSet};

fn files() -> BTreeMap<String, String> {
    reported(&SMALL, |companion| companion.files()).expect("made").into_iter().collect()
}

/// The values of an attribute, in order, as they stand in the text.
fn values<'t>(html: &'t str, attribute: &str) -> Vec<&'t str> {
    let open = format!(" {attribute}=\"");
    html.split(&open).skip(1).map(|rest| rest.split('"').next().unwrap_or_default()).collect()
}

fn unescaped(text: &str) -> String {
    text.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

#[test]
fn there_is_a_file_for_everything() {
    let files = files();
    let names: BTreeSet<&str> = files.keys().map(String::as_str).collect();
    let mut expected: BTreeSet<String> =
        ["index.html", "report.json", "junit.xml", "summary.md", "bounds.md", "statements.svg"].map(String::from).into();
    for claim in REGISTRY {
        expected.extend([".svg", ".md"].map(|ending| format!("{}{ending}", claim.statement.slug)));
    }
    assert_eq!(names, expected.iter().map(String::as_str).collect());
    assert!(files.values().all(|content| !content.is_empty()));
}

#[test]
fn the_page_needs_nothing_else() {
    let html = &files()["index.html"];
    for source in values(html, "src") {
        assert!(source.starts_with("data:image/svg+xml,"), "{}", &source[..source.len().min(80)]);
    }
    let ids: BTreeSet<&str> = values(html, "id").into_iter().collect();
    let links = values(html, "href");
    assert!(links.len() > 2 * REGISTRY.len());
    for link in links {
        let target = link.strip_prefix('#').unwrap_or_else(|| panic!("{link} leads out of the page"));
        assert!(ids.contains(target), "{link} leads nowhere");
    }
    for outside in ["<link", "@import", "url(", "<iframe", "fetch(", "XMLHttpRequest", "srcset"] {
        assert!(!html.contains(outside), "{outside}");
    }
}

/// Elements that are opened are closed, in order: what a browser shows is what was meant.
#[test]
fn the_page_is_well_formed() {
    let html = &files()["index.html"];
    let (mut open, mut rest): (Vec<&str>, &str) = (vec![], html);
    let void = ["meta", "input", "img", "br"];
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        let end = rest.find('>').expect("a tag ends");
        let (tag, after) = (&rest[..end], &rest[end + 1..]);
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name));
        } else if !tag.starts_with('!') && !tag.ends_with('/') {
            let name = tag.split([' ', '\n']).next().unwrap_or_default();
            if ["script", "style"].contains(&name) {
                rest = &rest[rest.find(&format!("</{name}>")).expect("ends")..];
            }
            if !void.contains(&name) {
                open.push(name);
            }
        }
    }
    assert_eq!(open, [""; 0]);
}

#[test]
fn every_claim_stands_in_the_page_with_its_numbers() {
    let html = &files()["index.html"];
    let rows: Vec<&str> = html.split("<tbody id=\"").skip(1).collect();
    assert_eq!(rows.len(), REGISTRY.len());
    for (row, claim) in rows.iter().zip(&SMALL.result.claims) {
        let statement = &claim.claim.statement;
        assert!(row.starts_with(&format!("{}\"", statement.slug)), "order");
        let text = unescaped(row);
        for part in
            [statement.place, statement.formula, &claim.verdict.to_string(), &format!("data-cases=\"{}\"", claim.cases)]
        {
            assert!(text.contains(part), "{}: {part}", statement.slug);
        }
        for used in used_in_proof(statement) {
            assert!(row.contains(&format!("href=\"#{}\"", used.statement.slug)), "{}", statement.slug);
        }
    }
}

/// What is printed as a witness is one: it reads, and of a false statement it refutes it.
#[test]
fn printed_witnesses_are_read_and_decided() {
    let (files, mut refuting) = (files(), 0);
    let html = &files["index.html"];
    for claim in REGISTRY {
        let slug = claim.statement.slug;
        let row = html.split(&format!("<tbody id=\"{slug}\"")).nth(1).expect("there");
        let row = row.split("<tbody id=\"").next().unwrap_or_default();
        let json = row.split("<pre>").nth(1).map(|rest| unescaped(rest.split("</pre>").next().unwrap_or_default()));
        let page = &files[&format!("{slug}.md")];
        let quoted = page.split("```json\n").nth(1).map(|rest| rest.split("\n```").next().unwrap_or_default().to_string());
        if let (Some(json), Some(quoted)) = (&json, &quoted) {
            assert_eq!(json, quoted, "{slug}");
        }
        let Some(json) = json else { continue };
        let stored = read_stored(&json, false).unwrap_or_else(|e| panic!("{slug}: {e}"));
        let decision = certify(find(slug).expect("known"), stored.instance()).decision;
        match claim.statement.expected {
            Expected::Fails => {
                assert_eq!(decision, Decision::Violated, "{slug}");
                refuting += 1;
            }
            Expected::Holds => assert_ne!(decision, Decision::Violated, "{slug}"),
        }
    }
    assert_eq!(refuting, 2);
}

#[test]
fn the_graph_is_clickable_and_has_every_use() {
    let svg = &files()["statements.svg"];
    for claim in REGISTRY {
        assert!(svg.contains(&format!("<a href=\"../claims/{}.md\">", claim.statement.slug)), "{}", claim.statement.slug);
    }
    let uses: usize = REGISTRY.iter().map(|claim| used_in_proof(&claim.statement).len()).sum();
    let lines = svg.matches("<path ").count();
    // Two more, dashed, lead from the corrected forms.
    assert_eq!((lines, svg.matches("stroke-dasharray").count()), (uses + 2, 3), "{uses} uses; the legend has one dash");
    assert!(uses >= 40);
}

/// What is not the expected verdict is said at every place where somebody looks.
#[test]
fn an_unexpected_verdict_is_seen() {
    let observed: Vec<_> = experiments::observed().collect();
    let mut result = SMALL.result.clone();
    result.claims[9].as_expected = false;
    let verified = Verified { campaign: &SMALL.campaign, result: &result, seconds: 1.0, observed: &observed };
    let machine =
        Machine { system: "a < b".into(), processor: "\"&\"".into(), threads: 2, build: "release".into(), seconds: 2.5 };
    let companion = Companion {
        verified,
        tightness: &SMALL.tightness,
        command: "a <run>",
        machine: Some(&machine),
        drift: Some(("before.json", &[])),
    };
    let files: BTreeMap<String, String> = companion.files().expect("made").into_iter().collect();
    let html = &files["index.html"];
    for said in ["1 of 34 verdicts are not as expected.", "UNEXPECTED", "a &lt;run&gt;", "a &lt; b", "2.5 s", "before.json"]
    {
        assert!(html.contains(said), "{said}");
    }
    assert!(files["junit.xml"].contains("<failure"), "{}", files["junit.xml"]);
    assert!(files["summary.md"].starts_with("# gradient-gap: 33 of 34") && files["summary.md"].contains("**UNEXPECTED**"));
    assert!(files["log-odds-step.md"].contains("UNEXPECTED") && files["report.json"].contains("\"seconds\": 2.5"));
    let usual = self::files();
    assert!(!usual["report.json"].contains("\"seconds\"") && !usual["index.html"].contains("wall time"));
}
