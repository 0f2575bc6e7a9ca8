//! PostgreSQL: one writing connection and a few shared reading ones, all pipelined.
//!
//! [`connection`] is one connection, [`writer`] writes, [`readers`] reads. [`coalescer`] combines many statements into
//! one, [`transaction`] sends them, [`valid_device_cache`] caches which devices are valid. The remedy of each error is
//! in one table ([`sqlstate`]). Invariant: a lost connection fails only the commands that were on it, which are
//! answered "unavailable". The next ones get a new connection.

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
