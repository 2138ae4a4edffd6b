//! The command `gradient-gap`; see [`cli`].

mod cli;

use cli::usage::{Stop, read};
use std::process::ExitCode;

fn main() -> ExitCode {
    match read(std::env::args_os().collect()) {
        Ok(cli) => cli.run(),
        Err(Stop::Answered) => ExitCode::SUCCESS,
        Err(Stop::Wrong(message)) => cli::refuse(&message),
    }
}
