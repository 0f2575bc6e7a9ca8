//! The parts that differ in version 1.0: SubscriptionInfo, and the blocks of three notifications.

use super::OrderedMap;
use super::latest::{SubscriptionBlock, wrap_notification};
use crate::notification::{Event, EventFacts, NotificationType, SlotInfo};
use serde::Serialize;

/// DrsSubscriptionInfoResult 1.0: a bare boolean for each slot.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SubscriptionInfoV1 {
    /// Whether reordering is on, in the model's order.
    pub slots_subscription_status: OrderedMap<bool>,
}

fn subscribed_by_slot(slots: &[SlotInfo]) -> OrderedMap<bool> {
    OrderedMap(slots.iter().map(|s| (s.slot.to_string(), s.subscribed)).collect())
}

impl From<&[SlotInfo]> for SubscriptionInfoV1 {
    fn from(all: &[SlotInfo]) -> Self {
        Self { slots_subscription_status: subscribed_by_slot(all) }
    }
}

/// `orderInfo` 1.0: the date beside the slot, no ASIN.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct OrderBlockV1<'e> {
    instance_id: &'e str,
    slot_id: &'e str,
    #[serde(skip_serializing_if = "Option::is_none")]
    estimated_delivery_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    product_info: Option<[OrderedProductV1<'e>; 1]>,
}

#[derive(Debug, Serialize)]
struct OrderedProductV1<'e> {
    quantity: f64,
    unit: &'e str,
}

pub(super) fn notification_json(event: &Event) -> serde_json::Result<String> {
    let order = match &event.facts {
        EventFacts::Order { instance, slot, product, expected_at, .. } => {
            let ships = event.notification_type() != NotificationType::OrderCancelled;
            Some(OrderBlockV1 {
                instance_id: instance,
                slot_id: slot.as_str(),
                estimated_delivery_date: expected_at.filter(|_| ships).map(crate::time::Time::to_rfc3339_secs),
                product_info: ships.then(|| [OrderedProductV1 { quantity: product.quantity, unit: &product.unit }]),
            })
        }
        _ => None,
    };
    let subscription = match &event.facts {
        EventFacts::Subscription(all) => Some(SubscriptionBlock { slots_subscription_status: subscribed_by_slot(all) }),
        _ => None,
    };
    serde_json::to_string(&wrap_notification(event, order, subscription))
}
