//! The link in a mail by which its reader cancels one order.
//!
//! Invariant: the link's token names one order and is authenticated with a key derived from the master key, so nothing
//! is stored for it. It opens that order only, and is useless once the order can no longer be cancelled.

use super::cancel::cancel_order;
use crate::named_link::{self, NamedLink};
use crate::signed_link::CANCEL_PURPOSE;
use crate::token::DeviceCaller;
use crate::{App, Error, Result};
use opendrs_domain::id::{CustomerId, DeviceId, InstanceId, OrderId};
use opendrs_domain::order::{CancelError, CancelRequester, Order, OrderState};
use opendrs_store::{device, order};

/// The order of a link.
#[derive(Clone, Debug)]
pub struct CancelLink {
    /// The order.
    pub order: Order,
    /// Why it cannot be cancelled now, if so.
    pub cancel_error: Option<CancelError>,
    caller: DeviceCaller,
}

impl CancelLink {
    /// The customer whose order it is.
    #[must_use]
    pub fn owner(&self) -> CustomerId {
        self.caller.device.customer
    }
}

/// Finds the order that a link's token names.
///
/// # Errors
/// [`Error::InvalidToken`] when the token is not authentic, [`Error::Unavailable`].
pub async fn find_cancel_link(app: &App, token: &str) -> Result<CancelLink> {
    let NamedLink { shard, first_id: first, second_id: second } =
        named_link::open(app, CANCEL_PURPOSE, token).ok_or(Error::InvalidToken)?;
    let instance = InstanceId { device: DeviceId(first), order: OrderId(second) };
    let mut reader = app.db.reader().await?;
    let mut tx = reader.tx()?;
    let device = order::find_device(&mut tx, shard, instance.order).await?.ok_or(Error::InvalidToken)?;
    let order = order::find_by_id(&mut tx, device, instance.order).await?.ok_or(Error::InvalidToken)?;
    if !order.matches_instance_id(instance) {
        return Err(Error::InvalidToken);
    }
    let device = device::find_by_id(&mut tx, device).await?.ok_or(Error::InvalidToken)?;
    let refusal = order.clone().cancel(CancelRequester::MailLink, app.now()).err();
    Ok(CancelLink { order, cancel_error: refusal, caller: DeviceCaller { device, shard, slot: None } })
}

/// Cancels the order that a link's token names, as its customer. A repeated call changes nothing.
///
/// # Errors
/// [`Error::InvalidToken`], [`Error::CancelRejected`], [`Error::Unavailable`].
pub async fn cancel_by_link(app: &App, token: &str) -> Result<()> {
    let CancelLink { order, caller, .. } = find_cancel_link(app, token).await?;
    match order.state {
        OrderState::Cancelled => Ok(()),
        _ => cancel_order(app, &caller, &order.instance_id().to_string(), CancelRequester::MailLink).await,
    }
}
