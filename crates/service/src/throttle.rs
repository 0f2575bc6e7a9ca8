//! A brake on guessing: after a few failures, each further one makes the next try wait longer.
//!
//! Soft on purpose: a success, or time, undoes it, so nobody is locked out for ever by somebody else's guesses.
//! Invariant: memory is bounded; when it is full, the entries that wait least are forgotten first.

use opendrs_domain::time::{Span, Time};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// Failures that cost nothing.
const FREE: u32 = 5;
/// The longest wait.
const LONGEST: Span = Span::from_mins(15);
/// How many names are remembered at most.
const CAPACITY: usize = 20_000;

#[derive(Clone, Copy)]
struct Entry {
    failures: u32,
    until: Time,
}

/// Failures by name: an account, or a source.
#[derive(Default)]
pub(crate) struct Throttle {
    entries: Mutex<HashMap<String, Entry>>,
    /// Whether there are any, for those who ask often and would rather not wait for the lock.
    some: AtomicBool,
}

impl Throttle {
    /// Whether nobody failed of late.
    pub(crate) fn is_empty(&self) -> bool {
        !self.some.load(Ordering::Relaxed)
    }

    /// How many seconds a name has to wait, if it has to.
    pub(crate) fn wait(&self, name: &str, now: Time) -> Option<i64> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.get(name).filter(|e| e.failures > FREE && e.until > now).map(|e| e.until.since(now).secs() + 1)
    }

    /// Counts a failure.
    pub(crate) fn failed(&self, name: &str, now: Time) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= CAPACITY && !entries.contains_key(name) {
            entries.retain(|_, e| e.until > now);
            if entries.len() >= CAPACITY {
                entries.clear();
            }
        }
        let entry = entries.entry(name.to_owned()).or_insert(Entry { failures: 0, until: now });
        // A quarter of an hour without a failure is a fresh start.
        entry.failures = if now.since(entry.until) > LONGEST { 1 } else { entry.failures.saturating_add(1) };
        let wait = Span::from_secs(1 << entry.failures.saturating_sub(FREE).min(10)).min(LONGEST);
        entry.until = now + wait;
        self.some.store(true, Ordering::Relaxed);
    }

    /// A success: all is forgiven.
    pub(crate) fn succeeded(&self, name: &str) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.remove(name);
        self.some.store(!entries.is_empty(), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_end() {
        let (throttle, now) = (Throttle::default(), Time::from_secs(1_000_000));
        let mut waits = Vec::new();
        for _ in 0..8 {
            throttle.failed("a", now);
            waits.push(throttle.wait("a", now).unwrap_or(0));
        }
        assert_eq!(waits, [0, 0, 0, 0, 0, 3, 5, 9]);
        assert_eq!(throttle.wait("b", now), None);
        assert_eq!(throttle.wait("a", now + Span::from_mins(16)), None, "time undoes it");
        throttle.succeeded("a");
        assert_eq!(throttle.wait("a", now), None, "a success undoes it");
    }

    #[test]
    fn memory_is_bounded() {
        let throttle = Throttle::default();
        for n in 0..CAPACITY + 100 {
            throttle.failed(&n.to_string(), Time::from_secs(1));
        }
        assert!(throttle.entries.lock().unwrap().len() <= CAPACITY);
    }
}
