//! An existing database file, opened from outside a running store.
//!
//! Not here: how a store opens its own file ([`super::connection`]). Invariant: opening changes neither schema nor
//! settings of the file.

use crate::{Error, Result};
use rusqlite::{Connection, OpenFlags};
use std::path::Path;

/// Opens an existing file.
pub(crate) fn open_existing(path: &Path) -> Result<Connection> {
    // Reading a write-ahead log needs the right to write beside it.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags);
    let conn = conn.and_then(|conn| conn.busy_timeout(std::time::Duration::from_secs(5)).map(|()| conn));
    conn.map_err(|e| Error::CannotOpen(format!("cannot open the database {}: {e}", path.display())))
}

/// Locks a store for this connection alone. Every process that has the store open holds a lock on it, even when idle.
pub(crate) fn lock_exclusively(conn: &Connection) -> rusqlite::Result<()> {
    conn.busy_timeout(std::time::Duration::ZERO)?;
    conn.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    conn.execute_batch("BEGIN EXCLUSIVE; COMMIT")
}
