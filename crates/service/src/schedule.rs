//! Due work, and the test clock.
//!
//! Invariant: [`advance_due_orders`] is bounded and idempotent and may run on every node in parallel; its caller
//! decides how often. An advance of the test clock stops at every due time on the way. So each step is done at its own
//! time and in order.

use crate::clock::{ClockSetting, SaveClock, TestClock};
use crate::delivery::{self, DeliveryAttemptSummary};
use crate::fulfilment::backend_call::{self, BackendCallReport, BackendCallSummary};
use crate::mail::{self, MailAttempt};
use crate::notification::EventIds;
use crate::order::{self, OrderTransition};
use crate::{App, Error, Result, account, export};
use futures_util::stream::{StreamExt, TryStreamExt};
use opendrs_domain::id::OrderId;
use opendrs_domain::time::{Span, Time};
use opendrs_store::failpoint::{self, Point};
use opendrs_store::{
    Command, Engine, Tx, code, delivery as deliveries, export as exports, mail as mails, order as orders, session,
    signup, takeover,
};

/// How many due orders one round takes.
const BATCH_SIZE: i64 = 200;
/// How many rows one purge removes.
const PURGE_BATCH_SIZE: i64 = 500;
/// How long a code is kept after its end, so that a late reuse is still recognised.
const CODE_RETENTION: Span = Span::from_hours(24);

/// How long a takeover is kept after the last time it could be answered.
const TAKEOVER_RETENTION: Span = Span::from_hours(24 * 30);

/// Does the due steps of orders, up to one round.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn advance_due_orders(app: &App) -> Result<Vec<OrderTransition>> {
    let _turn = app.scheduler_lock.lock().await;
    let due = match app.db.engine() {
        // SQLite has one node, which needs no claims.
        Engine::Sqlite => list_due_orders(app).await?,
        // A read comes first: a claim is a write, and most rounds find nothing.
        Engine::Postgres if list_due_orders(app).await?.is_empty() => Vec::new(),
        Engine::Postgres => app.db.write(ClaimOrders::new(app)).await?,
    };
    advance_orders(app, due).await
}

async fn list_due_orders(app: &App) -> Result<Vec<(i64, OrderId)>> {
    let mut reader = app.db.reader().await?;
    Ok(orders::list_due(&mut reader.tx()?, app.now(), BATCH_SIZE).await?)
}

/// The lease of a claimed order. If its node dies, another node takes the order afterwards.
const CLAIM_DURATION: Span = Span::from_secs(60);

struct ClaimOrders(Time, orders::OrderClaim);

impl ClaimOrders {
    fn new(app: &App) -> Self {
        let at = app.system_time();
        Self(app.now(), orders::OrderClaim { at, until: at + CLAIM_DURATION })
    }
}

impl Command for ClaimOrders {
    type Output = Vec<(i64, OrderId)>;
    fn ordering_key(&self) -> u64 {
        0
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<Self::Output> {
        orders::claim_due(tx, self.0, self.1, BATCH_SIZE).await
    }
}

async fn advance_batch(app: &App) -> Result<Vec<OrderTransition>> {
    let due = list_due_orders(app).await?;
    advance_orders(app, due).await
}

/// How many due orders are advanced in parallel: they share commits, and the report keeps their order.
const MAX_CONCURRENT: usize = 32;

async fn advance_orders(app: &App, due: Vec<(i64, OrderId)>) -> Result<Vec<OrderTransition>> {
    if !due.is_empty() {
        failpoint::reached(Point::WorkClaimed);
    }
    // Allocated here, so that event ids rise in the order of the steps.
    let due: Vec<_> = due.into_iter().map(|(shard, id)| (shard, id, EventIds::allocate(app, app.now()))).collect();
    let moving = due.into_iter().map(|(shard, id, event_ids)| order::advance(app, shard, id, event_ids));
    let mut moved = futures_util::stream::iter(moving).buffered(MAX_CONCURRENT);
    let mut fired = Vec::new();
    while let Some(order) = moved.try_next().await? {
        fired.extend(order);
        failpoint::reached(Point::WorkHalfDone);
    }
    Ok(fired)
}

/// The most rounds in which calls to back ends may advance orders within one moment.
const MAX_ROUNDS: usize = 64;

/// Does everything that is due now, including calls to back ends and steps that become due immediately as a result. A
/// held order that was checked without a change is not reported. Messages and mails of devices that order meanwhile are
/// left to the next moment, or to the worker.
async fn run_all_due(app: &App, told: &mut ClockAdvanceReport) -> Result<()> {
    for _ in 0..MAX_ROUNDS {
        loop {
            let fired = advance_batch(app).await?;
            if fired.is_empty() {
                break;
            }
            told.orders.extend(fired.into_iter().filter(|f| f.change.from != f.change.to));
        }
        crate::price::write_all_notices(app).await?;
        account::delete_due(app).await?;
        while export::advance_due(app).await? > 0 {}
        let until = app.now();
        let BackendCallSummary { due, calls: called, transitions: orders } =
            backend_call::call_due_backends(app).await?;
        told.backend_calls.extend(called);
        told.orders.extend(orders);
        told.deliveries.extend(delivery::deliver_all_due(app, until).await?);
        told.mails.extend(mail::send_all_due(app, until).await?);
        // The answer of a back end may have advanced orders.
        if due == 0 {
            break;
        }
    }
    Ok(())
}

/// Everything that happened while the clock was advanced, each list in order.
#[derive(Clone, Debug, Default)]
pub struct ClockAdvanceReport {
    /// The transitions of orders.
    pub orders: Vec<OrderTransition>,
    /// The attempts to send messages.
    pub deliveries: Vec<DeliveryAttemptSummary>,
    /// The calls to back ends.
    pub backend_calls: Vec<BackendCallReport>,
    /// The attempts to send mails.
    pub mails: Vec<MailAttempt>,
}

/// Removes expired rows, a bounded number of each kind. Returns how many.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn purge(app: &App) -> Result<u64> {
    let now = app.now();
    let told = now - app.settings.notifications.retention;
    Ok(app.db.write(PurgeExpired { now, events_before: told, mails_before: now - app.settings.mail.retention }).await?)
}

struct PurgeExpired {
    now: Time,
    /// The time before which events and deliveries are removed.
    events_before: Time,
    /// The time before which mails are removed.
    mails_before: Time,
}

impl Command for PurgeExpired {
    type Output = u64;
    fn ordering_key(&self) -> u64 {
        0
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<u64> {
        let sessions = session::purge(tx, self.now, PURGE_BATCH_SIZE).await?;
        let signups = signup::purge(tx, self.now, PURGE_BATCH_SIZE).await?;
        let codes = code::purge(tx, self.now - CODE_RETENTION, PURGE_BATCH_SIZE).await?;
        let told = deliveries::purge(tx, self.events_before, PURGE_BATCH_SIZE).await?;
        let mailed = mails::purge(tx, self.mails_before, PURGE_BATCH_SIZE).await?;
        let takeovers = takeover::purge(tx, self.now - TAKEOVER_RETENTION, PURGE_BATCH_SIZE).await?;
        let exports = exports::purge(tx, self.now, PURGE_BATCH_SIZE).await?;
        Ok(sessions + signups + codes + told + mailed + takeovers + exports)
    }
}

/// The state of the test clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockStatus {
    /// The service's time.
    pub now: Time,
    /// Whether it is frozen.
    pub frozen: bool,
    /// How far it is ahead of the system clock.
    pub offset: Span,
}

fn no_test_clock_error() -> Error {
    Error::InvalidCommand("this server's clock cannot be moved: start it with --test-clock".into())
}

/// The state of the test clock.
///
/// # Errors
/// [`Error::InvalidCommand`] where there is no test clock.
pub fn clock_status(app: &App) -> Result<ClockStatus> {
    let clock = app.test_clock().ok_or_else(no_test_clock_error)?;
    let ClockSetting { offset, frozen_at } = clock.setting();
    Ok(ClockStatus { now: clock.now(), frozen: frozen_at.is_some(), offset: Span::from_micros(offset) })
}

/// Freezes the test clock, or lets it run.
///
/// # Errors
/// [`Error::InvalidCommand`] where there is no test clock, [`Error::Unavailable`].
pub async fn set_clock_frozen(app: &App, frozen: bool) -> Result<ClockStatus> {
    let clock = app.test_clock().ok_or_else(no_test_clock_error)?;
    let _turn = app.scheduler_lock.lock().await;
    if frozen {
        clock.freeze();
        app.db.write(SaveClock(clock.setting())).await?;
    } else {
        apply_later_time(app, clock, clock.running_setting()).await?;
    }
    clock_status(app)
}

/// Freezes a test clock that was never set at a time. A clock that was set keeps its setting.
///
/// # Errors
/// [`Error::InvalidCommand`] where there is no test clock, [`Error::Unavailable`].
pub async fn freeze_clock_at_if_unset(app: &App, at: Time) -> Result<()> {
    let clock = app.test_clock().ok_or_else(no_test_clock_error)?;
    if clock.freeze_at_if_unset(at) {
        app.db.write(SaveClock(clock.setting())).await?;
    }
    Ok(())
}

/// Advances the test clock. Returns a report when everything that was due on the way is done.
///
/// # Errors
/// [`Error::InvalidCommand`] where there is no test clock, [`Error::Unavailable`].
pub async fn advance_clock(app: &App, by: Span) -> Result<ClockAdvanceReport> {
    let clock = app.test_clock().ok_or_else(no_test_clock_error)?;
    let _turn = app.scheduler_lock.lock().await;
    let _alone = app.sending_lock.write().await;
    let target = clock.now() + by;
    let mut told = ClockAdvanceReport::default();
    loop {
        run_all_due(app, &mut told).await?;
        let next = {
            let mut reader = app.db.reader().await?;
            orders::find_next_due(&mut reader.tx()?).await?
        };
        let others = [
            backend_call::next_due(app).await?,
            delivery::next_due(app).await?,
            mail::next_due(app).await?,
            account::next_deletion(app).await?,
            export::next_due(app).await?,
        ];
        // Work that devices caused meanwhile is due already. It does not delay the clock: the next moment does it.
        let others = others.into_iter().flatten().filter(|at| *at > clock.now());
        match next.into_iter().chain(others).min() {
            Some(next) if next <= target => apply_later_time(app, clock, clock.setting_at(next)).await?,
            _ => break,
        }
    }
    apply_later_time(app, clock, clock.setting_at(target)).await?;
    failpoint::reached(Point::ClockMoved);
    Ok(told)
}

/// Saves a setting with a later time, and then applies it.
async fn apply_later_time(app: &App, clock: &TestClock, setting: ClockSetting) -> Result<()> {
    app.db.write(SaveClock(setting)).await?;
    clock.set(setting);
    Ok(())
}
