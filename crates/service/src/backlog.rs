//! The backlog of the workers of all nodes, for monitoring.
//!
//! Invariant: no decision depends on it, and no list is read further than [`MAX_COUNT`] entries.

use crate::{App, Result, delivery};
use opendrs_domain::order::OrderProblem;
use opendrs_domain::time::{Span, Time};
use opendrs_store::backlog::{self as store, WorkList};

/// The most entries of a list that are counted.
pub const MAX_COUNT: i64 = 10_000;

/// The number of waiting entries, and the age of the oldest due one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BacklogCount {
    /// The number of entries, at most [`MAX_COUNT`].
    pub count: i64,
    /// How long the oldest entry has been due; zero where none is due yet.
    pub oldest_age: Span,
}

/// All work that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backlog {
    /// Orders that are due.
    pub orders: BacklogCount,
    /// Held orders, by problem.
    pub held_orders: Vec<(OrderProblem, i64)>,
    /// Messages to receivers: due, to be retried later, or waiting for another message of their device.
    pub deliveries: BacklogCount,
    /// Mails that are not sent yet, including those to be retried later.
    pub mails: BacklogCount,
    /// Calls to back ends that are not answered yet, including those to be retried later.
    pub backend_calls: BacklogCount,
}

/// Loads the present backlog.
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
    // Orders count once they are due; mails and calls count from the moment they are written.
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
