//! What waits for workers, of all nodes, for whoever watches.
//!
//! Invariant: nothing is decided by it, and no list is walked further than [`COUNTED`].

use crate::{App, Result, delivery};
use opendrs_domain::order::OrderProblem;
use opendrs_domain::time::{Span, Time};
use opendrs_store::backlog::{self as store, WorkList};

/// How far a list is counted.
pub const MAX_COUNT: i64 = 10_000;

/// How much waits, and for how long the first of it has been due.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BacklogCount {
    /// How much; no more than [`COUNTED`].
    pub count: i64,
    /// For how long the first has been due; nothing where none is due yet.
    pub oldest_age: Span,
}

/// Everything that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backlog {
    /// Orders that are due.
    pub orders: BacklogCount,
    /// Orders that are held, by what holds them.
    pub held_orders: Vec<(OrderProblem, i64)>,
    /// Messages on their way to receivers: due, tried again later, or behind another of their device.
    pub deliveries: BacklogCount,
    /// Mails that were not sent yet, those that are tried again later among them.
    pub mails: BacklogCount,
    /// Calls to back ends that were not answered yet, those that are made again later among them.
    pub backend_calls: BacklogCount,
}

/// What waits at this moment.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn load(app: &App) -> Result<Backlog> {
    let now = app.now();
    let since = |first: Option<Time>| match first {
        Some(due) if due <= now => now.since(due),
        _ => Span::default(),
    };
    let due_message = delivery::next_due(app).await?;
    let mut reader = app.db.reader().await?;
    let mut tx = reader.tx()?;
    let mut lists = [BacklogCount::default(); 3];
    // Orders wait once their time has come; mails and calls from the moment they are wanted.
    let ever = Time::from_micros(i64::MAX);
    let asked = [(WorkList::Orders, now), (WorkList::Mails, ever), (WorkList::Calls, ever)];
    for (place, (list, until)) in lists.iter_mut().zip(asked) {
        let found = store::count_waiting(&mut tx, list, until, MAX_COUNT).await?;
        *place = BacklogCount { count: found.count, oldest_age: since(found.earliest_at) };
    }
    let mut held = Vec::with_capacity(OrderProblem::ALL.len());
    for problem in OrderProblem::ALL {
        held.push((problem, store::count_held_orders(&mut tx, problem, MAX_COUNT).await?));
    }
    let deliveries =
        BacklogCount { count: store::count_deliveries(&mut tx, MAX_COUNT).await?, oldest_age: since(due_message) };
    let [orders, mails, calls] = lists;
    Ok(Backlog { orders, held_orders: held, deliveries, mails, backend_calls: calls })
}
