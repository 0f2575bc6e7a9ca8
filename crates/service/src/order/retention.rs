//! The removal of ended orders that are no longer kept.
//!
//! Not here: the removal of a person from orders ([`crate::account`]). Invariant: an order that is not final stays. The
//! time counts from when the order was made, which its id tells.

use crate::reading::lowest_id_at;
use crate::{App, Result};
use opendrs_domain::id::OrderId;
use opendrs_domain::time::Span;
use opendrs_store::order::{self as orders, EndedOrders};
use opendrs_store::{Command, Tx};
use uuid::Uuid;

/// How many orders one transaction of a purge removes.
const PURGE_BATCH_SIZE: i64 = 500;
/// The most transactions of one purge.
const MAX_BATCHES: usize = 6;

/// Removes ended orders that are no longer kept, a bounded number of them. Returns how many.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn purge(app: &App) -> Result<u64> {
    let (keep, now) = (app.settings.order_retention, app.now());
    let before = |kept| OrderId(lowest_id_at(now - kept).0);
    let mut count = 0;
    if keep.ended != Span::default() {
        count += purge_below(app, EndedOrders::All, before(keep.ended)).await?;
    }
    let below = if keep.without_person == Span::default() { OrderId(Uuid::max()) } else { before(keep.without_person) };
    Ok(count + purge_below(app, EndedOrders::WithoutPerson, below).await?)
}

async fn purge_below(app: &App, ended: EndedOrders, below: OrderId) -> Result<u64> {
    let mut count = 0;
    for _ in 0..MAX_BATCHES {
        let removed = app.db.write(PurgeOrders { ended, below }).await?;
        count += removed;
        if removed < PURGE_BATCH_SIZE.unsigned_abs() {
            break;
        }
    }
    Ok(count)
}

struct PurgeOrders {
    ended: EndedOrders,
    below: OrderId,
}

impl Command for PurgeOrders {
    type Output = u64;
    fn ordering_key(&self) -> u64 {
        0
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<u64> {
        orders::purge(tx, self.ended, self.below, PURGE_BATCH_SIZE).await
    }
}
