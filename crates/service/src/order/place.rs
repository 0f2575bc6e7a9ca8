//! Replenish: an order is placed, unless one holds its slot's lock.
//!
//! Invariant: the lock is taken first, and what the order is judged by is read behind it; an order that is not placed after
//! all gives it back in the same transaction.

use super::tell;
use crate::delivery::Stamp;
use crate::fulfilment;
use crate::rule::{self, Asked, Judged};
use crate::token::{self, Caller};
use crate::{App, Error, Result, limit};
use opendrs_domain::device::Device;
use opendrs_domain::fault;
use opendrs_domain::fulfilment::Backend;
use opendrs_domain::id::{InstanceId, OrderId, TopicId};
use opendrs_domain::order::{Item, NewOrder, Order, Recipient, Timing};
use opendrs_domain::product::Product;
use opendrs_domain::subscription::Subscription;
use opendrs_domain::text::SlotId;
use opendrs_domain::time::Time;
use opendrs_store::device::ToOrder;
use opendrs_store::failpoint::{self, Point};
use opendrs_store::rule::Grounds;
use opendrs_store::{Reader, Tx, Write, device, order, rule as rules, subscription};

/// What Replenish did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replenished {
    /// A standard order was placed.
    Standard(InstanceId),
    /// A test order was placed.
    Test(InstanceId),
    /// Nothing new: this order holds the slot's lock.
    InProgress(InstanceId),
}

/// Replenish: places an order, unless one holds the slot's lock.
///
/// # Errors
/// [`Error::Unsubscribed`], [`Error::TooManyOrders`], [`Error::Unavailable`].
pub async fn replenish(app: &App, mut reader: Reader<'_>, caller: &Caller, slot: &SlotId) -> Result<Replenished> {
    let customer = caller.device.customer;
    let of_customer = (app.db.shards().of_customer(customer), customer);
    let mut tx = reader.tx()?;
    let found = device::to_order(&mut tx, (caller.shard, caller.device.id), slot, of_customer).await?;
    let recipient = found.and_then(|found| found.recipient);
    let backend = fulfilment::backend_of(app, &mut tx, caller.device.maker).await?;
    drop(tx);
    drop(reader);
    place(app, caller, slot, (recipient, backend)).await
}

/// The same with a token in place of a caller, for the many calls in which everything is right: one read. `None` when
/// anything was not as it should be; what it was, [`crate::token::caller`] finds out.
///
/// # Errors
/// [`Error::Unsubscribed`], [`Error::TooManyOrders`], [`Error::TooOften`], [`Error::Unavailable`].
pub async fn at_once(app: &App, token: &str, slot: &str) -> Result<Option<Replenished>> {
    let (Ok(of), Ok(slot)) = (token::of_device(app, token).await, SlotId::parse(slot)) else { return Ok(None) };
    let (shard, id) = (of.shard, of.device);
    limit::device(app, id)?;
    let of_customer = (app.db.shards().of_customer(of.customer), of.customer);
    let mut reader = app.db.reader().await?;
    let found = device::to_order(&mut reader.once()?, (shard, id), &slot, of_customer).await?;
    let good = found.filter(|found| found.device.accepts(of.family) && found.access == of.access);
    let Some(ToOrder { device, slot: Some(slot), recipient, .. }) = good else {
        limit::device_again(app, id);
        return Ok(None);
    };
    let backend = fulfilment::backend_of(app, &mut reader.once()?, device.maker).await?;
    drop(reader);
    let caller = Caller { device, shard, slot: None };
    place(app, &caller, &slot, (recipient, backend)).await.map(Some)
}

/// Places an order for a recipient, who may have no address, with a back end.
async fn place(
    app: &App,
    caller: &Caller,
    slot: &SlotId,
    (recipient, backend): (Option<Recipient>, Backend),
) -> Result<Replenished> {
    let now = app.now();
    let device = &caller.device;
    // Counted before it is placed, so that two calls at once cannot share the last one. A test order costs nobody anything.
    let counted = if device.test { Ok(()) } else { limit::order(app, device.id, now) };
    let placed = app
        .db
        .write(Place {
            // A test order ships nothing, so nothing can go wrong with it.
            fault: if device.test { None } else { app.faults.of_order() },
            shard: caller.shard,
            order: OrderId(app.ids.ordered(now)),
            stamp: Stamp::draw(app, now),
            device: device.clone(),
            slot: slot.clone(),
            recipient,
            backend,
            timing: app.settings.timing,
            over_limit: counted.err(),
            now,
        })
        .await;
    if !device.test && counted.is_ok() && !matches!(placed, Ok(Placed::Order(_))) {
        limit::no_order(app, device.id, now);
    }
    let placed = placed?;
    if let Placed::Order(_) = placed {
        failpoint::reached(Point::OrderPlaced);
    }
    match placed {
        Placed::Order(id) if device.test => Ok(Replenished::Test(id)),
        Placed::Order(id) => Ok(Replenished::Standard(id)),
        Placed::Locked(id) => Ok(Replenished::InProgress(id)),
        Placed::Unsubscribed => Err(Error::Unsubscribed(slot.clone())),
        Placed::OverLimit(wait) => Err(Error::TooManyOrders(wait)),
    }
}

struct Place {
    /// What is to go wrong, on a server for tests.
    fault: Option<fault::Order>,
    shard: i64,
    order: OrderId,
    stamp: Stamp,
    device: Device,
    slot: SlotId,
    recipient: Option<Recipient>,
    backend: Backend,
    timing: Timing,
    /// The device has placed all orders of its day: the seconds until there may be another.
    over_limit: Option<i64>,
    now: Time,
}

enum Placed {
    Order(InstanceId),
    Locked(InstanceId),
    Unsubscribed,
    OverLimit(i64),
}

impl Write for Place {
    type Out = Placed;
    fn key(&self) -> u64 {
        crate::device::key(self.device.model, &self.device.serial)
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<Placed> {
        let (grounds, receivers) = match self.lock(tx).await? {
            Ok(found) => found,
            Err(refused) => return Ok(refused),
        };
        let asked = Asked {
            shard: self.shard,
            device: &self.device,
            slot: &self.slot,
            has_address: self.device.test || self.recipient.as_ref().is_some_and(|to| to.address.is_some()),
            approved: None,
            fault: self.fault,
            ask_above: self.timing.ask_above,
            now: self.now,
        };
        let judged = rule::judge(tx, &asked, grounds).await?;
        let Judged { product: Some(product), problem, paused_until } = judged else {
            subscription::free_lock(tx, self.shard, self.device.id, &self.slot, self.order).await?;
            return Ok(Placed::Unsubscribed);
        };
        // Last, so that a slot that is locked or unsubscribed is answered as on any other day.
        if let Some(wait) = self.over_limit {
            subscription::free_lock(tx, self.shard, self.device.id, &self.slot, self.order).await?;
            return Ok(Placed::OverLimit(wait));
        }
        let problem = problem.or_else(|| fulfilment::gate(self.device.test, self.backend));
        let new = NewOrder {
            id: self.order,
            device: self.device.id,
            slot: self.slot.clone(),
            item: item(product),
            test: self.device.test,
            backend: self.backend,
            recipient: self.recipient.clone(),
        };
        let (mut order, change) = Order::place(new, problem, self.now, &self.timing);
        order.wait_for_owner(paused_until, self.now, &self.timing);
        order::add(tx, self.shard, &order).await?;
        fulfilment::hand_over(tx, self.shard, &order, self.now).await?;
        tell(tx, self.shard, &self.device, &order, change, (self.stamp, self.now), &receivers).await?;
        Ok(Placed::Order(order.instance()))
    }
}

impl Place {
    /// Takes the slot's lock, with what the order is judged and told by; or says why it cannot.
    async fn lock(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<Result<(Grounds, Vec<TopicId>), Placed>> {
        let of = (self.device.id, &self.slot);
        for _ in 0..2 {
            if let Some(found) = rules::to_order(tx, self.shard, of, self.device.client, self.order).await? {
                return Ok(Ok(found));
            }
            // Held from here on: what was freed only now is had the second time.
            let sub = subscription::lock(tx, self.shard, self.device.id, &self.slot).await?;
            match sub.filter(Subscription::may_order).map(|sub| sub.open_order) {
                None => break,
                Some(Some(holder)) => return self.locked(tx, holder).await.map(Err),
                Some(None) => {}
            }
        }
        Ok(Err(Placed::Unsubscribed))
    }

    /// The order that holds the lock, by the id that it was placed under.
    async fn locked(&self, tx: &mut Tx<'_>, holder: OrderId) -> opendrs_store::Result<Placed> {
        let found = order::by_id(tx, self.shard, self.device.id, holder).await?;
        let placed = InstanceId { device: self.device.id, order: holder };
        Ok(Placed::Locked(found.map_or(placed, |order| order.instance())))
    }
}

pub(super) fn item(product: Product) -> Item {
    let Product { asin, title, price, quantity, unit, .. } = product;
    Item { asin, title, quantity, unit, price }
}
