//! Every SQL text of the service, on two engines: SQLite, embedded, and PostgreSQL, shared by several nodes.
//!
//! What it is: [`Db`] opens, migrates and hands out [`Tx`]; one module a noun turns rows into domain values and back.
//! What it is not: it decides nothing. Invariant: one text a query ([`queries::Q`]), prepared on every connection when
//! it opens, so a node whose code does not fit the schema fails at its start and not at a request.

mod condition;
mod db;
mod error;
mod lite;
mod migrate;
mod pg;
mod private;
mod probe;
mod queries;
mod reach;
mod sql;
mod tls;
mod turn;
mod tx;
mod value;
mod write;

pub mod access;
pub mod backlog;
pub mod backup;
pub mod code;
pub mod consent;
pub mod customer;
pub mod delivery;
pub mod derived_key;
pub mod device;
pub mod examine;
pub mod failpoint;
pub mod fulfilment;
pub mod installation;
pub mod mail;
pub mod maker;
pub mod meter;
pub mod model;
pub mod order;
pub mod outbox;
pub mod price;
pub mod product;
pub mod profile;
pub mod reading;
pub mod reset;
pub mod rule;
pub mod seeded;
pub mod session;
pub mod signup;
pub mod snapshot;
pub mod span;
pub mod subscription;
pub mod takeover;
pub mod topic;
pub mod trust;

pub use db::{Db, Engine, Place, Reader, Shards};
pub use error::{Error, Result};
pub use tx::Tx;
pub use write::Write;
