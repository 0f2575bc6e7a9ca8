//! Snapshots on SQLite: a copy of the store's file, whose rows are copied back into the store.

use super::{TestClockSetting, check_compatible, name_taken, unknown_snapshot};
use crate::inspection;
use crate::sqlite::open_existing;
use crate::{Error, Result, backup, sqlite};
use opendrs_domain::snapshot::{Snapshot, SnapshotName};
use opendrs_domain::time::Time;
use rusqlite::{Connection, OptionalExtension};
use std::path::{Path, PathBuf};

fn sqlite_error(e: rusqlite::Error) -> Error {
    Error::from_sqlite("snapshot", e)
}

fn file_error(what: &str, path: &Path, e: impl std::fmt::Display) -> Error {
    Error::CannotOpen(format!("cannot {what} {}: {e}", path.display()))
}

fn snapshot_folder(store: &Path) -> PathBuf {
    store.with_file_name("snapshots")
}

fn snapshot_file(store: &Path, name: &SnapshotName) -> PathBuf {
    snapshot_folder(store).join(format!("{}.db", name.as_str()))
}

pub(super) fn save(store: &Path, snapshot: &Snapshot, replace: bool) -> Result<()> {
    let (folder, to) = (snapshot_folder(store), snapshot_file(store, &snapshot.name));
    let mut make = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut make, 0o700);
    make.recursive(true).create(&folder).map_err(|e| file_error("make the folder", &folder, e))?;
    if to.exists() && !replace {
        return Err(name_taken(&snapshot.name));
    }
    // The file is complete before it gets its name. A file that an earlier attempt left is overwritten.
    let fresh = to.with_extension("new");
    let _ = std::fs::remove_file(&fresh);
    backup::copy(store, &fresh)?;
    let conn = open_existing(&fresh)?;
    let mark = "CREATE TABLE snapshot (at INTEGER NOT NULL, saved_at INTEGER NOT NULL) STRICT";
    conn.execute_batch(mark).map_err(sqlite_error)?;
    let row = [snapshot.at.as_micros(), snapshot.saved_at.as_micros()];
    conn.execute("INSERT INTO snapshot (at, saved_at) VALUES (?1, ?2)", row).map_err(sqlite_error)?;
    conn.close().map_err(|(_, e)| sqlite_error(e))?;
    std::fs::rename(&fresh, &to).map_err(|e| file_error("name", &to, e))
}

fn read_snapshot(file: &Path, name: SnapshotName) -> Result<Snapshot> {
    let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
    let found = open_existing(file)?.query_row("SELECT at, saved_at FROM snapshot", [], row).optional();
    let Ok(Some((at, saved_at))) = found else { return Err(file_error("use", file, "it is no snapshot")) };
    Ok(Snapshot { name, at: Time::from_micros(at), saved_at: Time::from_micros(saved_at) })
}

pub(super) fn load(
    store: &Path,
    name: &SnapshotName,
    clock: &dyn Fn(&Snapshot, Option<Time>) -> TestClockSetting,
) -> Result<(Snapshot, TestClockSetting)> {
    let from = snapshot_file(store, name);
    if !from.exists() {
        return Err(unknown_snapshot(name));
    }
    let snapshot = read_snapshot(&from, name.clone())?;
    let (kept, here) = (inspection::inspect_sqlite(&from)?, inspection::inspect_sqlite(store)?);
    let key = |found: &inspection::StoreInspection| found.installation.map(|(check, _)| check);
    check_compatible(name, kept.schema_step, key(&kept) == key(&here))?;
    let mut conn = sqlite::open(store, true)?;
    let from = from.to_str().ok_or_else(|| file_error("use", &from, "its name is no UTF-8"))?;
    conn.execute("ATTACH ?1 AS kept", [from]).map_err(sqlite_error)?;
    let tx = conn.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).map_err(sqlite_error)?;
    for table in list_tables(&tx)? {
        let copy = format!("DELETE FROM main.\"{table}\"; INSERT INTO main.\"{table}\" SELECT * FROM kept.\"{table}\"");
        tx.execute_batch(&copy).map_err(sqlite_error)?;
    }
    let frozen = tx.query_row("SELECT clock_frozen_at FROM main.installation WHERE id = 1", [], |row| row.get(0));
    let frozen: Option<i64> = frozen.map_err(sqlite_error)?;
    let set = clock(&snapshot, frozen.map(Time::from_micros));
    let update = "UPDATE main.installation SET clock_offset = ?1, clock_frozen_at = ?2 WHERE id = 1";
    tx.execute(update, (set.0, set.1.map(|at| at.as_micros()))).map_err(sqlite_error)?;
    tx.commit().map_err(sqlite_error)?;
    Ok((snapshot, set))
}

fn list_tables(conn: &Connection) -> Result<Vec<String>> {
    let sql = "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name";
    let mut statement = conn.prepare(sql).map_err(sqlite_error)?;
    let names = statement.query_map([], |row| row.get(0)).map_err(sqlite_error)?;
    names.collect::<rusqlite::Result<_>>().map_err(sqlite_error)
}

pub(super) fn list(store: &Path) -> Result<Vec<Snapshot>> {
    let folder = snapshot_folder(store);
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let bad = |e: std::io::Error| file_error("look into", &folder, e);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(&folder).map_err(bad)? {
        let path = entry.map_err(bad)?.path();
        let name = path.file_name().and_then(|name| name.to_str()?.strip_suffix(".db"));
        if let Some(Ok(name)) = name.map(SnapshotName::parse) {
            found.push(read_snapshot(&path, name)?);
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

pub(super) fn delete(store: &Path, name: &SnapshotName) -> Result<()> {
    let file = snapshot_file(store, name);
    match std::fs::remove_file(&file) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Err(unknown_snapshot(name)),
        done => done.map_err(|e| file_error("remove", &file, e)),
    }
}
