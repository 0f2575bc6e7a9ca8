//! The external interfaces: what devices, makers' clouds, browsers and operators get from a whole server, through its
//! sockets and its program.
//!
//! Not here: rules (tested in the domain) and rows (tested in the store). Invariant: no test sleeps, none is skipped,
//! and none reads the server's internals except to check that nothing was written.

#![expect(clippy::unwrap_used, reason = "all of it is tests, also what no test attribute marks")]

#[macro_use]
mod harness;

mod account;
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
