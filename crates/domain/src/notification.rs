//! Events: the six notification types as facts, independent of their versions on the wire.
//!
//! Not here: their JSON ([`crate::wire`]) and their delivery. Invariant: an event holds everything that its message
//! needs, as of the change. So a later or repeated delivery has the same content.

use crate::device::Device;
use crate::id::{ClientId, EventId};
use crate::order::{Order, OrderItem, OrderNotification};
use crate::text::SlotId;
use crate::time::Time;
use serde::{Deserialize, Serialize};

/// The six types (docs/spec/notifications.md#notification-types); there is no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum NotificationType {
    /// A device was registered.
    DeviceRegistered,
    /// A registration ended.
    DeviceDeregistered,
    /// A slot's product or its activation changed.
    SubscriptionChanged,
    /// An order will ship unless it is cancelled in time.
    OrderPlaced,
    /// An order will not ship.
    OrderCancelled,
    /// An order was shipped.
    ItemShipped,
}

impl NotificationType {
    /// Every type.
    pub const ALL: [NotificationType; 6] = [
        NotificationType::DeviceRegistered,
        NotificationType::DeviceDeregistered,
        NotificationType::SubscriptionChanged,
        NotificationType::OrderPlaced,
        NotificationType::OrderCancelled,
        NotificationType::ItemShipped,
    ];

    /// `notificationType` on the wire.
    #[must_use]
    pub fn wire_name(self) -> &'static str {
        match self {
            NotificationType::DeviceRegistered => "DeviceRegisteredNotification",
            NotificationType::DeviceDeregistered => "DeviceDeregisteredNotification",
            NotificationType::SubscriptionChanged => "SubscriptionChangedNotification",
            NotificationType::OrderPlaced => "OrderPlacedNotification",
            NotificationType::OrderCancelled => "OrderCancelledNotification",
            NotificationType::ItemShipped => "ItemShippedNotification",
        }
    }

    /// Reads `notificationType`.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.wire_name() == name)
    }

    /// Reads a type as people write it: `item-shipped`, `ItemShipped` or `ItemShippedNotification`.
    #[must_use]
    pub fn parse_lenient(text: &str) -> Option<Self> {
        let word: String = text.chars().filter(|c| !matches!(c, '-' | '_')).collect();
        let is = |kind: &NotificationType| {
            let short = kind.wire_name().trim_end_matches("Notification");
            word.eq_ignore_ascii_case(short) || word.eq_ignore_ascii_case(kind.wire_name())
        };
        Self::ALL.into_iter().find(is)
    }

    /// The type as a command line writes it, such as `item-shipped`.
    #[must_use]
    pub fn cli_name(self) -> &'static str {
        match self {
            NotificationType::DeviceRegistered => "device-registered",
            NotificationType::DeviceDeregistered => "device-deregistered",
            NotificationType::SubscriptionChanged => "subscription-changed",
            NotificationType::OrderPlaced => "order-placed",
            NotificationType::OrderCancelled => "order-cancelled",
            NotificationType::ItemShipped => "item-shipped",
        }
    }
}

impl From<OrderNotification> for NotificationType {
    fn from(told: OrderNotification) -> Self {
        match told {
            OrderNotification::Placed => NotificationType::OrderPlaced,
            OrderNotification::Shipped => NotificationType::ItemShipped,
            OrderNotification::Cancelled => NotificationType::OrderCancelled,
        }
    }
}

/// A product as in messages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProductInfo {
    /// ASIN.
    pub asin: String,
    /// The quantity.
    pub quantity: f64,
    /// The quantity's unit.
    pub unit: String,
}

impl From<&OrderItem> for ProductInfo {
    fn from(item: &OrderItem) -> Self {
        Self { asin: item.asin.to_string(), quantity: item.quantity, unit: item.unit.clone() }
    }
}

/// A slot as in SubscriptionChanged and SubscriptionInfo.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SlotInfo {
    /// The slot.
    pub slot: SlotId,
    /// Whether reordering is on.
    pub subscribed: bool,
    /// The chosen product; may be kept while reordering is off.
    pub product: Option<ProductInfo>,
}

/// The facts, which differ by type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum EventFacts {
    /// DeviceRegistered.
    Registered,
    /// DeviceDeregistered.
    Deregistered,
    /// SubscriptionChanged: every slot of the device, in the model's order.
    Subscription(Vec<SlotInfo>),
    /// OrderPlaced, OrderCancelled, ItemShipped.
    Order {
        /// Which of the three types it is.
        told: OrderNotification,
        /// `instanceId`.
        instance: String,
        /// The slot.
        slot: SlotId,
        /// The product.
        product: ProductInfo,
        /// Expected delivery.
        expected_at: Option<Time>,
    },
}

/// An event, of which makers are notified.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Its id; on the wire `amzn1.dash.notification.v1.<uuid>`.
    pub id: EventId,
    /// When the change happened.
    pub at: Time,
    /// The client through which the device was registered.
    pub client: String,
    /// The model's code.
    pub model: String,
    /// The unit's serial.
    pub serial: String,
    /// The customer's directed id for this maker.
    pub customer: String,
    /// The facts of the change.
    pub facts: EventFacts,
}

impl Event {
    /// Creates an event of a device.
    #[must_use]
    pub fn new(id: EventId, at: Time, device: &Device, facts: EventFacts) -> Self {
        Self {
            id,
            at,
            client: ClientId::to_string(&device.client),
            model: device.model_code.to_string(),
            serial: device.serial.to_string(),
            customer: device.directed_customer_id.clone(),
            facts,
        }
    }

    /// Creates an event of an order.
    #[must_use]
    pub fn for_order(id: EventId, at: Time, device: &Device, order: &Order, told: OrderNotification) -> Self {
        let facts = EventFacts::Order {
            told,
            instance: order.instance_id().to_string(),
            slot: order.slot.clone(),
            product: ProductInfo::from(&order.item),
            expected_at: order.expected_at,
        };
        Self::new(id, at, device, facts)
    }

    /// The event's notification type.
    #[must_use]
    pub fn notification_type(&self) -> NotificationType {
        match &self.facts {
            EventFacts::Registered => NotificationType::DeviceRegistered,
            EventFacts::Deregistered => NotificationType::DeviceDeregistered,
            EventFacts::Subscription(_) => NotificationType::SubscriptionChanged,
            EventFacts::Order { told, .. } => (*told).into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_known_by_each_of_its_names() {
        for kind in NotificationType::ALL {
            let short = kind.wire_name().replace("Notification", "");
            for name in [kind.wire_name(), kind.cli_name(), &short, &kind.cli_name().replace('-', "_").to_uppercase()] {
                assert_eq!(NotificationType::parse_lenient(name), Some(kind), "{name}");
            }
        }
        for name in ["", "Notification", "item", "item-shipped-twice"] {
            assert_eq!(NotificationType::parse_lenient(name), None, "{name}");
        }
    }
}
