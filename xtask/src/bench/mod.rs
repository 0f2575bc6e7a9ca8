//! `cargo xtask bench`: how fast the service is, by comparison, against the targets that it has set itself.
//!
//! Everything is measured in turns within one run, by one generator (`opendrs-loadgen`), and only ratios are told: a
//! machine's own speed says nothing, and it changes by the minute. Not here: what is measured (`rows`), what is measured
//! on (`site`). Invariant: nothing but loopback is loaded, for a bounded time; what was started is ended; a row that was
//! not measured is never told as met.

mod report;
mod rows;
mod run;
mod server;
mod test_bed;

use crate::error::{TaskError, TaskResult};
use crate::workspace::Workspace;
use report::RowResult;
use rows::{BenchRow, ROWS};
use std::fs;
use std::path::PathBuf;
use test_bed::BenchTestBed;

/// What a person asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BenchOptions {
    /// These rows alone; all, when it is empty.
    pub only: Vec<String>,
    /// Also the rows that need millions of devices.
    pub full: bool,
    /// How often everything is measured.
    pub rounds: usize,
    /// Where to write the table as JSON.
    pub json: Option<PathBuf>,
}

impl Default for BenchOptions {
    fn default() -> Self {
        Self { only: Vec::new(), full: false, rounds: 5, json: None }
    }
}

/// The names of all rows, in order.
pub fn row_names() -> impl Iterator<Item = &'static str> {
    ROWS.iter().map(|row| row.name)
}

/// Measures and prints the table; false when a must was missed or a row could not be measured.
pub fn run(tree: &Workspace, options: &BenchOptions) -> TaskResult<bool> {
    let mut site = BenchTestBed::build(tree, options.full, options.rounds)?;
    let wanted = |row: &BenchRow| match options.only.is_empty() {
        true => options.full || !row.full,
        false => options.only.iter().any(|name| name == row.name),
    };
    let mut lines: Vec<RowResult> = ROWS.iter().map(RowResult::new).collect();
    for round in 1..=options.rounds {
        eprintln!("round {round} of {}", options.rounds);
        let mut runs = test_bed::RoundRuns::default();
        for line in
            lines.iter_mut().filter(|line| wanted(line.row) && line.row.is_measurable() && line.failure.is_none())
        {
            match line.row.measure(&mut site, &mut runs) {
                Ok(value) => {
                    eprintln!(
                        "  {:<21} {}{}",
                        line.row.name,
                        line.row.unit.format_value(value),
                        line.row.unit.suffix()
                    );
                    line.values.push(value);
                }
                Err(failure) => {
                    eprintln!("  {:<21} {failure}", line.row.name);
                    line.failure = Some(failure);
                }
            }
        }
    }
    // Nothing runs any more when the table is printed.
    drop(site);
    print!("{}", report::format_table(&lines, options));
    if let Some(file) = &options.json {
        fs::write(file, report::format_json(&lines))
            .map_err(|e| TaskError::new(format!("cannot write {}: {e}", file.display()), "name another --json FILE"))?;
    }
    Ok(lines.iter().all(RowResult::is_acceptable))
}
