//! Subscriptions: what each slot may order; told to devices, changed by customers.

use crate::delivery::{self, Stamp};
use crate::price::{self, ShownPrice};
use crate::token::{self, Caller, DeviceToken};
use crate::{App, BadChoice, Error, Result, limit};
use opendrs_domain::device::Device;
use opendrs_domain::model::{Model, Slot};
use opendrs_domain::notification::{Event, Facts, SlotInfo};
use opendrs_domain::product::Product;
use opendrs_domain::rule::Rules;
use opendrs_domain::subscription::Subscription;
use opendrs_domain::text::{Asin, SlotId};
use opendrs_domain::time::Time;
use opendrs_store::{Reader, Tx, Write, device, model, product, rule, subscription};

/// SubscriptionInfo: every slot of the caller's model, in the model's order.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn info(mut reader: Reader<'_>, caller: &Caller) -> Result<Vec<SlotInfo>> {
    Ok(subscription::told(&mut reader.tx()?, caller.shard, caller.device.id).await?)
}

/// The same with a token in place of a caller, for the many calls in which everything is right: one read. `None` when
/// anything was not as it should be; what it was, [`crate::token::caller`] finds out.
///
/// # Errors
/// [`Error::Unavailable`], [`Error::TooOften`].
pub async fn told(app: &App, token: &str) -> Result<Option<Vec<SlotInfo>>> {
    let Ok(DeviceToken { shard, device, access, .. }) = token::of_device(app, token).await else { return Ok(None) };
    limit::device(app, device)?;
    let mut reader = app.db.reader().await?;
    let found = subscription::told_in_good_standing(&mut reader.once()?, shard, (device, access)).await?;
    drop(reader);
    if found.is_none() {
        limit::device_again(app, device);
    }
    Ok(found)
}

/// A slot as the settings page and the sign-up pages show it.
#[derive(Clone, Debug)]
pub struct SlotView {
    /// The slot.
    pub slot: Slot,
    /// The products it offers, in their order.
    pub products: Vec<Product>,
    /// What is chosen now.
    pub subscription: Option<Subscription>,
    /// The customer's rules for it.
    pub rules: Rules,
}

/// A model's slots with their products and, for a device, what is chosen.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn view(app: &App, of: &Model, device: Option<(i64, &Device)>) -> Result<Vec<SlotView>> {
    let mut reader = app.db.reader().await?;
    let mut tx = reader.tx()?;
    let (subs, mut rules) = match device {
        Some((shard, device)) => (
            subscription::of_device(&mut tx, shard, device.id).await?,
            rule::of_device(&mut tx, shard, device.id).await?,
        ),
        None => (Vec::new(), Vec::new()),
    };
    let mut views = Vec::new();
    for slot in model::slots(&mut tx, of.id).await? {
        let mut products = Vec::with_capacity(slot.products.len());
        for asin in &slot.products {
            products.extend(product::by_asin(&mut tx, asin).await?);
        }
        let subscription = subs.iter().find(|sub| sub.slot == slot.id).cloned();
        let rules =
            rules.iter().position(|(id, _)| *id == slot.id).map(|at| rules.swap_remove(at).1).unwrap_or_default();
        views.push(SlotView { slot, products, subscription, rules });
    }
    Ok(views)
}

/// A change that a customer makes to a slot.
#[derive(Clone, Copy, Debug)]
pub struct SlotChange<'a> {
    /// The product; `None` keeps the present one.
    pub asin: Option<&'a str>,
    /// Whether it is reordered automatically.
    pub on: bool,
    /// The prices that the page showed.
    pub shown: &'a [ShownPrice],
}

/// Switches a slot on or off, or chooses another product, on the customer's behalf; tells the maker if anything changed.
/// A customer who chooses a product, or switches reordering on, agrees to the price that the page showed.
///
/// # Errors
/// [`Error::BadChoice`] for a slot or product that the model does not offer, [`Error::InvalidToken`] when the
/// registration ended meanwhile, [`Error::Unavailable`].
pub async fn change(app: &App, caller: &Caller, slot: &str, change: SlotChange<'_>) -> Result<()> {
    let now = app.now();
    let command = Change {
        shard: caller.shard,
        device: caller.device.clone(),
        slot: SlotId::parse(slot).map_err(Error::malformed)?,
        asin: change.asin.map(Asin::parse).transpose().map_err(Error::malformed)?,
        on: change.on,
        shown: change.shown.to_vec(),
        stamp: Stamp::draw(app, now),
        now,
    };
    match app.db.write(command).await? {
        Changed::Done => Ok(()),
        Changed::NotOffered => Err(BadChoice::NotOffered.into()),
        Changed::NoProduct => Err(BadChoice::NothingToOrder.into()),
        Changed::Gone => Err(Error::InvalidToken),
    }
}

struct Change {
    shard: i64,
    device: Device,
    slot: SlotId,
    asin: Option<Asin>,
    on: bool,
    shown: Vec<ShownPrice>,
    stamp: Stamp,
    now: Time,
}

enum Changed {
    Done,
    NotOffered,
    NoProduct,
    Gone,
}

impl Write for Change {
    type Out = Changed;
    fn key(&self) -> u64 {
        crate::device::key(self.device.model, &self.device.serial)
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<Changed> {
        let found = subscription::lock(tx, self.shard, self.device.id, &self.slot).await?;
        match device::lock(tx, self.shard, self.device.id).await? {
            Some(device) if device.deregistered_at.is_none() => {}
            _ => return Ok(Changed::Gone),
        }
        let slots = model::slots(tx, self.device.model).await?;
        let Some(slot) = slots.into_iter().find(|slot| slot.id == self.slot) else { return Ok(Changed::NotOffered) };
        let mut sub = found.unwrap_or_else(|| Subscription::none(slot.id));
        // Without a product named, the slot keeps the one it has.
        let asin = self.asin.clone().or_else(|| sub.asin.clone());
        match &asin {
            Some(asin) if !slot.products.contains(asin) && sub.asin.as_ref() != Some(asin) => {
                return Ok(Changed::NotOffered);
            }
            None if self.on => return Ok(Changed::NoProduct),
            _ => {}
        }
        let before = sub.clone();
        let changed = sub.choose(asin, self.on);
        if self.on || before.asin != sub.asin {
            self.agree(tx, &mut sub).await?;
        }
        if sub != before {
            subscription::put(tx, self.shard, self.device.id, &sub).await?;
            self.keep_up(tx, &sub).await?;
        }
        if changed {
            let facts = Facts::Subscription(subscription::told(tx, self.shard, self.device.id).await?);
            let event = Event::new(self.stamp.event, self.now, &self.device, facts);
            delivery::tell(tx, self.shard, &self.device, &event, self.stamp.first).await?;
            crate::mail::subscribed(tx, self.shard, &self.device, (self.stamp, self.now)).await?;
        }
        Ok(Changed::Done)
    }
}

impl Change {
    /// The price that was shown is the one agreed to. Where none was, an earlier agreement holds, or else today's price.
    async fn agree(&self, tx: &mut Tx<'_>, sub: &mut Subscription) -> opendrs_store::Result<()> {
        let Some(asin) = &sub.asin else { return Ok(()) };
        if let Some(product) = product::by_asin(tx, asin).await? {
            match price::agreed(&product, &self.shown) {
                Some(price) => sub.agree(price, self.now),
                None if sub.agreed_price().is_none() => sub.agree(product.price, self.now),
                None => {}
            }
        }
        Ok(())
    }

    /// What is chosen replaces nothing any more; a held order is for it, and judged by its price, from now on.
    async fn keep_up(&self, tx: &mut Tx<'_>, sub: &Subscription) -> opendrs_store::Result<()> {
        let mut rules = rule::get(tx, self.shard, self.device.id, &sub.slot).await?;
        if rules.substitutes.iter().any(|asin| Some(asin) == sub.asin.as_ref()) {
            rules.substitutes.retain(|asin| Some(asin) != sub.asin.as_ref());
            rules.substitute_prices.retain(|agreed| Some(&agreed.asin) != sub.asin.as_ref());
            rule::put(tx, self.shard, self.device.id, &sub.slot, &rules).await?;
        }
        crate::rule::look_again(tx, self.shard, self.device.id, sub.open_order, self.now).await
    }
}
