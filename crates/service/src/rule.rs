//! The customer's rules: changed on the settings page, kept whenever an order is to be placed.

use crate::token::DeviceCaller;
use crate::{App, Error, FormError, Result};
use opendrs_domain::device::Device;
use opendrs_domain::fault;
use opendrs_domain::id::{DeviceId, OrderId};
use opendrs_domain::language::Language;
use opendrs_domain::money::Money;
use opendrs_domain::order::{Order, OrderItem, OrderProblem};
use opendrs_domain::product::Product;
use opendrs_domain::rule::{RuleContext, RuleDecision, RuleForm, SlotRules, apply_rules};
use opendrs_domain::subscription::{AgreedPrice, Subscription};
use opendrs_domain::text::{Asin, SlotId};
use opendrs_domain::time::Time;
use opendrs_store::rule::OrderInputs;
use opendrs_store::{Command, Tx, device, model, order, product, rule, subscription};

/// An order that is to be placed.
pub(crate) struct OrderCheck<'a> {
    pub(crate) shard: i64,
    pub(crate) device: &'a Device,
    pub(crate) slot: &'a SlotId,
    pub(crate) has_address: bool,
    /// The price they agreed to for this order.
    pub(crate) approved_price: Option<&'a Money>,
    /// What is to go wrong, on a server for tests.
    pub(crate) planned_fault: Option<fault::OrderFault>,
    /// How many per cent dearer than agreed it may be where its customer has no highest price.
    pub(crate) ask_above: u32,
    pub(crate) now: Time,
}

/// What an order comes to at this moment.
pub(crate) struct OrderDecision {
    /// What is ordered; nothing when the catalogue no longer has any of it.
    pub(crate) product: Option<Product>,
    /// What keeps it from being placed.
    pub(crate) problem: Option<OrderProblem>,
    /// When its owner wants orders again, if they want none now.
    pub(crate) paused_until: Option<Time>,
}

/// Which product is ordered at this moment, and what keeps the order from being placed.
pub(crate) async fn decide_order(
    tx: &mut Tx<'_>,
    asked: &OrderCheck<'_>,
    OrderInputs { terms, product }: OrderInputs,
) -> opendrs_store::Result<OrderDecision> {
    let OrderCheck { shard, device, slot, has_address, approved_price: approved, planned_fault: fault, ask_above, now } =
        *asked;
    let rules = &terms.rules;
    let mut products = Vec::from_iter(product);
    // Who was asked about one product gets that one; and a test order's product is never short.
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
        Some(limit) => order::count_recent(tx, shard, device.id, slot, now - limit.period()).await?,
        None => 0,
    };
    let recent = u32::try_from(recent).unwrap_or(u32::MAX);
    let test = device.test;
    let situation = RuleContext {
        test,
        has_address,
        products: &products,
        recent_orders: recent,
        approved_price: approved,
        price_tolerance_percent: ask_above,
        now,
    };
    let RuleDecision { product_index: at, problem, paused_until } = apply_rules(&terms, &situation);
    // Nobody pays for what is held for another reason.
    let problem =
        problem.or((fault == Some(fault::OrderFault::PaymentDeclined)).then_some(OrderProblem::PaymentFailed));
    let product = (at < products.len()).then(|| products.swap_remove(at));
    Ok(OrderDecision { product, problem, paused_until })
}

/// Changes a slot's rules; an order that is held is looked at again with the new ones.
///
/// # Errors
/// [`Error::InvalidForm`] says what is wrong with the rules; [`Error::InvalidToken`] when the registration ended
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
        let subs = subscription::list_by_device(&mut tx, caller.shard, caller.device.id).await?;
        let sub = subs.into_iter().find(|sub| sub.slot == slot).ok_or(FormError::NoProductForRules)?;
        let asin = sub.asin.clone().ok_or(FormError::NoProductForRules)?;
        let listed = product::find_by_asin(&mut tx, &asin).await?.ok_or(FormError::NoProductForRules)?;
        (asin, sub.agreed_price().map_or(listed.price, |agreed| agreed.price.clone()))
    };
    let rules = SlotRules::parse_form(typed, language, &price.currency, substitutes).map_err(FormError::InvalidRule)?;
    let command =
        SaveSlotRules { shard: caller.shard, device: caller.device.clone(), slot, chosen, rules, now: app.now() };
    app.db.write(command).await?
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
        crate::ordering_key::for_unit(self.device.model, &self.device.serial)
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<Self::Output> {
        let sub = subscription::lock(tx, self.shard, self.device.id, &self.slot).await?;
        match device::lock(tx, self.shard, self.device.id).await? {
            Some(device) if device.deregistered_at.is_none() => {}
            _ => return Ok(Err(Error::InvalidToken)),
        }
        let slots = model::list_slots(tx, self.device.model).await?;
        let offered = slots.into_iter().find(|slot| slot.id == self.slot).map(|slot| slot.products).unwrap_or_default();
        let mut rules = self.rules.clone();
        rules.substitutes.retain(|asin| *asin != self.chosen);
        if !rules.substitutes.iter().all(|asin| offered.contains(asin)) {
            return Ok(Err(FormError::ProductNotOffered.into()));
        }
        let before = rule::find(tx, self.shard, self.device.id, &self.slot).await?;
        let mut shown = Vec::with_capacity(rules.substitutes.len());
        for asin in &rules.substitutes {
            let listed = product::find_by_asin(tx, asin).await?;
            let at = Some(self.now);
            shown.extend(listed.map(|listed| AgreedPrice { asin: listed.asin, price: listed.price, at }));
        }
        rules.set_substitute_prices(&before, &shown);
        rule::upsert(tx, self.shard, self.device.id, &self.slot, &rules).await?;
        let held = sub.and_then(|sub| sub.open_order);
        recheck_now(tx, self.shard, self.device.id, held, self.now).await?;
        Ok(Ok(()))
    }
}

/// Keeps the price at which a customer approved an order as the one agreed for its product, if their slot still reorders
/// it or may replace what it reorders by it.
pub(crate) async fn record_approval(
    tx: &mut Tx<'_>,
    (shard, device): (i64, DeviceId),
    sub: Option<&Subscription>,
    (item, now): (&OrderItem, Time),
) -> opendrs_store::Result<()> {
    let Some(sub) = sub else { return Ok(()) };
    if sub.asin.as_ref() == Some(&item.asin) {
        let mut sub = sub.clone();
        sub.record_agreed_price(item.price.clone(), now);
        return subscription::upsert(tx, shard, device, &sub).await;
    }
    let mut rules = rule::find(tx, shard, device, &sub.slot).await?;
    if rules.substitutes.contains(&item.asin) {
        rules.substitute_prices.retain(|agreed| agreed.asin != item.asin);
        let (asin, price) = (item.asin.clone(), item.price.clone());
        rules.substitute_prices.push(AgreedPrice { asin, price, at: Some(now) });
        rule::upsert(tx, shard, device, &sub.slot, &rules).await?;
    }
    Ok(())
}

/// Lets an order that is held be looked at at once, since what it is held for may have changed. The slot's subscription
/// is locked by the caller.
pub(crate) async fn recheck_now(
    tx: &mut Tx<'_>,
    shard: i64,
    device: DeviceId,
    open: Option<OrderId>,
    now: Time,
) -> opendrs_store::Result<()> {
    let Some(id) = open else { return Ok(()) };
    let Some(mut found) = order::lock(tx, shard, device, id).await? else { return Ok(()) };
    let before: Order = found.clone();
    found.recheck_now(now);
    if found != before {
        order::save(tx, shard, &found).await?;
    }
    Ok(())
}
