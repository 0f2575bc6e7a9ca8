//! Orders that are held: what stands in their way, and what their owner says to it.

use super::place::build_item;
use super::{AdvanceOrder, lock_order, save_and_notify};
use crate::delivery::EventIds;
use crate::fulfilment::initial_problem;
use crate::rule::{self, OrderCheck, OrderDecision};
use crate::token::DeviceCaller;
use crate::{App, Error, Result};
use opendrs_domain::customer::Address;
use opendrs_domain::id::{CustomerId, InstanceId};
use opendrs_domain::money::Money;
use opendrs_domain::order::{ApproveError, Order, OrderProblem, OrderState, Recipient};
use opendrs_domain::subscription::Subscription;
use opendrs_store::{Command, Tx, customer, device, order as store, rule as rules};

impl AdvanceOrder {
    /// What stands in the way of a held order at this moment. While it is held it follows the customer's choice and the
    /// catalogue; once the customer has agreed to it, only its price does.
    pub(super) async fn evaluate_hold(
        &self,
        tx: &mut Tx<'_>,
        sub: Option<Subscription>,
        order: &mut Order,
    ) -> opendrs_store::Result<Option<OrderProblem>> {
        if order.state != OrderState::Held {
            return Ok(None);
        }
        if order.problem_from_backend && !order.backend.is_external() {
            // Who said so has to take it back, or the owner has to say that it is no longer so.
            return Ok(order.problem);
        }
        // A back end that can be asked is asked again.
        order.problem_from_backend = false;
        // Who had no address may have entered one.
        if order.shipping_address().is_none() && !order.test {
            let shard = self.shards.for_customer(self.device.customer);
            let customer = customer::find_by_id(tx, shard, self.device.customer).await?;
            let recipient = customer.as_ref().map(Recipient::from);
            if let Some(recipient) = recipient.filter(|recipient| order.recipient.as_ref() != Some(recipient)) {
                store::set_recipient(tx, self.shard, order.id, &recipient).await?;
                order.recipient = Some(recipient);
            }
        }
        let agreed = sub.as_ref().and_then(Subscription::agreed_price).cloned();
        let chosen = sub.and_then(|sub| sub.asin).filter(|_| order.approved_price.is_none());
        let asked = OrderCheck {
            shard: self.shard,
            device: &self.device,
            slot: &order.slot,
            has_address: order.shipping_address().is_some(),
            approved_price: order.approved_price.as_ref(),
            planned_fault: None,
            ask_above: self.timing.price_tolerance_percent,
            now: self.now,
        };
        let chosen = chosen.as_ref().unwrap_or(&order.item.asin);
        let grounds = rules::load_order_inputs(tx, self.shard, (self.device.id, &order.slot), (chosen, agreed)).await?;
        let OrderDecision { product, problem, paused_until } = rule::decide_order(tx, &asked, grounds).await?;
        order.extend_hold(paused_until, self.now, &self.timing);
        if let Some(item) = product.map(build_item).filter(|item| *item != order.item) {
            store::set_item(tx, self.shard, order.id, &item).await?;
            order.item = item;
        }
        Ok(problem.or_else(|| initial_problem(order.test, order.backend)))
    }
}

/// An order as its owner sees it.
#[derive(Clone, Debug)]
pub struct OwnedOrder {
    /// The device it is for.
    pub caller: DeviceCaller,
    /// That device's model.
    pub model: String,
    /// The order.
    pub order: Order,
}

/// An order of one of a customer's devices, registered still or not. Test orders are nobody's
/// (docs/spec/setup-pages.md#order-list).
///
/// # Errors
/// [`Error::UnknownOrder`], [`Error::Unavailable`].
pub async fn find_for_customer(app: &App, owner: CustomerId, instance: &str) -> Result<OwnedOrder> {
    let id = InstanceId::parse(instance).map_err(|_| Error::UnknownOrder)?;
    let mut reader = app.db.reader().await?;
    let mut tx = reader.tx()?;
    // From the order's row to its device and to that device's owner: what the id says of a device is only compared.
    let (shard, device) = store::find_location(&mut tx, id.order).await?.ok_or(Error::UnknownOrder)?;
    let found = device::find_by_customer(&mut tx, owner, device).await?;
    let (device, model) = found.ok_or(Error::UnknownOrder)?;
    let order = store::find_by_id(&mut tx, shard, device.id, id.order).await?;
    let order = order.filter(|order| !order.test && order.matches_instance_id(id)).ok_or(Error::UnknownOrder)?;
    Ok(OwnedOrder { caller: DeviceCaller { device, shard, slot: None }, model, order })
}

/// What an owner says of an order that is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OwnerDecision {
    /// Order it, at the price they saw.
    Approve(Money),
    /// Look again whether it can be placed.
    Recheck,
    /// Send it to their present address, and look again.
    ShipTo(Recipient),
}

/// Takes an owner's word for a held order, and places the order if nothing is left in the way.
///
/// # Errors
/// [`Error::NotApproved`], [`Error::Unavailable`].
pub async fn decide_held_order(app: &App, owned: &OwnedOrder, word: OwnerDecision) -> Result<()> {
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
    Ok(app.db.write(DecideHeldOrder { advance: fire, decision: word }).await??)
}

/// Changes where a customer's parcels go. An order that waits for an address is looked at with it at once; every other one
/// keeps the address that it was placed with.
///
/// # Errors
/// [`Error::BadChoice`] names the part that is missing; [`Error::Unavailable`].
pub async fn set_address(app: &App, owner: CustomerId, address: Address) -> Result<()> {
    crate::customer::set_address(app, owner, address).await?;
    let recipient = Recipient::from(&crate::customer::load(app, owner).await?);
    let open = super::list_open_for_customer(app, owner).await?;
    for order in open.iter().filter(|order| order.shipping_address().is_none() && order.can_change_recipient()) {
        let owned = find_for_customer(app, owner, &order.instance_id().to_string()).await?;
        match decide_held_order(app, &owned, OwnerDecision::ShipTo(recipient.clone())).await {
            // It moved on meanwhile.
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
        let AdvanceOrder { shard, device, id, timing, event_ids: stamp, now, .. } = &self.advance;
        let Some((sub, mut order)) = lock_order(tx, *shard, device.id, *id).await? else {
            return Ok(Err(ApproveError::NotHeld));
        };
        match &self.decision {
            OwnerDecision::Approve(seen) => match order.approve(seen, *now) {
                Ok(()) => rule::record_approval(tx, (*shard, device.id), sub.as_ref(), (&order.item, *now)).await?,
                Err(refused) => return Ok(Err(refused)),
            },
            OwnerDecision::Recheck if order.state != OrderState::Held => return Ok(Err(ApproveError::NotHeld)),
            OwnerDecision::Recheck => order.retry_after_problem(*now),
            OwnerDecision::ShipTo(recipient) => match order.change_recipient(recipient.clone(), *now) {
                Ok(()) => store::set_recipient(tx, *shard, order.id, recipient).await?,
                Err(refused) => return Ok(Err(refused)),
            },
        }
        let problem = self.advance.evaluate_hold(tx, sub, &mut order).await?;
        if let Some(change) = order.advance(*now, problem, timing) {
            save_and_notify(tx, *shard, device, &order, change, (*stamp, *now)).await?;
        }
        Ok(Ok(()))
    }
}
