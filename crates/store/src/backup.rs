//! Copies of a SQLite store, made while it is in use, and their restoration.
//!
//! What it is not: a backup of PostgreSQL, which has its own tools. Invariant: a copy is the whole state at one moment.
//! It is verified before it gets its name, and only its owner can read it. A store is replaced only while no process
//! has it open.

use crate::file_permissions::{self, with_suffix};
use crate::inspection::{StoreInspection, inspect_sqlite};
use crate::sqlite::{lock_exclusively, open_existing};
use crate::{Error, Result};
use std::path::{Path, PathBuf};

fn backup_error(what: &str, path: &Path, error: impl std::fmt::Display) -> Error {
    Error::CannotOpen(format!("cannot {what} {}: {error}", path.display()))
}

/// The path at which a copy is written until it is complete.
#[must_use]
pub fn partial_path(to: &Path) -> PathBuf {
    with_suffix(to, ".part")
}

/// The greatest size that a copy of a store will have, in bytes.
///
/// # Errors
/// [`Error::CannotOpen`].
pub fn estimate_size(from: &Path) -> Result<u64> {
    let conn = open_existing(from)?;
    let one = |sql| conn.query_row(sql, [], |row| row.get::<_, i64>(0)).map_err(|e| backup_error("read", from, e));
    Ok((one("PRAGMA page_count")? * one("PRAGMA page_size")?).cast_unsigned())
}

/// Copies a store, as it is now, to a file that must not exist. Calls and commits continue meanwhile.
///
/// # Errors
/// [`Error::CannotOpen`]; no file is left behind then.
pub fn copy(from: &Path, to: &Path) -> Result<StoreInspection> {
    if to.exists() {
        return Err(backup_error("write", to, "there is such a file already; choose another name"));
    }
    reject_newer(from, &inspect_sqlite(from)?)?;
    let part = partial_path(to);
    let copied = copy_to(from, &part).and_then(|()| verify_file(&part));
    let named = copied.and_then(|found| {
        std::fs::rename(&part, to).map_err(|e| backup_error("name", to, e))?;
        Ok(found)
    });
    if named.is_err() {
        let _ = std::fs::remove_file(&part);
    }
    named
}

/// Refuses a store that a newer program created.
fn reject_newer(path: &Path, found: &StoreInspection) -> Result<()> {
    let StoreInspection { schema_step: step, latest_step: known, .. } = found;
    if step > known {
        let words =
            format!("it is at schema step {step}, this program knows steps up to {known}: run the newer opendrs");
        Err(backup_error("use", path, words))
    } else {
        Ok(())
    }
}

fn copy_to(from: &Path, to: &Path) -> Result<()> {
    let file = file_permissions::create_owner_only(to).map_err(|e| backup_error("write", to, e))?;
    // A file that an earlier attempt left is overwritten.
    file.set_len(0).map_err(|e| backup_error("write", to, e))?;
    let name = to.to_str().ok_or_else(|| backup_error("write", to, "its name is no UTF-8"))?;
    open_existing(from)?.execute("VACUUM INTO ?1", [name]).map_err(|e| backup_error("copy to", to, e))?;
    file.sync_all().map_err(|e| backup_error("write", to, e))
}

/// Checks that a file is a complete store.
///
/// # Errors
/// [`Error::CannotOpen`] with what is wrong with the file.
pub fn verify_file(path: &Path) -> Result<StoreInspection> {
    let found = inspect_sqlite(path)?;
    if found.installation.is_none() {
        return Err(backup_error("use", path, "it is no store of OpenDRS"));
    }
    reject_newer(path, &found)?;
    let conn = open_existing(path)?;
    let said = conn.query_row("PRAGMA integrity_check(1)", [], |row| row.get::<_, String>(0));
    match said {
        Ok(words) if words == "ok" => Ok(found),
        Ok(words) => Err(backup_error("use", path, format!("it is damaged: {words}"))),
        Err(e) => Err(backup_error("use", path, format!("it is damaged: {e}"))),
    }
}

/// Puts a copy in a store's place. An existing store is kept under the name that is returned.
///
/// # Errors
/// [`Error::CannotOpen`], also while a process has the store open.
pub fn restore_from(from: &Path, store: &Path) -> Result<Option<PathBuf>> {
    let fresh = with_suffix(store, ".restored");
    let _ = std::fs::remove_file(&fresh);
    if store.exists() {
        // Checked before the copy is made, so that none is made in vain, and again once it exists.
        open_exclusively(store)?;
    }
    copy(from, &fresh)?;
    let placed = install_copy(&fresh, store);
    if placed.is_err() {
        let _ = std::fs::remove_file(&fresh);
    }
    placed
}

fn install_copy(fresh: &Path, store: &Path) -> Result<Option<PathBuf>> {
    let kept = if store.exists() { Some(set_aside(store)?) } else { None };
    std::fs::rename(fresh, store).map_err(|e| backup_error("name", store, e))?;
    Ok(kept)
}

/// Opens a store that is to be replaced, unless another process has it open.
fn open_exclusively(store: &Path) -> Result<rusqlite::Connection> {
    let conn = open_existing(store)?;
    lock_exclusively(&conn).map_err(|e| {
        backup_error("replace", store, format!("another process has it open ({e}); stop the server first"))
    })?;
    Ok(conn)
}

fn set_aside(store: &Path) -> Result<PathBuf> {
    let conn = open_exclusively(store)?;
    // The last connection to close a store checkpoints the write-ahead log into it.
    conn.close().map_err(|(_, e)| backup_error("close", store, e))?;
    let mut names = (1_u32..).map(|n| with_suffix(store, &format!(".before-restore-{n}")));
    let kept = names.find(|name| !name.exists()).ok_or_else(|| backup_error("keep", store, "no name is free"))?;
    std::fs::rename(store, &kept).map_err(|e| backup_error("keep", store, e))?;
    for end in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(with_suffix(store, end));
    }
    Ok(kept)
}
