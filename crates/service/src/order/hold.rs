//! The decisions of a customer about a held order.
//!
//! Not here: the problem that keeps it from being placed ([`crate::rule`]). Invariant: an order that is not held is
//! not changed.

use super::advance::AdvanceOrder;
use super::find::{OwnedOrder, find_for_customer, list_open_for_customer};
use super::transition::{lock_order, save_and_notify};
use crate::notification::EventIds;
use crate::rule::record_approval;
use crate::{App, Error, Result};
use opendrs_domain::customer::Address;
use opendrs_domain::id::CustomerId;
use opendrs_domain::money::Money;
use opendrs_domain::order::{ApproveError, OrderState, Recipient};
use opendrs_store::{Command, Tx, order as orders};

/// An owner's decision about a held order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OwnerDecision {
    /// Order it, at the price that the page showed.
    Approve(Money),
    /// Check again whether it can be placed.
    Recheck,
    /// Send it to their present address, and check again.
    ShipTo(Recipient),
}

/// Applies an owner's decision to a held order, and places the order if no problem remains.
///
/// # Errors
/// [`Error::ApproveRejected`], [`Error::Unavailable`].
pub async fn decide_held_order(app: &App, owned: &OwnedOrder, decision: OwnerDecision) -> Result<()> {
    let now = app.now();
    let fire = AdvanceOrder {
        shard: owned.caller.shard,
        device: owned.caller.device.clone(),
        id: owned.order.id,
        event_ids: EventIds::allocate(app, now),
        shards: app.db.shards(),
        timing: app.settings.timing,
        now,
    };
    Ok(app.db.write(DecideHeldOrder { advance: fire, decision }).await??)
}

/// Sets a customer's shipping address. An order that is held for lack of an address is checked again immediately. Every
/// other order keeps the address that it was placed with.
///
/// # Errors
/// [`Error::InvalidForm`] names the part that is missing; [`Error::Unavailable`].
pub async fn set_address(app: &App, owner: CustomerId, address: Address) -> Result<()> {
    crate::customer::set_address(app, owner, address).await?;
    let recipient = Recipient::from(&crate::customer::load(app, owner).await?);
    let open = list_open_for_customer(app, owner).await?;
    for order in open.iter().filter(|order| order.shipping_address().is_none() && order.can_change_recipient()) {
        let owned = find_for_customer(app, owner, &order.instance_id().to_string()).await?;
        match decide_held_order(app, &owned, OwnerDecision::ShipTo(recipient.clone())).await {
            // The order moved on meanwhile.
            Ok(()) | Err(Error::ApproveRejected(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

struct DecideHeldOrder {
    advance: AdvanceOrder,
    decision: OwnerDecision,
}

impl Command for DecideHeldOrder {
    type Output = Result<(), ApproveError>;
    fn ordering_key(&self) -> u64 {
        self.advance.ordering_key()
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<Self::Output> {
        let AdvanceOrder { shard, device, id, timing, event_ids, now, .. } = &self.advance;
        let Some((sub, mut order)) = lock_order(tx, device.in_shard(*shard), *id).await? else {
            return Ok(Err(ApproveError::NotHeld));
        };
        match &self.decision {
            OwnerDecision::Approve(seen) => match order.approve(seen, *now) {
                Ok(()) => record_approval(tx, device.in_shard(*shard), sub.as_ref(), (&order.item, *now)).await?,
                Err(refused) => return Ok(Err(refused)),
            },
            OwnerDecision::Recheck if order.state != OrderState::Held => return Ok(Err(ApproveError::NotHeld)),
            OwnerDecision::Recheck => order.retry_after_problem(*now),
            OwnerDecision::ShipTo(recipient) => match order.change_recipient(recipient.clone(), *now) {
                Ok(()) => orders::set_recipient(tx, *shard, order.id, recipient).await?,
                Err(refused) => return Ok(Err(refused)),
            },
        }
        let problem = self.advance.evaluate_hold(tx, sub, &mut order).await?;
        if let Some(change) = order.advance(*now, problem, timing) {
            save_and_notify(tx, *shard, device, &order, change, event_ids.at(*now)).await?;
        }
        Ok(Ok(()))
    }
}
