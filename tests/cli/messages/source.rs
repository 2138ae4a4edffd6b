//! Messages as they stand in the source, and which of them the table accounts for.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// What makes an error of a message, or hands it on.
const MAKERS: [&str; 12] = [
    "Err",
    "Error::new",
    "ok_or",
    "ok_or_else",
    "map_err",
    "custom",
    "mark",
    "fails",
    "refused",
    "self.error",
    "parser.error",
    "at",
];
/// Of these, what makes an error of nothing but its arguments.
const WITHOUT_MORE: [&str; 7] = ["Error::new", "custom", "mark", "fails", "refused", "self.error", "parser.error"];
/// Files that compose their messages: all literals of more than one word are taken for parts of them.
const COMPOSED: [&str; 2] = ["src/cli/usage.rs", "src/expression/parse.rs"];

/// A literal of a message: where it stands, and what, with holes in braces.
#[derive(Clone, Debug)]
pub struct Literal {
    file: String,
    line: usize,
    text: String,
    /// Whether it only says where something is wrong, or is a part of a message.
    is_place: bool,
}

impl Literal {
    pub fn is(&self, file: &str, text: &str) -> bool {
        self.file == file && self.text == text
    }

    /// What stands around the holes.
    fn fixed(&self) -> Vec<String> {
        let (mut pieces, mut piece, mut depth) = (Vec::new(), String::new(), 0);
        let mut chars = self.text.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '{' | '}' if depth == 0 && chars.peek() == Some(&c) => piece.extend(chars.next()),
                '{' => {
                    depth += 1;
                    pieces.push(std::mem::take(&mut piece));
                }
                '}' => depth -= 1,
                c if depth == 0 => piece.push(c),
                _ => {}
            }
        }
        pieces.push(piece);
        pieces
    }

    /// Whether it has words of its own, and is not a place, a single word, or nothing but holes.
    fn is_message(&self) -> bool {
        let fixed = self.fixed().join(" ");
        !self.is_place && fixed.trim().contains(' ') && fixed.chars().filter(|c| c.is_alphabetic()).count() > 3
    }

    fn occurs_in(&self, text: &str) -> bool {
        let mut rest = text;
        self.fixed().iter().all(|piece| match rest.find(piece.as_str()) {
            Some(at) => {
                rest = &rest[at + piece.len()..];
                true
            }
            None => false,
        })
    }
}

/// All files of the source, without their tests.
pub fn all_sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut folders, mut sources) = (vec![root.join("src")], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("readable") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root).expect("inside").to_str().expect("UTF-8").to_string();
                sources.push((name, fs::read_to_string(&path).expect("UTF-8")));
            }
        }
    }
    sources.sort();
    sources
}

/// A piece of source: code without literals and comments, a literal, or nothing of interest.
enum Token<'a> {
    Code(char),
    Literal(&'a str),
}

/// The tokens of a file with the places where they begin, up to its tests.
fn tokens(source: &str) -> Vec<(usize, Token<'_>)> {
    let source = source.find("#[cfg(test)]\nmod tests").map_or(source, |end| &source[..end]);
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some(c) = source[at..].chars().next() {
        let rest = &source[at..];
        let literal = |hashes: usize, start: usize| {
            let close = format!("\"{}", "#".repeat(hashes));
            let end = rest[start..].find(&close).map_or(rest.len(), |end| start + end);
            (Token::Literal(&rest[start..end]), end + close.len())
        };
        let (token, length) = if rest.starts_with("//") {
            at += rest.find('\n').unwrap_or(rest.len());
            continue;
        } else if let Some(raw) = rest.strip_prefix('r').filter(|raw| raw.trim_start_matches('#').starts_with('"')) {
            let hashes = raw.len() - raw.trim_start_matches('#').len();
            literal(hashes, 2 + hashes)
        } else if c == '"' {
            let mut escaped = false;
            let end = rest[1..].find(|c| {
                let closes = c == '"' && !escaped;
                escaped = c == '\\' && !escaped;
                closes
            });
            let end = 1 + end.unwrap_or(rest.len() - 1);
            (Token::Literal(&rest[1..end]), end + 1)
        } else if let Some(length) = character(rest) {
            (Token::Code(' '), length)
        } else {
            (Token::Code(c), c.len_utf8())
        };
        found.push((at, token));
        at += length;
    }
    found
}

/// How long the literal of a character is that begins here.
fn character(rest: &str) -> Option<usize> {
    let inner = rest.strip_prefix('\'')?;
    let length = match inner.strip_prefix('\\') {
        Some(escaped) if escaped.starts_with("u{") => 2 + escaped.find('}')?,
        Some(escaped) => 1 + escaped.chars().next()?.len_utf8(),
        None => inner.chars().next()?.len_utf8(),
    };
    inner.get(length..)?.starts_with('\'').then_some(length + 2)
}

/// What a literal says: escapes resolved, continued lines joined.
fn said(literal: &str) -> String {
    let (mut text, mut chars) = (String::new(), literal.chars().peekable());
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\\', Some('\n')) => while chars.next_if(|c| c.is_whitespace()).is_some() {},
            ('\\', Some('n')) => {
                chars.next();
                text.push('\n');
            }
            ('\\', Some(_)) => text.extend(chars.next()),
            (c, _) => text.push(c),
        }
    }
    text
}

/// A call of one of the makers: the maker, where it begins, the literals among its arguments, the arguments themselves.
struct Call {
    maker: &'static str,
    at: usize,
    literals: Vec<(usize, String)>,
    arguments: String,
}

fn calls(source: &str) -> Vec<Call> {
    let tokens = tokens(source);
    let mut code = String::new(); // what was read up to a parenthesis
    let (mut open, mut calls): (Vec<Option<Call>>, Vec<Call>) = (Vec::new(), Vec::new());
    for (at, token) in tokens {
        match token {
            Token::Literal(text) => {
                for call in open.iter_mut().flatten() {
                    call.literals.push((at, said(text)));
                    call.arguments.push_str("\"…\"");
                }
                code.push('"');
            }
            Token::Code('(') => {
                let word = |c: char| c.is_alphanumeric() || matches!(c, '_' | ':' | '.');
                let name =
                    &code[code.rfind(|c| !word(c)).map_or(0, |i| i + code[i..].chars().next().map_or(1, char::len_utf8))..];
                let is_defined = code.trim_end_matches(word).ends_with("fn ");
                let maker = MAKERS.iter().copied().find(|maker| {
                    let before = name.strip_suffix(maker);
                    before.is_some_and(|before| before.is_empty() || before.ends_with(':') || before.ends_with('.'))
                });
                let maker = maker.filter(|_| !is_defined);
                for call in open.iter_mut().flatten() {
                    call.arguments.push('(');
                }
                open.push(maker.map(|maker| Call { maker, at, literals: vec![], arguments: String::new() }));
                code.push('(');
            }
            Token::Code(')') => {
                calls.extend(open.pop().flatten());
                for call in open.iter_mut().flatten() {
                    call.arguments.push(')');
                }
                code.push(')');
            }
            Token::Code(c) => {
                for call in open.iter_mut().flatten() {
                    call.arguments.push(c);
                }
                code.push(c);
            }
        }
    }
    calls
}

/// The words of code, or of the holes of a literal.
fn words(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !(c.is_alphanumeric() || c == '_'));
    words.filter(|word| word.starts_with(|c: char| c.is_alphabetic())).map(String::from).collect()
}

/// What is bound to names: where, the names, the literals.
struct Bound {
    at: usize,
    names: BTreeSet<String>,
    literals: Vec<(usize, String)>,
}

/// Every `let` with all that stands up to its end, and where functions begin.
fn bindings(source: &str) -> (Vec<Bound>, Vec<usize>) {
    let (mut bounds, mut functions): (Vec<Bound>, Vec<usize>) = (Vec::new(), Vec::new());
    // Of those that are open: how deep in parentheses they began, and whether their names are read still.
    let (mut open, mut depth): (Vec<(Bound, usize, String, bool)>, usize) = (Vec::new(), 0);
    let mut code = String::new();
    for (at, token) in tokens(source) {
        let Token::Code(c) = token else {
            if let Token::Literal(text) = token {
                open.iter_mut().for_each(|(bound, ..)| bound.literals.push((at, said(text))));
            }
            code.push('"');
            continue;
        };
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        // One that lies open in a block that ends, as in `if let`, ends with it.
        while let Some((bound, ..)) = open.pop_if(|(_, from, ..)| depth < *from || c == ';' && depth == *from) {
            bounds.push(bound);
        }
        for (bound, _, names, named) in &mut open {
            match c {
                '=' if !*named => {
                    *named = true;
                    bound.names = words(names);
                }
                c if !*named => names.push(c),
                _ => {}
            }
        }
        code.push(c);
        let keyword = |word: &str| {
            code.strip_suffix(word).is_some_and(|before| !before.ends_with(|c: char| c.is_alphanumeric() || c == '_'))
        };
        if keyword("let ") {
            open.push((Bound { at, names: BTreeSet::new(), literals: vec![] }, depth, String::new(), false));
        } else if keyword("fn ") {
            functions.push(at);
        }
    }
    (bounds, functions)
}

/// Literals that get into a message by a name that they are bound to, in the function that makes it.
fn bound_literals(source: &str, calls: &[Call]) -> Vec<(usize, String)> {
    let (bounds, functions) = bindings(source);
    let mut found = Vec::new();
    for call in calls.iter().filter(|call| call.maker != "at") {
        let start = functions.iter().copied().filter(|at| *at < call.at).max().unwrap_or(0);
        let holes = call.literals.iter().flat_map(|(_, text)| words(text));
        let used: BTreeSet<String> = words(&call.arguments).into_iter().chain(holes).collect();
        let bound = bounds.iter().filter(|bound| start < bound.at && bound.at < call.at && !bound.names.is_disjoint(&used));
        found.extend(bound.flat_map(|bound| bound.literals.clone()));
    }
    found
}

fn line_of(source: &str, at: usize) -> usize {
    source[..at].matches('\n').count() + 1
}

/// All literals of messages and of places.
pub fn literals(sources: &[(String, String)]) -> Vec<Literal> {
    let mut found: Vec<Literal> = Vec::new();
    for (file, source) in sources {
        let calls = calls(source);
        let of_places = calls.iter().filter(|call| call.maker == "at").flat_map(|call| &call.literals);
        let mut at_place: BTreeSet<usize> = of_places.map(|(at, _)| *at).collect();
        let parts = bound_literals(source, &calls);
        let mut places: Vec<(usize, String)> = calls.into_iter().flat_map(|call| call.literals).collect();
        // Parts of messages stand in some row, as places do.
        at_place.extend(parts.iter().map(|(at, _)| *at).filter(|at| places.iter().all(|(other, _)| other != at)));
        places.extend(parts);
        if COMPOSED.contains(&file.as_str()) {
            let all = tokens(source).into_iter().filter_map(|(at, token)| match token {
                Token::Literal(text) => Some((at, said(text))),
                Token::Code(_) => None,
            });
            places.extend(all.filter(|(_, text)| text.trim().contains(' ')));
        }
        places.sort();
        places.dedup();
        let literal = |(at, text)| {
            let (line, is_place) = (line_of(source, at), at_place.contains(&at));
            Literal { file: file.clone(), line, text, is_place }
        };
        found.extend(places.into_iter().map(literal).filter(|literal| !literal.fixed().concat().trim().is_empty()));
    }
    found
}

/// Errors that are made of no literal: the file, and what they are made of.
pub fn wordless(sources: &[(String, String)]) -> Vec<String> {
    let one = |(file, source): &(String, String)| {
        // Outside of the parser `error` is another word.
        let makes = |call: &Call| {
            WITHOUT_MORE.contains(&call.maker) && (!call.maker.ends_with(".error") || COMPOSED.contains(&file.as_str()))
        };
        let wordless = calls(source).into_iter().filter(|call| makes(call) && call.literals.is_empty());
        let shown = |call: Call| {
            let arguments: Vec<&str> = call.arguments.split_whitespace().collect();
            format!("{file}: {}({})", call.maker, arguments.join(" "))
        };
        wordless.map(shown).collect::<Vec<String>>()
    };
    sources.iter().flat_map(one).collect()
}

/// Which literal is accounted for by which text: each by one of its own (a maximal matching), names of places by any.
pub struct Matched<'l> {
    literals: &'l [Literal],
    /// By literal, the text.
    of: Vec<Option<usize>>,
}

impl<'l> Matched<'l> {
    pub fn new(literals: &'l [Literal], texts: &[String]) -> Matched<'l> {
        let fitting: Vec<Vec<usize>> =
            literals.iter().map(|literal| (0..texts.len()).filter(|&i| literal.occurs_in(&texts[i])).collect()).collect();
        let mut taken: Vec<Option<usize>> = vec![None; texts.len()];
        let mut of = vec![None; literals.len()];
        for (i, literal) in literals.iter().enumerate() {
            match literal.is_message() {
                true => _ = settle(i, &fitting, &mut taken, &mut vec![false; texts.len()]),
                false => of[i] = fitting[i].first().copied(),
            }
        }
        for (text, literal) in taken.iter().enumerate() {
            if let Some(literal) = literal {
                of[*literal] = Some(text);
            }
        }
        Matched { literals, of }
    }

    pub fn missing(&self) -> Vec<String> {
        let missing = self.literals.iter().zip(&self.of).filter(|(_, text)| text.is_none());
        missing.map(|(literal, _)| format!("{}:{}: {}", literal.file, literal.line, literal.text)).collect()
    }
}

/// Finds a text for a literal, moving others where that makes room (Kuhn's algorithm).
fn settle(literal: usize, fitting: &[Vec<usize>], taken: &mut [Option<usize>], seen: &mut [bool]) -> bool {
    for &text in &fitting[literal] {
        if !std::mem::replace(&mut seen[text], true) && taken[text].is_none_or(|other| settle(other, fitting, taken, seen)) {
            taken[text] = Some(literal);
            return true;
        }
    }
    false
}
