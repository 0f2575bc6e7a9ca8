//! Times and spans, and their forms on the wire.
//!
//! Not here: the current time (a clock is a parameter) and the lenient parsing of device dates ([`crate::date`]).
//! Invariant: there is one resolution everywhere, microseconds since 1970-01-01T00:00:00Z, as in the store.

use jiff::Timestamp;
use jiff::fmt::strtime;
use std::fmt;
use std::ops::{Add, Sub};

/// A point in time: microseconds since the epoch, UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Time(i64);

/// A span of time, in microseconds; never negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span(i64);

/// The last time that has a four-digit year in every zone; later ones are not valid dates.
const MAX_MICROS: i64 = 253_402_207_200_000_000;
/// 0001-01-01T00:00:00Z.
const MIN_MICROS: i64 = -62_135_596_800_000_000;

impl Time {
    /// A time from microseconds since the epoch. Times outside the years 1 to 9999 become the nearest valid one.
    #[must_use]
    pub fn from_micros(micros: i64) -> Self {
        Self(micros.clamp(MIN_MICROS, MAX_MICROS))
    }

    /// A time from whole seconds since the epoch.
    #[must_use]
    pub fn from_secs(secs: i64) -> Self {
        Self::from_micros(secs.saturating_mul(1_000_000))
    }

    /// Microseconds since the epoch.
    #[must_use]
    pub fn as_micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded down.
    #[must_use]
    pub fn as_secs(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// The span from `earlier` to this time; zero if `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Time) -> Span {
        Span((self.0 - earlier.0).max(0))
    }

    pub(crate) fn format(self, pattern: &str) -> String {
        let at = Timestamp::from_microsecond(self.0).unwrap_or_default();
        strtime::format(pattern, at).unwrap_or_default()
    }

    /// `2018-03-04T05:06:07.089Z`: `notificationTime`, `expectedDeliveryDate` (docs/spec/orders.md#get-order-info,
    /// docs/spec/notifications.md#common-blocks).
    #[must_use]
    pub fn to_rfc3339_millis(self) -> String {
        self.format("%Y-%m-%dT%H:%M:%S.%3fZ")
    }

    /// `2018-03-04T05:06:07Z`: `estimatedDeliveryDate` of notifications (docs/spec/notifications.md#order-block).
    #[must_use]
    pub fn to_rfc3339_secs(self) -> String {
        self.format("%Y-%m-%dT%H:%M:%SZ")
    }

    /// Reads the date of an HTTP header, such as `Sun, 06 Nov 1994 08:49:37 GMT`.
    #[must_use]
    pub fn parse_http_date(text: &str) -> Option<Self> {
        let at = jiff::fmt::rfc2822::parse(text.trim()).ok()?;
        Some(Self::from_micros(at.timestamp().as_microsecond()))
    }

    /// `Sun, 04 Mar 2018 05:06:07 +0000`: the `x-amz-Date` header, RFC 2822 (docs/spec/calls.md#success-answers).
    #[must_use]
    pub fn to_rfc2822(self) -> String {
        self.format("%a, %d %b %Y %H:%M:%S +0000")
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_rfc3339_millis())
    }
}

impl Add<Span> for Time {
    type Output = Time;
    fn add(self, span: Span) -> Time {
        Time::from_micros(self.0.saturating_add(span.0))
    }
}

impl Sub<Span> for Time {
    type Output = Time;
    fn sub(self, span: Span) -> Time {
        Time::from_micros(self.0.saturating_sub(span.0))
    }
}

/// A text that is not a span of time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a duration: write a number and a unit, such as 90s, 10m, 25h, 3d, or several: 1d 12h")]
pub struct ParseSpanError(pub String);

impl Span {
    /// A span of whole seconds.
    #[must_use]
    pub const fn from_secs(secs: i64) -> Self {
        Self(if secs < 0 { 0 } else { secs.saturating_mul(1_000_000) })
    }

    /// A span of microseconds; a negative one becomes zero.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(if micros < 0 { 0 } else { micros })
    }

    /// A span of whole minutes.
    #[must_use]
    pub const fn from_mins(mins: i64) -> Self {
        Self::from_secs(mins.saturating_mul(60))
    }

    /// A span of whole hours.
    #[must_use]
    pub const fn from_hours(hours: i64) -> Self {
        Self::from_secs(hours.saturating_mul(3600))
    }

    /// Whole seconds, rounded down.
    #[must_use]
    pub const fn as_secs(self) -> i64 {
        self.0 / 1_000_000
    }

    /// Microseconds.
    #[must_use]
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Reads `90s`, `10m`, `25h`, `3d`, `1d 12h`, `500ms`.
    ///
    /// # Errors
    /// [`ParseSpanError`] if a unit is missing or unknown, or the span is longer than 10,000 years.
    pub fn parse(text: &str) -> Result<Self, ParseSpanError> {
        let refuse = || ParseSpanError(text.chars().take(40).collect());
        let mut rest = text.trim();
        let mut total: i64 = 0;
        if rest.is_empty() {
            return Err(refuse());
        }
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(refuse)?;
            let number: i64 = rest[..digits].parse().map_err(|_| refuse())?;
            rest = rest[digits..].trim_start();
            let letters = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
            let unit: i64 = match &rest[..letters] {
                "ms" => 1_000,
                "s" | "sec" | "second" | "seconds" => 1_000_000,
                "m" | "min" | "minute" | "minutes" => 60_000_000,
                "h" | "hour" | "hours" => 3_600_000_000,
                "d" | "day" | "days" => 86_400_000_000,
                _ => return Err(refuse()),
            };
            total = number.checked_mul(unit).and_then(|n| n.checked_add(total)).ok_or_else(refuse)?;
            rest = rest[letters..].trim_start();
        }
        if total > MAX_MICROS { Err(refuse()) } else { Ok(Self(total)) }
    }
}

impl Add for Span {
    type Output = Span;
    fn add(self, other: Span) -> Span {
        Span(self.0.saturating_add(other.0))
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        let mut parts = Vec::new();
        for (unit, size) in
            [("d", 86_400_000_000), ("h", 3_600_000_000), ("m", 60_000_000), ("s", 1_000_000), ("ms", 1_000)]
        {
            if rest >= size {
                parts.push(format!("{}{unit}", rest / size));
                rest %= size;
            }
        }
        f.write_str(if parts.is_empty() { "0s".into() } else { parts.join(" ") }.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_ways_of_writing_a_time() {
        let at = Time::from_micros(1_520_139_967_089_000);
        assert_eq!(at.to_rfc3339_millis(), "2018-03-04T05:06:07.089Z");
        assert_eq!(at.to_rfc3339_secs(), "2018-03-04T05:06:07Z");
        assert_eq!(at.to_rfc2822(), "Sun, 04 Mar 2018 05:06:07 +0000");
        assert_eq!(Time::from_secs(0).to_rfc3339_millis(), "1970-01-01T00:00:00.000Z");
    }

    #[test]
    fn spans_are_read_and_written() {
        for (text, secs, again) in
            [("90s", 90, "1m 30s"), ("25h", 90_000, "1d 1h"), ("1d 12h", 129_600, "1d 12h"), ("10 m", 600, "10m")]
        {
            let span = Span::parse(text).unwrap();
            assert_eq!((span.as_secs(), span.to_string().as_str()), (secs, again));
            assert_eq!(Span::parse(again), Ok(span));
        }
        for text in ["", "10", "-5s", "h", "10 fortnights", "99999999999999999999d", "9999999999d"] {
            assert!(Span::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn times_stay_within_four_digit_years() {
        assert_eq!(Time::from_micros(i64::MAX).to_rfc3339_secs(), "9999-12-30T22:00:00Z");
        assert_eq!((Time::from_micros(i64::MAX) + Span::from_hours(1)).to_rfc3339_secs(), "9999-12-30T22:00:00Z");
    }
}
