//! `cargo xtask bench`: the speed of the service in comparison with other servers, against targets.
//!
//! Everything is measured in turns within one run, by one generator (`opendrs-loadgen`). Only ratios are reported,
//! because a machine's own speed changes by the minute. Not here: the measurements (`rows`), and the servers and stores
//! (`test_bed`). Invariant: load goes to loopback only, for a bounded time. Every started process is ended. A row that
//! was not measured never counts as met.

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

/// The options of `bench`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BenchOptions {
    /// The names of the rows to measure; all rows if it is empty.
    pub only: Vec<String>,
    /// Whether to measure the rows that need millions of devices, too.
    pub full: bool,
    /// The number of measurements of each row.
    pub rounds: usize,
    /// The file to which the table is written as JSON.
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

/// Measures the rows and prints the table. Returns false if a `must` was missed or a row could not be measured.
pub fn run(tree: &Workspace, options: &BenchOptions) -> TaskResult<bool> {
    let mut site = BenchTestBed::build(tree, options.full, options.rounds)?;
    let wanted = |row: &BenchRow| {
        if options.only.is_empty() {
            options.full || !row.full
        } else {
            options.only.iter().any(|name| name == row.name)
        }
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
    // Ends all servers before the table is printed.
    drop(site);
    print!("{}", report::format_table(&lines, options));
    if let Some(file) = &options.json {
        fs::write(file, report::format_json(&lines))
            .map_err(|e| TaskError::new(format!("cannot write {}: {e}", file.display()), "name another --json FILE"))?;
    }
    Ok(lines.iter().all(RowResult::is_acceptable))
}
