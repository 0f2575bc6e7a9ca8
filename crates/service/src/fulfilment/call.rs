//! Calls to back ends: lease, send, record. Retried until they are answered or no longer needed.
//!
//! Invariant: a call is sent outside of any transaction; what comes of it is recorded with the change it makes, and only
//! if it is still what is wanted. Rows leased by a process that died are taken again when the lease is over, so a back
//! end may hear the same call twice, under the same id.

use super::connector::{Connector, Outcome, Said};
use super::{Job, job};
use crate::delivery::Stamp;
use crate::order::{Fired, lock, save};
use crate::{App, Error, Result, meter};
use futures_util::future::{join, join_all};
use opendrs_domain::device::Device;
use opendrs_domain::fulfilment::{Backend, Report, Wanted, pause_after};
use opendrs_domain::id::InstanceId;
use opendrs_domain::order::{Problem, State, Timing};
use opendrs_domain::time::{Span, Time};
use opendrs_store::fulfilment::Call;
use opendrs_store::{Tx, Write, fulfilment, order, span};
use std::collections::BTreeMap;
use tracing::Instrument;
use tracing::field::Empty;

/// How many calls one round makes, side by side.
const ROUND: i64 = 16;
/// How much longer than a call may take it stays leased.
const SLACK: Span = Span::from_mins(1);
/// After so many calls in vain, about three days, an order that is given up is not called about any more.
const LAST_TRY: i64 = 80;

/// A call that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Called {
    /// When.
    pub at: Time,
    /// About which order.
    pub instance: InstanceId,
    /// Whom.
    pub backend: Backend,
    /// For what.
    pub wanted: Wanted,
    /// Why it is made again, if it is.
    pub trouble: Option<String>,
}

/// What came of a round of calls.
#[derive(Clone, Debug, Default)]
pub struct Round {
    /// How many were due.
    pub due: usize,
    /// Those that were made; a look at an order that had nothing new to say is left out.
    pub called: Vec<Called>,
    /// Orders that moved on by what was answered.
    pub orders: Vec<Fired>,
}

impl Round {
    fn add(&mut self, other: Self) {
        self.called.extend(other.called);
        self.orders.extend(other.orders);
    }
}

/// Makes the calls that are due, at most one round of them.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn run_once(app: &App) -> Result<Round> {
    let mut all = Round::default();
    if !app.settings.fulfilment.calls() {
        return Ok(all);
    }
    let _turn = app.calls.lock().await;
    let now = app.now();
    if due(app).await?.is_none_or(|due| due > now) {
        return Ok(all);
    }
    let one_request = i64::try_from(app.settings.request_timeout.as_secs()).unwrap_or(60);
    let requests = app.settings.fulfilment.connectors().map(Connector::requests).max().unwrap_or(1);
    let until = now + Span::from_secs(one_request * requests) + SLACK;
    let calls = app.db.write(Lease { now, until }).await?;
    let (watched, asked): (Vec<_>, Vec<_>) = calls.iter().partition(|call| call.wanted == Wanted::Watch);
    let (seen, made) = join(watch(app, &watched), join_all(asked.into_iter().map(|call| one(app, call)))).await;
    all.due = calls.len();
    all.add(seen?);
    for made in made {
        all.add(made?);
    }
    Ok(all)
}

/// When the next call falls due.
pub(crate) async fn due(app: &App) -> Result<Option<Time>> {
    if !app.settings.fulfilment.calls() {
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

async fn of_call(app: &App, call: &Call) -> Result<Job> {
    match job(app, call.order).await {
        Err(Error::UnknownOrder) => Err(Error::missing("a call's order")),
        found => found,
    }
}

async fn one(app: &App, call: &Call) -> Result<Round> {
    let span = tracing::trace_span!(
        target: span::TARGET,
        "fulfil",
        otel.kind = "client",
        opendrs.call = call.wanted.as_str(),
        opendrs.attempt = call.tries,
        opendrs.outcome = Empty,
    );
    make(app, call).instrument(span).await
}

async fn make(app: &App, call: &Call) -> Result<Round> {
    let found = of_call(app, call).await?;
    // What the customer has to decide first, or was decided by other means, is not asked for any more.
    let order = &found.order;
    let needed =
        call.wanted == Wanted::Cancel || (order.state == State::Held && order.problem == Some(Problem::Unconfirmed));
    if !needed {
        record(app, call, found, Ok(Outcome::default())).await?;
        return Ok(Round::default());
    }
    let started = app.real_time();
    let outcome = ask(app, call, &found).await;
    ended(app, call, found, outcome, started).await
}

/// Asks for an order to be taken or given up.
async fn ask(app: &App, call: &Call, found: &Job) -> Said {
    let backend = found.order.backend;
    let Some(connector) = app.settings.fulfilment.connector(backend) else { return Err(unknown(backend)) };
    match call.wanted {
        Wanted::Cancel => connector.cancel(app, found, call).await,
        Wanted::Place | Wanted::Watch => connector.place(app, found, call).await,
    }
}

fn unknown(backend: Backend) -> String {
    format!("the settings no longer say where {} is", backend.as_str())
}

/// Asks how orders stand that systems have, all of one system's at once.
async fn watch(app: &App, calls: &[&Call]) -> Result<Round> {
    let mut all = Round::default();
    let mut open: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for call in calls {
        let found = of_call(app, call).await?;
        match found.order.may_change(app.now()) {
            false => drop(record(app, call, found, Ok(Outcome::default())).await?),
            true => open.entry(found.order.backend).or_default().push((*call, found)),
        }
    }
    for (backend, open) in open {
        let asked: Vec<_> = open.iter().map(|(call, _)| *call).collect();
        let started = app.real_time();
        let said = match app.settings.fulfilment.connector(backend) {
            Some(connector) => connector.status(app, &asked).await,
            None => asked.iter().map(|_| Err(unknown(backend))).collect(),
        };
        for ((call, found), said) in open.into_iter().zip(said) {
            all.add(ended(app, call, found, said, started).await?);
        }
    }
    Ok(all)
}

/// Tells and records how a call ended.
async fn ended(app: &App, call: &Call, found: Job, said: Said, started: Time) -> Result<Round> {
    tell(app, &found, call, &said, started);
    let called = Called {
        at: app.now(),
        instance: found.order.instance(),
        backend: found.order.backend,
        wanted: call.wanted,
        trouble: said.as_ref().err().cloned(),
    };
    let orders = record(app, call, found, said).await?;
    let new = call.wanted != Wanted::Watch || called.trouble.is_some() || !orders.is_empty();
    Ok(Round { due: 0, called: Vec::from_iter(new.then_some(called)), orders })
}

/// Counts a call that was made, and says what went wrong with it.
fn tell(app: &App, found: &Job, call: &Call, outcome: &Said, started: Time) {
    let (order, call) = (found.order.instance(), call.wanted.as_str());
    let ended = if outcome.is_ok() { "answered" } else { "failed" };
    tracing::Span::current().record("opendrs.outcome", ended);
    meter::ended(&app.meter.calls, call, ended, app.real_time().since(started).micros());
    match outcome {
        Err(why) => tracing::warn!(%order, call, why, "the back end did not take a call"),
        Ok(Outcome { note: Some(note), .. }) => tracing::info!(%order, call, note, "the back end cannot do as asked"),
        Ok(_) => {}
    }
}

/// What is noted of an order while it is being placed.
#[derive(Clone, Debug)]
pub(super) enum Noted {
    /// A shop is about to be asked to begin it.
    Begins,
    /// What the shop calls it, and since when others were begun that were not heard of, if any were.
    Named(String, Option<Time>),
}

/// Notes it; an error when the call is somebody else's by now.
pub(super) async fn note(app: &App, job: &Job, call: &Call, noted: Noted) -> Result<(), String> {
    let at = app.real_time();
    let mine = match call.due_at {
        Some(until) => app.db.write(Note { device: job.device.clone(), call: call.clone(), until, noted, at }).await,
        None => Ok(false),
    };
    match mine {
        Ok(true) => Ok(()),
        Ok(false) => Err("another node has the call".into()),
        Err(error) => Err(error.to_string()),
    }
}

struct Note {
    device: Device,
    call: Call,
    until: Time,
    noted: Noted,
    at: Time,
}

impl Write for Note {
    type Out = bool;
    fn key(&self) -> u64 {
        crate::device::key(self.device.model, &self.device.serial)
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<bool> {
        let Call { shard, order, .. } = self.call;
        match &self.noted {
            Noted::Begins => fulfilment::begin(tx, shard, order, self.until, self.at).await,
            Noted::Named(code, unheard) => fulfilment::refer(tx, shard, order, self.until, (code, *unheard)).await,
        }
    }
}

/// Records what came of a call; what moved on by it.
async fn record(app: &App, call: &Call, found: Job, outcome: Said) -> Result<Vec<Fired>> {
    let now = app.now();
    let words = outcome.as_ref().map(|outcome| outcome.reports.clone()).unwrap_or_default();
    let words = words.into_iter().map(|report| (report, Stamp::draw(app, now))).collect();
    let poll = app.settings.fulfilment.connector(found.order.backend).map(Connector::poll).unwrap_or_default();
    let timing = app.settings.timing;
    Ok(app
        .db
        .write(Record { call: call.clone(), device: found.device, outcome, words, next: now + poll, timing, now })
        .await?)
}

struct Record {
    call: Call,
    device: Device,
    outcome: Said,
    /// The outcome's words, each with what may tell of it.
    words: Vec<(Report, Stamp)>,
    /// When an order that is watched is looked at again.
    next: Time,
    timing: Timing,
    now: Time,
}

impl Write for Record {
    type Out = Vec<Fired>;
    fn key(&self) -> u64 {
        crate::device::key(self.device.model, &self.device.serial)
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<Vec<Fired>> {
        let Call { shard, order: id, wanted, tries, .. } = self.call;
        let mut moved = Vec::new();
        let Some((_, mut order)) = lock(tx, shard, self.device.id, id).await? else { return Ok(moved) };
        let Some(row) = fulfilment::lock(tx, shard, id).await? else { return Ok(moved) };
        if row.wanted != wanted {
            // Given up while it was being asked for: it has to hear that after all.
            fulfilment::set(tx, shard, id, Some(self.now), None).await?;
            return Ok(moved);
        }
        let outcome = match &self.outcome {
            Ok(outcome) => outcome,
            Err(why) => {
                let again = wanted != Wanted::Cancel || tries < LAST_TRY;
                let due = again.then(|| self.now + pause_after(tries));
                fulfilment::set(tx, shard, id, due, Some(&short(why))).await?;
                return Ok(moved);
            }
        };
        let open = order.state == State::Held && order.problem == Some(Problem::Unconfirmed);
        if let Some(price) = outcome.price.as_ref().filter(|price| open && **price != order.item.price) {
            order.item.price = price.clone();
            order::set_item(tx, shard, id, &order.item).await?;
        }
        for (report, stamp) in &self.words {
            // A word that is nothing new, or no longer possible, changes nothing: the order has moved on.
            if let Ok(Some(change)) = order.report(report, self.now, &self.timing) {
                save(tx, shard, &self.device, &order, change, (*stamp, self.now)).await?;
                if change.from != change.to {
                    let (instance, slot) = (order.instance(), order.slot.clone());
                    moved.push(Fired { at: self.now, instance, slot, change });
                }
            }
        }
        if outcome.watched && order.may_change(self.now) {
            // A hint that came while it was being looked at has it looked at once more.
            let hinted =
                row.due_at.filter(|due| wanted == Wanted::Watch && row.due_at < self.call.due_at && *due < self.next);
            fulfilment::watch(tx, shard, id, hinted.unwrap_or(self.next)).await?;
        } else {
            fulfilment::set(tx, shard, id, None, outcome.note.as_deref().map(short).as_deref()).await?;
        }
        Ok(moved)
    }
}

/// As much of what went wrong as is kept.
fn short(why: &str) -> String {
    why.chars().take(300).collect()
}
