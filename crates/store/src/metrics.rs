//! Metrics of the store.
//!
//! What it is: counters that are increased without a lock and read for monitoring. What it is not: a measurement of
//! single calls. Invariant: counting costs a few additions for each batch, none for each command.

use crate::availability::StoreAvailability;
use std::sync::atomic::{AtomicU64, Ordering};

/// A histogram: how many values were at most how large. Values above the last bound are counted as well.
#[derive(Debug)]
pub struct Histogram<const N: usize> {
    bounds: &'static [u64; N],
    counts: [AtomicU64; N],
    above_bounds: AtomicU64,
    sum: AtomicU64,
}

/// A histogram at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistogramSnapshot {
    /// Each bound, with the number of values up to it.
    pub cumulative: Vec<(u64, u64)>,
    /// The number of values.
    pub count: u64,
    /// The sum of the values.
    pub sum: u64,
}

impl<const N: usize> Histogram<N> {
    /// An empty histogram.
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

    /// The counts so far, summed over histograms with the same bounds.
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

    /// The counts so far.
    pub fn snapshot(&self) -> HistogramSnapshot {
        Self::merged(std::iter::once(self))
    }
}

const BATCH_SIZE_BOUNDS: [u64; 10] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];
const BATCH_MICROS_BOUNDS: [u64; 12] =
    [100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 500_000, 2_500_000];

/// The counters of writers and readers.
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

/// The timer of a batch that is running.
pub(crate) struct BatchTimer<'m> {
    counters: &'m StoreCounters,
    commands: u64,
    started: std::time::Instant,
}

impl StoreCounters {
    #[expect(clippy::disallowed_methods, reason = "how long a batch took is only reported")]
    pub(crate) fn start_batch(&self, commands: usize) -> BatchTimer<'_> {
        BatchTimer { counters: self, commands: commands as u64, started: std::time::Instant::now() }
    }
}

impl BatchTimer<'_> {
    /// Records a batch that was committed, or that has to be run again command by command.
    pub(crate) fn finish(self, committed: bool) {
        self.counters.batch_sizes.add(self.commands);
        self.counters.batch_micros.add(u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX));
        self.counters.batches_redone.fetch_add(u64::from(!committed), Ordering::Relaxed);
    }
}

pub(crate) fn increment(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// The metrics of a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreMetrics {
    /// Commands in each batch of the writer.
    pub batches: HistogramSnapshot,
    /// The duration of each batch in microseconds, its commit included.
    pub batch_micros: HistogramSnapshot,
    /// Batches that failed, after which their commands were run one by one.
    pub batches_redone: u64,
    /// Messages that wait for the writer now. One message holds the commands of one turn of a serving thread.
    pub queued: u64,
    /// Reads that had to wait for a connection (SQLite).
    pub reader_waits: u64,
    /// Connections opened (PostgreSQL). More than at the start means that some were lost.
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
