//! One run in every format: the same numbers, and the framework's names and defaults.

use crate::support::{Step, csv, read, read_with, refusal, rows, steps};
use gradient_gap::diagnose::{Diagnosis, Framework, Loss, Options, Reason, Shape};
use std::fmt::Write;

/// A format: the run written down, and what must be chosen for it.
struct Format {
    name: &'static str,
    text: String,
    framework: &'static str,
    shape: Shape,
    success: &'static str,
    range: [f64; 2],
    loss: &'static str,
    clip: f64,
    /// Whether the log has the gradient's norm, and steps.
    norm: bool,
    counted: bool,
}

fn lines(write: impl Fn(&Step) -> String) -> String {
    steps().iter().map(|step| write(step) + "\n").collect()
}

fn trainer_state() -> String {
    let rows: Vec<String> = steps()
        .iter()
        .map(|s| {
            format!(
                "    {{\n      \"completions/clipped_ratio\": 0.0,\n      \"completions/mean_length\": {},\n      \"epoch\": 0.1,\n      \
                 \"grad_norm\": {},\n      \"learning_rate\": {},\n      \"loss\": NaN,\n      \"reward\": {},\n      \
                 \"rewards/format/mean\": 0.1,\n      \"rewards/is_correct/mean\": {},\n      \"rewards/is_correct/std\": 0.4,\n      \
                 \"step\": {}\n    }}",
                s.length,
                s.norm,
                s.alpha,
                s.rate + 0.1,
                s.rate,
                s.step
            )
        })
        .collect();
    format!(
        "{{\n  \"best_metric\": null,\n  \"epoch\": 0.1,\n  \"global_step\": 12,\n  \"log_history\": [\n{},\n    {{\n      \"step\": \
         12,\n      \"train_loss\": 0.1,\n      \"train_runtime\": 5.0\n    }}\n  ],\n  \"logging_steps\": 1,\n  \
         \"stateful_callbacks\": {{\"TrainerControl\": {{\"args\": {{}}}}}}\n}}\n",
        rows.join(",\n")
    )
}

/// The console of a trainer: a bar, colours, quoted strings; no step.
fn dictionaries() -> String {
    let row = |s: &Step| {
        format!(
            "  8%|8         | {}/12 [00:10<01:00, 5.00s/it]\r{{'loss': '0.0000', 'grad_norm': '{}', 'learning_rate': '{:e}', \
             'num_tokens': '1000', 'completion_length': '{}', 'rewards/correctness': {}, 'reward': '{}', 'reward_std': None, 'epoch': 0.01}}",
            s.step,
            s.norm,
            s.alpha,
            s.length,
            2.0 * s.rate,
            2.0 * s.rate
        )
    };
    let mut text = String::from("Loading {'model': 'made up'}\n");
    text += &lines(row);
    text + "{'train_runtime': 100.0, 'train_loss': 0.1, 'epoch': 0.1}\n"
}

fn verl_console() -> String {
    lines(|s| {
        format!(
            "\u{1b}[36m(TaskRunner pid=7)\u{1b}[0m step:{} - actor/entropy:0.2 - actor/grad_norm:np.float64({}) - actor/lr:np.float64({}) - \
             critic/score/mean:{} - critic/score/max:1.0 - critic/score/min:-1.0 - critic/rewards/mean:-13.5 - response_length/mean:{} - \
             response_length/max:512.0 - timing_s/step:20.0",
            s.step,
            s.norm,
            s.alpha,
            2.0 * s.rate - 1.0,
            s.length
        )
    })
}

/// Older: three decimals, and the learning rate in units.
fn verl_older() -> String {
    lines(|s| {
        format!(
            "step:{} - actor/grad_norm:{:.5} - actor/lr(1e-4):{:.3} - critic/score/mean:{:.6} - response_length/mean:{:.3} - perf/x:1.000",
            s.step,
            s.norm,
            s.alpha / 1e-4,
            s.rate,
            s.length
        )
    })
}

fn formats() -> Vec<Format> {
    let base = Format {
        name: "",
        text: String::new(),
        framework: "trl",
        shape: Shape::Object,
        success: "reward",
        range: [0.0, 1.0],
        loss: "grpo",
        clip: 1.0,
        norm: true,
        counted: false,
    };
    vec![
        Format {
            name: "trainer_state.json",
            text: trainer_state(),
            shape: Shape::Document,
            success: "rewards/is_correct/mean",
            loss: "dapo",
            ..base
        },
        Format {
            name: "a list of rows",
            text: {
                let rows = lines(|s| {
                    format!(
                        "{{\"step\": {}, \"reward\": {}, \"grad_norm\": {}, \"learning_rate\": {}, \"completions/mean_length\": {}}},",
                        s.step, s.rate, s.norm, s.alpha, s.length
                    )
                });
                format!("[{}]", rows.trim_end().trim_end_matches(','))
            },
            shape: Shape::Document,
            loss: "dapo",
            ..base
        },
        Format {
            name: "console dictionaries",
            text: dictionaries(),
            success: "rewards/correctness",
            range: [0.0, 2.0],
            counted: true,
            ..base
        },
        Format {
            name: "verl console",
            text: verl_console(),
            framework: "verl",
            shape: Shape::Steps,
            success: "critic/score/mean",
            range: [-1.0, 1.0],
            loss: "token-mean",
            ..base
        },
        Format {
            name: "verl console, older",
            text: verl_older(),
            framework: "verl",
            shape: Shape::Steps,
            success: "critic/score/mean",
            loss: "token-mean",
            ..base
        },
        Format {
            name: "verl lines",
            text: lines(|s| {
                format!(
                    "{{\"step\":{},\"data\":{{\"critic/score/mean\":{},\"actor/grad_norm\":{},\"actor/lr\":{},\"response_length/mean\":{},\
                     \"val-core/x/acc/mean@1\":0.5}}}}",
                    s.step, s.rate, s.norm, s.alpha, s.length
                )
            }),
            framework: "verl",
            success: "critic/score/mean",
            loss: "token-mean",
            ..base
        },
        Format {
            name: "roll",
            text: lines(|s| {
                format!(
                    "INFO {{\"actor/lr\": {}, \"actor_train/grad_norm\": {}, \"critic/rewards/mean\": 0.0, \"critic/correct/mean\": {}, \
                     \"system/global_step\": {}.0, \"token/response_length/mean\": {}}}",
                    s.alpha, s.norm, s.rate, s.step, s.length
                )
            }),
            framework: "roll",
            success: "critic/correct/mean",
            ..base
        },
        Format {
            name: "openrlhf",
            text: lines(|s| {
                format!(
                    "INFO 01-01 00:00:00 trainer.py:1] * Global step {}: {{'policy_loss': 0.1, 'actor_lr': {:e}, 'actor_grad_norm': {}, \
                     'reward': {}, 'response_length': {}, 'generated_samples': ['it\\'s {{x}}', 0]}}",
                    s.step, s.alpha, s.norm, s.rate, s.length
                )
            }),
            framework: "openrlhf",
            loss: "token-mean",
            ..base
        },
        Format {
            name: "nemo-rl",
            text: lines(|s| {
                format!(
                    "{{\"train/global_step\": {}, \"train/reward\": {}, \"train/grad_norm\": {}, \"train/lr\": {}, \
                     \"train/mean_gen_tokens_per_sample\": {}, \"validation/accuracy\": 0.9}}",
                    s.step, s.rate, s.norm, s.alpha, s.length
                )
            }),
            framework: "nemo-rl",
            success: "train/reward",
            loss: "token-mean",
            ..base
        },
        Format {
            name: "tinker",
            text: lines(|s| {
                format!(
                    "{{\"step\": {}, \"env/all/correct\": {}, \"env/all/reward/total\": -0.1, \"optim/lr\": {}, \
                     \"env/all/ac_tokens_per_turn\": {}, \"test/env/all/correct\": 0.9}}",
                    s.step, s.rate, s.alpha, s.length
                )
            }),
            framework: "tinker",
            success: "env/all/correct",
            loss: "reinforce",
            clip: f64::INFINITY,
            norm: false,
            ..base
        },
        Format {
            name: "csv",
            text: csv(&steps()),
            framework: "csv",
            shape: Shape::Csv,
            success: "success_rate",
            clip: f64::INFINITY,
            ..base
        },
        Format {
            name: "csv with names for people",
            text: csv(&steps())
                .replace("success_rate", "Success Rate")
                .replace("grad_norm", "Grad Norm")
                .replace("learning_rate", "LR")
                .replace("mean_length", "Mean-Length")
                .replace("step,", "Step,"),
            framework: "csv",
            shape: Shape::Csv,
            success: "Success Rate",
            clip: f64::INFINITY,
            ..base
        },
        Format {
            name: "csv of a plotting service",
            text: csv(&steps())
                .replace("success_rate", "\"my-run - train/critic/score/mean\"")
                .replace("grad_norm", "\"my-run - actor/grad_norm\"")
                .replace("learning_rate", "\"my-run - actor/lr\"")
                .replace("mean_length", "\"my-run - response_length/mean\"")
                .replace("step,", "\"Step\","),
            framework: "verl",
            shape: Shape::Csv,
            success: "my-run - train/critic/score/mean",
            loss: "token-mean",
            ..base
        },
    ]
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-12 * b.abs()
}

#[test]
fn every_format_gives_the_same_numbers() {
    for format in formats() {
        let diagnosis = read(&format.text);
        let name = format.name;
        assert_eq!(diagnosis.framework.value.name, format.framework, "{name}");
        assert_eq!(diagnosis.shapes, [format.shape], "{name}");
        assert_eq!(diagnosis.success_key.value, format.success, "{name}");
        assert_eq!(diagnosis.reward_range.value, format.range, "{name}");
        assert_eq!((diagnosis.loss.value.name, diagnosis.clip.value), (format.loss, format.clip), "{name}");
        assert_eq!(diagnosis.counted, format.counted, "{name}");
        assert_eq!((diagnosis.window.value, diagnosis.lacking), (1, 0), "{name}");
        assert_eq!(diagnosis.len(), 12, "{name}");
        for (row, step) in diagnosis.rows().zip(steps()) {
            assert_eq!(row.step, step.step, "{name}");
            assert!(close(row.success_rate, step.rate), "{name}: {row:?} {step:?}");
            assert!(close(row.learning_rate, step.alpha) && close(row.mean_length, step.length), "{name}: {row:?} {step:?}");
            assert!(
                if format.norm { close(row.grad_norm, step.norm) } else { row.grad_norm.is_nan() },
                "{name}: {row:?} {step:?}"
            );
        }
    }
}

/// Rows that are no training steps are counted; nothing else is skipped.
#[test]
fn evaluations_and_summaries_are_counted() {
    for format in formats() {
        let diagnosis = read(&format.text);
        let skipped: Vec<&Reason> = diagnosis.skipped.iter().map(|one| &one.reason).collect();
        match format.name {
            "trainer_state.json" | "console dictionaries" => assert_eq!(skipped, [&Reason::NotTraining], "{}", format.name),
            name => assert!(skipped.is_empty(), "{name}: {skipped:?}"),
        }
    }
}

#[test]
fn what_is_chosen_can_be_overridden() {
    let text = trainer_state();
    let options = Options {
        success_key: Some("reward".into()),
        reward_range: Some([0.0, 4.0]),
        loss: Loss::find("dr-grpo"),
        clip: Some(0.125),
        ..Options::default()
    };
    let diagnosis = read_with(&text, &options);
    let row = rows(&diagnosis)[0];
    let step = steps()[0];
    let rate = (step.rate + 0.1) / 4.0;
    assert!(close(row.success_rate, rate) && close(row.gap, step.norm / (rate * (1.0 - rate))), "{row:?}");
    assert!(close(row.effective_step, step.alpha * 0.125) && row.gap == row.length_gap);
    let whys = [&diagnosis.success_key.why, &diagnosis.reward_range.why, &diagnosis.loss.why, &diagnosis.clip.why];
    assert!(whys.iter().all(|why| *why == "as given"), "{whys:?}");
    // Another framework's names are not in this log.
    let other = Options { framework: Framework::find("verl"), ..Options::default() };
    let message = refusal(&text, &other);
    assert!(message.contains("verl calls it critic/score/mean") && message.contains("--success-key"), "{message}");
    let wrong = Options { success_key: Some("rewards/is_correct/meen".into()), ..Options::default() };
    let message = refusal(&text, &wrong);
    assert!(message.contains("made-up.log") && message.contains("did you mean \"rewards/is_correct/mean\"?"), "{message}");
    // A column that no framework knows.
    let text = csv(&steps()).replace("success_rate", "my_metric");
    let own = Options { success_key: Some("my_metric".into()), ..Options::default() };
    assert!(close(rows(&read_with(&text, &own))[2].success_rate, steps()[2].rate));
}

/// With logging_steps = 10 a row stands for ten steps.
#[test]
fn windows_are_recognised() {
    let mut text = String::from("{\n \"log_history\": [\n");
    for (i, s) in steps().iter().enumerate() {
        let comma = if i > 0 { "," } else { "" };
        let _ = writeln!(
            text,
            "{comma} {{\"step\": {}, \"reward\": {}, \"grad_norm\": {}, \"learning_rate\": {}, \"completions/mean_length\": {}}}",
            10 * s.step,
            s.rate,
            s.norm,
            s.alpha,
            s.length
        );
    }
    let windowed = read(&format!("{text} ],\n \"logging_steps\": 10\n}}\n"));
    assert_eq!((windowed.window.value, windowed.window.why.starts_with("logging_steps")), (10, true));
    let single = read(&csv(&steps()));
    for (ten, one) in windowed.rows().zip(single.rows()) {
        assert_eq!(ten.step, 10 * one.step);
        assert!(close(ten.cumulative_gap, 10.0 * one.cumulative_gap), "{ten:?} {one:?}");
        assert!(close(ten.gap, one.gap));
    }
}

/// Console lines of two kinds in one file, with other output between them.
#[test]
fn other_output_is_passed_over() {
    let mut text = String::from("Starting…\n\n[2/2] {not a dictionary}\nstep: counting down\nthe next step:3 is near\n");
    for line in verl_console().lines() {
        let _ = writeln!(text, "WARNING {{'a': 1}} something\r\n{line}\r\nvalidation: {{\"x\": [1, 2]}}");
    }
    let diagnosis = read(&text);
    assert_eq!((diagnosis.len(), diagnosis.skipped.len(), diagnosis.framework.value.name), (12, 0, "verl"));
}

#[test]
fn errors_name_the_file_and_what_is_wrong() {
    let read = |bytes: &[u8]| Diagnosis::read("x.log", bytes, &Options::default()).expect_err("refused").to_string();
    for (bytes, part) in [
        (&b""[..], "is empty"),
        (b" \n\n", "blanks"),
        (b"\x1f\x8b\x08\x00", "gzip"),
        (b"PK\x03\x04", "zip"),
        (b"PAR1\x15\x04", "Parquet"),
        (b"abc\x00def", "no text"),
        (b"\xff\xfea\x00", "UTF-16"),
        (b"hello\nworld\n", "no row of a training log"),
        (b"{\"step\": 1, \"grad_norm\": 0.5}\n", "no success rate"),
        (b"{\"step\": 1, \"reward\": 1e9}\n", "--reward-range"),
        (b"{\"step\": 1, \"reward\": NaN}\n", "no success rate"),
        (b"{\"step\": -1, \"reward\": 0.5}\n", "no usable value"),
    ] {
        let message = read(bytes);
        assert!(message.starts_with("x.log: ") && message.contains(part), "{message}");
    }
}

/// A table of several runs: all columns are of the run that the success value is of.
#[test]
fn runs_are_not_mixed() {
    let mut text =
        String::from("Step,a - train/grad_norm,b - train/grad_norm,b - train/reward,b - train/global_step,_step\n");
    for s in steps() {
        let _ = writeln!(text, "{},9,{},{},{},{}", s.step, s.norm, s.rate, 10 * s.step, 2 * s.step);
    }
    let diagnosis = read(&text);
    for (row, s) in diagnosis.rows().zip(steps()) {
        assert!(row.grad_norm == s.norm && row.step == 10 * s.step, "{row:?}");
    }
    assert_eq!(diagnosis.window.value, 10);
}
