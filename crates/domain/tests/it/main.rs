//! The rules from outside the crate: golden vectors, properties and simulations of the forecast.
//!
//! Not here: tests of single functions; they are next to the code. Invariant: no test reads a clock, and random choices
//! are seeded and printed.

#![expect(clippy::unwrap_used, reason = "all of it is tests, also what no test attribute marks")]

mod forecast;
