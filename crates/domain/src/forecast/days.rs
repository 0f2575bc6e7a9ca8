//! Days: the unit of time in the forecast.
//!
//! Not here: dates of the calendar. Invariant: a [`Time`] becomes the same number of days on every node.

use crate::time::Time;

const DAY_MICROS: f64 = 86.4e9;

/// A time as days since 1970-01-01, UTC, with their fraction.
#[must_use]
pub fn to_days(at: Time) -> f64 {
    at.as_micros() as f64 / DAY_MICROS
}

/// The time of a number of days since 1970-01-01, UTC, to the microsecond. Days beyond the year 9999 become its end.
#[must_use]
pub fn from_days(days: f64) -> Time {
    Time::from_micros((days * DAY_MICROS).round() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_returns_from_days() {
        let at = Time::from_micros(1_764_575_200_123_456);
        let micros = from_days(to_days(at)).as_micros();
        assert!((micros - at.as_micros()).abs() <= 1, "{micros}");
        assert_eq!(to_days(Time::from_secs(43_200)), 0.5);
    }
}
