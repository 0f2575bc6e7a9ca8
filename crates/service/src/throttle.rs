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
const FREE_FAILURES: u32 = 5;
/// After how many failures at one name, from wherever they came, none is free any more; and how many are free to a network.
const MANY_FAILURES: u32 = 20;
/// The longest wait.
const MAX_WAIT: Span = Span::from_mins(15);
/// The longest wait for what others of a network did.
const MAX_NETWORK_WAIT: Span = Span::from_mins(1);
/// Tries at once of a source that has not failed yet: a network of many people may share one address.
const MAX_CONCURRENT_TRIES: u32 = 20;
/// Seconds to wait for one's own earlier tries to end.
const PENDING_WAIT_SECS: i64 = 1;
/// How many names are remembered at most.
const MAX_ENTRIES: usize = 20_000;

/// A name, whatever its length.
type ThrottleKey = [u8; 16];

#[derive(Clone, Copy)]
struct ThrottleEntry {
    failures: u32,
    /// Tries whose outcome is not known yet.
    pending: u32,
    until: Time,
}

#[derive(Default)]
struct ThrottleTable {
    entries: HashMap<ThrottleKey, ThrottleEntry>,
    /// When those that are over were last looked for.
    swept_at: Option<Time>,
}

/// Failures by name: an account, a source, or one at the other.
pub(crate) struct GuessThrottle {
    /// Whether a source waits for what it failed at whatever names; not where many good callers share one.
    by_source: bool,
    table: Mutex<ThrottleTable>,
    /// Whether there are any, for those who ask often and would rather not wait for the lock.
    has_entries: AtomicBool,
}

/// What is tried, and from where.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CredentialAttempt<'a> {
    /// An account's address, or a client's id.
    pub(crate) subject: &'a str,
    /// Where the request came from: an address, or for version 6 the network of one.
    pub(crate) source: &'a str,
}

/// What failures are counted by.
struct ThrottleKeys {
    /// This at this source.
    subject_at_source: ThrottleKey,
    /// This at all sources of a network that one may have whole.
    subject_in_network: ThrottleKey,
    /// This from wherever.
    subject: ThrottleKey,
    /// Whatever at this source.
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

/// The network around a source, as providers give them out: 256 addresses of version 4, and of version 6 what begins with
/// the same 48 bits.
fn network_of(source: &str) -> String {
    let bare = source.split('/').next().unwrap_or_default();
    match bare.parse() {
        Ok(IpAddr::V4(address)) => format!("around {:?}", &address.octets()[..3]),
        Ok(IpAddr::V6(address)) => format!("around {:?}", &address.segments()[..3]),
        Err(_) => format!("around {bare}"),
    }
}

impl GuessThrottle {
    /// For whatever people try.
    pub(crate) fn for_people() -> Self {
        Self { by_source: true, table: Mutex::default(), has_entries: AtomicBool::new(false) }
    }

    /// For what programs try, of which a server of a maker's runs many.
    pub(crate) fn for_programs() -> Self {
        Self { by_source: false, ..Self::for_people() }
    }

    /// Whether nobody failed of late.
    pub(crate) fn is_empty(&self) -> bool {
        !self.has_entries.load(Ordering::Relaxed)
    }

    fn table(&self) -> MutexGuard<'_, ThrottleTable> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a try whose outcome takes work to find out. It counts as a failure until it is known to be none.
    ///
    /// # Errors
    /// How many seconds to wait before the next try.
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

    /// A try whose outcome is found out at once: nothing is awaited between the brake and the proof.
    ///
    /// # Errors
    /// How many seconds to wait before the next try; the proof then counts for nothing, right or wrong.
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

    /// Counts a wrong proof, unless others of its kind were counted meanwhile and it has to wait.
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

    /// Counts a failure. While one name is guessed at from many sources, none of them has free failures.
    fn record_failure(&self, entries: &mut HashMap<ThrottleKey, ThrottleEntry>, keys: &ThrottleKeys, now: Time) {
        let others = add_failure(entries, keys.subject, (u32::MAX, MAX_WAIT), now);
        add_failure(
            entries,
            keys.subject_at_source,
            (if others > MANY_FAILURES { 0 } else { FREE_FAILURES }, MAX_WAIT),
            now,
        );
        add_failure(entries, keys.subject_in_network, (MANY_FAILURES, MAX_NETWORK_WAIT), now);
        if self.by_source {
            add_failure(entries, keys.source, (FREE_FAILURES, MAX_WAIT), now);
        }
        self.has_entries.store(true, Ordering::Relaxed);
    }

    /// A success: what this name did at this source is forgiven, and once a minute whatever is long over.
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

/// A try under way. Dropped without a verdict it was none: the work was not done.
pub(crate) struct PendingAttempt<'t> {
    throttle: &'t GuessThrottle,
    keys: ThrottleKeys,
    /// When it failed, if it did.
    failed_at: Option<Time>,
}

impl PendingAttempt<'_> {
    /// The guess was wrong.
    pub(crate) fn mark_failed(mut self, now: Time) {
        self.failed_at = Some(now);
    }

    /// It was right.
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

/// How many seconds one has to wait who tries, if they have to. A wait longer than any that is ever counted is one of a clock
/// that was set back since: nobody waits for it.
fn seconds_to_wait(entries: &HashMap<ThrottleKey, ThrottleEntry>, keys: &ThrottleKeys, now: Time) -> Option<i64> {
    let waits =
        [keys.subject_at_source, keys.subject_in_network, keys.source].into_iter().filter_map(|key| entries.get(&key));
    let waits = waits.filter(|entry| entry.until > now).map(|entry| entry.until.since(now));
    waits.filter(|wait| *wait <= MAX_WAIT).map(|wait| wait.as_secs() + 1).max()
}

impl ThrottleEntry {
    /// A quarter of an hour without a failure is a fresh start.
    fn is_expired(&self, now: Time) -> bool {
        self.pending == 0 && now.since(self.until) > MAX_WAIT
    }

    /// Nothing is known of it.
    fn is_blank(&self) -> bool {
        self.failures == 0 && self.pending == 0
    }

    /// Whether one more try may be under way: as many as there are free failures left, and always one.
    fn can_begin(&self, most: u32) -> bool {
        self.pending < most.saturating_sub(self.failures).max(1)
    }
}

/// The entry of a name, made where there is none.
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

/// One more failure, of which some are free, and the longest wait for the others; how many there are now.
fn add_failure(
    entries: &mut HashMap<ThrottleKey, ThrottleEntry>,
    key: ThrottleKey,
    (free, longest): (u32, Span),
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

/// Forgets a quarter of all, and those of the rest that are no different from the last of it.
fn evict_entries(entries: &mut HashMap<ThrottleKey, ThrottleEntry>) {
    let mut ends: Vec<Time> = entries.values().map(|entry| entry.until).collect();
    let (_, &mut last, _) = ends.select_nth_unstable(MAX_ENTRIES / 4);
    // Of those that end at one moment, as when time stands still, any are forgotten.
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
