//! Calls whose options no command can follow.

use super::{Row, row};
use gradient_gap::families::{self, Family};

pub fn rows() -> Vec<Row> {
    let mut rows = claims();
    rows.extend(searches());
    rows.extend(experiments());
    rows.extend(collapse());
    rows.extend(safe_step());
    rows.extend(diagnose());
    rows
}

fn claims() -> Vec<Row> {
    vec![
        row(
            "verify --instances 10 log-odd-step",
            "unknown claim \"log-odd-step\"; did you mean \"log-odds-step\"? (`gradient-gap list` names all)",
        ),
        row(
            "explain second_order",
            "unknown claim \"second_order\"; did you mean \"second-order\"? (`gradient-gap list` names all)",
        ),
        row(
            "explain lenght-norm",
            "unknown claim \"lenght-norm\"; did you mean \"length-norm\"? (`gradient-gap list` names all)",
        ),
        row(
            "certify curvature-windows",
            "unknown claim \"curvature-windows\"; did you mean \"curvature-window\"? (`gradient-gap list` names all)",
        ),
        row(
            "attack smoth-only",
            "unknown claim \"smoth-only\"; did you mean \"smooth-only-step\"? (`gradient-gap list` names all)",
        ),
        row("explain ''", "unknown claim \"\"; did you mean \"pg-rates\"? (`gradient-gap list` names all)"),
        row(
            "verify bandit-logistik",
            "unknown claim \"bandit-logistik\"; did you mean \"bandit-logistic\"? (`gradient-gap list` names all)",
        ),
        row("certify bandit-logistic", "bandit-logistic is observed, and judged by `gradient-gap bandit`"),
        row("attack grpo-stagnation", "grpo-stagnation is observed, and judged by `gradient-gap stagnation`"),
        row("verify bandit-logistic --shard 1/2", "--shard 1/2: bandit-logistic is observed, and no part of a campaign"),
        row(
            "verify --shard 1/2 --format table",
            "--format table: shard 1/2 is a JSON document, whose campaign `merge` prints",
        ),
        row(
            "verify --shard 2/2 --format junit",
            "--format junit: shard 2/2 is a JSON document, whose campaign `merge` prints",
        ),
        row("verify --resume -", "--resume -: a state is read and written again, which takes a file, not standard input"),
        row("verify --resume state --out state", "--out and --resume both name state"),
        row("verify --resume state --out ./state", "--out and --resume both name ./state"),
        row("merge --out b.json a.json b.json", "--out names b.json, one of the shards"),
        row(
            "verify log-odds-step --instances 300 --attack 0 --certify 0 --threads 1024",
            "1024 threads: Resource temporarily unavailable (os error 11)",
        )
        .before("ulimit -v 500000")
        .on_linux(),
    ]
}

fn listed(families: &[Family]) -> String {
    families.iter().map(|family| family.name).collect::<Vec<_>>().join(", ")
}

fn searches() -> Vec<Row> {
    vec![
        row(
            "attack curvature-window --part L_o",
            "--part \"L_o\" names 6 of the parts of curvature-window: \"Jλ'² − L_o/(1−J) ≤ λ''\", \"λ'' ≤ L_o/J − (1−J)λ'²\", \"−L_o/(1−J)\", \"L_o/J\", \"−(G_o² + L_o)/J\", \"(G_o² + L_o)/(1−J)\"",
        ),
        row(
            "attack curvature-window --part M_o",
            "--part \"M_o\" names 0 of the parts of curvature-window: \"Jλ'² − L_o/(1−J) ≤ λ''\", \"λ'' ≤ L_o/J − (1−J)λ'²\", \"−L_o/(1−J)\", \"L_o/J\", \"−(G_o² + L_o)/J\", \"(G_o² + L_o)/(1−J)\"",
        ),
        row(
            "attack log-odds-step --family cubes",
            format!("--family \"cubes\": log-odds-step is searched on {}", listed(families::REGISTRY)),
        ),
        row(
            "attack stagnation --family cube",
            format!("--family \"cube\": stagnation is searched on {}", listed(families::RUNS)),
        ),
        row(
            "attack overshoot-collapse --family cube-run",
            "--family \"cube-run\": overshoot-collapse is searched on overshoot-collapse, resonant-collapse",
        ),
        row("attack log-odds-step --out both --plot both", "--out and --plot both name both"),
        row("attack log-odds-step --out both --plot ./both", "--out and --plot both name both"),
        row("attack log-odds-step --out -", "--out -: the witness goes to a file; --format json prints it"),
        row("report --out -", "--out -: a report is a folder of files"),
        row("attack curvature-window --seconds 1e-9", "curvature-window: none of 0 evaluations satisfied the hypotheses"),
        row(
            "conjecture 'J0 <= 1' --family cub",
            format!("--family \"cub\": did you mean \"cube\"? There are {}", listed(families::REGISTRY)),
        ),
        row("conjecture 'eta > 0' --out -", "--out -: the counterexample goes to a file; --format json prints it"),
        row(
            "conjecture 'J0 <= 1' --given 'J0 > 2' --family cube --evaluations 2000",
            "none of 2013 instances satisfies the conditions (given J0 > 2): nothing was tested",
        ),
        row(
            "conjecture 'J0 <= 1' --given 'J0 > 2' --given 'eta > 0' --family cube --evaluations 2000",
            "none of 2013 instances satisfies the conditions (given J0 > 2; eta > 0): nothing was tested",
        ),
        row(
            "conjecture 'J0 <= 1' --given 'J0 > 2' --family cube --seconds 1e-9",
            "none of 13 instances satisfies the conditions before time ran out (given J0 > 2): nothing was tested",
        ),
        row(
            "conjecture 'J0 <= 1' --given '0.3333333333333333 <= J0 <= 0.3333333333333333' --family linear-softmax --evaluations 2000",
            "none of 2003 instances satisfies the conditions for certain, though some do in binary64: an equality may be asked for as a band (given 0.3333333333333333 <= J0 <= 0.3333333333333333): nothing was tested",
        ),
    ]
}

fn experiments() -> Vec<Row> {
    vec![
        row("bandit --eta -0.1", "--eta -0.1: expected a number from 0 to 1e60"),
        row("bandit --eta NaN", "--eta NaN: expected a number from 0 to 1e60"),
        row("bandit --eta 1e61", "--eta 1e61: expected a number from 0 to 1e60"),
        row("bandit --out -", "--out -: one figure only; name one --fallback or a folder"),
        row("phase --progress -1", "--progress -1.0: expected a number above 0, at most 1e6"),
        row("phase --progress inf", "--progress inf: expected a number above 0, at most 1e6"),
        row("phase --out -", "--out -: one figure only; name one --family or a folder"),
        row("rates --rate 0", "--rate 0.0: expected a number above 0, at most 100"),
        row("rates --rate NaN", "--rate NaN: expected a number above 0, at most 100"),
        row("rates --rate 100.5", "--rate 100.5: expected a number above 0, at most 100"),
        row("train --sgd-rate -0.1", "--sgd-rate -0.1: expected a number from 0 to 10"),
        row("train --sgd-rate 1e61", "--sgd-rate 1e61: expected a number from 0 to 10"),
        row("train --adamw-rate 1.5", "--adamw-rate 1.5: expected a number from 0 to 1"),
        row("train --out -", "--out -: one figure only; name one --algorithm and one --optimizer or a folder"),
        row(
            "train --algorithm dr-grpo --optimizer adamw --adamw-rate 1 --steps 200 --every 50 --max-length 2 --warm-up 0 --prompts 2 --group 2",
            "dr-grpo-adamw, learning rate 1: after 108 updates: logits: quadratic[0] is NaN, expected a finite number",
        ),
    ]
}

fn collapse() -> Vec<Row> {
    vec![
        row("collapse theorem-2 --eta 1", "--eta: 1.0 is above the window [0.11180339887498947, 0.223606797749979]"),
        row("collapse theorem-2 --eta 0.01", "--eta: 0.01 is below the window [0.11180339887498947, 0.223606797749979]"),
        row("collapse theorem-2 --alignment 1", "--alignment: 1.0 is above √S/120 = 0.018633899812498248"),
        row("collapse theorem-4 --alignment 1", "--alignment: 1.0 is above √S/240 = 0.09316949906249124"),
        row("collapse resonant --alignment -1", "--alignment: is -1.0, expected a finite number > 0"),
        row("collapse theorem-2 --eta nan", "--eta: is NaN, expected a finite number > 0"),
        row("collapse theorem-2 --scale 0", "--scale: is 0.0, expected a finite number > 0"),
        row("collapse resonant --scale 1e200", "--scale: 1e200 is not between 1e-75 and 1e75"),
        row(
            "collapse theorem-2 --alignment 1e-320",
            "--alignment: 1e-320 is too small for binary64 at scale 1.0 and η = 4.300779332994243e-307, where rounding hides what is below 3.2033329522929615e-145",
        ),
        row(
            "collapse theorem-2 --alignment 1e-16 --eta 0.2",
            "--alignment: 1e-16 is too small for binary64 at scale 1.0 and η = 0.2, where rounding hides what is below 4.5552264198703715e-15",
        ),
        row("collapse theorem-4 --tokens 0", "--tokens: 0 is not between 1 and 1000000"),
        row("collapse theorem-4 --tokens 1000001", "--tokens: 1000001 is not between 1 and 1000000"),
        row("collapse theorem-2 --tokens 3", "--tokens 3: only theorem-4 has tokens"),
    ]
}

fn safe_step() -> Vec<Row> {
    let of = |more: &str, message: &str| row(&format!("safe-step --alignment 0.01 --smoothness 1 {more}"), message);
    vec![
        of("--success-rate 1", "--success-rate 1: expected numbers between 0 and 1, neither of them included"),
        of("--success-rate 0", "--success-rate 0: expected numbers between 0 and 1, neither of them included"),
        of("--success-rate -0.5", "--success-rate -0.5: expected numbers between 0 and 1, neither of them included"),
        of("--success-rate NaN", "--success-rate NaN: expected numbers between 0 and 1, neither of them included"),
        of("--success-rate 0.1..1", "--success-rate 0.1..1: expected numbers between 0 and 1, neither of them included"),
        of("--failure-rate 1e-400", "--failure-rate 1e-400: expected numbers between 0 and 1, neither of them included"),
        of("--success-rate half", "--success-rate half: expected a number or a range A..B"),
        of("--success-rate 0.1..", "--success-rate 0.1..: expected a number or a range A..B"),
        of("--success-rate ..0.1", "--success-rate ..0.1: expected a number or a range A..B"),
        of("--success-rate 0.1..0.2..0.3", "--success-rate 0.1..0.2..0.3: expected a number or a range A..B"),
        of("--success-rate 0.9..0.1", "--success-rate 0.9..0.1: expected A < B in a range A..B"),
        of("--success-rate 0.5..0.5", "--success-rate 0.5..0.5: expected A < B in a range A..B"),
        of("--success-rate 0.3 --score-bound -1", "--score-bound: -1.0, expected a finite number, at least 0"),
        of("--success-rate 0.3 --score-bound NaN", "--score-bound: NaN, expected a finite number, at least 0"),
        of("--success-rate 0.3 --max-length 0.5", "--max-length: 0.5, expected a finite number, at least 1"),
        of("--success-rate 0.3 --max-length inf", "--max-length: inf, expected a finite number, at least 1"),
        of(
            "--success-rate 0.3 --psi1-length 1.5",
            "--psi1-length: 1.5, expected a number from 1.4426950408889634 to 1.4426950408889634",
        ),
        of("--success-rate 0.3 --correct-length 2", "--correct-length: 2.0, expected a number from 1 to 1"),
        of("--success-rate 0.3 --out x.svg", "--out x.svg: one success rate gives no curves; give a range, as 0.1..0.9"),
        row("safe-step --success-rate 0.3 --alignment NaN --smoothness 1", "--alignment: NaN, expected a finite number"),
        row(
            "safe-step --success-rate 0.3 --alignment 1 --smoothness -1",
            "--smoothness: -1.0, expected a finite number, at least 0",
        ),
    ]
}

fn diagnose() -> Vec<Row> {
    let of = |more: &str, message: &str| row(&format!("diagnose - {more}"), message);
    vec![
        of("--clip lots", "--clip lots: expected a number or none"),
        of("--clip -1", "--clip -1: expected a positive number"),
        of("--clip NaN", "--clip NaN: expected a positive number"),
        of("--reward-range 0-1", "--reward-range 0-1: expected LOW..HIGH, as 0..1 or -1..1"),
        of(
            "--reward-range 1..0",
            "--reward-range 1..0: expected two finite numbers, the lower one first, not too far apart",
        ),
        of(
            "--reward-range 0..inf",
            "--reward-range 0..inf: expected two finite numbers, the lower one first, not too far apart",
        ),
        of("--smoothness 0", "--smoothness 0: expected a positive number"),
        of("--smoothness inf", "--smoothness inf: expected a positive number"),
        of("--smoothness -1e-320", "--smoothness -1e-320: expected a positive number"),
        of("--max-length -5 --smoothness 1", "--max-length -5: expected a positive number"),
        of("--smooth 0", "--smooth 0: expected at least one row"),
        of("--early 0", "--early 0: expected at least one row"),
        row("diagnose a.log b.log --out -", "--out -: one page only; name one log or a folder"),
    ]
}
