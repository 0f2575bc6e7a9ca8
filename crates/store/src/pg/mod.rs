//! PostgreSQL: one writing connection and a few shared reading ones, all pipelining.
//!
//! [`connection`] is one connection, [`writer`] writes, [`readers`] reads. [`coalescer`] makes one statement of many,
//! [`transaction`] sends them, [`valid_device_cache`] remembers which devices were found valid. What each error calls for
//! is in one table ([`sqlstate`]). Invariant: a lost connection costs the commands that were on it, which are answered
//! "unavailable"; the next ones get a new connection.

mod array_parameter;
mod bulk_sql;
mod coalescer;
mod connection;
#[cfg(test)]
mod plan_tests;
mod readers;
pub(crate) mod sqlstate;
mod transaction;
mod url;
mod valid_device_cache;
mod writer;

pub(crate) use coalescer::PendingResult;
pub(crate) use connection::{PgConn, connect_plain, test_connection};
pub(crate) use readers::PgReaders;
pub(crate) use url::{PgTarget, parse_url};
pub(crate) use valid_device_cache::ValidDeviceCache;
pub(crate) use writer::start_writer;
