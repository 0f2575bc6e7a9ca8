//! Snapshots: the whole store as it was, kept beside it under a name, and put back while it is in use.
//!
//! What it is: for SQLite a file a snapshot, in the folder `snapshots` beside the store; for PostgreSQL a schema a
//! snapshot. What it is not: a backup, since it lives and dies with the store's own disk, and fits only the release that
//! made it. Invariant: saving sees one moment, and loading is one transaction, so nobody ever reads a mixture.

mod pg;
mod sqlite;

use crate::db::{Db, StoreTarget};
use crate::{Error, Result, migrate};
use opendrs_domain::snapshot::{Snapshot, SnapshotName};
use opendrs_domain::time::Time;

/// How a test clock is set: its offset in microseconds, and the time it stands still at.
pub type TestClockSetting = (i64, Option<Time>);

fn unknown_snapshot(name: &SnapshotName) -> Error {
    Error::CannotOpen(format!("there is no snapshot `{}`: `opendrs snapshot list` shows what there is", name.as_str()))
}

fn name_taken(name: &SnapshotName) -> Error {
    let name = name.as_str();
    Error::CannotOpen(format!("there is a snapshot `{name}` already: choose another name, or replace it (--replace)"))
}

/// Whether a snapshot fits: same schema, same master key.
fn check_compatible(name: &SnapshotName, step: i64, same_key: bool) -> Result<()> {
    let name = name.as_str();
    if step != migrate::latest_step() {
        let known = migrate::latest_step();
        let words = format!("snapshot `{name}` is of schema step {step}, this store is at {known}: make it anew");
        return Err(Error::CannotOpen(words));
    }
    match same_key {
        true => Ok(()),
        false => Err(Error::CannotOpen(format!("snapshot `{name}` was made with another master key: make it anew"))),
    }
}

/// Runs what waits for the disk where nobody else waits for it.
async fn run_blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let ended = tokio::task::spawn_blocking(work).await;
    ended.unwrap_or_else(|e| Err(Error::Unavailable(format!("a snapshot's work ended early: {e}"))))
}

impl Db {
    /// Keeps the store as it is now; `replace` lets go of one of the same name.
    ///
    /// # Errors
    /// [`Error`]; the one of the same name is still there then.
    pub async fn save_snapshot(&self, snapshot: Snapshot, replace: bool) -> Result<()> {
        match self.target() {
            StoreTarget::Sqlite(path) => run_blocking(move || sqlite::save(&path, &snapshot, replace)).await,
            StoreTarget::Pg(target) => pg::save(&target, &snapshot, replace).await,
        }
    }

    /// Makes the store what it was. `clock` says how the clock is set then, from the snapshot and how it was set in it.
    ///
    /// # Errors
    /// [`Error`]; the store is as it was before then.
    pub async fn load_snapshot(
        &self,
        name: SnapshotName,
        clock: impl Fn(&Snapshot, Option<Time>) -> TestClockSetting + Send + Sync + 'static,
    ) -> Result<(Snapshot, TestClockSetting)> {
        match self.target() {
            StoreTarget::Sqlite(path) => run_blocking(move || sqlite::load(&path, &name, &clock)).await,
            StoreTarget::Pg(target) => pg::load(&target, &name, &clock).await,
        }
    }

    /// Every snapshot, by name.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn list_snapshots(&self) -> Result<Vec<Snapshot>> {
        match self.target() {
            StoreTarget::Sqlite(path) => run_blocking(move || sqlite::list(&path)).await,
            StoreTarget::Pg(target) => pg::list(&target).await,
        }
    }

    /// Lets go of a snapshot.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn delete_snapshot(&self, name: SnapshotName) -> Result<()> {
        match self.target() {
            StoreTarget::Sqlite(path) => run_blocking(move || sqlite::delete(&path, &name)).await,
            StoreTarget::Pg(target) => pg::delete(&target, &name).await,
        }
    }
}
