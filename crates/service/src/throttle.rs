//! The throttle of guesses: after a few failures, each further one makes the next try wait longer.
//!
//! It is soft by design: a success, or time, resets it. Guesses from elsewhere delay no source that has not failed
//! itself. Invariants: a try counts before its outcome is known, so concurrent tries gain nothing over consecutive
//! ones. Memory is bounded, whatever names are invented. When it is full, the entries whose wait ends first are
//! forgotten first.

use opendrs_domain::time::{Span, Time};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The number of failures without a wait.
const FREE_FAILURES: u32 = 5;
/// The number of failures at one subject, from all sources, after which none is free. It is also the number of free
/// failures of a network.
const MANY_FAILURES: u32 = 20;
/// The longest wait.
const MAX_WAIT: Span = Span::from_mins(15);
/// The longest wait for failures of others in the same network.
const MAX_NETWORK_WAIT: Span = Span::from_mins(1);
/// Concurrent tries of a source that has not failed yet: many people may share one address.
const MAX_CONCURRENT_TRIES: u32 = 20;
/// Seconds to wait for the end of one's own pending tries.
const PENDING_WAIT_SECS: i64 = 1;
/// The most entries in memory.
const MAX_ENTRIES: usize = 20_000;

/// A hashed name, of fixed size.
type ThrottleKey = [u8; 16];

#[derive(Clone, Copy)]
struct ThrottleEntry {
    failures: u32,
    /// The number of tries whose outcome is not known yet.
    pending: u32,
    until: Time,
}

#[derive(Default)]
struct ThrottleTable {
    entries: HashMap<ThrottleKey, ThrottleEntry>,
    /// The time of the last search for expired entries.
    swept_at: Option<Time>,
}

/// Failures by name: a subject, a source, or a subject at a source.
pub(crate) struct GuessThrottle {
    /// Whether a source waits for its failures at any subject. It is off where many legitimate callers share a source.
    by_source: bool,
    table: Mutex<ThrottleTable>,
    /// Whether there are entries, for frequent callers that should not wait for the lock.
    has_entries: AtomicBool,
}

/// A try: its subject and its source.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CredentialAttempt<'a> {
    /// A mail address, or a client id.
    pub(crate) subject: &'a str,
    /// The source of the request: an address, or the network of an address of version 6.
    pub(crate) source: &'a str,
}

/// The keys by which failures are counted.
struct ThrottleKeys {
    /// The subject at this source.
    subject_at_source: ThrottleKey,
    /// The subject in the network around the source, which one party may own as a whole.
    subject_in_network: ThrottleKey,
    /// The subject, from all sources.
    subject: ThrottleKey,
    /// The source, at all subjects.
    source: ThrottleKey,
}

impl CredentialAttempt<'_> {
    fn keys(self) -> ThrottleKeys {
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
        ThrottleKeys {
            subject_at_source: key(Some(self.subject), Some(self.source)),
            subject_in_network: key(Some(self.subject), Some(&network_of(self.source))),
            subject: key(Some(self.subject), None),
            source: key(None, Some(self.source)),
        }
    }
}

/// The network around a source, of the size that providers assign. It has 256 addresses of version 4, or the addresses
/// of version 6 with the same first 48 bits.
fn network_of(source: &str) -> String {
    let bare = source.split('/').next().unwrap_or_default();
    match bare.parse() {
        Ok(IpAddr::V4(address)) => format!("around {:?}", &address.octets()[..3]),
        Ok(IpAddr::V6(address)) => format!("around {:?}", &address.segments()[..3]),
        Err(_) => format!("around {bare}"),
    }
}

impl GuessThrottle {
    /// The throttle for tries of people.
    pub(crate) fn for_people() -> Self {
        Self { by_source: true, table: Mutex::default(), has_entries: AtomicBool::new(false) }
    }

    /// The throttle for tries of programs: a maker's server makes many from one source.
    pub(crate) fn for_programs() -> Self {
        Self { by_source: false, ..Self::for_people() }
    }

    /// Whether there were no recent failures.
    pub(crate) fn is_empty(&self) -> bool {
        !self.has_entries.load(Ordering::Relaxed)
    }

    fn table(&self) -> MutexGuard<'_, ThrottleTable> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a try whose outcome takes work to find out. It counts as a failure until it is marked as succeeded.
    ///
    /// # Errors
    /// The seconds to wait before the next try.
    pub(crate) fn begin(&self, tried: CredentialAttempt<'_>, now: Time) -> Result<PendingAttempt<'_>, i64> {
        let keys = tried.keys();
        let entries = &mut self.table().entries;
        if let Some(wait) = seconds_to_wait(entries, &keys, now) {
            return Err(wait);
        }
        let held = [
            (keys.subject_at_source, FREE_FAILURES),
            (keys.subject_in_network, MANY_FAILURES),
            (keys.source, MAX_CONCURRENT_TRIES),
        ];
        let held = &held[..if self.by_source { 3 } else { 2 }];
        if held.iter().any(|(key, most)| entries.get(key).is_some_and(|entry| !entry.can_begin(*most))) {
            return Err(PENDING_WAIT_SECS);
        }
        for (key, _) in held {
            entry_or_insert(entries, *key, now).pending += 1;
        }
        self.has_entries.store(true, Ordering::Relaxed);
        Ok(PendingAttempt { throttle: self, keys, failed_at: None })
    }

    /// A try whose outcome is known immediately: nothing is awaited between the throttle and the proof.
    ///
    /// # Errors
    /// The seconds to wait before the next try; the proof has no effect then, correct or wrong.
    pub(crate) fn check(
        &self,
        tried: CredentialAttempt<'_>,
        now: Time,
        proof: impl FnOnce() -> bool,
    ) -> Result<bool, i64> {
        if self.is_empty() {
            if proof() {
                return Ok(true);
            }
            return self.reject(tried, now);
        }
        let keys = tried.keys();
        if let Some(wait) = seconds_to_wait(&self.table().entries, &keys, now) {
            return Err(wait);
        }
        if !proof() {
            return self.reject(tried, now);
        }
        self.record_success(&keys, now);
        Ok(true)
    }

    /// Counts a wrong proof, unless concurrent failures mean that it has to wait.
    fn reject(&self, tried: CredentialAttempt<'_>, now: Time) -> Result<bool, i64> {
        let keys = tried.keys();
        let entries = &mut self.table().entries;
        match seconds_to_wait(entries, &keys, now) {
            Some(wait) => Err(wait),
            None => {
                self.record_failure(entries, &keys, now);
                Ok(false)
            }
        }
    }

    /// Counts a failure. While one subject is guessed at from many sources, none of them has free failures.
    fn record_failure(&self, entries: &mut HashMap<ThrottleKey, ThrottleEntry>, keys: &ThrottleKeys, now: Time) {
        let others = add_failure(entries, keys.subject, u32::MAX, MAX_WAIT, now);
        add_failure(
            entries,
            keys.subject_at_source,
            if others > MANY_FAILURES { 0 } else { FREE_FAILURES },
            MAX_WAIT,
            now,
        );
        add_failure(entries, keys.subject_in_network, MANY_FAILURES, MAX_NETWORK_WAIT, now);
        if self.by_source {
            add_failure(entries, keys.source, FREE_FAILURES, MAX_WAIT, now);
        }
        self.has_entries.store(true, Ordering::Relaxed);
    }

    /// Records a success: the failures of this subject at this source are removed. Once a minute, expired entries are
    /// removed too.
    fn record_success(&self, keys: &ThrottleKeys, now: Time) {
        let mut table = self.table();
        if let Some(entry) = table.entries.get_mut(&keys.subject_at_source) {
            (entry.failures, entry.until) = (0, now);
        }
        if table.swept_at.is_none_or(|at| now.since(at) >= Span::from_mins(1)) {
            table.swept_at = Some(now);
            table.entries.retain(|_, entry| !entry.is_expired(now));
        }
        if table.entries.get(&keys.subject_at_source).is_some_and(ThrottleEntry::is_blank) {
            table.entries.remove(&keys.subject_at_source);
        }
        self.has_entries.store(!table.entries.is_empty(), Ordering::Relaxed);
    }
}

/// A pending try. If it is dropped without an outcome, it does not count: the work was not done.
pub(crate) struct PendingAttempt<'t> {
    throttle: &'t GuessThrottle,
    keys: ThrottleKeys,
    /// The time of the failure, if it failed.
    failed_at: Option<Time>,
}

impl PendingAttempt<'_> {
    /// Marks the try as failed.
    pub(crate) fn mark_failed(mut self, now: Time) {
        self.failed_at = Some(now);
    }

    /// Marks the try as succeeded.
    pub(crate) fn mark_succeeded(self, now: Time) {
        self.throttle.record_success(&self.keys, now);
    }
}

impl Drop for PendingAttempt<'_> {
    fn drop(&mut self) {
        let entries = &mut self.throttle.table().entries;
        for key in [self.keys.subject_at_source, self.keys.subject_in_network, self.keys.source] {
            if let Some(entry) = entries.get_mut(&key) {
                entry.pending = entry.pending.saturating_sub(1);
            }
        }
        if let Some(now) = self.failed_at {
            self.throttle.record_failure(entries, &self.keys, now);
        }
        for key in [self.keys.subject_at_source, self.keys.subject_in_network, self.keys.source] {
            if entries.get(&key).is_some_and(ThrottleEntry::is_blank) {
                entries.remove(&key);
            }
        }
        self.throttle.has_entries.store(!entries.is_empty(), Ordering::Relaxed);
    }
}

/// The seconds that a try has to wait, if it has to. A wait longer than the longest possible one means that the clock
/// was set back: it is ignored.
fn seconds_to_wait(entries: &HashMap<ThrottleKey, ThrottleEntry>, keys: &ThrottleKeys, now: Time) -> Option<i64> {
    let waits =
        [keys.subject_at_source, keys.subject_in_network, keys.source].into_iter().filter_map(|key| entries.get(&key));
    let waits = waits.filter(|entry| entry.until > now).map(|entry| entry.until.since(now));
    waits.filter(|wait| *wait <= MAX_WAIT).map(|wait| wait.as_secs() + 1).max()
}

impl ThrottleEntry {
    /// An entry expires after a quarter of an hour without a failure.
    fn is_expired(&self, now: Time) -> bool {
        self.pending == 0 && now.since(self.until) > MAX_WAIT
    }

    /// Whether the entry holds nothing.
    fn is_blank(&self) -> bool {
        self.failures == 0 && self.pending == 0
    }

    /// Whether one more try may be pending: as many as there are free failures left, and always one.
    fn can_begin(&self, most: u32) -> bool {
        self.pending < most.saturating_sub(self.failures).max(1)
    }
}

/// The entry of a name; it is inserted where there is none.
fn entry_or_insert(
    entries: &mut HashMap<ThrottleKey, ThrottleEntry>,
    key: ThrottleKey,
    now: Time,
) -> &mut ThrottleEntry {
    if entries.len() >= MAX_ENTRIES && !entries.contains_key(&key) {
        evict_entries(entries);
    }
    entries.entry(key).or_insert(ThrottleEntry { failures: 0, pending: 0, until: now })
}

/// Adds a failure. `free` failures have no wait, and others wait at most the given time. Returns the number of
/// failures.
fn add_failure(
    entries: &mut HashMap<ThrottleKey, ThrottleEntry>,
    key: ThrottleKey,
    free: u32,
    longest: Span,
    now: Time,
) -> u32 {
    let entry = entry_or_insert(entries, key, now);
    entry.failures = if now.since(entry.until) > MAX_WAIT { 1 } else { entry.failures.saturating_add(1) };
    entry.until = match entry.failures.checked_sub(free) {
        Some(over @ 1..) => now + Span::from_secs(1 << over.min(10)).min(longest),
        _ => now,
    };
    entry.failures
}

/// Removes a quarter of all entries, those whose wait ends first.
fn evict_entries(entries: &mut HashMap<ThrottleKey, ThrottleEntry>) {
    let mut ends: Vec<Time> = entries.values().map(|entry| entry.until).collect();
    let (_, &mut last, _) = ends.select_nth_unstable(MAX_ENTRIES / 4);
    // Of entries that end at the same time, as while a clock is frozen, any are removed.
    let mut left = MAX_ENTRIES / 4;
    entries.retain(|_, entry| {
        let goes = entry.until < last || entry.until == last && left > 0;
        left -= usize::from(goes && left > 0);
        !goes
    });
}

#[cfg(test)]
#[path = "throttle_tests.rs"]
mod tests;
