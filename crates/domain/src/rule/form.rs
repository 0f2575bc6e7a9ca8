//! The slot rules as a customer types them.
//!
//! Not here: what the rules decide ([`super::apply_rules`]). Invariant: rules are read whole or not at all, and an error
//! names one field.

use super::{ApprovalMode, DAY, OrderLimit, OrderPause, PriceCap, SlotRules};
use crate::date;
use crate::language::{self, Language};
use crate::money::ParseMoneyError;
use crate::text::Asin;
use crate::time::Time;

/// The largest number of days, orders or per cent that a form accepts.
pub const MAX_FORM_NUMBER: u32 = 1000;

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
    /// The highest price is missing, or nothing.
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
    /// Neither day of a pause of all orders.
    #[error("Choose the first and the last day of the pause.")]
    MissingPause,
    /// The pause is over.
    #[error("The last day of the pause is over.")]
    PauseIsOver,
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
    date::parse_calendar_day(text).ok_or_else(|| RuleFormError::Date(text.chars().take(20).collect()))
}

fn parse_highest_price(language: Language, text: &str, currency: &str) -> Result<PriceCap, RuleFormError> {
    let price = language.parse_amount(text, currency)?;
    // With a price of nothing, nothing could ever be ordered.
    if price.minor == 0 { Err(RuleFormError::MissingCap) } else { Ok(PriceCap::Amount(price)) }
}

impl OrderPause {
    /// Reads the first and the last day without orders, as a customer typed them. `None` if both are absent.
    ///
    /// # Errors
    /// [`RuleFormError`], which states the day that is wrong.
    pub fn parse_form(from: Option<&str>, until: Option<&str>, now: Time) -> Result<Option<Self>, RuleFormError> {
        let pause = match (from, until) {
            (None, None) => return Ok(None),
            (Some(from), Some(until)) => Self { from: parse_day(from)?, until: parse_day(until)? + DAY },
            _ => return Err(RuleFormError::IncompletePause),
        };
        if pause.until <= pause.from {
            return Err(RuleFormError::PauseEndsBeforeStart);
        }
        if pause.until <= now {
            return Err(RuleFormError::PauseIsOver);
        }
        Ok(Some(pause))
    }
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
        now: Time,
    ) -> Result<Self, RuleFormError> {
        let mode = match typed.mode {
            Some("ask") => ApprovalMode::Ask,
            Some("automatic") => ApprovalMode::Automatic,
            _ => return Err(RuleFormError::MissingMode),
        };
        let cap = match (typed.cap_kind, typed.cap) {
            (Some("amount"), Some(text)) => Some(parse_highest_price(language, text, currency)?),
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
        let pause = OrderPause::parse_form(typed.pause_from, typed.pause_until, now)?;
        Ok(Self { mode, cap, limit, pause, skip: None, substitutes, substitute_prices: Vec::new() })
    }
}
