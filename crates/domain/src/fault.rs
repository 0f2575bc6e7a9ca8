//! What a plan of faults may hold: what is to go wrong, for tests of those who must stand it.
//!
//! Not here: the plan itself and where it bites. Invariant: what can be written down can be done.

use crate::time::Span;

/// How long something takes where it is not said.
const LONG: Span = Span::from_secs(60);
/// A message that is late: by so much.
const LATE: Span = Span::from_mins(10);
/// The longest that a caller is kept waiting.
const LONGEST_WAIT: Span = Span::from_mins(10);
/// How much dearer a product may be: tenfold.
const MOST_PERCENT: u32 = 900;

/// What goes wrong with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
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
pub enum Message {
    /// It never leaves; replaying its event sends it after all.
    Lost,
    /// It leaves so much later, and what is behind it waits.
    Late(Span),
    /// It is sent twice.
    Doubled,
    /// The message behind it leaves first. It waits for a message that has one behind it.
    OutOfOrder,
}

/// What goes wrong with a standard order when it is made. It is looked at again an hour later, and all is well then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// No product is available.
    OutOfStock,
    /// Every product costs so many percent more.
    Dearer(u32),
    /// It cannot be paid for.
    Declined,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// With a call.
    Call(Call),
    /// With a notification.
    Message(Message),
    /// With an order.
    Order(Order),
}

/// The words of every fault, for those who ask what there is.
pub const WORDS: &str = "400, 429, 500, 503, expired-token, timeout, timeout-after, slow, lost, late, doubled, out-of-order, out-of-stock, payment-declined, price";

impl What {
    /// Reads a fault's word, with how long or by how much where that matters.
    ///
    /// # Errors
    /// A sentence that says what can be written.
    pub fn read(word: &str, by: Option<Span>, percent: Option<u32>) -> Result<Self, String> {
        let wait = by.unwrap_or(LONG);
        let what = match word {
            "400" | "429" | "500" | "503" => What::Call(Call::Status(word.parse().unwrap_or(500))),
            "expired-token" => What::Call(Call::ExpiredToken),
            "timeout" => What::Call(Call::Timeout(wait)),
            "timeout-after" => What::Call(Call::TimeoutAfter(wait)),
            "slow" => What::Call(Call::Slow(by.unwrap_or(Span::from_secs(5)))),
            "lost" => What::Message(Message::Lost),
            "late" => What::Message(Message::Late(by.unwrap_or(LATE))),
            "doubled" => What::Message(Message::Doubled),
            "out-of-order" => What::Message(Message::OutOfOrder),
            "out-of-stock" => What::Order(Order::OutOfStock),
            "payment-declined" => What::Order(Order::Declined),
            "price" => What::Order(Order::Dearer(percent.ok_or("say by how many percent the price is higher")?)),
            _ => return Err(format!("`{word}` is no fault: name one of {WORDS}")),
        };
        match what {
            What::Call(Call::Timeout(by) | Call::TimeoutAfter(by) | Call::Slow(by)) if by > LONGEST_WAIT => {
                Err(format!("a caller is kept waiting for {LONGEST_WAIT} at most, not for {by}"))
            }
            What::Order(Order::Dearer(percent)) if !(1..=MOST_PERCENT).contains(&percent) => {
                Err(format!("a price rises by 1 to {MOST_PERCENT} percent, not by {percent}"))
            }
            _ if by.is_some() && what.lasts().is_none() => Err(format!("`{word}` does not last: leave the time away")),
            _ if percent.is_some() && !matches!(what, What::Order(Order::Dearer(_))) => {
                Err(format!("`{word}` has no percentage: leave it away"))
            }
            _ => Ok(what),
        }
    }

    /// Its word.
    #[must_use]
    pub fn word(self) -> String {
        match self {
            What::Call(Call::Status(status)) => return status.to_string(),
            What::Call(Call::ExpiredToken) => "expired-token",
            What::Call(Call::Timeout(_)) => "timeout",
            What::Call(Call::TimeoutAfter(_)) => "timeout-after",
            What::Call(Call::Slow(_)) => "slow",
            What::Message(Message::Lost) => "lost",
            What::Message(Message::Late(_)) => "late",
            What::Message(Message::Doubled) => "doubled",
            What::Message(Message::OutOfOrder) => "out-of-order",
            What::Order(Order::OutOfStock) => "out-of-stock",
            What::Order(Order::Dearer(_)) => "price",
            What::Order(Order::Declined) => "payment-declined",
        }
        .to_owned()
    }

    /// How long it lasts, where it does.
    #[must_use]
    pub fn lasts(self) -> Option<Span> {
        match self {
            What::Call(Call::Timeout(by) | Call::TimeoutAfter(by) | Call::Slow(by)) => Some(by),
            What::Message(Message::Late(by)) => Some(by),
            _ => None,
        }
    }

    /// By how many percent a price is higher.
    #[must_use]
    pub fn percent(self) -> Option<u32> {
        match self {
            What::Order(Order::Dearer(percent)) => Some(percent),
            _ => None,
        }
    }
}

/// Whether a path lies below another: the same, or further segments of it.
#[must_use]
pub fn covers(above: &str, path: &str) -> bool {
    let rest = path.strip_prefix(above.trim_end_matches('/'));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_read_and_written_back() {
        for word in WORDS.split(", ") {
            let what = What::read(word, None, (word == "price").then_some(40)).unwrap();
            assert_eq!(what.word(), word);
            assert_eq!(What::read(word, what.lasts(), what.percent()), Ok(what));
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
            let said = What::read(word, by, percent).unwrap_err();
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
            assert_eq!(covers(above, path), is, "{above} {path}");
        }
    }
}
