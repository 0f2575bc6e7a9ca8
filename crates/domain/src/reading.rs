//! Readings: the level of a slot that a device reports (SlotStatus), and the device's last use (DeviceStatus).
//!
//! Not here: the encoding of the body (JSON or form); the server passes fields. Invariant: a value of these types is
//! validated (docs/spec/calls.md#slot-status, docs/spec/calls.md#device-status). An odd but possible value is flagged,
//! not refused.

use crate::date;
use crate::id::DeviceId;
use crate::text::SlotId;
use crate::time::Time;

/// A field's value as sent: a JSON number, or a text (JSON string or form field).
#[derive(Clone, Debug, PartialEq)]
pub enum FieldValue {
    /// A JSON number.
    Number(f64),
    /// A JSON string.
    Text(String),
    /// A form field, which has no type of its own.
    Form(String),
    /// JSON `null`, counted as absent.
    Null,
    /// Any other JSON value.
    Other,
}

/// Why a body was refused: the field, and what to change.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct FieldError {
    /// The field's name on the wire.
    pub field: &'static str,
    /// What is wrong and how to fix it.
    pub problem: &'static str,
}

/// SlotStatus (docs/spec/calls.md#slot-status), validated.
#[derive(Clone, Debug, PartialEq)]
pub struct SlotStatus {
    /// `remainingQuantityInUnit`.
    pub remaining: f64,
    /// `originalQuantityInUnit`.
    pub original: f64,
    /// `totalQuantityOnHand`: stock in the household, not yet loaded.
    pub on_hand: Option<f64>,
    /// `expectedReplenishmentDate`.
    pub expected_at: Option<Time>,
    /// `lastUseDate`.
    pub last_use_at: Option<Time>,
}

const MISSING_LEVEL: &str = "required; send a number of the slot's unit, zero or more";
const INVALID_LEVEL: &str = "must be a finite number, zero or more, without quotes in JSON";
const INVALID_DATE: &str =
    "cannot be read as a date; send RFC 3339 such as 2018-03-02T07:00:00Z, a date such as 2018-03-02, or epoch seconds";

fn parse_level(value: Option<FieldValue>, field: &'static str) -> Result<Option<f64>, FieldError> {
    let number = match value {
        None | Some(FieldValue::Null) => return Ok(None),
        Some(FieldValue::Number(n)) => Some(n),
        Some(FieldValue::Form(text)) => text.trim().parse().ok(),
        Some(FieldValue::Text(_) | FieldValue::Other) => None,
    };
    number.filter(|n| n.is_finite() && *n >= 0.0).map(Some).ok_or(FieldError { field, problem: INVALID_LEVEL })
}

fn parse_date(value: Option<FieldValue>, field: &'static str) -> Result<Option<Time>, FieldError> {
    let read = match value {
        None | Some(FieldValue::Null) => return Ok(None),
        Some(FieldValue::Number(n)) => date::from_epoch_number(n),
        Some(FieldValue::Text(text) | FieldValue::Form(text)) => date::parse(&text),
        Some(FieldValue::Other) => None,
    };
    read.map(Some).ok_or(FieldError { field, problem: INVALID_DATE })
}

impl SlotStatus {
    /// Validates a body's fields; `take` returns a field by its wire name.
    ///
    /// # Errors
    /// [`FieldError`] for the first field that is missing or invalid.
    pub fn from_fields(mut take: impl FnMut(&str) -> Option<FieldValue>) -> Result<Self, FieldError> {
        let mut required =
            |field| parse_level(take(field), field).and_then(|n| n.ok_or(FieldError { field, problem: MISSING_LEVEL }));
        let remaining = required("remainingQuantityInUnit")?;
        let original = required("originalQuantityInUnit")?;
        Ok(Self {
            remaining,
            original,
            on_hand: parse_level(take("totalQuantityOnHand"), "totalQuantityOnHand")?,
            expected_at: parse_date(take("expectedReplenishmentDate"), "expectedReplenishmentDate")?,
            last_use_at: parse_date(take("lastUseDate"), "lastUseDate")?,
        })
    }

    /// Whether more is left than the original amount. That is possible after a refill with a larger pack, so it is
    /// flagged.
    #[must_use]
    pub fn exceeds_original(&self) -> bool {
        self.remaining > self.original
    }
}

/// DeviceStatus (docs/spec/calls.md#device-status), validated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceStatus {
    /// `mostRecentlyActiveDate`.
    pub active_at: Time,
}

impl DeviceStatus {
    /// Validates a body's fields; `take` returns a field by its wire name.
    ///
    /// # Errors
    /// [`FieldError`] if the date is missing or invalid.
    pub fn from_fields(mut take: impl FnMut(&str) -> Option<FieldValue>) -> Result<Self, FieldError> {
        let field = "mostRecentlyActiveDate";
        let active_at = parse_date(take(field), field)?
            .ok_or(FieldError { field, problem: "required; send the date of last use" })?;
        Ok(Self { active_at })
    }
}

/// One reading, reduced to what a day's summary needs.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadingPoint {
    /// The registered device.
    pub device: DeviceId,
    /// The slot.
    pub slot: SlotId,
    /// When it arrived.
    pub at: Time,
    /// `remainingQuantityInUnit`.
    pub remaining: f64,
    /// `originalQuantityInUnit`.
    pub original: f64,
}

/// The summary of a slot's readings of one day.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadingDay {
    /// The registered device.
    pub device: DeviceId,
    /// The slot.
    pub slot: SlotId,
    /// Days since 1970-01-01, UTC.
    pub day: i64,
    /// The number of readings.
    pub count: i64,
    /// The lowest remaining quantity.
    pub lowest: f64,
    /// The highest remaining quantity.
    pub highest: f64,
    /// When the last reading arrived.
    pub last_at: Time,
    /// The remaining quantity of the last reading.
    pub remaining: f64,
    /// The original quantity of the last reading.
    pub original: f64,
}

const DAY_MICROS: i64 = 86_400_000_000;

/// The day of a time, in days since 1970-01-01, UTC.
#[must_use]
pub fn day_number(at: Time) -> i64 {
    at.as_micros().div_euclid(DAY_MICROS)
}

/// Summarizes readings by device, slot and day, in that order. The order of the input does not matter.
#[must_use]
pub fn summarize_by_day(mut points: Vec<ReadingPoint>) -> Vec<ReadingDay> {
    points.sort_by(|a, b| (a.device.0, a.slot.as_str(), a.at).cmp(&(b.device.0, b.slot.as_str(), b.at)));
    let mut days: Vec<ReadingDay> = Vec::new();
    for ReadingPoint { device, slot, at, remaining, original } in points {
        let day = day_number(at);
        match days.last_mut().filter(|last| last.device == device && last.slot == slot && last.day == day) {
            Some(last) => {
                last.count += 1;
                last.lowest = last.lowest.min(remaining);
                last.highest = last.highest.max(remaining);
                (last.last_at, last.remaining, last.original) = (at, remaining, original);
            }
            None => days.push(ReadingDay {
                device,
                slot,
                day,
                count: 1,
                lowest: remaining,
                highest: remaining,
                last_at: at,
                remaining,
                original,
            }),
        }
    }
    days
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_slot_status(fields: &[(&str, FieldValue)]) -> Result<SlotStatus, String> {
        SlotStatus::from_fields(|name| fields.iter().find(|(n, _)| *n == name).map(|(_, v)| v.clone()))
            .map_err(|e| e.to_string())
    }

    #[test]
    fn two_numbers_are_enough() {
        let status = parse_slot_status(&[
            ("remainingQuantityInUnit", FieldValue::Number(12.25)),
            ("originalQuantityInUnit", FieldValue::Form(" 40 ".into())),
            ("totalQuantityOnHand", FieldValue::Null),
        ]);
        let status = status.unwrap();
        assert_eq!((status.remaining, status.original, status.on_hand), (12.25, 40.0, None));
        assert!(!status.exceeds_original());
    }

    #[test]
    fn each_refusal_names_its_field() {
        let good = ("originalQuantityInUnit", FieldValue::Number(40.0));
        for (field, value) in [
            ("remainingQuantityInUnit", FieldValue::Number(-1.0)),
            ("remainingQuantityInUnit", FieldValue::Form("NaN".into())),
            ("remainingQuantityInUnit", FieldValue::Form("inf".into())),
            ("remainingQuantityInUnit", FieldValue::Text("12".into())),
            ("remainingQuantityInUnit", FieldValue::Other),
            ("remainingQuantityInUnit", FieldValue::Null),
        ] {
            let message = parse_slot_status(&[(field, value.clone()), good.clone()]).unwrap_err();
            assert!(message.starts_with(field), "{value:?}: {message}");
        }
        let bad_date = parse_slot_status(&[
            ("remainingQuantityInUnit", FieldValue::Number(1.0)),
            good,
            ("lastUseDate", FieldValue::Text("yesterday".into())),
        ]);
        assert!(bad_date.unwrap_err().starts_with("lastUseDate: cannot be read as a date"));
    }

    #[test]
    fn more_than_full_is_marked_not_refused() {
        let status = parse_slot_status(&[
            ("remainingQuantityInUnit", FieldValue::Number(50.0)),
            ("originalQuantityInUnit", FieldValue::Number(40.0)),
        ]);
        assert!(status.unwrap().exceeds_original());
    }

    #[test]
    fn readings_are_summed_up_by_device_slot_and_day() {
        let point = |device, slot, hours: i64, remaining| ReadingPoint {
            device: DeviceId(uuid::Uuid::from_u128(device)),
            slot: SlotId::parse(slot).unwrap(),
            at: Time::from_secs(hours * 3600),
            remaining,
            original: 40.0,
        };
        let points = vec![
            point(1, "a", 24, 7.0),
            point(1, "a", 5, 3.0),
            point(1, "a", 1, 9.0),
            point(1, "a", 23, 8.0),
            point(1, "b", 2, 1.0),
            point(2, "a", 2, 2.0),
            point(1, "a", -1, 6.0),
        ];
        let short = |d: &ReadingDay| {
            (d.device.0.as_u128(), d.slot.to_string(), d.day, d.count, d.lowest, d.highest, d.remaining)
        };
        let found: Vec<_> = summarize_by_day(points).iter().map(short).collect();
        assert_eq!(
            found,
            [
                (1, "a".into(), -1, 1, 6.0, 6.0, 6.0),
                (1, "a".into(), 0, 3, 3.0, 9.0, 8.0),
                (1, "a".into(), 1, 1, 7.0, 7.0, 7.0),
                (1, "b".into(), 0, 1, 1.0, 1.0, 1.0),
                (2, "a".into(), 0, 1, 2.0, 2.0, 2.0),
            ]
        );
        assert!(summarize_by_day(Vec::new()).is_empty());
    }
}
