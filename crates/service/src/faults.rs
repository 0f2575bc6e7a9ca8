//! Planned faults, on a test server.
//!
//! What it is: who may plan a fault; [`plan`] holds the plan. Invariant: only a server with a test clock plans faults.

mod plan;

pub use plan::{FaultPlan, FaultPlanEntry};

use crate::{App, Error, Result};
use opendrs_domain::fault::FaultKind;
use plan::MAX_TIMES;

/// Adds a fault at the end of the plan.
///
/// # Errors
/// [`Error::InvalidCommand`] where the plan is full, or this is no test server.
pub fn plan_fault(app: &App, what: FaultKind, on: String, times: u32) -> Result<()> {
    if app.test_clock().is_none() {
        return Err(Error::InvalidCommand(
            "nothing goes wrong on request here: start the server with --test-clock".into(),
        ));
    }
    if !(1..=MAX_TIMES).contains(&times) {
        return Err(Error::InvalidCommand(format!("a fault happens 1 to {MAX_TIMES} times, not {times}")));
    }
    app.faults.add(FaultPlanEntry { fault: what, path: on, remaining: times })
}
