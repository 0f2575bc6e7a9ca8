//! Time and randomness of the tests.

use opendrs_domain::time::Time;
use opendrs_service::clock::Clock;
use opendrs_service::random::Random;
use sha2::{Digest, Sha256};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

/// When every test begins: 2018-03-02T07:00:00Z.
pub const BEGINNING: i64 = 1_519_974_000;

/// A clock that stands still; the server's test clock, which runs ahead of it, is what tests move.
pub struct Standing;

impl Clock for Standing {
    fn now(&self) -> Time {
        Time::from_secs(BEGINNING)
    }
}

/// A clock that a test sets, forward or back, as a machine's clock may be set.
pub struct Settable(AtomicI64);

impl Default for Settable {
    fn default() -> Self {
        Self(AtomicI64::new(BEGINNING))
    }
}

impl Settable {
    /// Moves the clock by so many seconds, which may be negative.
    pub fn move_by(&self, secs: i64) {
        self.0.fetch_add(secs, Ordering::Relaxed);
    }
}

impl Clock for Settable {
    fn now(&self) -> Time {
        Time::from_secs(self.0.load(Ordering::Relaxed))
    }
}

/// The seed of the environment, or always the same one.
pub fn test_seed() -> u64 {
    std::env::var("OPENDRS_TEST_SEED").map_or(1, |text| text.parse().expect("OPENDRS_TEST_SEED"))
}

/// Random bytes of a seed: SHA-256 of seed and counter. A failing test prints its seed.
pub struct Seeded {
    seed: u64,
    count: AtomicU64,
}

impl Seeded {
    /// The seed of the environment, or always the same one, for the so many-th server on a store.
    pub fn at_start(start: u64) -> Self {
        Self { seed: test_seed(), count: AtomicU64::new(start << 40) }
    }
}

impl Random for Seeded {
    fn fill(&self, bytes: &mut [u8]) {
        for part in bytes.chunks_mut(32) {
            let count = self.count.fetch_add(1, Ordering::Relaxed);
            let block =
                Sha256::new().chain_update(self.seed.to_be_bytes()).chain_update(count.to_be_bytes()).finalize();
            part.copy_from_slice(&block[..part.len()]);
        }
    }
}

impl Drop for Seeded {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("randomness: run again with OPENDRS_TEST_SEED={}", self.seed);
        }
    }
}
