//! Which mail a change adds, in the transaction of the change.
//!
//! Not here: sending it. Invariant: a change adds one mail at most, under the id of the change's event.

use crate::delivery::Stamp;
use opendrs_domain::device::Device;
use opendrs_domain::id::{CustomerId, DeviceId, MailId};
use opendrs_domain::mail::{self as rules, News, SlotNews, State};
use opendrs_domain::order::{Change, Order};
use opendrs_domain::subscription::Subscription;
use opendrs_domain::time::Time;
use opendrs_store::mail::{self as store, Mail};
use opendrs_store::{Tx, model, product, subscription};

/// Adds a mail about a device to its customer.
pub(crate) async fn add(
    tx: &mut Tx<'_>,
    shard: i64,
    device: &Device,
    news: News,
    stamp: (Stamp, Time),
) -> opendrs_store::Result<()> {
    add_for(tx, shard, (device.id, device.customer), news, stamp).await
}

/// Adds a mail about a device to a customer, who need not be its own.
pub(crate) async fn add_for(
    tx: &mut Tx<'_>,
    shard: i64,
    (device, customer): (DeviceId, CustomerId),
    news: News,
    (stamp, now): (Stamp, Time),
) -> opendrs_store::Result<()> {
    let kept = stamp.mail_kept;
    let mail = Mail {
        shard,
        id: MailId(stamp.event.0),
        device,
        customer,
        at: now,
        news,
        state: if kept { State::Kept } else { State::Waiting },
        due_at: (!kept).then_some(now),
        attempts: 0,
        ended_at: kept.then_some(now),
        reason: None,
    };
    store::add(tx, &mail).await
}

/// Adds the mail about an order's change, if it causes one.
pub(crate) async fn of_order(
    tx: &mut Tx<'_>,
    shard: i64,
    device: &Device,
    order: &Order,
    change: Change,
    stamp: (Stamp, Time),
) -> opendrs_store::Result<()> {
    match rules::of_order(order, change) {
        Some(news) => add(tx, shard, device, news, stamp).await,
        None => Ok(()),
    }
}

/// Adds the mail that lists what a device's slots reorder now.
pub(crate) async fn subscribed(
    tx: &mut Tx<'_>,
    shard: i64,
    device: &Device,
    stamp: (Stamp, Time),
) -> opendrs_store::Result<()> {
    let subs = subscription::of_device(tx, shard, device.id).await?;
    let mut slots = Vec::new();
    for slot in model::slots(tx, device.model).await? {
        let sub = subs.iter().find(|sub| sub.slot == slot.id).filter(|sub| Subscription::may_order(sub));
        let product = match sub.and_then(|sub| sub.asin.as_ref()) {
            Some(asin) => product::by_asin(tx, asin).await?.map(|product| (product.title, product.price)),
            None => None,
        };
        slots.push(SlotNews { name: slot.name, product });
    }
    add(tx, shard, device, News::Subscribed(slots), stamp).await
}
