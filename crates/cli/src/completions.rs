//! `opendrs completions SHELL`.

use super::Cli;
use clap::{Args, CommandFactory};

#[derive(Debug, Args)]
pub(super) struct Completions {
    /// Your shell.
    shell: clap_complete::Shell,
}

pub(super) fn run(args: &Completions) -> Result<(), String> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "opendrs", &mut script);
    super::out::say(String::from_utf8_lossy(&script).trim_end());
    Ok(())
}
