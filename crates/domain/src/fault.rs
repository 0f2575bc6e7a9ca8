//! What a plan of faults may hold: what is to go wrong, for tests of those who must stand it.
//!
//! Not here: the plan itself and where it bites. Invariant: what can be written down can be done.

use crate::time::Span;

/// How long something takes where it is not said.
const DEFAULT_DURATION: Span = Span::from_secs(60);
/// A message that is late: by so much.
const DEFAULT_DELAY: Span = Span::from_mins(10);
/// The longest that a caller is kept waiting.
const MAX_WAIT: Span = Span::from_mins(10);
/// How much dearer a product may be: tenfold.
const MAX_PERCENT: u32 = 900;

/// What goes wrong with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallFault {
    /// It is answered with this status, and nothing is done.
    Status(u16),
    /// It is answered as if its access token had ended, and nothing is done.
    ExpiredToken,
    /// It is not answered for so long, and nothing is done.
    Timeout(Span),
    /// It is done, and then not answered for so long.
    TimeoutAfter(Span),
    /// It is done and answered, so much later.
    Slow(Span),
}

/// What goes wrong with a notification on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageFault {
    /// It never leaves; replaying its event sends it after all.
    Lost,
    /// It leaves so much later, and what is behind it waits.
    Delayed(Span),
    /// It is sent twice.
    Duplicated,
    /// The message behind it leaves first. It waits for a message that has one behind it.
    OutOfOrder,
}

/// What goes wrong with a standard order when it is made. It is looked at again an hour later, and all is well then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderFault {
    /// No product is available.
    OutOfStock,
    /// Every product costs so many percent more.
    PriceIncrease(u32),
    /// It cannot be paid for.
    PaymentDeclined,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// With a call.
    Call(CallFault),
    /// With a notification.
    Message(MessageFault),
    /// With an order.
    Order(OrderFault),
}

/// The words of every fault, for those who ask what there is.
pub const FAULT_NAMES: &str = "400, 429, 500, 503, expired-token, timeout, timeout-after, slow, lost, late, doubled, out-of-order, out-of-stock, payment-declined, price";

impl FaultKind {
    /// Reads a fault's word, with how long or by how much where that matters.
    ///
    /// # Errors
    /// A sentence that says what can be written.
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
            _ => return Err(format!("`{word}` is no fault: name one of {FAULT_NAMES}")),
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
            _ if by.is_some() && what.duration().is_none() => {
                Err(format!("`{word}` does not last: leave the time away"))
            }
            _ if percent.is_some() && !matches!(what, FaultKind::Order(OrderFault::PriceIncrease(_))) => {
                Err(format!("`{word}` has no percentage: leave it away"))
            }
            _ => Ok(what),
        }
    }

    /// Its word.
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

    /// How long it lasts, where it does.
    #[must_use]
    pub fn duration(self) -> Option<Span> {
        match self {
            FaultKind::Call(CallFault::Timeout(by) | CallFault::TimeoutAfter(by) | CallFault::Slow(by)) => Some(by),
            FaultKind::Message(MessageFault::Delayed(by)) => Some(by),
            _ => None,
        }
    }

    /// By how many percent a price is higher.
    #[must_use]
    pub fn price_increase_percent(self) -> Option<u32> {
        match self {
            FaultKind::Order(OrderFault::PriceIncrease(percent)) => Some(percent),
            _ => None,
        }
    }
}

/// Whether a path lies below another: the same, or further segments of it.
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
            ("404", None, None, "name one of 400"),
            ("", None, None, "is no fault"),
            ("lost", span, None, "does not last"),
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
