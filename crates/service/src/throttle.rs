//! A brake on guessing: after a few failures, each further one makes the next try wait longer.
//!
//! Soft on purpose: a success, or time, undoes it; and who guesses from elsewhere makes nobody wait who has not failed
//! themselves. Invariant: memory is bounded, whatever names are made up; when it is full, those are forgotten first whose
//! wait ends, or ended, first.

use opendrs_domain::time::{Span, Time};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// Failures that cost nothing.
const FREE: u32 = 5;
/// After how many failures at one name, from wherever they came, none is free any more.
const MANY: u32 = 20;
/// The longest wait.
const LONGEST: Span = Span::from_mins(15);
/// How many names are remembered at most.
const CAPACITY: usize = 20_000;

/// A name, whatever its length.
type Key = [u8; 16];

#[derive(Clone, Copy)]
struct Entry {
    failures: u32,
    until: Time,
}

/// Failures by name: an account, a source, or one at the other.
pub(crate) struct Throttle {
    /// Whether a source waits for what it failed at whatever names; not where many good callers share one.
    by_source: bool,
    entries: Mutex<HashMap<Key, Entry>>,
    /// Whether there are any, for those who ask often and would rather not wait for the lock.
    some: AtomicBool,
}

/// What is tried, and from where.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Try<'a> {
    /// An account's address, or a client's id.
    pub(crate) what: &'a str,
    /// Where the request came from.
    pub(crate) source: &'a str,
}

impl Try<'_> {
    /// This at this source; this from wherever; whatever at this source.
    fn keys(self) -> [Key; 3] {
        let key = |what: Option<&str>, source: Option<&str>| {
            let mut hash = Sha256::new();
            for part in [what, source] {
                hash.update([u8::from(part.is_some())]);
                hash.update((part.map_or(0, str::len) as u64).to_be_bytes());
                hash.update(part.unwrap_or_default());
            }
            let bytes: [u8; 32] = hash.finalize().into();
            std::array::from_fn(|at| bytes[at])
        };
        [key(Some(self.what), Some(self.source)), key(Some(self.what), None), key(None, Some(self.source))]
    }
}

impl Throttle {
    /// For whatever people try.
    pub(crate) fn of_people() -> Self {
        Self { by_source: true, entries: Mutex::default(), some: AtomicBool::new(false) }
    }

    /// For what programs try, of which a server of a maker's runs many.
    pub(crate) fn of_programs() -> Self {
        Self { by_source: false, ..Self::of_people() }
    }

    /// Whether nobody failed of late.
    pub(crate) fn is_empty(&self) -> bool {
        !self.some.load(Ordering::Relaxed)
    }

    /// How many seconds one has to wait who tries, if they have to.
    pub(crate) fn wait(&self, tried: Try<'_>, now: Time) -> Option<i64> {
        let [here, _, source] = tried.keys();
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let waits = [here, source].into_iter().filter_map(|key| entries.get(&key)).filter(|e| e.until > now);
        waits.map(|e| e.until.since(now).secs() + 1).max()
    }

    /// Counts a failure. While one name is guessed at from many sources, none of them has free failures.
    pub(crate) fn failed(&self, tried: Try<'_>, now: Time) {
        let [here, anywhere, source] = tried.keys();
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let others = count(&mut entries, anywhere, u32::MAX, now);
        count(&mut entries, here, if others > MANY { 0 } else { FREE }, now);
        if self.by_source {
            count(&mut entries, source, FREE, now);
        }
        self.some.store(true, Ordering::Relaxed);
    }

    /// A success: what this name did at this source is forgiven.
    pub(crate) fn succeeded(&self, tried: Try<'_>) {
        let [here, ..] = tried.keys();
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.remove(&here);
        self.some.store(!entries.is_empty(), Ordering::Relaxed);
    }
}

/// One more failure, of which some are free; how many there are now.
fn count(entries: &mut HashMap<Key, Entry>, key: Key, free: u32, now: Time) -> u32 {
    if entries.len() >= CAPACITY && !entries.contains_key(&key) {
        make_room(entries);
    }
    let entry = entries.entry(key).or_insert(Entry { failures: 0, until: now });
    // A quarter of an hour without a failure is a fresh start.
    entry.failures = if now.since(entry.until) > LONGEST { 1 } else { entry.failures.saturating_add(1) };
    entry.until = match entry.failures.checked_sub(free) {
        Some(over @ 1..) => now + Span::from_secs(1 << over.min(10)).min(LONGEST),
        _ => now,
    };
    entry.failures
}

/// Forgets a quarter of all.
fn make_room(entries: &mut HashMap<Key, Entry>) {
    let mut ends: Vec<Time> = entries.values().map(|entry| entry.until).collect();
    let (_, &mut last, _) = ends.select_nth_unstable(CAPACITY / 4);
    // Of those that end at one moment, as when time stands still, any are forgotten.
    let mut left = CAPACITY / 4;
    entries.retain(|_, entry| {
        let goes = entry.until < last || entry.until == last && left > 0;
        left -= usize::from(goes && left > 0);
        !goes
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Time {
        Time::from_secs(1_000_000)
    }

    fn at<'a>(what: &'a str, source: &'a str) -> Try<'a> {
        Try { what, source }
    }

    /// Fails, and says how long the next try then waits.
    fn fail(throttle: &Throttle, tried: Try<'_>, now: Time) -> i64 {
        throttle.failed(tried, now);
        throttle.wait(tried, now).unwrap_or(0)
    }

    #[test]
    fn waits_grow_and_end() {
        let throttle = Throttle::of_people();
        let waits: Vec<_> = (0..8).map(|_| fail(&throttle, at("a", "here"), now())).collect();
        assert_eq!(waits, [0, 0, 0, 0, 0, 3, 5, 9]);
        assert_eq!(throttle.wait(at("b", "there"), now()), None);
        assert_eq!(throttle.wait(at("a", "here"), now() + Span::from_mins(16)), None, "time undoes it");
    }

    #[test]
    fn a_success_undoes_what_was_failed_at_its_source() {
        let throttle = Throttle::of_people();
        for _ in 0..5 {
            throttle.failed(at("a", "here"), now());
        }
        throttle.succeeded(at("a", "here"));
        assert_eq!(fail(&throttle, at("a", "elsewhere"), now()), 0);
        assert_eq!(throttle.wait(at("a", "here"), now()), None);
    }

    #[test]
    fn a_source_that_guesses_at_many_names_waits() {
        let throttle = Throttle::of_people();
        let waits: Vec<_> = (0..7).map(|n| fail(&throttle, at(&n.to_string(), "here"), now())).collect();
        assert_eq!(waits, [0, 0, 0, 0, 0, 3, 5]);
        assert_eq!(throttle.wait(at("0", "elsewhere"), now()), None);
        let programs = Throttle::of_programs();
        assert!((0..7).all(|n| fail(&programs, at(&n.to_string(), "here"), now()) == 0));
    }

    #[test]
    fn a_name_that_is_guessed_at_from_everywhere_is_open_to_who_has_not_failed() {
        let throttle = Throttle::of_people();
        let waits: Vec<_> = (0..1000).map(|n| fail(&throttle, at("a", &n.to_string()), now())).collect();
        assert!(waits[..20].iter().all(|wait| *wait == 0) && waits[20..].iter().all(|wait| *wait == 3), "{waits:?}");
        assert_eq!(throttle.wait(at("a", "its owner's"), now()), None);
    }

    #[test]
    fn memory_is_bounded_and_those_who_wait_longest_stay() {
        let throttle = Throttle::of_people();
        for _ in 0..12 {
            throttle.failed(at("a", "here"), now());
        }
        for n in 0..CAPACITY {
            throttle.failed(at("b", &n.to_string()), now());
            assert!(throttle.entries.lock().unwrap().len() <= CAPACITY);
        }
        assert_eq!(throttle.wait(at("a", "here"), now()), Some(129), "two to the seventh");
        throttle.failed(at("b", "there"), now() + Span::from_mins(1));
        assert!(!throttle.is_empty());
    }
}
