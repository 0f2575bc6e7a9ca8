//! Orders, and the list of those that are due.

use crate::access::AccessVersion;
use crate::customer::{json, recipient};
use crate::queries::Q;
use crate::value::{FromRow, Row, p};
use crate::{Error, Result, Tx};
use opendrs_domain::fulfilment::Backend;
use opendrs_domain::id::{CustomerId, DeviceId, OrderId};
use opendrs_domain::money::Money;
use opendrs_domain::order::{Cancellation, CancelledBy, Item, Order, PriceParts, Problem, Recipient, State, Tracking};
use opendrs_domain::text::SlotId;
use opendrs_domain::time::Time;

impl FromRow for Order {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let bad = |column, found| Error::BadRow { query: row.query.sql().name, column, found };
        let (state, problem): (String, Option<String>) = (row.get(10)?, row.get(11)?);
        let price = Money { minor: row.get(7)?, currency: row.get(8)? };
        let (approved, backend): (Option<i64>, Option<String>) = (row.get(16)?, row.get(17)?);
        let (held_for, cancelled_by): (Option<String>, Option<String>) = (row.get(21)?, row.get(33)?);
        let cancelled_by =
            cancelled_by.map(|word| CancelledBy::parse(&word).ok_or_else(|| bad(33, word))).transpose()?;
        let reason: Option<String> = row.get(34)?;
        let part = |minor: Option<i64>| minor.map(|minor| Money { minor, currency: price.currency.clone() });
        let parts = PriceParts { shipping: part(row.get(31)?), tax: part(row.get(32)?) };
        Ok(Self {
            id: row.get(0)?,
            device: row.get(1)?,
            slot: row.get(2)?,
            item: Item {
                asin: row.get(3)?,
                title: row.get(4)?,
                quantity: row.get(5)?,
                unit: row.get(6)?,
                price: price.clone(),
            },
            parts,
            recipient: recipient(row, 23)?,
            test: row.get(9)?,
            state: State::parse(&state).ok_or_else(|| bad(10, state))?,
            problem: problem.map(|word| Problem::parse(&word).ok_or_else(|| bad(11, word))).transpose()?,
            opened_at: row.get(12)?,
            window_ends_at: row.get(13)?,
            expected_at: row.get(14)?,
            due_at: row.get(15)?,
            // An approved price is one in the order's own currency.
            approved: approved.map(|minor| Money { minor, currency: price.currency }),
            backend: match backend {
                None => Backend::Simulated,
                Some(word) => Backend::parse(&word).ok_or_else(|| bad(17, word))?,
            },
            reported: row.get::<Option<bool>>(18)?.unwrap_or_default(),
            placed_at: row.get(19)?,
            tracking: Tracking { number: row.get(20)?, carrier: row.get(29)?, link: row.get(30)? },
            held_for: held_for.map(|word| Problem::parse(&word).ok_or_else(|| bad(21, word))).transpose()?,
            named_device: row.get(22)?,
            resumes_at: row.get(26)?,
            reminded: row.get::<Option<bool>>(27)?.unwrap_or_default(),
            delivered_at: row.get(28)?,
            cancellation: cancelled_by.map(|by| Cancellation { by, reason }),
        })
    }
}

/// An order of a device; nothing where the order's row names another device.
///
/// # Errors
/// [`crate::Error`].
pub async fn by_id(tx: &mut Tx<'_>, shard: i64, device: DeviceId, id: OrderId) -> Result<Option<Order>> {
    tx.opt(Q::OrderOfDevice, p![shard, id, device]).await
}

/// The device that an order belongs to, for callers that were given the order's id alone: workers and mail links.
///
/// # Errors
/// [`crate::Error`].
pub async fn device_of(tx: &mut Tx<'_>, shard: i64, id: OrderId) -> Result<Option<DeviceId>> {
    Ok(tx.opt::<(DeviceId,)>(Q::OrderDevice, p![shard, id]).await?.map(|(device,)| device))
}

/// The same, held against other transactions until this one ends.
///
/// # Errors
/// [`crate::Error`].
pub async fn lock(tx: &mut Tx<'_>, shard: i64, device: DeviceId, id: OrderId) -> Result<Option<Order>> {
    tx.opt(Q::OrderForUpdate, p![shard, id, device]).await
}

/// Moves an order from one registration of a unit to the next one.
///
/// # Errors
/// [`crate::Error`].
pub async fn adopt(tx: &mut Tx<'_>, shard: i64, order: &Order, next: DeviceId) -> Result<()> {
    tx.put(Q::OrderAdopt, p![shard, order.id, order.device, next]).await
}

/// Adds an order that was just made.
///
/// # Errors
/// [`crate::Error`].
pub async fn add(tx: &mut Tx<'_>, shard: i64, order: &Order) -> Result<()> {
    let Order { id, device, slot, item, test, state, problem, opened_at, window_ends_at, expected_at, due_at, .. } =
        order;
    let recipient = order.recipient.as_ref();
    let ship_to = json(order.address());
    let params = p![
        shard,
        *id,
        *device,
        slot,
        &item.asin,
        &item.title,
        item.quantity,
        &item.unit,
        item.price.minor,
        &item.price.currency,
        *test,
        state.as_str(),
        problem.map(Problem::as_str),
        *opened_at,
        *window_ends_at,
        *expected_at,
        *due_at,
        order.approved.as_ref().map(|price| price.minor),
        order.backend.as_str(),
        order.reported,
        order.placed_at,
        order.tracking.number.as_ref(),
        order.held_for.map(Problem::as_str),
        order.named_device,
        recipient.map(|recipient| &recipient.name),
        recipient.map(|recipient| &recipient.email),
        ship_to.as_ref(),
        order.resumes_at
    ];
    tx.put(Q::OrderPut, params).await
}

/// Records where an order stands, what the customer agreed to, and what became of its parcel.
///
/// # Errors
/// [`crate::Error`].
pub async fn save(tx: &mut Tx<'_>, shard: i64, order: &Order) -> Result<()> {
    let Order { id, state, problem, window_ends_at, expected_at, due_at, approved, tracking, parts, .. } = order;
    let cancellation = order.cancellation.as_ref();
    let params = p![
        shard,
        *id,
        state.as_str(),
        problem.map(Problem::as_str),
        *window_ends_at,
        *expected_at,
        *due_at,
        approved.as_ref().map(|price| price.minor),
        order.reported,
        order.placed_at,
        tracking.number.as_ref(),
        order.held_for.map(Problem::as_str),
        order.resumes_at,
        order.reminded,
        order.delivered_at,
        tracking.carrier.as_ref(),
        tracking.link.as_ref(),
        parts.shipping.as_ref().map(|part| part.minor),
        parts.tax.as_ref().map(|part| part.minor),
        cancellation.map(|cancellation| cancellation.by.as_str()),
        cancellation.and_then(|cancellation| cancellation.reason.as_ref())
    ];
    tx.put(Q::OrderMove, params).await
}

/// Records who an order is for and where it goes, which may change while it is held.
///
/// # Errors
/// [`crate::Error`].
pub async fn set_recipient(tx: &mut Tx<'_>, shard: i64, id: OrderId, recipient: &Recipient) -> Result<()> {
    let Recipient { name, email, address } = recipient;
    let ship_to = json(address.as_ref());
    tx.put(Q::OrderRecipient, p![shard, id, name, email, ship_to.as_ref()]).await
}

/// Records what an order is for, which may change while it is held.
///
/// # Errors
/// [`crate::Error`].
pub async fn set_item(tx: &mut Tx<'_>, shard: i64, id: OrderId, item: &Item) -> Result<()> {
    let Item { asin, title, quantity, unit, price } = item;
    let params = p![shard, id, asin, title, *quantity, unit, price.minor, &price.currency];
    tx.put(Q::OrderItem, params).await
}

/// An order of a device, if the device is registered, none of its token families is revoked, and which tokens are refused is
/// still what the caller's token was judged by.
///
/// # Errors
/// [`crate::Error`].
pub async fn told(
    tx: &mut Tx<'_>,
    shard: i64,
    id: OrderId,
    (device, access): (DeviceId, AccessVersion),
) -> Result<Option<Order>> {
    tx.opt(Q::OrderTold, p![shard, id, device, access.0]).await
}

/// How many orders of a slot were made after a moment and are placed: not held, not cancelled, not expired.
///
/// # Errors
/// [`crate::Error`].
pub async fn recent(tx: &mut Tx<'_>, shard: i64, device: DeviceId, slot: &SlotId, after: Time) -> Result<i64> {
    Ok(tx.opt::<(i64,)>(Q::OrdersRecent, p![shard, device, slot, after]).await?.map_or(0, |(count,)| count))
}

/// A device's newest orders, newest first.
///
/// # Errors
/// [`crate::Error`].
pub async fn of_device(tx: &mut Tx<'_>, shard: i64, device: DeviceId, limit: i64) -> Result<Vec<Order>> {
    tx.all(Q::OrdersOfDevice, p![shard, device, limit]).await
}

/// Where an order is, by its id alone: its shard and its device. For those who are told an id and know no device.
///
/// # Errors
/// [`crate::Error`].
pub async fn place_of(tx: &mut Tx<'_>, id: OrderId) -> Result<Option<(i64, DeviceId)>> {
    tx.opt(Q::OrderShard, p![id]).await
}

/// Where an order is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderPlace {
    /// Its shard.
    pub shard: i64,
    /// Its id.
    pub id: OrderId,
    /// Its device.
    pub device: DeviceId,
}

impl FromRow for OrderPlace {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self { shard: row.get(0)?, id: row.get(1)?, device: row.get(2)? })
    }
}

/// The first orders whose ids lie between two, both included.
///
/// # Errors
/// [`crate::Error`].
pub async fn between(tx: &mut Tx<'_>, first: OrderId, last: OrderId, limit: i64) -> Result<Vec<OrderPlace>> {
    tx.all(Q::OrdersBetween, p![first, last, limit]).await
}

/// A customer's orders that are not over, oldest first, without test orders; of devices that left, too.
///
/// # Errors
/// [`crate::Error`].
pub async fn open_of_customer(tx: &mut Tx<'_>, customer: CustomerId, limit: i64) -> Result<Vec<Order>> {
    tx.all(Q::OrdersOpenOfCustomer, p![customer, limit]).await
}

/// The newest orders of all devices, newest first.
///
/// # Errors
/// [`crate::Error`].
pub async fn newest(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<Order>> {
    tx.all(Q::OrdersNewest, p![limit]).await
}

/// Orders of all devices that are not over, oldest first.
///
/// # Errors
/// [`crate::Error`].
pub async fn open(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<Order>> {
    tx.all(Q::OrdersOpen, p![limit]).await
}

/// The first orders that are due, as shard and id.
///
/// # Errors
/// [`crate::Error`].
pub async fn due(tx: &mut Tx<'_>, now: Time, limit: i64) -> Result<Vec<(i64, OrderId)>> {
    tx.all(Q::OrdersDue, p![now, limit]).await
}

/// How long a claim holds, and when it is made: by the machine's clock, since it ends with the machine.
#[derive(Clone, Copy, Debug)]
pub struct Claim {
    /// When it is made.
    pub at: Time,
    /// When it ends, unless the order was saved before.
    pub until: Time,
}

/// Takes the first orders that are due and that no other node has; nobody else is given them until they are saved, or
/// until the claim ends.
///
/// # Errors
/// [`crate::Error`].
pub async fn claim(tx: &mut Tx<'_>, now: Time, Claim { at, until }: Claim, limit: i64) -> Result<Vec<(i64, OrderId)>> {
    tx.all(Q::OrdersClaim, p![now, at, until, limit]).await
}

/// When the next order falls due.
///
/// # Errors
/// [`crate::Error`].
pub async fn next_due(tx: &mut Tx<'_>) -> Result<Option<Time>> {
    Ok(tx.opt::<(Time,)>(Q::OrdersNextDue, p![]).await?.map(|(at,)| at))
}
