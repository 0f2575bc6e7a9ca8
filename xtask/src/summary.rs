//! The table at the end of `cargo xtask test`.
//!
//! Not here: running anything. Invariant: its last line is `N passed, M failed`, counting steps, and every step is in
//! the table, those that were left out too.

use crate::failure::{Failure, Outcome};
use crate::steps::Step;
use std::fmt;
use std::time::Duration;

/// What became of the steps that ran, in the order they ran.
#[derive(Default)]
pub struct Summary {
    ran: Vec<(Step, Duration, Option<Failure>)>,
}

impl Summary {
    /// Notes a step's end.
    pub fn note(&mut self, step: Step, took: Duration, outcome: Outcome) {
        self.ran.push((step, took, outcome.err()));
    }

    /// How many steps failed.
    pub fn failed(&self) -> usize {
        self.ran.iter().filter(|(_, _, failure)| failure.is_some()).count()
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (step, _, failure) in &self.ran {
            if let Some(failure) = failure {
                writeln!(f, "{}: {failure}\n  again: cargo xtask test --only {}\n", step.name(), step.name())?;
            }
        }
        writeln!(f, "{:<10} {:<10} {:>9}", "step", "result", "seconds")?;
        for step in Step::ALL {
            match self.ran.iter().find(|(ran, _, _)| *ran == step) {
                Some((_, took, failure)) => {
                    let result = if failure.is_some() { "FAILED" } else { "passed" };
                    writeln!(f, "{:<10} {result:<10} {:>9.1}", step.name(), took.as_secs_f64())?;
                }
                None => writeln!(f, "{:<10} left out", step.name())?,
            }
        }
        writeln!(f, "{} passed, {} failed", self.ran.len() - self.failed(), self.failed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_failures_table_and_counts() {
        let mut summary = Summary::default();
        summary.note(Step::Fmt, Duration::from_millis(640), Ok(()));
        summary.note(Step::Rust, Duration::from_secs(71), Err(Failure::new("broke", "mend it")));
        assert_eq!(summary.failed(), 1);
        let text = summary.to_string();
        assert!(text.starts_with("rust: broke\n  fix: mend it\n  again: cargo xtask test --only rust\n\n"), "{text}");
        assert!(text.contains("fmt        passed           0.6\n"), "{text}");
        assert!(text.contains("rust       FAILED          71.0\n"), "{text}");
        assert!(text.contains("deny       left out\n"), "{text}");
        assert!(text.ends_with("\n1 passed, 1 failed\n"), "{text}");
    }
}
