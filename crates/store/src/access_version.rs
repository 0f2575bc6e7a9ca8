//! The version of all access restrictions, and its cache for one transaction.
//!
//! Not here: reading and setting the version ([`crate::access`]). Invariant: a cache lives no longer than the
//! transaction that filled it. The command that sets another version clears it.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

/// A version of all access restrictions. It is random, so that no version repeats when an earlier state of a store is
/// restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccessVersion(pub i64);

/// The version, which a SQLite transaction reads once for all its commands. No other process can change it before the
/// commit. On PostgreSQL each statement compares the version itself.
#[derive(Default)]
pub(crate) struct AccessVersionCache {
    is_loaded: AtomicBool,
    version: AtomicI64,
}

impl AccessVersionCache {
    /// The version, if a command of this transaction has read it.
    pub(crate) fn get(&self) -> Option<AccessVersion> {
        self.is_loaded.load(Ordering::Relaxed).then(|| AccessVersion(self.version.load(Ordering::Relaxed)))
    }

    /// Keeps the version for the other commands of this transaction.
    pub(crate) fn set(&self, version: AccessVersion) {
        self.version.store(version.0, Ordering::Relaxed);
        self.is_loaded.store(true, Ordering::Relaxed);
    }

    /// Clears the cache, because a command of this transaction changed the version.
    pub(crate) fn invalidate(&self) {
        self.is_loaded.store(false, Ordering::Relaxed);
    }
}
