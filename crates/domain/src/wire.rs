//! JSON forms of the service's results and notifications.
//!
//! [`latest`] holds every form in its newest version; [`v1`] holds only what differed before. Invariant: the bytes are
//! those that receivers parse, compact and in a fixed order; names are spelt as in the specification.

pub mod latest;
pub mod sns;
pub mod v1;
pub mod webhook;

use crate::notification::Event;
use crate::version::Version;
use serde::ser::{Serialize, SerializeMap, Serializer};

/// A notification's JSON in a version. Only OrderPlaced, ItemShipped and SubscriptionChanged differ
/// (docs/spec/notifications.md#notification-versions).
#[must_use]
pub fn notification_json(event: &Event, version: Version) -> String {
    let json = match version {
        Version::V1 => v1::notification_json(event),
        Version::V2 => latest::notification_json(event),
    };
    json.unwrap_or_default()
}

/// A quantity without decimals where it has none: `1`, `2.5` (docs/spec/calls.md#quantities).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WireQuantity(pub f64);

impl Serialize for WireQuantity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[expect(clippy::cast_possible_truncation, reason = "only where the number is whole and small")]
        match self.0 {
            n if n.fract() == 0.0 && n.abs() < 1e15 => serializer.serialize_i64(n as i64),
            n => serializer.serialize_f64(n),
        }
    }
}

/// A JSON object whose keys keep the order of insertion, since some clients take the first key as their slot.
#[derive(Clone, Debug, PartialEq)]
pub struct OrderedMap<T>(pub Vec<(String, T)>);

impl<T: Serialize> Serialize for OrderedMap<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, value) in &self.0 {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests;
