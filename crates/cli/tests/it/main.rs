//! The surface: what devices, makers' clouds, browsers and operators get from a whole server, over its sockets and from
//! its program.
//!
//! Not here: rules (they are tested beside the domain) and rows (they are tested beside the store). Invariant: no test
//! sleeps, none is skipped, none looks into the server but to see that nothing was written.

#![expect(clippy::unwrap_used, reason = "all of it is tests, also what no test attribute marks")]

#[macro_use]
mod harness;

mod api;
mod cli;
mod fulfilment;
mod login;
mod mail;
mod notify;
mod pages;
mod promise;
mod security;
mod seed;
mod table;
mod testing;
mod vendure;
