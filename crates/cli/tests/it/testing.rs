//! Requests of tests to a server with a test clock, on both engines.

mod clock;
mod faults;
mod guard;
mod reset;
mod snapshot;
mod trigger;
