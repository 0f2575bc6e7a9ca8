//! Subscriptions: what one slot of one device reorders.
//!
//! Registered and subscribed are different: a registered device whose slot has no product, or is off, may report but
//! not order (docs/spec/orders.md#registered-and-subscribed). Invariant: a slot that is on has a product.

use crate::id::OrderId;
use crate::money::Money;
use crate::text::{Asin, SlotId};
use crate::time::Time;
use serde::{Deserialize, Serialize};

/// A price that a customer agreed to: the one displayed when they chose the product, signed up or approved an order of
/// it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgreedPrice {
    /// The product.
    pub asin: Asin,
    /// The displayed price.
    pub price: Money,
    /// When it was agreed; unknown for agreements from before dates were stored.
    pub at: Option<Time>,
}

/// One slot of a registered device.
#[derive(Clone, Debug, PartialEq)]
pub struct Subscription {
    /// The slot.
    pub slot: SlotId,
    /// The chosen product; may be kept while the slot is off.
    pub asin: Option<Asin>,
    /// Whether automatic reordering is on.
    pub enabled: bool,
    /// The order that holds the slot's lock, if any.
    pub open_order: Option<OrderId>,
    /// The last agreed price; see [`Subscription::agreed_price`].
    pub last_agreed_price: Option<AgreedPrice>,
}

/// A customer's choice for a slot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotChoice {
    /// The slot.
    pub slot: SlotId,
    /// The product, or `None` where the slot was skipped.
    pub asin: Option<Asin>,
    /// The displayed price; `None` if no page displayed one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Money>,
}

impl Subscription {
    /// Whether Replenish may place an order for the slot.
    #[must_use]
    pub fn can_order(&self) -> bool {
        self.enabled && self.asin.is_some()
    }

    /// A slot for which nothing was ever chosen.
    #[must_use]
    pub fn empty(slot: SlotId) -> Self {
        Self { slot, asin: None, enabled: false, open_order: None, last_agreed_price: None }
    }

    /// The agreed price of the product that is chosen now. A price of another product does not count.
    #[must_use]
    pub fn agreed_price(&self) -> Option<&AgreedPrice> {
        self.last_agreed_price.as_ref().filter(|agreed| Some(&agreed.asin) == self.asin.as_ref())
    }

    /// Records the displayed price of the chosen product as agreed. Nothing else changes it.
    pub fn record_agreed_price(&mut self, price: Money, at: Time) {
        if let Some(asin) = &self.asin {
            self.last_agreed_price = Some(AgreedPrice { asin: asin.clone(), price, at: Some(at) });
        }
    }

    /// Applies a choice; returns whether anything changed, which SubscriptionChanged reports. A replacement of one
    /// product by another counts as a change.
    pub fn set_choice(&mut self, asin: Option<Asin>, on: bool) -> bool {
        let on = on && asin.is_some();
        let changed = self.asin != asin || self.enabled != on;
        (self.asin, self.enabled) = (asin, on);
        changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_without_product_is_never_on() {
        let slot = SlotId::parse("filter").unwrap();
        let mut sub = Subscription::empty(slot);
        assert!(!sub.set_choice(None, true), "nothing changed");
        assert!(!sub.can_order());
        let asin = Asin::parse("B000000001").unwrap();
        assert!(sub.set_choice(Some(asin.clone()), true) && sub.can_order());
        assert!(!sub.set_choice(Some(asin.clone()), true), "the same again");
        assert!(sub.set_choice(Some(asin), false) && !sub.can_order(), "off, the product kept");
    }

    #[test]
    fn a_price_is_agreed_for_one_product() {
        let [first, second] = ["B000000001", "B000000002"].map(|text| Asin::parse(text).unwrap());
        let (price, at) = (Money::parse("24.99", "USD").unwrap(), Time::from_secs(1_520_000_000));
        let mut sub = Subscription::empty(SlotId::parse("filter").unwrap());
        sub.record_agreed_price(price.clone(), at);
        assert_eq!(sub.last_agreed_price, None, "nothing is chosen");
        sub.set_choice(Some(first.clone()), true);
        assert_eq!(sub.agreed_price(), None, "choosing alone agrees to nothing");
        sub.record_agreed_price(price.clone(), at);
        let agreed = AgreedPrice { asin: first.clone(), price, at: Some(at) };
        assert_eq!(sub.agreed_price(), Some(&agreed));
        sub.set_choice(Some(first.clone()), false);
        assert_eq!(sub.agreed_price(), Some(&agreed), "switching off changes no price");
        sub.set_choice(Some(second), true);
        assert_eq!(sub.agreed_price(), None, "that was another product");
        sub.set_choice(Some(first), true);
        assert_eq!(sub.agreed_price(), Some(&agreed));
    }
}
