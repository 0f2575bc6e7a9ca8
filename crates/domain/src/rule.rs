//! The customer's slot rules, and their decision about an order (docs/spec/orders.md#slot-rules).
//!
//! What it is: whether an order may be placed now, for which product, and if not, why. What it is not: it changes no
//! order. Test devices are bound by no rule, since nothing is bought. Invariant: a rule never changes the item or its
//! price beyond what the customer allowed. If a rule cannot be kept, the order is held.

mod form;

use crate::id::OrderId;
use crate::money::Money;
use crate::order::{Order, OrderProblem};
use crate::product::Product;
use crate::subscription::AgreedPrice;
use crate::text::Asin;
use crate::time::{Span, Time};
pub use form::{MAX_FORM_NUMBER, RuleForm, RuleFormError, RuleFormNumber};
use serde::{Deserialize, Serialize};

/// Who decides whether an order is placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ApprovalMode {
    /// The device: it is placed immediately.
    #[default]
    Automatic,
    /// The customer: every order waits for approval.
    Ask,
}

/// The highest price of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PriceCap {
    /// At most this amount.
    Amount(Money),
    /// At most this many per cent over the agreed price.
    Percent(u32),
}

/// An order limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderLimit {
    /// The most orders, at least one...
    pub orders: u32,
    /// ...within this many days, at least one.
    pub days: u32,
}

impl OrderLimit {
    /// The period within which orders count.
    #[must_use]
    pub fn period(&self) -> Span {
        Span::from_hours(i64::from(self.days) * 24)
    }
}

/// A pause: a time without orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderPause {
    /// From this time...
    pub from: Time,
    /// ...until before this time.
    pub until: Time,
}

impl OrderPause {
    /// The first day, as a form has it.
    #[must_use]
    pub fn first_date(&self) -> String {
        form_date(self.from)
    }

    /// The last day, as a form has it.
    #[must_use]
    pub fn last_date(&self) -> String {
        form_date(self.last_day())
    }

    /// The last day without orders.
    #[must_use]
    pub fn last_day(&self) -> Time {
        self.until - DAY
    }
}

fn form_date(day: Time) -> String {
    day.to_rfc3339_millis().chars().take(10).collect()
}

/// The order that the customer wants to skip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SkippedOrder {
    /// The next one, which does not exist yet.
    Next,
    /// This one, which was the next.
    Order(OrderId),
}

/// The rules of one slot of one device. By default every order is allowed that does not exceed the agreed price.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SlotRules {
    /// Who decides.
    pub mode: ApprovalMode,
    /// The highest price of an order.
    pub cap: Option<PriceCap>,
    /// The order limit.
    pub limit: Option<OrderLimit>,
    /// The pause.
    pub pause: Option<OrderPause>,
    /// The order that is skipped: it is not placed unless the customer approves it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skip: Option<SkippedOrder>,
    /// Products that may be ordered when the chosen one is out of stock, in order of preference.
    pub substitutes: Vec<Asin>,
    /// Prices of the substitutes when the customer chose them.
    pub substitute_prices: Vec<AgreedPrice>,
}

const DAY: Span = Span::from_hours(24);

impl SlotRules {
    /// Returns the rules in which an order that is created now is the skipped one. `None` if the next order is not
    /// skipped.
    #[must_use]
    pub fn with_skipped(&self, order: OrderId) -> Option<Self> {
        (self.skip == Some(SkippedOrder::Next)).then(|| Self { skip: Some(SkippedOrder::Order(order)), ..self.clone() })
    }

    /// Whether an order of the slot is skipped. The next one is, once it has an id: [`SlotRules::with_skipped`].
    fn skips(&self, order: OrderId) -> bool {
        self.skip == Some(SkippedOrder::Order(order))
    }

    /// Sets the agreed price of each substitute. An earlier agreement stays; a new substitute gets its price of
    /// `shown`.
    pub fn set_substitute_prices(&mut self, before: &SlotRules, shown: &[AgreedPrice]) {
        let named_before = |asin: &&AgreedPrice| before.substitutes.contains(&asin.asin);
        let kept = before.substitute_prices.iter().filter(named_before);
        let all: Vec<_> = kept.chain(shown).collect();
        let price = |asin: &Asin| all.iter().find(|agreed| agreed.asin == *asin).map(|agreed| (*agreed).clone());
        self.substitute_prices = self.substitutes.iter().filter_map(price).collect();
    }

    /// The pause, unless it is over.
    #[must_use]
    pub fn coming_pause(&self, now: Time) -> Option<OrderPause> {
        self.pause.filter(|pause| pause.until > now)
    }
}

/// What a customer agreed to for a slot: the rules, and the price of the chosen product.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct SlotTerms {
    /// The rules.
    pub rules: SlotRules,
    /// The agreed price of the chosen product; unknown if the customer never saw one.
    pub agreed_price: Option<AgreedPrice>,
}

impl SlotTerms {
    /// The agreed price of a product: its own, or else that of the chosen product.
    fn agreed_price_for(&self, asin: &Asin) -> Option<&Money> {
        let own = self.rules.substitute_prices.iter().find(|agreed| agreed.asin == *asin);
        let chosen = self.agreed_price.as_ref();
        chosen.filter(|agreed| agreed.asin == *asin).or(own).or(chosen).map(|agreed| &agreed.price)
    }

    /// Whether a product may have this price without approval. The customer's highest price decides; a percentage is
    /// over the price of the chosen product. Without one, the price must not exceed the agreed price of this product by
    /// more than `ask_above` per cent. A price that cannot be compared is not allowed.
    #[must_use]
    pub fn allows_price(&self, asin: &Asin, price: &Money, ask_above: u32) -> bool {
        let within = |agreed: &Money, percent| price.is_at_most(&agreed.plus_percent_rounded_down(percent));
        match &self.rules.cap {
            Some(PriceCap::Amount(limit)) => price.is_at_most(limit),
            Some(PriceCap::Percent(percent)) => {
                self.agreed_price.as_ref().is_some_and(|agreed| within(&agreed.price, *percent))
            }
            None => self.agreed_price_for(asin).is_some_and(|agreed| within(agreed, ask_above)),
        }
    }

    /// Whether a back end may charge this price for an order. It must not exceed the price that the customer approved
    /// for that order. Without an approval the limit is the order's current price, or the customer's highest price.
    #[must_use]
    pub fn allows_charge(&self, order: &Order, price: &Money) -> bool {
        let by_cap = || self.rules.cap.is_some() && self.allows_price(&order.item.asin, price, 0);
        price.is_at_most(order.price_limit()) || order.approved_price.is_none() && by_cap()
    }
}

/// The inputs of the decision whether an order may be placed.
#[derive(Clone, Copy, Debug)]
pub struct RuleContext<'s> {
    /// The order.
    pub order: OrderId,
    /// Whether it is a test order: nothing is bought or shipped.
    pub test: bool,
    /// Whether there is an address to ship to.
    pub has_address: bool,
    /// The chosen product and its substitutes, in the customer's order. Products that left the catalogue are absent.
    pub products: &'s [Product],
    /// The number of orders of the slot within [`OrderLimit::period`] that were placed and not cancelled.
    pub recent_orders: u32,
    /// The highest price that the customer approved for this order.
    pub approved_price: Option<&'s Money>,
    /// By how many per cent an order may exceed the agreed price if the customer has set no highest price.
    pub price_tolerance_percent: u32,
    /// The current time.
    pub now: Time,
}

/// The decision about an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleDecision {
    /// The index in [`RuleContext::products`] of the product to order.
    pub product_index: usize,
    /// The problem that prevents its placement, if any.
    pub problem: Option<OrderProblem>,
    /// The end of the customer's pause, if it has begun, even if the problem is another one.
    pub paused_until: Option<Time>,
}

/// Decides whether an order may be placed.
///
/// Outside conditions come first, then the customer's rules. An order that the customer approved is bound by the
/// approved price and by no other rule.
#[must_use]
pub fn apply_rules(terms: &SlotTerms, situation: &RuleContext<'_>) -> RuleDecision {
    let RuleContext {
        order,
        test,
        has_address,
        products,
        recent_orders: recent,
        approved_price: approved,
        price_tolerance_percent: ask_above,
        now,
    } = *situation;
    let rules = &terms.rules;
    if test {
        return RuleDecision { product_index: 0, problem: None, paused_until: None };
    }
    let pause = rules.pause.filter(|pause| approved.is_none() && (pause.from..pause.until).contains(&now));
    let paused_until = pause.map(|pause| pause.until);
    let affordable = |product: &Product| match approved {
        Some(price) => product.price.is_at_most(price),
        None => terms.allows_price(&product.asin, &product.price, ask_above),
    };
    let Some(chosen) = products.first() else {
        return RuleDecision { product_index: 0, problem: Some(OrderProblem::OutOfStock), paused_until };
    };
    let at = if chosen.available {
        0
    } else {
        // A product that is out of stock is replaced by an allowed substitute, or waited for.
        products.iter().position(|p| p.available && affordable(p)).unwrap_or_default()
    };
    let problem = if !has_address {
        Some(OrderProblem::MissingAddress)
    } else if !products[at].available {
        Some(OrderProblem::OutOfStock)
    } else if !affordable(&products[at]) {
        Some(OrderProblem::PriceTooHigh)
    } else if approved.is_some() {
        None
    } else if paused_until.is_some() {
        Some(OrderProblem::Paused)
    } else if rules.skips(order) {
        Some(OrderProblem::Skipped)
    } else if rules.limit.is_some_and(|limit| recent >= limit.orders) {
        Some(OrderProblem::OrderLimitReached)
    } else if rules.mode == ApprovalMode::Ask {
        Some(OrderProblem::ApprovalRequired)
    } else {
        None
    };
    RuleDecision { product_index: at, problem, paused_until }
}

#[cfg(test)]
#[path = "rule_tests.rs"]
mod tests;
