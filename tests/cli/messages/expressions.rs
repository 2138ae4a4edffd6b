//! Expressions that are none: what is wrong, the text, and a mark under the character.

use super::{Row, row};

pub fn rows() -> Vec<Row> {
    let of = |text: &str, message: &str| row(&format!("conjecture '{text}'"), message);
    vec![
        of("dlamda >= eta*dmu", "unknown word \"dlamda\"; did you mean \"dlambda\"?\n  dlamda >= eta*dmu\n  ^^^^^^"),
        of("η <= 1", "unknown word \"η\"\n  η <= 1\n  ^"),
        of("ln(L) <= 0", "unknown function \"ln\"; did you mean \"log\"?\n  ln(L) <= 0\n  ^^"),
        of("abz(L) <= 0", "unknown function \"abz\"; did you mean \"abs\"?\n  abz(L) <= 0\n  ^^^"),
        of("eta", "expected a comparison: <=, >=, <, > or == and a right side\n  eta\n     ^"),
        of("", "expected a number, a word or \"(\", found the end\n  \n  ^"),
        of("eta <= ", "expected a number, a word or \"(\", found the end\n  eta <= \n         ^"),
        of("eta <= * 2", "expected a number, a word or \"(\", found \"*\"\n  eta <= * 2\n         ^"),
        of("2 eta <= 0", "expected an operator before \"eta\"\n  2 eta <= 0\n    ^^^"),
        of("eta 2 <= 0", "expected an operator before a number\n  eta 2 <= 0\n      ^"),
        of("eta*(dmu <= 1", "expected an operator or \")\", found \"<=\"\n  eta*(dmu <= 1\n           ^^"),
        of("abs(eta 2) <= 1", "expected an operator or \")\", found a number\n  abs(eta 2) <= 1\n          ^"),
        of("2 <= (eta", "this \"(\" is never closed\n  2 <= (eta\n       ^"),
        of("eta) <= 2", "\")\" closes nothing\n  eta) <= 2\n     ^"),
        of("eta, 1 <= 2", "\",\" stands outside a function's arguments\n  eta, 1 <= 2\n     ^"),
        of("abs(eta, 1) <= 2", "abs takes one argument, found 2\n  abs(eta, 1) <= 2\n  ^^^"),
        of("max(eta) <= 2", "max takes two or more arguments, found one\n  max(eta) <= 2\n  ^^^"),
        of("abs <= 2", "abs is a function: expected \"(\" after it\n  abs <= 2\n  ^^^"),
        of("eta(2) <= 2", "eta is a word and no function; for a product write eta*(…)\n  eta(2) <= 2\n  ^^^"),
        of("eta = 3", "\"=\" compares nothing; use \"==\", \"<=\" or \">=\"\n  eta = 3\n      ^"),
        of("eta**2 <= 1", "\"**\" is no operator; use \"^\" for powers\n  eta**2 <= 1\n     ^^"),
        of("eta ! 2 <= 0", "unexpected character \"!\"\n  eta ! 2 <= 0\n      ^"),
        of("eta <=\t2 $", "unexpected character \"$\"\n  eta <= 2 $\n           ^"),
        of("eta <= 1e999", "1e999 is beyond binary64\n  eta <= 1e999\n         ^^^^^"),
        of("eta <= 1e-999", "1e-999 is beyond binary64\n  eta <= 1e-999\n         ^^^^^^"),
        of("eta <= .", "\".\" is no number\n  eta <= .\n         ^"),
        of(
            &"(".repeat(65),
            "nested more than 64 deep\n  (((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((\n                                                                  ^",
        ),
        of(&"+".repeat(2001), "an expression of 2001 characters, more than 2000"),
        of("0 < J0 < 1", "a conjecture is one comparison; conditions are given apart\n  0 < J0 < 1\n         ^"),
        row(
            "conjecture 'J0 <= 1' --given 'J0 == 0.5'",
            "--given: an equality is next to never met; ask for a band, such as abs(J0 - 0.5) <= 1e-3\n  J0 == 0.5\n     ^^",
        ),
        row(
            "conjecture 'J0 <= 1' --given 'JO >= 0.5'",
            "--given: unknown word \"JO\"; did you mean \"J0\"?\n  JO >= 0.5\n  ^^",
        ),
    ]
}
