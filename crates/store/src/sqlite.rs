//! SQLite: one writing connection on its own thread, and a few reading ones that run on the caller's thread.
//!
//! [`connection`] opens a file, [`writer`] writes, [`readers`] reads. Invariant: an answered command survives a power
//! cut, which group commit makes affordable. Only the owner can read the files.

mod connection;
mod existing_file;
mod readers;
mod writer;

pub(crate) use connection::{open, open_writer, truncate_wal};
pub(crate) use existing_file::{lock_exclusively, open_existing};
pub(crate) use readers::{ReadMarkPin, SqliteReaderLoan, SqliteReaders};
pub(crate) use writer::start_writer;
