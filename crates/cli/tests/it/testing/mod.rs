//! What a test may ask of a server with a test clock, on either engine.

mod faults;
mod guard;
mod reset;
mod snapshot;
mod trigger;
