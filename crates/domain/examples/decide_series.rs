//! `decide_series`: the forecast on series of use of your own.
//!
//! What it is: a program that reads a CSV file and writes quantiles, or plays a household. What it is not: a part of the
//! service; it uses the same functions. Invariant: equal input and arguments give equal output.

#![allow(clippy::print_stdout, reason = "a program that writes its result")]

#[path = "support/arguments.rs"]
mod arguments;
#[path = "support/household.rs"]
#[allow(dead_code, reason = "simulate_fleet uses the rest")]
mod household;
#[path = "support/quantiles.rs"]
mod quantiles;
#[path = "support/random.rs"]
#[allow(dead_code, reason = "simulate_fleet uses the rest")]
mod random;
#[path = "support/replay.rs"]
mod replay;
#[path = "support/series.rs"]
mod series;

use arguments::{HELP, SeriesCommand};
use std::process::ExitCode;

fn main() -> ExitCode {
    match run(std::env::args().skip(1)) {
        Ok(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(problem) => {
            eprintln!("decide_series: {problem}\nTry --help.");
            ExitCode::from(2)
        }
    }
}

fn run(words: impl Iterator<Item = String>) -> Result<String, String> {
    match arguments::parse(words)? {
        SeriesCommand::Help => Ok(HELP.to_owned()),
        SeriesCommand::Forecast(options) => quantiles::forecast(&series::read_stdin()?, &options),
        SeriesCommand::Simulate(options) => replay::simulate(&series::read_stdin()?, &options),
    }
}
