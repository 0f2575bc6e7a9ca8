//! Tables that are complete: every route, every version, every answer. What is added to the product without a line here
//! fails.

mod callers;
mod metrics;
mod openapi;
mod owners;
mod versions;
