//! Refusals in the log: one line for each source and minute, whatever their number.
//!
//! Invariant: memory is bounded, whatever the number of sources. A first refusal is logged immediately. Those that
//! follow within a minute become one line with their number. Every refusal is counted.

use opendrs_domain::time::{Span, Time};
use std::collections::HashMap;
use std::fmt::Display;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How long the refusals of a source are counted before they are logged.
const LOG_INTERVAL: Span = Span::from_mins(1);
/// The maximum number of sources that are counted separately.
const MAX_SOURCES: usize = 10_000;
/// The name for all other sources.
const OTHER_SOURCES: &str = "others";

/// The kind of a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RefusalKind {
    /// A call of a device.
    Call,
    /// An authorization request.
    Authorize,
    /// A token request of a client.
    TokenRequest,
    /// A sign-in of a customer.
    SignIn,
    /// A request to the operator API.
    Operator,
    /// A connection.
    Connection,
}

impl RefusalKind {
    fn message(self) -> &'static str {
        match self {
            RefusalKind::Call => "a device's call was refused",
            RefusalKind::Authorize => "an authorization request was refused",
            RefusalKind::TokenRequest => "a token request was refused",
            RefusalKind::SignIn => "a sign-in was refused",
            RefusalKind::Operator => "a request to the operator API was refused",
            RefusalKind::Connection => "a connection was refused for limits.connections_per_address",
        }
    }
}

struct RefusalCount {
    since: Time,
    count: u64,
    /// The last refusal: the id of the client or device if it is known, and the reason.
    subject: String,
    reason: String,
}

/// A line of the log.
#[derive(Debug, PartialEq, Eq)]
struct RefusalLine {
    kind: RefusalKind,
    source: String,
    count: u64,
    subject: String,
    reason: String,
}

impl RefusalLine {
    fn write(self) {
        let Self { kind: what, source, count, subject: who, reason: why } = self;
        // The client or device is unknown if the request had no credentials.
        let who = Some(who).filter(|who| !who.is_empty());
        tracing::info!(source, count, who, why, "{}", what.message());
    }
}

/// The refusals of a node that are not logged yet.
#[derive(Default)]
pub struct RefusalLog {
    pending: Mutex<HashMap<(RefusalKind, String), RefusalCount>>,
}

impl RefusalLog {
    fn lock_pending(&self) -> MutexGuard<'_, HashMap<(RefusalKind, String), RefusalCount>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records a refusal: its source, the id of the client or device (or an empty text), and the reason.
    pub fn record(&self, now: Time, what: RefusalKind, source: &str, who: impl Display, why: impl Display) {
        if let Some(line) = self.count_refusal(now, what, source, who.to_string(), why.to_string()) {
            line.write();
        }
    }

    fn count_refusal(
        &self,
        now: Time,
        what: RefusalKind,
        source: &str,
        who: String,
        why: String,
    ) -> Option<RefusalLine> {
        let mut table = self.lock_pending();
        let mut key = (what, source.to_owned());
        if table.len() >= MAX_SOURCES && !table.contains_key(&key) {
            OTHER_SOURCES.clone_into(&mut key.1);
        }
        if let Some(folded) = table.get_mut(&key) {
            folded.count += 1;
            (folded.subject, folded.reason) = (who, why);
            return None;
        }
        let line = RefusalLine { kind: what, source: key.1.clone(), count: 1, subject: who, reason: why };
        table.insert(key, RefusalCount { since: now, count: 0, subject: String::new(), reason: String::new() });
        Some(line)
    }

    /// Logs the refusals of the last minute, or all of them with `all`.
    pub fn flush(&self, now: Time, all: bool) {
        self.take_due(now, all).into_iter().for_each(RefusalLine::write);
    }

    fn take_due(&self, now: Time, all: bool) -> Vec<RefusalLine> {
        let mut lines = Vec::new();
        self.lock_pending().retain(|(what, source), folded| {
            // A clock that was set back ends the minute too.
            if !all && folded.since <= now && now.since(folded.since) < LOG_INTERVAL {
                return true;
            }
            if folded.count == 0 {
                return false;
            }
            let (who, why) = (std::mem::take(&mut folded.subject), std::mem::take(&mut folded.reason));
            lines.push(RefusalLine {
                kind: *what,
                source: source.clone(),
                count: folded.count,
                subject: who,
                reason: why,
            });
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

    fn counts(lines: Vec<RefusalLine>) -> Vec<(String, u64, String)> {
        let mut counts: Vec<_> = lines.into_iter().map(|line| (line.source, line.count, line.reason)).collect();
        counts.sort();
        counts
    }

    #[test]
    fn a_source_has_one_line_a_minute_with_a_count() {
        let refusals = RefusalLog::default();
        let fold = |secs, source: &str, why: &str| {
            let line = refusals.count_refusal(at(secs), RefusalKind::Call, source, String::new(), why.into());
            line.map(|line| (line.source, line.count))
        };
        assert_eq!(fold(0, "a", "first"), Some(("a".into(), 1)), "the first is logged at once");
        for secs in 1..500 {
            assert_eq!(fold(secs / 10, "a", &secs.to_string()), None);
        }
        assert_eq!(fold(3, "b", "x"), Some(("b".into(), 1)));
        assert_eq!(counts(refusals.take_due(at(59), false)), []);
        assert_eq!(counts(refusals.take_due(at(60), false)), [("a".into(), 499, "499".into())]);
        assert_eq!(fold(61, "a", "more"), None);
        assert_eq!(counts(refusals.take_due(at(119), false)), []);
        assert_eq!(counts(refusals.take_due(at(120), false)), [("a".into(), 1, "more".into())]);
        assert_eq!(counts(refusals.take_due(at(180), false)), [], "a quiet minute has no line");
        assert_eq!(refusals.lock_pending().len(), 0, "and is forgotten");
    }

    #[test]
    fn kinds_are_told_apart_and_the_end_leaves_nothing_out() {
        let refusals = RefusalLog::default();
        let kinds = [
            RefusalKind::Call,
            RefusalKind::Authorize,
            RefusalKind::TokenRequest,
            RefusalKind::SignIn,
            RefusalKind::Operator,
            RefusalKind::Connection,
        ];
        for what in kinds {
            assert!(refusals.count_refusal(at(0), what, "a", String::new(), String::new()).is_some());
            assert!(refusals.count_refusal(at(0), what, "a", String::new(), String::new()).is_none());
        }
        assert_eq!(refusals.take_due(at(1), true).len(), kinds.len());
        assert_eq!(refusals.take_due(at(1), true).len(), 0);
    }

    #[test]
    fn memory_is_bounded_and_none_is_left_out() {
        let refusals = RefusalLog::default();
        let all = u64::try_from(MAX_SOURCES).unwrap() + 100;
        let fold = |n| {
            refusals
                .count_refusal(at(0), RefusalKind::Call, &format!("s{n}"), String::new(), String::new())
                .map_or(0, |l| l.count)
        };
        let at_once: u64 = (0..all).map(fold).sum();
        assert!(refusals.lock_pending().len() <= MAX_SOURCES + 1);
        let later: u64 = refusals.take_due(at(60), false).iter().map(|line| line.count).sum();
        assert_eq!(at_once + later, all);
    }

    #[test]
    fn a_clock_that_is_put_back_ends_the_minute() {
        let refusals = RefusalLog::default();
        assert!(refusals.count_refusal(at(0), RefusalKind::Call, "a", String::new(), String::new()).is_some());
        assert!(refusals.count_refusal(at(0), RefusalKind::Call, "a", String::new(), String::new()).is_none());
        assert_eq!(refusals.take_due(at(-3600), false).len(), 1);
    }
}
