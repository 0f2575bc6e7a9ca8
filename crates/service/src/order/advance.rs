//! The due steps of an order, and the problem that keeps a held order from being placed.
//!
//! Not here: when a step is due ([`crate::schedule`]). Invariant: a due step is done once, whichever node is first.

use super::hand_over::initial_problem;
use super::transition::{OrderTransition, lock_order, save_and_notify};
use crate::notification::EventIds;
use crate::rule::{OrderCheck, OrderDecision, decide_order};
use crate::{App, Error, Result};
use opendrs_domain::device::Device;
use opendrs_domain::id::OrderId;
use opendrs_domain::order::{Order, OrderItem, OrderProblem, OrderState, OrderTiming, Recipient};
use opendrs_domain::subscription::Subscription;
use opendrs_domain::time::Time;
use opendrs_store::{Command, Shards, Tx, customer, device, order as orders, rule};

/// Does the due step of one order, unless another node has done it.
///
/// # Errors
/// [`Error::Unavailable`].
pub(crate) async fn advance(
    app: &App,
    shard: i64,
    id: OrderId,
    event_ids: EventIds,
) -> Result<Option<OrderTransition>> {
    let device = {
        let mut reader = app.db.reader().await?;
        let mut tx = reader.tx()?;
        let Some(device) = orders::find_device(&mut tx, shard, id).await? else { return Ok(None) };
        device::find_by_id(&mut tx, device).await?.ok_or_else(|| Error::missing_row("an order's device"))?
    };
    let (now, shards, timing) = (app.now(), app.db.shards(), app.settings.timing);
    Ok(app.db.write(AdvanceOrder { shard, device, id, event_ids, shards, timing, now }).await?)
}

pub(super) struct AdvanceOrder {
    pub(super) shard: i64,
    pub(super) device: Device,
    pub(super) id: OrderId,
    pub(super) event_ids: EventIds,
    pub(super) shards: Shards,
    pub(super) timing: OrderTiming,
    pub(super) now: Time,
}

impl Command for AdvanceOrder {
    type Output = Option<OrderTransition>;
    fn ordering_key(&self) -> u64 {
        crate::ordering_key::for_device(&self.device)
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<Self::Output> {
        let Some((sub, mut order)) = lock_order(tx, self.device.in_shard(self.shard), self.id).await? else {
            return Ok(None);
        };
        let problem = self.evaluate_hold(tx, sub, &mut order).await?;
        let Some(change) = order.advance(self.now, problem, &self.timing) else { return Ok(None) };
        save_and_notify(tx, self.shard, &self.device, &order, change, self.event_ids.at(self.now)).await?;
        Ok(Some(OrderTransition { at: self.now, instance: order.instance_id(), slot: order.slot, change }))
    }
}

impl AdvanceOrder {
    /// The problem of a held order now. A held order follows the customer's choice and the catalogue. Once the customer
    /// has approved it, only its price follows.
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
            // The source of the problem has to withdraw it, or the owner has to state that it no longer exists.
            return Ok(order.problem);
        }
        // A back end that can be called is called again.
        order.problem_from_backend = false;
        // A customer without an address may have entered one.
        if order.shipping_address().is_none() && !order.test {
            let shard = self.shards.for_customer(self.device.customer);
            let customer = customer::find_by_id(tx, shard, self.device.customer).await?;
            let recipient = customer.as_ref().map(Recipient::from);
            if let Some(recipient) = recipient.filter(|recipient| order.recipient.as_ref() != Some(recipient)) {
                orders::set_recipient(tx, self.shard, order.id, &recipient).await?;
                order.recipient = Some(recipient);
            }
        }
        let agreed = sub.as_ref().and_then(Subscription::agreed_price).cloned();
        let chosen = sub.and_then(|sub| sub.asin).filter(|_| order.approved_price.is_none());
        let asked = OrderCheck {
            shard: self.shard,
            device: &self.device,
            slot: &order.slot,
            order: order.id,
            has_address: order.shipping_address().is_some(),
            approved_price: order.approved_price.as_ref(),
            planned_fault: None,
            ask_above: self.timing.price_tolerance_percent,
            now: self.now,
        };
        let chosen = chosen.as_ref().unwrap_or(&order.item.asin);
        let grounds =
            rule::load_order_inputs(tx, self.device.in_shard(self.shard), &order.slot, (chosen, agreed)).await?;
        let OrderDecision { product, problem, paused_until } = decide_order(tx, &asked, grounds).await?;
        order.extend_hold(paused_until, self.now, &self.timing);
        if let Some(item) = product.map(OrderItem::from).filter(|item| *item != order.item) {
            orders::set_item(tx, self.shard, order.id, &item).await?;
            order.item = item;
        }
        Ok(problem.or_else(|| initial_problem(order.test, order.backend)))
    }
}
