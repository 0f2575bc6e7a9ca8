//! Price changes: customers who reorder the product are notified by mail before the next order.
//!
//! What it is: recording a change, and writing its mails in bounded batches. What it is not: part of any device call.
//! Invariant: a change causes one mail per slot. The mails of a batch and the cursor are written in one transaction.

use crate::mail::queue;
use crate::notification::EventIds;
use crate::{App, Result};
use opendrs_domain::device::DeviceRef;
use opendrs_domain::mail::{MailContent, PriceChangeSummary};
use opendrs_domain::money::Money;
use opendrs_domain::product::Product;
use opendrs_domain::rule::ApprovalMode;
use opendrs_domain::text::Asin;
use opendrs_domain::time::Time;
use opendrs_store::price::{self as store, ReorderingSlot};
use opendrs_store::{Command, Tx, product};

/// How many slots one batch covers.
const BATCH_SIZE: i64 = 100;
/// How many batches are written at most while the test clock is frozen at one time.
const MAX_BATCHES: usize = 10_000;

/// A price that a page showed for a product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownPrice {
    /// The product.
    pub asin: Asin,
    /// The price.
    pub price: Money,
}

/// The price that a customer agrees to by choosing a product: the one that their page showed, if one did. A product
/// that became cheaper is agreed to at its new price. A shown price in another currency stays: no order can be compared
/// with it, so the next one is held for the customer's approval.
pub(crate) fn price_agreed_to(product: &Product, shown: &[ShownPrice]) -> Option<Money> {
    let Money { minor, currency } = &shown.iter().find(|shown| shown.asin == product.asin)?.price;
    let dearer = *currency == product.price.currency && *minor > product.price.minor;
    Some(if dearer { product.price.clone() } else { Money { minor: *minor, currency: currency.clone() } })
}

/// Adds or changes a product of the catalogue. A new price is recorded, so that its customers are notified.
pub(crate) async fn save_product(tx: &mut Tx<'_>, new: &Product, now: Time) -> opendrs_store::Result<()> {
    let old = product::find_by_asin(tx, &new.asin).await?;
    product::upsert(tx, new).await?;
    match old.filter(|old| old.price != new.price) {
        Some(old) => store::record_change(tx, &new.asin, &old.price, now).await,
        None => Ok(()),
    }
}

/// Writes the mails of one batch of slots whose price changed; `false` when no change was left.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn write_notices(app: &App) -> Result<bool> {
    let now = app.now();
    // Most calls find nothing, and a command would be a write.
    let next = {
        let mut reader = app.db.reader().await?;
        store::find_next_due(&mut reader.tx()?, now).await?
    };
    let Some(asin) = next else { return Ok(false) };
    let stamps = (0..BATCH_SIZE).map(|_| EventIds::allocate(app, now)).collect();
    app.db
        .write(WritePriceNotices {
            asin,
            event_ids: stamps,
            ask_above: app.settings.timing.price_tolerance_percent,
            now,
        })
        .await?;
    Ok(true)
}

/// Writes the mails of every change up to now.
pub(crate) async fn write_all_notices(app: &App) -> Result<()> {
    for _ in 0..MAX_BATCHES {
        if !write_notices(app).await? {
            break;
        }
    }
    Ok(())
}

struct WritePriceNotices {
    asin: Asin,
    event_ids: Vec<EventIds>,
    ask_above: u32,
    now: Time,
}

impl Command for WritePriceNotices {
    type Output = ();
    fn ordering_key(&self) -> u64 {
        0
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<()> {
        // Another node may have finished the change.
        let Some(change) = store::lock(tx, &self.asin).await? else { return Ok(()) };
        let product = product::find_by_asin(tx, &self.asin).await?;
        let Some(product) = product.filter(|product| product.price != change.before) else {
            return store::advance_cursor(tx, &self.asin, None).await;
        };
        let slots = store::list_slots_after(tx, &self.asin, &change.cursor, BATCH_SIZE).await?;
        for (slot, event_ids) in slots.iter().zip(&self.event_ids).filter(|(slot, _)| slot.is_charged) {
            let content = MailContent::PriceChanged(self.summary(slot, &change.before, &product));
            queue::enqueue_for(
                tx,
                DeviceRef { shard: slot.shard, id: slot.device },
                slot.customer,
                content,
                event_ids.at(self.now),
            )
            .await?;
        }
        let more = i64::try_from(slots.len()).is_ok_and(|count| count == BATCH_SIZE);
        store::advance_cursor(tx, &self.asin, slots.last().filter(|_| more)).await
    }
}

impl WritePriceNotices {
    fn summary(&self, slot: &ReorderingSlot, before: &Money, product: &Product) -> PriceChangeSummary {
        let Product { asin, title, titles, price, .. } = product;
        let terms = &slot.terms;
        PriceChangeSummary {
            title: title.clone(),
            titles: titles.clone(),
            before: before.clone(),
            price: price.clone(),
            agreed: terms.agreed_price.as_ref().map(|agreed| agreed.price.clone()),
            asks: terms.rules.mode == ApprovalMode::Ask || !terms.allows_price(asin, price, self.ask_above),
        }
    }
}
