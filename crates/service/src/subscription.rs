//! Subscriptions: what each slot reorders. Devices read them, and customers change them.

use crate::mail::queue;
use crate::notification::{EventIds, record_event};
use crate::price::{self, ShownPrice};
use crate::token::{DeviceCaller, DeviceToken};
use crate::{App, Error, FastPath, FormError, Result};
use opendrs_domain::device::Device;
use opendrs_domain::language::Language;
use opendrs_domain::model::{Model, Slot};
use opendrs_domain::notification::{Event, EventFacts, SlotInfo};
use opendrs_domain::product::Product;
use opendrs_domain::rule::SlotRules;
use opendrs_domain::subscription::Subscription;
use opendrs_domain::text::{Asin, SlotId};
use opendrs_domain::time::Time;
use opendrs_store::{Command, Tx, device, model, product, rule, subscription};

/// SubscriptionInfo: every slot of the caller's model, in the model's order.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn list_for_device(app: &App, caller: &DeviceCaller) -> Result<Vec<SlotInfo>> {
    let mut reader = app.db.reader().await?;
    Ok(subscription::list_slots(&mut reader.tx()?, caller.device_ref()).await?)
}

/// The fast path of [`list_for_device`]: one read by a token, for a call in which everything is valid.
/// With [`FastPath::Recheck`], [`crate::token::authenticate_device`] finds out what is not.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn list_by_token(app: &App, token: &DeviceToken<'_>) -> Result<FastPath<Vec<SlotInfo>>> {
    let Some(access) = token.accepted_version() else { return Ok(FastPath::Recheck) };
    let mut reader = app.db.reader().await?;
    let found = subscription::list_slots_for_token(&mut reader.autocommit()?, token.device, access).await?;
    Ok(found.into())
}

/// A slot as the settings page and the sign-up pages show it.
#[derive(Clone, Debug)]
pub struct SlotView {
    /// The slot.
    pub slot: Slot,
    /// The products it offers, in their order.
    pub products: Vec<Product>,
    /// The present subscription.
    pub subscription: Option<Subscription>,
    /// The customer's rules for it.
    pub rules: SlotRules,
}

impl SlotView {
    /// The slot with its texts, and those of its products, for customers who read a language.
    #[must_use]
    pub fn in_language(self, language: Language) -> Self {
        let products = self.products.into_iter().map(|product| product.in_language(language)).collect();
        Self { slot: self.slot.in_language(language), products, ..self }
    }
}

/// The slots of a model with their products and, for a device, their subscriptions.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn list_slot_views(app: &App, of: &Model, device: Option<(i64, &Device)>) -> Result<Vec<SlotView>> {
    let mut reader = app.db.reader().await?;
    let mut tx = reader.tx()?;
    let (subs, mut rules) = match device {
        Some((shard, device)) => (
            subscription::list_by_device(&mut tx, device.in_shard(shard)).await?,
            rule::list_by_device(&mut tx, device.in_shard(shard)).await?,
        ),
        None => (Vec::new(), Vec::new()),
    };
    let mut views = Vec::new();
    for slot in model::list_slots(&mut tx, of.id).await? {
        let mut products = Vec::with_capacity(slot.products.len());
        for asin in &slot.products {
            products.extend(product::find_by_asin(&mut tx, asin).await?);
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
    pub reorder: bool,
    /// The prices on the page.
    pub shown_prices: &'a [ShownPrice],
}

/// Switches a slot on or off, or chooses another product, for the customer. If anything changed, an event is recorded.
/// A customer who chooses a product, or switches reordering on, agrees to the price on the page.
///
/// # Errors
/// [`Error::InvalidForm`] for a slot or product that the model does not offer, [`Error::InvalidToken`] when the
/// registration ended meanwhile, [`Error::Unavailable`].
pub async fn change_slot(app: &App, caller: &DeviceCaller, slot: &str, change: SlotChange<'_>) -> Result<()> {
    let now = app.now();
    let command = ChangeSlot {
        shard: caller.shard,
        device: caller.device.clone(),
        slot: SlotId::parse(slot).map_err(Error::malformed)?,
        asin: change.asin.map(Asin::parse).transpose().map_err(Error::malformed)?,
        reorder: change.reorder,
        shown_prices: change.shown_prices.to_vec(),
        event_ids: EventIds::allocate(app, now),
        now,
    };
    match app.db.write(command).await? {
        ChangeSlotOutcome::Done => Ok(()),
        ChangeSlotOutcome::NotOffered => Err(FormError::ProductNotOffered.into()),
        ChangeSlotOutcome::NoProduct => Err(FormError::NoProductToOrder.into()),
        ChangeSlotOutcome::Deregistered => Err(Error::InvalidToken),
    }
}

struct ChangeSlot {
    shard: i64,
    device: Device,
    slot: SlotId,
    asin: Option<Asin>,
    reorder: bool,
    shown_prices: Vec<ShownPrice>,
    event_ids: EventIds,
    now: Time,
}

enum ChangeSlotOutcome {
    Done,
    NotOffered,
    NoProduct,
    Deregistered,
}

impl Command for ChangeSlot {
    type Output = ChangeSlotOutcome;
    fn ordering_key(&self) -> u64 {
        crate::ordering_key::for_device(&self.device)
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<ChangeSlotOutcome> {
        let found = subscription::lock(tx, self.device.in_shard(self.shard), &self.slot).await?;
        match device::lock(tx, self.device.in_shard(self.shard)).await? {
            Some(device) if device.deregistered_at.is_none() => {}
            _ => return Ok(ChangeSlotOutcome::Deregistered),
        }
        let slots = model::list_slots(tx, self.device.model).await?;
        let Some(slot) = slots.into_iter().find(|slot| slot.id == self.slot) else {
            return Ok(ChangeSlotOutcome::NotOffered);
        };
        let mut sub = found.unwrap_or_else(|| Subscription::empty(slot.id));
        // Without a product in the change, the slot keeps the one it has.
        let asin = self.asin.clone().or_else(|| sub.asin.clone());
        match &asin {
            Some(asin) if !slot.products.contains(asin) && sub.asin.as_ref() != Some(asin) => {
                return Ok(ChangeSlotOutcome::NotOffered);
            }
            None if self.reorder => return Ok(ChangeSlotOutcome::NoProduct),
            _ => {}
        }
        let before = sub.clone();
        let changed = sub.set_choice(asin, self.reorder);
        if self.reorder || before.asin != sub.asin {
            self.agree_to_price(tx, &mut sub).await?;
        }
        if sub != before {
            subscription::upsert(tx, self.device.in_shard(self.shard), &sub).await?;
            self.update_rules_and_order(tx, &sub).await?;
        }
        if changed {
            let facts = EventFacts::Subscription(subscription::list_slots(tx, self.device.in_shard(self.shard)).await?);
            let event = Event::new(self.event_ids.event_id, self.now, &self.device, facts);
            record_event(tx, self.shard, &self.device, &event, self.event_ids.first_message_id).await?;
            queue::enqueue_subscriptions(tx, self.shard, &self.device, self.event_ids.at(self.now)).await?;
        }
        Ok(ChangeSlotOutcome::Done)
    }
}

impl ChangeSlot {
    /// The price on the page is the price agreed. If the page showed none, an earlier agreement holds, or else today's
    /// price.
    async fn agree_to_price(&self, tx: &mut Tx<'_>, sub: &mut Subscription) -> opendrs_store::Result<()> {
        let Some(asin) = &sub.asin else { return Ok(()) };
        if let Some(product) = product::find_by_asin(tx, asin).await? {
            match price::price_agreed_to(&product, &self.shown_prices) {
                Some(price) => sub.record_agreed_price(price, self.now),
                None if sub.agreed_price().is_none() => sub.record_agreed_price(product.price, self.now),
                None => {}
            }
        }
        Ok(())
    }

    /// The chosen product is no longer a substitute. A held order is for the chosen product, and decided by its price,
    /// from now on.
    async fn update_rules_and_order(&self, tx: &mut Tx<'_>, sub: &Subscription) -> opendrs_store::Result<()> {
        let mut rules = rule::find(tx, self.device.in_shard(self.shard), &sub.slot).await?;
        if rules.substitutes.iter().any(|asin| Some(asin) == sub.asin.as_ref()) {
            rules.substitutes.retain(|asin| Some(asin) != sub.asin.as_ref());
            rules.substitute_prices.retain(|agreed| Some(&agreed.asin) != sub.asin.as_ref());
            rule::upsert(tx, self.device.in_shard(self.shard), &sub.slot, &rules).await?;
        }
        crate::rule::recheck_now(tx, self.device.in_shard(self.shard), sub.open_order, self.now).await
    }
}
