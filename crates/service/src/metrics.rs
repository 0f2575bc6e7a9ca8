//! The counters of what a node sends: messages to receivers, mails, calls to back ends.
//!
//! What it is: counters that are increased without a lock after each attempt. What it is not: the backlog
//! ([`crate::backlog`]), nor a log. Invariant: a label is a value of an enum, so each attempt is counted, and no text of
//! a device, a customer or a receiver becomes a label.

use opendrs_domain::delivery::DeliveryDecision;
use opendrs_domain::fulfilment::BackendCallKind;
use opendrs_domain::mail::MailState;
use opendrs_domain::receiver::ReceiverProtocol;
use opendrs_store::metrics::{Histogram, HistogramSnapshot};
use std::sync::atomic::{AtomicU64, Ordering};

/// The upper bounds of the histogram buckets, in microseconds.
const DURATION_BUCKETS: [u64; 11] =
    [5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 15_000_000];

/// A label of a metric: one of a few values.
pub trait MetricLabel: Copy + PartialEq + 'static {
    /// All values, in the order of the metrics page.
    const ALL: &'static [Self];
    /// The value's text in the metrics.
    fn text(self) -> &'static str;
}

impl MetricLabel for ReceiverProtocol {
    const ALL: &'static [Self] = &ReceiverProtocol::ALL;
    fn text(self) -> &'static str {
        self.as_str()
    }
}

impl MetricLabel for BackendCallKind {
    const ALL: &'static [Self] = &BackendCallKind::ALL;
    fn text(self) -> &'static str {
        self.as_str()
    }
}

/// The label of work of only one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OnlyKind;

impl MetricLabel for OnlyKind {
    const ALL: &'static [Self] = &[OnlyKind];
    fn text(self) -> &'static str {
        ""
    }
}

/// How an attempt to deliver a message ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryEnd {
    /// The receiver has it.
    Delivered,
    /// It is tried again.
    Retry,
    /// It was given up.
    Dead,
    /// The receiver wants no more messages.
    Gone,
}

impl MetricLabel for DeliveryEnd {
    const ALL: &'static [Self] = &[DeliveryEnd::Delivered, DeliveryEnd::Retry, DeliveryEnd::Dead, DeliveryEnd::Gone];
    fn text(self) -> &'static str {
        match self {
            DeliveryEnd::Delivered => "delivered",
            DeliveryEnd::Retry => "retry",
            DeliveryEnd::Dead => "dead",
            DeliveryEnd::Gone => "gone",
        }
    }
}

impl From<&DeliveryDecision> for DeliveryEnd {
    fn from(decision: &DeliveryDecision) -> Self {
        match decision {
            DeliveryDecision::Delivered => DeliveryEnd::Delivered,
            DeliveryDecision::Retry(_) => DeliveryEnd::Retry,
            DeliveryDecision::Dead(_) => DeliveryEnd::Dead,
            DeliveryDecision::ReceiverGone(_) => DeliveryEnd::Gone,
        }
    }
}

/// How an attempt to send a mail ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailEnd {
    /// A mail server has it.
    Sent,
    /// It is kept, since there is no mail server.
    Kept,
    /// It is tried again.
    Retry,
    /// It was given up.
    Dead,
    /// It was not sent on purpose.
    Suppressed,
}

impl MetricLabel for MailEnd {
    const ALL: &'static [Self] = &[MailEnd::Sent, MailEnd::Kept, MailEnd::Retry, MailEnd::Dead, MailEnd::Suppressed];
    fn text(self) -> &'static str {
        match self {
            MailEnd::Sent => "sent",
            MailEnd::Kept => "kept",
            MailEnd::Retry => "retry",
            MailEnd::Dead => "dead",
            MailEnd::Suppressed => "suppressed",
        }
    }
}

impl From<MailState> for MailEnd {
    fn from(state: MailState) -> Self {
        match state {
            MailState::Sent => MailEnd::Sent,
            MailState::Kept => MailEnd::Kept,
            MailState::Waiting | MailState::Sending => MailEnd::Retry,
            MailState::Dead => MailEnd::Dead,
            MailState::Suppressed => MailEnd::Suppressed,
        }
    }
}

/// How a call to a back end ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BackendCallEnd {
    /// The back end answered.
    Answered,
    /// The call is made again.
    Failed,
}

impl MetricLabel for BackendCallEnd {
    const ALL: &'static [Self] = &[BackendCallEnd::Answered, BackendCallEnd::Failed];
    fn text(self) -> &'static str {
        match self {
            BackendCallEnd::Answered => "answered",
            BackendCallEnd::Failed => "failed",
        }
    }
}

/// The attempts at work of several kinds: counts by kind and end, and durations by kind.
#[derive(Debug)]
pub struct AttemptMetrics<Kind, End> {
    /// In the order of the kinds.
    sets: Vec<AttemptSet<Kind, End>>,
}

/// The attempts at work of one kind.
#[derive(Debug)]
pub struct AttemptSet<Kind, End> {
    /// The kind of work.
    pub kind: Kind,
    ends: Vec<(End, AtomicU64)>,
    durations: Histogram<11>,
}

impl<Kind: MetricLabel, End: MetricLabel> Default for AttemptMetrics<Kind, End> {
    fn default() -> Self {
        let set = |kind: &Kind| AttemptSet {
            kind: *kind,
            ends: End::ALL.iter().map(|end| (*end, AtomicU64::new(0))).collect(),
            durations: Histogram::new(&DURATION_BUCKETS),
        };
        Self { sets: Kind::ALL.iter().map(set).collect() }
    }
}

impl<Kind: MetricLabel, End: MetricLabel> AttemptMetrics<Kind, End> {
    /// Records an attempt with its duration in microseconds.
    pub(crate) fn record(&self, kind: Kind, end: End, micros: i64) {
        for set in self.sets.iter().filter(|set| set.kind == kind) {
            for (_, count) in set.ends.iter().filter(|(known, _)| *known == end) {
                count.fetch_add(1, Ordering::Relaxed);
            }
            set.durations.add(u64::try_from(micros).unwrap_or_default());
        }
    }

    /// The attempts of each kind.
    pub fn sets(&self) -> &[AttemptSet<Kind, End>] {
        &self.sets
    }
}

impl<Kind, End: MetricLabel> AttemptSet<Kind, End> {
    /// Every end with its count.
    pub fn ends(&self) -> impl Iterator<Item = (End, u64)> {
        self.ends.iter().map(|(end, count)| (*end, count.load(Ordering::Relaxed)))
    }

    /// The durations, in microseconds.
    pub fn durations(&self) -> HistogramSnapshot {
        self.durations.snapshot()
    }
}

/// All counters.
#[derive(Debug, Default)]
pub struct DeliveryMetrics {
    /// Messages to receivers, by protocol.
    pub deliveries: AttemptMetrics<ReceiverProtocol, DeliveryEnd>,
    /// Mails.
    pub mails: AttemptMetrics<OnlyKind, MailEnd>,
    /// Calls to back ends, by purpose.
    pub calls: AttemptMetrics<BackendCallKind, BackendCallEnd>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_are_counted_by_kind_and_end() {
        let metrics = DeliveryMetrics::default();
        metrics.deliveries.record(ReceiverProtocol::Https, DeliveryEnd::Retry, 7_000);
        metrics.deliveries.record(ReceiverProtocol::Https, DeliveryEnd::Retry, 70_000_000);
        let [http, https, sns] = metrics.deliveries.sets() else { panic!("three protocols") };
        let ends: Vec<_> = https.ends().map(|(end, count)| (end.text(), count)).collect();
        assert_eq!(ends, [("delivered", 0), ("retry", 2), ("dead", 0), ("gone", 0)]);
        assert_eq!((https.durations().count, https.durations().sum), (2, 70_007_000));
        assert_eq!(http.durations().count + sns.durations().count, 0);
    }

    #[test]
    fn every_call_to_a_back_end_is_counted() {
        let metrics = DeliveryMetrics::default();
        for kind in BackendCallKind::ALL {
            metrics.calls.record(kind, BackendCallEnd::Answered, 1);
        }
        let counts: Vec<_> = metrics.calls.sets().iter().map(|set| (set.kind.text(), set.durations().count)).collect();
        assert_eq!(counts, [("place", 1), ("cancel", 1), ("withdraw", 1), ("watch", 1)]);
    }
}
