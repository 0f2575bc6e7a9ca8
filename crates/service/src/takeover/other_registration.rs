//! The present registration of a unit, if it belongs to another customer.
//!
//! Not here: whether a takeover is allowed. Invariant: a registration that has ended is never found.

use opendrs_domain::device::{Device, DeviceRef};
use opendrs_domain::id::{CustomerId, ModelId};
use opendrs_domain::text::Serial;
use opendrs_store::{Tx, device};

/// Finds the present registration of a unit, if it belongs to another customer.
pub(crate) async fn find_other_registration(
    tx: &mut Tx<'_>,
    shard: i64,
    model: ModelId,
    serial: &Serial,
    customer: CustomerId,
) -> opendrs_store::Result<Option<Device>> {
    let Some(id) = device::find_by_unit(tx, shard, model, serial).await? else { return Ok(None) };
    let found = device::find_by_id(tx, DeviceRef { shard, id }).await?;
    Ok(found.filter(|device| device.customer != customer && device.deregistered_at.is_none()))
}
