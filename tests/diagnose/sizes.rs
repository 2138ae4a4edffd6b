//! Long lines, many names, hostile repetitions, readers that fail.

use super::cuts::values;
use super::damage::{read, told};
use gradient_gap::diagnose::{Diagnosis, Options, Shape};
use std::io::Read;

/// Bytes that are made on the way.
struct Made<F> {
    next: F,
    buffer: Vec<u8>,
    at: usize,
}

fn made<F: FnMut() -> Option<Vec<u8>>>(next: F) -> Made<F> {
    Made { next, buffer: Vec::new(), at: 0 }
}

impl<F: FnMut() -> Option<Vec<u8>>> Read for Made<F> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        while self.at == self.buffer.len() {
            let Some(next) = (self.next)() else { return Ok(0) };
            (self.buffer, self.at) = (next, 0);
        }
        let count = (self.buffer.len() - self.at).min(into.len());
        into[..count].copy_from_slice(&self.buffer[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}

#[test]
fn very_long_lines() {
    // Rows go on behind a line of 17 MiB, which is named.
    let long = |piece: &'static [u8], count: usize, before: &'static str, after: &'static str| {
        let mut pieces = (0..count + 2).map(move |i| match i {
            0 => before.as_bytes().to_vec(),
            i if i <= count => piece.to_vec(),
            _ => after.as_bytes().to_vec(),
        });
        Diagnosis::read("run.log", made(move || pieces.next()), &Options::default())
    };
    const PIECE: &[u8] = &[b'x'; 1 << 16];
    let lines =
        long(PIECE, 17 * 16, "{\"step\":1,\"J\":0.25}\n{\"step\":2,\"x\":\"", "\"}\n{\"step\":3,\"J\":0.75}\n").unwrap();
    assert_eq!(values(&lines).iter().map(|row| row[..2].to_vec()).collect::<Vec<_>>(), [[1.0, 0.25], [3.0, 0.75]]);
    assert_eq!(
        lines.skipped.iter().map(|one| format!("{}: {}", one.line, one.reason)).collect::<Vec<_>>(),
        ["2: longer than 16 MiB"]
    );
    // A document has no such limit.
    let document =
        long(PIECE, 17 * 16, "{\"log_history\":[{\"step\":1,\"J\":0.25,\"x\":\"", "\"},{\"step\":2,\"J\":0.5}]}").unwrap();
    assert_eq!((document.len(), document.skipped.len(), &document.shapes[..]), (2, 0, &[Shape::Document][..]));
    // A hundred thousand rows on one line.
    let count = if super::long::long() { 1_000_000 } else { 100_000 };
    let mut step = 0;
    let rows = made(move || {
        step += 1;
        match step {
            1 => Some(b"[{\"step\":1,\"J\":0.5}".to_vec()),
            _ if step <= count => Some(format!(",{{\"step\":{step},\"J\":0.5}}").into_bytes()),
            _ if step == count + 1 => Some(b"]".to_vec()),
            _ => None,
        }
    });
    assert_eq!(Diagnosis::read("run.log", rows, &Options::default()).unwrap().len(), count);
}

#[test]
fn many_names() {
    // Whatever else a row has, the values under known names are found, first or last.
    let junk: String = (0..1_000_000).map(|i| format!("\"x{i}\":1,")).collect();
    let rewards: String = (0..1_000).map(|i| format!("\"rewards/x{i}/std\":0.5,")).collect();
    for many in [&junk[..if super::long::long() { junk.len() } else { 2_000_000 }.min(junk.len())], &rewards] {
        let many = &many[..=many.rfind(',').unwrap()];
        for log in [
            format!("{{\"step\":7,\"rewards/is_correct/mean\":0.25,\"grad_norm\":0.5,{many}\"z\":1}}\n"),
            format!("{{{many}\"step\":7,\"reward\":0.25,\"grad_norm\":0.5}}\n"),
            format!("{{\n{many}\"step\":7,\"reward\":0.25,\"grad_norm\":0.5}}\n"),
            format!(
                "{{\"step\":6,\"reward\":0.25,\"grad_norm\":0.5}}\n{{{many}\"step\":7,\"reward\":0.25,\"grad_norm\":0.5}}\n"
            ),
        ] {
            let found = Diagnosis::read(
                "run.log",
                log.as_bytes(),
                &Options { reward_range: Some([0.0, 1.0]), ..Options::default() },
            );
            let found = found.unwrap_or_else(|e| panic!("{:.80}: {e}", log));
            let last = values(&found)[found.len() - 1];
            assert_eq!((last[0], last[2]), (7.0, 0.5), "{:.80}", log);
        }
    }
}

/// Work in proportion to the file: each of these took minutes, or all memory, if anything was quadratic.
#[test]
fn hostile_repetitions() {
    let row = "step:1 - critic/score/mean:0.5\n";
    let million = if super::long::long() { 15 << 20 } else { 1 << 20 };
    for piece in [
        "step:",
        "step:1",
        " - ",
        "{",
        "{\"",
        "{ ",
        "'",
        "(",
        "\x1b[",
        "\x1b",
        "step:1 - ",
        "J:1 - ",
        ":",
        "\\",
        "step: ",
        "f(",
    ] {
        let log = format!("{row}{}\n{row}", piece.repeat(million / piece.len()));
        let found = read(&log).unwrap_or_else(|e| panic!("{piece:?}: {e}"));
        assert_eq!(found.len(), 1, "{piece:?}");
        // The same in a document, where damage is searched for rows, and among separated values.
        let begun = "{\"step\":1,\"J\":0.5}";
        for before in [format!("[\n{begun},\n"), format!("[\n{begun},\n{{\"x\":"), "step,J\n1,0.5\n".into()] {
            for joint in ["", "\n"] {
                let log = format!("{before}{}\n{begun}\n", format!("{piece}{joint}").repeat(million / 4 / piece.len()));
                let found = read(&log).unwrap_or_else(|e| panic!("{piece:?}: {e}"));
                assert!(found.len() < 3, "{piece:?}: {}", found.len());
            }
        }
    }
    // Many rows of one step, none with a value that another one has.
    let many = |row: &str| format!("step:1 - critic/score/mean:0.5 - x:1\n{}", row.repeat(100_000));
    let found = read(many("step:1 - response_length/clip_ratio:0.5 - x:1\n")).unwrap();
    assert_eq!((found.len(), found.skipped.len()), (1, 0));
    let found = read(many("step:1 - actor/grad_norm:0.5 - x:1\n")).unwrap();
    assert_eq!((found.len(), found.skipped.len()), (1, 99_999));
    // A name of a million letters that every row's trouble would repeat.
    let name = format!("rewards/{}", "x".repeat(million));
    let found = read(format!("step,J,{name}\n{}", "1,0.5,bad\n".repeat(10_000))).unwrap();
    assert_eq!(found.skipped.len(), 9_999);
    // Paths that grow with the depth, at every leaf.
    let open = format!("\"{}\":{{", "y".repeat(200));
    let log =
        format!("{{\"step\":1,\"J\":0.5,{}{}\"z\":1{}}}\n", open.repeat(60), "\"x\":1,".repeat(20_000), "}".repeat(60));
    assert_eq!(told(log), "1:0.5");
}

#[test]
fn options_without_bounds() {
    let log: String = (1..=200).map(|i| format!("{{\"step\":{i},\"J\":{}}}\n", f64::from(i % 4) * 0.25)).collect();
    for most in [1_000, usize::MAX / 2, usize::MAX] {
        let options = Options { smooth: Some(most), early: most, ..Options::default() };
        let found = Diagnosis::read("run.log", log.as_bytes(), &options).unwrap();
        let last = found.rows().last().unwrap();
        assert!((last.smooth_success_rate - 0.375).abs() < 1e-12, "{most}");
    }
}

/// A reader that fails after some bytes, or is interrupted before each.
struct Failing<'a> {
    text: &'a [u8],
    then: Option<std::io::ErrorKind>,
    interrupted: bool,
}

impl Read for Failing<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        self.interrupted = !self.interrupted;
        if self.interrupted {
            return Err(std::io::ErrorKind::Interrupted.into());
        }
        match (self.text.is_empty(), self.then) {
            (true, Some(kind)) => Err(kind.into()),
            _ => {
                let count = self.text.len().min(into.len()).min(4_096);
                into[..count].copy_from_slice(&self.text[..count]);
                self.text = &self.text[count..];
                Ok(count)
            }
        }
    }
}

#[test]
fn readers_that_fail() {
    let padding = "x".repeat(1 << 17);
    let rows = format!("{{\"step\":1,\"J\":0.25,\"x\":\"{padding}\"}}\n{{\"step\":2,\"J\":0.5}}\n");
    let logs = [
        ("lines", rows.clone()),
        ("document", format!("[{}]", rows.trim_end().replace('\n', ",\n"))),
        ("behind damage", format!("[\n{{\"step\":0,\"J\":,}}\n{rows}")),
        (
            "long line",
            format!("{{\"step\":1,\"J\":0.25}}\n{{\"x\":\"{}\"}}\n{{\"step\":2,\"J\":0.5}}\n", padding.repeat(136)),
        ),
    ];
    for (what, log) in &logs {
        let read = |then| {
            let input = Failing { text: log.as_bytes(), then, interrupted: false };
            Diagnosis::read("run.log", input, &Options::default())
        };
        assert_eq!(read(None).map(|found| found.len()), Ok(2), "{what}");
        let error = read(Some(std::io::ErrorKind::ConnectionReset)).expect_err(what).to_string();
        assert!(error.starts_with("run.log: ") && error.contains("connection reset"), "{what}: {error}");
    }
}
