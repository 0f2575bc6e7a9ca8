//! Calls to a back end: lease, send, record. Retried until they are answered or no longer needed.
//!
//! Invariant: a call is sent outside of any transaction; what comes of it is recorded with the change it makes, and only
//! if it is still what is wanted. Rows leased by a process that died are taken again when the lease is over, so a back
//! end may hear the same call twice, under the same id.

use super::job;
use super::webhook::{Hook, answered};
use crate::order::{lock, save};
use crate::{App, Error, Result, meter};
use futures_util::future::join_all;
use opendrs_domain::device::Device;
use opendrs_domain::fulfilment::{Report, Wanted, pause_after};
use opendrs_domain::id::EventId;
use opendrs_domain::order::{Problem, State, Timing};
use opendrs_domain::time::{Span, Time};
use opendrs_store::fulfilment::Call;
use opendrs_store::{Tx, Write, fulfilment, span};
use tracing::Instrument;
use tracing::field::Empty;

/// How many calls one round makes, side by side.
const ROUND: i64 = 16;
/// How much longer than a call may take it stays leased.
const SLACK: Span = Span::from_mins(1);
/// After so many calls in vain, about three days, an order that is given up is not called about any more.
const LAST_TRY: i64 = 80;

/// Makes the calls that are due, at most one round of them; how many it made.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn run_once(app: &App) -> Result<usize> {
    let Some(hook) = &app.settings.fulfilment.webhook else { return Ok(0) };
    let _turn = app.calls.lock().await;
    let now = app.now();
    if due(app).await?.is_none_or(|due| due > now) {
        return Ok(0);
    }
    let longest = Span::from_secs(i64::try_from(app.settings.request_timeout.as_secs()).unwrap_or(60));
    let calls = app.db.write(Lease { now, until: now + longest + SLACK }).await?;
    let made = join_all(calls.iter().map(|call| one(app, hook, *call))).await;
    made.into_iter().collect::<Result<Vec<()>>>()?;
    Ok(calls.len())
}

/// When the next call falls due.
pub(crate) async fn due(app: &App) -> Result<Option<Time>> {
    if app.settings.fulfilment.webhook.is_none() {
        return Ok(None);
    }
    let mut reader = app.db.reader().await?;
    Ok(fulfilment::next_due(&mut reader.tx()?).await?)
}

struct Lease {
    now: Time,
    until: Time,
}

impl Write for Lease {
    type Out = Vec<Call>;
    fn key(&self) -> u64 {
        0
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<Vec<Call>> {
        fulfilment::lease(tx, self.now, self.until, ROUND).await
    }
}

async fn one(app: &App, hook: &Hook, call: Call) -> Result<()> {
    let span = tracing::trace_span!(
        target: span::TARGET,
        "fulfil",
        otel.kind = "client",
        opendrs.call = call.wanted.as_str(),
        opendrs.attempt = call.tries,
        opendrs.outcome = Empty,
    );
    make(app, hook, call).instrument(span).await
}

async fn make(app: &App, hook: &Hook, call: Call) -> Result<()> {
    let found = match job(app, call.order).await {
        Err(Error::UnknownOrder) => return Err(Error::missing("a call's order")),
        found => found?,
    };
    // What the customer has to decide first, or was decided by other means, is not asked for any more.
    let order = &found.order;
    let needed =
        call.wanted == Wanted::Cancel || (order.state == State::Held && order.problem == Some(Problem::Unconfirmed));
    if !needed {
        return record(app, call, found.device, Ok(None)).await;
    }
    let started = app.real_time();
    let request = hook.request(call.wanted, &found, app.real_time(), app.settings.request_timeout);
    let outcome = match app.outbound.send(request).await {
        Ok(answer) => answered(call.wanted, &answer),
        Err(failure) => Err(failure.to_string()),
    };
    let ended = if outcome.is_ok() { "answered" } else { "failed" };
    tracing::Span::current().record("opendrs.outcome", ended);
    meter::ended(&app.meter.calls, call.wanted.as_str(), ended, app.real_time().since(started).micros());
    if let Err(why) = &outcome {
        tracing::warn!(order = %found.order.instance(), call = call.wanted.as_str(), why, "the back end did not take a call");
    }
    record(app, call, found.device, outcome).await
}

async fn record(app: &App, call: Call, device: Device, outcome: Result<Option<Report>, String>) -> Result<()> {
    let now = app.now();
    let event = EventId(app.ids.ordered(now));
    Ok(app.db.write(Record { call, device, outcome, event, timing: app.settings.timing, now }).await?)
}

struct Record {
    call: Call,
    device: Device,
    outcome: Result<Option<Report>, String>,
    event: EventId,
    timing: Timing,
    now: Time,
}

impl Write for Record {
    type Out = ();
    fn key(&self) -> u64 {
        crate::device::key(self.device.model, &self.device.serial)
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<()> {
        let Call { shard, order: id, wanted, tries } = self.call;
        let Some((_, mut order)) = lock(tx, shard, self.device.id, id).await? else { return Ok(()) };
        let Some(row) = fulfilment::lock(tx, shard, id).await? else { return Ok(()) };
        if row.wanted != wanted {
            // Given up while it was being asked for: it has to hear that after all.
            return fulfilment::set(tx, shard, id, Some(self.now), None).await;
        }
        match &self.outcome {
            Ok(report) => {
                // A word that is nothing new, or no longer possible, changes nothing: the order has moved on.
                let said = report.as_ref().and_then(|report| order.report(report, self.now, &self.timing).ok()?);
                if let Some(change) = said {
                    save(tx, shard, &self.device, &order, change, (self.event, self.now)).await?;
                }
                fulfilment::set(tx, shard, id, None, None).await
            }
            Err(why) => {
                let again = wanted == Wanted::Place || tries < LAST_TRY;
                let due = again.then(|| self.now + pause_after(tries));
                let why: String = why.chars().take(300).collect();
                fulfilment::set(tx, shard, id, due, Some(&why)).await
            }
        }
    }
}
