//! `cargo xtask`: the project's automation, one entry point for people and for CI.
//!
//! Not here: product code; nothing of ours is linked, so that a broken crate cannot break the tool that finds it.
//! Invariant: every command ends by itself, says on failure what to do about it, and leaves nothing running.

#![allow(clippy::print_stdout, reason = "a command line tool: its output is what it is for")]

mod args;
mod bench;
mod clone;
mod command;
mod failure;
mod peers;
mod postgres;
mod references;
mod steps;
mod summary;
mod tail;
mod test;
mod tools;
mod torture;
mod tree;
mod watchdog;

use args::Request;
use failure::Outcome;
use std::process::ExitCode;

fn main() -> ExitCode {
    let request = match args::parse(std::env::args().skip(1)) {
        Ok(request) => request,
        Err(failure) => {
            eprintln!("{failure}");
            return ExitCode::from(2);
        }
    };
    match answer(request) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}

/// Does what was asked; false when it ran to its end and found something wrong.
fn answer(request: Request) -> Outcome<bool> {
    match request {
        Request::Help => {
            print!("{}", args::help());
            Ok(true)
        }
        Request::Test(steps) => test::run(&tree::Tree::find()?, &steps),
        Request::Postgres => postgres::serve(&tree::Tree::find()?).map(|()| true),
        Request::Torture(torture) => torture::run(&tree::Tree::find()?, &torture).map(|()| true),
        Request::Bench(options) => bench::run(&tree::Tree::find()?, &options),
        Request::CiClone => clone::run(&tree::Tree::find()?).map(|()| true),
    }
}
