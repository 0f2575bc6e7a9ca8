//! Fulfilment: who takes an order to the door, and what they say of it.
//!
//! What it is: the choice of back end, [`report`], and for back ends that are called ([`webhook`], [`vendure`], each a
//! [`connector`]) the calls themselves ([`call`]). Invariant: what a back end says goes through one use case, [`report`],
//! whoever brings it; saying it twice changes nothing.

pub mod call;
mod connector;
pub mod vendure;
pub mod webhook;

use crate::delivery::Stamp;
use crate::order::save;
use crate::{App, Error, Result};
use connector::Connector;
use opendrs_domain::device::Device;
use opendrs_domain::fulfilment::{Backend, Report};
use opendrs_domain::id::{InstanceId, MakerId, OrderId};
use opendrs_domain::order::{NotReported, Order, OrderNumber, Problem, Recipient, State, Timing};
use opendrs_domain::product::Product;
use opendrs_domain::rule::Terms;
use opendrs_domain::subscription::Subscription;
use opendrs_domain::time::Time;
use opendrs_store::{Tx, Write, device, fulfilment, maker, order, product, rule, subscription};

/// Who fulfils orders, as the settings have it.
#[derive(Clone, Debug, Default)]
pub struct Fulfilment {
    /// Whoever is not named below.
    pub backend: Backend,
    /// Makers, by name, whose orders go elsewhere.
    pub makers: Vec<(String, Backend)>,
    /// Where orders for [`Backend::Webhook`] are sent.
    pub webhook: Option<webhook::Hook>,
    /// Where orders for [`Backend::Vendure`] are made.
    pub vendure: Option<vendure::Shop>,
}

impl Fulfilment {
    /// Whether there is a back end that is called.
    #[must_use]
    pub fn calls(&self) -> bool {
        self.connectors().next().is_some()
    }

    /// The systems that are called.
    fn connectors(&self) -> impl Iterator<Item = &dyn Connector> {
        [Backend::Webhook, Backend::Vendure].into_iter().filter_map(|backend| self.connector(backend))
    }

    /// Who is called for a back end's orders: nobody where the clock or an operator fulfils them, or where the settings
    /// no longer name it.
    fn connector(&self, backend: Backend) -> Option<&dyn Connector> {
        match backend {
            Backend::Simulated | Backend::Manual => None,
            Backend::Webhook => self.webhook.as_ref().map(|hook| hook as _),
            Backend::Vendure => self.vendure.as_ref().map(|shop| shop as _),
        }
    }
}

/// Who fulfils the orders of a maker's devices.
pub(crate) async fn backend_of(app: &App, tx: &mut Tx<'_>, id: MakerId) -> Result<Backend> {
    let Fulfilment { backend, makers, .. } = &app.settings.fulfilment;
    if makers.is_empty() {
        return Ok(*backend);
    }
    let name = maker::by_id(tx, id).await?.map(|maker| maker.name);
    let own = makers.iter().find(|(maker, _)| Some(maker) == name.as_ref());
    Ok(own.map_or(*backend, |(_, backend)| *backend))
}

/// An order with all that who fulfils it has to know.
#[derive(Clone, Debug)]
pub struct Job {
    /// The order.
    pub order: Order,
    /// The device it is for.
    pub device: Device,
    /// Who it is for and where it goes, as it was when it was placed.
    pub recipient: Recipient,
    /// What a shop calls its product.
    pub sku: String,
    pub(crate) shard: i64,
}

/// What the customer agreed to for the slot of an order.
async fn terms(app: &App, Job { order, device, shard, .. }: &Job) -> Result<Terms> {
    let mut reader = app.db.reader().await?;
    let mut tx = reader.tx()?;
    let rules = rule::get(&mut tx, *shard, device.id, &order.slot).await?;
    let subs = subscription::of_device(&mut tx, *shard, device.id).await?;
    let sub = subs.iter().find(|sub| sub.slot == order.slot);
    Ok(Terms { rules, agreed: sub.and_then(Subscription::agreed_price).cloned() })
}

async fn job(app: &App, id: OrderId) -> Result<Job> {
    let mut reader = app.db.reader().await?;
    let mut tx = reader.tx()?;
    let (shard, device) = order::place_of(&mut tx, id).await?.ok_or(Error::UnknownOrder)?;
    let order = order::by_id(&mut tx, shard, device, id).await?.ok_or(Error::UnknownOrder)?;
    let device = device::by_id(&mut tx, shard, device).await?.ok_or_else(|| Error::missing("an order's device"))?;
    let recipient = order.recipient.clone().ok_or_else(|| Error::missing("an order's recipient"))?;
    // What left the catalogue meanwhile is asked for by its number.
    let product = product::by_asin(&mut tx, &order.item.asin).await?;
    let sku = product.as_ref().map_or(order.item.asin.as_str(), Product::sku).to_owned();
    Ok(Job { order, device, recipient, sku, shard })
}

/// An order by its `eventInstanceId`, or by its number.
///
/// # Errors
/// [`Error::UnknownOrder`]; [`Error::BadCommand`] where two orders have the number; [`Error::Unavailable`].
pub async fn find(app: &App, name: &str) -> Result<Job> {
    if let Some(number) = OrderNumber::parse(name) {
        return job(app, by_number(app, number).await?).await;
    }
    let id = InstanceId::parse(name).map_err(|_| Error::UnknownOrder)?;
    let found = job(app, id.order).await?;
    if found.order.is_named_by(id) { Ok(found) } else { Err(Error::UnknownOrder) }
}

/// How many orders of a number's millisecond are looked at in one go.
const PAGE: i64 = 500;

/// The only order of a number.
async fn by_number(app: &App, number: OrderNumber) -> Result<OrderId> {
    let mut reader = app.db.reader().await?;
    let mut tx = reader.tx()?;
    let (mut first, last) = number.ids();
    let mut matching = Vec::new();
    loop {
        let page = order::between(&mut tx, first, last, PAGE).await?;
        matching.extend(page.iter().map(|found| found.id).filter(|id| OrderNumber::of(*id) == number));
        match page.last() {
            Some(found) if page.len() == usize::try_from(PAGE).unwrap_or_default() && found.id != last => {
                first = OrderId(uuid::Uuid::from_u128(found.id.0.as_u128() + 1));
            }
            _ => break,
        }
    }
    match matching.as_slice() {
        [] => Err(Error::UnknownOrder),
        [id] => Ok(*id),
        _ => {
            Err(Error::BadCommand(format!("several orders have the number {number}: name one by its eventInstanceId")))
        }
    }
}

/// What went wrong when an order's back end was last called, if anything.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn trouble(app: &App, job: &Job) -> Result<Option<String>> {
    let mut reader = app.db.reader().await?;
    Ok(fulfilment::error(&mut reader.tx()?, job.shard, job.order.id).await?)
}

/// What keeps an order from being placed once nothing else does: a back end that is called has to take it first.
pub(crate) fn gate(test: bool, backend: Backend) -> Option<Problem> {
    (backend.is_called() && !test).then_some(Problem::Unconfirmed)
}

/// Has the back end of a changed order called, if the change asks for it.
pub(crate) async fn hand_over(tx: &mut Tx<'_>, shard: i64, order: &Order, now: Time) -> opendrs_store::Result<()> {
    match order.state {
        _ if !order.backend.is_called() => Ok(()),
        State::Held if order.problem == Some(Problem::Unconfirmed) => {
            fulfilment::want_place(tx, shard, order.id, now).await
        }
        State::Cancelled | State::Expired => fulfilment::want_cancel(tx, shard, order.id, now).await,
        _ => Ok(()),
    }
}

/// Orders of all devices: those that are not over, oldest first, or all, newest first.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn list(app: &App, all: bool, limit: i64) -> Result<Vec<Order>> {
    let mut reader = app.db.reader().await?;
    let mut tx = reader.tx()?;
    Ok(if all { order::newest(&mut tx, limit).await? } else { order::open(&mut tx, limit).await? })
}

/// Who says something of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaker {
    /// Its back end.
    Backend,
    /// An operator; a back end that is called hears of it.
    Operator {
        /// It may leave although its customer was promised that they can still cancel it.
        force: bool,
    },
}

/// Takes a word for an order; the order as it stands then, and whether the word changed it.
///
/// # Errors
/// [`Error::UnknownOrder`], [`Error::NotReported`], [`Error::Unavailable`].
pub async fn report(app: &App, instance: &str, report: Report, by: Speaker) -> Result<(Order, bool)> {
    let Job { order, device, shard, .. } = find(app, instance).await?;
    let now = app.now();
    let stamp = Stamp::draw(app, now);
    let command = Said { shard, device, id: order.id, report, by, stamp, timing: app.settings.timing, now };
    Ok(app.db.write(command).await??)
}

/// Has an order looked at now that a shop has, by the shop's own name for it; whether there is such an order.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn hint(app: &App, reference: String) -> Result<bool> {
    let known = {
        let mut reader = app.db.reader().await?;
        fulfilment::is_watched(&mut reader.tx()?, &reference).await?
    };
    // A shop hints at all its orders; most are none of ours, and cost no write.
    if known {
        app.db.write(Hint { reference, now: app.now() }).await?;
    }
    Ok(known)
}

struct Hint {
    reference: String,
    now: Time,
}

impl Write for Hint {
    type Out = bool;
    fn key(&self) -> u64 {
        0
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<bool> {
        fulfilment::hint(tx, &self.reference, self.now).await
    }
}

struct Said {
    shard: i64,
    device: Device,
    id: OrderId,
    report: Report,
    by: Speaker,
    stamp: Stamp,
    timing: Timing,
    now: Time,
}

impl Write for Said {
    type Out = Result<(Order, bool), NotReported>;
    fn key(&self) -> u64 {
        crate::device::key(self.device.model, &self.device.serial)
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<Self::Out> {
        let found = crate::order::lock(tx, self.shard, self.device.id, self.id).await?;
        let Some((_, mut order)) = found else { return Ok(Err(NotReported::State("gone"))) };
        let before = order.clone();
        let change = match order.report(&self.report, self.now, &self.timing) {
            // What a back end says has happened already; an operator is about to do it.
            Ok(Some(change)) if change.from == State::Placed && change.to == State::Shipped => {
                let promised = before.check_cancel_window(self.now);
                match (self.by, promised) {
                    (Speaker::Operator { force: false }, Err(refused)) => return Ok(Err(refused)),
                    _ => change,
                }
            }
            Ok(Some(change)) => change,
            Ok(None) => return Ok(Ok((order, false))),
            Err(refused) => return Ok(Err(refused)),
        };
        save(tx, self.shard, &self.device, &order, change, (self.stamp, self.now)).await?;
        // What it said itself it is not asked or told again.
        if order.backend.is_called() && self.by == Speaker::Backend {
            fulfilment::set(tx, self.shard, order.id, None, None).await?;
        }
        Ok(Ok((order, true)))
    }
}
