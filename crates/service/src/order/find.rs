//! Orders found and listed: for devices, for their owners.
//!
//! Not here: orders as back ends and operators name them ([`crate::fulfilment`]). Invariant: whoever asks for an order of
//! somebody else is answered as if it did not exist.

use crate::token::{self, DeviceCaller, DeviceClaims};
use crate::{App, Error, Result};
use opendrs_domain::id::{CustomerId, InstanceId};
use opendrs_domain::order::Order;
use opendrs_store::{Reader, device, order};

/// GetOrderInfo. An order of another device is answered as one that does not exist: the order's row says whose it is.
///
/// # Errors
/// [`Error::UnknownOrder`], [`Error::Unavailable`].
pub async fn find_for_device(mut reader: Reader<'_>, caller: &DeviceCaller, instance: &str) -> Result<Order> {
    let id = InstanceId::parse(instance).map_err(|_| Error::UnknownOrder)?;
    let found = order::find_by_id(&mut reader.tx()?, caller.shard, caller.device.id, id.order).await?;
    found.filter(|order| order.matches_instance_id(id)).ok_or(Error::UnknownOrder)
}

/// The same with a token in place of a caller, for the many calls in which everything is right: one read. `None` when
/// anything was not as it should be; what it was, [`crate::token::authenticate_device`] and
/// [`find_for_device`] find out.
///
/// # Errors
/// [`Error::Unavailable`], [`Error::RateLimited`].
pub async fn find_for_token(app: &App, token: &str, instance: &str) -> Result<Option<Order>> {
    let (Ok(of), Ok(id)) = (token::device_claims(app, token).await, InstanceId::parse(instance)) else {
        return Ok(None);
    };
    let DeviceClaims { shard, device, access_version: access, .. } = of;
    app.limits.count_device_call(device, app.system_time())?;
    let found =
        order::find_for_token(&mut app.db.reader().await?.autocommit()?, shard, id.order, (device, access)).await?;
    let found = found.filter(|order| order.matches_instance_id(id));
    if found.is_none() {
        app.limits.refund_device_call(device, app.system_time());
    }
    Ok(found)
}

/// A device's newest orders, for its owner. Test orders are not shown (docs/spec/setup-pages.md#order-list).
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn list_for_device(app: &App, caller: &DeviceCaller) -> Result<Vec<Order>> {
    let mut reader = app.db.reader().await?;
    let orders = order::list_by_device(&mut reader.tx()?, caller.shard, caller.device.id, 50).await?;
    Ok(orders.into_iter().filter(|order| !order.test).collect())
}

/// A customer's orders that are not over, oldest first, of devices that left too; at most a hundred. Test orders are not
/// shown.
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
    let (shard, device) = order::find_location(&mut tx, id.order).await?.ok_or(Error::UnknownOrder)?;
    let found = device::find_by_customer(&mut tx, owner, device).await?;
    let (device, model) = found.ok_or(Error::UnknownOrder)?;
    let order = order::find_by_id(&mut tx, shard, device.id, id.order).await?;
    let order = order.filter(|order| !order.test && order.matches_instance_id(id)).ok_or(Error::UnknownOrder)?;
    Ok(OwnedOrder { caller: DeviceCaller { device, shard, slot: None }, model, order })
}
