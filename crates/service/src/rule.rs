//! The customer's slot rules: changed on the settings page, applied whenever an order is decided.

use crate::token::DeviceCaller;
use crate::{App, Error, FormError, Result};
use opendrs_domain::device::{Device, DeviceRef};
use opendrs_domain::fault;
use opendrs_domain::id::OrderId;
use opendrs_domain::language::Language;
use opendrs_domain::money::Money;
use opendrs_domain::order::{Order, OrderItem, OrderProblem};
use opendrs_domain::product::Product;
use opendrs_domain::rule::{RuleContext, RuleDecision, RuleForm, SkippedOrder, SlotRules, apply_rules};
use opendrs_domain::subscription::{AgreedPrice, Subscription};
use opendrs_domain::text::{Asin, SlotId};
use opendrs_domain::time::Time;
use opendrs_store::rule::OrderInputs;
use opendrs_store::{Command, Tx, device, model, order as orders, product, rule, subscription};

/// The inputs for the decision about an order.
pub(crate) struct OrderCheck<'a> {
    pub(crate) shard: i64,
    pub(crate) device: &'a Device,
    pub(crate) slot: &'a SlotId,
    pub(crate) order: OrderId,
    pub(crate) has_address: bool,
    /// The price that the customer approved for this order.
    pub(crate) approved_price: Option<&'a Money>,
    /// The planned fault, on a test server.
    pub(crate) planned_fault: Option<fault::OrderFault>,
    /// By how many per cent it may exceed the price agreed, where its customer has no highest price.
    pub(crate) ask_above: u32,
    pub(crate) now: Time,
}

/// The decision about an order at this moment.
pub(crate) struct OrderDecision {
    /// The product to order; `None` when the catalogue has none of those allowed.
    pub(crate) product: Option<Product>,
    /// The problem that keeps it from being placed.
    pub(crate) problem: Option<OrderProblem>,
    /// The end of the customer's pause, if there is one now.
    pub(crate) paused_until: Option<Time>,
}

/// Decides which product is ordered now, and which problem keeps the order from being placed.
pub(crate) async fn decide_order(
    tx: &mut Tx<'_>,
    asked: &OrderCheck<'_>,
    OrderInputs { terms, product }: OrderInputs,
) -> opendrs_store::Result<OrderDecision> {
    let OrderCheck {
        shard,
        device,
        slot,
        order,
        has_address,
        approved_price: approved,
        planned_fault: fault,
        ask_above,
        now,
    } = *asked;
    let rules = &terms.rules;
    let mut products = Vec::from_iter(product);
    // A customer who approved one product gets that one. A test order's product is never out of stock.
    let replaceable = approved.is_none() && !device.test && products.iter().all(|p| !p.available);
    for asin in rules.substitutes.iter().filter(|_| replaceable) {
        products.extend(product::find_by_asin(tx, asin).await?);
    }
    for product in &mut products {
        match fault {
            Some(fault::OrderFault::OutOfStock) => product.available = false,
            Some(fault::OrderFault::PriceIncrease(percent)) => product.price = product.price.plus_percent(percent),
            Some(fault::OrderFault::PaymentDeclined) | None => {}
        }
    }
    let recent = match rules.limit {
        Some(limit) => orders::count_recent(tx, device.in_shard(shard), slot, now - limit.period()).await?,
        None => 0,
    };
    let recent = u32::try_from(recent).unwrap_or(u32::MAX);
    let test = device.test;
    let situation = RuleContext {
        order,
        test,
        has_address,
        products: &products,
        recent_orders: recent,
        approved_price: approved,
        price_tolerance_percent: ask_above,
        now,
    };
    let RuleDecision { product_index: at, problem, paused_until } = apply_rules(&terms, &situation);
    // An order that is held for another problem has no price problem.
    let problem =
        problem.or((fault == Some(fault::OrderFault::PaymentDeclined)).then_some(OrderProblem::PaymentFailed));
    let product = (at < products.len()).then(|| products.swap_remove(at));
    Ok(OrderDecision { product, problem, paused_until })
}

/// A slot whose rules may be changed.
pub(crate) struct LockedSlot {
    /// The subscription, if there ever was a choice.
    pub(crate) subscription: Option<Subscription>,
}

/// Locks a slot for a change of its rules: its subscription, its open order, and the device, in the order in which every
/// transaction locks them. `None` if the registration ended, or has another owner by now.
pub(crate) async fn lock_slot(
    tx: &mut Tx<'_>,
    (shard, device): (i64, &Device),
    slot: &SlotId,
) -> opendrs_store::Result<Option<LockedSlot>> {
    let subscription = subscription::lock(tx, device.in_shard(shard), slot).await?;
    if let Some(open) = subscription.as_ref().and_then(|sub| sub.open_order) {
        orders::lock(tx, device.in_shard(shard), open).await?;
    }
    let found = device::lock(tx, device.in_shard(shard)).await?;
    let is_owned = found.is_some_and(|found| found.deregistered_at.is_none() && found.customer == device.customer);
    Ok(is_owned.then_some(LockedSlot { subscription }))
}

/// Changes the rules of a slot. A held order is checked again with the new rules.
///
/// # Errors
/// [`Error::InvalidForm`] states what is wrong with the rules; [`Error::InvalidToken`] when the registration ended
/// meanwhile, [`Error::Unavailable`].
pub async fn set_rules(
    app: &App,
    caller: &DeviceCaller,
    slot: &str,
    (typed, language): (RuleForm<'_>, Language),
    substitutes: &[&str],
) -> Result<()> {
    let slot = SlotId::parse(slot).map_err(Error::malformed)?;
    let substitutes = substitutes.iter().map(|text| Asin::parse(text));
    let substitutes: Vec<_> = substitutes.collect::<Result<_, _>>().map_err(Error::malformed)?;
    let (chosen, price) = {
        let mut reader = app.db.reader().await?;
        let mut tx = reader.tx()?;
        let subs = subscription::list_by_device(&mut tx, caller.device_ref()).await?;
        let sub = subs.into_iter().find(|sub| sub.slot == slot).ok_or(FormError::NoProductForRules)?;
        let asin = sub.asin.clone().ok_or(FormError::NoProductForRules)?;
        let listed = product::find_by_asin(&mut tx, &asin).await?.ok_or(FormError::NoProductForRules)?;
        (asin, sub.agreed_price().map_or(listed.price, |agreed| agreed.price.clone()))
    };
    let rules = SlotRules::parse_form(typed, language, &price.currency, substitutes, app.now());
    let rules = rules.map_err(FormError::InvalidRule)?;
    let command =
        SaveSlotRules { shard: caller.shard, device: caller.device.clone(), slot, chosen, rules, now: app.now() };
    app.db.write(command).await?
}

/// Skips the next order of a slot, or takes that back. An order that is held because it is skipped is then checked again.
///
/// # Errors
/// [`Error::InvalidForm`] if no product is chosen for the slot, or the device is a test device; [`Error::InvalidToken`] when the registration ended
/// meanwhile, [`Error::Unavailable`].
pub async fn set_skip(app: &App, caller: &DeviceCaller, slot: &str, skip: bool) -> Result<()> {
    if caller.device.test {
        return Err(FormError::NotReordered.into());
    }
    let slot = SlotId::parse(slot).map_err(Error::malformed)?;
    let (shard, device, now) = (caller.shard, caller.device.clone(), app.now());
    app.db.write(SaveSkip { shard, device, slot, skip, now }).await?
}

struct SaveSkip {
    shard: i64,
    device: Device,
    slot: SlotId,
    skip: bool,
    now: Time,
}

impl Command for SaveSkip {
    type Output = Result<()>;
    fn ordering_key(&self) -> u64 {
        crate::ordering_key::for_device(&self.device)
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<Self::Output> {
        let device = self.device.in_shard(self.shard);
        let Some(locked) = lock_slot(tx, (self.shard, &self.device), &self.slot).await? else {
            return Ok(Err(Error::InvalidToken));
        };
        let Some(sub) = locked.subscription.filter(|sub| sub.asin.is_some()) else {
            return Ok(Err(FormError::NoProductForRules.into()));
        };
        let rules = rule::find(tx, device, &self.slot).await?;
        let rules = SlotRules { skip: self.skip.then_some(SkippedOrder::Next), ..rules };
        rule::upsert(tx, device, &self.slot, &rules).await?;
        recheck_now(tx, device, sub.open_order, self.now).await?;
        Ok(Ok(()))
    }
}

struct SaveSlotRules {
    shard: i64,
    device: Device,
    slot: SlotId,
    chosen: Asin,
    rules: SlotRules,
    now: Time,
}

impl Command for SaveSlotRules {
    type Output = Result<()>;
    fn ordering_key(&self) -> u64 {
        crate::ordering_key::for_device(&self.device)
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<Self::Output> {
        let Some(LockedSlot { subscription: sub }) = lock_slot(tx, (self.shard, &self.device), &self.slot).await?
        else {
            return Ok(Err(Error::InvalidToken));
        };
        let slots = model::list_slots(tx, self.device.model).await?;
        let offered = slots.into_iter().find(|slot| slot.id == self.slot).map(|slot| slot.products).unwrap_or_default();
        let mut rules = self.rules.clone();
        rules.substitutes.retain(|asin| *asin != self.chosen);
        if !rules.substitutes.iter().all(|asin| offered.contains(asin)) {
            return Ok(Err(FormError::ProductNotOffered.into()));
        }
        let before = rule::find(tx, self.device.in_shard(self.shard), &self.slot).await?;
        let mut shown = Vec::with_capacity(rules.substitutes.len());
        for asin in &rules.substitutes {
            let listed = product::find_by_asin(tx, asin).await?;
            let at = Some(self.now);
            shown.extend(listed.map(|listed| AgreedPrice { asin: listed.asin, price: listed.price, at }));
        }
        rules.set_substitute_prices(&before, &shown);
        rules.skip = before.skip;
        rule::upsert(tx, self.device.in_shard(self.shard), &self.slot, &rules).await?;
        let held = sub.and_then(|sub| sub.open_order);
        recheck_now(tx, self.device.in_shard(self.shard), held, self.now).await?;
        Ok(Ok(()))
    }
}

/// Records the price at which a customer approved an order as the price agreed for its product. The slot must still
/// reorder the product, or allow it as a substitute.
pub(crate) async fn record_approval(
    tx: &mut Tx<'_>,
    device: DeviceRef,
    sub: Option<&Subscription>,
    (item, now): (&OrderItem, Time),
) -> opendrs_store::Result<()> {
    let Some(sub) = sub else { return Ok(()) };
    if sub.asin.as_ref() == Some(&item.asin) {
        let mut sub = sub.clone();
        sub.record_agreed_price(item.price.clone(), now);
        return subscription::upsert(tx, device, &sub).await;
    }
    let mut rules = rule::find(tx, device, &sub.slot).await?;
    if rules.substitutes.contains(&item.asin) {
        rules.substitute_prices.retain(|agreed| agreed.asin != item.asin);
        let (asin, price) = (item.asin.clone(), item.price.clone());
        rules.substitute_prices.push(AgreedPrice { asin, price, at: Some(now) });
        rule::upsert(tx, device, &sub.slot, &rules).await?;
    }
    Ok(())
}

/// Makes a held order due for a check immediately, because its problem may have changed. The caller has locked the
/// slot's subscription.
pub(crate) async fn recheck_now(
    tx: &mut Tx<'_>,
    device: DeviceRef,
    open: Option<OrderId>,
    now: Time,
) -> opendrs_store::Result<()> {
    let Some(id) = open else { return Ok(()) };
    let Some(mut found) = orders::lock(tx, device, id).await? else { return Ok(()) };
    let before: Order = found.clone();
    found.recheck_now(now);
    if found != before {
        orders::save(tx, device.shard, &found).await?;
    }
    Ok(())
}
