//! `cargo xtask test`: runs steps, times them, and sums them up.
//!
//! Not here: the work of the steps (`steps`). Invariant: a failed step does not stop the later ones.

use crate::error::TaskResult;
use crate::step_context::StepContext;
use crate::steps::TestStep;
use crate::summary::TestSummary;
use crate::workspace::Workspace;
use std::time::{Duration, Instant};

/// Runs these steps. Returns true if all of them passed.
pub fn run(tree: &Workspace, steps: &[TestStep]) -> TaskResult<bool> {
    let mut site = StepContext::new(tree);
    let mut summary = TestSummary::default();
    for &step in steps {
        println!("== {}: {}", step.name(), step.description());
        let (outcome, took) = timed(|| step.run(&mut site));
        let result = if outcome.is_ok() { "passed" } else { "FAILED" };
        println!("== {}: {result} after {:.1} s\n", step.name(), took.as_secs_f64());
        summary.record(step, took, outcome);
    }
    // PostgreSQL ends here, so that no output can follow the summary's last line.
    drop(site);
    print!("{summary}");
    Ok(summary.failed_count() == 0)
}

#[expect(clippy::disallowed_methods, reason = "wall time for a person's eyes; nothing is decided by it")]
fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = work();
    (result, start.elapsed())
}
