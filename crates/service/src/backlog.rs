//! What waits for workers, of all nodes, for whoever watches.
//!
//! Invariant: nothing is decided by it, and no list is walked further than [`COUNTED`].

use crate::{App, Result, delivery};
use opendrs_domain::order::Problem;
use opendrs_domain::time::{Span, Time};
use opendrs_store::backlog::{self as store, List};

/// How far a list is counted.
pub const COUNTED: i64 = 10_000;

/// How much waits, and for how long the first of it has been due.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// How much; no more than [`COUNTED`].
    pub count: i64,
    /// For how long the first has been due; nothing where none is due yet.
    pub oldest: Span,
}

/// Everything that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backlog {
    /// Orders that are due.
    pub orders: Waiting,
    /// Orders that are held, by what holds them.
    pub held: Vec<(Problem, i64)>,
    /// Messages on their way to receivers: due, tried again later, or behind another of their device.
    pub deliveries: Waiting,
    /// Mails that were not sent yet, those that are tried again later among them.
    pub mails: Waiting,
    /// Calls to back ends that were not answered yet, those that are made again later among them.
    pub calls: Waiting,
}

/// What waits at this moment.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn read(app: &App) -> Result<Backlog> {
    let now = app.now();
    let since = |first: Option<Time>| match first {
        Some(due) if due <= now => now.since(due),
        _ => Span::default(),
    };
    let due_message = delivery::next_due(app).await?;
    let mut reader = app.db.reader().await?;
    let mut tx = reader.tx()?;
    let mut lists = [Waiting::default(); 3];
    // Orders wait once their time has come; mails and calls from the moment they are wanted.
    let ever = Time::from_micros(i64::MAX);
    let asked = [(List::Orders, now), (List::Mails, ever), (List::Calls, ever)];
    for (place, (list, until)) in lists.iter_mut().zip(asked) {
        let found = store::waiting(&mut tx, list, until, COUNTED).await?;
        *place = Waiting { count: found.count, oldest: since(found.first) };
    }
    let mut held = Vec::with_capacity(Problem::ALL.len());
    for problem in Problem::ALL {
        held.push((problem, store::held(&mut tx, problem, COUNTED).await?));
    }
    let deliveries = Waiting { count: store::deliveries(&mut tx, COUNTED).await?, oldest: since(due_message) };
    let [orders, mails, calls] = lists;
    Ok(Backlog { orders, held, deliveries, mails, calls })
}
