//! The customer's rules for a slot, and what they say of an order (docs/spec/orders.md#slot-rules).
//!
//! What it is: whether an order may be placed now, for which product, and if not, why. What it is not: it changes no
//! order; who orders for a test device is bound by no rule, since nothing is bought. Invariant: a rule never changes
//! what is ordered or what it costs beyond what the customer allowed; where it cannot be kept, the order is held.

use crate::date;
use crate::language::{self, Language};
use crate::money::{BadMoney, Money};
use crate::order::{Order, Problem};
use crate::product::Product;
use crate::subscription::AgreedPrice;
use crate::text::Asin;
use crate::time::{Span, Time};
use serde::{Deserialize, Serialize};

/// Who decides that an order is placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// The device: it is placed at once.
    #[default]
    Automatic,
    /// The customer: every order waits for their word.
    Ask,
}

/// How dear an order may be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cap {
    /// So much and no more.
    Amount(Money),
    /// So many hundredths over the price agreed and no more.
    Percent(u32),
}

/// How many orders there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    /// At most so many, at least one...
    pub orders: u32,
    /// ...within so many days, at least one.
    pub days: u32,
}

impl Limit {
    /// How far back orders count.
    #[must_use]
    pub fn period(&self) -> Span {
        Span::from_hours(i64::from(self.days) * 24)
    }
}

/// A time without orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// From here...
    pub from: Time,
    /// ...until before here.
    pub until: Time,
}

/// The rules of one slot of one device. By default everything is ordered that is not dearer than agreed.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Rules {
    /// Who decides.
    pub mode: Mode,
    /// How dear an order may be.
    pub cap: Option<Cap>,
    /// How many orders there may be.
    pub limit: Option<Limit>,
    /// A time without orders.
    pub pause: Option<Pause>,
    /// What may be ordered when the chosen product is out of stock, first one first.
    pub substitutes: Vec<Asin>,
    /// What they cost when the customer named them.
    pub substitute_prices: Vec<AgreedPrice>,
}

/// The largest number of days, orders or per cent that a form may name.
pub const MOST: u32 = 1000;
const DAY: Span = Span::from_hours(24);

/// A form's fields, as they were typed; empty ones are absent.
#[derive(Clone, Copy, Debug, Default)]
pub struct Typed<'f> {
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
pub enum BadRule {
    /// Who decides was not said.
    #[error("Choose whether orders are placed by themselves or only after you were asked.")]
    NoMode,
    /// The highest price is no price.
    #[error("The highest price: {0}.")]
    Price(#[from] BadMoney),
    /// There is to be a highest price, and it is missing.
    #[error("Write the highest price, or choose none.")]
    NoCap,
    /// Not a whole number from 1 to [`MOST`].
    #[error("Write {0} as a whole number from 1 to {MOST}.")]
    Number(Counted),
    /// Orders without days, or days without orders.
    #[error("Write both how many orders there may be and in how many days, or neither.")]
    HalfALimit,
    /// Not a date; its beginning.
    #[error("`{0}` is no date: write it as year-month-day.")]
    Date(String),
    /// A first day without a last one, or the other way round.
    #[error("Write both the first and the last day of the pause, or neither.")]
    HalfAPause,
    /// It ends before it begins.
    #[error("The last day of the pause lies before its first.")]
    PauseBackwards,
}

/// What a form counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Counted {
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

fn number(read: Option<u32>, what: Counted) -> Result<u32, BadRule> {
    read.filter(|n| (1..=MOST).contains(n)).ok_or(BadRule::Number(what))
}

fn count(text: &str, what: Counted) -> Result<u32, BadRule> {
    number(text.trim().parse().ok(), what)
}

fn day(text: &str) -> Result<Time, BadRule> {
    let read = date::parse(text).filter(|time| time.micros() % 86_400_000_000 == 0);
    read.ok_or_else(|| BadRule::Date(text.chars().take(20).collect()))
}

impl Rules {
    /// Reads what a customer typed on a page of a language; a highest price is in `currency`. What substitutes cost is
    /// not read: that is [`Rules::name_substitutes`].
    ///
    /// # Errors
    /// [`BadRule`].
    pub fn read(typed: Typed<'_>, language: Language, currency: &str, substitutes: Vec<Asin>) -> Result<Self, BadRule> {
        let mode = match typed.mode {
            Some("ask") => Mode::Ask,
            Some("automatic") => Mode::Automatic,
            _ => return Err(BadRule::NoMode),
        };
        let cap = match (typed.cap_kind, typed.cap) {
            (Some("amount"), Some(text)) => Some(Cap::Amount(language.read_amount(text, currency)?)),
            (Some("percent"), Some(text)) => Some(Cap::Percent(number(language::percent(text), Counted::Percent)?)),
            (Some("amount" | "percent"), None) => return Err(BadRule::NoCap),
            _ => None,
        };
        let limit = match (typed.limit_orders, typed.limit_days) {
            (None, None) => None,
            (Some(orders), Some(days)) => {
                Some(Limit { orders: count(orders, Counted::Orders)?, days: count(days, Counted::Days)? })
            }
            _ => return Err(BadRule::HalfALimit),
        };
        let pause = match (typed.pause_from, typed.pause_until) {
            (None, None) => None,
            (Some(from), Some(until)) => Some(Pause { from: day(from)?, until: day(until)? + DAY }),
            _ => return Err(BadRule::HalfAPause),
        };
        if pause.is_some_and(|pause| pause.until <= pause.from) {
            return Err(BadRule::PauseBackwards);
        }
        Ok(Self { mode, cap, limit, pause, substitutes, substitute_prices: Vec::new() })
    }

    /// Keeps what each substitute cost when it was named: what was agreed before stays, and one named now is agreed to at
    /// its price of `shown`.
    pub fn name_substitutes(&mut self, before: &Rules, shown: &[AgreedPrice]) {
        let named_before = |asin: &&AgreedPrice| before.substitutes.contains(&asin.asin);
        let kept = before.substitute_prices.iter().filter(named_before);
        let all: Vec<_> = kept.chain(shown).collect();
        let price = |asin: &Asin| all.iter().find(|agreed| agreed.asin == *asin).map(|agreed| (*agreed).clone());
        self.substitute_prices = self.substitutes.iter().filter_map(price).collect();
    }

    /// The first and the last day of the pause, as dates.
    #[must_use]
    pub fn pause_days(&self) -> Option<(String, String)> {
        let date = |time: Time| time.to_millis_text().chars().take(10).collect();
        self.pause.map(|pause| (date(pause.from), date(pause.until - DAY)))
    }
}

/// What a customer agreed to for a slot: the rules, and the price of the product chosen.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Terms {
    /// The rules.
    pub rules: Rules,
    /// The price agreed to for the product chosen; unknown where nobody ever saw one.
    pub agreed: Option<AgreedPrice>,
}

impl Terms {
    /// What was agreed for a product: its own price, or else that of the product chosen.
    fn agreed_for(&self, asin: &Asin) -> Option<&Money> {
        let own = self.rules.substitute_prices.iter().find(|agreed| agreed.asin == *asin);
        let chosen = self.agreed.as_ref();
        chosen.filter(|agreed| agreed.asin == *asin).or(own).or(chosen).map(|agreed| &agreed.price)
    }

    /// Whether a product may cost so much without the customer being asked. Their own highest price decides, a percentage
    /// being one over the price of the product chosen; without one, what is dearer than agreed for this product by more
    /// than `ask_above` per cent is not allowed. A price that cannot be compared is not allowed.
    #[must_use]
    pub fn allows_price(&self, asin: &Asin, price: &Money, ask_above: u32) -> bool {
        let within = |agreed: &Money, percent| price.is_within(&agreed.at_most_over(percent));
        match &self.rules.cap {
            Some(Cap::Amount(limit)) => price.is_within(limit),
            Some(Cap::Percent(percent)) => self.agreed.as_ref().is_some_and(|agreed| within(&agreed.price, *percent)),
            None => self.agreed_for(asin).is_some_and(|agreed| within(agreed, ask_above)),
        }
    }

    /// Whether a back end may take this price for an order: no more than the customer agreed to for that very order; or
    /// else no more than its price as it stands, or than the highest price if they named one.
    #[must_use]
    pub fn allows_charge(&self, order: &Order, price: &Money) -> bool {
        let by_cap = || self.rules.cap.is_some() && self.allows_price(&order.item.asin, price, 0);
        price.is_within(order.limit()) || order.approved.is_none() && by_cap()
    }
}

/// What is known when it is decided whether an order may be placed.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'s> {
    /// Nothing is bought or shipped.
    pub test: bool,
    /// There is somewhere to ship to.
    pub has_address: bool,
    /// The product chosen and then its substitutes, in the customer's order; what was taken off the catalogue is absent.
    pub products: &'s [Product],
    /// Orders of the slot within [`Limit::period`] that were placed and not cancelled.
    pub recent: u32,
    /// The highest price that the customer agreed to for this very order, if they were asked.
    pub approved: Option<&'s Money>,
    /// How many per cent dearer than agreed an order may be where the customer has no highest price.
    pub ask_above: u32,
    /// Now.
    pub now: Time,
}

/// What is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Which of [`Situation::products`] the order is for.
    pub at: usize,
    /// What keeps it from being placed, if anything does.
    pub problem: Option<Problem>,
    /// When the customer wants orders again, if they want none now: also where something else is named first.
    pub paused_until: Option<Time>,
}

/// Decides whether an order may be placed.
///
/// What nobody can help comes first; then the customer's rules. An order that the customer has agreed to is bound by
/// the price they saw and by no other rule.
#[must_use]
pub fn decide(terms: &Terms, situation: &Situation<'_>) -> Verdict {
    let Situation { test, has_address, products, recent, approved, ask_above, now } = *situation;
    let rules = &terms.rules;
    if test {
        return Verdict { at: 0, problem: None, paused_until: None };
    }
    let pause = rules.pause.filter(|pause| approved.is_none() && (pause.from..pause.until).contains(&now));
    let paused_until = pause.map(|pause| pause.until);
    let affordable = |product: &Product| match approved {
        Some(price) => product.price.is_within(price),
        None => terms.allows_price(&product.asin, &product.price, ask_above),
    };
    let Some(chosen) = products.first() else {
        return Verdict { at: 0, problem: Some(Problem::OutOfStock), paused_until };
    };
    let at = match chosen.available {
        true => 0,
        // What is out of stock is replaced by what the customer named and can afford, or waited for.
        false => products.iter().position(|p| p.available && affordable(p)).unwrap_or_default(),
    };
    let problem = match () {
        () if !has_address => Some(Problem::Address),
        () if !products[at].available => Some(Problem::OutOfStock),
        () if !affordable(&products[at]) => Some(Problem::Price),
        () if approved.is_some() => None,
        () if paused_until.is_some() => Some(Problem::Paused),
        () if rules.limit.is_some_and(|limit| recent >= limit.orders) => Some(Problem::Limit),
        () if rules.mode == Mode::Ask => Some(Problem::Ask),
        () => None,
    };
    Verdict { at, problem, paused_until }
}

#[cfg(test)]
#[path = "rule_tests.rs"]
mod tests;
