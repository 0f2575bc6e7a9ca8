//! A real server in this process, and its clients: devices, makers' clouds, browsers, raw sockets.
//!
//! Invariant: a server has its own store, a clock that moves only when a test moves it, and randomness from a seed.
//! Tests reach it through its socket only. To check that nothing was written, they read the rows from the store
//! ([`store::TableRows`]).

#[macro_use]
mod server;
mod browser;
mod clock_and_random;
mod device;
pub mod fixtures;
mod mail_server;
mod provider;
mod raw_connection;
mod receiver;
mod request;
mod store;

pub use browser::{TestBrowser, authorize_path};
pub use clock_and_random::{SettableClock, test_seed};
pub use device::{LinkOptions, LinkedDevice, batches};
pub use mail_server::{MailServer, ReceivedMail};
pub use provider::{CLIENT_ID, CLIENT_SECRET, ProviderFault, Signer, TestProvider};
pub use raw_connection::{RawConnection, RawResponse, days_ago};
pub use receiver::{ReceivedRequest, ReceiverAction, TestReceiver};
pub use request::{ReplyExt, TestRequest, fill_path, form_body, valid_body};
pub use server::{MASTER_KEY, OPERATOR_TOKEN, Options, Server, on_postgres, on_sqlite};
pub use store::Store;
