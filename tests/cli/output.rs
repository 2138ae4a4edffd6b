//! `--out`: the whole file or nothing, refused before anything runs.

use crate::support::{Directory, command, json, refused_in_one_line, run, run_small, succeeded};

#[test]
fn out_writes_the_whole_file_and_nothing_else() {
    let directory = Directory::new();
    let file = directory.write("result.json", "what was there before, longer than nothing");
    let verified = run_small(&["--format", "json", "--out", &file]);
    assert_eq!(succeeded(&verified), "");
    let document = json(&std::fs::read_to_string(&file).expect("written"));
    assert_eq!(document["schema"], "gradient-gap/verify/1");
    assert_eq!(directory.files(), ["result.json"], "no draft is left behind");
}

/// Instances that would run for hours: a refusal that arrives at all arrives before anything runs.
const ENDLESS: [&str; 3] = ["verify", "--instances", "1000000000000"];

#[test]
fn an_output_that_cannot_be_written_is_refused_before_anything_runs() {
    let directory = Directory::new();
    let file = directory.write("a-file", "untouched");
    let outputs = [
        (directory.path("missing/result.json"), "No such file"),
        (directory.path(""), "is a folder, expected a file"),
        (directory.path("a-file/result.json"), "Not a directory"),
        (directory.path(".."), ".."),
    ];
    for (out, why) in &outputs {
        let refusal = run(&[&ENDLESS[..], &["--out", out]].concat());
        refused_in_one_line(&refusal, &[out.trim_end_matches('/'), why]);
        assert_eq!(directory.files(), ["a-file"], "{out}: nothing half-written");
    }
    assert_eq!(std::fs::read_to_string(file).expect("still there"), "untouched");
}

#[test]
fn an_output_with_a_trailing_slash_is_refused_before_anything_runs() {
    let directory = Directory::new();
    let out = directory.path("missing/");
    let mut child = command(&[&ENDLESS[..], &["--out", &out]].concat()).spawn().expect("starts");
    let patience = std::time::Instant::now();
    let ended = loop {
        if child.try_wait().expect("can be asked").is_some() {
            break true;
        }
        if patience.elapsed().as_secs() >= 5 {
            child.kill().expect("was running");
            break false;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    };
    let output = child.wait_with_output().expect("ends");
    assert!(ended, "it runs, to fail at the end");
    refused_in_one_line(&output.into(), &["missing"]);
    assert!(directory.files().is_empty());
}

#[cfg(unix)]
#[test]
fn an_output_behind_a_link_is_replaced_and_the_link_stays() {
    let directory = Directory::new();
    let (target, link) = (directory.path("target"), directory.path("link"));
    std::os::unix::fs::symlink("target", &link).expect("a link");
    // First where the link leads nowhere, then where a file is there.
    for _ in 0..2 {
        let verified = run(&["verify", "--instances", "100", "log-odds-step", "--format", "json", "--out", &link]);
        assert_eq!(verified.status, 0, "{}", verified.err);
        assert!(std::fs::symlink_metadata(&link).expect("still there").is_symlink());
        assert!(std::fs::read_to_string(&target).expect("readable").contains("gradient-gap/verify/1"));
        std::fs::write(&target, "before").expect("writable");
    }
}

#[cfg(unix)]
#[test]
fn an_output_keeps_its_permissions_and_read_only_ones_are_refused() {
    use std::os::unix::fs::PermissionsExt;
    let directory = Directory::new();
    let file = directory.write("result", "before");
    let mode = |mode: u32| std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).expect("ours");
    let arguments = ["verify", "--instances", "100", "log-odds-step", "--out", &file];
    mode(0o600);
    assert_eq!(run(&arguments).status, 0);
    assert_eq!(std::fs::metadata(&file).expect("there").permissions().mode() & 0o777, 0o600);
    mode(0o400);
    refused_in_one_line(&run(&arguments), &["result", "read-only"]);
    mode(0o600);
    assert!(std::fs::read_to_string(&file).expect("readable").contains("log-odds-step"));
}

#[test]
fn an_output_called_minus_is_standard_output() {
    let verified = run(&["verify", "--instances", "100", "log-odds-step", "--out", "-"]);
    assert!(succeeded(&verified).contains("log-odds-step"));
    assert!(!std::path::Path::new("-").exists());
}

/// Only a regular file may be replaced by a rename; a pipe (or /dev/stdout) must be written to.
#[cfg(unix)]
#[test]
fn an_output_that_is_no_regular_file_is_written_to_and_not_replaced() {
    use std::io::Read;
    use std::os::unix::fs::FileTypeExt;
    use std::process::Command;
    let directory = Directory::new();
    let pipe = directory.path("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status();
    assert!(made.is_ok_and(|status| status.success()), "mkfifo");
    let reader = {
        // Opened for reading and writing, so that neither side ever blocks on the other.
        let file = std::fs::OpenOptions::new().read(true).write(true).open(&pipe).expect("a pipe");
        std::thread::spawn(move || {
            let mut start = [0u8; 1];
            let mut file = file;
            file.read_exact(&mut start).map(|()| start[0])
        })
    };
    let verified = run(&["verify", "--instances", "100", "log-odds-step", "--format", "json", "--out", &pipe]);
    let is_pipe = std::fs::metadata(&pipe).expect("still there").file_type().is_fifo();
    assert!(is_pipe, "the pipe was replaced by a file: {verified:?}");
    succeeded(&verified);
    assert_eq!(reader.join().expect("no panic").expect("a byte"), b'{');
}
