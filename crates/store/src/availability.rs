//! Whether the store takes calls, as its writer and its readers observe it.
//!
//! What it is: one log line when the store becomes unavailable and one when it recovers, however many calls fail in
//! between. It also keeps the generation of connections that may be used. What it is not: it decides nothing for a
//! call. Invariant: while the store is available, recording a success costs one atomic load.

use crate::{Error, Result};
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

/// The side that observed a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StoreSide {
    /// The writer.
    Write = 1,
    /// A reader.
    Read = 2,
}

/// Whether the store takes calls. Every read loads it, so it shares no cache line with the counters of batches.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(crate) struct StoreAvailability {
    /// The sides that found the store unavailable, as bits.
    unavailable_sides: AtomicU8,
    generation: AtomicU64,
}

impl StoreAvailability {
    /// Records how a command, a read or an attempt to connect ended.
    pub(crate) fn record<T>(&self, side: StoreSide, result: &Result<T>) {
        match result {
            Err(error) if error.is_outage() => {
                if self.unavailable_sides.fetch_or(side as u8, Ordering::Relaxed) == 0 {
                    tracing::warn!(why = %error, "the store is unavailable: calls are refused until it answers again");
                }
            }
            // Another error proves nothing: a statement can be wrong before it reaches the engine.
            Err(_) => {}
            Ok(_) if self.unavailable_sides.load(Ordering::Relaxed) == 0 => {}
            Ok(_) => {
                if self.unavailable_sides.fetch_and(!(side as u8), Ordering::Relaxed) == side as u8 {
                    tracing::info!("the store is available again");
                }
            }
        }
    }

    /// Whether the last write of a row failed because the store is unavailable.
    pub(crate) fn refuses_writes(&self) -> bool {
        self.unavailable_sides.load(Ordering::Relaxed) & StoreSide::Write as u8 != 0
    }

    /// The generation of a connection that is opened now.
    pub(crate) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Relaxed)
    }

    /// Whether connections of this generation may no longer be used.
    pub(crate) fn is_retired(&self, generation: u64) -> bool {
        self.generation() != generation
    }

    /// Retires a generation of connections: their server takes no writes, so what it returns may be stale.
    pub(crate) fn retire(&self, generation: u64) {
        let next = generation.wrapping_add(1);
        // Another connection of the generation may have retired it already.
        let _ = self.generation.compare_exchange(generation, next, Ordering::Relaxed, Ordering::Relaxed);
    }
}

/// The error that callers see: a lost connection becomes [`Error::Unavailable`].
pub(crate) fn hide_connection_loss(error: Error) -> Error {
    match error {
        Error::ConnectionLost { why, .. } => Error::Unavailable(why),
        error => error,
    }
}
