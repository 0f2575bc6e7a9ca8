//! `opendrs completions SHELL`: a completion script.

use super::OpendrsCli;
use clap::{Args, CommandFactory};

#[derive(Debug, Args)]
pub(super) struct CompletionsArgs {
    /// Name of your shell.
    shell: clap_complete::Shell,
}

pub(super) fn run(args: &CompletionsArgs) -> Result<(), String> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut OpendrsCli::command(), "opendrs", &mut script);
    super::output::print_line(String::from_utf8_lossy(&script).trim_end());
    Ok(())
}
