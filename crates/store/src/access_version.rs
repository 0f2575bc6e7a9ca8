//! The version of all that decides which tokens are refused, and one transaction's memory of it.
//!
//! Not here: reading and setting it ([`crate::access`]). Invariant: a memory lives no longer than the transaction that
//! filled it, and is cleared by the command that sets another version.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

/// A version of all that decides which tokens are refused. Random, so that none comes back when an earlier state of a store
/// is restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccessVersion(pub i64);

/// The version as a transaction of SQLite reads it once for all its commands: no other process can change it before the
/// commit. PostgreSQL asks in the statement itself.
#[derive(Default)]
pub(crate) struct AccessVersionCache {
    is_loaded: AtomicBool,
    version: AtomicI64,
}

impl AccessVersionCache {
    /// The version, if a command of this transaction read it.
    pub(crate) fn get(&self) -> Option<AccessVersion> {
        self.is_loaded.load(Ordering::Relaxed).then(|| AccessVersion(self.version.load(Ordering::Relaxed)))
    }

    /// Keeps the version for the other commands of this transaction.
    pub(crate) fn set(&self, version: AccessVersion) {
        self.version.store(version.0, Ordering::Relaxed);
        self.is_loaded.store(true, Ordering::Relaxed);
    }

    /// A command of this transaction changed the version.
    pub(crate) fn invalidate(&self) {
        self.is_loaded.store(false, Ordering::Relaxed);
    }
}
