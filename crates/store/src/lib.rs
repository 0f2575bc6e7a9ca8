//! The store: all SQL texts of the service, on two engines. SQLite is embedded; PostgreSQL is shared by several nodes.
//!
//! What it is: [`Db`] opens and migrates a store and provides [`Tx`]. One module for each kind of object turns rows
//! into domain values and back. What it is not: it decides nothing. Invariant: each query has one text
//! ([`queries::Query`]), prepared on every connection when it opens. So a node whose code does not fit the schema fails
//! at its start and not at a request.

mod access_version;
mod availability;
mod batch_channel;
mod command;
mod condition;
mod db;
mod engine;
mod error;
mod file_permissions;
mod job;
mod migrate;
mod pg;
mod probe;
mod queries;
mod shards;
mod sql;
mod sqlite;
mod tls;
mod translations;
mod tx;
mod value;

pub mod access;
pub mod account;
pub mod backlog;
pub mod backup;
pub mod brand;
pub mod code;
pub mod consent;
pub mod customer;
pub mod delivery;
pub mod derived_key;
pub mod device;
pub mod export;
pub mod failpoint;
pub mod federation;
pub mod fulfilment;
pub mod inspection;
pub mod installation;
pub mod level;
pub mod mail;
pub mod maker;
pub mod metrics;
pub mod model;
pub mod order;
pub mod outbox;
pub mod picture;
pub mod price;
pub mod product;
pub mod profile;
pub mod reading;
pub mod receiver;
pub mod regular_file;
pub mod reset;
pub mod rule;
pub mod second_factor;
pub mod seed_record;
pub mod session;
pub mod signup;
pub mod slot_statement;
pub mod snapshot;
pub mod span;
pub mod subscription;
pub mod takeover;
pub mod trust;

pub use command::Command;
pub use db::{Db, Reader, StoreLocation};
pub use engine::Engine;
pub use error::{Error, Result};
pub use shards::Shards;
pub use tx::Tx;
