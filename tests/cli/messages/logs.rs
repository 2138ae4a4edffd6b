//! Logs that are none, or say too little.

use super::{Row, row};

/// A log of ten rows, in which this stands for its reward.
fn log(reward: &str) -> String {
    (1..=10)
        .map(|k| format!("{{\"step\": {k}, \"reward\": {reward}, \"grad_norm\": 0.5, \"learning_rate\": 1e-6}}\n"))
        .collect()
}

fn of(content: impl Into<Vec<u8>>, message: &str) -> Row {
    row("diagnose a.log", message).file("a.log", content)
}

fn with(options: &str, content: String, message: &str) -> Row {
    row(&format!("diagnose - {options}"), message).input(content)
}

pub fn rows() -> Vec<Row> {
    let short = log("0.5").replace("\"grad", "\"completions/mean_length\": 100, \"completions/max_length\": 100, \"grad");
    vec![
        of("", "a.log: is empty"),
        of(b"\x1f\x8b\x08\x00".to_vec(), "a.log: is compressed (gzip); unpack it first"),
        of(b"PK\x03\x04".to_vec(), "a.log: is compressed (zip); unpack it first"),
        of("PAR1", "a.log: is a Parquet file; write it as CSV first"),
        of(b"\xff\xfeh\x00".to_vec(), "a.log: is UTF-16; write it as UTF-8 first"),
        of(b"\x00\x01\x02".to_vec(), "a.log: is no text: it has bytes that are 0"),
        of(" \n\t\n", "a.log: begins with nothing but blanks"),
        of("It was a dark and stormy night.\n", "a.log: no row of a training log in it"),
        of("{\"step\": 1, \"reward\": 0.5, \"grad", "a.log: no row of a training log in it; line 1: cut short"),
        of(
            "{\"step\": 1, \"grad_norm\": 1.0}\n",
            "a.log: no success rate: trl calls it rewards/*correct*/mean or rewards/*accura*/mean or rewards/*solve*/mean or rewards/*correct* or rewards/*accura* or rewards/*solve* or rewards/*/mean or rewards/* or reward; the log has only step, grad_norm. Name it by --success-key",
        ),
        of(
            "{\"reward\": NaN, \"grad_norm\": NaN}\n",
            "a.log: no success rate: trl calls it rewards/*correct*/mean or rewards/*accura*/mean or rewards/*solve*/mean or rewards/*correct* or rewards/*accura* or rewards/*solve* or rewards/*/mean or rewards/* or reward; the log has no name that is known. Name it by --success-key",
        ),
        of(
            "step,lr\n1,0.1\n",
            "a.log: no success rate: nemo-rl calls it reward or accuracy; the log has only step, lr. Name it by --success-key",
        ),
        of(
            log("1e7"),
            "a.log: reward: its values fit no usual range of rewards (as 0..1, -1..1 or 0..2); give --reward-range LOW..HIGH",
        ),
        with(
            "--reward-range 2..3",
            log("0.5"),
            "standard input: no usable value of reward: none that has a step is from 2 to 3",
        ),
        with(
            "--success-key rewards",
            log("0.5"),
            "standard input: --success-key rewards: no row has a number under this name; did you mean \"reward\"?",
        ),
        with(
            "--success-key zzz",
            "{\"step\": 1, \"reward\": 0.5}\n".into(),
            "standard input: --success-key zzz: no row has a number under this name; did you mean \"step\"?",
        ),
        with(
            "--loss dr-grpo --smoothness 1 --max-length 200",
            short.clone(),
            "standard input: --smoothness: dr-grpo divides by a constant that the log does not hold, so that its gradient gives no absolute Δμ",
        ),
        with(
            "--loss grpo --smoothness 1",
            log("0.5"),
            "standard input: --smoothness needs --max-length: the log does not say how long the longest response is",
        ),
        with(
            "--loss grpo --smoothness 1 --max-length 99",
            short,
            "standard input: --max-length 99: the log has responses of length 100",
        ),
    ]
}
