//! Randomness, and new ids and secrets.
//!
//! Invariant: no other code reads random bytes from the system. Ids of rows are time-ordered (UUID version 7) and rise
//! strictly within a process, so tables grow at their end and events keep their order.

use opendrs_domain::time::Time;
use sha2::{Digest, Sha256};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use uuid::Uuid;

/// A source of random bytes.
pub trait RandomSource: Send + Sync {
    /// Fills the buffer.
    fn fill(&self, bytes: &mut [u8]);

    /// A separate source for ephemeral values, whose use does not change the next bytes of this one. `None` if this one
    /// can serve for them.
    fn fork(&self) -> Option<Arc<dyn RandomSource>> {
        None
    }
}

/// The system's source of randomness.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRandom;

impl RandomSource for SystemRandom {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the system")]
    fn fill(&self, bytes: &mut [u8]) {
        // The system call never fails on a supported system after boot. Continuing without randomness would be worse
        // than stopping.
        if getrandom::fill(bytes).is_err() {
            std::process::abort();
        }
    }
}

/// A deterministic source: the same number gives the same bytes. It is for tests only, because the number reveals every
/// secret.
#[derive(Debug)]
pub struct SeededRandom {
    seed: [u8; 32],
    count: AtomicU64,
}

impl SeededRandom {
    /// The source of a number, for the start with the ordinal `start`: a store that is opened again gets other ids than
    /// before.
    #[must_use]
    pub fn new(number: u64, start: u64) -> Self {
        let seed = Sha256::new().chain_update(number.to_be_bytes()).chain_update(start.to_be_bytes()).finalize();
        Self { seed: seed.into(), count: AtomicU64::new(0) }
    }
}

impl RandomSource for SeededRandom {
    fn fill(&self, bytes: &mut [u8]) {
        for part in bytes.chunks_mut(32) {
            let count = self.count.fetch_add(1, Ordering::Relaxed);
            let block = Sha256::new().chain_update(self.seed).chain_update(count.to_be_bytes()).finalize();
            part.copy_from_slice(&block[..part.len()]);
        }
    }

    fn fork(&self) -> Option<Arc<dyn RandomSource>> {
        let seed = Sha256::new().chain_update(self.seed).chain_update(b"beside").finalize();
        Some(Arc::new(Self { seed: seed.into(), count: AtomicU64::new(0) }))
    }
}

/// How many random bytes are read together: a system call for each id would take a large part of a call's time.
const POOL_LEN: usize = 4096;

/// A pool of random bytes. Used bytes are wiped.
struct RandomPool {
    bytes: Box<[u8; POOL_LEN]>,
    used: usize,
}

/// The generator of ids and secrets.
pub struct IdGenerator {
    source: Arc<dyn RandomSource>,
    pool: Mutex<RandomPool>,
    last_ordered: Mutex<(u64, u32)>,
}

/// The range of the counter within one millisecond: 30 bits.
const COUNTER_RANGE: u32 = 1 << 30;

impl IdGenerator {
    pub(crate) fn new(random: Arc<dyn RandomSource>) -> Self {
        let pool = RandomPool { bytes: Box::new([0; POOL_LEN]), used: POOL_LEN };
        Self { source: random, pool: Mutex::new(pool), last_ordered: Mutex::new((0, 0)) }
    }

    /// Random bytes.
    #[must_use]
    pub fn random_bytes<const N: usize>(&self) -> [u8; N] {
        let mut out = [0; N];
        if N > POOL_LEN {
            self.source.fill(&mut out);
            return out;
        }
        let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        if pool.used + N > POOL_LEN {
            self.source.fill(&mut *pool.bytes);
            pool.used = 0;
        }
        let from = pool.used;
        let given = &mut pool.bytes[from..from + N];
        out.copy_from_slice(given);
        given.fill(0);
        pool.used += N;
        out
    }

    /// A random UUID (version 4).
    #[must_use]
    pub fn random_uuid(&self) -> Uuid {
        uuid::Builder::from_random_bytes(self.random_bytes()).into_uuid()
    }

    /// A UUID (version 7) that is greater than every one made before.
    #[must_use]
    pub fn ordered_uuid(&self, now: Time) -> Uuid {
        let millis = u64::try_from(now.as_micros() / 1000).unwrap_or_default();
        let (millis, count) = {
            let mut last = self.last_ordered.lock().unwrap_or_else(PoisonError::into_inner);
            *last = match *last {
                (at, _) if millis > at => (millis, 0),
                (at, count) if count + 1 < COUNTER_RANGE => (at, count + 1),
                (at, _) => (at + 1, 0),
            };
            *last
        };
        let tail: [u8; 6] = self.random_bytes();
        let mut bytes = [0_u8; 16];
        bytes[..6].copy_from_slice(&millis.to_be_bytes()[2..]);
        bytes[6..8].copy_from_slice(&u16::try_from(count >> 18).unwrap_or_default().to_be_bytes());
        bytes[8..].copy_from_slice(&((u64::from(count & 0x3_ffff) << 44).to_be_bytes()));
        for (byte, random) in bytes[10..].iter_mut().zip(tail) {
            *byte ^= random;
        }
        // The six random bytes include the byte with the counter's lowest four bits: those are kept.
        bytes[10] = (bytes[10] & 0x0f) | (u8::try_from((count & 0xf) << 4).unwrap_or_default());
        bytes[6] |= 0x70;
        bytes[8] |= 0x80;
        Uuid::from_bytes(bytes)
    }

    /// A secret of 256 bits, as 64 hex digits.
    #[must_use]
    pub fn random_secret(&self) -> String {
        self.random_bytes::<32>().iter().map(|b| format!("{b:02x}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_makes_the_same_bytes_again_whatever_is_drawn_beside_them() {
        let drawn = |number, start, beside: usize| {
            let random = SeededRandom::new(number, start);
            let other = random.fork().unwrap();
            (0..beside).for_each(|_| other.fill(&mut [0; 40]));
            let mut bytes = [0; 100];
            random.fill(&mut bytes);
            bytes
        };
        assert_eq!(drawn(7, 0, 0), drawn(7, 0, 5));
        assert!(drawn(7, 0, 0) != drawn(8, 0, 0) && drawn(7, 0, 0) != drawn(7, 1, 0));
    }

    #[test]
    fn identifiers_rise_even_when_time_stands_still_or_goes_back() {
        let ids = IdGenerator::new(Arc::new(SystemRandom));
        let now = Time::from_secs(1_520_000_000);
        let mut all: Vec<_> = (0..2000).map(|_| ids.ordered_uuid(now)).collect();
        all.push(ids.ordered_uuid(Time::from_secs(1)));
        all.push(ids.ordered_uuid(Time::from_secs(1_520_000_001)));
        assert!(all.is_sorted() && all.windows(2).all(|w| w[0] != w[1]));
        assert!(all.iter().all(|id| id.get_version_num() == 7));
    }
}
