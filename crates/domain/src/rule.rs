//! The customer's rules for a slot, and what they say of an order (docs/spec/orders.md#slot-rules).
//!
//! What it is: whether an order may be placed now, for which product, and if not, why. What it is not: it changes no
//! order; who orders for a test device is bound by no rule, since nothing is bought. Invariant: a rule never changes
//! what is ordered or what it costs beyond what the customer allowed; where it cannot be kept, the order is held.

use crate::date;
use crate::language::{self, Language};
use crate::money::{Money, ParseMoneyError};
use crate::order::{Order, OrderProblem};
use crate::product::Product;
use crate::subscription::AgreedPrice;
use crate::text::Asin;
use crate::time::{Span, Time};
use serde::{Deserialize, Serialize};

/// Who decides that an order is placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ApprovalMode {
    /// The device: it is placed at once.
    #[default]
    Automatic,
    /// The customer: every order waits for their word.
    Ask,
}

/// How dear an order may be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PriceCap {
    /// So much and no more.
    Amount(Money),
    /// So many hundredths over the price agreed and no more.
    Percent(u32),
}

/// How many orders there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderLimit {
    /// At most so many, at least one...
    pub orders: u32,
    /// ...within so many days, at least one.
    pub days: u32,
}

impl OrderLimit {
    /// How far back orders count.
    #[must_use]
    pub fn period(&self) -> Span {
        Span::from_hours(i64::from(self.days) * 24)
    }
}

/// A time without orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderPause {
    /// From here...
    pub from: Time,
    /// ...until before here.
    pub until: Time,
}

/// The rules of one slot of one device. By default everything is ordered that is not dearer than agreed.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SlotRules {
    /// Who decides.
    pub mode: ApprovalMode,
    /// How dear an order may be.
    pub cap: Option<PriceCap>,
    /// How many orders there may be.
    pub limit: Option<OrderLimit>,
    /// A time without orders.
    pub pause: Option<OrderPause>,
    /// What may be ordered when the chosen product is out of stock, first one first.
    pub substitutes: Vec<Asin>,
    /// What they cost when the customer named them.
    pub substitute_prices: Vec<AgreedPrice>,
}

/// The largest number of days, orders or per cent that a form may name.
pub const MAX_FORM_NUMBER: u32 = 1000;
const DAY: Span = Span::from_hours(24);

/// A form's fields, as they were typed; empty ones are absent.
#[derive(Clone, Copy, Debug, Default)]
pub struct RuleForm<'f> {
    /// `automatic` or `ask`.
    pub mode: Option<&'f str>,
    /// `amount` or `percent`; else there is no cap.
    pub cap_kind: Option<&'f str>,
    /// An amount in the product's currency, or a whole number of per cent.
    pub cap: Option<&'f str>,
    /// At most so many orders...
    pub limit_orders: Option<&'f str>,
    /// ...in so many days.
    pub limit_days: Option<&'f str>,
    /// First day without orders.
    pub pause_from: Option<&'f str>,
    /// Last day without orders.
    pub pause_until: Option<&'f str>,
}

/// Rules that cannot be: for the customer who typed them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleFormError {
    /// Who decides was not said.
    #[error("Choose whether orders are placed by themselves or only after you were asked.")]
    MissingMode,
    /// The highest price is no price.
    #[error("The highest price: {0}.")]
    Price(#[from] ParseMoneyError),
    /// There is to be a highest price, and it is missing.
    #[error("Write the highest price, or choose none.")]
    MissingCap,
    /// Not a whole number from 1 to [`MOST`].
    #[error("Write {0} as a whole number from 1 to {MAX_FORM_NUMBER}.")]
    Number(RuleFormNumber),
    /// Orders without days, or days without orders.
    #[error("Write both how many orders there may be and in how many days, or neither.")]
    IncompleteLimit,
    /// Not a date; its beginning.
    #[error("`{0}` is no date: write it as year-month-day.")]
    Date(String),
    /// A first day without a last one, or the other way round.
    #[error("Write both the first and the last day of the pause, or neither.")]
    IncompletePause,
    /// It ends before it begins.
    #[error("The last day of the pause lies before its first.")]
    PauseEndsBeforeStart,
}

/// What a form counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleFormNumber {
    /// Hundredths of the price agreed.
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
    /// Reads what a customer typed on a page of a language; a highest price is in `currency`. What substitutes cost is
    /// not read: that is [`Rules::name_substitutes`].
    ///
    /// # Errors
    /// [`BadRule`].
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
            _ => None,
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

    /// Keeps what each substitute cost when it was named: what was agreed before stays, and one named now is agreed to at
    /// its price of `shown`.
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

/// What a customer agreed to for a slot: the rules, and the price of the product chosen.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct SlotTerms {
    /// The rules.
    pub rules: SlotRules,
    /// The price agreed to for the product chosen; unknown where nobody ever saw one.
    pub agreed_price: Option<AgreedPrice>,
}

impl SlotTerms {
    /// What was agreed for a product: its own price, or else that of the product chosen.
    fn agreed_price_for(&self, asin: &Asin) -> Option<&Money> {
        let own = self.rules.substitute_prices.iter().find(|agreed| agreed.asin == *asin);
        let chosen = self.agreed_price.as_ref();
        chosen.filter(|agreed| agreed.asin == *asin).or(own).or(chosen).map(|agreed| &agreed.price)
    }

    /// Whether a product may cost so much without the customer being asked. Their own highest price decides, a percentage
    /// being one over the price of the product chosen; without one, what is dearer than agreed for this product by more
    /// than `ask_above` per cent is not allowed. A price that cannot be compared is not allowed.
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

    /// Whether a back end may take this price for an order: no more than the customer agreed to for that very order; or
    /// else no more than its price as it stands, or than the highest price if they named one.
    #[must_use]
    pub fn allows_charge(&self, order: &Order, price: &Money) -> bool {
        let by_cap = || self.rules.cap.is_some() && self.allows_price(&order.item.asin, price, 0);
        price.is_at_most(order.price_limit()) || order.approved_price.is_none() && by_cap()
    }
}

/// What is known when it is decided whether an order may be placed.
#[derive(Clone, Copy, Debug)]
pub struct RuleContext<'s> {
    /// Nothing is bought or shipped.
    pub test: bool,
    /// There is somewhere to ship to.
    pub has_address: bool,
    /// The product chosen and then its substitutes, in the customer's order; what was taken off the catalogue is absent.
    pub products: &'s [Product],
    /// Orders of the slot within [`Limit::period`] that were placed and not cancelled.
    pub recent_orders: u32,
    /// The highest price that the customer agreed to for this very order, if they were asked.
    pub approved_price: Option<&'s Money>,
    /// How many per cent dearer than agreed an order may be where the customer has no highest price.
    pub price_tolerance_percent: u32,
    /// Now.
    pub now: Time,
}

/// What is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleDecision {
    /// Which of [`Situation::products`] the order is for.
    pub product_index: usize,
    /// What keeps it from being placed, if anything does.
    pub problem: Option<OrderProblem>,
    /// When the customer wants orders again, if they want none now: also where something else is named first.
    pub paused_until: Option<Time>,
}

/// Decides whether an order may be placed.
///
/// What nobody can help comes first; then the customer's rules. An order that the customer has agreed to is bound by
/// the price they saw and by no other rule.
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
    let at = match chosen.available {
        true => 0,
        // What is out of stock is replaced by what the customer named and can afford, or waited for.
        false => products.iter().position(|p| p.available && affordable(p)).unwrap_or_default(),
    };
    let problem = match () {
        () if !has_address => Some(OrderProblem::MissingAddress),
        () if !products[at].available => Some(OrderProblem::OutOfStock),
        () if !affordable(&products[at]) => Some(OrderProblem::PriceTooHigh),
        () if approved.is_some() => None,
        () if paused_until.is_some() => Some(OrderProblem::Paused),
        () if rules.limit.is_some_and(|limit| recent >= limit.orders) => Some(OrderProblem::OrderLimitReached),
        () if rules.mode == ApprovalMode::Ask => Some(OrderProblem::ApprovalRequired),
        () => None,
    };
    RuleDecision { product_index: at, problem, paused_until }
}

#[cfg(test)]
#[path = "rule_tests.rs"]
mod tests;
