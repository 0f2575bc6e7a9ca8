//! Whether the store takes calls, as its writer and its readers find out.
//!
//! What it is: one line in the log when it begins not to, and one when it does again, however many calls are refused
//! meanwhile; and the generation of connections that may be used. What it is not: it decides nothing for a call.
//! Invariant: as long as all is well, noting so costs one load.

use crate::{Error, Result};
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

/// Who found out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StoreSide {
    /// The writer.
    Write = 1,
    /// A reader.
    Read = 2,
}

/// Whether the store takes calls. Every read looks at it, so it shares no cache line with what every batch counts.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(crate) struct StoreAvailability {
    /// The sides that found that it does not, as bits.
    unavailable_sides: AtomicU8,
    generation: AtomicU64,
}

impl StoreAvailability {
    /// Notes how a command, a read or an attempt to connect ended.
    pub(crate) fn record<T>(&self, side: StoreSide, result: &Result<T>) {
        match result {
            Err(error) if error.is_outage() => {
                if self.unavailable_sides.fetch_or(side as u8, Ordering::Relaxed) == 0 {
                    tracing::warn!(why = %error, "the store takes no calls: they are refused until it does again");
                }
            }
            // Another error says nothing: a statement can be wrong before it reaches the engine.
            Err(_) => {}
            Ok(_) if self.unavailable_sides.load(Ordering::Relaxed) == 0 => {}
            Ok(_) => {
                if self.unavailable_sides.fetch_and(!(side as u8), Ordering::Relaxed) == side as u8 {
                    tracing::info!("the store takes calls again");
                }
            }
        }
    }

    /// The generation of a connection that is made now.
    pub(crate) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Relaxed)
    }

    /// Whether connections of this generation may not be used any more.
    pub(crate) fn is_retired(&self, generation: u64) -> bool {
        self.generation() != generation
    }

    /// The server at which connections of this generation end takes no writes, so what it is read is old: none of them
    /// may be used any more.
    pub(crate) fn retire(&self, generation: u64) {
        let next = generation.wrapping_add(1);
        // Another connection of the generation may have said so before.
        let _ = self.generation.compare_exchange(generation, next, Ordering::Relaxed, Ordering::Relaxed);
    }
}

/// What an error is to those outside: the connection that it was on does not concern them.
pub(crate) fn hide_connection_loss(error: Error) -> Error {
    match error {
        Error::ConnectionLost { why, .. } => Error::Unavailable(why),
        error => error,
    }
}
