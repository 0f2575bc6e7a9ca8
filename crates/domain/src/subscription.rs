//! A subscription: what one slot of one device may order.
//!
//! Registered and subscribed are two things: a registered device whose slot has no product, or is switched off, may
//! report but not order (service-api 5.1). Invariant: a slot that is on has a product.

use crate::id::OrderId;
use crate::text::{Asin, SlotId};

/// One slot of a registered device.
#[derive(Clone, Debug, PartialEq)]
pub struct Subscription {
    /// Which slot.
    pub slot: SlotId,
    /// The product chosen; may be kept while the slot is off.
    pub asin: Option<Asin>,
    /// Automatic reordering is on.
    pub on: bool,
    /// The order that holds the slot's lock, if any.
    pub open_order: Option<OrderId>,
}

/// What a customer chose for a slot.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Choice {
    /// Which slot.
    pub slot: SlotId,
    /// The product, or `None` where the slot was skipped.
    pub asin: Option<Asin>,
}

impl Subscription {
    /// Whether Replenish may order for it.
    #[must_use]
    pub fn may_order(&self) -> bool {
        self.on && self.asin.is_some()
    }

    /// Takes a choice; says whether anything changed, which is what SubscriptionChanged tells of. An exchange of one
    /// product for another counts as a change.
    pub fn choose(&mut self, asin: Option<Asin>, on: bool) -> bool {
        let on = on && asin.is_some();
        let changed = self.asin != asin || self.on != on;
        (self.asin, self.on) = (asin, on);
        changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_without_product_is_never_on() {
        let slot = SlotId::parse("filter").unwrap();
        let mut sub = Subscription { slot, asin: None, on: false, open_order: None };
        assert!(!sub.choose(None, true), "nothing changed");
        assert!(!sub.may_order());
        let asin = Asin::parse("B000000001").unwrap();
        assert!(sub.choose(Some(asin.clone()), true) && sub.may_order());
        assert!(!sub.choose(Some(asin.clone()), true), "the same again");
        assert!(sub.choose(Some(asin), false) && !sub.may_order(), "off, the product kept");
    }
}
