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
#[path = "support/scenario_runs.rs"]
mod scenario_runs;
#[path = "support/synthetic.rs"]
mod synthetic;

use std::process::ExitCode;
use synthetic::{CountedParcels, PriorSource, ScenarioRun};

const HELP: &str = "\
Plays synthetic households with the forecast, and prints how many parcels came after the slot ran out.

usage: simulate_fleet [--slots NUMBER] [--seeds NUMBER]

  --slots NUMBER   the slots of each line, over all seeds; 300 if left out
  --seeds NUMBER   how many seeds, from 1 on; 4 if left out

It ends with status 1 if a line has more late parcels than are allowed.
";
/// The slots that teach the prior.
const FLEET: u64 = 200;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.iter().any(|word| word == "--help") {
        print!("{HELP}");
        return ExitCode::SUCCESS;
    }
    let (Some(slots), Some(seeds)) = (number(&words, "--slots", 300.0), number(&words, "--seeds", 4.0)) else {
        eprint!("{HELP}");
        return ExitCode::from(2);
    };
    let seeds = seeds.max(1.0) as u64;
    println!("{:<38}{:>5}{:>6}{:>9}{:>8}{:>7}{:>7}", "use", "days", "risk", "parcels", "late %", "most", "cover");
    let missed = scenario_runs::all_runs().iter().filter(|run| !print_run(run, slots as u64 / seeds, seeds)).count();
    println!("{missed} lines have too many late parcels");
    if missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Plays and prints one line. Returns false if too many parcels were late.
fn print_run(run: &ScenarioRun, slots: u64, seeds: u64) -> bool {
    let count = run.play(slots.max(1), seeds, FLEET);
    let (late, most) = (count.late_percent(), run.most_late_percent);
    let is_met = most.is_none_or(|most| late <= most);
    let mut name = format!("{:?}", run.scenario).to_lowercase();
    name.push_str(match (run.counted, run.prior) {
        (CountedParcels::AfterWarmUp, PriorSource::Fleet) => "",
        (CountedParcels::AfterWarmUp, PriorSource::Guess) => ", no fleet",
        (CountedParcels::FirstFillings, PriorSource::Fleet) => ", first fillings",
        (CountedParcels::FirstFillings, PriorSource::Guess) => ", first fillings, no fleet",
        (CountedParcels::AfterChange, _) => ", after the change",
    });
    let bar = most.map_or("-".to_owned(), |most| format!("{most:.1}"));
    let (container, accepted, parcels, cover) = (run.container, run.accepted, count.parcels, count.mean_cover());
    let missed = if is_met { "" } else { " MISSED" };
    println!("{name:<38}{container:>5}{accepted:>6}{parcels:>9}{late:>8.1}{bar:>7}{cover:>7.1}{missed}");
    is_met
}

/// The number after a name, or what it is if left out. `None` if it is not a number.
fn number(words: &[String], name: &str, otherwise: f64) -> Option<f64> {
    match words.iter().position(|word| word == name) {
        Some(at) => words.get(at + 1)?.parse().ok().filter(|number: &f64| *number > 0.0),
        None => Some(otherwise),
    }
}
