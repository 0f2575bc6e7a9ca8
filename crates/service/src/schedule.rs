//! What falls due, and the moving of time.
//!
//! Invariant: [`run_once`] is bounded and idempotent and may run on every node at once; who runs it owns the rhythm.
//! Moving the test clock stops at every due moment on the way, so each thing happens at its own time and in order.

use crate::clock::{Keep, Setting};
use crate::fulfilment::call;
use crate::order::{self, Fired};
use crate::{App, Error, Result};
use opendrs_domain::time::{Span, Time};
use opendrs_store::{Tx, Write, code, order as orders, session, signup};

/// How many due orders one round takes.
const ROUND: i64 = 200;
/// How many rows one purge removes.
const PURGE: i64 = 500;
/// How long a code is kept after its end, so that a late replay is still seen for what it is.
const KEEP_CODES: Span = Span::from_hours(24);

/// Lets what is due at this moment happen, at most one round of it.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn run_once(app: &App) -> Result<Vec<Fired>> {
    let _turn = app.turn.lock().await;
    round(app).await
}

async fn round(app: &App) -> Result<Vec<Fired>> {
    let due = {
        let mut reader = app.db.reader().await?;
        orders::due(&mut reader.tx()?, app.now(), ROUND).await?
    };
    let mut fired = Vec::with_capacity(due.len());
    for (shard, id) in due {
        fired.extend(order::fire(app, shard, id).await?);
    }
    Ok(fired)
}

/// Everything that is due at this moment, calls to back ends among it, and what falls due at once as its consequence. A held order that is looked
/// at again without a change is done, but not told.
async fn drain(app: &App, told: &mut Vec<Fired>) -> Result<()> {
    loop {
        let fired = round(app).await?;
        let called = call::run_once(app).await?;
        if fired.is_empty() && called == 0 {
            return Ok(());
        }
        told.extend(fired.into_iter().filter(|f| f.change.from != f.change.to));
    }
}

/// Removes sessions, sign-ups and codes that ended, a bounded number of each.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn purge(app: &App) -> Result<u64> {
    Ok(app.db.write(Purge(app.now())).await?)
}

struct Purge(Time);

impl Write for Purge {
    type Out = u64;
    fn key(&self) -> u64 {
        0
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<u64> {
        let sessions = session::purge(tx, self.0, PURGE).await?;
        let signups = signup::purge(tx, self.0, PURGE).await?;
        let codes = code::purge(tx, self.0 - KEEP_CODES, PURGE).await?;
        Ok(sessions + signups + codes)
    }
}

/// Where the test clock stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The service's time.
    pub now: Time,
    /// Whether it stands still.
    pub frozen: bool,
    /// How far it is ahead of the system's.
    pub ahead: Span,
}

fn no_clock() -> Error {
    Error::BadCommand("this server's clock cannot be moved: start it with --test-clock".into())
}

/// Shows the test clock.
///
/// # Errors
/// [`Error::BadCommand`] where time cannot be moved.
pub fn show(app: &App) -> Result<Shown> {
    let clock = app.test_clock().ok_or_else(no_clock)?;
    let Setting { offset, frozen_at } = clock.setting();
    Ok(Shown { now: clock.now(), frozen: frozen_at.is_some(), ahead: Span::from_micros(offset) })
}

/// Lets the test clock stand still, or run on.
///
/// # Errors
/// [`Error::BadCommand`] where time cannot be moved, [`Error::Unavailable`].
pub async fn freeze(app: &App, frozen: bool) -> Result<Shown> {
    let clock = app.test_clock().ok_or_else(no_clock)?;
    let _turn = app.turn.lock().await;
    clock.freeze(frozen);
    app.db.write(Keep(clock.setting())).await?;
    show(app)
}

/// Moves the test clock forward; returns when everything that fell due on the way has happened, with the list of it.
///
/// # Errors
/// [`Error::BadCommand`] where time cannot be moved, [`Error::Unavailable`].
pub async fn advance(app: &App, by: Span) -> Result<Vec<Fired>> {
    let clock = app.test_clock().ok_or_else(no_clock)?;
    let _turn = app.turn.lock().await;
    let target = clock.now() + by;
    let mut told = Vec::new();
    loop {
        drain(app, &mut told).await?;
        let next = {
            let mut reader = app.db.reader().await?;
            orders::next_due(&mut reader.tx()?).await?
        };
        let next = [next, call::due(app).await?].into_iter().flatten().min();
        match next {
            Some(next) if next <= target => clock.forward_to(next),
            _ => break,
        }
    }
    clock.forward_to(target);
    app.db.write(Keep(clock.setting())).await?;
    Ok(told)
}
