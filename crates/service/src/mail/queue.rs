//! Adds the mail that a change causes, in the transaction of the change.
//!
//! Not here: sending it. Invariant: a change adds at most one mail, under the id of the change's event.

use crate::App;
use crate::notification::ChangeContext;
use opendrs_domain::account::{AccountMail, MailRecipient};
use opendrs_domain::device::{Device, DeviceRef};
use opendrs_domain::id::{CustomerId, MailId};
use opendrs_domain::mail::{self as rules, MailContent, MailState, MailSubject, SlotSummary};
use opendrs_domain::order::{Order, OrderChange};
use opendrs_domain::subscription::Subscription;
use opendrs_domain::time::Time;
use opendrs_store::mail::{self as store, StoredMail};
use opendrs_store::{Command, Tx, model, product, subscription};

/// Adds a mail about a device to its customer.
pub(crate) async fn enqueue(
    tx: &mut Tx<'_>,
    shard: i64,
    device: &Device,
    news: MailContent,
    context: ChangeContext,
) -> opendrs_store::Result<()> {
    enqueue_for(tx, device.in_shard(shard), device.customer, news, context).await
}

/// Adds a mail about a device to a customer, who may be another than its owner.
pub(crate) async fn enqueue_for(
    tx: &mut Tx<'_>,
    device: DeviceRef,
    customer: CustomerId,
    news: MailContent,
    ChangeContext { ids, now }: ChangeContext,
) -> opendrs_store::Result<()> {
    let kept = ids.store_mail_only;
    let mail = StoredMail {
        shard: device.shard,
        id: MailId(ids.event_id.0),
        subject: MailSubject::Device { device: device.id, customer },
        at: now,
        content: news,
        state: if kept { MailState::Kept } else { MailState::Waiting },
        due_at: (!kept).then_some(now),
        attempts: 0,
        ended_at: kept.then_some(now),
        reason: None,
    };
    store::insert(tx, &mail).await
}

/// A mail about an account, to be inserted in the transaction of the change.
pub(crate) fn account_mail(app: &App, recipient: MailRecipient, news: AccountMail, now: Time) -> StoredMail {
    let kept = app.settings.mail.store_only;
    StoredMail {
        shard: app.db.shards().for_key(&[recipient.email.as_str().as_bytes()]),
        id: MailId(app.ids.ordered_uuid(now)),
        subject: MailSubject::Account(recipient),
        at: now,
        content: MailContent::Account(news),
        state: if kept { MailState::Kept } else { MailState::Waiting },
        due_at: (!kept).then_some(now),
        attempts: 0,
        ended_at: kept.then_some(now),
        reason: None,
    }
}

/// Adds a mail about an account that is written with nothing else.
pub(crate) async fn enqueue_account_mail(
    app: &App,
    recipient: MailRecipient,
    news: AccountMail,
    now: Time,
) -> crate::Result<()> {
    Ok(app.db.write(InsertMail(account_mail(app, recipient, news, now))).await?)
}

struct InsertMail(StoredMail);

impl Command for InsertMail {
    type Output = ();
    fn ordering_key(&self) -> u64 {
        self.0.shard.cast_unsigned()
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<()> {
        store::insert(tx, &self.0).await
    }
}

/// Adds the mail about a change of an order, if it causes one.
pub(crate) async fn enqueue_for_order(
    tx: &mut Tx<'_>,
    shard: i64,
    device: &Device,
    order: &Order,
    change: OrderChange,
    context: ChangeContext,
) -> opendrs_store::Result<()> {
    match rules::content_for_change(order, change) {
        Some(news) => enqueue(tx, shard, device, news, context).await,
        None => Ok(()),
    }
}

/// Adds the mail that lists what the slots of a device reorder now.
pub(crate) async fn enqueue_subscriptions(
    tx: &mut Tx<'_>,
    shard: i64,
    device: &Device,
    context: ChangeContext,
) -> opendrs_store::Result<()> {
    let subs = subscription::list_by_device(tx, device.in_shard(shard)).await?;
    let mut slots = Vec::new();
    for slot in model::list_slots(tx, device.model).await? {
        let sub = subs.iter().find(|sub| sub.slot == slot.id).filter(|sub| Subscription::can_order(sub));
        let product = match sub.and_then(|sub| sub.asin.as_ref()) {
            Some(asin) => product::find_by_asin(tx, asin).await?,
            None => None,
        };
        let titles = product.as_ref().map(|product| product.titles.clone()).unwrap_or_default();
        let product = product.map(|product| (product.title, product.price));
        slots.push(SlotSummary { name: slot.name, names: slot.names, product, titles });
    }
    enqueue(tx, shard, device, MailContent::Subscribed(slots), context).await
}
