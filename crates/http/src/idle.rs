//! Finding connections that are idle or too slow.
//!
//! Setting a timer anew for each request would be a good part of a call's time; this watch looks back once a period.
//! Invariant: a connection on which a request is being answered is never idle.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// What a connection has done lately.
#[derive(Default)]
pub(crate) struct IdleWatch {
    is_answering: AtomicBool,
    answered: AtomicU64,
}

impl IdleWatch {
    /// Notes that a request is being answered.
    pub(crate) fn begin_answer(&self) {
        self.is_answering.store(true, Ordering::Relaxed);
    }

    /// Notes that the request was answered.
    pub(crate) fn end_answer(&self) {
        self.answered.fetch_add(1, Ordering::Relaxed);
        self.is_answering.store(false, Ordering::Relaxed);
    }

    /// Waits until a whole period passed without an answer and without a request being answered: the client is idle, or
    /// sends its head too slowly.
    #[expect(clippy::disallowed_methods, reason = "a bound on waiting for a peer, not a delay")]
    pub(crate) async fn idle_for(&self, period: Duration) {
        let mut before = self.answered.load(Ordering::Relaxed);
        loop {
            tokio::time::sleep(period).await;
            let now = self.answered.load(Ordering::Relaxed);
            if now == before && !self.is_answering.load(Ordering::Relaxed) {
                return;
            }
            before = now;
        }
    }
}
