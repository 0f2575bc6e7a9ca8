//! Time zones of customers: which exist, which one a country has, and the time of day in one.
//!
//! What it is not: a zone decides nothing. Deadlines and calendar days are in UTC, and a zone only shows them. The rules
//! of the zones come with the program. Invariant: every [`Zone`] is one of [`Zone::all`].
//!
//! Source of `zone/zones.txt`: `zone.tab` of the time zone database 2025b (public domain). A line has a country code and
//! its zones, the largest first. The sign `=` after the code means that they have the same time all year.

use crate::time::Time;
use jiff::fmt::strtime;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{Timestamp, Zoned};
use std::fmt;
use std::sync::LazyLock;

const ZONES_OF_COUNTRIES: &str = include_str!("zone/zones.txt");

static DATABASE: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// The names of all zones: UTC first, then in the order of the alphabet.
static NAMES: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let mut names: Vec<_> = country_lines().flat_map(|(_, _, zones)| zones.split(' ')).collect();
    names.sort_unstable();
    names.dedup();
    names.insert(0, "UTC");
    names
});

/// Each country with its zones, and whether they have the same time.
fn country_lines() -> impl Iterator<Item = (&'static str, bool, &'static str)> {
    ZONES_OF_COUNTRIES.lines().filter_map(|line| {
        let (code, zones) = (line.get(..2)?, line.get(3..)?);
        Some((code, line.get(2..3) == Some("="), zones))
    })
}

/// A time zone of the time zone database, such as `Europe/Berlin`. In the store and in forms it is its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Zone(u16);

/// A text that is no name of a time zone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a time zone: write UTC or a name of the time zone database, such as Europe/Berlin")]
pub struct ParseZoneError(pub String);

impl Zone {
    /// Coordinated universal time.
    pub const UTC: Self = Self(0);

    /// Every zone that can be chosen: UTC first, then in the order of the alphabet.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..u16::try_from(NAMES.len()).unwrap_or(u16::MAX)).map(Self)
    }

    /// Its place in [`Zone::all`].
    #[must_use]
    pub fn index(self) -> usize {
        usize::from(self.0)
    }

    /// The zone with a name.
    ///
    /// # Errors
    /// [`ParseZoneError`].
    pub fn parse(name: &str) -> Result<Self, ParseZoneError> {
        let found = Self::all().find(|zone| zone.name() == name);
        found.ok_or_else(|| ParseZoneError(name.chars().take(80).collect()))
    }

    /// Its name: `Europe/Berlin`.
    #[must_use]
    pub fn name(self) -> &'static str {
        NAMES.get(self.index()).copied().unwrap_or("UTC")
    }

    /// The zone of a country in which the time is the same everywhere.
    #[must_use]
    pub fn of_country(code: &str) -> Option<Self> {
        let (_, _, zones) = country_lines().find(|(listed, is_one, _)| *listed == code && *is_one)?;
        Self::parse(zones.split(' ').next()?).ok()
    }

    /// The time in this zone. A zone whose rules are missing has UTC.
    fn local_time(self, at: Time) -> Zoned {
        let zone = DATABASE.get(self.name()).unwrap_or(TimeZone::UTC);
        Timestamp::from_microsecond(at.as_micros()).unwrap_or_default().to_zoned(zone)
    }

    /// A moment in this zone, by a pattern of `strftime`.
    pub(crate) fn format(self, pattern: &str, at: Time) -> String {
        strtime::format(pattern, &self.local_time(at)).unwrap_or_default()
    }

    /// The calendar day of a moment in this zone: the first moment of that day in UTC.
    #[must_use]
    pub fn calendar_day(self, at: Time) -> Time {
        let midnight = self.local_time(at).date().to_zoned(TimeZone::UTC);
        midnight.map_or(at, |midnight| Time::from_micros(midnight.timestamp().as_microsecond()))
    }

    /// Whether the day ends at a moment: it is midnight in this zone.
    #[must_use]
    pub fn is_midnight(self, at: Time) -> bool {
        self.local_time(at).time() == jiff::civil::Time::midnight()
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl TryFrom<String> for Zone {
    type Error = ParseZoneError;
    fn try_from(name: String) -> Result<Self, ParseZoneError> {
        Self::parse(&name)
    }
}

impl From<Zone> for String {
    fn from(zone: Zone) -> String {
        zone.name().to_owned()
    }
}

/// What decides about the zone of a customer's pages and mails.
#[derive(Clone, Copy, Debug)]
pub struct ZonePreferences<'c> {
    /// The customer's choice.
    pub chosen: Option<Zone>,
    /// The country of the customer's address.
    pub country: Option<&'c str>,
    /// The operator's default.
    pub default: Zone,
}

impl ZonePreferences<'_> {
    /// The zone without a choice: the country's if it has one, or else the default.
    #[must_use]
    pub fn derived(&self) -> Zone {
        self.country.and_then(Zone::of_country).unwrap_or(self.default)
    }

    /// The zone to use.
    #[must_use]
    pub fn resolve(&self) -> Zone {
        self.chosen.unwrap_or_else(|| self.derived())
    }
}

#[cfg(test)]
mod tests;
