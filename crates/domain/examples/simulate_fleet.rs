//! `simulate_fleet`: late parcels of synthetic households, against the most that are allowed.
//!
//! ```console
//! $ cargo run --release -p opendrs-domain --example simulate_fleet -- --slots 300
//! ```
//!
//! It prints a line for each kind of use and container, and ends with status 1 if too many parcels were late. Not here:
//! the store and the clock; these are the pure functions. Invariant: a seed gives the same figures in every run.

#![allow(clippy::print_stdout, reason = "a program that prints figures")]

#[path = "support/household.rs"]
mod household;
#[path = "support/random.rs"]
mod random;
#[path = "support/synthetic.rs"]
mod synthetic;

use household::ParcelCount;
use std::process::ExitCode;
use synthetic::{CONTAINERS, RunSize, SCENARIOS, Scenario};

const HELP: &str = "\
Plays synthetic households with the forecast, and prints how many parcels came after the slot ran out.

usage: simulate_fleet [--slots NUMBER] [--risk SHARE] [--seeds NUMBER]

  --slots NUMBER   the slots of each kind of use and container, over all seeds; 300 if left out
  --risk SHARE     the accepted risk; 0.05 if left out. The most that are allowed are those of 0.05.
  --seeds NUMBER   how many seeds, from 1 on; 4 if left out
";
/// The slots that teach the prior.
const FLEET: u64 = 200;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.iter().any(|word| word == "--help") {
        print!("{HELP}");
        return ExitCode::SUCCESS;
    }
    let (Some(slots), Some(accepted), Some(seeds)) =
        (number(&words, "--slots", 300.0), number(&words, "--risk", 0.05), number(&words, "--seeds", 4.0))
    else {
        eprint!("{HELP}");
        return ExitCode::from(2);
    };
    let seeds = seeds.max(1.0) as u64;
    println!("{:<14}{:>10}{:>9}{:>8}{:>12}{:>8}", "use", "container", "parcels", "late %", "cover days", "most %");
    let mut is_met = true;
    for scenario in SCENARIOS {
        for container in CONTAINERS {
            let days = if container > 100 { 700 } else { 400 };
            let size = RunSize { fleet: FLEET, slots: (slots as u64 / seeds).max(1), days };
            is_met &= print_run(scenario, container, size, seeds, accepted);
        }
    }
    if is_met { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Plays and prints one line. Returns false if too many parcels were late.
fn print_run(scenario: Scenario, container: u32, size: RunSize, seeds: u64, accepted: f64) -> bool {
    let prior = scenario.learn_prior(container, size);
    let mut count = ParcelCount::default();
    for seed in 1..=seeds {
        count += scenario.play(container, size, seed, &prior, accepted);
    }
    let (late, most) = (count.late_percent(), scenario.most_late_percent(container));
    let name = format!("{scenario:?}").to_lowercase();
    let bar = most.map_or("-".to_owned(), |most| format!("{most:.1}"));
    let (parcels, cover) = (count.parcels, count.mean_cover());
    println!("{name:<14}{container:>10}{parcels:>9}{late:>8.1}{cover:>12.1}{bar:>8}");
    accepted != 0.05 || most.is_none_or(|most| late <= most)
}

/// The number after a name, or what it is if left out. `None` if it is not a number.
fn number(words: &[String], name: &str, otherwise: f64) -> Option<f64> {
    match words.iter().position(|word| word == name) {
        Some(at) => words.get(at + 1)?.parse().ok().filter(|number: &f64| *number > 0.0),
        None => Some(otherwise),
    }
}
