//! `cargo xtask`: the project's automation, one entry point for people and for CI.
//!
//! Not here: product code. No crate of the project is linked, so that a broken crate cannot break the tool that finds
//! it. Invariant: every command ends by itself, names the fix of a failure, and leaves nothing running.

#![allow(clippy::print_stdout, reason = "a command line tool: its output is what it is for")]

mod args;
mod bench;
mod clone;
mod command;
mod error;
mod output_tail;
mod peers;
mod postgres;
mod references;
mod shots;
mod source_file;
mod step_context;
mod steps;
mod structure;
mod summary;
mod test;
mod tools;
mod torture;
mod watchdog;
mod workspace;

use args::XtaskCommand;
use error::TaskResult;
use std::process::ExitCode;

fn main() -> ExitCode {
    let request = match args::parse(std::env::args().skip(1)) {
        Ok(request) => request,
        Err(failure) => {
            eprintln!("{failure}");
            return ExitCode::from(2);
        }
    };
    match run_command(request) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}

/// Runs a command. Returns false if it ran to its end and found a problem.
fn run_command(request: XtaskCommand) -> TaskResult<bool> {
    match request {
        XtaskCommand::Help => {
            print!("{}", args::help());
            Ok(true)
        }
        XtaskCommand::Test(steps) => test::run(&workspace::Workspace::find()?, &steps),
        XtaskCommand::Postgres => postgres::run(&workspace::Workspace::find()?).map(|()| true),
        XtaskCommand::Torture(torture) => torture::run(&workspace::Workspace::find()?, &torture).map(|()| true),
        XtaskCommand::Bench(options) => bench::run(&workspace::Workspace::find()?, &options),
        XtaskCommand::Shots => shots::run(&workspace::Workspace::find()?).map(|()| true),
        XtaskCommand::CiClone => clone::run(&workspace::Workspace::find()?).map(|()| true),
    }
}
