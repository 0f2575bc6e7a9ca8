//! Refused calls in the log: one line a source and minute, however many there were.
//!
//! Invariant: memory is bounded, whatever sources there are; a first refusal is logged at once, those that follow within a
//! minute are one line with their number, and none is left out of the count.

use opendrs_domain::time::{Span, Time};
use std::collections::HashMap;
use std::fmt::Display;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// For how long refusals of a source are counted before they are logged.
const FOLDED: Span = Span::from_mins(1);
/// How many sources are told apart at most.
const SOURCES: usize = 10_000;
/// The source of all that are not told apart.
const OTHERS: &str = "others";

/// What was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Refused {
    /// A call of a device.
    Call,
    /// A request that a client sent a browser with.
    Authorize,
    /// A request of a client for tokens.
    TokenRequest,
    /// A customer's sign-in.
    SignIn,
    /// A request of an operator's program.
    Operator,
    /// A connection.
    Connection,
}

impl Refused {
    fn words(self) -> &'static str {
        match self {
            Refused::Call => "a device's call was refused",
            Refused::Authorize => "an authorize request was refused",
            Refused::TokenRequest => "a token request was refused",
            Refused::SignIn => "a sign-in was refused",
            Refused::Operator => "a request for the operator was refused",
            Refused::Connection => "a connection was refused: its address has limits.connections_per_address open",
        }
    }
}

struct Folded {
    since: Time,
    count: u64,
    /// Of the last one: who asked, where that is known, and why not.
    who: String,
    why: String,
}

/// A line of the log.
#[derive(Debug, PartialEq, Eq)]
struct Line {
    what: Refused,
    source: String,
    count: u64,
    who: String,
    why: String,
}

impl Line {
    fn write(self) {
        let Self { what, source, count, who, why } = self;
        // Which client or device it was is unknown of one that showed nothing.
        let who = Some(who).filter(|who| !who.is_empty());
        tracing::info!(source, count, who, why, "{}", what.words());
    }
}

/// The refusals of a node that are not logged yet.
#[derive(Default)]
pub(crate) struct Refusals {
    table: Mutex<HashMap<(Refused, String), Folded>>,
}

impl Refusals {
    fn table(&self) -> MutexGuard<'_, HashMap<(Refused, String), Folded>> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a refusal: by which source, of whom (a client's or device's id, or nothing), and why.
    pub(crate) fn note(&self, now: Time, what: Refused, source: &str, who: impl Display, why: impl Display) {
        if let Some(line) = self.fold(now, what, source, (who.to_string(), why.to_string())) {
            line.write();
        }
    }

    fn fold(&self, now: Time, what: Refused, source: &str, (who, why): (String, String)) -> Option<Line> {
        let mut table = self.table();
        let mut key = (what, source.to_owned());
        if table.len() >= SOURCES && !table.contains_key(&key) {
            OTHERS.clone_into(&mut key.1);
        }
        if let Some(folded) = table.get_mut(&key) {
            folded.count += 1;
            (folded.who, folded.why) = (who, why);
            return None;
        }
        let line = Line { what, source: key.1.clone(), count: 1, who, why };
        table.insert(key, Folded { since: now, count: 0, who: String::new(), why: String::new() });
        Some(line)
    }

    /// Logs what a minute brought; everything, at the end.
    pub(crate) fn flush(&self, now: Time, all: bool) {
        self.due(now, all).into_iter().for_each(Line::write);
    }

    fn due(&self, now: Time, all: bool) -> Vec<Line> {
        let mut lines = Vec::new();
        self.table().retain(|(what, source), folded| {
            // A clock that was put back ends the minute, too.
            if !all && folded.since <= now && now.since(folded.since) < FOLDED {
                return true;
            }
            if folded.count == 0 {
                return false;
            }
            let (who, why) = (std::mem::take(&mut folded.who), std::mem::take(&mut folded.why));
            lines.push(Line { what: *what, source: source.clone(), count: folded.count, who, why });
            (folded.since, folded.count) = (now, 0);
            true
        });
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: i64) -> Time {
        Time::from_secs(1_700_000_000 + secs)
    }

    fn counts(lines: Vec<Line>) -> Vec<(String, u64, String)> {
        let mut counts: Vec<_> = lines.into_iter().map(|line| (line.source, line.count, line.why)).collect();
        counts.sort();
        counts
    }

    #[test]
    fn a_source_has_one_line_a_minute_with_a_count() {
        let refusals = Refusals::default();
        let fold = |secs, source: &str, why: &str| {
            let line = refusals.fold(at(secs), Refused::Call, source, (String::new(), why.into()));
            line.map(|line| (line.source, line.count))
        };
        assert_eq!(fold(0, "a", "first"), Some(("a".into(), 1)), "the first is logged at once");
        for secs in 1..500 {
            assert_eq!(fold(secs / 10, "a", &secs.to_string()), None);
        }
        assert_eq!(fold(3, "b", "x"), Some(("b".into(), 1)));
        assert_eq!(counts(refusals.due(at(59), false)), []);
        assert_eq!(counts(refusals.due(at(60), false)), [("a".into(), 499, "499".into())]);
        assert_eq!(fold(61, "a", "more"), None);
        assert_eq!(counts(refusals.due(at(119), false)), []);
        assert_eq!(counts(refusals.due(at(120), false)), [("a".into(), 1, "more".into())]);
        assert_eq!(counts(refusals.due(at(180), false)), [], "a quiet minute has no line");
        assert_eq!(refusals.table().len(), 0, "and is forgotten");
    }

    #[test]
    fn kinds_are_told_apart_and_the_end_leaves_nothing_out() {
        let refusals = Refusals::default();
        let kinds = [
            Refused::Call,
            Refused::Authorize,
            Refused::TokenRequest,
            Refused::SignIn,
            Refused::Operator,
            Refused::Connection,
        ];
        for what in kinds {
            assert!(refusals.fold(at(0), what, "a", Default::default()).is_some());
            assert!(refusals.fold(at(0), what, "a", Default::default()).is_none());
        }
        assert_eq!(refusals.due(at(1), true).len(), kinds.len());
        assert_eq!(refusals.due(at(1), true).len(), 0);
    }

    #[test]
    fn memory_is_bounded_and_none_is_left_out() {
        let refusals = Refusals::default();
        let all = u64::try_from(SOURCES).unwrap() + 100;
        let fold = |n| refusals.fold(at(0), Refused::Call, &format!("s{n}"), Default::default()).map_or(0, |l| l.count);
        let at_once: u64 = (0..all).map(fold).sum();
        assert!(refusals.table().len() <= SOURCES + 1);
        let later: u64 = refusals.due(at(60), false).iter().map(|line| line.count).sum();
        assert_eq!(at_once + later, all);
    }

    #[test]
    fn a_clock_that_is_put_back_ends_the_minute() {
        let refusals = Refusals::default();
        let none = || (String::new(), String::new());
        assert!(refusals.fold(at(0), Refused::Call, "a", none()).is_some());
        assert!(refusals.fold(at(0), Refused::Call, "a", none()).is_none());
        assert_eq!(refusals.due(at(-3600), false).len(), 1);
    }
}
