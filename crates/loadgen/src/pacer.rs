//! The times at which calls are sent: after each answer, or at a rate regardless of answers.
//!
//! At a rate a call is measured from the time at which it was due. A server that stalls is charged for every call that
//! waited meanwhile (no coordinated omission). Invariant: the schedule does not depend on the answers.

use std::collections::VecDeque;
use std::time::{Duration, Instant};
use tokio::sync::{Mutex, mpsc};

/// The source of a connection's next due time.
pub(crate) enum Pacer {
    /// Immediately, until this time.
    Closed(Instant),
    /// At the times from this channel; the connections of a thread take them in turn.
    Open(Mutex<mpsc::UnboundedReceiver<Instant>>),
}

impl Pacer {
    /// The time from which the next call is measured; `None` when the run is over.
    #[expect(clippy::disallowed_methods, reason = "this command measures")]
    pub(crate) async fn next_due(&self) -> Option<Instant> {
        match self {
            Pacer::Closed(end) => Some(Instant::now()).filter(|now| now < end),
            Pacer::Open(times) => times.lock().await.recv().await,
        }
    }
}

/// Sends due times to the threads in turn. It runs on its own thread, because a runtime's timer has a resolution of
/// milliseconds. It ends early when no thread listens any more.
#[expect(clippy::disallowed_methods, reason = "this command measures, and keeps a schedule")]
pub(crate) fn run_schedule(rate: u32, calls: u64, lanes: Vec<mpsc::UnboundedSender<Instant>>) {
    let start = Instant::now();
    let mut lanes: VecDeque<_> = lanes.into();
    for n in 0..calls {
        let due = start + due_offset(rate, n);
        let now = Instant::now();
        if due > now {
            std::thread::sleep(due - now);
        }
        let Some(lane) = lanes.front() else { return };
        if lane.send(due).is_ok() {
            lanes.rotate_left(1);
        } else {
            lanes.pop_front();
        }
    }
}

/// The time from the start to the nth call at a rate.
fn due_offset(rate: u32, n: u64) -> Duration {
    let rate = u64::from(rate.max(1));
    Duration::from_secs(n / rate) + Duration::from_nanos(n % rate * 1_000_000_000 / rate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_due_evenly() {
        assert_eq!(due_offset(4, 0), Duration::ZERO);
        assert_eq!(due_offset(4, 6), Duration::from_millis(1500));
        assert_eq!(due_offset(30_000, 30_000 * 120), Duration::from_secs(120));
    }

    #[test]
    fn the_schedule_is_whole_and_lanes_take_turns() {
        let (one, mut first) = mpsc::unbounded_channel();
        let (two, mut second) = mpsc::unbounded_channel();
        run_schedule(1_000_000, 9, vec![one, two]);
        let count = |lane: &mut mpsc::UnboundedReceiver<_>| std::iter::from_fn(|| lane.try_recv().ok()).count();
        assert_eq!((count(&mut first), count(&mut second)), (5, 4));
    }
}
