//! A reading: what a device says of a slot's level (SlotStatus), and of its own use (DeviceStatus).
//!
//! Not here: how the body was written (JSON or form; the edge hands over fields). Invariant: a value of these types
//! was checked (docs/spec/calls.md#slot-status, docs/spec/calls.md#device-status); what looks odd but possible is
//! flagged, not refused.

use crate::date;
use crate::id::DeviceId;
use crate::text::SlotId;
use crate::time::Time;

/// A field's value as it came: a JSON number, or a text (JSON string or form field).
#[derive(Clone, Debug, PartialEq)]
pub enum Field {
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

/// Why a body was refused: which field, and what to change.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct BadField {
    /// The field's name on the wire.
    pub field: &'static str,
    /// What is wrong and how to mend it.
    pub problem: &'static str,
}

/// SlotStatus (docs/spec/calls.md#slot-status), checked.
#[derive(Clone, Debug, PartialEq)]
pub struct SlotStatus {
    /// `remainingQuantityInUnit`.
    pub remaining: f64,
    /// `originalQuantityInUnit`.
    pub original: f64,
    /// `totalQuantityOnHand`: stock in the house, not yet loaded.
    pub on_hand: Option<f64>,
    /// `expectedReplenishmentDate`.
    pub expected_at: Option<Time>,
    /// `lastUseDate`.
    pub last_use_at: Option<Time>,
}

const ABSENT: &str = "required; send a number of the slot's unit, zero or more";
const LEVEL: &str = "must be a finite number, zero or more, without quotes in JSON";
const DATE: &str =
    "cannot be read as a date; send RFC 3339 such as 2018-03-02T07:00:00Z, a date such as 2018-03-02, or epoch seconds";

fn level(value: Option<Field>, field: &'static str) -> Result<Option<f64>, BadField> {
    let number = match value {
        None | Some(Field::Null) => return Ok(None),
        Some(Field::Number(n)) => Some(n),
        Some(Field::Form(text)) => text.trim().parse().ok(),
        Some(Field::Text(_) | Field::Other) => None,
    };
    number.filter(|n| n.is_finite() && *n >= 0.0).map(Some).ok_or(BadField { field, problem: LEVEL })
}

fn moment(value: Option<Field>, field: &'static str) -> Result<Option<Time>, BadField> {
    let read = match value {
        None | Some(Field::Null) => return Ok(None),
        Some(Field::Number(n)) => date::from_number(n),
        Some(Field::Text(text) | Field::Form(text)) => date::parse(&text),
        Some(Field::Other) => None,
    };
    read.map(Some).ok_or(BadField { field, problem: DATE })
}

impl SlotStatus {
    /// Checks a body's fields; `take` hands over a field by its wire name.
    ///
    /// # Errors
    /// [`BadField`] for the first field that is missing or cannot be read.
    pub fn read(mut take: impl FnMut(&str) -> Option<Field>) -> Result<Self, BadField> {
        let mut required = |field| level(take(field), field).and_then(|n| n.ok_or(BadField { field, problem: ABSENT }));
        let remaining = required("remainingQuantityInUnit")?;
        let original = required("originalQuantityInUnit")?;
        Ok(Self {
            remaining,
            original,
            on_hand: level(take("totalQuantityOnHand"), "totalQuantityOnHand")?,
            expected_at: moment(take("expectedReplenishmentDate"), "expectedReplenishmentDate")?,
            last_use_at: moment(take("lastUseDate"), "lastUseDate")?,
        })
    }

    /// More left than ever was in: possible after a refill with a larger pack, so it is kept and marked.
    #[must_use]
    pub fn is_odd(&self) -> bool {
        self.remaining > self.original
    }
}

/// DeviceStatus (docs/spec/calls.md#device-status), checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceStatus {
    /// `mostRecentlyActiveDate`.
    pub active_at: Time,
}

impl DeviceStatus {
    /// Checks a body's fields; `take` hands over a field by its wire name.
    ///
    /// # Errors
    /// [`BadField`] when the date is missing or cannot be read.
    pub fn read(mut take: impl FnMut(&str) -> Option<Field>) -> Result<Self, BadField> {
        let field = "mostRecentlyActiveDate";
        let active_at =
            moment(take(field), field)?.ok_or(BadField { field, problem: "required; send the date of last use" })?;
        Ok(Self { active_at })
    }
}

/// One reading, as far as a day's summary needs it.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// Of which registered device.
    pub device: DeviceId,
    /// Of which slot.
    pub slot: SlotId,
    /// When it came in.
    pub at: Time,
    /// `remainingQuantityInUnit`.
    pub remaining: f64,
    /// `originalQuantityInUnit`.
    pub original: f64,
}

/// What is kept of a slot's readings of one day.
#[derive(Clone, Debug, PartialEq)]
pub struct Day {
    /// Of which registered device.
    pub device: DeviceId,
    /// Of which slot.
    pub slot: SlotId,
    /// Days since 1970-01-01, UTC.
    pub day: i64,
    /// How many readings there were.
    pub count: i64,
    /// The lowest that remained.
    pub lowest: f64,
    /// The highest.
    pub highest: f64,
    /// When the last one came in.
    pub last_at: Time,
    /// What remained then.
    pub remaining: f64,
    /// Of how much.
    pub original: f64,
}

const DAY_MICROS: i64 = 86_400_000_000;

/// The day that a moment is in.
#[must_use]
pub fn day_of(at: Time) -> i64 {
    at.micros().div_euclid(DAY_MICROS)
}

/// Sums readings up by device, slot and day, in that order. Their own order does not matter.
#[must_use]
pub fn days(mut points: Vec<Point>) -> Vec<Day> {
    points.sort_by(|a, b| (a.device.0, a.slot.as_str(), a.at).cmp(&(b.device.0, b.slot.as_str(), b.at)));
    let mut days: Vec<Day> = Vec::new();
    for Point { device, slot, at, remaining, original } in points {
        let day = day_of(at);
        match days.last_mut().filter(|last| last.device == device && last.slot == slot && last.day == day) {
            Some(last) => {
                last.count += 1;
                last.lowest = last.lowest.min(remaining);
                last.highest = last.highest.max(remaining);
                (last.last_at, last.remaining, last.original) = (at, remaining, original);
            }
            None => days.push(Day {
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

    fn read(fields: &[(&str, Field)]) -> Result<SlotStatus, String> {
        SlotStatus::read(|name| fields.iter().find(|(n, _)| *n == name).map(|(_, v)| v.clone()))
            .map_err(|e| e.to_string())
    }

    #[test]
    fn two_numbers_are_enough() {
        let status = read(&[
            ("remainingQuantityInUnit", Field::Number(12.25)),
            ("originalQuantityInUnit", Field::Form(" 40 ".into())),
            ("totalQuantityOnHand", Field::Null),
        ]);
        let status = status.unwrap();
        assert_eq!((status.remaining, status.original, status.on_hand), (12.25, 40.0, None));
        assert!(!status.is_odd());
    }

    #[test]
    fn each_refusal_names_its_field() {
        let good = ("originalQuantityInUnit", Field::Number(40.0));
        for (field, value) in [
            ("remainingQuantityInUnit", Field::Number(-1.0)),
            ("remainingQuantityInUnit", Field::Form("NaN".into())),
            ("remainingQuantityInUnit", Field::Form("inf".into())),
            ("remainingQuantityInUnit", Field::Text("12".into())),
            ("remainingQuantityInUnit", Field::Other),
            ("remainingQuantityInUnit", Field::Null),
        ] {
            let message = read(&[(field, value.clone()), good.clone()]).unwrap_err();
            assert!(message.starts_with(field), "{value:?}: {message}");
        }
        let bad_date = read(&[
            ("remainingQuantityInUnit", Field::Number(1.0)),
            good,
            ("lastUseDate", Field::Text("yesterday".into())),
        ]);
        assert!(bad_date.unwrap_err().starts_with("lastUseDate: cannot be read as a date"));
    }

    #[test]
    fn more_than_full_is_marked_not_refused() {
        let status =
            read(&[("remainingQuantityInUnit", Field::Number(50.0)), ("originalQuantityInUnit", Field::Number(40.0))]);
        assert!(status.unwrap().is_odd());
    }

    #[test]
    fn readings_are_summed_up_by_device_slot_and_day() {
        let point = |device, slot, hours: i64, remaining| Point {
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
        let short =
            |d: &Day| (d.device.0.as_u128(), d.slot.to_string(), d.day, d.count, d.lowest, d.highest, d.remaining);
        let found: Vec<_> = days(points).iter().map(short).collect();
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
        assert!(days(Vec::new()).is_empty());
    }
}
