//! A real server in this process, and those who speak to it: devices, makers' clouds, browsers, raw sockets.
//!
//! Invariant: a server has a store of its own, a clock that moves only when it is told to, and randomness from a seed; it
//! is reached through its socket alone. What it must not have changed is looked up behind its back ([`store::Rows`]).

#[macro_use]
mod server;
mod browse;
mod call;
mod device;
mod mail_server;
mod means;
mod receiver;
mod store;
mod wire;
pub mod world;

pub use browse::{Visit, query};
pub use call::{Call, Said, filled, form, good_body};
pub use device::{Device, Linking};
pub use mail_server::MailServer;
pub use means::{Settable, test_seed};
pub use receiver::{Does, Got, Receiver};
pub use server::{MASTER, OPERATOR, Options, Server, on_postgres, on_sqlite};
pub use store::Store;
pub use wire::{Answer, Wire, days_ago};
