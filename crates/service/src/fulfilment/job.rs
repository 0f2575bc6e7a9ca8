//! An order with all data that its fulfilment needs, found by the names that back ends and operators use.
//!
//! Not here: orders as devices and customers see them ([`crate::order`]). Invariant: a job has the recipient as of the
//! placing of the order.

use crate::{App, Error, Result};
use opendrs_domain::device::Device;
use opendrs_domain::id::{InstanceId, OrderId};
use opendrs_domain::order::{Order, OrderNumber, Recipient};
use opendrs_domain::product::Product;
use opendrs_domain::rule::SlotTerms;
use opendrs_domain::subscription::Subscription;
use opendrs_store::{device, fulfilment, order, product, rule, subscription};

/// An order with all data that its fulfilment needs.
#[derive(Clone, Debug)]
pub struct FulfilmentJob {
    /// The order.
    pub order: Order,
    /// The device that ordered.
    pub device: Device,
    /// The recipient, as of the placing of the order; `None` if the customer was erased.
    pub recipient: Option<Recipient>,
    /// The SKU of the product.
    pub sku: String,
    pub(crate) shard: i64,
}

impl FulfilmentJob {
    /// The recipient, for a call that has to name them.
    pub(super) fn named_recipient(&self) -> Result<&Recipient, String> {
        self.recipient.as_ref().ok_or_else(|| "the customer's account was deleted: nobody receives this order".into())
    }
}

/// The terms that the customer agreed to for the slot of an order.
pub(super) async fn load_terms(
    app: &App,
    FulfilmentJob { order, device, shard, .. }: &FulfilmentJob,
) -> Result<SlotTerms> {
    let mut reader = app.db.reader().await?;
    let mut tx = reader.tx()?;
    let rules = rule::find(&mut tx, device.in_shard(*shard), &order.slot).await?;
    let subs = subscription::list_by_device(&mut tx, device.in_shard(*shard)).await?;
    let sub = subs.iter().find(|sub| sub.slot == order.slot);
    Ok(SlotTerms { rules, agreed_price: sub.and_then(Subscription::agreed_price).cloned() })
}

pub(super) async fn load_job(app: &App, id: OrderId) -> Result<FulfilmentJob> {
    let mut reader = app.db.reader().await?;
    let mut tx = reader.tx()?;
    let place = order::find_location(&mut tx, id).await?.ok_or(Error::UnknownOrder)?;
    let order = order::find_by_id(&mut tx, place, id).await?.ok_or(Error::UnknownOrder)?;
    let device = device::find_by_id(&mut tx, place).await?.ok_or_else(|| Error::missing_row("an order's device"))?;
    let recipient = order.recipient.clone();
    // A product that has left the catalogue is ordered by its ASIN.
    let product = product::find_by_asin(&mut tx, &order.item.asin).await?;
    let sku = product.as_ref().map_or(order.item.asin.as_str(), Product::sku).to_owned();
    Ok(FulfilmentJob { order, device, recipient, sku, shard: place.shard })
}

/// Finds an order by its `eventInstanceId`, or by its order number.
///
/// # Errors
/// [`Error::UnknownOrder`]; [`Error::InvalidCommand`] where two orders have the number; [`Error::Unavailable`].
pub async fn find_job(app: &App, name: &str) -> Result<FulfilmentJob> {
    if let Some(number) = OrderNumber::parse(name) {
        return load_job(app, find_by_number(app, number).await?).await;
    }
    let id = InstanceId::parse(name).map_err(|_| Error::UnknownOrder)?;
    let found = load_job(app, id.order).await?;
    if found.order.matches_instance_id(id) { Ok(found) } else { Err(Error::UnknownOrder) }
}

/// How many orders of one millisecond, which an order number encodes, one query reads.
const PAGE_SIZE: i64 = 500;

/// The only order with an order number.
async fn find_by_number(app: &App, number: OrderNumber) -> Result<OrderId> {
    let mut reader = app.db.reader().await?;
    let mut tx = reader.tx()?;
    let (mut first, last) = number.order_id_range();
    let mut matching = Vec::new();
    loop {
        let page = order::list_between(&mut tx, first, last, PAGE_SIZE).await?;
        matching.extend(page.iter().map(|found| found.id).filter(|id| OrderNumber::from_order_id(*id) == number));
        match page.last() {
            Some(found) if page.len() == usize::try_from(PAGE_SIZE).unwrap_or_default() && found.id != last => {
                first = OrderId(uuid::Uuid::from_u128(found.id.0.as_u128() + 1));
            }
            _ => break,
        }
    }
    match matching.as_slice() {
        [] => Err(Error::UnknownOrder),
        [id] => Ok(*id),
        _ => Err(Error::InvalidCommand(format!(
            "several orders have the number {number}: name one by its eventInstanceId"
        ))),
    }
}

/// The error of the last call to an order's back end, if there was one.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn last_call_error(app: &App, job: &FulfilmentJob) -> Result<Option<String>> {
    let mut reader = app.db.reader().await?;
    Ok(fulfilment::find_last_error(&mut reader.tx()?, job.shard, job.order.id).await?)
}

/// The orders to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderSelection {
    /// The open ones, oldest first.
    Open,
    /// All, newest first.
    All,
    /// Those whose customers withdrew from the contract and got no money back yet, oldest first.
    Withdrawn,
}

/// Orders of all devices.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn list_orders(app: &App, which: OrderSelection, limit: i64) -> Result<Vec<Order>> {
    let mut reader = app.db.reader().await?;
    let mut tx = reader.tx()?;
    Ok(match which {
        OrderSelection::Open => order::list_open(&mut tx, limit).await?,
        OrderSelection::All => order::list_newest(&mut tx, limit).await?,
        OrderSelection::Withdrawn => order::list_withdrawn(&mut tx, limit).await?,
    })
}
