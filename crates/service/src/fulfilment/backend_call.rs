//! Calls to back ends: lease, send, record. A call is retried until it is answered or no longer needed.
//!
//! Invariant: a call is sent outside of any transaction. Its result is recorded together with the change it makes, and
//! only if the call is still wanted. When a process dies, its leased rows are taken again after the lease. So a back
//! end may get the same call twice, under the same id.

use super::connector::{ConnectorOutcome, ConnectorResult, FulfilmentConnector};
use super::job::{FulfilmentJob, load_job};
use crate::metrics::{BackendCallEnd, MetricLabel};
use crate::notification::EventIds;
use crate::order::{OrderTransition, lock_order, save_and_notify};
use crate::{App, Error, Result};
use futures_util::future::{join, join_all};
use opendrs_domain::device::Device;
use opendrs_domain::fulfilment::{Backend, BackendCallKind, BackendReport, retry_pause};
use opendrs_domain::id::InstanceId;
use opendrs_domain::order::{OrderProblem, OrderState, OrderTiming};
use opendrs_domain::time::{Span, Time};
use opendrs_store::fulfilment::BackendCall;
use opendrs_store::{Command, Tx, fulfilment, order, span};
use std::collections::BTreeMap;
use tracing::Instrument;
use tracing::field::Empty;

/// How many calls one round makes in parallel.
const BATCH_SIZE: i64 = 16;
/// The part of a lease beyond the longest time that a call may take.
const LEASE_MARGIN: Span = Span::from_mins(1);
/// The most tries to cancel an order at a back end, or to inform it of a withdrawal, over about three days. After them
/// the call is abandoned.
const MAX_CANCEL_TRIES: i64 = 80;

/// A call that was made, as it is reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackendCallReport {
    /// The time of the call.
    pub at: Time,
    /// The order of the call.
    pub instance: InstanceId,
    /// The back end that was called.
    pub backend: Backend,
    /// The purpose of the call.
    pub wanted: BackendCallKind,
    /// The reason why the call is retried, if it is.
    pub error: Option<String>,
}

/// The result of a round of calls.
#[derive(Clone, Debug, Default)]
pub struct BackendCallSummary {
    /// How many calls were due.
    pub due: usize,
    /// The calls that were made. A poll of an order that brought nothing new is left out.
    pub calls: Vec<BackendCallReport>,
    /// The orders whose state changed by the answers.
    pub transitions: Vec<OrderTransition>,
}

impl BackendCallSummary {
    fn merge(&mut self, other: Self) {
        self.calls.extend(other.calls);
        self.transitions.extend(other.transitions);
    }
}

/// Makes the calls that are due, at most one round of them.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn call_due_backends(app: &App) -> Result<BackendCallSummary> {
    let mut all = BackendCallSummary::default();
    if !app.settings.fulfilment.has_connectors() {
        return Ok(all);
    }
    let _turn = app.backend_call_lock.lock().await;
    let now = app.now();
    if next_due(app).await?.is_none_or(|due| due > now) {
        return Ok(all);
    }
    let one_request = i64::try_from(app.settings.request_timeout.as_secs()).unwrap_or(60);
    let requests = app.settings.fulfilment.connectors().map(FulfilmentConnector::max_requests).max().unwrap_or(1);
    let until = now + Span::from_secs(one_request * requests) + LEASE_MARGIN;
    let calls = app.db.write(LeaseBackendCalls { now, until }).await?;
    let (watched, asked): (Vec<_>, Vec<_>) = calls.iter().partition(|call| call.kind == BackendCallKind::Watch);
    let (seen, made) =
        join(poll_watched_orders(app, &watched), join_all(asked.into_iter().map(|call| make_call_in_span(app, call))))
            .await;
    all.due = calls.len();
    all.merge(seen?);
    for made in made {
        all.merge(made?);
    }
    Ok(all)
}

/// The time at which the next call is due.
pub(crate) async fn next_due(app: &App) -> Result<Option<Time>> {
    if !app.settings.fulfilment.has_connectors() {
        return Ok(None);
    }
    let mut reader = app.db.reader().await?;
    Ok(fulfilment::find_next_due(&mut reader.tx()?).await?)
}

struct LeaseBackendCalls {
    now: Time,
    until: Time,
}

impl Command for LeaseBackendCalls {
    type Output = Vec<BackendCall>;
    fn ordering_key(&self) -> u64 {
        0
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<Vec<BackendCall>> {
        fulfilment::lease(tx, self.now, self.until, BATCH_SIZE).await
    }
}

async fn load_job_of_call(app: &App, call: &BackendCall) -> Result<FulfilmentJob> {
    match load_job(app, call.order).await {
        Err(Error::UnknownOrder) => Err(Error::missing_row("a call's order")),
        found => found,
    }
}

async fn make_call_in_span(app: &App, call: &BackendCall) -> Result<BackendCallSummary> {
    let span = tracing::trace_span!(
        target: span::TARGET,
        "fulfil",
        otel.kind = "client",
        opendrs.call = call.kind.as_str(),
        opendrs.attempt = call.attempts,
        opendrs.outcome = Empty,
    );
    make_call(app, call).instrument(span).await
}

async fn make_call(app: &App, call: &BackendCall) -> Result<BackendCallSummary> {
    let found = load_job_of_call(app, call).await?;
    // No call is made for an order that waits for its customer's decision, or whose outcome was decided otherwise.
    let order = &found.order;
    let needed = matches!(call.kind, BackendCallKind::Cancel | BackendCallKind::Withdraw)
        || (order.state == OrderState::Held && order.problem == Some(OrderProblem::AwaitingBackend));
    if !needed {
        record_outcome(app, call, found, Ok(ConnectorOutcome::default())).await?;
        return Ok(BackendCallSummary::default());
    }
    let started = app.system_time();
    let outcome = send_call(app, call, &found).await;
    finish_call(app, call, found, outcome, started).await
}

/// Asks a back end to place or to cancel an order, or informs it of a withdrawal.
async fn send_call(app: &App, call: &BackendCall, found: &FulfilmentJob) -> ConnectorResult {
    let backend = found.order.backend;
    let Some(connector) = app.settings.fulfilment.connector(backend) else {
        return Err(unknown_backend_message(backend));
    };
    match call.kind {
        BackendCallKind::Cancel => connector.cancel(app, found, call).await,
        BackendCallKind::Withdraw => connector.withdraw(app, found, call).await,
        BackendCallKind::Place | BackendCallKind::Watch => connector.place(app, found, call).await,
    }
}

fn unknown_backend_message(backend: Backend) -> String {
    format!("the settings no longer say where {} is", backend.as_str())
}

/// Polls orders that are placed at shops, all of one shop together.
async fn poll_watched_orders(app: &App, calls: &[&BackendCall]) -> Result<BackendCallSummary> {
    let mut all = BackendCallSummary::default();
    let mut open: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for call in calls {
        let found = load_job_of_call(app, call).await?;
        if found.order.accepts_backend_reports(app.now()) {
            open.entry(found.order.backend).or_default().push((*call, found));
        } else {
            drop(record_outcome(app, call, found, Ok(ConnectorOutcome::default())).await?);
        }
    }
    for (backend, open) in open {
        let asked: Vec<_> = open.iter().map(|(call, _)| *call).collect();
        let started = app.system_time();
        let result = match app.settings.fulfilment.connector(backend) {
            Some(connector) => connector.order_statuses(app, &asked).await,
            None => asked.iter().map(|_| Err(unknown_backend_message(backend))).collect(),
        };
        for ((call, found), result) in open.into_iter().zip(result) {
            all.merge(finish_call(app, call, found, result, started).await?);
        }
    }
    Ok(all)
}

/// Logs and records the result of a call.
async fn finish_call(
    app: &App,
    call: &BackendCall,
    found: FulfilmentJob,
    result: ConnectorResult,
    started: Time,
) -> Result<BackendCallSummary> {
    log_call(app, &found, call, &result, started);
    let called = BackendCallReport {
        at: app.now(),
        instance: found.order.instance_id(),
        backend: found.order.backend,
        wanted: call.kind,
        error: result.as_ref().err().cloned(),
    };
    let orders = record_outcome(app, call, found, result).await?;
    let new = call.kind != BackendCallKind::Watch || called.error.is_some() || !orders.is_empty();
    Ok(BackendCallSummary { due: 0, calls: Vec::from_iter(new.then_some(called)), transitions: orders })
}

/// Counts a finished call, and logs its error.
fn log_call(app: &App, found: &FulfilmentJob, call: &BackendCall, outcome: &ConnectorResult, started: Time) {
    let end = if outcome.is_ok() { BackendCallEnd::Answered } else { BackendCallEnd::Failed };
    tracing::Span::current().record("opendrs.outcome", end.text());
    app.metrics.calls.record(call.kind, end, app.system_time().since(started).as_micros());
    let (order, call) = (found.order.instance_id(), call.kind.as_str());
    match outcome {
        Err(why) => tracing::warn!(%order, call, why, "the back end did not take a call"),
        Ok(ConnectorOutcome { operator_note: Some(note), .. }) => {
            tracing::info!(%order, call, note, "the back end cannot do as asked");
        }
        Ok(_) => {}
    }
}

/// Records the result of a call. Returns the transition of the order, if there is one.
async fn record_outcome(
    app: &App,
    call: &BackendCall,
    found: FulfilmentJob,
    outcome: ConnectorResult,
) -> Result<Vec<OrderTransition>> {
    let now = app.now();
    let words = outcome.as_ref().map(|outcome| outcome.reports.clone()).unwrap_or_default();
    let words = words.into_iter().map(|report| (report, EventIds::allocate(app, now))).collect();
    let poll = app
        .settings
        .fulfilment
        .connector(found.order.backend)
        .map(FulfilmentConnector::poll_interval)
        .unwrap_or_default();
    let timing = app.settings.timing;
    Ok(app
        .db
        .write(RecordCallOutcome {
            call: call.clone(),
            device: found.device,
            outcome,
            reports: words,
            next_poll_at: now + poll,
            timing,
            now,
        })
        .await?)
}

struct RecordCallOutcome {
    call: BackendCall,
    device: Device,
    outcome: ConnectorResult,
    /// The reports of the result, each with ids for the events it may cause.
    reports: Vec<(BackendReport, EventIds)>,
    /// The time of the next poll of a watched order.
    next_poll_at: Time,
    timing: OrderTiming,
    now: Time,
}

impl Command for RecordCallOutcome {
    type Output = Vec<OrderTransition>;
    fn ordering_key(&self) -> u64 {
        crate::ordering_key::for_device(&self.device)
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<Vec<OrderTransition>> {
        let BackendCall { shard, order: id, kind: wanted, attempts: tries, .. } = self.call;
        let mut moved = Vec::new();
        let Some((_, mut order)) = lock_order(tx, self.device.in_shard(shard), id).await? else { return Ok(moved) };
        let Some(row) = fulfilment::lock(tx, shard, id).await? else { return Ok(moved) };
        if row.kind != wanted {
            // The order was cancelled, or its customer withdrew, during the call: the back end has to be informed.
            fulfilment::record_result(tx, shard, id, Some(self.now), None).await?;
            return Ok(moved);
        }
        let outcome = match &self.outcome {
            Ok(outcome) => outcome,
            Err(why) => {
                let bounded = matches!(wanted, BackendCallKind::Cancel | BackendCallKind::Withdraw);
                let again = !bounded || tries < MAX_CANCEL_TRIES;
                let due = again.then(|| self.now + retry_pause(tries));
                fulfilment::record_result(tx, shard, id, due, Some(&truncate_error(why))).await?;
                return Ok(moved);
            }
        };
        let open = order.state == OrderState::Held && order.problem == Some(OrderProblem::AwaitingBackend);
        if let Some(price) = outcome.price.as_ref().filter(|price| open && **price != order.item.price) {
            order.item.price = price.clone();
            order::set_item(tx, shard, id, &order.item).await?;
        }
        for (report, event_ids) in &self.reports {
            // A report that repeats what is known, or is no longer possible, changes nothing: the order has moved on.
            if let Ok(Some(change)) = order.apply_report(report, self.now, &self.timing) {
                save_and_notify(tx, shard, &self.device, &order, change, event_ids.at(self.now)).await?;
                if change.from != change.to {
                    let (instance, slot) = (order.instance_id(), order.slot.clone());
                    moved.push(OrderTransition { at: self.now, instance, slot, change });
                }
            }
        }
        if outcome.is_watched && order.accepts_backend_reports(self.now) {
            // A hint that arrived during the poll causes one more poll.
            let hinted = row.due_at.filter(|due| {
                wanted == BackendCallKind::Watch && row.due_at < self.call.due_at && *due < self.next_poll_at
            });
            fulfilment::schedule_watch(tx, shard, id, hinted.unwrap_or(self.next_poll_at)).await?;
        } else {
            fulfilment::record_result(
                tx,
                shard,
                id,
                None,
                outcome.operator_note.as_deref().map(truncate_error).as_deref(),
            )
            .await?;
        }
        Ok(moved)
    }
}

/// The part of an error text that is kept.
fn truncate_error(why: &str) -> String {
    why.chars().take(300).collect()
}
