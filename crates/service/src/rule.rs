//! The customer's rules: changed on the settings page, kept whenever an order is to be placed.

use crate::token::Caller;
use crate::{App, BadChoice, Error, Result};
use opendrs_domain::device::Device;
use opendrs_domain::fault;
use opendrs_domain::id::{DeviceId, OrderId};
use opendrs_domain::language::Language;
use opendrs_domain::money::Money;
use opendrs_domain::order::{Item, Order, Problem};
use opendrs_domain::product::Product;
use opendrs_domain::rule::{Rules, Situation, Typed, Verdict, decide};
use opendrs_domain::subscription::{AgreedPrice, Subscription};
use opendrs_domain::text::{Asin, SlotId};
use opendrs_domain::time::Time;
use opendrs_store::rule::Grounds;
use opendrs_store::{Tx, Write, device, model, order, product, rule, subscription};

/// An order that is to be placed.
pub(crate) struct Asked<'a> {
    pub(crate) shard: i64,
    pub(crate) device: &'a Device,
    pub(crate) slot: &'a SlotId,
    pub(crate) has_address: bool,
    /// The price they agreed to for this order.
    pub(crate) approved: Option<&'a Money>,
    /// What is to go wrong, on a server for tests.
    pub(crate) fault: Option<fault::Order>,
    /// How many per cent dearer than agreed it may be where its customer has no highest price.
    pub(crate) ask_above: u32,
    pub(crate) now: Time,
}

/// What an order comes to at this moment.
pub(crate) struct Judged {
    /// What is ordered; nothing when the catalogue no longer has any of it.
    pub(crate) product: Option<Product>,
    /// What keeps it from being placed.
    pub(crate) problem: Option<Problem>,
    /// When its owner wants orders again, if they want none now.
    pub(crate) paused_until: Option<Time>,
}

/// Which product is ordered at this moment, and what keeps the order from being placed.
pub(crate) async fn judge(
    tx: &mut Tx<'_>,
    asked: &Asked<'_>,
    Grounds { terms, product }: Grounds,
) -> opendrs_store::Result<Judged> {
    let Asked { shard, device, slot, has_address, approved, fault, ask_above, now } = *asked;
    let rules = &terms.rules;
    let mut products = Vec::from_iter(product);
    // Who was asked about one product gets that one; and a test order's product is never short.
    let replaceable = approved.is_none() && !device.test && products.iter().all(|p| !p.available);
    for asin in rules.substitutes.iter().filter(|_| replaceable) {
        products.extend(product::by_asin(tx, asin).await?);
    }
    for product in &mut products {
        match fault {
            Some(fault::Order::OutOfStock) => product.available = false,
            Some(fault::Order::Dearer(percent)) => product.price = product.price.dearer(percent),
            Some(fault::Order::Declined) | None => {}
        }
    }
    let recent = match rules.limit {
        Some(limit) => order::recent(tx, shard, device.id, slot, now - limit.period()).await?,
        None => 0,
    };
    let recent = u32::try_from(recent).unwrap_or(u32::MAX);
    let test = device.test;
    let situation = Situation { test, has_address, products: &products, recent, approved, ask_above, now };
    let Verdict { at, problem, paused_until } = decide(&terms, &situation);
    // Nobody pays for what is held for another reason.
    let problem = problem.or((fault == Some(fault::Order::Declined)).then_some(Problem::Payment));
    let product = (at < products.len()).then(|| products.swap_remove(at));
    Ok(Judged { product, problem, paused_until })
}

/// Changes a slot's rules; an order that is held is looked at again with the new ones.
///
/// # Errors
/// [`Error::BadChoice`] says what is wrong with the rules; [`Error::InvalidToken`] when the registration ended
/// meanwhile, [`Error::Unavailable`].
pub async fn set(
    app: &App,
    caller: &Caller,
    slot: &str,
    (typed, language): (Typed<'_>, Language),
    substitutes: &[&str],
) -> Result<()> {
    let slot = SlotId::parse(slot).map_err(Error::malformed)?;
    let substitutes = substitutes.iter().map(|text| Asin::parse(text));
    let substitutes: Vec<_> = substitutes.collect::<Result<_, _>>().map_err(Error::malformed)?;
    let (chosen, price) = {
        let mut reader = app.db.reader().await?;
        let mut tx = reader.tx()?;
        let subs = subscription::of_device(&mut tx, caller.shard, caller.device.id).await?;
        let sub = subs.into_iter().find(|sub| sub.slot == slot).ok_or(BadChoice::NothingToRule)?;
        let asin = sub.asin.clone().ok_or(BadChoice::NothingToRule)?;
        let listed = product::by_asin(&mut tx, &asin).await?.ok_or(BadChoice::NothingToRule)?;
        (asin, sub.agreed_price().map_or(listed.price, |agreed| agreed.price.clone()))
    };
    let rules = Rules::read(typed, language, &price.currency, substitutes).map_err(BadChoice::Rule)?;
    let command = Set { shard: caller.shard, device: caller.device.clone(), slot, chosen, rules, now: app.now() };
    app.db.write(command).await?
}

struct Set {
    shard: i64,
    device: Device,
    slot: SlotId,
    chosen: Asin,
    rules: Rules,
    now: Time,
}

impl Write for Set {
    type Out = Result<()>;
    fn key(&self) -> u64 {
        crate::device::key(self.device.model, &self.device.serial)
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<Self::Out> {
        let sub = subscription::lock(tx, self.shard, self.device.id, &self.slot).await?;
        match device::lock(tx, self.shard, self.device.id).await? {
            Some(device) if device.deregistered_at.is_none() => {}
            _ => return Ok(Err(Error::InvalidToken)),
        }
        let slots = model::slots(tx, self.device.model).await?;
        let offered = slots.into_iter().find(|slot| slot.id == self.slot).map(|slot| slot.products).unwrap_or_default();
        let mut rules = self.rules.clone();
        rules.substitutes.retain(|asin| *asin != self.chosen);
        if !rules.substitutes.iter().all(|asin| offered.contains(asin)) {
            return Ok(Err(BadChoice::NotOffered.into()));
        }
        let before = rule::get(tx, self.shard, self.device.id, &self.slot).await?;
        let mut shown = Vec::with_capacity(rules.substitutes.len());
        for asin in &rules.substitutes {
            let listed = product::by_asin(tx, asin).await?;
            let at = Some(self.now);
            shown.extend(listed.map(|listed| AgreedPrice { asin: listed.asin, price: listed.price, at }));
        }
        rules.name_substitutes(&before, &shown);
        rule::put(tx, self.shard, self.device.id, &self.slot, &rules).await?;
        let held = sub.and_then(|sub| sub.open_order);
        look_again(tx, self.shard, self.device.id, held, self.now).await?;
        Ok(Ok(()))
    }
}

/// Keeps the price at which a customer approved an order as the one agreed for its product, if their slot still reorders
/// it or may replace what it reorders by it.
pub(crate) async fn approved(
    tx: &mut Tx<'_>,
    (shard, device): (i64, DeviceId),
    sub: Option<&Subscription>,
    (item, now): (&Item, Time),
) -> opendrs_store::Result<()> {
    let Some(sub) = sub else { return Ok(()) };
    if sub.asin.as_ref() == Some(&item.asin) {
        let mut sub = sub.clone();
        sub.agree(item.price.clone(), now);
        return subscription::put(tx, shard, device, &sub).await;
    }
    let mut rules = rule::get(tx, shard, device, &sub.slot).await?;
    if rules.substitutes.contains(&item.asin) {
        rules.substitute_prices.retain(|agreed| agreed.asin != item.asin);
        let (asin, price) = (item.asin.clone(), item.price.clone());
        rules.substitute_prices.push(AgreedPrice { asin, price, at: Some(now) });
        rule::put(tx, shard, device, &sub.slot, &rules).await?;
    }
    Ok(())
}

/// Lets an order that is held be looked at at once, since what it is held for may have changed. The slot's subscription
/// is locked by the caller.
pub(crate) async fn look_again(
    tx: &mut Tx<'_>,
    shard: i64,
    device: DeviceId,
    open: Option<OrderId>,
    now: Time,
) -> opendrs_store::Result<()> {
    let Some(id) = open else { return Ok(()) };
    let Some(mut found) = order::lock(tx, shard, device, id).await? else { return Ok(()) };
    let before: Order = found.clone();
    found.look_again(now);
    if found != before {
        order::save(tx, shard, &found).await?;
    }
    Ok(())
}
