//! SQLite: one writing connection on a thread of its own, a few reading ones used on the caller's thread.
//!
//! [`connection`] opens a file, [`writer`] writes, [`readers`] reads. Invariant: an answered command survives a power cut;
//! group commit pays for it. The files are readable by their owner alone.

mod connection;
mod existing_file;
mod readers;
mod writer;

pub(crate) use connection::{open, open_writer, truncate_wal};
pub(crate) use existing_file::{lock_exclusively, open_existing};
pub(crate) use readers::{ReadMarkPin, SqliteReaderLoan, SqliteReaders};
pub(crate) use writer::start_writer;
