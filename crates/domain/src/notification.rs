//! What makers are told: the six notification types as facts, independent of their versions on the wire.
//!
//! Not here: their JSON ([`crate::wire`]) and their delivery. Invariant: an event holds everything its message needs,
//! as it was at the moment of the change, so that sending it later or again says the same.

use crate::device::Device;
use crate::id::{ClientId, EventId};
use crate::order::{Item, Order, Told};
use crate::text::SlotId;
use crate::time::Time;
use serde::{Deserialize, Serialize};

/// The six types (docs/spec/notifications.md#notification-types); there is no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Kind {
    /// A device was linked.
    DeviceRegistered,
    /// A device left.
    DeviceDeregistered,
    /// A slot's product or switch changed.
    SubscriptionChanged,
    /// An order will ship unless it is cancelled in time.
    OrderPlaced,
    /// An order will not ship.
    OrderCancelled,
    /// An order is on its way.
    ItemShipped,
}

impl Kind {
    /// Every type.
    pub const ALL: [Kind; 6] = [
        Kind::DeviceRegistered,
        Kind::DeviceDeregistered,
        Kind::SubscriptionChanged,
        Kind::OrderPlaced,
        Kind::OrderCancelled,
        Kind::ItemShipped,
    ];

    /// `notificationType` on the wire.
    #[must_use]
    pub fn wire_name(self) -> &'static str {
        match self {
            Kind::DeviceRegistered => "DeviceRegisteredNotification",
            Kind::DeviceDeregistered => "DeviceDeregisteredNotification",
            Kind::SubscriptionChanged => "SubscriptionChangedNotification",
            Kind::OrderPlaced => "OrderPlacedNotification",
            Kind::OrderCancelled => "OrderCancelledNotification",
            Kind::ItemShipped => "ItemShippedNotification",
        }
    }

    /// Reads `notificationType`.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.wire_name() == name)
    }

    /// Reads a type as people write it: `item-shipped`, `ItemShipped` or `ItemShippedNotification`.
    #[must_use]
    pub fn named(text: &str) -> Option<Self> {
        let word: String = text.chars().filter(|c| !matches!(c, '-' | '_')).collect();
        let is = |kind: &Kind| {
            let short = kind.wire_name().trim_end_matches("Notification");
            word.eq_ignore_ascii_case(short) || word.eq_ignore_ascii_case(kind.wire_name())
        };
        Self::ALL.into_iter().find(is)
    }

    /// The type as a command line writes it, such as `item-shipped`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Kind::DeviceRegistered => "device-registered",
            Kind::DeviceDeregistered => "device-deregistered",
            Kind::SubscriptionChanged => "subscription-changed",
            Kind::OrderPlaced => "order-placed",
            Kind::OrderCancelled => "order-cancelled",
            Kind::ItemShipped => "item-shipped",
        }
    }
}

impl From<Told> for Kind {
    fn from(told: Told) -> Self {
        match told {
            Told::Placed => Kind::OrderPlaced,
            Told::Shipped => Kind::ItemShipped,
            Told::Cancelled => Kind::OrderCancelled,
        }
    }
}

/// A product as messages name it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProductInfo {
    /// ASIN.
    pub asin: String,
    /// How much.
    pub quantity: f64,
    /// In which unit.
    pub unit: String,
}

impl From<&Item> for ProductInfo {
    fn from(item: &Item) -> Self {
        Self { asin: item.asin.to_string(), quantity: item.quantity, unit: item.unit.clone() }
    }
}

/// A slot as SubscriptionChanged and SubscriptionInfo name it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SlotInfo {
    /// Which slot.
    pub slot: SlotId,
    /// On or off.
    pub subscribed: bool,
    /// The product chosen; may be kept while off.
    pub product: Option<ProductInfo>,
}

/// What differs by type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Facts {
    /// DeviceRegistered.
    Registered,
    /// DeviceDeregistered.
    Deregistered,
    /// SubscriptionChanged: every slot of the device, in the model's order.
    Subscription(Vec<SlotInfo>),
    /// OrderPlaced, OrderCancelled, ItemShipped.
    Order {
        /// Which of the three.
        told: Told,
        /// `instanceId`.
        instance: String,
        /// For which slot.
        slot: SlotId,
        /// What.
        product: ProductInfo,
        /// Expected delivery.
        expected_at: Option<Time>,
    },
}

/// A notification to be sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Its id; on the wire `amzn1.dash.notification.v1.<uuid>`.
    pub id: EventId,
    /// When the change happened.
    pub at: Time,
    /// The LwA client the device was linked through.
    pub client: String,
    /// The model's code.
    pub model: String,
    /// The unit's serial.
    pub serial: String,
    /// The customer, as this maker sees them.
    pub customer: String,
    /// What happened.
    pub facts: Facts,
}

impl Event {
    /// An event of a device.
    #[must_use]
    pub fn new(id: EventId, at: Time, device: &Device, facts: Facts) -> Self {
        Self {
            id,
            at,
            client: ClientId::to_string(&device.client),
            model: device.model_code.to_string(),
            serial: device.serial.to_string(),
            customer: device.directed_customer.clone(),
            facts,
        }
    }

    /// An event of an order.
    #[must_use]
    pub fn of_order(id: EventId, at: Time, device: &Device, order: &Order, told: Told) -> Self {
        let facts = Facts::Order {
            told,
            instance: order.instance().to_string(),
            slot: order.slot.clone(),
            product: ProductInfo::from(&order.item),
            expected_at: order.expected_at,
        };
        Self::new(id, at, device, facts)
    }

    /// Its type.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match &self.facts {
            Facts::Registered => Kind::DeviceRegistered,
            Facts::Deregistered => Kind::DeviceDeregistered,
            Facts::Subscription(_) => Kind::SubscriptionChanged,
            Facts::Order { told, .. } => (*told).into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_known_by_each_of_its_names() {
        for kind in Kind::ALL {
            let short = kind.wire_name().replace("Notification", "");
            for name in [kind.wire_name(), kind.word(), &short, &kind.word().replace('-', "_").to_uppercase()] {
                assert_eq!(Kind::named(name), Some(kind), "{name}");
            }
        }
        for name in ["", "Notification", "item", "item-shipped-twice"] {
            assert_eq!(Kind::named(name), None, "{name}");
        }
    }
}
