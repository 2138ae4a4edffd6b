//! Files that cannot be read, and places where nothing can be written.

use super::{Row, row};
use crate::support::Directory;
use std::os::unix::fs::PermissionsExt;

pub fn rows() -> Vec<Row> {
    vec![
        // Read.
        row("replay missing.json", "missing.json: No such file or directory (os error 2)"),
        row("replay 'no\nfile'", "no\\nfile: No such file or directory (os error 2)"),
        row("replay .", ".: Is a directory (os error 21)"),
        row("replay file/below", "file/below: Not a directory (os error 20)").file("file", ""),
        row("replay -", "-: stream did not contain valid UTF-8").input(b"\xff\xfe\x00\x01\x02"),
        row("replay -", "-: larger than 64 MiB").input(" ".repeat((64 << 20) + 1)),
        row("diagnose missing.log", "missing.log: No such file or directory (os error 2)"),
        row("diagnose .", ".: Is a directory (os error 21)"),
        row("merge missing.json", "missing.json: No such file or directory (os error 2)"),
        // Written.
        row("list", "standard output: No space left on device (os error 28)").before("exec >/dev/full").on_linux(),
        row("--help", "standard output: No space left on device (os error 28)").before("exec >/dev/full").on_linux(),
        row("help verify", "standard output: No space left on device (os error 28)").before("exec >/dev/full").on_linux(),
        row("--version", "standard output: No space left on device (os error 28)").before("exec >/dev/full").on_linux(),
        row("verify --out missing/result.json", "missing/result.json: No such file or directory (os error 2)"),
        row("verify --out file/result.json", "file/result.json: Not a directory (os error 20)").file("file", ""),
        row("verify --out .", ".: not a file name"),
        row("verify --out ..", "..: not a file name"),
        row("verify --out /", "/: not a file name"),
        row("verify --out missing/", "missing/: is a folder, expected a file"),
        row("certify --out read-only", "read-only: is read-only").file("read-only", "").prepared(read_only),
        row(
            "verify second-order --instances 100 --attack 0 --certify 0 --out /dev/full",
            "/dev/full: No space left on device (os error 28)",
        )
        .on_linux(),
        row("verify --resume missing/state", "missing/state: No such file or directory (os error 2)"),
        row(
            "attack log-odds-step --out missing/witness.json",
            "missing/witness.json: No such file or directory (os error 2)",
        ),
        row(
            "conjecture 'J0 <= 1' --out missing/witness.json",
            "missing/witness.json: No such file or directory (os error 2)",
        ),
        row("collapse theorem-2 --out missing/x.svg", "missing/x.svg: No such file or directory (os error 2)"),
        row("lengths --out missing/x.svg", "missing/x.svg: No such file or directory (os error 2)"),
        row(
            "safe-step --success-rate 0.1..0.9 --alignment 0.1 --smoothness 1 --out missing/x.svg",
            "missing/x.svg: No such file or directory (os error 2)",
        ),
        // Folders.
        row("report --out file/below", "file: is a file, expected a folder").file("file", ""),
        // An earlier report.
        row("report --out x --baseline none.json", "none.json: No such file or directory (os error 2)"),
        row("report --out x --baseline b.json", "b.json: EOF while parsing a value at line 1 column 0").file("b.json", ""),
        row("report --out x --baseline b.json", "b.json: schema is \"a/1\", expected \"gradient-gap/report/1\"")
            .file("b.json", "{\"schema\":\"a/1\"}"),
        row("report --out x --baseline b.json", "b.json: schema is missing, expected \"gradient-gap/report/1\"")
            .file("b.json", "{}"),
        row("report --out x --baseline b.json", "b.json: attacks: \"one\" stands there twice")
            .file("b.json", attacked("{\"slug\":\"one\",\"parts\":[]},{\"slug\":\"one\",\"parts\":[]}")),
        row("report --out x --baseline b.json", "b.json: attacks, one, part: ratio is -5, expected at least 0")
            .file("b.json", attacked("{\"slug\":\"one\",\"parts\":[{\"name\":\"part\",\"ratio\":-5}]}")),
        row("report --out . --baseline report.json", "--baseline report.json: --out would write over it")
            .file("report.json", REPORT),
        row("report --out x", "x/junit.xml: is a folder, expected a file").prepared(taken),
        row(
            "report --out x --instances 9 --evaluations 7 --baseline b.json",
            "--baseline b.json: made with --instances 8 --evaluations 5 --seed 3, and only the same can be compared",
        )
        .file("b.json", REPORT),
        row("report --out x --tolerance 1 --baseline b.json", "--tolerance 1: expected a share in [0, 1)")
            .file("b.json", REPORT),
        row("bandit --out file", "file: is a file, expected a folder").file("file", ""),
        row("rates --out file/below", "file: is a file, expected a folder").file("file", ""),
        row("rates --steps 200 --seeds 4 --out sealed/below", "sealed/below: File exists (os error 17)").prepared(sealed),
        row("rates --steps 200 --seeds 4 --out full", "full/rates.png: is a folder, expected a file").prepared(occupied),
        row("diagnose run.csv --out file", "file: is a file, expected a folder").file("run.csv", LOG).file("file", ""),
        row("diagnose run.csv --out .", "--out would overwrite the log ./run.csv").file("run.csv", LOG),
    ]
}

const REPORT: &str = "{\"schema\":\"gradient-gap/report/1\",\"seed\":3,\"evaluations\":5,\"verify\":{\"instances\":8,\"claims\":[]},\"attacks\":[],\"constants\":[]}";
const LOG: &str = "step,success_rate,grad_norm\n1,0.5,1\n";

/// An earlier report with these attacks.
fn attacked(attacks: &str) -> String {
    REPORT.replace("\"attacks\":[]", &format!("\"attacks\":[{attacks}]"))
}

fn read_only(folder: &Directory) {
    std::fs::set_permissions(folder.path("read-only"), std::fs::Permissions::from_mode(0o400)).expect("ours");
}

/// A folder that is none.
fn sealed(folder: &Directory) {
    std::os::unix::fs::symlink("nowhere/at/all", folder.path("sealed")).expect("a link");
}

/// Where a file of a report should be, a folder is.
fn taken(folder: &Directory) {
    std::fs::create_dir_all(folder.path("x/junit.xml")).expect("can be made");
}

/// Where a file should be, a folder is.
fn occupied(folder: &Directory) {
    std::fs::create_dir_all(folder.path("full/rates.png")).expect("can be made");
}
