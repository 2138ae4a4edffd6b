//! Damaged logs: rows that are whole are used, what is not is named, and half a number is never a value.

use super::cuts::values;
use super::logs::{FORMATS, Format, Logged};
use gradient_gap::Error;
use gradient_gap::diagnose::{Diagnosis, Kind, Options};

/// A small run. Every number has several digits, so that a piece of one is another number.
pub fn run() -> Vec<Logged> {
    let row = |step, rate, grad_norm, learning_rate, length| Logged {
        step,
        rate: Some(rate),
        grad_norm: Some(grad_norm),
        learning_rate: Some(learning_rate),
        length: Some(length),
    };
    vec![
        row(11, 0.312, 0.875, 1.25e-6, 101.5),
        row(12, 0.437, 0.625, 1.75e-6, 112.25),
        row(13, 0.562, 12.375, 2.25e-5, 123.75),
    ]
}

pub fn read(text: impl AsRef<[u8]>) -> Result<Diagnosis, Error> {
    Diagnosis::read("run.log", text.as_ref(), &Options::default())
}

/// What a log says, in one line: the error, or step:J of every row and what was skipped.
pub fn told(text: impl AsRef<[u8]>) -> String {
    match read(text) {
        Err(error) => error.to_string(),
        Ok(diagnosis) => {
            assert_eq!(diagnosis.len(), diagnosis.rows().count());
            let rows: Vec<String> = diagnosis.rows().map(|row| format!("{}:{}", row.step, row.success_rate)).collect();
            let skips: Vec<String> = diagnosis.skipped.iter().map(|one| format!("{}: {}", one.line, one.reason)).collect();
            [rows.join(" "), skips.join("; ")].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" | ")
        }
    }
}

/// All outcomes of a table of (what, text, outcome) at once.
pub fn outcomes<T: AsRef<[u8]>>(table: &[(&str, T, &str)]) {
    let wrong: Vec<String> = table
        .iter()
        .map(|(what, text, expected)| (what, expected, told(text)))
        .filter(|(_, expected, found)| *expected != found)
        .map(|(what, expected, found)| format!("{what}\n  expected {expected}\n  found    {found}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Rows of JSON, one a line.
pub fn lines(rows: &[&str]) -> String {
    rows.iter().map(|row| format!("{{{row}}}\n")).collect()
}

#[test]
fn values_that_are_no_numbers() {
    let with = |second: &str| lines(&["\"step\":1,\"J\":0.25", second, "\"step\":3,\"J\":0.75"]);
    outcomes(&[
        ("control", with("\"step\":2,\"J\":0.5"), "1:0.25 2:0.5 3:0.75"),
        ("NaN", with("\"step\":2,\"J\":NaN"), "1:0.25 2:NaN 3:0.75 | 2: J is NaN, no finite number"),
        ("nan", with("\"step\":2,\"J\":nan"), "1:0.25 2:NaN 3:0.75 | 2: J is NaN, no finite number"),
        ("Infinity", with("\"step\":2,\"J\":Infinity"), "1:0.25 2:NaN 3:0.75 | 2: J is inf, no finite number"),
        ("-Infinity", with("\"step\":2,\"J\":-Infinity"), "1:0.25 2:NaN 3:0.75 | 2: J is -inf, no finite number"),
        ("too large", with("\"step\":2,\"J\":1e999"), "1:0.25 2:NaN 3:0.75 | 2: J is inf, no finite number"),
        ("text", with("\"step\":2,\"J\":\"much\""), "1:0.25 2:NaN 3:0.75 | 2: J is no number"),
        ("a list", with("\"step\":2,\"J\":[0.5,0.5]"), "1:0.25 2:NaN 3:0.75 | 2: J is no number"),
        (
            "null",
            with("\"step\":2,\"J\":null"),
            "1:0.25 3:0.75 | 2: no value of a training step (an evaluation or a summary)",
        ),
        ("in quotes", with("\"step\":\"2\",\"J\":\"0.5\""), "1:0.25 2:0.5 3:0.75"),
        ("a call", with("\"step\":np.int64(2),\"J\":np.float64(0.5)"), "1:0.25 2:0.5 3:0.75"),
        ("twice in a row", with("\"step\":2,\"J\":0.125,\"J\":0.5"), "1:0.25 2:0.5 3:0.75"),
        (
            "only one is a number",
            lines(&["\"step\":1,\"J\":NaN", "\"step\":2,\"J\":0.5", "\"step\":3,\"J\":null"]),
            "1:NaN 2:0.5 | 1: J is NaN, no finite number; 3: no value of a training step (an evaluation or a summary)",
        ),
        (
            "none is a number",
            lines(&["\"step\":1,\"J\":NaN", "\"step\":2,\"J\":\"\""]),
            "run.log: no success rate: trl calls it rewards/*correct*/mean or rewards/*accura*/mean or rewards/*solve*/mean or \
             rewards/*correct* or rewards/*accura* or rewards/*solve* or rewards/*/mean or rewards/* or reward; the log has only step. \
             Name it by --success-key",
        ),
    ]);
}

#[test]
fn steps_that_are_no_counts() {
    let with =
        |step: &str| lines(&["\"step\":1,\"J\":0.25", &format!("\"step\":{step},\"J\":0.5"), "\"step\":3,\"J\":0.75"]);
    let table = [
        ("2.0", "1:0.25 2:0.5 3:0.75"),
        ("\"2\"", "1:0.25 2:0.5 3:0.75"),
        ("2e0", "1:0.25 2:0.5 3:0.75"),
        ("0", "0:0.5 1:0.25 3:0.75"),
        ("2.5", "1:0.25 3:0.75 | 2: step 2.5 is no natural number"),
        ("-2", "1:0.25 3:0.75 | 2: step -2 is no natural number"),
        ("\"two\"", "1:0.25 3:0.75 | 2: step is no number; 2: no step"),
        ("null", "1:0.25 3:0.75 | 2: no step"),
        ("NaN", "1:0.25 3:0.75 | 2: step is NaN, no finite number; 2: no step"),
        ("9007199254740991", "1:0.25 3:0.75 9007199254740991:0.5"),
        ("9007199254740992", "1:0.25 3:0.75 | 2: step 9007199254740992 is no natural number"),
        ("18446744073709551616", "1:0.25 3:0.75 | 2: step 18446744073709552000 is no natural number"),
        ("1e999", "1:0.25 3:0.75 | 2: step is inf, no finite number; 2: no step"),
    ];
    for (step, expected) in table {
        assert_eq!(told(with(step)), expected, "{step}");
    }
}

#[test]
fn repeated_and_missing_steps() {
    let log = |rows: &[(u64, f64)]| {
        rows.iter().map(|(step, rate)| format!("{{\"step\":{step},\"J\":{rate}}}\n")).collect::<String>()
    };
    outcomes(&[
        ("identical", log(&[(1, 0.25), (2, 0.5), (2, 0.5)]), "1:0.25 2:0.5 | 2: step 2 is given again in line 3"),
        (
            "conflicting: the last one",
            log(&[(1, 0.25), (2, 0.5), (2, 0.625)]),
            "1:0.25 2:0.625 | 2: step 2 is given again in line 3",
        ),
        (
            "a resumed run",
            log(&[(1, 0.25), (2, 0.5), (3, 0.125), (2, 0.375), (3, 0.5), (4, 0.75)]),
            "1:0.25 2:0.375 3:0.5 4:0.75 | 2: step 2 is given again in line 4; 3: step 3 is given again in line 5",
        ),
        (
            "three times",
            log(&[(1, 0.25), (1, 0.5), (1, 0.75)]),
            "1:0.75 | 1: step 1 is given again in line 2; 2: step 1 is given again in line 3",
        ),
        ("steps left out", log(&[(1, 0.25), (5, 0.5), (1000, 0.75)]), "1:0.25 5:0.5 1000:0.75"),
        ("out of order", log(&[(3, 0.75), (1, 0.25), (2, 0.5)]), "1:0.25 2:0.5 3:0.75"),
        ("backwards", log(&[(3, 0.75), (2, 0.5), (1, 0.25)]), "1:0.25 2:0.5 3:0.75"),
    ]);
    // Two rows that say different things of a step are one.
    let pieces =
        lines(&["\"step\":1,\"J\":0.25", "\"step\":1,\"grad_norm\":0.5", "\"step\":2,\"J\":0.5,\"grad_norm\":0.75"]);
    let found = read(pieces).unwrap();
    assert!(found.skipped.is_empty() && found.len() == 2);
    assert_eq!(values(&found)[0][1..3], [0.25, 0.5]);
    // What is missing is named.
    let found =
        read(lines(&["\"step\":1,\"J\":0.25,\"lr\":1e-6", "\"step\":2,\"J\":0.5", "\"step\":3,\"J\":0.5,\"lr\":1e-6"]))
            .unwrap();
    assert_eq!((found.lacking, found.incomplete[0].step, &found.incomplete[0].missing[..]), (1, 2, &["lr".to_string()][..]));
}

#[test]
fn units_of_rewards() {
    let log = |rates: &[&str]| {
        let row = |(i, rate): (usize, &&str)| format!("{{\"step\":{},\"J\":{rate}}}\n", i + 1);
        rates.iter().enumerate().map(row).collect::<String>()
    };
    outcomes(&[
        ("per cent", log(&["25", "50", "75.0"]), "1:0.25 2:0.5 3:0.75"),
        ("-1..1", log(&["-0.5", "0", "0.5"]), "1:0.25 2:0.5 3:0.75"),
        ("rounded", log(&["-0.0000001", "0.5", "1.0000001"]), "1:0 2:0.5 3:1"),
        ("a % sign", log(&["\"25%\"", "0.5"]), "1:NaN 2:0.5 | 1: J is no number"),
        (
            "no usual range",
            log(&["1e5", "2e5"]),
            "run.log: J: its values fit no usual range of rewards (as 0..1, -1..1 or 0..2); give --reward-range LOW..HIGH",
        ),
        ("all 0", log(&["0", "0.0", "-0.0"]), "1:0 2:0 3:0"),
        ("all 1", log(&["1", "1.0", "1"]), "1:1 2:1 3:1"),
        ("one row", log(&["0.5"]), "1:0.5"),
    ]);
    // One value in a hundred may be anything; it is not used.
    let mut rates = vec!["0.5"; 200];
    rates[17] = "37.5";
    assert!(told(log(&rates)).ends_with("200:0.5 | 18: J = 37.5 is outside the reward range"));
    let given = |range| Options { reward_range: Some(range), ..Options::default() };
    let outside = Diagnosis::read("run.log", log(&["25", "50"]).as_bytes(), &given([0.0, 1.0])).unwrap_err();
    assert_eq!(outside.to_string(), "run.log: no usable value of J: none that has a step is from 0 to 1");
    let extreme = Diagnosis::read("run.log", log(&["1e308", "-1e308"]).as_bytes(), &given([0.0, 1e308])).unwrap();
    assert_eq!(values(&extreme)[0][1], 1.0);
    assert_eq!(extreme.skipped.len(), 1);
}

#[test]
fn extreme_runs_have_ends() {
    let run = |rate: &str, count: usize| {
        let row = |i| format!("{{\"step\":{i},\"J\":{rate},\"grad_norm\":0,\"lr\":1e-6,\"mean_length\":0}}\n");
        read((1..=count).map(row).collect::<String>()).unwrap()
    };
    let (none, all, one) = (run("0", 50), run("1", 50), run("0.5", 1));
    assert_eq!((none.course.log_odds, all.course.log_odds), ([f64::NEG_INFINITY; 2], [f64::INFINITY; 2]));
    assert_eq!((one.course.steps, one.course.rows, one.course.success_rate), ([1, 1], 1, [0.5; 2]));
    assert!(none.rows().all(|row| row.gap.is_nan() && row.cumulative_gap == 0.0));
    assert!(one.rows().all(|row| row.gap == 0.0));
}

#[test]
fn files_that_are_no_logs() {
    let utf_16: Vec<u8> = "\u{feff}{\"step\":1}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let utf_16_be: Vec<u8> = "\u{feff}{\"step\":1}".encode_utf16().flat_map(u16::to_be_bytes).collect();
    let all: Vec<u8> = (0..=255).collect();
    outcomes(&[
        ("empty", &b""[..], "run.log: is empty"),
        ("blanks", b" \n\t\r\n  ", "run.log: begins with nothing but blanks"),
        ("many blanks", &[b'\n'; 100_000], "run.log: begins with nothing but blanks"),
        ("a byte order mark", b"\xef\xbb\xbf", "run.log: no row of a training log in it"),
        ("gzip", b"\x1f\x8b\x08\x00\x00", "run.log: is compressed (gzip); unpack it first"),
        ("zip", b"PK\x03\x04rest", "run.log: is compressed (zip); unpack it first"),
        ("Parquet", b"PAR1rest", "run.log: is a Parquet file; write it as CSV first"),
        ("UTF-16", &utf_16, "run.log: is UTF-16; write it as UTF-8 first"),
        ("UTF-16, the other order", &utf_16_be, "run.log: is UTF-16; write it as UTF-8 first"),
        ("all bytes", &all, "run.log: is no text: it has bytes that are 0"),
        ("no zeros", &all[1..], "run.log: no row of a training log in it"),
        ("prose", b"It was a dark and stormy night; the rain fell.\n", "run.log: no row of a training log in it"),
        ("an empty list", b"[]", "run.log: no row of a training log in it"),
        ("an empty object", b"{}", "run.log: no row of a training log in it"),
        ("a number", b"17", "run.log: no row of a training log in it"),
        ("lists of lists", b"[[[[1]]]]", "run.log: no row of a training log in it"),
        ("one brace", b"{", "run.log: no row of a training log in it; line 1: cut short"),
        ("one bracket", b"[", "run.log: no row of a training log in it; line 1: cut short"),
        (
            "evaluations only",
            b"{\"step\":1,\"eval_reward\":0.5}\n{\"step\":2,\"eval_reward\":0.5}\n",
            "run.log: no row of a training log in it; line 1: no value of a training step (an evaluation or a summary)",
        ),
        (
            "no success value",
            b"{\"step\":1,\"actor/grad_norm\":0.5,\"actor/lr\":1e-6}\n",
            "run.log: no success rate: verl calls it critic/score/mean or critic/rewards/mean; the log has only step, \
             actor/grad_norm, actor/lr. Name it by --success-key",
        ),
    ]);
    let asked = Options { success_key: Some("acuracy".into()), ..Options::default() };
    let error = Diagnosis::read("run.log", &b"{\"step\":1,\"accuracy\":0.5}"[..], &asked).unwrap_err().to_string();
    assert_eq!(error, "run.log: --success-key acuracy: no row has a number under this name; did you mean \"accuracy\"?");
}

#[test]
fn ends_of_lines_and_marks() {
    for format in FORMATS {
        let log = format.log(&run());
        let plain = told(&log);
        assert_eq!(told(log.replace('\n', "\r\n")), plain, "{format:?}");
        assert_eq!(told(format!("\u{feff}{log}")), plain, "{format:?}");
        assert_eq!(told(log.replace('\n', "  \n")), plain, "{format:?}");
    }
    let bar = "\r  0%|          | 0/3\r 33%|###       | 1/3 [00:01<00:02]";
    for format in [Format::Console, Format::Verl, Format::OpenRlhf] {
        let log: String = format.log(&run()).lines().map(|line| format!("{bar}{line}\n{bar}\n\n")).collect();
        assert_eq!(told(log), told(format.log(&run())), "{format:?}");
    }
    // Two rows on one line, as a bar or a second process leaves them.
    for between in ["", "\r", bar, " INFO "] {
        let log = format!("{{\"step\":1,\"J\":0.25}}{between}{{\"step\":2,\"J\":0.5}}\n{{\"step\":3,\"J\":0.75}}\n");
        assert_eq!(told(log), "1:0.25 2:0.5 3:0.75", "{between:?}");
    }
}

/// A process dies within a line and another one goes on there.
#[test]
fn a_row_begins_within_another() {
    let row =
        |step: u64, rate: &str| format!("step:{step} - critic/score/mean:{rate} - actor/grad_norm:0.5 - timing_s/step:3");
    let (first, second) = (row(1, "0.25"), row(2, "0.5"));
    assert_eq!(told(format!("{first}\n{second}\n")), "1:0.25 2:0.5");
    let expected = "2:0.5 3:0.75 | 1: cut short";
    for cut in 9..first.len() {
        // Within the first name nothing tells `x/` and `step:2` from the time of a step.
        if !(10..28).contains(&cut) {
            let joined = format!("{}{second}\n{}\n", &first[..cut], row(3, "0.75"));
            assert_eq!(told(&joined), expected, "{joined}");
        }
        let joined = format!("{}\x1b[36m(TaskRunner pid=1)\x1b[0m {second}\n{}\n", &first[..cut], row(3, "0.75"));
        assert_eq!(told(&joined), expected, "{joined}");
    }
    let (first, second) = ("{\"step\":1,\"J\":0.25}", "{\"step\":2,\"J\":0.5}\n{\"step\":3,\"J\":0.75}\n");
    for cut in 2..first.len() {
        let found = told(format!("{}{second}", &first[..cut]));
        assert!(found.starts_with("3:0.75 | 1: ") || found.starts_with("2:0.5 3:0.75 | 1: "), "{cut}: {found}");
    }
}

#[test]
fn bytes_that_are_no_text() {
    outcomes(&[
        (
            "invalid UTF-8 in a string",
            &b"{\"step\":1,\"J\":0.25,\"note\":\"\xff\xfe\x80\"}\n{\"step\":2,\"J\":0.5}\n"[..],
            "1:0.25 2:0.5",
        ),
        ("in a name", b"{\"step\":1,\"J\xff\":0.75,\"J\":0.25}\n", "1:0.25"),
        ("in a number", b"{\"step\":1,\"J\":0.\xff5}\n{\"step\":2,\"J\":0.5}\n", "2:0.5 | 1: damaged: unexpected 'ÿ'"),
        ("between lines", b"{\"step\":1,\"J\":0.25}\n\xc3\x28\xff\xff\n{\"step\":2,\"J\":0.5}\n", "1:0.25 2:0.5"),
        ("in console words", b"\xffstep:1 - critic/score/mean:0.25\n", "1:0.25"),
        ("in a field", b"step,J\n1,0.25\n2,\xff\n", "1:0.25 2:NaN | 3: J is no number"),
    ]);
    // Behind the beginning a zero is damage of its line only.
    let mut log: Vec<u8> = (1..=9_000).flat_map(|i| format!("{i},0.5\n").into_bytes()).collect();
    log.splice(0..0, b"step,J\n".iter().copied());
    log.extend_from_slice(b"9001,0.5\x00\n9002,0.5\n");
    let found = read(&log).unwrap();
    assert_eq!((found.len(), found.skipped.len(), found.skipped[0].line), (9_002, 1, 9_002));
}

#[test]
fn quotes_braces_and_depth() {
    let between = |middle: &str| format!("{{\"step\":1,\"J\":0.25}}\n{middle}\n{{\"step\":3,\"J\":0.75}}\n");
    let deep = |open: &str, close: &str, depth| {
        format!("{{\"step\":2,\"x\":{}1{},\"J\":0.5}}", open.repeat(depth), close.repeat(depth))
    };
    let table = [
        ("{\"step\":2,\"J\":0.5".into(), "1:0.25 3:0.75 | 2: cut short"),
        ("{\"step\":2,\"J:0.5}".into(), "1:0.25 3:0.75 | 2: cut short"),
        ("{\"step\":2,\"J\":\"0.5}".into(), "1:0.25 3:0.75 | 2: cut short"),
        ("{\"step\":2,J\":0.5}".into(), "1:0.25 3:0.75 | 2: damaged: unexpected 'J'"),
        ("{\"step\":2,\"J\":0.5]".into(), "1:0.25 3:0.75 | 2: damaged: unexpected ']'"),
        ("{\"step\":2 \"J\":0.5}".into(), "1:0.25 3:0.75 | 2: damaged: unexpected '\"'"),
        ("{\"step\":2,\"J\":0.5}}".into(), "1:0.25 2:0.5 3:0.75"),
        ("{\"step\":2,\"J\":0.5,}".into(), "1:0.25 2:0.5 3:0.75"),
        ("\"step\":2,\"J\":0.5}".into(), "1:0.25 3:0.75"),
        ("Loaded {'a': 1} and {b".into(), "1:0.25 3:0.75"),
        (deep("[", "]", 60), "1:0.25 2:0.5 3:0.75"),
        (deep("[", "]", 100_000), "1:0.25 3:0.75 | 2: nested too deeply"),
        (deep("{\"y\":", "}", 60), "1:0.25 2:0.5 3:0.75"),
        (deep("{\"y\":", "}", 100_000), "1:0.25 3:0.75 | 2: nested too deeply"),
        (deep("f(", ")", 100_000), "1:0.25 3:0.75 | 2: nested too deeply"),
        ("{".repeat(1_000_000), "1:0.25 3:0.75"),
        ("{\"".repeat(1_000_000), "1:0.25 3:0.75 | 2: damaged: unexpected '{'"),
    ];
    for (middle, expected) in table {
        assert_eq!(told(between(&middle)), expected, "{:.60}", middle);
    }
    // In a document rows go on at the next line that begins with a brace.
    let document = "[\n{\"step\":1,\"J\":0.25},\n{\"step\":2,\"J\":0.5,,},\n{\"step\":3,\"J\":0.75}\n]\n";
    assert_eq!(told(document), "1:0.25 3:0.75 | 3: damaged: unexpected ','");
    assert_eq!(told(document.replace(",,", ",")), "1:0.25 2:0.5 3:0.75");
}

#[test]
fn separated_values() {
    outcomes(&[
        ("control", "step,J\n1,0.25\n2,0.5\n", "1:0.25 2:0.5"),
        ("semicolons", "step;J\n1;0.25\n2;0.5\n", "1:0.25 2:0.5"),
        ("tabs", "step\tJ\n1\t0.25\n2\t0.5\n", "1:0.25 2:0.5"),
        ("blanks", " step , J \n 1 , 0.25 \n2 ,0.5\n", "1:0.25 2:0.5"),
        ("quotes", "\"step\",\"J\"\n\"1\",\"0.25\"\n2,\"0.5\"\n", "1:0.25 2:0.5"),
        ("a comma in quotes", "note,step,J\n\"a, b\",1,0.25\n\"say \"\"c\"\"\",2,0.5\n", "1:0.25 2:0.5"),
        ("an object in quotes", "step,J,note\n1,0.25,\"{\"\"a\"\":1}\"\n2,0.5,\n", "1:0.25 2:0.5"),
        ("an open quote", "step,J\n1,0.25\n2,\"0.5\n3,0.75\n", "1:0.25 3:0.75 | 3: cut short"),
        ("a unit", "step,critic/score/mean,actor/lr(1e-4)\n1,0.25,0.01\n2,0.5,0.01\n", "1:0.25 2:0.5"),
        ("missing fields", "step,J,lr\n1,0.25,1e-6\n2,0.5\n3,,1e-6\n4,0.75,\n", "1:0.25 3:NaN 4:0.75 | 3: cut short"),
        ("extra fields", "step,J\n1,0.25,7,8\n2,0.5\n", "1:0.25 2:0.5"),
        ("empty lines", "\nstep,J\n\n1,0.25\n\n\n2,0.5\n\n", "1:0.25 2:0.5"),
        ("header only", "step,J\n", "run.log: no row of a training log in it"),
        ("no header", "1,0.25\n2,0.5\n", "run.log: no row of a training log in it"),
        ("header again", "step,J\n1,0.25\nstep,J\n2,0.5\n", "1:0.25 2:0.5"),
        ("header again, in another order", "step,J,lr\n1,0.25,1e-6\nJ,lr,step\n0.5,1e-6,2\n", "1:0.25 2:0.5"),
        ("a comment before", "# made by hand\nstep,J\n1,0.25\n", "1:0.25"),
        ("decimal commas", "step;J\n1;0,25\n2;0.5\n", "1:NaN 2:0.5 | 2: J is no number"),
        ("no end of line", "step,J\n1,0.25\n2,0.5", "1:0.25 2:NaN | 3: J is the last value of a line that is cut short"),
        (
            "no end of line, the step last",
            "J,step\n0.25,11\n0.5,1",
            "11:0.25 | 3: step is the last value of a line that is cut short; 3: no step",
        ),
        ("the step twice", "step,step,J\n1,2,0.25\n", "2:0.25"),
        ("words with commas before", "Columns: prompt, reward, lr\n{'reward': 0.25}\n{'reward': 0.5}\n", "1:0.25 2:0.5"),
        ("and before steps", "Columns: prompt, reward, lr\nstep:4 - critic/score/mean:0.25\n", "4:0.25"),
    ]);
}

#[test]
fn gradients_and_rates() {
    let log = |norm: &str, rate: &str| {
        let row = |i, norm: &str| format!("{{\"step\":{i},\"J\":0.5,\"grad_norm\":{norm},\"lr\":{rate}}}\n");
        row(1, "0.5") + &row(2, norm) + &row(3, "0.5")
    };
    outcomes(&[
        ("negative", log("-1", "1e-6"), "1:0.5 2:0.5 3:0.5 | 2: grad_norm = -1 is negative"),
        ("infinite", log("inf", "1e-6"), "1:0.5 2:0.5 3:0.5 | 2: grad_norm is inf, no finite number"),
        ("zero", log("0", "1e-6"), "1:0.5 2:0.5 3:0.5"),
        ("the largest", log("1.7976931348623157e308", "1e-6"), "1:0.5 2:0.5 3:0.5"),
    ]);
    let of = |norm: &str, rate: &str| read(log(norm, rate)).unwrap();
    assert_eq!(values(&of("0", "1e-6"))[1][2], 0.0);
    assert!(values(&of("inf", "1e-6"))[1][2].is_nan());
    let said = |found: &Diagnosis, words: &str| found.findings.iter().any(|finding| finding.message.contains(words));
    // Written with too few digits: as if it were not there.
    let zero = of("0.5", "0.000");
    assert!(said(&zero, "it is 0 in every row") && zero.rows().all(|row| row.learning_rate.is_nan()));
    assert_eq!(zero.rows().last().unwrap().cumulative_gap, 3.0);
    assert!(!said(&of("0.5", "1e-6"), "it is 0 in every row"));
    // Subnormal rates, and rates whose products overflow, leave finite sums.
    for rate in ["5e-324", "1e308"] {
        let found = of("1e300", rate);
        assert!(found.rows().all(|row| row.cumulative_gap.is_finite()), "{rate}");
    }
    let found = read("step:1 - critic/score/mean:0.5 - actor/lr(1e300):1e300 - x:1\n").unwrap();
    assert_eq!(
        found.skipped.iter().map(|one| one.reason.to_string()).collect::<Vec<_>>(),
        ["actor/lr is inf, no finite number"]
    );
}

/// The step of a gradient that is no number is that of its own row.
#[test]
fn where_a_gradient_breaks() {
    let row = |step: u64, norm: &str| format!("{{\"step\":{step},\"J\":0.5,\"grad_norm\":{norm}}}");
    let first = |rows: &[String], joint: &str, ends: [&str; 2]| {
        let found = read(format!("{}{}{}", ends[0], rows.join(joint), ends[1])).unwrap();
        let broken = found.findings.iter().find(|finding| finding.kind == Kind::NonFiniteGradient);
        broken.and_then(|finding| finding.first_step)
    };
    let orders = [vec![1, 2, 3, 4], vec![4, 3, 2, 1], vec![1, 2, 4, 1, 2, 3, 4], vec![3, 1, 4, 2]];
    for order in orders {
        let rows: Vec<String> = order.iter().map(|step| row(*step, if *step == 3 { "NaN" } else { "0.5" })).collect();
        for (joint, ends) in [("\n", ["", "\n"]), (",", ["[", "]"]), (",\n", ["[\n", "\n]"])] {
            assert_eq!(first(&rows, joint, ends), Some(3), "{order:?} {joint:?}");
        }
    }
    assert_eq!(first(&[row(1, "0.5"), row(2, "0.5")], "\n", ["", ""]), None);
}

/// Samples in a row's lists are no rows, however long the first line is; a trainer's state has rows in a list.
#[test]
fn rows_with_samples() {
    for count in [0, 10, 10_000] {
        let samples = "{\"reward\":1.0},".repeat(count);
        let row = |step, rate| format!("{{\"step\":{step},\"samples\":[{samples}{{\"reward\":NaN}}],\"reward\":{rate}}}\n");
        assert_eq!(told(row(1, "0.25") + &row(2, "0.5")), "1:0.25 2:0.5", "{count}");
    }
    let state = |own: &str| format!("{{\"global_step\":7,\"log_history\":[{{\"step\":7,\"reward\":0.25}}]{own}}}\n");
    assert_eq!(told(state("")), "7:0.25");
    assert_eq!(told(state(",\"reward\":0.5")), "7:0.5");
}

/// A first line that is cut short makes no document of a console.
#[test]
fn a_console_begins_with_half_a_row() {
    let row = "{'reward': '0.25', 'epoch': 0.1}";
    for cut in 2..row.len() {
        for next in ["INFO saved\n", "step\n", "", "{'loss': 1}\n"] {
            let found = told(format!("{}\n{next}{row}\n{{'reward': 0.5}}\n", &row[..cut]));
            assert_eq!(found, "1:0.25 2:0.5 | 1: cut short", "{cut} {next:?}");
        }
    }
}

#[test]
fn names_do_not_disturb_the_terminal() {
    let log = "[{\"step\":1,\"rewards/\x1b[2J\":0.5,\"rewards/\u{202e}x\":0.5,\"reward\":0.5}]";
    assert_eq!(read(log).unwrap().success_key.value, "reward");
}
