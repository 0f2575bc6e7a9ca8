//! The counters of what a node sends: messages to receivers, mails, calls to back ends.
//!
//! What it is: counters that are increased without a lock after each attempt. What it is not: the backlog
//! ([`crate::backlog`]), nor a log. Invariant: a label is one of a few constants in the code. No text of a device, a
//! customer or a receiver becomes a label.

use opendrs_store::metrics::{Histogram, HistogramSnapshot};
use std::sync::atomic::{AtomicU64, Ordering};

/// The upper bounds of the histogram buckets, in microseconds.
const DURATION_BUCKETS: [u64; 11] =
    [5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 15_000_000];

/// The attempts at one kind of work: counts by outcome, and durations.
#[derive(Debug)]
pub struct AttemptMetrics {
    /// The kind of work.
    pub kind: &'static str,
    outcomes: &'static [&'static str],
    counts: Vec<AtomicU64>,
    durations: Histogram<11>,
}

impl AttemptMetrics {
    fn new(kind: &'static str, outcomes: &'static [&'static str]) -> Self {
        let counts = outcomes.iter().map(|_| AtomicU64::new(0)).collect();
        Self { kind, outcomes, counts, durations: Histogram::new(&DURATION_BUCKETS) }
    }

    /// Records an attempt with its outcome and its duration in microseconds.
    fn record(&self, outcome: &str, micros: i64) {
        if let Some(at) = self.outcomes.iter().position(|known| *known == outcome) {
            self.counts[at].fetch_add(1, Ordering::Relaxed);
            self.durations.add(u64::try_from(micros).unwrap_or_default());
        }
    }

    /// Every outcome with its count.
    pub fn outcomes(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.outcomes.iter().zip(&self.counts).map(|(outcome, count)| (*outcome, count.load(Ordering::Relaxed)))
    }

    /// The durations, in microseconds.
    pub fn durations(&self) -> HistogramSnapshot {
        self.durations.snapshot()
    }
}

/// All counters.
#[derive(Debug)]
pub struct DeliveryMetrics {
    /// Messages to receivers, by the kind of endpoint.
    pub deliveries: Vec<AttemptMetrics>,
    /// Mails.
    pub mails: Vec<AttemptMetrics>,
    /// Calls to back ends, by purpose.
    pub calls: Vec<AttemptMetrics>,
}

impl Default for DeliveryMetrics {
    fn default() -> Self {
        let all =
            |kinds: &[&'static str], outcomes| kinds.iter().map(|kind| AttemptMetrics::new(kind, outcomes)).collect();
        Self {
            deliveries: all(&opendrs_domain::receiver::PROTOCOLS, &["delivered", "retry", "dead", "gone"]),
            mails: all(&["mail"], &["sent", "kept", "retry", "dead", "suppressed"]),
            calls: all(&["place", "cancel", "watch"], &["answered", "failed"]),
        }
    }
}

/// Counts an attempt under its kind.
pub(crate) fn record_attempt(all: &[AttemptMetrics], kind: &str, outcome: &str, micros: i64) {
    if let Some(attempts) = all.iter().find(|attempts| attempts.kind == kind) {
        attempts.record(outcome, micros);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_are_counted_by_kind_and_outcome() {
        let meter = DeliveryMetrics::default();
        record_attempt(&meter.deliveries, "https", "retry", 7_000);
        record_attempt(&meter.deliveries, "https", "retry", 70_000_000);
        record_attempt(&meter.deliveries, "carrier pigeon", "retry", 1);
        let [_, https, _] = &meter.deliveries[..] else { panic!("three protocols") };
        let outcomes: Vec<_> = https.outcomes().collect();
        assert_eq!(outcomes, [("delivered", 0), ("retry", 2), ("dead", 0), ("gone", 0)]);
        assert_eq!((https.durations().count, https.durations().sum), (2, 70_007_000));
        let others = meter.deliveries.iter().filter(|a| a.kind != "https").chain(&meter.mails).chain(&meter.calls);
        assert_eq!(others.map(|attempts| attempts.durations().count).sum::<u64>(), 0);
    }
}
