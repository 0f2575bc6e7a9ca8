//! Snapshots of a server for tests: a state is kept under a name, and comes back.
//!
//! Invariant: nothing falls due and no message, mail or call is under way while a state is saved or comes back; what this
//! process remembers beside the store fits the store afterwards.

use crate::clock::{Setting, TestClock};
use crate::{App, Error, Result, keys};
use opendrs_domain::snapshot::{Name, Snapshot};

fn clock(app: &App) -> Result<&TestClock> {
    let no_tests = || Error::BadCommand("this server keeps no snapshots: start it with --test-clock".into());
    app.test_clock().ok_or_else(no_tests)
}

fn name(text: &str) -> Result<Name> {
    Name::parse(text).map_err(Error::BadCommand)
}

/// Keeps the whole state under a name; `replace` lets go of one of that name.
///
/// # Errors
/// [`Error::BadCommand`] where this is no server for tests, or the name cannot be taken; [`Error::Unavailable`].
pub async fn save(app: &App, called: &str, replace: bool) -> Result<Snapshot> {
    let clock = clock(app)?;
    let name = name(called)?;
    let _turn = app.turn.lock().await;
    let _alone = app.sending.write().await;
    let _calls = app.calls.lock().await;
    let snapshot = Snapshot { name, at: clock.now(), saved_at: app.real_time() };
    app.db.save_snapshot(snapshot.clone(), replace).await?;
    Ok(snapshot)
}

/// Brings a state back: everything in the store, and the clock, which goes on from where it stood. The plan of faults is
/// forgotten.
///
/// # Errors
/// [`Error::BadCommand`] where this is no server for tests, or there is no such snapshot; [`Error::Unavailable`].
pub async fn load(app: &App, called: &str) -> Result<Snapshot> {
    let clock = clock(app)?;
    let name = name(called)?;
    let _turn = app.turn.lock().await;
    let _alone = app.sending.write().await;
    let _calls = app.calls.lock().await;
    let below = app.real_time();
    let set = move |snapshot: &Snapshot, frozen_at| match frozen_at {
        // What passed outside since then did not pass within.
        None => (snapshot.at.since(below).micros(), None),
        Some(at) => (0, Some(at)),
    };
    let (snapshot, (offset, frozen_at)) = app.db.load_snapshot(name, set).await?;
    clock.set(Setting { offset, frozen_at });
    app.faults.clear();
    app.limits.clear();
    // Keys of the same number may be others.
    app.signer.store(None);
    keys::refresh(app).await?;
    Ok(snapshot)
}

/// Every snapshot, by name.
///
/// # Errors
/// [`Error::BadCommand`] where this is no server for tests, [`Error::Unavailable`].
pub async fn list(app: &App) -> Result<Vec<Snapshot>> {
    clock(app)?;
    Ok(app.db.snapshots().await?)
}

/// Lets go of a snapshot.
///
/// # Errors
/// [`Error::BadCommand`] where this is no server for tests, or there is no such snapshot; [`Error::Unavailable`].
pub async fn delete(app: &App, called: &str) -> Result<()> {
    clock(app)?;
    Ok(app.db.delete_snapshot(name(called)?).await?)
}
