//! The use cases of the service, for all its callers: the device API, pages, workers, the command line.
//!
//! What it is: one function for each use case, `(&App, who, what) -> Result<outcome>`: load, decide by a rule of
//! `domain`, save, record events, commit. What it is not: it has no request, header, page or SQL. Invariant: nothing
//! leaves the process before the commit, and nothing after the commit can make the call fail.

pub mod account;
pub mod backlog;
pub mod brand;
pub mod clock;
pub mod consent;
pub mod customer;
pub mod delivery;
pub mod device;
pub mod error;
pub mod export;
mod factor_secret;
mod fast_path;
pub mod faults;
pub mod federation;
pub mod fill;
pub mod fulfilment;
pub mod health;
pub mod keys;
pub mod level;
pub mod limit;
pub mod login;
pub mod mail;
pub mod metrics;
pub mod operator_token;
pub mod order;
pub mod outbound;
pub mod outbox;
pub mod picture;
pub mod price;
pub mod publication;
pub mod random;
pub mod reading;
pub mod receiver;
pub mod reset;
pub mod rewrap;
pub mod rule;
pub mod schedule;
pub mod seed;
pub mod session;
pub mod signing;
pub mod slot_statement;
pub mod snapshot;
pub mod subscription;
pub mod takeover;
pub mod temporary_receiver;
pub mod throttle;
pub mod token;
pub mod trigger;

mod app;
mod derived_keys;
mod named_link;
mod notification;
mod ordering_key;
mod password;
pub mod pause;
mod sealing;
mod send_rate;
mod signed_link;
pub use app::{App, AppParts, AppSettings};
pub use error::{Error, ErrorKind, FormError, Result};
pub use fast_path::FastPath;
