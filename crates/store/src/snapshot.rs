//! Snapshots: the whole state of a store, saved beside it under a name, and loaded while the store is in use.
//!
//! What it is: for SQLite a file for each snapshot, in the folder `snapshots` beside the store; for PostgreSQL a schema
//! for each. What it is not: a backup, since it is on the store's own disk and fits only the release that made it.
//! Invariant: a save sees one moment, and a load is one transaction, so nobody ever reads a mixture.

mod pg;
mod sqlite;

use crate::db::{Db, StoreTarget};
use crate::{Error, Result, migrate};
use opendrs_domain::snapshot::{Snapshot, SnapshotName};
use opendrs_domain::time::Time;

/// The setting of a test clock: its offset in microseconds, and the time at which it is frozen.
pub type TestClockSetting = (i64, Option<Time>);

fn unknown_snapshot(name: &SnapshotName) -> Error {
    Error::CannotOpen(format!("there is no snapshot `{}`: `opendrs snapshot list` shows what there is", name.as_str()))
}

fn name_taken(name: &SnapshotName) -> Error {
    let name = name.as_str();
    Error::CannotOpen(format!("there is a snapshot `{name}` already: choose another name, or replace it (--replace)"))
}

/// Checks that a snapshot has the same schema and the same master key.
fn check_compatible(name: &SnapshotName, step: i64, same_key: bool) -> Result<()> {
    let name = name.as_str();
    if step != migrate::latest_step() {
        let known = migrate::latest_step();
        let words = format!("snapshot `{name}` is of schema step {step}, this store is at {known}: make it anew");
        return Err(Error::CannotOpen(words));
    }
    if same_key {
        Ok(())
    } else {
        Err(Error::CannotOpen(format!("snapshot `{name}` was made with another master key: make it anew")))
    }
}

/// Runs blocking disk work on a thread where nothing else waits for it.
async fn run_blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let ended = tokio::task::spawn_blocking(work).await;
    ended.unwrap_or_else(|e| Err(Error::Unavailable(format!("a snapshot's work ended early: {e}"))))
}

impl Db {
    /// Saves the current state of the store; `replace` allows replacing a snapshot with the same name.
    ///
    /// # Errors
    /// [`Error`]; an existing snapshot with the same name remains then.
    pub async fn save_snapshot(&self, snapshot: Snapshot, replace: bool) -> Result<()> {
        match self.target() {
            StoreTarget::Sqlite(path) => run_blocking(move || sqlite::save(&path, &snapshot, replace)).await,
            StoreTarget::Pg(target) => pg::save(&target, &snapshot, replace).await,
        }
    }

    /// Restores the state of a snapshot. `clock` computes the new setting of the test clock from the snapshot and the
    /// setting in it.
    ///
    /// # Errors
    /// [`Error`]; the store is unchanged then.
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

    /// Deletes a snapshot.
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
