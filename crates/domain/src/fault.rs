//! Faults that a test can inject, to check how devices and makers' clouds handle them.
//!
//! Not here: the plan of faults and where they are injected. Invariant: every fault that can be parsed can be injected.

use crate::time::Span;

/// The default duration of a timeout of a call.
const DEFAULT_DURATION: Span = Span::from_secs(60);
/// The default delay of a message.
const DEFAULT_DELAY: Span = Span::from_mins(10);
/// The longest delay of a call.
const MAX_WAIT: Span = Span::from_mins(10);
/// The highest price increase, in per cent: ten times the price.
const MAX_PERCENT: u32 = 900;

/// A fault of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallFault {
    /// The call is answered with this status and has no effect.
    Status(u16),
    /// The call is answered as if its access token had expired, and has no effect.
    ExpiredToken,
    /// The call is not answered for this long, and has no effect.
    Timeout(Span),
    /// The call takes effect, and is then not answered for this long.
    TimeoutAfter(Span),
    /// The call takes effect and is answered after this delay.
    Slow(Span),
}

/// A fault of a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageFault {
    /// It is never sent, unless its event is replayed.
    Lost,
    /// It is sent after this delay, and the messages behind it wait.
    Delayed(Span),
    /// It is sent twice.
    Duplicated,
    /// The next message is sent first. The fault waits for a message that has one behind it.
    OutOfOrder,
}

/// A fault of a standard order when it is placed. The order is checked again an hour later, without the fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderFault {
    /// No product is available.
    OutOfStock,
    /// Every product costs this many per cent more.
    PriceIncrease(u32),
    /// The payment is declined.
    PaymentDeclined,
}

/// A fault of any kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// Of a call.
    Call(CallFault),
    /// Of a notification.
    Message(MessageFault),
    /// Of an order.
    Order(OrderFault),
}

/// The names of all faults, for help and error texts.
pub const FAULT_NAMES: &str = "400, 429, 500, 503, expired-token, timeout, timeout-after, slow, lost, late, doubled, out-of-order, out-of-stock, payment-declined, price";

impl FaultKind {
    /// Reads a fault's name, with its duration or percentage where it has one.
    ///
    /// # Errors
    /// A sentence that states the valid values.
    pub fn parse(word: &str, by: Option<Span>, percent: Option<u32>) -> Result<Self, String> {
        let wait = by.unwrap_or(DEFAULT_DURATION);
        let what = match word {
            "400" | "429" | "500" | "503" => FaultKind::Call(CallFault::Status(word.parse().unwrap_or(500))),
            "expired-token" => FaultKind::Call(CallFault::ExpiredToken),
            "timeout" => FaultKind::Call(CallFault::Timeout(wait)),
            "timeout-after" => FaultKind::Call(CallFault::TimeoutAfter(wait)),
            "slow" => FaultKind::Call(CallFault::Slow(by.unwrap_or(Span::from_secs(5)))),
            "lost" => FaultKind::Message(MessageFault::Lost),
            "late" => FaultKind::Message(MessageFault::Delayed(by.unwrap_or(DEFAULT_DELAY))),
            "doubled" => FaultKind::Message(MessageFault::Duplicated),
            "out-of-order" => FaultKind::Message(MessageFault::OutOfOrder),
            "out-of-stock" => FaultKind::Order(OrderFault::OutOfStock),
            "payment-declined" => FaultKind::Order(OrderFault::PaymentDeclined),
            "price" => FaultKind::Order(OrderFault::PriceIncrease(
                percent.ok_or("say by how many percent the price is higher")?,
            )),
            _ => return Err(format!("`{word}` is not a fault: use one of {FAULT_NAMES}")),
        };
        match what {
            FaultKind::Call(CallFault::Timeout(by) | CallFault::TimeoutAfter(by) | CallFault::Slow(by))
                if by > MAX_WAIT =>
            {
                Err(format!("a caller is kept waiting for {MAX_WAIT} at most, not for {by}"))
            }
            FaultKind::Order(OrderFault::PriceIncrease(percent)) if !(1..=MAX_PERCENT).contains(&percent) => {
                Err(format!("a price rises by 1 to {MAX_PERCENT} percent, not by {percent}"))
            }
            _ if by.is_some() && what.duration().is_none() => Err(format!("`{word}` has no duration: leave out --by")),
            _ if percent.is_some() && !matches!(what, FaultKind::Order(OrderFault::PriceIncrease(_))) => {
                Err(format!("`{word}` has no percentage: leave out --percent"))
            }
            _ => Ok(what),
        }
    }

    /// The fault's name.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            FaultKind::Call(CallFault::Status(status)) => return status.to_string(),
            FaultKind::Call(CallFault::ExpiredToken) => "expired-token",
            FaultKind::Call(CallFault::Timeout(_)) => "timeout",
            FaultKind::Call(CallFault::TimeoutAfter(_)) => "timeout-after",
            FaultKind::Call(CallFault::Slow(_)) => "slow",
            FaultKind::Message(MessageFault::Lost) => "lost",
            FaultKind::Message(MessageFault::Delayed(_)) => "late",
            FaultKind::Message(MessageFault::Duplicated) => "doubled",
            FaultKind::Message(MessageFault::OutOfOrder) => "out-of-order",
            FaultKind::Order(OrderFault::OutOfStock) => "out-of-stock",
            FaultKind::Order(OrderFault::PriceIncrease(_)) => "price",
            FaultKind::Order(OrderFault::PaymentDeclined) => "payment-declined",
        }
        .to_owned()
    }

    /// The fault's duration, if it has one.
    #[must_use]
    pub fn duration(self) -> Option<Span> {
        match self {
            FaultKind::Call(CallFault::Timeout(by) | CallFault::TimeoutAfter(by) | CallFault::Slow(by)) => Some(by),
            FaultKind::Message(MessageFault::Delayed(by)) => Some(by),
            _ => None,
        }
    }

    /// The price increase in per cent.
    #[must_use]
    pub fn price_increase_percent(self) -> Option<u32> {
        match self {
            FaultKind::Order(OrderFault::PriceIncrease(percent)) => Some(percent),
            _ => None,
        }
    }
}

/// Whether a path is the same as another or has further segments of it.
#[must_use]
pub fn path_covers(above: &str, path: &str) -> bool {
    let rest = path.strip_prefix(above.trim_end_matches('/'));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_read_and_written_back() {
        for word in FAULT_NAMES.split(", ") {
            let what = FaultKind::parse(word, None, (word == "price").then_some(40)).unwrap();
            assert_eq!(what.name(), word);
            assert_eq!(FaultKind::parse(word, what.duration(), what.price_increase_percent()), Ok(what));
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let span = Some(Span::from_secs(1));
        for (word, by, percent, says) in [
            ("404", None, None, "use one of 400"),
            ("", None, None, "is not a fault"),
            ("lost", span, None, "has no duration"),
            ("500", None, Some(4), "has no percentage"),
            ("price", None, None, "say by how many percent"),
            ("price", None, Some(0), "rises by 1 to 900"),
            ("price", None, Some(901), "rises by 1 to 900"),
            ("timeout", Some(Span::from_hours(1)), None, "for 10m at most"),
        ] {
            let said = FaultKind::parse(word, by, percent).unwrap_err();
            assert!(said.contains(says), "{word}: {said}");
        }
    }

    #[test]
    fn a_path_covers_what_is_below_it() {
        for (above, path, is) in [
            ("/", "/replenish/a", true),
            ("/replenish", "/replenish/a", true),
            ("/replenish/", "/replenish/a", true),
            ("/replenish/a", "/replenish/a", true),
            ("/replenish/a", "/replenish/ab", false),
            ("/replenish/a", "/replenish", false),
        ] {
            assert_eq!(path_covers(above, path), is, "{above} {path}");
        }
    }
}
