//! On SQLite: a copy of the store's file, and its rows back into the store.

use super::{Clock, fits, taken, unknown};
use crate::examine::{self, existing};
use crate::{Error, Result, backup, lite};
use opendrs_domain::snapshot::{Name, Snapshot};
use opendrs_domain::time::Time;
use rusqlite::{Connection, OptionalExtension};
use std::path::{Path, PathBuf};

fn error(e: rusqlite::Error) -> Error {
    Error::lite("snapshot", e)
}

fn failed(what: &str, path: &Path, e: impl std::fmt::Display) -> Error {
    Error::Open(format!("cannot {what} {}: {e}", path.display()))
}

fn folder(store: &Path) -> PathBuf {
    store.with_file_name("snapshots")
}

fn file(store: &Path, name: &Name) -> PathBuf {
    folder(store).join(format!("{}.db", name.as_str()))
}

pub(super) fn save(store: &Path, snapshot: &Snapshot, replace: bool) -> Result<()> {
    let (folder, to) = (folder(store), file(store, &snapshot.name));
    let mut make = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut make, 0o700);
    make.recursive(true).create(&folder).map_err(|e| failed("make the folder", &folder, e))?;
    if to.exists() && !replace {
        return Err(taken(&snapshot.name));
    }
    // Whole before it gets its name; what an earlier attempt left is overwritten.
    let fresh = to.with_extension("new");
    let _ = std::fs::remove_file(&fresh);
    backup::copy(store, &fresh)?;
    let conn = existing(&fresh)?;
    let mark = "CREATE TABLE snapshot (at INTEGER NOT NULL, saved_at INTEGER NOT NULL) STRICT";
    conn.execute_batch(mark).map_err(error)?;
    let row = [snapshot.at.micros(), snapshot.saved_at.micros()];
    conn.execute("INSERT INTO snapshot (at, saved_at) VALUES (?1, ?2)", row).map_err(error)?;
    conn.close().map_err(|(_, e)| error(e))?;
    std::fs::rename(&fresh, &to).map_err(|e| failed("name", &to, e))
}

fn read(file: &Path, name: Name) -> Result<Snapshot> {
    let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
    let found = existing(file)?.query_row("SELECT at, saved_at FROM snapshot", [], row).optional();
    let Ok(Some((at, saved_at))) = found else { return Err(failed("use", file, "it is no snapshot")) };
    Ok(Snapshot { name, at: Time::from_micros(at), saved_at: Time::from_micros(saved_at) })
}

pub(super) fn load(
    store: &Path,
    name: &Name,
    clock: &dyn Fn(&Snapshot, Option<Time>) -> Clock,
) -> Result<(Snapshot, Clock)> {
    let from = file(store, name);
    if !from.exists() {
        return Err(unknown(name));
    }
    let snapshot = read(&from, name.clone())?;
    let (kept, here) = (examine::lite(&from)?, examine::lite(store)?);
    let key = |found: &examine::Found| found.installation.map(|(check, _)| check);
    fits(name, kept.step, key(&kept) == key(&here))?;
    let mut conn = lite::open(store, true)?;
    let from = from.to_str().ok_or_else(|| failed("use", &from, "its name is no UTF-8"))?;
    conn.execute("ATTACH ?1 AS kept", [from]).map_err(error)?;
    let tx = conn.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).map_err(error)?;
    for table in tables(&tx)? {
        let copy = format!("DELETE FROM main.\"{table}\"; INSERT INTO main.\"{table}\" SELECT * FROM kept.\"{table}\"");
        tx.execute_batch(&copy).map_err(error)?;
    }
    let frozen = tx.query_row("SELECT clock_frozen_at FROM main.installation WHERE id = 1", [], |row| row.get(0));
    let frozen: Option<i64> = frozen.map_err(error)?;
    let set = clock(&snapshot, frozen.map(Time::from_micros));
    let update = "UPDATE main.installation SET clock_offset = ?1, clock_frozen_at = ?2 WHERE id = 1";
    tx.execute(update, (set.0, set.1.map(|at| at.micros()))).map_err(error)?;
    tx.commit().map_err(error)?;
    Ok((snapshot, set))
}

fn tables(conn: &Connection) -> Result<Vec<String>> {
    let sql = "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name";
    let mut statement = conn.prepare(sql).map_err(error)?;
    let names = statement.query_map([], |row| row.get(0)).map_err(error)?;
    names.collect::<rusqlite::Result<_>>().map_err(error)
}

pub(super) fn list(store: &Path) -> Result<Vec<Snapshot>> {
    let folder = folder(store);
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let bad = |e: std::io::Error| failed("look into", &folder, e);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(&folder).map_err(bad)? {
        let path = entry.map_err(bad)?.path();
        let name = path.file_name().and_then(|name| name.to_str()?.strip_suffix(".db"));
        if let Some(Ok(name)) = name.map(Name::parse) {
            found.push(read(&path, name)?);
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

pub(super) fn delete(store: &Path, name: &Name) -> Result<()> {
    let file = file(store, name);
    match std::fs::remove_file(&file) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Err(unknown(name)),
        done => done.map_err(|e| failed("remove", &file, e)),
    }
}
