//! Rests: when the service leaves a slot alone, and when a notice may be sent again.
//!
//! What it is: the rules against a to and fro of orders and notices (docs/spec/forecast.md#forecast-rest). What it is not:
//! the pause of a customer. Invariant: nothing here makes an order more likely.

/// How long the service orders nothing for a slot.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum OrderRest {
    /// Until a time, in days.
    Until(f64),
    /// Until the next refill.
    UntilRefill,
}

/// The rest after a cancelled or expired order, in days.
const REST_DAYS: f64 = 5.0;

impl OrderRest {
    /// The rest after the customer cancelled an order of the service. `in_a_row` counts such cancellations without a
    /// delivered order between them, this one included.
    #[must_use]
    pub fn after_cancellation(now: f64, in_a_row: u32) -> Self {
        if in_a_row >= 2 { Self::UntilRefill } else { Self::Until(now + REST_DAYS) }
    }

    /// The rest after an order of the service expired.
    #[must_use]
    pub fn after_expiry(now: f64) -> Self {
        Self::Until(now + REST_DAYS)
    }

    /// Whether the rest goes on at a time, in days. `is_refilled` says that a refill came since it began.
    #[must_use]
    pub fn is_on(self, now: f64, is_refilled: bool) -> bool {
        match self {
            Self::Until(end) => now < end,
            Self::UntilRefill => !is_refilled,
        }
    }
}

/// Whether a slot whose customer got a notice may give the next one: after a refill, or when the risk is below half of
/// the accepted one.
#[must_use]
pub fn is_notice_armed(risk: f64, accepted: f64, is_refilled: bool) -> bool {
    is_refilled || risk < 0.5 * accepted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_cancellation_in_a_row_rests_until_a_refill() {
        let first = OrderRest::after_cancellation(10.0, 1);
        assert_eq!([14.9, 15.0].map(|now| first.is_on(now, false)), [true, false]);
        assert_eq!(OrderRest::after_expiry(10.0), first);
        let second = OrderRest::after_cancellation(10.0, 2);
        assert!(second.is_on(900.0, false) && !second.is_on(11.0, true));
    }

    #[test]
    fn a_notice_is_armed_by_a_refill_or_a_small_risk() {
        assert!(!is_notice_armed(0.03, 0.05, false));
        assert!(is_notice_armed(0.03, 0.05, true) && is_notice_armed(0.024, 0.05, false));
    }
}
