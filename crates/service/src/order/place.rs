//! Places an order, unless an open order locks the slot: for Replenish, and for a customer who orders by hand.
//!
//! Invariant: the lock is taken first, and the decision reads its data after it. An order that is not placed releases
//! the lock in the same transaction.

use super::hand_over::{enqueue_backend_call, initial_problem};
use super::transition::record_notifications;
use crate::fulfilment::backend_of_maker;
use crate::notification::EventIds;
use crate::rule::{self, OrderCheck, OrderDecision};
use crate::token::{DeviceCaller, DeviceToken};
use crate::{App, Error, FastPath, Result};
use opendrs_domain::device::Device;
use opendrs_domain::fault;
use opendrs_domain::fulfilment::Backend;
use opendrs_domain::id::{InstanceId, OrderId, ReceiverId};
use opendrs_domain::money::Money;
use opendrs_domain::order::{NewOrder, Order, OrderProblem, OrderTiming, OrderTrigger, Recipient};
use opendrs_domain::product::Product;
use opendrs_domain::subscription::Subscription;
use opendrs_domain::text::{Asin, SlotId};
use opendrs_domain::time::Time;
use opendrs_store::device::DeviceForReplenish;
use opendrs_store::failpoint::{self, Point};
use opendrs_store::rule::OrderInputs;
use opendrs_store::{Command, Tx, device, order, rule as rules, subscription};

/// The outcome of Replenish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplenishOutcome {
    /// A standard order was placed.
    Standard(InstanceId),
    /// A test order was placed.
    Test(InstanceId),
    /// No new order: this order locks the slot.
    InProgress(InstanceId),
}

/// Replenish: places an order, unless an open order locks the slot.
///
/// # Errors
/// [`Error::Unsubscribed`], [`Error::OrderLimitReached`], [`Error::Unavailable`].
pub async fn replenish(app: &App, caller: &DeviceCaller, slot: &SlotId) -> Result<ReplenishOutcome> {
    let customer = caller.device.customer;
    let of_customer = (app.db.shards().for_customer(customer), customer);
    let mut reader = app.db.reader().await?;
    let mut tx = reader.tx()?;
    let found = device::find_for_replenish(&mut tx, caller.device_ref(), slot, of_customer).await?;
    let recipient = found.and_then(|found| found.recipient);
    let backend = backend_of_maker(app, &mut tx, caller.device.maker).await?;
    drop(tx);
    // There are few readers, and placing an order needs none.
    drop(reader);
    let placed = place_order(app, caller, slot, PlacementTerms { recipient, backend, seen: None }).await?;
    replenish_outcome(&caller.device, slot, &placed)
}

/// The fast path of [`replenish`] by a token, for a call in which everything is valid. With
/// [`FastPath::Recheck`] nothing was placed, and [`crate::token::authenticate_device`] finds out what is not.
///
/// # Errors
/// [`Error::Unsubscribed`], [`Error::OrderLimitReached`], [`Error::Unavailable`].
pub async fn replenish_by_token(app: &App, token: &DeviceToken<'_>, slot: &str) -> Result<FastPath<ReplenishOutcome>> {
    let (Ok(slot), Some(access_version)) = (SlotId::parse(slot), token.accepted_version()) else {
        return Ok(FastPath::Recheck);
    };
    let customer = token.customer();
    let of_customer = (app.db.shards().for_customer(customer), customer);
    let mut reader = app.db.reader().await?;
    let found = device::find_for_replenish(&mut reader.autocommit()?, token.device, &slot, of_customer).await?;
    let valid =
        found.filter(|found| found.device.accepts_token_family(token.family()) && found.access == access_version);
    let Some(DeviceForReplenish { device, slot: Some(slot), recipient, .. }) = valid else {
        return Ok(FastPath::Recheck);
    };
    let backend = backend_of_maker(app, &mut reader.autocommit()?, device.maker).await?;
    drop(reader);
    let caller = DeviceCaller { device, shard: token.device.shard, slot: None };
    let placed = place_order(app, &caller, &slot, PlacementTerms { recipient, backend, seen: None }).await?;
    replenish_outcome(&caller.device, &slot, &placed).map(FastPath::Done)
}

fn replenish_outcome(device: &Device, slot: &SlotId, placed: &PlaceOutcome) -> Result<ReplenishOutcome> {
    match placed {
        PlaceOutcome::Placed(id) if device.test => Ok(ReplenishOutcome::Test(*id)),
        PlaceOutcome::Placed(id) => Ok(ReplenishOutcome::Standard(*id)),
        PlaceOutcome::SlotLocked(id) => Ok(ReplenishOutcome::InProgress(*id)),
        PlaceOutcome::Unsubscribed => Err(Error::Unsubscribed(slot.clone())),
        PlaceOutcome::OverLimit(wait) => Err(Error::OrderLimitReached(*wait)),
        PlaceOutcome::Refused(_) => Err(Error::Internal("a device's order is held, not refused".into())),
    }
}

/// How an order is placed.
pub(super) struct PlacementTerms {
    /// The recipient, who may have no address.
    pub(super) recipient: Option<Recipient>,
    /// The back end that fulfils it.
    pub(super) backend: Backend,
    /// The product and the price on the page of a customer who orders by hand.
    pub(super) seen: Option<SeenProduct>,
}

/// A product as a page displayed it.
#[derive(Clone, Debug)]
pub(super) struct SeenProduct {
    pub(super) asin: Asin,
    pub(super) price: Money,
}

/// Places an order.
pub(super) async fn place_order(
    app: &App,
    caller: &DeviceCaller,
    slot: &SlotId,
    terms: PlacementTerms,
) -> Result<PlaceOutcome> {
    let PlacementTerms { recipient, backend, seen } = terms;
    let now = app.now();
    let device = &caller.device;
    // Counted before it is placed, so that two concurrent calls cannot both use the last one. A test order is not
    // counted.
    let counted = if device.test { Ok(()) } else { app.limits.count_order(device.id, now) };
    let placed = app
        .db
        .write(PlaceOrder {
            // A test order ships nothing, so no fault applies to it.
            planned_fault: if device.test { None } else { app.faults.take_for_order() },
            shard: caller.shard,
            order: OrderId(app.ids.ordered_uuid(now)),
            event_ids: EventIds::allocate(app, now),
            device: device.clone(),
            slot: slot.clone(),
            recipient,
            backend,
            seen,
            timing: app.settings.timing,
            over_limit: counted.err(),
            now,
        })
        .await;
    if !device.test && counted.is_ok() && !matches!(placed, Ok(PlaceOutcome::Placed(_))) {
        app.limits.refund_order(device.id, now);
    }
    let placed = placed?;
    if let PlaceOutcome::Placed(_) = placed {
        failpoint::reached(Point::OrderPlaced);
    }
    Ok(placed)
}

struct PlaceOrder {
    /// The planned fault, on a test server.
    planned_fault: Option<fault::OrderFault>,
    shard: i64,
    order: OrderId,
    event_ids: EventIds,
    device: Device,
    slot: SlotId,
    recipient: Option<Recipient>,
    backend: Backend,
    seen: Option<SeenProduct>,
    timing: OrderTiming,
    /// Seconds until the next order is possible, if the device has placed all orders of its day.
    over_limit: Option<i64>,
    now: Time,
}

/// The outcome of placing an order.
pub(super) enum PlaceOutcome {
    /// It was placed, or is held.
    Placed(InstanceId),
    /// This order locks the slot.
    SlotLocked(InstanceId),
    Unsubscribed,
    /// The device has placed all orders of its day. The next one is possible after these seconds.
    OverLimit(i64),
    /// An order by hand is not possible as the customer saw it.
    Refused(ByHandRefusal),
}

/// Why an order by hand is not placed.
pub(super) enum ByHandRefusal {
    /// Another product is chosen by now.
    OtherProduct,
    /// It costs this much now, which is more than the page displayed.
    Dearer(Money),
    OutOfStock,
    NoAddress,
}

impl Command for PlaceOrder {
    type Output = PlaceOutcome;
    fn ordering_key(&self) -> u64 {
        crate::ordering_key::for_device(&self.device)
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<PlaceOutcome> {
        let (mut grounds, receivers) = match self.lock_slot(tx).await? {
            Ok(found) => found,
            Err(refused) => return Ok(refused),
        };
        let asked = OrderCheck {
            shard: self.shard,
            device: &self.device,
            slot: &self.slot,
            order: self.order,
            has_address: self.device.test || self.recipient.as_ref().is_some_and(|to| to.address.is_some()),
            approved_price: self.seen.as_ref().map(|seen| &seen.price),
            planned_fault: self.planned_fault,
            ask_above: self.timing.price_tolerance_percent,
            now: self.now,
        };
        // An order by hand is not the next one that the customer wanted to skip.
        let skipping = grounds.terms.rules.with_skipped(self.order);
        let skipping = skipping.filter(|_| self.seen.is_none() && !self.device.test);
        if let Some(rules) = &skipping {
            grounds.terms.rules = rules.clone();
        }
        let judged = rule::decide_order(tx, &asked, grounds).await?;
        let OrderDecision { product: Some(product), problem, paused_until } = judged else {
            subscription::release_lock(tx, self.device.in_shard(self.shard), &self.slot, self.order).await?;
            return Ok(PlaceOutcome::Unsubscribed);
        };
        // Checked last, so that a locked or unsubscribed slot is answered as on any other day.
        if let Some(wait) = self.over_limit {
            subscription::release_lock(tx, self.device.in_shard(self.shard), &self.slot, self.order).await?;
            return Ok(PlaceOutcome::OverLimit(wait));
        }
        if let Some(why) = self.seen.as_ref().and_then(|seen| refuse_by_hand(seen, &product, problem)) {
            subscription::release_lock(tx, self.device.in_shard(self.shard), &self.slot, self.order).await?;
            return Ok(PlaceOutcome::Refused(why));
        }
        let problem = problem.or_else(|| initial_problem(self.device.test, self.backend));
        let new = NewOrder {
            id: self.order,
            device: self.device.id,
            slot: self.slot.clone(),
            item: product.into(),
            test: self.device.test,
            backend: self.backend,
            recipient: self.recipient.clone(),
            approved_price: self.seen.as_ref().map(|seen| seen.price.clone()),
            trigger: if self.seen.is_some() { OrderTrigger::Customer } else { OrderTrigger::Device },
        };
        let (mut order, change) = Order::place(new, problem, self.now, &self.timing);
        order.extend_hold(paused_until, self.now, &self.timing);
        order::insert(tx, self.shard, &order).await?;
        if let Some(rules) = skipping {
            rules::upsert(tx, self.device.in_shard(self.shard), &self.slot, &rules).await?;
        }
        if self.seen.is_some() {
            let sub = subscription::lock(tx, self.device.in_shard(self.shard), &self.slot).await?;
            rule::record_approval(tx, self.device.in_shard(self.shard), sub.as_ref(), (&order.item, self.now)).await?;
        }
        enqueue_backend_call(tx, self.shard, &order, self.now).await?;
        record_notifications(tx, self.shard, &self.device, &order, change, self.event_ids.at(self.now), &receivers)
            .await?;
        Ok(PlaceOutcome::Placed(order.instance_id()))
    }
}

/// Why an order cannot be placed as the customer saw it, if so. Any other problem holds it, as it does the order of a
/// device.
fn refuse_by_hand(seen: &SeenProduct, product: &Product, problem: Option<OrderProblem>) -> Option<ByHandRefusal> {
    match problem {
        _ if product.asin != seen.asin => Some(ByHandRefusal::OtherProduct),
        Some(OrderProblem::PriceTooHigh) => Some(ByHandRefusal::Dearer(product.price.clone())),
        Some(OrderProblem::OutOfStock) => Some(ByHandRefusal::OutOfStock),
        Some(OrderProblem::MissingAddress) => Some(ByHandRefusal::NoAddress),
        _ => None,
    }
}

impl PlaceOrder {
    /// Takes the slot's lock, and reads the data for the decision and the event. Returns the outcome if it cannot.
    async fn lock_slot(
        &self,
        tx: &mut Tx<'_>,
    ) -> opendrs_store::Result<Result<(OrderInputs, Vec<ReceiverId>), PlaceOutcome>> {
        let device = self.device.in_shard(self.shard);
        for _ in 0..2 {
            if let Some(found) = rules::lock_slot(tx, device, &self.slot, self.device.client, self.order).await? {
                return Ok(Ok(found));
            }
            // Locked from here on: if the slot was freed meanwhile, the second try gets it.
            let sub = subscription::lock(tx, device, &self.slot).await?;
            match sub.filter(Subscription::can_order).map(|sub| sub.open_order) {
                None => break,
                Some(Some(holder)) => return self.slot_locked_by(tx, holder).await.map(Err),
                Some(None) => {}
            }
        }
        Ok(Err(PlaceOutcome::Unsubscribed))
    }

    /// The outcome for a locked slot: the event instance id of the order that locks it.
    async fn slot_locked_by(&self, tx: &mut Tx<'_>, holder: OrderId) -> opendrs_store::Result<PlaceOutcome> {
        let found = order::find_by_id(tx, self.device.in_shard(self.shard), holder).await?;
        let placed = InstanceId { device: self.device.id, order: holder };
        Ok(PlaceOutcome::SlotLocked(found.map_or(placed, |order| order.instance_id())))
    }
}
