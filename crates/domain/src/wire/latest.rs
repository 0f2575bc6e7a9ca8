//! The JSON of every result and notification in its newest version.
//!
//! Not here: older versions ([`super::v1`]). Invariant: members have the order of the specification.

use super::{OrderedMap, WireQuantity};
use crate::id::NotificationId;
use crate::notification::{Event, EventFacts, NotificationType, ProductInfo, SlotInfo};
use crate::order::Order;
use serde::Serialize;

/// `notificationInfo.version`: the same in v1 and v2 (docs/spec/notifications.md#common-blocks).
const NOTIFICATION_VERSION: &str = "2015-06-05";

/// DrsReplenishResult.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReplenishResult<'a> {
    /// One of three detail codes.
    pub detail_code: &'a str,
    /// The id of the order that was placed, or that holds the slot lock.
    pub event_instance_id: String,
}

/// DrsSubscriptionInfoResult 2.0.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SubscriptionInfo {
    /// One entry for each slot, in the model's order.
    pub slots_subscription_status: OrderedMap<SlotSubscription>,
}

/// A slot in SubscriptionInfo.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SlotSubscription {
    /// The chosen product; may be listed while reordering is off.
    pub product_info_list: Vec<SlotProduct>,
    /// Whether reordering is on.
    pub subscribed: bool,
}

/// A product of a slot.
#[derive(Debug, Serialize)]
pub struct SlotProduct {
    /// ASIN.
    pub asin: String,
    /// The quantity.
    pub quantity: WireQuantity,
    /// The quantity's unit.
    pub unit: String,
}

impl From<&[SlotInfo]> for SubscriptionInfo {
    fn from(all: &[SlotInfo]) -> Self {
        let product = |p: &ProductInfo| SlotProduct {
            asin: p.asin.clone(),
            quantity: WireQuantity(p.quantity),
            unit: p.unit.clone(),
        };
        let entry = |s: &SlotInfo| {
            let product_info_list = s.product.iter().map(product).collect();
            (s.slot.to_string(), SlotSubscription { product_info_list, subscribed: s.subscribed })
        };
        Self { slots_subscription_status: OrderedMap(all.iter().map(entry).collect()) }
    }
}

/// DrsCancelTestOrdersResult.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CancelTestOrdersResult {
    /// One entry for each slot concerned.
    pub slot_order_statuses: Vec<SlotOrderStatus>,
}

/// A slot after CancelTestOrder.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SlotOrderStatus {
    /// Always `NO_ORDER_IN_PROGRESS`: the state after the call (docs/spec/orders.md#cancel-test-order).
    pub order_status: &'static str,
    /// The slot.
    pub slot_id: String,
}

/// DrsOrderInfoResult.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderInfo {
    /// The order.
    pub order_info_data: OrderInfoData,
}

/// An order as GetOrderInfo reports it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderInfoData {
    /// The requested id.
    pub instance_id: String,
    /// One item.
    pub order_items: Vec<OrderInfoItem>,
}

/// An item of an order.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderInfoItem {
    /// ASIN.
    pub asin: String,
    /// `yyyy-MM-ddTHH:mm:ss.SSSZ`, or null while a problem is being resolved.
    pub expected_delivery_date: Option<String>,
    /// The quantity.
    pub quantity: WireQuantity,
    /// The slot.
    pub slot_id: String,
    /// `Processing`, `Shipped` or `Cancelled`.
    pub status: &'static str,
}

impl From<&Order> for OrderInfo {
    fn from(order: &Order) -> Self {
        let item = OrderInfoItem {
            asin: order.item.asin.to_string(),
            expected_delivery_date: order.expected_at.map(crate::time::Time::to_rfc3339_millis),
            quantity: WireQuantity(order.item.quantity),
            slot_id: order.slot.to_string(),
            status: order.wire_status(),
        };
        let order_info_data = OrderInfoData { instance_id: order.instance_id().to_string(), order_items: vec![item] };
        Self { order_info_data }
    }
}

/// A notification; `O` and `S` are the blocks that differ between versions.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Notification<'e, O, S> {
    notification_info: NotificationInfo<'e>,
    device_info: DeviceInfo<'e>,
    #[serde(skip_serializing_if = "Option::is_none")]
    order_info: Option<O>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subscription_info: Option<S>,
    customer_info: CustomerInfo<'e>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct NotificationInfo<'e> {
    notification_type: &'static str,
    lwa_client_id: &'e str,
    notification_time: String,
    notification_id: String,
    version: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct DeviceInfo<'e> {
    device_identifier: DeviceIdentifier<'e>,
    product_identifier: ProductIdentifier<'e>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct DeviceIdentifier<'e> {
    serial_number: &'e str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ProductIdentifier<'e> {
    model_id: &'e str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct CustomerInfo<'e> {
    directed_customer_id: &'e str,
}

/// `subscriptionInfo` of SubscriptionChanged.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SubscriptionBlock<T> {
    /// One entry for each slot.
    pub(super) slots_subscription_status: OrderedMap<T>,
}

/// A slot in SubscriptionChanged 2.0; its members have another order than in SubscriptionInfo
/// (docs/spec/notifications.md#subscription-block).
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SlotChangeBlock<'e> {
    subscribed: bool,
    product_info_list: Vec<OrderedProduct<'e>>,
}

/// `orderInfo` 2.0; OrderCancelled has the first two members only.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct OrderBlock<'e> {
    instance_id: &'e str,
    slot_id: &'e str,
    #[serde(skip_serializing_if = "Option::is_none")]
    product_info: Option<[OrderedProduct<'e>; 1]>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct OrderedProduct<'e> {
    quantity: f64,
    unit: &'e str,
    asin: &'e str,
    #[serde(skip_serializing_if = "Option::is_none")]
    estimated_delivery_date: Option<String>,
}

impl<'e> From<&'e ProductInfo> for OrderedProduct<'e> {
    fn from(product: &'e ProductInfo) -> Self {
        let ProductInfo { asin, quantity, unit } = product;
        Self { quantity: *quantity, unit, asin, estimated_delivery_date: None }
    }
}

impl<'e> From<&'e SlotInfo> for SlotChangeBlock<'e> {
    fn from(slot: &'e SlotInfo) -> Self {
        let product_info_list = slot.product.iter().map(OrderedProduct::from).collect();
        Self { subscribed: slot.subscribed, product_info_list }
    }
}

/// Adds the blocks that every message has to the blocks of its type.
pub(super) fn wrap_notification<O, S>(
    event: &Event,
    order_info: Option<O>,
    subscription_info: Option<S>,
) -> Notification<'_, O, S> {
    Notification {
        notification_info: NotificationInfo {
            notification_type: event.notification_type().wire_name(),
            lwa_client_id: &event.client,
            notification_time: event.at.to_rfc3339_millis(),
            notification_id: NotificationId(event.id.0).to_string(),
            version: NOTIFICATION_VERSION,
        },
        device_info: DeviceInfo {
            device_identifier: DeviceIdentifier { serial_number: &event.serial },
            product_identifier: ProductIdentifier { model_id: &event.model },
        },
        order_info,
        subscription_info,
        customer_info: CustomerInfo { directed_customer_id: &event.customer },
    }
}

pub(super) fn notification_json(event: &Event) -> serde_json::Result<String> {
    let order = match &event.facts {
        EventFacts::Order { instance, slot, product, expected_at, .. } => Some(OrderBlock {
            instance_id: instance,
            slot_id: slot.as_str(),
            product_info: (event.notification_type() != NotificationType::OrderCancelled).then(|| {
                let estimated_delivery_date = expected_at.map(crate::time::Time::to_rfc3339_secs);
                [OrderedProduct { estimated_delivery_date, ..OrderedProduct::from(product) }]
            }),
        }),
        _ => None,
    };
    let subscription = match &event.facts {
        EventFacts::Subscription(all) => {
            let slots = all.iter().map(|s| (s.slot.to_string(), SlotChangeBlock::from(s))).collect();
            Some(SubscriptionBlock { slots_subscription_status: OrderedMap(slots) })
        }
        _ => None,
    };
    serde_json::to_string(&wrap_notification(event, order, subscription))
}
