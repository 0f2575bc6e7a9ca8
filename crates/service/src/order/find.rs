//! Finding and listing orders, for devices and for their owners.
//!
//! Not here: orders as back ends and operators name them ([`crate::fulfilment`]). Invariant: an order of another owner
//! is answered as one that does not exist.

use crate::token::{DeviceCaller, DeviceToken};
use crate::{App, Error, FastPath, Result};
use opendrs_domain::device::NamedDevice;
use opendrs_domain::id::{CustomerId, InstanceId, OrderId};
use opendrs_domain::order::Order;
use opendrs_store::{device, order};
use uuid::Uuid;

/// GetOrderInfo. An order of another device is answered as one that does not exist: the order's row names its device.
///
/// # Errors
/// [`Error::UnknownOrder`], [`Error::Unavailable`].
pub async fn find_for_device(app: &App, caller: &DeviceCaller, instance: &str) -> Result<Order> {
    let id = InstanceId::parse(instance).map_err(|_| Error::UnknownOrder)?;
    let mut reader = app.db.reader().await?;
    let found = order::find_by_id(&mut reader.tx()?, caller.device_ref(), id.order).await?;
    found.filter(|order| order.matches_instance_id(id)).ok_or(Error::UnknownOrder)
}

/// The fast path of [`find_for_device`]: one read by a token, for a call in which everything is valid.
/// With [`FastPath::Recheck`], [`crate::token::authenticate_device`] and [`find_for_device`] find out what is not.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn find_by_token(app: &App, token: &DeviceToken<'_>, instance: &str) -> Result<FastPath<Order>> {
    let (Ok(id), Some(access)) = (InstanceId::parse(instance), token.accepted_version()) else {
        return Ok(FastPath::Recheck);
    };
    let mut reader = app.db.reader().await?;
    let found = order::find_for_token(&mut reader.autocommit()?, token.device, id.order, access).await?;
    Ok(found.filter(|order| order.matches_instance_id(id)).into())
}

/// How many orders a page of a device's orders has.
const PAGE_SIZE: usize = 20;

/// A page of a device's orders, newest first.
#[derive(Clone, Debug, Default)]
pub struct DeviceOrders {
    /// The orders.
    pub orders: Vec<Order>,
    /// The last order of the page, before which the next page begins; `None` on the last page.
    pub older: Option<OrderId>,
}

/// The orders of a device before another one, for its owner; `None` begins with the newest. Test orders are left out
/// (docs/spec/setup-pages.md#order-list).
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn list_for_device(app: &App, caller: &DeviceCaller, before: Option<OrderId>) -> Result<DeviceOrders> {
    if caller.device.test {
        return Ok(DeviceOrders::default());
    }
    let mut reader = app.db.reader().await?;
    let (before, limit) = (before.unwrap_or(OrderId(Uuid::max())), i64::try_from(PAGE_SIZE + 1).unwrap_or(i64::MAX));
    let mut orders = order::list_by_device(&mut reader.tx()?, caller.device_ref(), before, limit).await?;
    let has_more = orders.len() > PAGE_SIZE;
    orders.truncate(PAGE_SIZE);
    let older = orders.last().map(|order| order.id).filter(|_| has_more);
    orders.retain(|order| !order.test);
    Ok(DeviceOrders { orders, older })
}

/// A customer's open orders, oldest first, including those of devices that were removed; at most a hundred. Test orders
/// are left out.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn list_open_for_customer(app: &App, customer: CustomerId) -> Result<Vec<Order>> {
    let mut reader = app.db.reader().await?;
    Ok(order::list_open_by_customer(&mut reader.tx()?, customer, 100).await?)
}

/// An order as its owner sees it.
#[derive(Clone, Debug)]
pub struct OwnedOrder {
    /// The device that ordered.
    pub caller: DeviceCaller,
    /// The same device with its names.
    pub named: NamedDevice,
    /// The order.
    pub order: Order,
}

/// Finds an order of a customer's device, whether it is still registered or not. A test order counts as unknown
/// (docs/spec/setup-pages.md#order-list).
///
/// # Errors
/// [`Error::UnknownOrder`], [`Error::Unavailable`].
pub async fn find_for_customer(app: &App, owner: CustomerId, instance: &str) -> Result<OwnedOrder> {
    let id = InstanceId::parse(instance).map_err(|_| Error::UnknownOrder)?;
    let mut reader = app.db.reader().await?;
    let mut tx = reader.tx()?;
    // The order's row leads to its device and to the owner. The device in the id is only compared.
    let place = order::find_location(&mut tx, id.order).await?.ok_or(Error::UnknownOrder)?;
    let found = device::find_by_customer(&mut tx, owner, place.id).await?;
    let found = found.ok_or(Error::UnknownOrder)?;
    let order = order::find_by_id(&mut tx, place, id.order).await?;
    let order = order.filter(|order| !order.test && order.matches_instance_id(id)).ok_or(Error::UnknownOrder)?;
    let device = found.device.clone();
    Ok(OwnedOrder { caller: DeviceCaller { device, shard: place.shard, slot: None }, named: found, order })
}
