//! Logs cut at every byte, with every byte lost or changed: half a number is never a value.

use super::damage::run;
use super::logs::{FORMATS, Format, Logged};
use gradient_gap::diagnose::{Diagnosis, Framework, Kind, Options, Shape};

/// Names and range as given, so that they do not depend on how much of a log is there.
fn fixed(format: Format) -> Options {
    Options {
        framework: Framework::find(format.framework()),
        success_key: Some(format.names()[0].replace("(1e-4)", "")),
        reward_range: Some([0.0, 1.0]),
        ..Options::default()
    }
}

/// Step, J, ‖∇‖, α and length of every row.
pub fn values(diagnosis: &Diagnosis) -> Vec<[f64; 5]> {
    let of = |row: gradient_gap::diagnose::Row| {
        [row.step as f64, row.success_rate, row.grad_norm, row.learning_rate, row.mean_length]
    };
    diagnosis.rows().map(of).collect()
}

/// Control: undamaged, every format gives all rows and nothing else.
#[test]
fn whole_logs() {
    for format in FORMATS {
        let log = format.log(&run());
        for options in [Options::default(), fixed(format)] {
            let found = Diagnosis::read("run.log", log.as_bytes(), &options).unwrap_or_else(|e| panic!("{format:?}: {e}"));
            assert_eq!(found.framework.value.name, format.framework(), "{format:?}");
            assert_eq!((found.reward_range.value, found.counted), ([0.0, 1.0], !format.has_steps()), "{format:?}");
            assert_eq!((&found.skipped[..], found.lacking), (&[][..], 0), "{format:?}");
            let shape = match format {
                Format::State | Format::List => Shape::Document,
                Format::Verl => Shape::Steps,
                Format::Csv => Shape::Csv,
                _ => Shape::Object,
            };
            assert_eq!(found.shapes, [shape], "{format:?}");
            assert!(differs(&expected(format), &values(&found)).is_none(), "{format:?}: {:?}", values(&found));
            assert_eq!(values(&found).len(), 3, "{format:?}");
        }
    }
}

fn expected(format: Format) -> Vec<[f64; 5]> {
    let row = |(i, row): (usize, Logged)| {
        let step = if format.has_steps() { row.step } else { i as u64 + 1 };
        let known = [row.rate, row.grad_norm, row.learning_rate, row.length].map(|value| value.unwrap_or(f64::NAN));
        [step as f64, known[0], known[1], known[2], known[3]]
    };
    run().into_iter().enumerate().map(row).collect()
}

/// The first value that is neither that of the whole log nor missing; rows must be the first ones.
fn differs(whole: &[[f64; 5]], part: &[[f64; 5]]) -> Option<String> {
    if part.len() > whole.len() {
        return Some(format!("{} rows of {}", part.len(), whole.len()));
    }
    let same = |a: f64, b: f64| b.is_nan() || (a / b - 1.0).abs() < 1e-14;
    whole
        .iter()
        .zip(part)
        .find(|(a, b)| !a.iter().zip(*b).all(|(a, b)| same(*a, *b)))
        .map(|(a, b)| format!("{b:?} for {a:?}"))
}

/// Every prefix of every format: an error that names the source, or the rows that are whole with their own values.
#[test]
fn cut_at_every_byte() {
    let mut cuts = 0;
    for format in FORMATS {
        let log = format.log(&run());
        // Where every row ends.
        let ends: Vec<usize> = (1..=3)
            .map(|count| {
                let rows: String = run()[..count].iter().enumerate().map(|(i, row)| format.row(i, row)).collect();
                format.head().len() + rows.len()
            })
            .collect();
        // With the end of its line cut off or behind other words a row is whole too.
        let slack = if matches!(format, Format::State | Format::List) { 0 } else { 1 };
        for cut in 0..log.len() {
            let place = format!("{format:?} cut after {:?}", &log[log.floor_char_boundary(cut.saturating_sub(40))..cut]);
            let complete = ends.iter().filter(|end| **end <= cut).count();
            match Diagnosis::read("run.log", &log.as_bytes()[..cut], &fixed(format)) {
                Err(error) => {
                    assert_eq!(complete, 0, "{place}: {error}");
                    assert!(error.to_string().starts_with("run.log: "), "{error}");
                }
                Ok(found) => {
                    let found_values = values(&found);
                    if let Some(what) = differs(&expected(format), &found_values) {
                        panic!("{place}: {what}");
                    }
                    let whole = found_values.iter().filter(|row| row.iter().all(|value| !value.is_nan())).count();
                    let nearly = ends.iter().filter(|end| **end <= cut + slack).count();
                    let partial = matches!(format, Format::Verl | Format::Csv);
                    assert!(whole >= complete && (whole <= nearly || partial), "{place}: {whole} of {complete}");
                    assert!(found_values.len() <= complete + 1, "{place}");
                    // What is not used is said, but for blanks and brackets.
                    if found_values.len() > whole {
                        let missing = found.findings.iter().any(|finding| finding.kind == Kind::MissingColumn);
                        assert!(!found.skipped.is_empty() || found.lacking > 0 || missing, "{place}");
                    }
                }
            }
            cuts += 1;
        }
    }
    assert!(cuts > 4_000, "{cuts}");
    // Control: a piece of a number, or a row too many, would be seen.
    let whole = expected(Format::Csv);
    for (place, value) in [(0, 1.0), (1, 0.3), (2, 0.8), (3, 1.2e-6), (4, 101.0)] {
        let mut part = whole[..1].to_vec();
        part[0][place] = value;
        assert!(differs(&whole, &part).is_some(), "{place}");
    }
    assert!(differs(&whole, &[&whole[..], &whole[..1]].concat()).is_some());
}

/// One byte of every log lost or changed, at every place: an error that names the source, or no more rows than there were; and
/// where an end of line is put into it, no other value.
#[test]
fn a_byte_lost_or_changed() {
    for format in FORMATS {
        let log = format.log(&run()).into_bytes();
        let check = |changed: &[u8], what: &str| match Diagnosis::read("run.log", changed, &fixed(format)) {
            Err(error) => assert!(error.to_string().starts_with("run.log: "), "{what}: {error}"),
            Ok(found) => assert!(found.len() <= 3, "{what}: {:?}", values(&found)),
        };
        for at in 0..log.len() {
            let mut changed = log.clone();
            changed.remove(at);
            check(&changed, &format!("{format:?} without byte {at}"));
            for byte in *b"{}[]\"':,- \n\r\x1b\0\xff" {
                changed = log.clone();
                changed[at] = byte;
                check(&changed, &format!("{format:?} with {byte} for byte {at}"));
            }
            changed = log.clone();
            changed.insert(at, b'\n');
            // Half of a row of separated values may be a row; without steps rows are counted.
            if let Ok(found) = Diagnosis::read("run.log", &changed[..], &fixed(format))
                && !matches!(format, Format::Csv | Format::Console)
            {
                for row in values(&found) {
                    let whole = expected(format).into_iter().find(|whole| whole[0] == row[0]);
                    let whole = whole.unwrap_or_else(|| panic!("{format:?} cut at {at}: {row:?}"));
                    assert_eq!(differs(&[whole], &[row]), None, "{format:?} cut at {at}");
                }
            }
        }
    }
}
