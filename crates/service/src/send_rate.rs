//! The send rate limit of a receiver that has one (`maxReceivesPerSecond`), in messages a second.
//!
//! The limit is an average, as with SNS, and holds for each node. Invariant: memory is bounded by the number of
//! receivers with a limit.

use opendrs_domain::id::ReceiverId;
use opendrs_domain::time::{Span, Time};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Recent messages by receiver: since when, and how many.
#[derive(Default)]
pub(crate) struct SendRateLimiter(Mutex<HashMap<ReceiverId, (Time, usize)>>);

impl SendRateLimiter {
    /// How many of `wanted` messages may be sent now.
    pub(crate) fn acquire(&self, receiver: ReceiverId, per_second: Option<i64>, wanted: usize, now: Time) -> usize {
        let Some(rate) = per_second.and_then(|rate| usize::try_from(rate).ok()) else { return wanted };
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, sent) = all.entry(receiver).or_insert((now, 0));
        if now.since(*since) >= Span::from_secs(1) {
            (*since, *sent) = (now, 0);
        }
        let allowed = wanted.min(rate.saturating_sub(*sent));
        *sent += allowed;
        allowed
    }

    /// Releases the allowed messages that did not exist.
    pub(crate) fn release_unused(&self, receiver: ReceiverId, unused: usize) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, sent)) = all.get_mut(&receiver) {
            *sent = sent.saturating_sub(unused);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_for_each_second() {
        let (pace, receiver) = (SendRateLimiter::default(), ReceiverId(uuid::Uuid::from_u128(1)));
        let at = |millis: i64| Time::from_secs(1_520_139_967) + Span::from_micros(millis * 1000);
        let allow = |wanted, millis| pace.acquire(receiver, Some(5), wanted, at(millis));
        assert_eq!([allow(4, 0), allow(4, 500), allow(4, 999), allow(4, 1000)], [4, 1, 0, 4]);
        pace.release_unused(receiver, 3);
        assert_eq!([allow(9, 1500), allow(9, 1999)], [4, 0]);
        pace.release_unused(ReceiverId(uuid::Uuid::from_u128(2)), 3);
        assert_eq!(pace.acquire(ReceiverId(uuid::Uuid::from_u128(2)), None, 16, at(0)), 16);
    }
}
