//! What every interface of a node shares: the state of all handlers, the handling of a use case's error, counters of
//! requests, and the log of refusals.
//!
//! What it is not: routes, wire formats and pages, which are in the crates `server` and `web`. Invariant: nothing here
//! knows an endpoint or a page.

pub mod error;
pub mod exposition;
pub mod http_metrics;
pub mod refusal_log;
pub mod state;
