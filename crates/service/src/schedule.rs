//! What falls due, and the moving of time.
//!
//! Invariant: [`run_once`] is bounded and idempotent and may run on every node at once; who runs it owns the rhythm.
//! Moving the test clock stops at every due moment on the way, so each thing happens at its own time and in order.

use crate::clock::{Keep, Setting};
use crate::delivery::{self, Sent, Stamp};
use crate::fulfilment::call::{self, Called, Round};
use crate::mail::{self, Mailed};
use crate::order::{self, Fired};
use crate::{App, Error, Result};
use futures_util::stream::{StreamExt, TryStreamExt};
use opendrs_domain::id::OrderId;
use opendrs_domain::time::{Span, Time};
use opendrs_store::failpoint::{self, Point};
use opendrs_store::{
    Engine, Tx, Write, code, delivery as deliveries, mail as mails, order as orders, session, signup, takeover,
};

/// How many due orders one round takes.
const ROUND: i64 = 200;
/// How many rows one purge removes.
const PURGE: i64 = 500;
/// How long a code is kept after its end, so that a late replay is still seen for what it is.
const KEEP_CODES: Span = Span::from_hours(24);

/// How long a takeover is kept after it could last be answered.
const KEEP_TAKEOVERS: Span = Span::from_hours(24 * 30);

/// Lets what is due at this moment happen, at most one round of it.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn run_once(app: &App) -> Result<Vec<Fired>> {
    let _turn = app.turn.lock().await;
    let due = match app.db.engine() {
        // Nobody else is there to share with.
        Engine::Sqlite => due(app).await?,
        // Looked for before it is asked for: a claim is a write, and most rounds find nothing.
        Engine::Postgres if due(app).await?.is_empty() => Vec::new(),
        Engine::Postgres => app.db.write(Claim::of(app)).await?,
    };
    fire(app, due).await
}

async fn due(app: &App) -> Result<Vec<(i64, OrderId)>> {
    let mut reader = app.db.reader().await?;
    Ok(orders::due(&mut reader.tx()?, app.now(), ROUND).await?)
}

/// How long a node has an order for itself; if it dies, another takes it then.
const CLAIM: Span = Span::from_secs(60);

struct Claim(Time, orders::Claim);

impl Claim {
    fn of(app: &App) -> Self {
        let at = app.real_time();
        Self(app.now(), orders::Claim { at, until: at + CLAIM })
    }
}

impl Write for Claim {
    type Out = Vec<(i64, OrderId)>;
    fn key(&self) -> u64 {
        0
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<Self::Out> {
        orders::claim(tx, self.0, self.1, ROUND).await
    }
}

async fn round(app: &App) -> Result<Vec<Fired>> {
    let due = due(app).await?;
    fire(app, due).await
}

/// How many due orders are moved on side by side: they share commits, and stay in their order in what is told.
const SIDE_BY_SIDE: usize = 32;

async fn fire(app: &App, due: Vec<(i64, OrderId)>) -> Result<Vec<Fired>> {
    if !due.is_empty() {
        failpoint::reached(Point::WorkClaimed);
    }
    // Drawn here, so that the ids of events rise in the order of what they tell.
    let due: Vec<_> = due.into_iter().map(|(shard, id)| (shard, id, Stamp::draw(app, app.now()))).collect();
    let moving = due.into_iter().map(|(shard, id, stamp)| order::fire(app, shard, id, stamp));
    let mut moved = futures_util::stream::iter(moving).buffered(SIDE_BY_SIDE);
    let mut fired = Vec::new();
    while let Some(order) = moved.try_next().await? {
        fired.extend(order);
        failpoint::reached(Point::WorkHalfDone);
    }
    Ok(fired)
}

/// How often calls to back ends may move orders on within one moment.
const ROUNDS: usize = 64;

/// Everything that is due at this moment, calls to back ends among it, and what falls due at once as its consequence. A
/// held order that is looked at again without a change is done, but not told. Devices that go on ordering meanwhile go on
/// causing messages and mails: those are not of this moment, and wait for the next one or for the worker.
async fn drain(app: &App, told: &mut Happened) -> Result<()> {
    for _ in 0..ROUNDS {
        loop {
            let fired = round(app).await?;
            if fired.is_empty() {
                break;
            }
            told.orders.extend(fired.into_iter().filter(|f| f.change.from != f.change.to));
        }
        crate::price::write_all_notices(app).await?;
        let until = app.now();
        let Round { due, called, orders } = call::run_once(app).await?;
        told.called.extend(called);
        told.orders.extend(orders);
        told.sent.extend(delivery::settle(app, until).await?);
        told.mailed.extend(mail::settle(app, until).await?);
        // What a back end answered may have moved orders on.
        if due == 0 {
            break;
        }
    }
    Ok(())
}

/// What happened while time was moved, each in its order.
#[derive(Clone, Debug, Default)]
pub struct Happened {
    /// Orders that moved on.
    pub orders: Vec<Fired>,
    /// Messages that were sent, or tried.
    pub sent: Vec<Sent>,
    /// Back ends that were called.
    pub called: Vec<Called>,
    /// Mails to customers that were sent, or tried.
    pub mailed: Vec<Mailed>,
}

/// Removes what ended and is no longer kept, a bounded number of each kind.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn purge(app: &App) -> Result<u64> {
    let now = app.now();
    let told = now - app.settings.notifications.keep;
    Ok(app.db.write(Purge { now, told, mailed: now - app.settings.mail.keep }).await?)
}

struct Purge {
    now: Time,
    /// Events and deliveries from before are no longer kept.
    told: Time,
    /// Mails from before are no longer kept.
    mailed: Time,
}

impl Write for Purge {
    type Out = u64;
    fn key(&self) -> u64 {
        0
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<u64> {
        let sessions = session::purge(tx, self.now, PURGE).await?;
        let signups = signup::purge(tx, self.now, PURGE).await?;
        let codes = code::purge(tx, self.now - KEEP_CODES, PURGE).await?;
        let told = deliveries::purge(tx, self.told, PURGE).await?;
        let mailed = mails::purge(tx, self.mailed, PURGE).await?;
        let takeovers = takeover::purge(tx, self.now - KEEP_TAKEOVERS, PURGE).await?;
        Ok(sessions + signups + codes + told + mailed + takeovers)
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

/// Lets a test clock that was never set stand still at a time; one that was goes on as it was set.
///
/// # Errors
/// [`Error::BadCommand`] where time cannot be moved, [`Error::Unavailable`].
pub async fn begin_at(app: &App, at: Time) -> Result<()> {
    let clock = app.test_clock().ok_or_else(no_clock)?;
    if clock.begin_at(at) {
        app.db.write(Keep(clock.setting())).await?;
    }
    Ok(())
}

/// Moves the test clock forward; returns when everything that fell due on the way has happened, with the list of it.
///
/// # Errors
/// [`Error::BadCommand`] where time cannot be moved, [`Error::Unavailable`].
pub async fn advance(app: &App, by: Span) -> Result<Happened> {
    let clock = app.test_clock().ok_or_else(no_clock)?;
    let _turn = app.turn.lock().await;
    let _alone = app.sending.write().await;
    let target = clock.now() + by;
    let mut told = Happened::default();
    loop {
        drain(app, &mut told).await?;
        let next = {
            let mut reader = app.db.reader().await?;
            orders::next_due(&mut reader.tx()?).await?
        };
        let others = [call::due(app).await?, delivery::next_due(app).await?, mail::next_due(app).await?];
        // What devices caused meanwhile is due already: it holds no moment up, the next one sends it.
        let others = others.into_iter().flatten().filter(|at| *at > clock.now());
        match next.into_iter().chain(others).min() {
            Some(next) if next <= target => clock.forward_to(next),
            _ => break,
        }
    }
    clock.forward_to(target);
    failpoint::reached(Point::ClockMoved);
    app.db.write(Keep(clock.setting())).await?;
    Ok(told)
}
