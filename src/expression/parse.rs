//! From text to expressions: a Pratt parser (Pratt, "Top Down Operator Precedence", POPL 1973) whose errors point at the character.

use super::{Expr, Function, Number, Operation, Word};
use crate::error::{Error, is_wild, nearest};
use std::fmt;

/// The longest text that [`parse`] reads, in characters.
pub const MAX_LENGTH: usize = 2000;
/// How deep parentheses, signs and powers may be nested.
const MAX_DEPTH: usize = 64;

/// How two expressions are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// `<=`, the left side is at most the right one.
    AtMost,
    /// `<`, the left side is less than the right one.
    Below,
    /// `>=`, the left side is at least the right one.
    AtLeast,
    /// `>`, the left side is greater than the right one.
    Above,
    /// `==`, both sides are equal.
    Equal,
}

impl Relation {
    /// Whether the left side is the one that must be smaller; an equality counts as such.
    pub(crate) fn ascends(self) -> bool {
        matches!(self, Relation::AtMost | Relation::Below | Relation::Equal)
    }
    /// Whether the sides must differ.
    pub(crate) fn is_strict(self) -> bool {
        matches!(self, Relation::Below | Relation::Above)
    }
}

impl fmt::Display for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Relation::AtMost => "<=",
            Relation::Below => "<",
            Relation::AtLeast => ">=",
            Relation::Above => ">",
            Relation::Equal => "==",
        })
    }
}

/// Two expressions and how they are compared.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// The left side.
    pub left: Expr,
    /// How they are compared.
    pub relation: Relation,
    /// The right side.
    pub right: Expr,
    /// Where the relation stands in the text, in characters from 0.
    pub place: usize,
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Number(Number),
    Name(String),
    Sign(char),
    Relation(Relation),
    End,
}

impl Token {
    fn name(&self) -> String {
        match self {
            Token::Number(_) => "a number".into(),
            Token::Name(name) => format!("{name:?}"),
            Token::Sign(sign) => format!("{:?}", sign.to_string()),
            Token::Relation(relation) => format!("\"{relation}\""),
            Token::End => "the end".into(),
        }
    }
}

/// A token and the characters from `start` to `end` that it takes.
#[derive(Clone, Debug)]
struct Placed {
    token: Token,
    start: usize,
    end: usize,
}

struct Parser<'t> {
    text: &'t str,
    tokens: Vec<Placed>,
    at: usize,
    depth: usize,
}

/// Reads a chain of comparisons: `0.1 <= J0 < 0.9` is two. There is at least one.
///
/// # Errors
/// What is wrong, the text, and below it a mark at the character; of unknown words the nearest known one.
pub fn parse(text: &str) -> Result<Vec<Comparison>, Error> {
    let length = text.chars().count();
    if length > MAX_LENGTH {
        return Err(Error::new(format!("an expression of {length} characters, more than {MAX_LENGTH}")));
    }
    let mut parser = Parser { text, tokens: scan(text)?, at: 0, depth: 0 };
    let mut sides = vec![parser.expression(0)?];
    let mut relations = Vec::new();
    while let Token::Relation(relation) = parser.peek().token {
        relations.push((relation, parser.next().start));
        sides.push(parser.expression(0)?);
    }
    let last = parser.next();
    match last.token {
        Token::End if relations.is_empty() => {
            Err(parser.error("expected a comparison: <=, >=, <, > or == and a right side", &last))
        }
        Token::End => {
            let pairs = sides.windows(2).zip(relations);
            Ok(pairs
                .map(|(pair, (relation, place))| Comparison {
                    left: pair[0].clone(),
                    relation,
                    right: pair[1].clone(),
                    place,
                })
                .collect())
        }
        Token::Sign(')') => Err(parser.error("\")\" closes nothing", &last)),
        Token::Sign(',') => Err(parser.error("\",\" stands outside a function's arguments", &last)),
        ref token => Err(parser.error(&format!("expected an operator before {}", token.name()), &last)),
    }
}

/// The message, the text and a mark below the characters from `start` to `end`.
pub(crate) fn mark(message: &str, text: &str, start: usize, end: usize) -> Error {
    // A line break, a tab or an invisible character would move the mark.
    let shown: String = text.chars().map(|c| if is_wild(c) || c.is_whitespace() { ' ' } else { c }).collect();
    let (space, marks) = (" ".repeat(start), "^".repeat(end.saturating_sub(start).max(1)));
    Error::new(format!("{message}\n  {shown}\n  {space}{marks}"))
}

fn scan(text: &str) -> Result<Vec<Placed>, Error> {
    let all: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&c) = all.get(at) {
        let start = at;
        let next = |k: usize| all.get(at + k).copied().unwrap_or(' ');
        let relation = |relation, length| (Token::Relation(relation), length);
        let (token, length) = match c {
            _ if c.is_whitespace() => {
                at += 1;
                continue;
            }
            '0'..='9' | '.' => {
                let end = end_of_number(&all, at);
                let digits: String = all[at..end].iter().collect();
                let number = match digits.contains(|c: char| c.is_ascii_digit()) {
                    true => Number::read(&digits).ok_or(format!("{digits} is beyond binary64")),
                    false => Err(format!("{digits:?} is no number")),
                };
                (Token::Number(number.map_err(|message| mark(&message, text, start, end))?), end - start)
            }
            _ if c.is_alphabetic() || c == '_' => {
                let end = all[at..].iter().position(|c| !(c.is_alphanumeric() || *c == '_')).map_or(all.len(), |n| at + n);
                (Token::Name(all[at..end].iter().collect()), end - start)
            }
            '<' if next(1) == '=' => relation(Relation::AtMost, 2),
            '>' if next(1) == '=' => relation(Relation::AtLeast, 2),
            '=' if next(1) == '=' => relation(Relation::Equal, 2),
            '≤' => relation(Relation::AtMost, 1),
            '≥' => relation(Relation::AtLeast, 1),
            '<' => relation(Relation::Below, 1),
            '>' => relation(Relation::Above, 1),
            '=' => return Err(mark("\"=\" compares nothing; use \"==\", \"<=\" or \">=\"", text, start, start + 1)),
            '*' if next(1) == '*' => {
                return Err(mark("\"**\" is no operator; use \"^\" for powers", text, start, start + 2));
            }
            '+' | '-' | '*' | '/' | '^' | '(' | ')' | ',' => (Token::Sign(c), 1),
            '−' => (Token::Sign('-'), 1),
            '·' | '×' => (Token::Sign('*'), 1),
            _ => return Err(mark(&format!("unexpected character {:?}", c.to_string()), text, start, start + 1)),
        };
        at += length;
        tokens.push(Placed { token, start, end: at });
    }
    tokens.push(Placed { token: Token::End, start: at, end: at });
    Ok(tokens)
}

/// Digits with a point and an exponent; an "e" without digits behind it belongs to a word.
fn end_of_number(all: &[char], start: usize) -> usize {
    let digits = |mut at: usize| {
        while all.get(at).is_some_and(char::is_ascii_digit) {
            at += 1;
        }
        at
    };
    let mut end = digits(start);
    if all.get(end) == Some(&'.') {
        end = digits(end + 1);
    }
    if matches!(all.get(end), Some('e' | 'E')) {
        let sign = usize::from(matches!(all.get(end + 1), Some('+' | '-')));
        let exponent = digits(end + 1 + sign);
        if exponent > end + 1 + sign {
            end = exponent;
        }
    }
    end
}

/// How tightly an operator binds what stands to its left and to its right.
fn binding(sign: char) -> Option<(Operation, u8, u8)> {
    Some(match sign {
        '+' => (Operation::Add, 1, 2),
        '-' => (Operation::Subtract, 1, 2),
        '*' => (Operation::Multiply, 3, 4),
        '/' => (Operation::Divide, 3, 4),
        '^' => (Operation::Power, 7, 6),
        _ => return None,
    })
}

/// A sign before an expression binds more tightly than a product and less than a power.
const SIGN: u8 = 5;

impl Parser<'_> {
    fn peek(&self) -> &Placed {
        &self.tokens[self.at] // the last token is the end, which `next` does not pass
    }

    fn next(&mut self) -> Placed {
        let token = self.peek().clone();
        self.at = (self.at + 1).min(self.tokens.len() - 1);
        token
    }

    fn error(&self, message: &str, at: &Placed) -> Error {
        mark(message, self.text, at.start, at.end)
    }

    /// An expression of operators that bind at least as tightly as `least`.
    fn expression(&mut self, least: u8) -> Result<Expr, Error> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.error(&format!("nested more than {MAX_DEPTH} deep"), &self.peek().clone()));
        }
        let mut left = self.operand()?;
        while let Token::Sign(sign) = self.peek().token
            && let Some((operation, before, after)) = binding(sign)
            && before >= least
        {
            self.next();
            left = Expr::binary(operation, left, self.expression(after)?);
        }
        self.depth -= 1;
        Ok(left)
    }

    fn operand(&mut self) -> Result<Expr, Error> {
        let start = self.next();
        match &start.token {
            Token::Number(number) => Ok(Expr::Number(*number)),
            Token::Sign('-') => Ok(Expr::Negated(Box::new(self.expression(SIGN)?))),
            Token::Sign('+') => self.expression(SIGN),
            Token::Sign('(') => {
                let inner = self.expression(0)?;
                self.close(&start, "\")\"")?;
                Ok(inner)
            }
            Token::Name(name) if self.peek().token == Token::Sign('(') => self.call(name, &start),
            Token::Name(name) => match (Word::find(name), Function::ALL.iter().any(|f| f.name() == name)) {
                (Some(word), _) => Ok(Expr::Word(word)),
                (None, true) => Err(self.error(&format!("{name} is a function: expected \"(\" after it"), &start)),
                (None, false) => Err(self.unknown("word", name, &start)),
            },
            token => Err(self.error(&format!("expected a number, a word or \"(\", found {}", token.name()), &start)),
        }
    }

    fn unknown(&self, what: &str, name: &str, at: &Placed) -> Error {
        let words = Word::NAMED.into_iter().filter_map(Word::name);
        let functions = Function::ALL.into_iter().map(Function::name);
        let near = match what {
            _ if name == "ln" => "log",
            "word" => nearest(name, words.chain(functions)),
            _ => nearest(name, functions),
        };
        // Of other alphabets nothing is near.
        let hint = if name.is_ascii() { format!("; did you mean {near:?}?") } else { String::new() };
        self.error(&format!("unknown {what} {name:?}{hint}"), at)
    }

    /// Expects a closing parenthesis, the partner of `open`.
    fn close(&mut self, open: &Placed, expected: &str) -> Result<(), Error> {
        let close = self.next();
        match close.token {
            Token::Sign(')') => Ok(()),
            Token::End => Err(self.error("this \"(\" is never closed", open)),
            ref token => Err(self.error(&format!("expected an operator or {expected}, found {}", token.name()), &close)),
        }
    }

    fn call(&mut self, name: &str, start: &Placed) -> Result<Expr, Error> {
        let function = Function::ALL.into_iter().find(|function| function.name() == name);
        let function = match (function, Word::find(name)) {
            (Some(function), _) => function,
            (None, Some(_)) => {
                return Err(self.error(&format!("{name} is a word and no function; for a product write {name}*(…)"), start));
            }
            (None, None) => return Err(self.unknown("function", name, start)),
        };
        let open = self.next();
        let mut arguments = vec![self.expression(0)?];
        while self.peek().token == Token::Sign(',') {
            self.next();
            arguments.push(self.expression(0)?);
        }
        self.close(&open, "\")\"")?;
        let count = arguments.len();
        match function.takes_several() {
            true if count < 2 => Err(self.error(&format!("{name} takes two or more arguments, found one"), start)),
            false if count > 1 => Err(self.error(&format!("{name} takes one argument, found {count}"), start)),
            _ => Ok(Expr::Call(function, arguments)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tree in prefix form.
    fn shape(expr: &Expr) -> String {
        match expr {
            Expr::Number(number) => format!("{}", number.value::<f64>()),
            Expr::Word(word) => word.name().unwrap_or("?").into(),
            Expr::Negated(x) => format!("(- {})", shape(x)),
            Expr::Binary(operation, x, y) => {
                let sign = match operation {
                    Operation::Add => '+',
                    Operation::Subtract => '-',
                    Operation::Multiply => '*',
                    Operation::Divide => '/',
                    Operation::Power => '^',
                };
                format!("({sign} {} {})", shape(x), shape(y))
            }
            Expr::Call(function, arguments) => {
                format!("({} {})", function.name(), arguments.iter().map(shape).collect::<Vec<_>>().join(" "))
            }
        }
    }

    #[test]
    fn operators_bind_as_in_mathematics() {
        for (text, expected) in [
            ("eta - L - G <= 0", "(- (- eta L) G)"),
            ("eta/L/G*2 <= 0", "(* (/ (/ eta L) G) 2)"),
            ("eta + L*G^2 <= 0", "(+ eta (* L (^ G 2)))"),
            ("-L^2 <= 0", "(- (^ L 2))"),
            ("-L*G <= 0", "(* (- L) G)"),
            ("L^-1 <= 0", "(^ L (- 1))"),
            ("L^-G^2 <= 0", "(^ L (- (^ G 2)))"),
            ("2^3^2 <= 0", "(^ 2 (^ 3 2))"),
            ("2*-L <= 0", "(* 2 (- L))"),
            ("+L - -G <= 0", "(- L (- G))"),
            ("(L + G)*2 <= 0", "(* (+ L G) 2)"),
            ("max(0, dmu, abs(-G)) <= 0", "(max 0 dmu (abs (- G)))"),
            ("1.5e-3*eta − 2·L×.5 ≤ 0", "(- (* 0.0015 eta) (* (* 2 L) 0.5))"),
        ] {
            let [found] = &parse(text).unwrap_or_else(|e| panic!("{e}"))[..] else { panic!("{text}") };
            assert_eq!(shape(&found.left), expected, "{text}");
        }
        let chain = parse("0.1 <= J0 < 0.9").expect("fits");
        assert_eq!(chain.iter().map(|c| c.relation).collect::<Vec<_>>(), [Relation::AtMost, Relation::Below]);
        assert_eq!((shape(&chain[0].right), shape(&chain[1].left), chain[1].place), ("J0".into(), "J0".into(), 10));
    }

    #[test]
    fn errors_point_at_the_character() {
        for (text, message, mark) in [
            ("dmuu <= 0", "unknown word \"dmuu\"; did you mean \"dmu\"?", "^^^^"),
            ("eta*Dlamda <= L", "did you mean \"dlambda\"?", "    ^^^^^^"),
            ("ln(L) <= 0", "unknown function \"ln\"; did you mean \"log\"?", "^^"),
            ("η <= 1", "unknown word \"η\"", "^"),
            ("len_po <= 2", "did you mean \"len_pos\"?", "^^^^^^"),
            ("2 eta <= 0", "expected an operator before \"eta\"", "  ^^^"),
            ("2eta <= 0", "expected an operator before \"eta\"", " ^^^"),
            ("eta <= ", "found the end", "       ^"),
            ("eta = 3", "use \"==\"", "    ^"),
            ("eta**2 <= 1", "use \"^\"", "   ^^"),
            ("(eta + 1 <= 2", "expected an operator or \")\"", "         ^^"),
            ("((eta) <= 2", "expected an operator or \")\"", "       ^^"),
            ("2 <= (eta", "never closed", "     ^"),
            ("eta) <= 2", "closes nothing", "   ^"),
            ("eta, 1 <= 2", "outside a function's arguments", "   ^"),
            ("abs(eta, 1) <= 2", "takes one argument, found 2", "^^^"),
            ("max(eta) <= 2", "two or more arguments", "^^^"),
            ("abs <= 2", "is a function", "^^^"),
            ("eta(2) <= 2", "no function", "^^^"),
            ("eta + 2", "expected a comparison", "       ^"),
            ("", "found the end", "^"),
            ("eta ! 2 <= 0", "unexpected character \"!\"", "    ^"),
            ("eta <= 1e999", "beyond binary64", "       ^^^^^"),
            ("eta <= 1e-999", "beyond binary64", "       ^^^^^^"),
            ("eta <= .", "no number", "       ^"),
            ("eta <= * 2", "found \"*\"", "       ^"),
            ("eta <=\t2 $", "unexpected character", "         ^"),
        ] {
            let error = parse(text).expect_err(text).to_string();
            let lines: Vec<&str> = error.lines().collect();
            assert_eq!(lines.len(), 3, "{error}");
            assert!(lines[0].contains(message), "{text}: {error}");
            assert_eq!(lines[2], format!("  {mark}"), "{text}: {error}");
            assert_eq!(lines[1].replace(['\t', ' '], ""), text.replace(['\t', ' '], ""));
        }
    }

    #[test]
    fn hostile_lengths_and_depths_are_refused() {
        for deep in ["(".repeat(900), "-".repeat(900), "2^".repeat(900), "abs(".repeat(400)] {
            let error = parse(&deep).expect_err("too deep").to_string();
            assert!(error.contains("nested more than 64 deep"), "{}", error.lines().next().unwrap_or(""));
        }
        assert!(parse(&"+".repeat(2001)).expect_err("too long").to_string().contains("2001 characters"));
        // Long, but flat.
        let flat = format!("{} 0 <= 1", "eta + ".repeat(300));
        assert!(parse(&flat).is_ok());
    }
}
