//! Time and randomness of the tests.

use opendrs_domain::time::Time;
use opendrs_service::clock::Clock;
use opendrs_service::random::RandomSource;
use sha2::{Digest, Sha256};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

/// The time at which every test begins: 2018-03-02T07:00:00Z.
pub const START_SECONDS: i64 = 1_519_974_000;

/// A clock that stands still. Tests move the server's test clock, which runs ahead of it.
pub struct FixedClock;

impl Clock for FixedClock {
    fn now(&self) -> Time {
        Time::from_secs(START_SECONDS)
    }
}

/// A clock that a test sets forward or back, as a machine's clock can be set.
pub struct SettableClock(AtomicI64);

impl Default for SettableClock {
    fn default() -> Self {
        Self(AtomicI64::new(START_SECONDS))
    }
}

impl SettableClock {
    /// Moves the clock by a number of seconds, which may be negative.
    pub fn move_by(&self, secs: i64) {
        self.0.fetch_add(secs, Ordering::Relaxed);
    }
}

impl Clock for SettableClock {
    fn now(&self) -> Time {
        Time::from_secs(self.0.load(Ordering::Relaxed))
    }
}

/// The seed from the environment, or a fixed one.
pub fn test_seed() -> u64 {
    std::env::var("OPENDRS_TEST_SEED").map_or(1, |text| text.parse().expect("OPENDRS_TEST_SEED"))
}

/// Random bytes from a seed: SHA-256 of seed and counter. A failing test prints its seed.
pub struct SeededTestRandom {
    seed: u64,
    count: AtomicU64,
}

impl SeededTestRandom {
    /// The random bytes for the server with this number on a store, from the seed of the environment or a fixed one.
    pub fn for_start(start: u64) -> Self {
        Self { seed: test_seed(), count: AtomicU64::new(start << 40) }
    }
}

impl RandomSource for SeededTestRandom {
    fn fill(&self, bytes: &mut [u8]) {
        for part in bytes.chunks_mut(32) {
            let count = self.count.fetch_add(1, Ordering::Relaxed);
            let block =
                Sha256::new().chain_update(self.seed.to_be_bytes()).chain_update(count.to_be_bytes()).finalize();
            part.copy_from_slice(&block[..part.len()]);
        }
    }
}

impl Drop for SeededTestRandom {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("randomness: run again with OPENDRS_TEST_SEED={}", self.seed);
        }
    }
}
