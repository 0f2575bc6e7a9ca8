//! What waits: how long the lists of work are, for whoever watches.
//!
//! Invariant: every count stops at a limit and walks an index in which nothing stands but what waits, so watching costs
//! no more on a store that has grown.

use crate::queries::Q;
use crate::value::{FromRow, Row, p};
use crate::{Result, Tx};
use opendrs_domain::order::Problem;
use opendrs_domain::time::Time;

/// A list of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum List {
    /// Orders, by when something is due.
    Orders,
    /// Mails to customers, by when they are sent, or tried again.
    Mails,
    /// Calls to back ends, by when they are made, or made again.
    Calls,
}

/// What waits in a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// How much; no more than the limit is counted.
    pub count: i64,
    /// The first one's time.
    pub first: Option<Time>,
}

impl FromRow for Waiting {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self { count: row.get(0)?, first: row.get(1)? })
    }
}

/// What waits in a list whose time is a moment or earlier, counted up to a limit.
///
/// # Errors
/// [`crate::Error`].
pub async fn waiting(tx: &mut Tx<'_>, list: List, until: Time, limit: i64) -> Result<Waiting> {
    let query = match list {
        List::Orders => Q::OrdersOverdue,
        List::Mails => Q::MailsWaiting,
        List::Calls => Q::FulfilmentWaiting,
    };
    Ok(tx.opt(query, p![until, limit]).await?.unwrap_or_default())
}

/// How many messages are on their way to receivers, those that stand behind others of their device among them, counted
/// up to a limit.
///
/// # Errors
/// [`crate::Error`].
pub async fn deliveries(tx: &mut Tx<'_>, limit: i64) -> Result<i64> {
    Ok(tx.opt::<(i64,)>(Q::DeliveriesWaiting, p![limit]).await?.map_or(0, |(count,)| count))
}

/// How many orders are held by a problem, counted up to a limit.
///
/// # Errors
/// [`crate::Error`].
pub async fn held(tx: &mut Tx<'_>, problem: Problem, limit: i64) -> Result<i64> {
    Ok(tx.opt::<(i64,)>(Q::OrdersHeld, p![problem.as_str(), limit]).await?.map_or(0, |(count,)| count))
}
