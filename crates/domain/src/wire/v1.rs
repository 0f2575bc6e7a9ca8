//! What version 1.0 has different: SubscriptionInfo, and the blocks of three notifications.

use super::InOrder;
use super::latest::{SubscriptionBlock, envelope};
use crate::notification::{Event, Facts, Kind, SlotInfo};
use serde::Serialize;

/// DrsSubscriptionInfoResult 1.0: a bare boolean a slot.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SubscriptionInfo {
    /// On or off, in the model's order.
    pub slots_subscription_status: InOrder<bool>,
}

fn slots(slots: &[SlotInfo]) -> InOrder<bool> {
    InOrder(slots.iter().map(|s| (s.slot.to_string(), s.subscribed)).collect())
}

impl From<&[SlotInfo]> for SubscriptionInfo {
    fn from(all: &[SlotInfo]) -> Self {
        Self { slots_subscription_status: slots(all) }
    }
}

/// `orderInfo` 1.0: the date beside the slot, no ASIN.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct OrderBlock<'e> {
    instance_id: &'e str,
    slot_id: &'e str,
    #[serde(skip_serializing_if = "Option::is_none")]
    estimated_delivery_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    product_info: Option<[OrderedProduct<'e>; 1]>,
}

#[derive(Debug, Serialize)]
struct OrderedProduct<'e> {
    quantity: f64,
    unit: &'e str,
}

pub(super) fn notification(event: &Event) -> serde_json::Result<String> {
    let order = match &event.facts {
        Facts::Order { instance, slot, product, expected_at, .. } => {
            let ships = event.kind() != Kind::OrderCancelled;
            Some(OrderBlock {
                instance_id: instance,
                slot_id: slot.as_str(),
                estimated_delivery_date: expected_at.filter(|_| ships).map(crate::time::Time::to_seconds_text),
                product_info: ships.then(|| [OrderedProduct { quantity: product.quantity, unit: &product.unit }]),
            })
        }
        _ => None,
    };
    let subscription = match &event.facts {
        Facts::Subscription(all) => Some(SubscriptionBlock { slots_subscription_status: slots(all) }),
        _ => None,
    };
    serde_json::to_string(&envelope(event, order, subscription))
}
