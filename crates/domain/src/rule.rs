//! The customer's slot rules, and their decision about an order (docs/spec/orders.md#slot-rules).
//!
//! What it is: whether an order may be placed now, for which product, and if not, why. What it is not: it changes no
//! order. Test devices are bound by no rule, since nothing is bought. Invariant: a rule never changes the item or its
//! price beyond what the customer allowed. If a rule cannot be kept, the order is held.

use crate::date;
use crate::language::{self, Language};
use crate::money::{Money, ParseMoneyError};
use crate::order::{Order, OrderProblem};
use crate::product::Product;
use crate::subscription::AgreedPrice;
use crate::text::Asin;
use crate::time::{Span, Time};
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
    /// Products that may be ordered when the chosen one is out of stock, in order of preference.
    pub substitutes: Vec<Asin>,
    /// Prices of the substitutes when the customer chose them.
    pub substitute_prices: Vec<AgreedPrice>,
}

/// The largest number of days, orders or per cent that a form accepts.
pub const MAX_FORM_NUMBER: u32 = 1000;
const DAY: Span = Span::from_hours(24);

/// A form's fields as typed; empty ones are absent.
#[derive(Clone, Copy, Debug, Default)]
pub struct RuleForm<'f> {
    /// `automatic` or `ask`.
    pub mode: Option<&'f str>,
    /// `amount` or `percent`; otherwise there is no highest price.
    pub cap_kind: Option<&'f str>,
    /// An amount in the product's currency, or a whole number of per cent.
    pub cap: Option<&'f str>,
    /// The most orders...
    pub limit_orders: Option<&'f str>,
    /// ...within this many days.
    pub limit_days: Option<&'f str>,
    /// First day without orders.
    pub pause_from: Option<&'f str>,
    /// Last day without orders.
    pub pause_until: Option<&'f str>,
}

/// Invalid rules, for display to the customer who typed them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleFormError {
    /// The mode is missing.
    #[error("Choose whether orders are placed by themselves or only after you were asked.")]
    MissingMode,
    /// The highest price is not a price.
    #[error("The highest price: {0}.")]
    Price(#[from] ParseMoneyError),
    /// The highest price is missing.
    #[error("Write the highest price, or choose none.")]
    MissingCap,
    /// A highest price is there, but not whether it is an amount or a percentage.
    #[error("Choose whether the highest price is an amount or a percentage, or leave its field empty.")]
    MissingCapKind,
    /// Not a whole number from 1 to [`MAX_FORM_NUMBER`].
    #[error("Write {0} as a whole number from 1 to {MAX_FORM_NUMBER}.")]
    Number(RuleFormNumber),
    /// Orders without days, or days without orders.
    #[error("Write both how many orders there may be and in how many days, or neither.")]
    IncompleteLimit,
    /// Not a date; the beginning of the text.
    #[error("`{0}` is not a date: write it as year-month-day.")]
    Date(String),
    /// A first day without a last one, or the other way round.
    #[error("Write both the first and the last day of the pause, or neither.")]
    IncompletePause,
    /// The pause ends before it begins.
    #[error("The last day of the pause lies before its first.")]
    PauseEndsBeforeStart,
}

/// The kind of a form's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleFormNumber {
    /// Per cent of the agreed price.
    #[error("the per cent over the price")]
    Percent,
    /// Orders.
    #[error("the number of orders")]
    Orders,
    /// Days.
    #[error("the number of days")]
    Days,
}

fn check_number(read: Option<u32>, what: RuleFormNumber) -> Result<u32, RuleFormError> {
    read.filter(|n| (1..=MAX_FORM_NUMBER).contains(n)).ok_or(RuleFormError::Number(what))
}

fn parse_count(text: &str, what: RuleFormNumber) -> Result<u32, RuleFormError> {
    check_number(text.trim().parse().ok(), what)
}

fn parse_day(text: &str) -> Result<Time, RuleFormError> {
    let read = date::parse(text).filter(|time| time.as_micros() % 86_400_000_000 == 0);
    read.ok_or_else(|| RuleFormError::Date(text.chars().take(20).collect()))
}

impl SlotRules {
    /// Reads what a customer typed on a page in a language; a highest price is in `currency`. Prices of substitutes are
    /// not read here, but set by [`SlotRules::set_substitute_prices`].
    ///
    /// # Errors
    /// [`RuleFormError`], which states the field that is wrong.
    pub fn parse_form(
        typed: RuleForm<'_>,
        language: Language,
        currency: &str,
        substitutes: Vec<Asin>,
    ) -> Result<Self, RuleFormError> {
        let mode = match typed.mode {
            Some("ask") => ApprovalMode::Ask,
            Some("automatic") => ApprovalMode::Automatic,
            _ => return Err(RuleFormError::MissingMode),
        };
        let cap = match (typed.cap_kind, typed.cap) {
            (Some("amount"), Some(text)) => Some(PriceCap::Amount(language.parse_amount(text, currency)?)),
            (Some("percent"), Some(text)) => {
                Some(PriceCap::Percent(check_number(language::parse_percent(text), RuleFormNumber::Percent)?))
            }
            (Some("amount" | "percent"), None) => return Err(RuleFormError::MissingCap),
            (_, Some(_)) => return Err(RuleFormError::MissingCapKind),
            (_, None) => None,
        };
        let limit = match (typed.limit_orders, typed.limit_days) {
            (None, None) => None,
            (Some(orders), Some(days)) => Some(OrderLimit {
                orders: parse_count(orders, RuleFormNumber::Orders)?,
                days: parse_count(days, RuleFormNumber::Days)?,
            }),
            _ => return Err(RuleFormError::IncompleteLimit),
        };
        let pause = match (typed.pause_from, typed.pause_until) {
            (None, None) => None,
            (Some(from), Some(until)) => Some(OrderPause { from: parse_day(from)?, until: parse_day(until)? + DAY }),
            _ => return Err(RuleFormError::IncompletePause),
        };
        if pause.is_some_and(|pause| pause.until <= pause.from) {
            return Err(RuleFormError::PauseEndsBeforeStart);
        }
        Ok(Self { mode, cap, limit, pause, substitutes, substitute_prices: Vec::new() })
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

    /// The first and the last day of the pause, as dates.
    #[must_use]
    pub fn pause_dates(&self) -> Option<(String, String)> {
        let date = |time: Time| time.to_rfc3339_millis().chars().take(10).collect();
        self.pause.map(|pause| (date(pause.from), date(pause.until - DAY)))
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
