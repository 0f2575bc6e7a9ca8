//! A customer's session in one browser.
//!
//! Invariant: the cookie's value is never stored, only its hash.

use crate::id::CustomerId;
use crate::time::{Span, Time};

/// A session of a browser. Only the hash of its cookie's value is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// SHA-256 of the cookie.
    pub id: [u8; 32],
    /// The customer who signed in.
    pub customer: CustomerId,
    /// When the customer signed in.
    pub created_at: Time,
    /// When it expires, independent of its use.
    pub expires_at: Time,
    /// The customer's generation at sign-in. The session is valid while the generation is the same.
    pub generation: u32,
    /// When it was used last, to the hour.
    pub used_at: Time,
    /// What the browser calls itself; empty if it is not known.
    pub agent: String,
}

impl Session {
    /// Whether it is valid at a time, where an unused session ends after `idle`.
    #[must_use]
    pub fn is_valid_at(&self, now: Time, idle: Span) -> bool {
        now < self.expires_at && now.since(self.used_at) < idle
    }

    /// Whether its use has to be recorded: an hour after the last record.
    #[must_use]
    pub fn has_stale_use(&self, now: Time) -> bool {
        now.since(self.used_at) >= Span::from_hours(1)
    }
}

/// The lifetime of a session: one day, or 30 days with "remember me".
#[must_use]
pub fn session_lifetime(remember: bool) -> Span {
    Span::from_hours(if remember { 30 * 24 } else { 24 })
}

/// A browser and its system, by what the browser calls itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AgentSummary {
    /// The browser's name.
    pub browser: &'static str,
    /// The system's name, if it is known.
    pub system: Option<&'static str>,
}

/// The mark of each browser in `User-Agent`. Browsers carry the marks of older ones, so the first that fits counts.
const BROWSERS: [(&str, &str); 9] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];

/// The mark of each system, in the same way.
const SYSTEMS: [(&str, &str); 7] = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
];

impl AgentSummary {
    /// Reads what a browser calls itself; `None` if it is no browser that is known.
    #[must_use]
    pub fn from_agent(agent: &str) -> Option<Self> {
        let find =
            |marks: &[(&str, &'static str)]| marks.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name);
        Some(Self { browser: find(&BROWSERS)?, system: find(&SYSTEMS) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_known_by_the_first_mark_that_fits() {
        let safari =
            "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 Safari/604.1";
        let edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/150.0 Safari/537.36 Edg/150.0";
        let firefox = "Mozilla/5.0 (Android 16; Mobile; rv:150.0) Gecko/150.0 Firefox/150.0";
        for (agent, browser, system) in
            [(safari, "Safari", "iPhone"), (edge, "Edge", "Windows"), (firefox, "Firefox", "Android")]
        {
            assert_eq!(
                AgentSummary::from_agent(agent),
                Some(AgentSummary { browser, system: Some(system) }),
                "{agent}"
            );
        }
        assert_eq!(AgentSummary::from_agent("curl/8.0"), None);
    }

    #[test]
    fn an_unused_session_ends_before_its_time() {
        let at = Time::from_micros(0);
        let session = Session {
            id: [0; 32],
            customer: CustomerId(uuid::Uuid::nil()),
            created_at: at,
            expires_at: at + Span::from_hours(100),
            generation: 0,
            used_at: at + Span::from_hours(10),
            agent: String::new(),
        };
        let idle = Span::from_hours(5);
        assert!(session.is_valid_at(at + Span::from_hours(14), idle));
        assert!(!session.is_valid_at(at + Span::from_hours(15), idle), "unused");
        assert!(!session.is_valid_at(at + Span::from_hours(100), Span::from_hours(1000)), "expired");
        assert!(session.has_stale_use(at + Span::from_hours(11)) && !session.has_stale_use(at + Span::from_hours(10)));
    }
}
