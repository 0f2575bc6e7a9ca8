//! Orders, and the list of those that are due.
//!
//! Invariant: an order belongs to the device in its row; a query that names another device does not find it.

mod retention;

pub use retention::{EndedOrders, OrderAtShop, list_after, purge};

use crate::access::AccessVersion;
use crate::customer::{address_json, read_recipient};
use crate::queries::Query;
use crate::value::{DbRow, FromRow, params};
use crate::{Error, Result, Tx};
use opendrs_domain::device::DeviceRef;
use opendrs_domain::fulfilment::Backend;
use opendrs_domain::id::{CustomerId, DeviceId, OrderId};
use opendrs_domain::money::Money;
use opendrs_domain::money::tax::TaxRate;
use opendrs_domain::order::{
    Cancellation, CancelledBy, Order, OrderItem, OrderProblem, OrderState, OrderTimes, OrderTrigger, PriceParts,
    Recipient, Refund, Tracking, Withdrawal,
};
use opendrs_domain::text::SlotId;
use opendrs_domain::time::Time;

impl FromRow for Order {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        let bad = |column, found| Error::InvalidRow { query: row.query.sql().name, column, found };
        let (state, problem): (String, Option<String>) = (row.get(10)?, row.get(11)?);
        let price = Money { minor: row.get(7)?, currency: row.get(8)? };
        let (approved, backend): (Option<i64>, Option<String>) = (row.get(16)?, row.get(17)?);
        let (held_for, cancelled_by): (Option<String>, Option<String>) = (row.get(21)?, row.get(33)?);
        let cancelled_by =
            cancelled_by.map(|word| CancelledBy::parse(&word).ok_or_else(|| bad(33, word))).transpose()?;
        let reason: Option<String> = row.get(34)?;
        let part = |minor: Option<i64>| minor.map(|minor| Money { minor, currency: price.currency.clone() });
        let (withdrawn_at, why): (Option<Time>, Option<String>) = (row.get(39)?, row.get(40)?);
        let ordered_by: Option<String> = row.get(44)?;
        let (refunded, refunded_at): (Option<i64>, Option<Time>) = (row.get(42)?, row.get(43)?);
        let refund = part(refunded).zip(refunded_at).map(|(amount, at)| Refund { amount, at });
        let parts = PriceParts { shipping: part(row.get(31)?), tax: part(row.get(32)?) };
        Ok(Self {
            id: row.get(0)?,
            device: row.get(1)?,
            slot: row.get(2)?,
            item: OrderItem {
                asin: row.get(3)?,
                title: row.get(4)?,
                quantity: row.get(5)?,
                unit: row.get(6)?,
                price: price.clone(),
                shipping: part(row.get(45)?),
                tax_rate: row.get::<Option<i64>>(46)?.and_then(TaxRate::from_basis_points),
            },
            price_parts: parts,
            recipient: read_recipient(row, 23)?,
            test: row.get(9)?,
            state: OrderState::parse(&state).ok_or_else(|| bad(10, state))?,
            problem: problem.map(|word| OrderProblem::parse(&word).ok_or_else(|| bad(11, word))).transpose()?,
            opened_at: row.get(12)?,
            window_ends_at: row.get(13)?,
            expected_at: row.get(14)?,
            due_at: row.get(15)?,
            // An approved price is in the order's own currency.
            approved_price: approved.map(|minor| Money { minor, currency: price.currency }),
            backend: match backend {
                None => Backend::Simulated,
                Some(word) => Backend::parse(&word).ok_or_else(|| bad(17, word))?,
            },
            problem_from_backend: row.get::<Option<bool>>(18)?.unwrap_or_default(),
            placed_at: row.get(19)?,
            tracking: Tracking { number: row.get(20)?, carrier: row.get(29)?, link: row.get(30)? },
            last_hold_problem: held_for
                .map(|word| OrderProblem::parse(&word).ok_or_else(|| bad(21, word)))
                .transpose()?,
            original_device: row.get(22)?,
            resumes_at: row.get(26)?,
            reminder_sent: row.get::<Option<bool>>(27)?.unwrap_or_default(),
            delivered_at: row.get(28)?,
            cancellation: cancelled_by.map(|by| Cancellation { by, reason }),
            trigger: match ordered_by {
                None => OrderTrigger::Device,
                Some(word) => OrderTrigger::parse(&word).ok_or_else(|| bad(44, word))?,
            },
            times: OrderTimes {
                held_at: row.get(35)?,
                approved_at: row.get(36)?,
                shipped_at: row.get(37)?,
                ended_at: row.get(38)?,
            },
            withdrawal: withdrawn_at.map(|at| Withdrawal { at, reason: why }),
            returned_at: row.get(41)?,
            refund,
        })
    }
}

/// An order of a device; `None` if the order's row names another device.
///
/// # Errors
/// [`crate::Error`].
pub async fn find_by_id(tx: &mut Tx<'_>, device: DeviceRef, id: OrderId) -> Result<Option<Order>> {
    tx.query_opt(Query::OrderOfDevice, params![device.shard, id, device.id]).await
}

/// The device to which an order belongs, for callers that have only the order's id: workers and mail links.
///
/// # Errors
/// [`crate::Error`].
pub async fn find_device(tx: &mut Tx<'_>, shard: i64, id: OrderId) -> Result<Option<DeviceRef>> {
    Ok(tx.query_opt::<(DeviceId,)>(Query::OrderDevice, params![shard, id]).await?.map(|(id,)| DeviceRef { shard, id }))
}

/// An order of a device, locked until this transaction ends.
///
/// # Errors
/// [`crate::Error`].
pub async fn lock(tx: &mut Tx<'_>, device: DeviceRef, id: OrderId) -> Result<Option<Order>> {
    tx.query_opt(Query::OrderForUpdate, params![device.shard, id, device.id]).await
}

/// Moves an order from one registration of a unit to the next.
///
/// # Errors
/// [`crate::Error`].
pub async fn move_to_device(tx: &mut Tx<'_>, shard: i64, order: &Order, next: DeviceId) -> Result<()> {
    tx.exec_deferred(Query::OrderMoveToDevice, params![shard, order.id, order.device, next]).await
}

/// Adds a new order.
///
/// # Errors
/// [`crate::Error`].
pub async fn insert(tx: &mut Tx<'_>, shard: i64, order: &Order) -> Result<()> {
    let Order { id, device, slot, item, test, state, problem, opened_at, window_ends_at, expected_at, due_at, .. } =
        order;
    let recipient = order.recipient.as_ref();
    let ship_to = address_json(order.shipping_address());
    let params = params![
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
        problem.map(OrderProblem::as_str),
        *opened_at,
        *window_ends_at,
        *expected_at,
        *due_at,
        order.approved_price.as_ref().map(|price| price.minor),
        order.backend.as_str(),
        order.problem_from_backend,
        order.placed_at,
        order.tracking.number.as_ref(),
        order.last_hold_problem.map(OrderProblem::as_str),
        order.original_device,
        recipient.map(|recipient| &recipient.name),
        recipient.map(|recipient| &recipient.email),
        ship_to.as_ref(),
        order.resumes_at,
        order.times.held_at,
        (order.trigger != OrderTrigger::Device).then(|| order.trigger.as_str()),
        item.shipping.as_ref().map(|part| part.minor),
        item.tax_rate.map(TaxRate::basis_points)
    ];
    tx.exec_deferred(Query::OrderPut, params).await
}

/// Records an order's state, what the customer agreed to, and the state of its parcel.
///
/// # Errors
/// [`crate::Error`].
pub async fn save(tx: &mut Tx<'_>, shard: i64, order: &Order) -> Result<()> {
    let Order {
        id,
        state,
        problem,
        window_ends_at,
        expected_at,
        due_at,
        approved_price: approved,
        tracking,
        price_parts: parts,
        times,
        withdrawal,
        refund,
        ..
    } = order;
    let cancellation = order.cancellation.as_ref();
    let params = params![
        shard,
        *id,
        state.as_str(),
        problem.map(OrderProblem::as_str),
        *window_ends_at,
        *expected_at,
        *due_at,
        approved.as_ref().map(|price| price.minor),
        order.problem_from_backend,
        order.placed_at,
        tracking.number.as_ref(),
        order.last_hold_problem.map(OrderProblem::as_str),
        order.resumes_at,
        order.reminder_sent,
        order.delivered_at,
        tracking.carrier.as_ref(),
        tracking.link.as_ref(),
        parts.shipping.as_ref().map(|part| part.minor),
        parts.tax.as_ref().map(|part| part.minor),
        cancellation.map(|cancellation| cancellation.by.as_str()),
        cancellation.and_then(|cancellation| cancellation.reason.as_ref()),
        times.held_at,
        times.approved_at,
        times.shipped_at,
        times.ended_at,
        withdrawal.as_ref().map(|withdrawal| withdrawal.at),
        withdrawal.as_ref().and_then(|withdrawal| withdrawal.reason.as_ref()),
        order.returned_at,
        refund.as_ref().map(|refund| refund.amount.minor),
        refund.as_ref().map(|refund| refund.at)
    ];
    tx.exec_deferred(Query::OrderUpdate, params).await
}

/// Records an order's recipient, which may change during a hold.
///
/// # Errors
/// [`crate::Error`].
pub async fn set_recipient(tx: &mut Tx<'_>, shard: i64, id: OrderId, recipient: &Recipient) -> Result<()> {
    let Recipient { name, email, address } = recipient;
    let ship_to = address_json(address.as_ref());
    tx.exec_deferred(Query::OrderRecipient, params![shard, id, name, email, ship_to.as_ref()]).await
}

/// Records an order's item, which may change during a hold.
///
/// # Errors
/// [`crate::Error`].
pub async fn set_item(tx: &mut Tx<'_>, shard: i64, id: OrderId, item: &OrderItem) -> Result<()> {
    let OrderItem { asin, title, quantity, unit, price, shipping, tax_rate } = item;
    let params = params![
        shard,
        id,
        asin,
        title,
        *quantity,
        unit,
        price.minor,
        &price.currency,
        shipping.as_ref().map(|part| part.minor),
        tax_rate.map(TaxRate::basis_points)
    ];
    tx.exec_deferred(Query::OrderItem, params).await
}

/// An order of a device, for a caller with a token. `None` if the device is not registered or one of its token families
/// is revoked. Also `None` if the access version is not the one by which the token was checked.
///
/// # Errors
/// [`crate::Error`].
pub async fn find_for_token(
    tx: &mut Tx<'_>,
    device: DeviceRef,
    id: OrderId,
    access: AccessVersion,
) -> Result<Option<Order>> {
    tx.query_opt(Query::OrderForToken, params![device.shard, id, device.id, access.0]).await
}

/// The number of orders of a slot that were made after a moment and are not held, cancelled or expired.
///
/// # Errors
/// [`crate::Error`].
pub async fn count_recent(tx: &mut Tx<'_>, device: DeviceRef, slot: &SlotId, after: Time) -> Result<i64> {
    Ok(tx
        .query_opt::<(i64,)>(Query::OrdersRecent, params![device.shard, device.id, slot, after])
        .await?
        .map_or(0, |(count,)| count))
}

/// A device's newest orders, newest first: those before an order, which need not exist.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_by_device(tx: &mut Tx<'_>, device: DeviceRef, before: OrderId, limit: i64) -> Result<Vec<Order>> {
    tx.query_all(Query::OrdersOfDevice, params![device.shard, device.id, before, limit]).await
}

/// An order's shard and device, by its id alone. For callers that know no device.
///
/// # Errors
/// [`crate::Error`].
pub async fn find_location(tx: &mut Tx<'_>, id: OrderId) -> Result<Option<DeviceRef>> {
    tx.query_opt(Query::OrderShard, params![id]).await
}

/// The location of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderLocation {
    /// Its shard.
    pub shard: i64,
    /// Its id.
    pub id: OrderId,
    /// Its device.
    pub device: DeviceId,
}

impl FromRow for OrderLocation {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        Ok(Self { shard: row.get(0)?, id: row.get(1)?, device: row.get(2)? })
    }
}

/// The first orders whose ids are between `first` and `last`, both included.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_between(tx: &mut Tx<'_>, first: OrderId, last: OrderId, limit: i64) -> Result<Vec<OrderLocation>> {
    tx.query_all(Query::OrdersBetween, params![first, last, limit]).await
}

/// A customer's open orders, oldest first, without test orders. Orders of devices whose registration ended are
/// included.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_open_by_customer(tx: &mut Tx<'_>, customer: CustomerId, limit: i64) -> Result<Vec<Order>> {
    tx.query_all(Query::OrdersOpenOfCustomer, params![customer, limit]).await
}

/// The newest orders of all devices, newest first.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_newest(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<Order>> {
    tx.query_all(Query::OrdersNewest, params![limit]).await
}

/// The open orders of all devices, oldest first.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_open(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<Order>> {
    tx.query_all(Query::OrdersOpen, params![limit]).await
}

/// The orders whose customers withdrew from the contract and got no money back yet, oldest first.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_withdrawn(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<Order>> {
    tx.query_all(Query::OrdersWithdrawn, params![limit]).await
}

/// The first orders that are due, as shard and id.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_due(tx: &mut Tx<'_>, now: Time, limit: i64) -> Result<Vec<(i64, OrderId)>> {
    tx.query_all(Query::OrdersDue, params![now, limit]).await
}

/// The duration of a claim. Its times are of the machine's clock, since a claim ends with the machine that made it.
#[derive(Clone, Copy, Debug)]
pub struct OrderClaim {
    /// When the claim is made.
    pub at: Time,
    /// When the claim ends, unless the order was saved before.
    pub until: Time,
}

/// Claims the first due orders that no other node has claimed. No other node gets them until they are saved, or until
/// the claim ends.
///
/// # Errors
/// [`crate::Error`].
pub async fn claim_due(
    tx: &mut Tx<'_>,
    now: Time,
    OrderClaim { at, until }: OrderClaim,
    limit: i64,
) -> Result<Vec<(i64, OrderId)>> {
    tx.query_all(Query::OrdersClaim, params![now, at, until, limit]).await
}

/// When the next order falls due.
///
/// # Errors
/// [`crate::Error`].
pub async fn find_next_due(tx: &mut Tx<'_>) -> Result<Option<Time>> {
    Ok(tx.query_opt::<(Time,)>(Query::OrdersNextDue, params![]).await?.map(|(at,)| at))
}
