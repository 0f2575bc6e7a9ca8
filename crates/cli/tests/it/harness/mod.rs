//! A real server in this process, and those who speak to it: devices, makers' clouds, browsers, raw sockets.
//!
//! Invariant: a server has a store of its own, a clock that moves only when it is told to, and randomness from a seed; it
//! is reached through its socket alone. What it must not have changed is looked up behind its back ([`store::Rows`]).

#[macro_use]
mod server;
mod browser;
mod clock_and_random;
mod device;
pub mod fixtures;
mod mail_server;
mod raw_connection;
mod receiver;
mod request;
mod store;

pub use browser::{TestBrowser, authorize_path};
pub use clock_and_random::{SettableClock, test_seed};
pub use device::{LinkOptions, LinkedDevice};
pub use mail_server::MailServer;
pub use raw_connection::{RawConnection, RawResponse, days_ago};
pub use receiver::{ReceivedRequest, ReceiverAction, TestReceiver};
pub use request::{ReplyExt, TestRequest, fill_path, form_body, valid_body};
pub use server::{MASTER_KEY, OPERATOR_TOKEN, Options, Server, on_postgres, on_sqlite};
pub use store::Store;
