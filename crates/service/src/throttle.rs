//! A brake on guessing: after a few failures, each further one makes the next try wait longer.
//!
//! Soft on purpose: a success, or time, undoes it; and who guesses from elsewhere makes nobody wait who has not failed
//! themselves. Invariant: memory is bounded, whatever names are made up; when it is full, those are forgotten first whose
//! wait ends, or ended, first.

use opendrs_domain::time::{Span, Time};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Failures that cost nothing.
const FREE: u32 = 5;
/// After how many failures at one name, from wherever they came, none is free any more; and how many are free to a network.
const MANY: u32 = 20;
/// The longest wait.
const LONGEST: Span = Span::from_mins(15);
/// The longest wait for what others of a network did.
const LONGEST_OF_OTHERS: Span = Span::from_mins(1);
/// How many names are remembered at most.
const CAPACITY: usize = 20_000;

/// A name, whatever its length.
type Key = [u8; 16];

#[derive(Clone, Copy)]
struct Entry {
    failures: u32,
    until: Time,
}

#[derive(Default)]
struct Table {
    entries: HashMap<Key, Entry>,
    /// When those that are over were last looked for.
    swept: Option<Time>,
}

/// Failures by name: an account, a source, or one at the other.
pub(crate) struct Throttle {
    /// Whether a source waits for what it failed at whatever names; not where many good callers share one.
    by_source: bool,
    table: Mutex<Table>,
    /// Whether there are any, for those who ask often and would rather not wait for the lock.
    some: AtomicBool,
}

/// What is tried, and from where.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Try<'a> {
    /// An account's address, or a client's id.
    pub(crate) what: &'a str,
    /// Where the request came from: an address, or for version 6 the network of one.
    pub(crate) source: &'a str,
}

/// What failures are counted by.
struct Keys {
    /// This at this source.
    here: Key,
    /// This at all sources of a network that one may have whole.
    around: Key,
    /// This from wherever.
    anywhere: Key,
    /// Whatever at this source.
    source: Key,
}

impl Try<'_> {
    fn keys(self) -> Keys {
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
        Keys {
            here: key(Some(self.what), Some(self.source)),
            around: key(Some(self.what), Some(&around(self.source))),
            anywhere: key(Some(self.what), None),
            source: key(None, Some(self.source)),
        }
    }
}

/// The network around a source, as providers give them out: 256 addresses of version 4, and of version 6 what begins with
/// the same 48 bits.
fn around(source: &str) -> String {
    let bare = source.split('/').next().unwrap_or_default();
    match bare.parse() {
        Ok(IpAddr::V4(address)) => format!("around {:?}", &address.octets()[..3]),
        Ok(IpAddr::V6(address)) => format!("around {:?}", &address.segments()[..3]),
        Err(_) => format!("around {bare}"),
    }
}

impl Throttle {
    /// For whatever people try.
    pub(crate) fn of_people() -> Self {
        Self { by_source: true, table: Mutex::default(), some: AtomicBool::new(false) }
    }

    /// For what programs try, of which a server of a maker's runs many.
    pub(crate) fn of_programs() -> Self {
        Self { by_source: false, ..Self::of_people() }
    }

    /// Whether nobody failed of late.
    pub(crate) fn is_empty(&self) -> bool {
        !self.some.load(Ordering::Relaxed)
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many seconds one has to wait who tries, if they have to.
    pub(crate) fn wait(&self, tried: Try<'_>, now: Time) -> Option<i64> {
        let Keys { here, around, source, .. } = tried.keys();
        let entries = &self.table().entries;
        let waits = [here, around, source].into_iter().filter_map(|key| entries.get(&key)).filter(|e| e.until > now);
        waits.map(|e| e.until.since(now).secs() + 1).max()
    }

    /// Counts a failure. While one name is guessed at from many sources, none of them has free failures.
    pub(crate) fn failed(&self, tried: Try<'_>, now: Time) {
        let Keys { here, around, anywhere, source } = tried.keys();
        let entries = &mut self.table().entries;
        let others = count(entries, anywhere, (u32::MAX, LONGEST), now);
        count(entries, here, (if others > MANY { 0 } else { FREE }, LONGEST), now);
        count(entries, around, (MANY, LONGEST_OF_OTHERS), now);
        if self.by_source {
            count(entries, source, (FREE, LONGEST), now);
        }
        self.some.store(true, Ordering::Relaxed);
    }

    /// A success: what this name did at this source is forgiven, and once a minute whatever is long over.
    pub(crate) fn succeeded(&self, tried: Try<'_>, now: Time) {
        let mut table = self.table();
        table.entries.remove(&tried.keys().here);
        if table.swept.is_none_or(|at| now.since(at) >= Span::from_mins(1)) {
            table.swept = Some(now);
            table.entries.retain(|_, entry| !entry.is_over(now));
        }
        self.some.store(!table.entries.is_empty(), Ordering::Relaxed);
    }
}

impl Entry {
    /// A quarter of an hour without a failure is a fresh start.
    fn is_over(&self, now: Time) -> bool {
        now.since(self.until) > LONGEST
    }
}

/// One more failure, of which some are free, and the longest wait for the others; how many there are now.
fn count(entries: &mut HashMap<Key, Entry>, key: Key, (free, longest): (u32, Span), now: Time) -> u32 {
    if entries.len() >= CAPACITY && !entries.contains_key(&key) {
        make_room(entries);
    }
    let entry = entries.entry(key).or_insert(Entry { failures: 0, until: now });
    entry.failures = if entry.is_over(now) { 1 } else { entry.failures.saturating_add(1) };
    entry.until = match entry.failures.checked_sub(free) {
        Some(over @ 1..) => now + Span::from_secs(1 << over.min(10)).min(longest),
        _ => now,
    };
    entry.failures
}

/// Forgets a quarter of all, and those of the rest that are no different from the last of it.
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
        throttle.succeeded(at("a", "here"), now());
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
    fn whoever_has_a_network_has_not_all_its_addresses_to_guess_from() {
        for network in ["10.1.2.", "2001:db8:7:"] {
            let throttle = Throttle::of_people();
            let source =
                |n: u32| if network.contains(':') { format!("{network}{n:x}::/64") } else { format!("{network}{n}") };
            let waits: Vec<_> = (0..32).map(|n| fail(&throttle, at("a", &source(n)), now())).collect();
            assert_eq!(waits[..20], [0; 20]);
            assert!(waits[20] == 3 && waits[31] == 61, "{waits:?}");
            let wait = |from: &str| throttle.wait(at("a", from), now());
            assert_eq!((wait(&source(99)), wait("10.1.3.9"), wait("2001:db8:8:1::/64")), (Some(61), None, None));
        }
    }

    #[test]
    fn what_is_long_over_is_forgotten() {
        let throttle = Throttle::of_programs();
        throttle.failed(at("a", "here"), now());
        throttle.succeeded(at("b", "there"), now());
        assert!(!throttle.is_empty());
        throttle.succeeded(at("b", "there"), now() + Span::from_mins(16));
        assert!(throttle.is_empty());
    }

    #[test]
    fn memory_is_bounded_and_those_who_wait_longest_stay() {
        let throttle = Throttle::of_people();
        for _ in 0..12 {
            throttle.failed(at("a", "here"), now());
        }
        for n in 0..CAPACITY {
            throttle.failed(at("b", &n.to_string()), now());
            assert!(throttle.table().entries.len() <= CAPACITY);
        }
        assert_eq!(throttle.wait(at("a", "here"), now()), Some(129), "two to the seventh");
        throttle.failed(at("b", "there"), now() + Span::from_mins(1));
        assert!(!throttle.is_empty());
    }
}
