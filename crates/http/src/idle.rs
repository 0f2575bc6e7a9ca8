//! Detection of connections that are idle or too slow.
//!
//! Resetting a timer for each request would cost a considerable part of a call's time. This watch checks once in a
//! period. Invariant: a connection on which a request is being answered is never idle.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// The recent activity of a connection.
#[derive(Default)]
pub(crate) struct IdleWatch {
    is_answering: AtomicBool,
    answered: AtomicU64,
}

impl IdleWatch {
    /// Records that the answering of a request began.
    pub(crate) fn begin_answer(&self) {
        self.is_answering.store(true, Ordering::Relaxed);
    }

    /// Records that a request was answered.
    pub(crate) fn end_answer(&self) {
        self.answered.fetch_add(1, Ordering::Relaxed);
        self.is_answering.store(false, Ordering::Relaxed);
    }

    /// Waits until a whole period has passed in which no request was answered or being answered. The client is then
    /// idle, or sends its head too slowly.
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
