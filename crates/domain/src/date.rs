//! The lenient reading of dates that devices send (docs/spec/calls.md#dates).
//!
//! Not here: writing dates ([`crate::time`]). Invariant: an accepted date means one moment only; an ambiguous or
//! impossible date is refused, never guessed.
//!
//! These forms are accepted:
//!
//! * RFC 3339, also with an offset without colon or with hours only;
//! * no offset (UTC), or a date only;
//! * unpadded months, days and times, or a blank for the `T`;
//! * ISO 8601 without dashes and colons;
//! * epoch seconds and epoch milliseconds;
//! * the default form of Java's `Date`.

use crate::time::Time;

/// From this value on a number counts milliseconds: as seconds it would be the year 5138.
const MILLIS_THRESHOLD: f64 = 1e11;

/// A calendar day, as the field of a form has it: its first moment in UTC. `None` for a text with a time of day.
#[must_use]
pub fn parse_calendar_day(text: &str) -> Option<Time> {
    parse(text).filter(|time| time.as_micros() % 86_400_000_000 == 0)
}

/// Reads a date in any of the accepted forms; `None` if it has none of them.
#[must_use]
pub fn parse(text: &str) -> Option<Time> {
    let text = text.trim();
    if text.is_empty() || text.len() > 64 || !text.is_ascii() {
        return None;
    }
    if text.as_bytes()[0].is_ascii_alphabetic() {
        return parse_java_date(text);
    }
    let number = text.strip_prefix('-').unwrap_or(text);
    // Eight digits that begin a year of this century or the last are a day. As seconds they would be in August 1970.
    let is_day = text.len() == 8 && (text.starts_with("19") || text.starts_with("20"));
    if !is_day
        && number.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        && number.bytes().filter(|b| *b == b'.').count() <= 1
    {
        return from_epoch_number(text.parse().ok()?);
    }
    let mut cursor = DateCursor(text);
    let day = cursor.parse_day()?;
    if cursor.0.is_empty() {
        return Some(time_of(day, 0, 0));
    }
    if !cursor.consume("T") && !cursor.consume("t") && !cursor.consume(" ") {
        return None;
    }
    let micros = cursor.parse_time_of_day()?;
    let offset = cursor.parse_offset()?;
    cursor.0.is_empty().then(|| time_of(day, micros, offset))
}

/// Reads an epoch number: seconds, or milliseconds from 10^11 on.
#[must_use]
pub fn from_epoch_number(number: f64) -> Option<Time> {
    let micros = if number.abs() >= MILLIS_THRESHOLD { number * 1e3 } else { number * 1e6 };
    if !micros.is_finite() || micros.abs() > 2.5e17 {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "bounded by the line above")]
    let whole = micros.round() as i64;
    (Time::from_micros(whole).as_micros() == whole).then(|| Time::from_micros(whole))
}

/// Reads Java's `Date` in its default form and in Gson's. Only UTC is accepted, since other short zone names are
/// ambiguous.
fn parse_java_date(text: &str) -> Option<Time> {
    const FORMS: [&str; 4] =
        ["%a %b %d %H:%M:%S UTC %Y", "%a %b %d %H:%M:%S GMT %Y", "%b %d, %Y %I:%M:%S %p", "%b %d, %Y, %I:%M:%S %p"];
    let read = FORMS.iter().find_map(|form| jiff::civil::DateTime::strptime(form, text).ok())?;
    let day = days_since_epoch(read.year().into(), read.month().into(), read.day().into())?;
    let seconds = i64::from(read.hour()) * 3600 + i64::from(read.minute()) * 60 + i64::from(read.second());
    Some(time_of(day, seconds * 1_000_000, 0))
}

struct DateCursor<'t>(&'t str);

impl DateCursor<'_> {
    fn consume(&mut self, what: &str) -> bool {
        match self.0.strip_prefix(what) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }

    fn parse_digits(&mut self, min: usize, max: usize) -> Option<i64> {
        let len = self.0.bytes().take_while(u8::is_ascii_digit).count().min(max);
        if len < min {
            return None;
        }
        let (number, rest) = self.0.split_at(len);
        self.0 = rest;
        number.parse().ok()
    }

    /// A date, as days since 1970-01-01.
    fn parse_day(&mut self) -> Option<i64> {
        let year = self.parse_digits(4, 4)?;
        if !self.consume("-") {
            return days_since_epoch(year, self.parse_digits(2, 2)?, self.parse_digits(2, 2)?);
        }
        let month = self.parse_digits(1, 2)?;
        let day = if self.consume("-") { self.parse_digits(1, 2)? } else { return None };
        days_since_epoch(year, month, day)
    }

    /// A time of day, in microseconds. A leap second counts as the second before it.
    fn parse_time_of_day(&mut self) -> Option<i64> {
        let hour = self.parse_digits(1, 2)?;
        let (minute, second) = if self.consume(":") {
            (self.parse_digits(1, 2)?, if self.consume(":") { self.parse_digits(1, 2)? } else { 0 })
        } else {
            (self.parse_digits(2, 2)?, self.parse_digits(2, 2).unwrap_or(0))
        };
        let mut micros = 0;
        if self.consume(".") || self.consume(",") {
            let len = self.0.bytes().take_while(u8::is_ascii_digit).count();
            let (digits, rest) = self.0.split_at(len);
            if digits.is_empty() {
                return None;
            }
            let first: String = format!("{digits:0<6}").chars().take(6).collect();
            micros = first.parse().ok()?;
            self.0 = rest;
        }
        let seconds = hour * 3600 + minute * 60 + second.min(59);
        (hour < 24 && minute < 60 && second <= 60).then_some(seconds * 1_000_000 + micros)
    }

    /// Seconds east of UTC.
    fn parse_offset(&mut self) -> Option<i64> {
        let after_a_blank = self.0.starts_with(' ');
        self.0 = self.0.trim_start();
        if self.0.is_empty() || self.consume("Z") || self.consume("z") || self.consume("UTC") || self.consume("GMT") {
            return Some(0);
        }
        let sign = if self.consume("+") {
            1
        } else if self.consume("-") {
            -1
        } else if after_a_blank {
            // The client did not encode its `+`, which decodes to a blank.
            1
        } else {
            return None;
        };
        let hours = self.parse_digits(2, 2)?;
        let _ = self.consume(":");
        let minutes = if self.0.is_empty() { 0 } else { self.parse_digits(2, 2)? };
        (hours < 24 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
    }
}

/// The time at these microseconds of a day since 1970-01-01, at an offset of seconds east of UTC.
fn time_of(day: i64, micros: i64, offset: i64) -> Time {
    Time::from_micros((day * 86_400 - offset) * 1_000_000 + micros)
}

/// Days from 1970-01-01 to a date of the Gregorian calendar; `None` for a day that does not exist. It is plain
/// arithmetic, because every report of a device has two dates.
fn days_since_epoch(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        _ => return None,
    };
    if !(1..=last).contains(&day) {
        return None;
    }
    // Years that begin in March end with the leap day, so the months before it have fixed lengths.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * month + 2) / 5 + day - 1;
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_form_that_clients_were_seen_to_send() {
        for (text, means) in [
            ("2018-03-02T07:00:00Z", "2018-03-02T07:00:00.000Z"),
            ("2018-03-02T07:00:00.5Z", "2018-03-02T07:00:00.500Z"),
            ("2018-03-02T07:00:00.123456789Z", "2018-03-02T07:00:00.123Z"),
            ("2018-03-02T09:00:00+02:00", "2018-03-02T07:00:00.000Z"),
            ("2018-03-02T09:00:00+0200", "2018-03-02T07:00:00.000Z"),
            ("2018-03-02T07:00:00+0000", "2018-03-02T07:00:00.000Z"),
            ("2018-03-02T02:00:00-05", "2018-03-02T07:00:00.000Z"),
            ("2018-03-02", "2018-03-02T00:00:00.000Z"),
            ("2018-03-2", "2018-03-02T00:00:00.000Z"),
            ("2018-3-2", "2018-03-02T00:00:00.000Z"),
            ("2018-3-2T7:5:9Z", "2018-03-02T07:05:09.000Z"),
            ("20180302", "2018-03-02T00:00:00.000Z"),
            ("20180302T070000Z", "2018-03-02T07:00:00.000Z"),
            ("20180302T0900+0200", "2018-03-02T07:00:00.000Z"),
            ("2018-03-02T07:00:00 0000", "2018-03-02T07:00:00.000Z"),
            ("2018-03-02T09:00:00 02:00", "2018-03-02T07:00:00.000Z"),
            ("Fri Mar 02 07:00:00 UTC 2018", "2018-03-02T07:00:00.000Z"),
            ("Fri Mar 02 07:00:00 GMT 2018", "2018-03-02T07:00:00.000Z"),
            ("Mar 2, 2018 7:00:00 AM", "2018-03-02T07:00:00.000Z"),
            ("Mar 2, 2018, 7:00:00 AM", "2018-03-02T07:00:00.000Z"),
            ("Mar 2, 2018 12:00:00 PM", "2018-03-02T12:00:00.000Z"),
            ("2018-03-02T07:00", "2018-03-02T07:00:00.000Z"),
            ("2018-03-02 07:00:00", "2018-03-02T07:00:00.000Z"),
            ("12345678", "1970-05-23T21:21:18.000Z"),
            ("1519974000", "2018-03-02T07:00:00.000Z"),
            ("1519974000123", "2018-03-02T07:00:00.123Z"),
            ("1519974000.25", "2018-03-02T07:00:00.250Z"),
            ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59.000Z"),
            ("2024-02-29", "2024-02-29T00:00:00.000Z"),
        ] {
            let read = parse(text).map_or_else(|| "unreadable".into(), Time::to_rfc3339_millis);
            assert_eq!(read, means, "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in [
            "",
            "soon",
            "2018-13-01",
            "2018-02-30",
            "2023-02-29",
            "2018-03-02T25:00:00Z",
            "2018-03-02T07:60Z",
            "2018-03-02T07:00:00+99:00",
            "2018-03-02X",
            "2018-03-02T07:00:00Zjunk",
            "18-03-02",
            "03/02/2018",
            "Fri Mar 02 2018",
            "Thu Mar 02 07:00:00 UTC 2018",
            "Fri Mar 02 07:00:00 EST 2018",
            "Mar 2, 2018 13:00:00 PM",
            "20181302",
            "20180302T7000",
            "2018-03-02T07:0000",
            "2018-03-02T07:00:00 soon",
            "1e5",
            "NaN",
            "--1",
            "1.2.3",
            "99999999999999999999",
            "２０１８-03-02",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_we_write_we_read(millis in 0_i64..4_000_000_000_000) {
            let time = Time::from_micros(millis * 1000);
            prop_assert_eq!(parse(&time.to_rfc3339_millis()), Some(time));
        }

        #[test]
        fn days_are_those_of_the_calendar(days in -700_000_i32..2_900_000) {
            let date = jiff::civil::date(1970, 1, 1).checked_add(jiff::Span::new().days(days)).unwrap();
            let (year, month, day) = (i64::from(date.year()), i64::from(date.month()), i64::from(date.day()));
            prop_assert_eq!(days_since_epoch(year, month, day), Some(i64::from(days)));
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,70}") {
            let _ = parse(&text);
        }
    }
}
