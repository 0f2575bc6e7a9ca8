//! An order that a customer places by hand, before the device asks for it.
//!
//! Not here: how an order is placed ([`super::place`]). Invariant: the customer pays at most the price that the page
//! displayed, for the product that it displayed. Their other rules do not bind an order that they want now.

use super::place::{ByHandRefusal, PlaceOutcome, PlacementTerms, SeenProduct, place_order};
use crate::fulfilment::backend_of_maker;
use crate::token::DeviceCaller;
use crate::{App, Error, FormError, Result};
use opendrs_domain::id::InstanceId;
use opendrs_domain::money::Money;
use opendrs_domain::order::{ApproveError, Recipient};
use opendrs_domain::text::{Asin, SlotId};

/// What the page displayed to a customer who orders by hand.
#[derive(Clone, Copy, Debug)]
pub struct OrderNow<'a> {
    /// The slot.
    pub slot: &'a str,
    /// The product.
    pub asin: &'a str,
    /// Its price.
    pub price: &'a Money,
}

/// Whether an order by hand was placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderNowOutcome {
    /// It was placed.
    Placed(InstanceId),
    /// It was not: this order of the slot is still open. So a form that is sent twice orders once.
    AlreadyOpen(InstanceId),
}

/// Places an order for a customer. The caller has checked that the device is the customer's.
///
/// # Errors
/// [`Error::InvalidForm`] if the device is a test device, the slot reorders nothing or another product by now, the product is out of stock, or there
/// is no address; [`Error::ApproveRejected`] if it is dearer by now; [`Error::OrderLimitReached`],
/// [`Error::Unavailable`].
pub async fn order_now(app: &App, caller: &DeviceCaller, wanted: OrderNow<'_>) -> Result<OrderNowOutcome> {
    if caller.device.test {
        return Err(FormError::NotReordered.into());
    }
    let slot = SlotId::parse(wanted.slot).map_err(Error::malformed)?;
    let asin = Asin::parse(wanted.asin).map_err(Error::malformed)?;
    let backend = {
        let mut reader = app.db.reader().await?;
        backend_of_maker(app, &mut reader.tx()?, caller.device.maker).await?
    };
    let customer = crate::customer::load(app, caller.device.customer).await?;
    let terms = PlacementTerms {
        recipient: Some(Recipient::from(&customer)),
        backend,
        seen: Some(SeenProduct { asin, price: wanted.price.clone() }),
    };
    match place_order(app, caller, &slot, terms).await? {
        PlaceOutcome::Placed(id) => Ok(OrderNowOutcome::Placed(id)),
        PlaceOutcome::SlotLocked(id) => Ok(OrderNowOutcome::AlreadyOpen(id)),
        PlaceOutcome::OverLimit(wait) => Err(Error::OrderLimitReached(wait)),
        PlaceOutcome::Unsubscribed => Err(FormError::NotReordered.into()),
        PlaceOutcome::Refused(ByHandRefusal::OtherProduct) => Err(FormError::ProductChanged.into()),
        PlaceOutcome::Refused(ByHandRefusal::Dearer(price)) => Err(ApproveError::PriceChanged(price).into()),
        PlaceOutcome::Refused(ByHandRefusal::OutOfStock) => Err(FormError::OutOfStock.into()),
        PlaceOutcome::Refused(ByHandRefusal::NoAddress) => Err(FormError::NoAddress.into()),
    }
}
