//! Numbers that tell how the store is doing.
//!
//! What it is: counters that are added to without a lock, and read by whoever watches. What it is not: a way to measure
//! single calls. Invariant: counting costs a few additions a batch, none a command.

use crate::availability::StoreAvailability;
use std::sync::atomic::{AtomicU64, Ordering};

/// How many values were at most how large; what is larger than the last bound is counted as well.
#[derive(Debug)]
pub struct Histogram<const N: usize> {
    bounds: &'static [u64; N],
    counts: [AtomicU64; N],
    above_bounds: AtomicU64,
    sum: AtomicU64,
}

/// A histogram as it was at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistogramSnapshot {
    /// Each bound, with the number of values up to it.
    pub cumulative: Vec<(u64, u64)>,
    /// How many values there were.
    pub count: u64,
    /// Their sum.
    pub sum: u64,
}

impl<const N: usize> Histogram<N> {
    /// One that has counted nothing.
    #[must_use]
    pub fn new(bounds: &'static [u64; N]) -> Self {
        let counts = std::array::from_fn(|_| AtomicU64::new(0));
        Self { bounds, counts, above_bounds: AtomicU64::new(0), sum: AtomicU64::new(0) }
    }

    /// Counts a value.
    pub fn add(&self, value: u64) {
        let at = self.bounds.iter().position(|bound| value <= *bound);
        at.map_or(&self.above_bounds, |at| &self.counts[at]).fetch_add(1, Ordering::Relaxed);
        self.sum.fetch_add(value, Ordering::Relaxed);
    }

    /// What it has counted so far, with what others of the same bounds have.
    pub fn merged<'h>(all: impl Iterator<Item = &'h Self>) -> HistogramSnapshot {
        let mut counted = HistogramSnapshot { cumulative: Vec::new(), count: 0, sum: 0 };
        let mut each = [0; N];
        for one in all {
            counted.cumulative = one.bounds.iter().map(|bound| (*bound, 0)).collect();
            for (sum, count) in each.iter_mut().zip(&one.counts) {
                *sum += count.load(Ordering::Relaxed);
            }
            counted.count += one.above_bounds.load(Ordering::Relaxed);
            counted.sum += one.sum.load(Ordering::Relaxed);
        }
        let mut so_far = 0;
        for (place, count) in counted.cumulative.iter_mut().zip(each) {
            so_far += count;
            place.1 = so_far;
        }
        counted.count += so_far;
        counted
    }

    /// What it has counted so far.
    pub fn snapshot(&self) -> HistogramSnapshot {
        Self::merged(std::iter::once(self))
    }
}

const BATCH_SIZE_BOUNDS: [u64; 10] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];
const BATCH_MICROS_BOUNDS: [u64; 12] =
    [100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 500_000, 2_500_000];

/// What writers and readers count.
#[derive(Debug)]
pub(crate) struct StoreCounters {
    pub(crate) batch_sizes: Histogram<10>,
    pub(crate) batch_micros: Histogram<12>,
    pub(crate) batches_redone: AtomicU64,
    pub(crate) reader_waits: AtomicU64,
    pub(crate) connects: AtomicU64,
    pub(crate) availability: StoreAvailability,
}

impl Default for StoreCounters {
    fn default() -> Self {
        let zero = || AtomicU64::new(0);
        let (sizes, micros) = (Histogram::new(&BATCH_SIZE_BOUNDS), Histogram::new(&BATCH_MICROS_BOUNDS));
        Self {
            batch_sizes: sizes,
            batch_micros: micros,
            batches_redone: zero(),
            reader_waits: zero(),
            connects: zero(),
            availability: StoreAvailability::default(),
        }
    }
}

/// A batch under way.
pub(crate) struct BatchTimer<'m> {
    counters: &'m StoreCounters,
    commands: u64,
    started: std::time::Instant,
}

impl StoreCounters {
    #[expect(clippy::disallowed_methods, reason = "how long a batch took is told, nothing is decided by it")]
    pub(crate) fn start_batch(&self, commands: usize) -> BatchTimer<'_> {
        BatchTimer { counters: self, commands: commands as u64, started: std::time::Instant::now() }
    }
}

impl BatchTimer<'_> {
    /// It was committed, or has to be run again command by command.
    pub(crate) fn finish(self, committed: bool) {
        self.counters.batch_sizes.add(self.commands);
        self.counters.batch_micros.add(u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX));
        self.counters.batches_redone.fetch_add(u64::from(!committed), Ordering::Relaxed);
    }
}

pub(crate) fn increment(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// How the store is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreMetrics {
    /// Commands in each batch that the writers ran.
    pub batches: HistogramSnapshot,
    /// Microseconds each took, its commit included.
    pub batch_micros: HistogramSnapshot,
    /// Batches that failed, after which their commands were run one by one.
    pub batches_redone: u64,
    /// Messages that wait for a writer now; one holds the commands of a turn of a serving thread.
    pub queued: u64,
    /// Reads that had to wait for a connection (SQLite).
    pub reader_waits: u64,
    /// Connections made (PostgreSQL): more than at the start means that some were lost.
    pub connects: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_counted_up_to_each_bound() {
        let histogram = Histogram::new(&[1, 10]);
        [0, 1, 2, 10, 11, 99].into_iter().for_each(|value| histogram.add(value));
        assert_eq!(histogram.snapshot(), HistogramSnapshot { cumulative: vec![(1, 2), (10, 4)], count: 6, sum: 123 });
        let both = Histogram::merged([&histogram, &histogram].into_iter());
        assert_eq!(both, HistogramSnapshot { cumulative: vec![(1, 4), (10, 8)], count: 12, sum: 246 });
    }
}
