//! Links: those of Markdown that lead out of docs, and all of the finished pages.

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{BufferQueue, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

/// A path without `.` and `..`; `None` where it leads above its root.
pub fn plain(path: &Path) -> Option<PathBuf> {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::Normal(name) => out.push(name),
            Component::CurDir => {}
            Component::ParentDir => {
                if !out.pop() {
                    return None;
                }
            }
            _ => return None,
        }
    }
    Some(out)
}

/// Replaces the targets of a page's links, `](TARGET)`, outside of code blocks.
pub fn retarget(page: &str, mut new: impl FnMut(&str) -> Result<Option<String>, String>) -> Result<String, String> {
    let (mut out, mut code) = (String::new(), false);
    for line in page.lines() {
        if line.trim_start().starts_with("```") {
            code = !code;
        }
        let mut rest = line;
        while let Some(at) = rest.find("](").filter(|_| !code) {
            let (before, after) = rest.split_at(at + 2);
            let end = after.find(')').ok_or_else(|| format!("an open link: {line}"))?;
            out += before;
            match new(&after[..end])? {
                Some(target) => out += &target,
                None => out += &after[..end],
            }
            rest = &after[end..];
        }
        out += rest;
        out.push('\n');
    }
    Ok(out)
}

/// What the headings of a page of Markdown can be reached by, as a reader of the repository sees them: small letters, digits, `-` and `_`
/// of their text, blanks as `-`.
pub fn anchors(page: &str) -> BTreeSet<String> {
    let mut code = false;
    let mut all = BTreeSet::new();
    for line in page.lines() {
        code ^= line.trim_start().starts_with("```");
        let text = line.trim_start_matches('#');
        let Some(text) = text.strip_prefix(' ').filter(|_| !code && text.len() < line.len()) else { continue };
        let kept = text.trim().to_lowercase().replace(' ', "-");
        all.insert(kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_')).collect());
    }
    all
}

/// The file of the repository, as a path from `root`, that a page in `folder` links by `target`; `None` where it leads to somebody else
/// or to an anchor of the page itself.
pub fn linked(root: &Path, folder: &Path, target: &str) -> Result<Option<PathBuf>, String> {
    let path = target.split('#').next().unwrap_or_default();
    if path.is_empty() || is_outside(target) {
        return Ok(None);
    }
    plain(&folder.join(path)).filter(|file| root.join(file).exists()).map(Some).ok_or(format!("{target} is not there"))
}

/// # Errors
/// The link has an anchor, and the text, that of the page it leads to, no such heading.
pub fn has_anchor(target: &str, text: &str) -> Result<(), String> {
    match target.split_once('#') {
        Some((_, anchor)) if !anchors(text).contains(anchor) => Err(format!("{target}: no such heading")),
        _ => Ok(()),
    }
}

/// What a finished page can be reached by, and what it asks for.
#[derive(Default)]
struct Page {
    ids: BTreeSet<String>,
    /// Links of people.
    links: Vec<String>,
    /// What the browser loads.
    loads: Vec<String>,
}

struct Sink(RefCell<Page>);

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let Token::TagToken(tag) = token else { return TokenSinkResult::Continue };
        if tag.kind == TagKind::EndTag {
            return TokenSinkResult::Continue;
        }
        let mut page = self.0.borrow_mut();
        for attribute in &tag.attrs {
            let value = attribute.value.to_string();
            match (&*attribute.name.local, &*tag.name) {
                ("id", _) => {
                    page.ids.insert(value);
                }
                ("href", "a") => page.links.push(value),
                ("href" | "src" | "data" | "poster", _) => page.loads.push(value),
                _ => {}
            }
        }
        TokenSinkResult::Continue
    }
}

fn read(html: &str) -> Page {
    let input = BufferQueue::default();
    input.push_back(StrTendril::from(html));
    let tokenizer = Tokenizer::new(Sink(RefCell::default()), TokenizerOpts::default());
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    tokenizer.sink.0.into_inner()
}

fn files(folder: &Path, all: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { files(&path, all)? } else { all.push(path) }
    }
    Ok(())
}

/// Whether somebody's program, not a file beside this one, answers.
fn is_outside(target: &str) -> bool {
    !target.starts_with("data:") && (target.contains("://") || target.starts_with("mailto:") || target.starts_with("//"))
}

/// What is wrong with the links of a finished book: a page or an anchor that is not there, or something that a browser would load
/// from elsewhere. And how many links were looked at.
pub fn wrong(book: &Path) -> std::io::Result<(Vec<String>, usize)> {
    let mut all = vec![];
    files(book, &mut all)?;
    let mut pages = BTreeMap::new();
    let mut wrong = vec![];
    for file in &all {
        let name = file.strip_prefix(book).unwrap_or(file).to_path_buf();
        match file.extension().and_then(|ending| ending.to_str()) {
            Some("html") => {
                pages.insert(name, read(&fs::read_to_string(file)?));
            }
            Some("css") => {
                let text = fs::read_to_string(file)?;
                let loads = text
                    .split("url(")
                    .skip(1)
                    .map(|rest| rest.split(')').next().unwrap_or_default().trim_matches(['"', '\'']));
                for load in loads.filter(|load| !load.starts_with("data:")) {
                    let target = file.with_file_name(load.split(['?', '#']).next().unwrap_or_default());
                    if is_outside(load) || !target.exists() {
                        wrong.push(format!("{}: loads {load}", name.display()));
                    }
                }
            }
            _ => {}
        }
    }
    let mut count = 0;
    for (name, page) in &pages {
        for load in page.loads.iter().filter(|load| is_outside(load)) {
            wrong.push(format!("{}: loads {load}", name.display()));
        }
        for link in page.links.iter().chain(&page.loads).filter(|link| !is_outside(link) && !link.starts_with("data:")) {
            count += 1;
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            let base = name.parent().unwrap_or(Path::new(""));
            let target = if path.is_empty() { Some(name.clone()) } else { plain(&base.join(path)) };
            let there = target.filter(|target| book.join(target).is_file());
            let found = there.is_some_and(|target| {
                let anchored = pages.get(&target).is_none_or(|page| page.ids.contains(&decoded(anchor)));
                anchor.is_empty() || anchored
            });
            if !found {
                wrong.push(format!("{}: {link} leads nowhere", name.display()));
            }
        }
    }
    Ok((wrong, count))
}

/// A text in which %XX stands for a byte.
fn decoded(text: &str) -> String {
    let mut bytes = vec![];
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let pair = rest.clone().take(2).map(|b| (b as char).to_digit(16)).collect::<Option<Vec<_>>>();
        match (byte, pair.as_deref()) {
            (b'%', Some(&[high, low])) => {
                bytes.push((16 * high + low) as u8);
                rest.nth(1);
            }
            _ => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_made_plain() {
        assert_eq!(plain(Path::new("claims/../src/./a.rs")), Some("src/a.rs".into()));
        assert_eq!(plain(Path::new("../a")), None);
    }

    #[test]
    fn targets_are_replaced_outside_of_code() {
        let new = |target: &str| Ok((target == "a.md").then(|| "b.md".to_string()));
        assert_eq!(
            retarget("[x](a.md), [y](c.md)\n```\n[x](a.md)\n```\n", new).unwrap(),
            "[x](b.md), [y](c.md)\n```\n[x](a.md)\n```\n"
        );
    }

    #[test]
    fn headings_are_anchors() {
        let page = "# A page\n## The `collapse` line, η ≤ 2\n```sh\n# no heading\n```\n#no heading either\n### a_b - c";
        let expected = ["a-page", "a_b---c", "the-collapse-line-η--2"].map(String::from);
        assert_eq!(anchors(page), BTreeSet::from(expected));
        assert!(has_anchor("a.md#a-page", page).is_ok() && has_anchor("a.md", page).is_ok());
        assert_eq!(has_anchor("a.md#other", page), Err("a.md#other: no such heading".into()));
    }

    #[test]
    fn links_of_the_repository_are_followed() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let at = |target| linked(root, Path::new("src"), target);
        assert_eq!(at("links.rs#x"), Ok(Some("src/links.rs".into())));
        assert_eq!((at("https://e.org/a.md"), at("#x")), (Ok(None), Ok(None)));
        assert_eq!(at("none.rs"), Err("none.rs is not there".into()));
        assert!(at("../../../x").is_err());
    }

    #[test]
    fn broken_links_and_loads_from_elsewhere_are_found() {
        let book = std::env::temp_dir().join(format!("links-{}", std::process::id()));
        fs::create_dir_all(&book).unwrap();
        fs::write(book.join("a.html"), "<a href=\"b.html#x\">1</a><a href=\"b.html#y\">2</a><a href=\"c.html\">3</a><a href=\"https://e.org\">4</a><img src=\"https://e.org/i.png\">").unwrap();
        fs::write(book.join("b.html"), "<p id=\"x\">x</p><svg><a href=\"a.html\"/></svg>").unwrap();
        fs::write(book.join("c.css"), "a { b: url(\"no.woff2\") }").unwrap();
        let (mut found, count) = wrong(&book).unwrap();
        found.sort();
        fs::remove_dir_all(&book).unwrap();
        let expected = [
            "a.html: b.html#y leads nowhere",
            "a.html: c.html leads nowhere",
            "a.html: loads https://e.org/i.png",
            "c.css: loads no.woff2",
        ];
        assert_eq!((found.iter().map(String::as_str).collect::<Vec<_>>(), count), (expected.to_vec(), 4));
    }
}
