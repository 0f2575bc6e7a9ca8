//! The link in a mail by which its reader cancels one order.
//!
//! Invariant: the link's token names one order and is authenticated with a key derived from the master key, so nothing
//! is stored for it; it opens that order alone, and is worth nothing once the order can no longer be cancelled.

use crate::named_link::{self, Named};
use crate::token::Caller;
use crate::{App, Error, Result};
use opendrs_domain::id::{DeviceId, InstanceId, OrderId};
use opendrs_domain::order::{Canceller, NotCancelled, Order, State};
use opendrs_store::{device, order};

/// The purpose of the links' tokens.
pub(crate) const PURPOSE: &str = "cancel link";

/// The token of an order's link.
pub(super) fn token(app: &App, shard: i64, instance: InstanceId) -> Result<String> {
    named_link::seal(app, PURPOSE, Named { shard, first: instance.device.0, second: instance.order.0 })
}

/// What a link leads to.
#[derive(Clone, Debug)]
pub struct Linked {
    /// The order.
    pub order: Order,
    /// Why it cannot be cancelled now, if so.
    pub refusal: Option<NotCancelled>,
    caller: Caller,
}

/// The order that a link's token names.
///
/// # Errors
/// [`Error::InvalidToken`] when it is none of ours, [`Error::Unavailable`].
pub async fn linked(app: &App, token: &str) -> Result<Linked> {
    let Named { shard, first, second } = named_link::open(app, PURPOSE, token).ok_or(Error::InvalidToken)?;
    let instance = InstanceId { device: DeviceId(first), order: OrderId(second) };
    let mut reader = app.db.reader().await?;
    let mut tx = reader.tx()?;
    let device = order::device_of(&mut tx, shard, instance.order).await?.ok_or(Error::InvalidToken)?;
    let order = order::by_id(&mut tx, shard, device, instance.order).await?.ok_or(Error::InvalidToken)?;
    if !order.is_named_by(instance) {
        return Err(Error::InvalidToken);
    }
    let device = device::by_id(&mut tx, shard, device).await?.ok_or(Error::InvalidToken)?;
    let refusal = order.clone().cancel(Canceller::MailLink, app.now()).err();
    Ok(Linked { order, refusal, caller: Caller { device, shard, slot: None } })
}

/// Cancels the order that a link's token names, as its customer. Twice is once.
///
/// # Errors
/// [`Error::InvalidToken`], [`Error::NotCancelled`], [`Error::Unavailable`].
pub async fn cancel(app: &App, token: &str) -> Result<()> {
    let Linked { order, caller, .. } = linked(app, token).await?;
    match order.state {
        State::Cancelled => Ok(()),
        _ => crate::order::cancel(app, &caller, &order.instance().to_string(), Canceller::MailLink).await,
    }
}
