//! Formulas of Markdown, `$…$` and `$$…$$`, as HTML.

use katex::{KatexContext, Settings};

/// What Markdown would read as markup within HTML, as entities.
fn literal(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    for c in html.chars() {
        match c {
            '\\' | '_' | '*' | '|' | '`' | '[' | ']' | '~' | '$' | '^' | '{' | '}' | '!' => {
                out += &format!("&#{};", c as u32)
            }
            '\n' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// A formula.
fn rendered(context: &KatexContext, tex: &str, display: bool) -> Result<String, String> {
    let settings = Settings::builder().display_mode(display).build();
    let html = katex::render_to_string(context, tex, &settings).map_err(|e| format!("${tex}$: {e}"))?;
    Ok(literal(&html))
}

/// The formulas of a line that stand between single dollars; code between backticks stays as it is.
fn inline(context: &KatexContext, line: &str) -> Result<String, String> {
    let (mut out, mut rest) = (String::new(), line);
    while let Some(at) = rest.find(['$', '`', '\\']) {
        out += &rest[..at];
        let mark = &rest[at..=at];
        rest = &rest[at + 1..];
        match mark {
            "\\" => {
                out.push('\\');
                let next = rest.chars().next().map_or(0, char::len_utf8);
                out += &rest[..next];
                rest = &rest[next..];
            }
            "`" => {
                let ticks = 1 + rest.bytes().take_while(|&b| b == b'`').count();
                let fence = "`".repeat(ticks);
                rest = &rest[ticks - 1..];
                let end = rest.find(&fence).ok_or_else(|| format!("an open {fence}: {line}"))?;
                out += &format!("{fence}{}{fence}", &rest[..end]);
                rest = &rest[end + ticks..];
            }
            _ => {
                let end = rest.find('$').ok_or_else(|| format!("an open $: {line}"))?;
                out += &rendered(context, &rest[..end], false)?;
                rest = &rest[end + 1..];
            }
        }
    }
    Ok(out + rest)
}

/// Sets the formulas of the running text so far, appends it, and begins anew.
fn flush(context: &KatexContext, text: &mut String, out: &mut String, count: &mut usize) -> Result<(), String> {
    let html = inline(context, text)?;
    *count += html.matches("class=\"katex\"").count();
    *out += &html;
    text.clear();
    Ok(())
}

/// The page with its formulas as HTML, and their number. Code blocks and comments stay as they are.
pub fn with_math(context: &KatexContext, page: &str) -> Result<(String, usize), String> {
    let (mut out, mut count, mut text) = (String::new(), 0, String::new());
    let mut code: Option<String> = None;
    let mut display: Option<(String, String)> = None; // indentation, and lines so far
    for line in page.lines() {
        let trimmed = line.trim();
        let ticks = trimmed.bytes().take_while(|&b| b == b'`').count();
        if let Some((indent, tex)) = &mut display {
            if trimmed == "$$" {
                let html = rendered(context, tex, true)?;
                out += &format!("\n{indent}<div class=\"math\">{html}</div>\n\n");
                count += 1;
                display = None;
            } else {
                *tex += line;
                tex.push('\n');
            }
            continue;
        }
        if let Some(fence) = &code {
            if trimmed.starts_with(fence.as_str()) && trimmed.bytes().all(|b| b == b'`') {
                code = None;
            }
            out += &format!("{line}\n");
            continue;
        }
        // A paragraph ends with an empty line at the latest, and so do its formulas and its code.
        let (fence, comment) = (ticks >= 3, trimmed.starts_with("<!--"));
        if trimmed.is_empty() || trimmed == "$$" || fence || comment {
            flush(context, &mut text, &mut out, &mut count)?;
        }
        if trimmed == "$$" {
            display = Some((line[..line.len() - line.trim_start().len()].to_string(), String::new()));
        } else if fence || comment {
            code = fence.then(|| "`".repeat(ticks));
            out += &format!("{line}\n");
        } else {
            text += &format!("{line}\n");
        }
    }
    flush(context, &mut text, &mut out, &mut count)?;
    match display {
        Some(_) => Err("an open $$".into()),
        None => Ok((out, count)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_found_and_code_is_not() {
        let context = KatexContext::default();
        let page = "a $x_1$ `$y\n$` $a\nb$ \\$5\n\n$$\nz\n$$\n\n```sh\n$ ls\n```\n| $\\lvert R\\rvert$ |\n";
        let (html, count) = with_math(&context, page).unwrap();
        assert_eq!(count, 4);
        assert!(
            html.contains("`$y\n$` <span") && html.contains("```sh\n$ ls\n```") && html.contains("<div class=\"math\">")
        );
        // No character of a formula is left that Markdown could read.
        let row = html.lines().last().unwrap();
        assert_eq!(row.matches('|').count(), 2);
        for wrong in ["$x", "$$\nx", "$\\frac$", "`x"] {
            assert!(with_math(&context, wrong).is_err(), "{wrong}");
        }
    }
}
