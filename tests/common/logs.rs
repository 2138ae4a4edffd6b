//! The same made-up run in every format that is read.

use std::fmt::Write;

/// What a log says of one step; a missing value is `None`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Logged {
    pub step: u64,
    pub rate: Option<f64>,
    pub grad_norm: Option<f64>,
    pub learning_rate: Option<f64>,
    pub length: Option<f64>,
}

/// A way of writing a run down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// TRL's `trainer_state.json`.
    State,
    /// A list of rows on one line.
    List,
    /// TRL's dictionaries on the console, numbers in quotes; without steps.
    Console,
    /// verl's console.
    Verl,
    /// verl's file logger.
    VerlFile,
    Roll,
    OpenRlhf,
    Nemo,
    Tinker,
    Csv,
}

use Format::{Console, Csv, List, Nemo, OpenRlhf, Roll, State, Tinker, Verl, VerlFile};

pub const FORMATS: [Format; 10] = [State, List, Console, Verl, VerlFile, Roll, OpenRlhf, Nemo, Tinker, Csv];

impl Format {
    /// Whose names it has.
    pub fn framework(self) -> &'static str {
        match self {
            State | List | Console => "trl",
            Verl | VerlFile => "verl",
            Roll => "roll",
            OpenRlhf => "openrlhf",
            Nemo => "nemo-rl",
            Tinker => "tinker",
            Csv => "csv",
        }
    }

    /// The names of J, ‖∇‖, α and the length.
    pub fn names(self) -> [&'static str; 4] {
        match self {
            State | List | Console => ["rewards/is_correct/mean", "grad_norm", "learning_rate", "completions/mean_length"],
            Verl => ["critic/score/mean", "actor/grad_norm", "actor/lr(1e-4)", "response_length/mean"],
            VerlFile => ["critic/score/mean", "actor/grad_norm", "actor/lr", "response_length/mean"],
            Roll => ["critic/score/mean", "actor_train/grad_norm", "actor/lr", "token/response_length/mean"],
            OpenRlhf => ["reward", "actor_grad_norm", "actor_lr", "response_length"],
            Nemo => ["train/reward", "train/grad_norm", "train/lr", "train/mean_gen_tokens_per_sample"],
            Tinker => ["env/all/correct", "unclipped_grad_l2:mean", "optim/lr", "env/all/ac_tokens_per_turn"],
            Csv => ["J", "grad_norm", "lr", "mean_length"],
        }
    }

    /// Whether it has steps of its own.
    pub fn has_steps(self) -> bool {
        self != Console
    }

    /// What stands before the rows.
    pub fn head(self) -> &'static str {
        match self {
            State => "{\n  \"best_metric\": null,\n  \"epoch\": 0.75,\n  \"global_step\": 13,\n  \"log_history\": [\n",
            List => "[",
            Csv => "step,J,grad_norm,lr,mean_length\n",
            _ => "",
        }
    }

    /// What stands behind them.
    pub fn tail(self) -> &'static str {
        match self {
            State => {
                "\n  ],\n  \"logging_steps\": 10,\n  \"max_steps\": 130,\n  \"stateful_callbacks\": {\"a\": {\"args\": [1, 2]}}\n}\n"
            }
            List => "]\n",
            _ => "",
        }
    }

    /// Row number `i`, with the end of its line.
    pub fn row(self, i: usize, row: &Logged) -> String {
        let values = [row.rate, row.grad_norm, row.learning_rate, row.length];
        let known = || self.names().into_iter().zip(values).filter_map(|(name, value)| Some((name, value?)));
        let mut out = String::new();
        let json = |separator: &str, colon: &str| -> String {
            let all: Vec<String> = known().map(|(name, value)| format!("\"{name}\":{colon}{value:?}")).collect();
            all.join(separator)
        };
        let step = row.step;
        match self {
            State => {
                let comma = if i == 0 { "" } else { ",\n" };
                let _ = write!(
                    out,
                    "{comma}    {{\n      \"completions/clipped_ratio\": 0.0,\n      {},",
                    json(",\n      ", " ")
                );
                let _ = write!(out, "\n      \"rewards/is_correct/std\": 0.4375,\n      \"step\": {step}\n    }}");
            }
            List => {
                let comma = if i == 0 { "" } else { ", " };
                let _ = write!(out, "{comma}{{\"step\": {step}, {}}}", json(", ", " "));
            }
            Console => {
                let all: Vec<String> = known().map(|(name, value)| format!("'{name}': '{value:?}'")).collect();
                let _ = writeln!(out, "{{'loss': '0.0125', {}, 'epoch': '0.25'}}", all.join(", "));
            }
            Verl => {
                let _ = write!(out, "\x1b[36m(TaskRunner pid=4711)\x1b[0m step:{step} - global_seqlen/mean:512.125");
                for (name, value) in known() {
                    let value = if name.contains("1e-4") { value * 1e4 } else { value };
                    let _ = match name {
                        "actor/grad_norm" => write!(out, " - {name}:np.float64({value:?})"),
                        _ => write!(out, " - {name}:{value:?}"),
                    };
                }
                let _ = writeln!(out, " - timing_s/step:37.125");
            }
            VerlFile => {
                let _ = writeln!(out, "{{\"step\":{step},\"data\":{{{}}}}}", json(",", ""));
            }
            Roll => {
                let _ = writeln!(out, "{{\"system/step\": {step}, {}, \"time/step\": 37.125}}", json(", ", " "));
            }
            OpenRlhf => {
                let all: Vec<String> = known().map(|(name, value)| format!("'{name}': {value:?}")).collect();
                let _ = writeln!(out, "(Trainer pid=4711) INFO Global step {step}: {{{}}}", all.join(", "));
            }
            Nemo | Tinker => {
                let _ = writeln!(out, "{{\"step\": {step}, {}}}", json(", ", " "));
            }
            Csv => {
                let cells = values.map(|value| value.map(|value| format!("{value:?}")).unwrap_or_default());
                let _ = writeln!(out, "{step},{}", cells.join(","));
            }
        }
        out
    }

    /// A whole log.
    pub fn log(self, rows: &[Logged]) -> String {
        let mut out = self.head().to_string();
        for (i, row) in rows.iter().enumerate() {
            out += &self.row(i, row);
        }
        out + self.tail()
    }
}
