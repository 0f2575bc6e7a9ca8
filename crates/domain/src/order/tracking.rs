//! The tracking of a parcel, and the day of its expected delivery.
//!
//! Not here: who reports it ([`crate::fulfilment`]). Invariant: every part is one short line without control
//! characters. The link is an `https` or `http` address. A day is never stored as its first moment.

use crate::date;
use crate::text::to_single_line;
use crate::time::{Span, Time};
use serde::{Deserialize, Serialize};

/// The longest tracking number, and the longest name of a carrier, in characters.
const MAX_LINE_CHARS: usize = 100;
/// The longest link, in characters.
const MAX_LINK_CHARS: usize = 500;
const DAY_MICROS: i64 = 86_400_000_000;

/// The tracking of a parcel. Unknown parts are absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tracking {
    /// The carrier's number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// The carrier's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carrier: Option<String>,
    /// The carrier's page for the parcel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

/// A text on one line; `None` if it is empty then.
fn to_bounded_line(text: &str) -> Option<String> {
    let kept: String = to_single_line(text).chars().take(MAX_LINE_CHARS).collect();
    Some(kept.trim_end().to_owned()).filter(|kept| !kept.is_empty())
}

/// Whether a text is a valid link to a carrier's page.
#[must_use]
pub fn is_tracking_link(text: &str) -> bool {
    let rest = ["https://", "http://"].iter().find_map(|scheme| {
        let head = text.get(..scheme.len())?;
        head.eq_ignore_ascii_case(scheme).then(|| &text[scheme.len()..])
    });
    let host = rest.and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or_default();
    let plain = text.chars().all(|c| !c.is_control() && !c.is_whitespace() && !matches!(c, '"' | '<' | '>' | '\\'));
    // A user name before the host could hide the host.
    !host.is_empty() && !host.contains('@') && plain && text.chars().count() <= MAX_LINK_CHARS
}

impl Tracking {
    /// Tracking as a back end or an operator wrote it; an invalid link is dropped.
    #[must_use]
    pub fn new(number: Option<&str>, carrier: Option<&str>, link: Option<&str>) -> Self {
        Self {
            number: number.and_then(to_bounded_line),
            carrier: carrier.and_then(to_bounded_line),
            link: link.map(str::trim).filter(|link| is_tracking_link(link)).map(str::to_owned),
        }
    }

    /// Whether nothing is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Updates it from a later report; returns whether anything changed. Another number is another parcel, so a link
    /// that the report lacks is dropped: it would lead to the wrong one.
    pub fn update(&mut self, later: &Self) -> bool {
        let before = self.clone();
        if later.number.is_some() && later.number != self.number {
            self.link = None;
        }
        for (known, new) in
            [(&mut self.number, &later.number), (&mut self.carrier, &later.carrier), (&mut self.link, &later.link)]
        {
            if new.is_some() {
                known.clone_from(new);
            }
        }
        *self != before
    }
}

/// Reads the expected delivery. A date without a time, and midnight UTC, which is how programs write such a date, mean
/// the day. It is stored as noon UTC, which is the same date for customers from the Americas to Japan.
#[must_use]
pub fn parse_expected_delivery(text: &str) -> Option<Time> {
    let read = date::parse(text)?;
    Some(if read.as_micros() % DAY_MICROS == 0 { read + Span::from_hours(12) } else { read })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tracking_is_one_line_and_short() {
        let number = |text: &str| Tracking::new(Some(text), None, None).number;
        assert_eq!(number(" 1Z\n9 \u{7}"), Some("1Z 9".into()));
        assert_eq!(number(" \u{0} "), None);
        assert_eq!(number(&"x".repeat(500)).unwrap().len(), 100);
        assert_eq!(Tracking::new(None, Some("DHL\u{2028}Paket"), None).carrier.as_deref(), Some("DHL Paket"));
    }

    #[test]
    fn a_link_is_a_web_address() {
        for good in ["https://dhl.example/track?n=1Z9", "HTTP://carrier.example", "https://carrier.example:8443/a#b"] {
            assert_eq!(Tracking::new(None, None, Some(good)).link.as_deref(), Some(good));
        }
        let long = format!("https://carrier.example/{}", "x".repeat(500));
        for bad in [
            "",
            "https://",
            "https:///x",
            "javascript:alert(1)",
            "data:text/html,x",
            "https://bank.example@evil.example/",
            "https://a.example/ b",
            "https://a.example/\"onclick=",
            "//a.example/x",
            "ftp://a.example/x",
            long.as_str(),
        ] {
            assert!(Tracking::new(None, None, Some(bad)).is_empty(), "{bad}");
        }
    }

    #[test]
    fn a_later_report_adds_and_corrects() {
        let mut tracking = Tracking::new(Some("1"), None, None);
        assert!(!tracking.update(&Tracking::default()));
        assert!(!tracking.update(&Tracking::new(Some("1"), None, None)));
        assert!(tracking.update(&Tracking::new(None, Some("DHL"), None)));
        assert_eq!(tracking, Tracking::new(Some("1"), Some("DHL"), None));
        // Another number is another parcel, to which the first link does not lead.
        let link = Some("https://dhl.example/1");
        assert!(tracking.update(&Tracking::new(Some("1"), None, link)));
        assert!(tracking.update(&Tracking::new(Some("2"), None, None)));
        assert_eq!(tracking, Tracking::new(Some("2"), Some("DHL"), None));
    }

    #[test]
    fn a_day_is_not_its_first_moment() {
        for (text, means) in [
            ("2026-07-01", "2026-07-01T12:00:00.000Z"),
            ("20260701", "2026-07-01T12:00:00.000Z"),
            ("2026-07-01T00:00:00.000Z", "2026-07-01T12:00:00.000Z"),
            ("2026-07-01T09:30:00Z", "2026-07-01T09:30:00.000Z"),
            ("2026-07-01T00:00:00+02:00", "2026-06-30T22:00:00.000Z"),
        ] {
            assert_eq!(parse_expected_delivery(text).unwrap().to_rfc3339_millis(), means, "{text}");
        }
        assert_eq!(parse_expected_delivery("soon"), None);
    }
}
