//! The records of devices: slots, prices, levels and notifications.
//!
//! Not here: orders. Invariant: the columns of a record are its fields, in their order.

use super::{ExportKind, ExportRecord, day_text, time_text};
use crate::delivery::DeliveryState;
use crate::device::NamedDevice;
use crate::id::{DeliveryId, DeviceId};
use crate::level::LevelDay;
use crate::model::Slot;
use crate::money::Money;
use crate::notification::Event;
use crate::reading::{ReadingDay, day_number};
use crate::rule::{ApprovalMode, PriceCap, SkippedOrder, SlotRules};
use crate::slot_statement::SlotStatement;
use crate::subscription::{AgreedPrice, Subscription};
use crate::text::SlotId;
use crate::time::Time;
use crate::version::Version;
use crate::wire::notification_json;
use serde::Serialize;
use serde_json::Value;

pub(super) const DEVICE_COLUMNS: &[&str] = &[
    "id",
    "model",
    "modelName",
    "name",
    "serial",
    "test",
    "registeredAt",
    "activeAt",
    "suspendedAt",
    "deregisteredAt",
    "app",
    "customerIdAtMaker",
];

/// The registration of a unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeviceRecord {
    id: String,
    model: String,
    model_name: String,
    name: Option<String>,
    serial: String,
    test: bool,
    registered_at: String,
    active_at: Option<String>,
    suspended_at: Option<String>,
    deregistered_at: Option<String>,
    app: String,
    customer_id_at_maker: String,
}

impl ExportRecord for DeviceRecord {
    const KIND: ExportKind = ExportKind::Devices;
}

impl From<&NamedDevice> for DeviceRecord {
    fn from(NamedDevice { device, model_name, own_name, .. }: &NamedDevice) -> Self {
        Self {
            id: device.id.to_string(),
            model: device.model_code.to_string(),
            model_name: model_name.clone(),
            name: own_name.as_ref().map(ToString::to_string),
            serial: device.serial.to_string(),
            test: device.test,
            registered_at: time_text(device.registered_at),
            active_at: device.active_at.map(time_text),
            suspended_at: device.suspended_at.map(time_text),
            deregistered_at: device.deregistered_at.map(time_text),
            app: device.client.to_string(),
            customer_id_at_maker: device.directed_customer_id.clone(),
        }
    }
}

pub(super) const SLOT_COLUMNS: &[&str] = &[
    "device",
    "slot",
    "name",
    "product",
    "reorders",
    "approval",
    "highestPrice",
    "highestPriceCurrency",
    "highestPricePercent",
    "limitOrders",
    "limitDays",
    "pauseFrom",
    "pauseUntil",
    "skippedOrder",
    "substitutes",
    "replacedOn",
    "replacedStatedAt",
    "stockOnHand",
    "stockStatedAt",
];

/// What a slot reorders, the customer's rules for it, and what they state of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SlotRecord {
    device: String,
    slot: String,
    name: String,
    product: Option<String>,
    reorders: bool,
    approval: ApprovalMode,
    highest_price: Option<String>,
    highest_price_currency: Option<String>,
    highest_price_percent: Option<u32>,
    limit_orders: Option<u32>,
    limit_days: Option<u32>,
    pause_from: Option<String>,
    pause_until: Option<String>,
    /// `next`, or the id of the order that was the next one.
    skipped_order: Option<String>,
    substitutes: Vec<String>,
    replaced_on: Option<String>,
    replaced_stated_at: Option<String>,
    stock_on_hand: Option<u32>,
    stock_stated_at: Option<String>,
}

impl ExportRecord for SlotRecord {
    const KIND: ExportKind = ExportKind::Slots;
}

impl SlotRecord {
    /// The record of a slot of a device.
    #[must_use]
    pub fn new(device: DeviceId, slot: &Slot, chosen: &Subscription, rules: &SlotRules, stated: SlotStatement) -> Self {
        let (amount, percent) = match &rules.cap {
            Some(PriceCap::Amount(amount)) => (Some(amount), None),
            Some(PriceCap::Percent(percent)) => (None, Some(*percent)),
            None => (None, None),
        };
        Self {
            device: device.to_string(),
            slot: slot.id.to_string(),
            name: slot.name.clone(),
            product: chosen.asin.as_ref().map(ToString::to_string),
            reorders: chosen.can_order(),
            approval: rules.mode,
            highest_price: amount.map(Money::to_decimal_text),
            highest_price_currency: amount.map(|amount| amount.currency.clone()),
            highest_price_percent: percent,
            limit_orders: rules.limit.map(|limit| limit.orders),
            limit_days: rules.limit.map(|limit| limit.days),
            pause_from: rules.pause.map(|pause| time_text(pause.from)),
            pause_until: rules.pause.map(|pause| time_text(pause.until)),
            skipped_order: rules.skip.map(|skip| match skip {
                SkippedOrder::Next => "next".into(),
                SkippedOrder::Order(order) => order.to_string(),
            }),
            substitutes: rules.substitutes.iter().map(ToString::to_string).collect(),
            replaced_on: stated.replaced.map(|replaced| day_text(day_number(replaced.value))),
            replaced_stated_at: stated.replaced.map(|replaced| time_text(replaced.at)),
            stock_on_hand: stated.stock.map(|stock| stock.value),
            stock_stated_at: stated.stock.map(|stock| time_text(stock.at)),
        }
    }
}

pub(super) const PRICE_AGREEMENT_COLUMNS: &[&str] =
    &["device", "slot", "product", "price", "currency", "agreedAt", "substitute"];

/// A price that the customer agreed to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PriceAgreementRecord {
    device: String,
    slot: String,
    product: String,
    price: String,
    currency: String,
    agreed_at: Option<String>,
    substitute: bool,
}

impl ExportRecord for PriceAgreementRecord {
    const KIND: ExportKind = ExportKind::PriceAgreements;
}

impl PriceAgreementRecord {
    /// The records of a slot: for the product that was chosen last, and for its substitutes.
    pub fn of_slot(device: DeviceId, chosen: &Subscription, rules: &SlotRules) -> Vec<Self> {
        let record = |agreed: &AgreedPrice, substitute| Self {
            device: device.to_string(),
            slot: chosen.slot.to_string(),
            product: agreed.asin.to_string(),
            price: agreed.price.to_decimal_text(),
            currency: agreed.price.currency.clone(),
            agreed_at: agreed.at.map(time_text),
            substitute,
        };
        let last = chosen.last_agreed_price.iter().map(|agreed| record(agreed, false));
        last.chain(rules.substitute_prices.iter().map(|agreed| record(agreed, true))).collect()
    }
}

pub(super) const LEVEL_COLUMNS: &[&str] =
    &["device", "slot", "day", "lowest", "highest", "remaining", "original", "onHand", "lastAt"];

/// The level of a slot on one day.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LevelRecord {
    device: String,
    slot: String,
    day: String,
    lowest: f64,
    highest: f64,
    remaining: f64,
    original: f64,
    on_hand: Option<f64>,
    last_at: String,
}

impl ExportRecord for LevelRecord {
    const KIND: ExportKind = ExportKind::Levels;
}

impl LevelRecord {
    /// The record of a day of a slot.
    #[must_use]
    pub fn new(device: DeviceId, slot: &SlotId, level: &LevelDay) -> Self {
        Self {
            device: device.to_string(),
            slot: slot.to_string(),
            day: day_text(level.day),
            lowest: level.lowest,
            highest: level.highest,
            remaining: level.remaining,
            original: level.original,
            on_hand: level.on_hand,
            last_at: time_text(level.last_at),
        }
    }
}

pub(super) const READING_DAY_COLUMNS: &[&str] =
    &["device", "slot", "day", "readings", "lowest", "highest", "remaining", "original", "lastAt"];

/// The readings of a slot on one day, summed up.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReadingDayRecord {
    device: String,
    slot: String,
    day: String,
    readings: i64,
    lowest: f64,
    highest: f64,
    remaining: f64,
    original: f64,
    last_at: String,
}

impl ExportRecord for ReadingDayRecord {
    const KIND: ExportKind = ExportKind::ReadingDays;
}

impl From<&ReadingDay> for ReadingDayRecord {
    fn from(day: &ReadingDay) -> Self {
        Self {
            device: day.device.to_string(),
            slot: day.slot.to_string(),
            day: day_text(day.day),
            readings: day.count,
            lowest: day.lowest,
            highest: day.highest,
            remaining: day.remaining,
            original: day.original,
            last_at: time_text(day.last_at),
        }
    }
}

pub(super) const NOTIFICATION_COLUMNS: &[&str] =
    &["id", "device", "app", "maker", "publishedAt", "version", "state", "endedAt", "attempts", "content"];

/// A notification of a maker's cloud about a device.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NotificationRecord {
    id: String,
    device: String,
    app: Option<String>,
    maker: Option<String>,
    published_at: String,
    version: String,
    state: &'static str,
    ended_at: Option<String>,
    attempts: i64,
    content: Option<Value>,
}

impl ExportRecord for NotificationRecord {
    const KIND: ExportKind = ExportKind::Notifications;
}

/// A notification that was delivered to a receiver, or given up.
#[derive(Clone, Debug, PartialEq)]
pub struct EndedNotification {
    /// The delivery.
    pub id: DeliveryId,
    /// The device.
    pub device: DeviceId,
    /// The name of the security profile that got it; `None` if its receiver was removed.
    pub app: Option<String>,
    /// The name of the profile's maker.
    pub maker: Option<String>,
    /// When it was published.
    pub published_at: Time,
    /// The version of its content.
    pub version: String,
    /// Whether it arrived.
    pub state: DeliveryState,
    /// When it arrived or was given up.
    pub ended_at: Option<Time>,
    /// The number of attempts.
    pub attempts: i64,
    /// The event; `None` if it is no longer kept.
    pub event: Option<Event>,
}

impl From<EndedNotification> for NotificationRecord {
    fn from(ended: EndedNotification) -> Self {
        let version = Version::parse(&ended.version);
        let json = ended.event.as_ref().zip(version).map(|(event, version)| notification_json(event, version));
        Self {
            id: ended.id.to_string(),
            device: ended.device.to_string(),
            app: ended.app,
            maker: ended.maker,
            published_at: time_text(ended.published_at),
            version: ended.version,
            state: ended.state.as_str(),
            ended_at: ended.ended_at.map(time_text),
            attempts: ended.attempts,
            content: json.and_then(|json| serde_json::from_str(&json).ok()),
        }
    }
}
