//! Makes the book of docs: pages of Markdown with formulas, as HTML that needs no network.
//!
//! ```text
//! cargo run --manifest-path docs/book/Cargo.toml [-- --out DIR] [--report FOLDER]
//! ```
//!
//! The pages are copied, their formulas set by KaTeX, links to files outside of docs led to copies of these files, and mdBook makes the
//! rest. At last every link and anchor of the finished pages, and of README.md and its like, is followed, and whatever a browser would
//! load from elsewhere is refused. `--report` names a folder with the `index.html` of `gradient-gap report`, which becomes a page.

mod links;
mod math;

use katex::KatexContext;
use mdbook_driver::MDBook;
use mdbook_driver::config::Config;
use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The folder of this program, no part of the book.
const LEFT_OUT: &str = "book";

struct Options {
    out: PathBuf,
    report: Option<PathBuf>,
}

fn options(root: &Path) -> Result<Options, String> {
    let mut options = Options { out: root.join("target/book"), report: None };
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next().ok_or_else(|| format!("{name}: the value is missing"));
        match name.as_str() {
            "--out" => options.out = value?.into(),
            "--report" => options.report = Some(value?.into()),
            _ => return Err(format!("unknown option {name}; there are --out DIR and --report FOLDER")),
        }
    }
    Ok(options)
}

/// All files below `folder`, as paths from it.
fn below(folder: &Path, prefix: &Path, all: &mut Vec<PathBuf>) -> std::io::Result<()> {
    let mut entries = fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let (path, name) = (entry.path(), prefix.join(entry.file_name()));
        match path.is_dir() {
            true if name == Path::new(LEFT_OUT) => {}
            true => below(&path, &name, all)?,
            false => all.push(name),
        }
    }
    Ok(())
}

fn write(file: &Path, content: impl AsRef<[u8]>) -> Result<(), Box<dyn Error>> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(file, content).map_err(|e| format!("{}: {e}", file.display()).into())
}

/// The copy of a file outside of docs, as a page.
fn source_page(name: &Path) -> PathBuf {
    PathBuf::from(format!("source/{}.md", name.display()))
}

/// `target` as seen from a page in `folder`.
fn from_folder(folder: &Path, target: &Path) -> String {
    "../".repeat(folder.components().count()) + &target.display().to_string()
}

/// A file of the repository as the text of a page.
fn shown(name: &Path, text: &str) -> String {
    let language = match name.extension().and_then(|ending| ending.to_str()) {
        Some("rs") => "rust",
        Some("sh") => "bash",
        Some("toml") => "toml",
        Some("json") => "json",
        _ => "text",
    };
    let longest = text.lines().map(|line| line.trim_start().bytes().take_while(|&b| b == b'`').count()).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(3) + 1);
    format!("# {}\n\n{fence}{language}\n{}\n{fence}\n", name.display(), text.trim_end())
}

/// The statements' picture within its page, so that its boxes can be clicked: an image is no link.
fn with_picture(page: &str, docs: &Path) -> Result<String, Box<dyn Error>> {
    let mut out = String::new();
    for line in page.lines() {
        match line.strip_prefix("![").and_then(|rest| rest.split_once("](report/statements.svg)")) {
            Some(_) => {
                let svg = fs::read_to_string(docs.join("report/statements.svg"))?;
                let svg = svg.replace("href=\"../claims/", "href=\"claims/").replace(".md\"", ".html\"").replace('\n', "");
                out += &format!("<div class=\"statements\">{svg}</div>\n");
            }
            None => out += &format!("{line}\n"),
        }
    }
    Ok(out)
}

/// Pages of the repository that are none of the book: they are looked at where they are.
const AROUND: [&str; 4] = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "proptest-regressions/README.md"];

/// Follows every link and anchor of a page outside of the book, and says how many there are.
fn follow(root: &Path, name: &str) -> Result<usize, String> {
    let (mut count, place) = (0, |e: String| format!("{name}: {e}"));
    let page = fs::read_to_string(root.join(name)).map_err(|e| place(e.to_string()))?;
    links::retarget(&page, |target| {
        count += 1;
        let folder = Path::new(name).parent().unwrap_or(Path::new(""));
        let to = match links::linked(root, folder, target)? {
            Some(file) if file.extension().is_some_and(|ending| ending == "md") => {
                fs::read_to_string(root.join(file)).map_err(|e| e.to_string())?
            }
            None if target.starts_with('#') => page.clone(),
            _ => return Ok(None),
        };
        links::has_anchor(target, &to).map(|()| None)
    })
    .map_err(place)?;
    Ok(count)
}

const STYLE: &str = include_str!("../style.css");
const KATEX: &str = "katex/katex.min.css";

fn book(root: &Path, options: &Options) -> Result<String, Box<dyn Error>> {
    let (docs, stage) = (root.join("docs"), root.join("target/book-pages"));
    if stage.exists() {
        fs::remove_dir_all(&stage)?;
    }
    let pages = stage.join("pages");
    let (mut all, mut formulas, mut count) = (vec![], 0, 0);
    below(&docs, Path::new(""), &mut all)?;
    let context = KatexContext::default();
    let mut sources = BTreeSet::new();
    for name in &all {
        let from = docs.join(name);
        let is_page = name.extension().is_some_and(|ending| ending == "md");
        if !is_page {
            write(&pages.join(name), fs::read(&from)?)?;
            continue;
        }
        let place = |e: String| format!("docs/{}: {e}", name.display());
        let text = fs::read_to_string(&from)?;
        let folder = name.parent().unwrap_or(Path::new(""));
        let text = links::retarget(&text, |target| {
            let Some(wanted) = links::linked(root, &Path::new("docs").join(folder), target)? else { return Ok(None) };
            if wanted.starts_with("docs") && !wanted.starts_with(Path::new("docs").join(LEFT_OUT)) {
                // mdBook makes index.html of README.md. Anchors of pages are followed when all are finished.
                return Ok((wanted == Path::new("docs/README.md")).then(|| target.replace("README.md", "index.md")));
            }
            let shown = fs::read_to_string(root.join(&wanted)).map_err(|e| format!("{target}: {e}"))?;
            links::has_anchor(target, &shown)?;
            let page = from_folder(folder, &source_page(&wanted));
            sources.insert(wanted);
            Ok(Some(page))
        })
        .map_err(place)?;
        let text = match &options.report {
            Some(_) => text.replace("a report's page", "[a report's page](report/index.html)"),
            None => text,
        };
        let (text, found) = math::with_math(&context, &text).map_err(place)?;
        formulas += found;
        count += 1;
        write(&pages.join(name), with_picture(&text, &docs)?)?;
    }
    let mut summary = fs::read_to_string(docs.join("SUMMARY.md"))?;
    if let Some(folder) = &options.report {
        let page = fs::read_to_string(folder.join("index.html"))?;
        write(&pages.join("report/index.html"), page)?;
    }
    summary += "\n# Sources\n\n- [Code and tests]()\n";
    for name in &sources {
        summary += &format!("    - [{0}](source/{0}.md)\n", name.display());
        write(&pages.join(source_page(name)), shown(name, &fs::read_to_string(root.join(name))?))?;
    }
    write(&pages.join("SUMMARY.md"), summary)?;
    write(&stage.join("style.css"), STYLE)?;
    let katex = docs.join(LEFT_OUT).join("katex");
    write(&stage.join(KATEX), fs::read(katex.join("katex.min.css"))?)?;
    for font in fs::read_dir(katex.join("fonts"))? {
        let font = font?;
        write(&pages.join("katex/fonts").join(font.file_name()), fs::read(font.path())?)?;
    }
    let mut config: Config = include_str!("../book.toml").parse().map_err(|e| format!("book.toml: {e}"))?;
    config.book.src = "pages".into();
    config.build.build_dir = std::path::absolute(&options.out)?;
    MDBook::load_with_config(&stage, config).map_err(|e| format!("{e:#}"))?.build().map_err(|e| format!("{e:#}"))?;
    let (wrong, mut followed) = links::wrong(&options.out)?;
    for name in AROUND {
        followed += follow(root, name)?;
    }
    match wrong.is_empty() {
        true => Ok(format!(
            "{count} pages, {formulas} formulas, {} sources, {followed} links: {}",
            sources.len(),
            options.out.join("index.html").display()
        )),
        false => Err(format!("{} links are wrong:\n{}", wrong.len(), wrong.join("\n")).into()),
    }
}

fn main() -> ExitCode {
    // docs/book is two folders down.
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let done = options(&root).map_err(Into::into).and_then(|options| book(&root, &options));
    match done {
        Ok(said) => {
            println!("{said}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("gradient-gap-book: {error}");
            ExitCode::FAILURE
        }
    }
}
