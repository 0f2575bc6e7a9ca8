//! The table at the end of `cargo xtask test`.
//!
//! Not here: running the steps. Invariant: its last line is `N passed, M failed`, which counts steps. Every step is in
//! the table, including those that were left out.

use crate::error::{TaskError, TaskResult};
use crate::steps::TestStep;
use std::fmt;
use std::time::Duration;

/// The outcomes of the steps, in the order in which they ran.
#[derive(Default)]
pub struct TestSummary {
    results: Vec<(TestStep, Duration, Option<TaskError>)>,
}

impl TestSummary {
    /// Records the end of a step.
    pub fn record(&mut self, step: TestStep, took: Duration, outcome: TaskResult) {
        self.results.push((step, took, outcome.err()));
    }

    /// The number of failed steps.
    pub fn failed_count(&self) -> usize {
        self.results.iter().filter(|(_, _, failure)| failure.is_some()).count()
    }
}

impl fmt::Display for TestSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (step, _, failure) in &self.results {
            if let Some(failure) = failure {
                writeln!(f, "{}: {failure}\n  again: cargo xtask test --only {}\n", step.name(), step.name())?;
            }
        }
        writeln!(f, "{:<10} {:<10} {:>9}", "step", "result", "seconds")?;
        for step in TestStep::ALL {
            match self.results.iter().find(|(ran, _, _)| *ran == step) {
                Some((_, took, failure)) => {
                    let result = if failure.is_some() { "FAILED" } else { "passed" };
                    writeln!(f, "{:<10} {result:<10} {:>9.1}", step.name(), took.as_secs_f64())?;
                }
                None => writeln!(f, "{:<10} left out", step.name())?,
            }
        }
        writeln!(f, "{} passed, {} failed", self.results.len() - self.failed_count(), self.failed_count())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_failures_table_and_counts() {
        let mut summary = TestSummary::default();
        summary.record(TestStep::Fmt, Duration::from_millis(640), Ok(()));
        summary.record(TestStep::Rust, Duration::from_secs(71), Err(TaskError::new("broke", "mend it")));
        assert_eq!(summary.failed_count(), 1);
        let text = summary.to_string();
        assert!(text.starts_with("rust: broke\n  fix: mend it\n  again: cargo xtask test --only rust\n\n"), "{text}");
        assert!(text.contains("fmt        passed           0.6\n"), "{text}");
        assert!(text.contains("rust       FAILED          71.0\n"), "{text}");
        assert!(text.contains("deny       left out\n"), "{text}");
        assert!(text.ends_with("\n1 passed, 1 failed\n"), "{text}");
    }
}
