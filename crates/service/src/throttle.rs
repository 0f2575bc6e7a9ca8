//! A brake on guessing: after a few failures, each further one makes the next try wait longer.
//!
//! Soft on purpose: a success, or time, undoes it; and who guesses from elsewhere makes nobody wait who has not failed
//! themselves. Invariants: a try counts before its outcome is known, so tries at once are no more than tries one after the
//! other. Memory is bounded, whatever names are made up; when it is full, those are forgotten first whose wait ends, or
//! ended, first.

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
/// Tries at once of a source that has not failed yet: a network of many people may share one address.
const AT_ONCE: u32 = 20;
/// Seconds to wait for one's own earlier tries to end.
const WAIT_FOR_OWN: i64 = 1;
/// How many names are remembered at most.
const CAPACITY: usize = 20_000;

/// A name, whatever its length.
type Key = [u8; 16];

#[derive(Clone, Copy)]
struct Entry {
    failures: u32,
    /// Tries whose outcome is not known yet.
    pending: u32,
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

    /// Begins a try whose outcome takes work to find out. It counts as a failure until it is known to be none.
    ///
    /// # Errors
    /// How many seconds to wait before the next try.
    pub(crate) fn begin(&self, tried: Try<'_>, now: Time) -> Result<Attempt<'_>, i64> {
        let keys = tried.keys();
        let entries = &mut self.table().entries;
        if let Some(wait) = wait(entries, &keys, now) {
            return Err(wait);
        }
        let held = [(keys.here, FREE), (keys.around, MANY), (keys.source, AT_ONCE)];
        let held = &held[..if self.by_source { 3 } else { 2 }];
        if held.iter().any(|(key, most)| entries.get(key).is_some_and(|entry| !entry.may_begin(*most))) {
            return Err(WAIT_FOR_OWN);
        }
        for (key, _) in held {
            entry(entries, *key, now).pending += 1;
        }
        self.some.store(true, Ordering::Relaxed);
        Ok(Attempt { throttle: self, keys, failed: None })
    }

    /// A try whose outcome is found out at once: nothing is awaited between the brake and the proof.
    ///
    /// # Errors
    /// How many seconds to wait before the next try; the proof then counts for nothing, right or wrong.
    pub(crate) fn check(&self, tried: Try<'_>, now: Time, proof: impl FnOnce() -> bool) -> Result<bool, i64> {
        if self.is_empty() {
            if proof() {
                return Ok(true);
            }
            return self.refuse(tried, now);
        }
        let keys = tried.keys();
        if let Some(wait) = wait(&self.table().entries, &keys, now) {
            return Err(wait);
        }
        if !proof() {
            return self.refuse(tried, now);
        }
        self.succeeded(&keys, now);
        Ok(true)
    }

    /// Counts a wrong proof, unless others of its kind were counted meanwhile and it has to wait.
    fn refuse(&self, tried: Try<'_>, now: Time) -> Result<bool, i64> {
        let keys = tried.keys();
        let entries = &mut self.table().entries;
        match wait(entries, &keys, now) {
            Some(wait) => Err(wait),
            None => {
                self.fail(entries, &keys, now);
                Ok(false)
            }
        }
    }

    /// Counts a failure. While one name is guessed at from many sources, none of them has free failures.
    fn fail(&self, entries: &mut HashMap<Key, Entry>, keys: &Keys, now: Time) {
        let others = count(entries, keys.anywhere, (u32::MAX, LONGEST), now);
        count(entries, keys.here, (if others > MANY { 0 } else { FREE }, LONGEST), now);
        count(entries, keys.around, (MANY, LONGEST_OF_OTHERS), now);
        if self.by_source {
            count(entries, keys.source, (FREE, LONGEST), now);
        }
        self.some.store(true, Ordering::Relaxed);
    }

    /// A success: what this name did at this source is forgiven, and once a minute whatever is long over.
    fn succeeded(&self, keys: &Keys, now: Time) {
        let mut table = self.table();
        if let Some(entry) = table.entries.get_mut(&keys.here) {
            (entry.failures, entry.until) = (0, now);
        }
        if table.swept.is_none_or(|at| now.since(at) >= Span::from_mins(1)) {
            table.swept = Some(now);
            table.entries.retain(|_, entry| !entry.is_over(now));
        }
        if table.entries.get(&keys.here).is_some_and(Entry::is_blank) {
            table.entries.remove(&keys.here);
        }
        self.some.store(!table.entries.is_empty(), Ordering::Relaxed);
    }
}

/// A try under way. Dropped without a verdict it was none: the work was not done.
pub(crate) struct Attempt<'t> {
    throttle: &'t Throttle,
    keys: Keys,
    /// When it failed, if it did.
    failed: Option<Time>,
}

impl Attempt<'_> {
    /// The guess was wrong.
    pub(crate) fn failed(mut self, now: Time) {
        self.failed = Some(now);
    }

    /// It was right.
    pub(crate) fn succeeded(self, now: Time) {
        self.throttle.succeeded(&self.keys, now);
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        let entries = &mut self.throttle.table().entries;
        for key in [self.keys.here, self.keys.around, self.keys.source] {
            if let Some(entry) = entries.get_mut(&key) {
                entry.pending = entry.pending.saturating_sub(1);
            }
        }
        if let Some(now) = self.failed {
            self.throttle.fail(entries, &self.keys, now);
        }
        for key in [self.keys.here, self.keys.around, self.keys.source] {
            if entries.get(&key).is_some_and(Entry::is_blank) {
                entries.remove(&key);
            }
        }
        self.throttle.some.store(!entries.is_empty(), Ordering::Relaxed);
    }
}

/// How many seconds one has to wait who tries, if they have to. A wait longer than any that is ever counted is one of a clock
/// that was set back since: nobody waits for it.
fn wait(entries: &HashMap<Key, Entry>, keys: &Keys, now: Time) -> Option<i64> {
    let waits = [keys.here, keys.around, keys.source].into_iter().filter_map(|key| entries.get(&key));
    let waits = waits.filter(|entry| entry.until > now).map(|entry| entry.until.since(now));
    waits.filter(|wait| *wait <= LONGEST).map(|wait| wait.secs() + 1).max()
}

impl Entry {
    /// A quarter of an hour without a failure is a fresh start.
    fn is_over(&self, now: Time) -> bool {
        self.pending == 0 && now.since(self.until) > LONGEST
    }

    /// Nothing is known of it.
    fn is_blank(&self) -> bool {
        self.failures == 0 && self.pending == 0
    }

    /// Whether one more try may be under way: as many as there are free failures left, and always one.
    fn may_begin(&self, most: u32) -> bool {
        self.pending < most.saturating_sub(self.failures).max(1)
    }
}

/// The entry of a name, made where there is none.
fn entry(entries: &mut HashMap<Key, Entry>, key: Key, now: Time) -> &mut Entry {
    if entries.len() >= CAPACITY && !entries.contains_key(&key) {
        make_room(entries);
    }
    entries.entry(key).or_insert(Entry { failures: 0, pending: 0, until: now })
}

/// One more failure, of which some are free, and the longest wait for the others; how many there are now.
fn count(entries: &mut HashMap<Key, Entry>, key: Key, (free, longest): (u32, Span), now: Time) -> u32 {
    let entry = entry(entries, key, now);
    entry.failures = if now.since(entry.until) > LONGEST { 1 } else { entry.failures.saturating_add(1) };
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
#[path = "throttle_tests.rs"]
mod tests;
