//! Snapshots of a test server: a state is saved under a name, and can be restored.
//!
//! Invariant: while a state is saved or restored, no due step is done and no message, mail or call is in flight. After
//! a restore, the memory of this process agrees with the store.

use crate::clock::{ClockSetting, TestClock};
use crate::{App, Error, Result, keys};
use opendrs_domain::snapshot::{Snapshot, SnapshotName};

fn require_test_clock(app: &App) -> Result<&TestClock> {
    let no_tests = || Error::InvalidCommand("this server keeps no snapshots: start it with --test-clock".into());
    app.test_clock().ok_or_else(no_tests)
}

fn parse_name(text: &str) -> Result<SnapshotName> {
    SnapshotName::parse(text).map_err(Error::InvalidCommand)
}

/// Saves the whole state under a name; `replace` overwrites a snapshot with that name.
///
/// # Errors
/// [`Error::InvalidCommand`] where this is no test server, or the name is invalid or taken; [`Error::Unavailable`].
pub async fn save(app: &App, called: &str, replace: bool) -> Result<Snapshot> {
    let clock = require_test_clock(app)?;
    let name = parse_name(called)?;
    let _turn = app.scheduler_lock.lock().await;
    let _alone = app.sending_lock.write().await;
    let _calls = app.backend_call_lock.lock().await;
    let snapshot = Snapshot { name, at: clock.now(), saved_at: app.system_time() };
    app.db.save_snapshot(snapshot.clone(), replace).await?;
    Ok(snapshot)
}

/// Restores a state: everything in the store, and the clock, which continues from its time. The fault plan is cleared.
///
/// # Errors
/// [`Error::InvalidCommand`] where this is no test server, or there is no such snapshot; [`Error::Unavailable`].
pub async fn load(app: &App, called: &str) -> Result<Snapshot> {
    let clock = require_test_clock(app)?;
    let name = parse_name(called)?;
    let _turn = app.scheduler_lock.lock().await;
    let _alone = app.sending_lock.write().await;
    let _calls = app.backend_call_lock.lock().await;
    let below = app.system_time();
    let set = move |snapshot: &Snapshot, frozen_at| match frozen_at {
        // The system time that passed since the snapshot did not pass for the test clock.
        None => (snapshot.at.since(below).as_micros(), None),
        Some(at) => (0, Some(at)),
    };
    let (snapshot, (offset, frozen_at)) = app.db.load_snapshot(name, set).await?;
    clock.set(ClockSetting { offset, frozen_at });
    app.faults.clear();
    app.limits.clear();
    // The key with the same number may be another one.
    app.signer.store(None);
    keys::refresh(app).await?;
    Ok(snapshot)
}

/// Every snapshot, ordered by name.
///
/// # Errors
/// [`Error::InvalidCommand`] where this is no test server, [`Error::Unavailable`].
pub async fn list(app: &App) -> Result<Vec<Snapshot>> {
    require_test_clock(app)?;
    Ok(app.db.list_snapshots().await?)
}

/// Deletes a snapshot.
///
/// # Errors
/// [`Error::InvalidCommand`] where this is no test server, or there is no such snapshot; [`Error::Unavailable`].
pub async fn delete(app: &App, called: &str) -> Result<()> {
    require_test_clock(app)?;
    Ok(app.db.delete_snapshot(parse_name(called)?).await?)
}
