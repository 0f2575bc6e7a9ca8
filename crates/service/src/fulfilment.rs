//! Fulfilment: who takes an order to the door, and what they say of it.
//!
//! What it is: the choice of back end, [`report`], and for back ends that are called ([`webhook`], [`vendure`], each a
//! [`connector`]) the calls themselves ([`call`]). Invariant: what a back end says goes through one use case, [`report`],
//! whoever brings it; saying it twice changes nothing.

pub mod backend_call;
mod connector;
pub mod vendure;
pub mod webhook;

use crate::delivery::EventIds;
use crate::order::save_and_notify;
use crate::{App, Error, Result};
use connector::FulfilmentConnector;
use opendrs_domain::device::Device;
use opendrs_domain::fulfilment::{Backend, BackendReport};
use opendrs_domain::id::{InstanceId, MakerId, OrderId};
use opendrs_domain::order::{Order, OrderNumber, OrderProblem, OrderState, OrderTiming, Recipient, ReportError};
use opendrs_domain::product::Product;
use opendrs_domain::rule::SlotTerms;
use opendrs_domain::subscription::Subscription;
use opendrs_domain::time::Time;
use opendrs_store::{Command, Tx, device, fulfilment, maker, order, product, rule, subscription};

/// Who fulfils orders, as the settings have it.
#[derive(Clone, Debug, Default)]
pub struct FulfilmentSettings {
    /// Whoever is not named below.
    pub backend: Backend,
    /// Makers, by name, whose orders go elsewhere.
    pub maker_backends: Vec<(String, Backend)>,
    /// Where orders for [`Backend::Webhook`] are sent.
    pub webhook: Option<webhook::FulfilmentWebhook>,
    /// Where orders for [`Backend::Vendure`] are made.
    pub vendure: Option<vendure::VendureShop>,
}

impl FulfilmentSettings {
    /// Whether there is a back end that is called.
    #[must_use]
    pub fn has_connectors(&self) -> bool {
        self.connectors().next().is_some()
    }

    /// The systems that are called.
    fn connectors(&self) -> impl Iterator<Item = &dyn FulfilmentConnector> {
        [Backend::Webhook, Backend::Vendure].into_iter().filter_map(|backend| self.connector(backend))
    }

    /// Who is called for a back end's orders: nobody where the clock or an operator fulfils them, or where the settings
    /// no longer name it.
    fn connector(&self, backend: Backend) -> Option<&dyn FulfilmentConnector> {
        match backend {
            Backend::Simulated | Backend::Manual => None,
            Backend::Webhook => self.webhook.as_ref().map(|hook| hook as _),
            Backend::Vendure => self.vendure.as_ref().map(|shop| shop as _),
        }
    }
}

/// Who fulfils the orders of a maker's devices.
pub(crate) async fn backend_of_maker(app: &App, tx: &mut Tx<'_>, id: MakerId) -> Result<Backend> {
    let FulfilmentSettings { backend, maker_backends: makers, .. } = &app.settings.fulfilment;
    if makers.is_empty() {
        return Ok(*backend);
    }
    let name = maker::find_by_id(tx, id).await?.map(|maker| maker.name);
    let own = makers.iter().find(|(maker, _)| Some(maker) == name.as_ref());
    Ok(own.map_or(*backend, |(_, backend)| *backend))
}

/// An order with all that who fulfils it has to know.
#[derive(Clone, Debug)]
pub struct FulfilmentJob {
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
async fn load_terms(app: &App, FulfilmentJob { order, device, shard, .. }: &FulfilmentJob) -> Result<SlotTerms> {
    let mut reader = app.db.reader().await?;
    let mut tx = reader.tx()?;
    let rules = rule::find(&mut tx, *shard, device.id, &order.slot).await?;
    let subs = subscription::list_by_device(&mut tx, *shard, device.id).await?;
    let sub = subs.iter().find(|sub| sub.slot == order.slot);
    Ok(SlotTerms { rules, agreed_price: sub.and_then(Subscription::agreed_price).cloned() })
}

async fn load_job(app: &App, id: OrderId) -> Result<FulfilmentJob> {
    let mut reader = app.db.reader().await?;
    let mut tx = reader.tx()?;
    let (shard, device) = order::find_location(&mut tx, id).await?.ok_or(Error::UnknownOrder)?;
    let order = order::find_by_id(&mut tx, shard, device, id).await?.ok_or(Error::UnknownOrder)?;
    let device =
        device::find_by_id(&mut tx, shard, device).await?.ok_or_else(|| Error::missing_row("an order's device"))?;
    let recipient = order.recipient.clone().ok_or_else(|| Error::missing_row("an order's recipient"))?;
    // What left the catalogue meanwhile is asked for by its number.
    let product = product::find_by_asin(&mut tx, &order.item.asin).await?;
    let sku = product.as_ref().map_or(order.item.asin.as_str(), Product::sku).to_owned();
    Ok(FulfilmentJob { order, device, recipient, sku, shard })
}

/// An order by its `eventInstanceId`, or by its number.
///
/// # Errors
/// [`Error::UnknownOrder`]; [`Error::BadCommand`] where two orders have the number; [`Error::Unavailable`].
pub async fn find_job(app: &App, name: &str) -> Result<FulfilmentJob> {
    if let Some(number) = OrderNumber::parse(name) {
        return load_job(app, find_by_number(app, number).await?).await;
    }
    let id = InstanceId::parse(name).map_err(|_| Error::UnknownOrder)?;
    let found = load_job(app, id.order).await?;
    if found.order.matches_instance_id(id) { Ok(found) } else { Err(Error::UnknownOrder) }
}

/// How many orders of a number's millisecond are looked at in one go.
const PAGE_SIZE: i64 = 500;

/// The only order of a number.
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

/// What went wrong when an order's back end was last called, if anything.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn last_call_error(app: &App, job: &FulfilmentJob) -> Result<Option<String>> {
    let mut reader = app.db.reader().await?;
    Ok(fulfilment::find_last_error(&mut reader.tx()?, job.shard, job.order.id).await?)
}

/// What keeps an order from being placed once nothing else does: a back end that is called has to take it first.
pub(crate) fn initial_problem(test: bool, backend: Backend) -> Option<OrderProblem> {
    (backend.is_external() && !test).then_some(OrderProblem::AwaitingBackend)
}

/// Has the back end of a changed order called, if the change asks for it.
pub(crate) async fn enqueue_backend_call(
    tx: &mut Tx<'_>,
    shard: i64,
    order: &Order,
    now: Time,
) -> opendrs_store::Result<()> {
    match order.state {
        _ if !order.backend.is_external() => Ok(()),
        OrderState::Held if order.problem == Some(OrderProblem::AwaitingBackend) => {
            fulfilment::request_place(tx, shard, order.id, now).await
        }
        OrderState::Cancelled | OrderState::Expired => fulfilment::request_cancel(tx, shard, order.id, now).await,
        _ => Ok(()),
    }
}

/// Orders of all devices: those that are not over, oldest first, or all, newest first.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn list_orders(app: &App, all: bool, limit: i64) -> Result<Vec<Order>> {
    let mut reader = app.db.reader().await?;
    let mut tx = reader.tx()?;
    Ok(if all { order::list_newest(&mut tx, limit).await? } else { order::list_open(&mut tx, limit).await? })
}

/// Who says something of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportSource {
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
pub async fn apply_report(app: &App, instance: &str, report: BackendReport, by: ReportSource) -> Result<(Order, bool)> {
    let FulfilmentJob { order, device, shard, .. } = find_job(app, instance).await?;
    let now = app.now();
    let stamp = EventIds::allocate(app, now);
    let command = ApplyReport {
        shard,
        device,
        id: order.id,
        report,
        source: by,
        event_ids: stamp,
        timing: app.settings.timing,
        now,
    };
    Ok(app.db.write(command).await??)
}

/// Has an order looked at now that a shop has, by the shop's own name for it; whether there is such an order.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn record_hint(app: &App, reference: String) -> Result<bool> {
    let known = {
        let mut reader = app.db.reader().await?;
        fulfilment::is_reference_watched(&mut reader.tx()?, &reference).await?
    };
    // A shop hints at all its orders; most are none of ours, and cost no write.
    if known {
        app.db.write(RecordHint { reference, now: app.now() }).await?;
    }
    Ok(known)
}

struct RecordHint {
    reference: String,
    now: Time,
}

impl Command for RecordHint {
    type Output = bool;
    fn ordering_key(&self) -> u64 {
        0
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<bool> {
        fulfilment::expedite_watch(tx, &self.reference, self.now).await
    }
}

struct ApplyReport {
    shard: i64,
    device: Device,
    id: OrderId,
    report: BackendReport,
    source: ReportSource,
    event_ids: EventIds,
    timing: OrderTiming,
    now: Time,
}

impl Command for ApplyReport {
    type Output = Result<(Order, bool), ReportError>;
    fn ordering_key(&self) -> u64 {
        crate::device::command_key(self.device.model, &self.device.serial)
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<Self::Output> {
        let found = crate::order::lock_order(tx, self.shard, self.device.id, self.id).await?;
        let Some((_, mut order)) = found else { return Ok(Err(ReportError::InvalidState("gone"))) };
        let before = order.clone();
        let change = match order.apply_report(&self.report, self.now, &self.timing) {
            // What a back end says has happened already; an operator is about to do it.
            Ok(Some(change)) if change.from == OrderState::Placed && change.to == OrderState::Shipped => {
                let promised = before.check_cancel_window(self.now);
                match (self.source, promised) {
                    (ReportSource::Operator { force: false }, Err(refused)) => return Ok(Err(refused)),
                    _ => change,
                }
            }
            Ok(Some(change)) => change,
            Ok(None) => return Ok(Ok((order, false))),
            Err(refused) => return Ok(Err(refused)),
        };
        save_and_notify(tx, self.shard, &self.device, &order, change, (self.event_ids, self.now)).await?;
        // What it said itself it is not asked or told again.
        if order.backend.is_external() && self.source == ReportSource::Backend {
            fulfilment::record_result(tx, self.shard, order.id, None, None).await?;
        }
        Ok(Ok((order, true)))
    }
}
