//! A table of fixed size that remembers the callers that recently came near a rate limit.
//!
//! What it is: the generic cell rate algorithm, one number for each caller. What it is not: exact. A caller may use all
//! calls of a period together and gets them back evenly over the period. Invariant: a check costs a hash and one
//! exchange of 64 bits: no lock, no allocation. Memory does not grow. Where more callers are busy than the table holds,
//! those nearest to their full allowance are forgotten. The error is to allow a call, never to refuse a caller for the
//! calls of another.

use opendrs_domain::time::Time;
use std::sync::atomic::{AtomicU64, Ordering};
use uuid::Uuid;

/// Places that share a part of the hash. A caller is in one of them.
const WAYS: usize = 4;
/// The number of sets: 128 KiB in all.
const SETS: usize = 4096;
/// Bits of a place that hold a time in microseconds. The others hold a part of the caller's hash.
const TIME_BITS: u32 = 44;
const TIME_MASK: u64 = (1 << TIME_BITS) - 1;
/// Microseconds of a second.
const MICROS_PER_SECOND: u64 = 1_000_000;
/// Microseconds of a day.
const MICROS_PER_DAY: u64 = 86_400 * MICROS_PER_SECOND;
/// The most tries of an exchange that concurrent calls make fail.
const MAX_EXCHANGE_TRIES: usize = 4;

/// A rate limit for one caller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallRate {
    /// Calls a second in the long run; 0 for no limit.
    pub per_second: u32,
    /// Calls that may come together after a pause.
    pub burst: u32,
}

/// The table of one rate limit.
pub(super) struct RateLimiter {
    sets: Box<[[AtomicU64; WAYS]]>,
    /// Microseconds between two calls at the rate; 0 without a limit.
    interval: u64,
    /// How far ahead of time a caller may be, in microseconds.
    window: u64,
}

/// Spreads keys well, because ids that are made one after the other are similar.
pub(super) fn hash_key(key: Uuid) -> u64 {
    let (high, low) = key.as_u64_pair();
    let mut hash = high.rotate_left(32) ^ low;
    for factor in [0xff51_afd7_ed55_8ccd, 0xc4ce_b9fe_1a85_ec53] {
        hash = (hash ^ (hash >> 33)).wrapping_mul(factor);
    }
    hash ^ (hash >> 33)
}

/// A hash of a text, which need not be secret.
pub(super) fn hash_text(text: &str) -> u64 {
    let sum = text.bytes().fold(17, |sum: u64, b| (sum ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
    hash_key(Uuid::from_u64_pair(sum, 0))
}

impl RateLimiter {
    /// A limit of so many calls a second, and of so many together.
    pub(super) fn new(CallRate { per_second, burst }: CallRate) -> Self {
        let interval = MICROS_PER_SECOND.checked_div(u64::from(per_second)).map_or(0, |micros| micros.max(1));
        Self::with_interval(interval, interval * u64::from(burst.max(1)))
    }

    /// A limit of so many calls a day; 0 for no limit.
    pub(super) fn per_day(count: u32) -> Self {
        let interval = MICROS_PER_DAY.checked_div(u64::from(count)).map_or(0, |micros| micros.max(1));
        Self::with_interval(interval, interval * u64::from(count))
    }

    /// A limit of so many calls an hour, all of which may come together.
    pub(super) fn per_hour(count: u32) -> Self {
        let interval = MICROS_PER_DAY / 24 / u64::from(count.max(1));
        Self::with_interval(interval, interval * u64::from(count))
    }

    fn with_interval(interval: u64, window: u64) -> Self {
        let sets = if interval == 0 { 0 } else { SETS };
        Self { sets: (0..sets).map(|_| Default::default()).collect(), interval, window: window.min(TIME_MASK / 4) }
    }

    /// Forgets all callers.
    pub(super) fn clear(&self) {
        self.sets.iter().flatten().for_each(|place| place.store(0, Ordering::Relaxed));
    }

    fn set_of(&self, hash: u64) -> Option<(&[AtomicU64; WAYS], u64)> {
        let set = self.sets.get(usize::try_from(hash & (SETS as u64 - 1)).unwrap_or_default())?;
        Some((set, hash & !TIME_MASK))
    }

    /// How far ahead of `now` the caller of a place is. A time further ahead than any call leaves is very old, or the
    /// clock was put back: both count as zero.
    fn micros_ahead(&self, word: u64, now: u64) -> u64 {
        let ahead = (word & TIME_MASK).wrapping_sub(now) & TIME_MASK;
        if ahead <= self.window { ahead } else { 0 }
    }

    /// Counts a call, or returns the seconds that the caller has to wait. A refused call is not counted.
    pub(super) fn try_acquire(&self, hash: u64, now: Time) -> Result<(), i64> {
        let Some((set, tag)) = self.set_of(hash) else { return Ok(()) };
        let now = now.as_micros().cast_unsigned() & TIME_MASK;
        for _ in 0..MAX_EXCHANGE_TRIES {
            let words = set.each_ref().map(|place| place.load(Ordering::Relaxed));
            // The place of the caller, or else the place whose caller is nearest to a full allowance.
            let own = words.iter().position(|word| word & !TIME_MASK == tag);
            let least = || (0..WAYS).min_by_key(|at| self.micros_ahead(words[*at], now)).unwrap_or_default();
            let at = own.unwrap_or_else(least);
            let before = if own.is_some() { self.micros_ahead(words[at], now) } else { 0 };
            let after = before + self.interval;
            if after > self.window {
                return Err(i64::try_from((after - self.window).div_ceil(MICROS_PER_SECOND)).unwrap_or(1));
            }
            let word = tag | ((now + after) & TIME_MASK);
            if set[at].compare_exchange(words[at], word, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Takes back a call that will be counted again.
    pub(super) fn refund(&self, hash: u64, now: Time) {
        let Some((set, tag)) = self.set_of(hash) else { return };
        let now = now.as_micros().cast_unsigned() & TIME_MASK;
        for place in set {
            let word = place.load(Ordering::Relaxed);
            let ahead = self.micros_ahead(word, now);
            if word & !TIME_MASK == tag && ahead > 0 {
                let less = tag | ((now + ahead.saturating_sub(self.interval)) & TIME_MASK);
                let _ = place.compare_exchange(word, less, Ordering::Relaxed, Ordering::Relaxed);
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: CallRate = CallRate { per_second: 10, burst: 3 };

    fn at(millis: i64) -> Time {
        Time::from_micros(1_700_000_000_000_000 + millis * 1000)
    }

    #[test]
    fn a_burst_passes_then_the_rate_holds() {
        let limit = RateLimiter::new(RATE);
        let answers: Vec<_> = (0..5).map(|_| limit.try_acquire(7, at(0))).collect();
        assert_eq!(answers, [Ok(()), Ok(()), Ok(()), Err(1), Err(1)]);
        assert_eq!(limit.try_acquire(7, at(99)), Err(1), "a refused call is not counted");
        assert_eq!((limit.try_acquire(7, at(100)), limit.try_acquire(7, at(100))), (Ok(()), Err(1)));
        let rested: Vec<_> = (0..4).map(|_| limit.try_acquire(7, at(60_000)).is_ok()).collect();
        assert_eq!(rested, [true, true, true, false]);
        assert_eq!(limit.try_acquire(8 << TIME_BITS, at(0)), Ok(()), "others are others");
    }

    #[test]
    fn the_wait_is_told_in_whole_seconds() {
        let limit = RateLimiter::new(CallRate { per_second: 1, burst: 2 });
        let answers: Vec<_> = (0..3).map(|_| limit.try_acquire(7, at(0))).collect();
        assert_eq!(answers, [Ok(()), Ok(()), Err(1)]);
        assert_eq!((limit.try_acquire(7, at(999)), limit.try_acquire(7, at(1000))), (Err(1), Ok(())));
    }

    #[test]
    fn a_days_calls_come_back_evenly_over_the_day() {
        const HOUR: i64 = 3_600_000;
        let limit = RateLimiter::per_day(6);
        let answers: Vec<_> = (0..7).map(|_| limit.try_acquire(7, at(0))).collect();
        assert_eq!(answers, [Ok(()), Ok(()), Ok(()), Ok(()), Ok(()), Ok(()), Err(4 * 3600)]);
        assert_eq!(limit.try_acquire(7, at(HOUR)), Err(3 * 3600), "the wait gets shorter");
        assert_eq!((limit.try_acquire(7, at(4 * HOUR)), limit.try_acquire(7, at(4 * HOUR))), (Ok(()), Err(4 * 3600)));
        let rested: Vec<_> = (0..7).map(|_| limit.try_acquire(7, at(48 * HOUR)).is_ok()).collect();
        assert_eq!(rested, [true, true, true, true, true, true, false]);
        assert!((0..100_000).all(|_| RateLimiter::per_day(0).try_acquire(7, at(0)).is_ok()), "0 is no limit");
    }

    #[test]
    fn what_is_given_back_was_never_counted() {
        let limit = RateLimiter::new(RATE);
        for _ in 0..50 {
            assert_eq!(limit.try_acquire(7, at(0)), Ok(()));
            limit.refund(7, at(0));
        }
    }

    #[test]
    fn a_clock_that_is_put_back_locks_nobody_out() {
        let limit = RateLimiter::new(RATE);
        (0..3).for_each(|_| limit.try_acquire(7, at(0)).unwrap());
        assert_eq!(limit.try_acquire(7, at(-3_600_000)), Ok(()));
    }

    #[test]
    fn without_a_rate_there_is_no_limit_and_no_table() {
        let limit = RateLimiter::new(CallRate::default());
        assert!((0..10_000).all(|_| limit.try_acquire(7, at(0)).is_ok()));
        assert_eq!(limit.sets.len(), 0);
    }

    /// When more callers are busy than there are places, none is refused for the calls of another.
    #[test]
    fn a_full_table_errs_by_letting_pass() {
        let limit = RateLimiter::new(RATE);
        for n in 0..(SETS * WAYS * 8) as u128 {
            assert_eq!(limit.try_acquire(hash_key(Uuid::from_u128(n << 64 | n)), at(0)), Ok(()), "{n}");
        }
    }

    #[test]
    fn calls_from_many_threads_are_counted() {
        let limit = RateLimiter::new(CallRate { per_second: 1, burst: 1000 });
        let count = |_| (0..1000).filter(|_| limit.try_acquire(7, at(0)).is_ok()).count();
        let passed: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|n| scope.spawn(move || count(n))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        // A call that loses its exchange as often as it tries passes uncounted. Each of the 1000 counted calls makes
        // three others lose at most once, however the threads are scheduled.
        assert!((1000..=1000 + 1000 * 3 / MAX_EXCHANGE_TRIES).contains(&passed), "{passed}");
    }
}
