//! Opening a store's own SQLite file, and the settings of each connection.
//!
//! Not here: reads and writes. Invariant: every connection uses `synchronous=FULL` in WAL mode.

use crate::queries::Query;
use crate::{Error, Result, file_permissions, migrate};
use rusqlite::Connection;
use rusqlite::config::DbConfig;
use std::path::Path;

/// How long a writer waits for another process (a command line beside the server) to finish.
const BUSY_TIMEOUT_MS: u64 = 5_000;
/// How often a process retries when another one is creating the same file.
const MAX_WAL_SWITCH_ATTEMPTS: usize = 100;

const CHECK_FOLDER: &str = "Check that the folder exists and is writable";

/// Returns what to do about an error that keeps a database from being opened.
fn open_advice(error: &rusqlite::Error) -> &'static str {
    use rusqlite::ErrorCode::{DatabaseCorrupt, DiskFull, NotADatabase, SystemIoFailure};
    match error.sqlite_error_code() {
        Some(NotADatabase | DatabaseCorrupt) => {
            "The file is damaged, or it is not an SQLite database: restore a backup (opendrs restore)"
        }
        Some(DiskFull | SystemIoFailure) => "Check the disk, and that it has free space",
        _ => CHECK_FOLDER,
    }
}

pub(crate) fn open(path: &Path, write: bool) -> Result<Connection> {
    let failed = |e: &dyn std::fmt::Display, advice: &str| {
        Error::CannotOpen(format!("cannot open the database {}: {e}. {advice}", path.display()))
    };
    if write {
        file_permissions::restrict_database(path).map_err(|e| failed(&e, CHECK_FOLDER))?;
    }
    let open = || {
        let conn = Connection::open(path)?;
        conn.set_prepared_statement_cache_capacity(Query::ALL.len() + 8);
        conn.busy_timeout(std::time::Duration::from_millis(BUSY_TIMEOUT_MS))?;
        // Without this guarantee SQLite plans a statement again whenever a parameter changes, which is a third of a
        // call's time.
        conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        enable_wal(&conn)?;
        conn.pragma_update(None, "synchronous", "FULL")?;
        // Rows are appended, so a page is written many times before it is full. A rarer checkpoint copies it once.
        conn.pragma_update(None, "wal_autocheckpoint", 4000)?;
        conn.pragma_update(None, "temp_store", "MEMORY")?;
        // Overwritten data may have been secret. `FAST` does not erase it in freed pages, and writes no additional
        // page.
        conn.pragma_update(None, "secure_delete", "FAST")?;
        conn.pragma_update(None, "query_only", !write)?;
        Ok(conn)
    };
    open().map_err(|e: rusqlite::Error| failed(&e, open_advice(&e)))
}

/// Switches to the write-ahead log. SQLite does not wait here when another process does the same to a new file. So this
/// waits for that process's lock and tries again.
fn enable_wal(conn: &Connection) -> rusqlite::Result<()> {
    for _ in 0..MAX_WAL_SWITCH_ATTEMPTS {
        match conn.pragma_update(None, "journal_mode", "WAL") {
            Err(e) if e.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy) => {
                conn.execute_batch("BEGIN IMMEDIATE; ROLLBACK")?;
            }
            done => return done,
        }
    }
    conn.pragma_update(None, "journal_mode", "WAL")
}

pub(crate) fn open_writer(path: &Path) -> Result<Connection> {
    let mut conn = open(path, true)?;
    migrate::migrate_sqlite(&mut conn)?;
    Ok(conn)
}

/// Checkpoints the write-ahead log into the file and truncates the log.
pub(crate) fn truncate_wal(path: &Path) -> Result<()> {
    let folded = open(path, true)?.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    folded.map_err(|e| Error::from_sqlite("wal_checkpoint", e))
}

pub(super) fn run_control(conn: &Connection, sql: &'static str) -> Result<()> {
    conn.prepare_cached(sql).and_then(|mut s| s.raw_execute()).map(drop).map_err(|e| Error::from_sqlite(sql, e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_another_kind_asks_for_a_backup() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        std::fs::write(&path, vec![0x5a; 8192]).unwrap();
        let error = open(&path, true).unwrap_err().to_string();
        assert!(error.contains("file is not a database. The file is damaged, or"), "{error}");
        let error = open(&folder.path().join("none/store.db"), false).unwrap_err().to_string();
        assert!(error.ends_with(CHECK_FOLDER), "{error}");
    }
}
