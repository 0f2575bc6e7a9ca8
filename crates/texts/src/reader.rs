//! The texts of a language for a reader, whose time zone decides how times are written.
//!
//! Invariant: there is one value for each language and zone, made once, so that pages and mails borrow it like the texts
//! themselves.

use super::{Texts, en};
use opendrs_domain::language::Language;
use opendrs_domain::time::{Span, Time};
use opendrs_domain::zone::Zone;
use std::ops::Deref;
use std::sync::LazyLock;

/// The texts of a language, with the reader's time zone.
pub struct ReaderTexts {
    texts: &'static Texts,
    zone: Zone,
}

static ENGLISH_IN_UTC: ReaderTexts = ReaderTexts { texts: &en::TEXTS, zone: Zone::UTC };

/// For each zone, the languages in their order.
static READERS: LazyLock<Vec<ReaderTexts>> = LazyLock::new(|| {
    let of_zone = |zone| Language::ALL.map(|language| ReaderTexts { texts: Texts::for_language(language), zone });
    Zone::all().flat_map(of_zone).collect()
});

impl Deref for ReaderTexts {
    type Target = Texts;
    fn deref(&self) -> &Texts {
        self.texts
    }
}

impl ReaderTexts {
    /// Returns the texts of a language for readers in a zone.
    #[must_use]
    pub fn find(language: Language, zone: Zone) -> &'static Self {
        let place = Language::ALL.iter().position(|listed| *listed == language);
        let reader = place.and_then(|place| READERS.get(zone.index() * Language::ALL.len() + place));
        reader.unwrap_or(&ENGLISH_IN_UTC)
    }

    /// Returns the reader's zone.
    #[must_use]
    pub fn zone(&self) -> Zone {
        self.zone
    }

    /// Formats a time with its day, in the reader's zone.
    pub fn moment(&self, at: &Time) -> String {
        self.language.format_time(*at, self.zone)
    }

    /// Formats the day of a time, in the reader's zone.
    pub fn day(&self, at: &Time) -> String {
        self.language.format_date(*at, self.zone)
    }

    /// Formats a calendar day, which is the same in every zone. It is stored as its first moment in UTC.
    pub fn date(&self, day: &Time) -> String {
        self.language.format_date(*day, Zone::UTC)
    }

    /// Formats the last moment before an end: only its day where that day ends, too.
    pub fn last_moment(&self, end: &Time) -> String {
        let last = *end - Span::from_secs(1);
        if self.zone.is_midnight(*end) { self.day(&last) } else { self.moment(&last) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_and_zone_has_its_texts() {
        for zone in Zone::all() {
            for language in Language::ALL {
                let reader = ReaderTexts::find(language, zone);
                assert_eq!((reader.language, reader.zone()), (language, zone));
            }
        }
    }

    #[test]
    fn a_moment_moves_with_the_zone_and_a_date_does_not() {
        let midnight = Time::from_secs(1_520_121_600);
        let written = |name: &str| {
            let reader = ReaderTexts::find(Language::English, Zone::parse(name).unwrap());
            [reader.moment(&midnight), reader.day(&midnight), reader.date(&midnight), reader.last_moment(&midnight)]
        };
        assert_eq!(written("UTC"), ["4 March 2018, 00:00 UTC", "4 March 2018", "4 March 2018", "3 March 2018"]);
        assert_eq!(
            written("America/New_York"),
            ["3 March 2018, 19:00 EST", "3 March 2018", "4 March 2018", "3 March 2018, 18:59 EST"]
        );
        assert_eq!(
            written("Asia/Tokyo"),
            ["4 March 2018, 09:00 JST", "4 March 2018", "4 March 2018", "4 March 2018, 08:59 JST"]
        );
    }
}
