//! The customer's withdrawal from the contract of an order.
//!
//! Not here: whether they may withdraw ([`opendrs_domain::order`]), and what the back end does about it
//! ([`crate::fulfilment`]). Invariant: withdrawal, confirmation mail and the call to the back end are written in one
//! transaction, once, however often and wherever the button is pressed.

use super::find::OwnedOrder;
use super::transition::{lock_order, save_and_notify};
use crate::notification::EventIds;
use crate::{App, Error, Result};
use opendrs_domain::device::Device;
use opendrs_domain::id::OrderId;
use opendrs_domain::order::{Order, WithdrawError, Withdrawal};
use opendrs_domain::time::{Span, Time};
use opendrs_store::{Command, Tx, fulfilment};

/// Withdraws from the contract of a customer's own order. `reason` is what they typed, or empty. A repeated call changes
/// nothing. Returns the order after it.
///
/// # Errors
/// [`Error::UnknownOrder`] if the order moved to another registration meanwhile, [`Error::WithdrawRejected`],
/// [`Error::Unavailable`].
pub async fn withdraw_from_order(app: &App, owned: &OwnedOrder, reason: &str) -> Result<Order> {
    let now = app.now();
    let command = WithdrawFromOrder {
        shard: owned.caller.shard,
        device: owned.caller.device.clone(),
        id: owned.order.id,
        withdrawal: Withdrawal::new(now, reason),
        period: app.settings.timing.withdrawal_period,
        event_ids: EventIds::allocate(app, now),
        now,
    };
    Ok(app.db.write(command).await?.ok_or(Error::UnknownOrder)??)
}

struct WithdrawFromOrder {
    shard: i64,
    device: Device,
    id: OrderId,
    withdrawal: Withdrawal,
    period: Span,
    event_ids: EventIds,
    now: Time,
}

impl Command for WithdrawFromOrder {
    /// `None` if the device no longer has the order.
    type Output = Option<Result<Order, WithdrawError>>;
    fn ordering_key(&self) -> u64 {
        crate::ordering_key::for_device(&self.device)
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<Self::Output> {
        let found = lock_order(tx, self.device.in_shard(self.shard), self.id).await?;
        let Some((_, mut order)) = found else { return Ok(None) };
        match order.withdraw(self.withdrawal.clone(), self.period) {
            Ok(Some(change)) => {
                save_and_notify(tx, self.shard, &self.device, &order, change, self.event_ids.at(self.now)).await?;
                if order.backend.is_external() {
                    fulfilment::request_withdraw(tx, self.shard, order.id, self.now).await?;
                }
                Ok(Some(Ok(order)))
            }
            Ok(None) => Ok(Some(Ok(order))),
            Err(refused) => Ok(Some(Err(refused))),
        }
    }
}
