//! How often one device or one client may call.
//!
//! What it is: a table of fixed size that remembers who called more often of late than their rate allows to go unnoticed
//! (the generic cell rate algorithm: one number a caller). What it is not: a guard against guessing, which is
//! [`crate::throttle`]. Invariant: asking costs a hash and one exchange of 64 bits: no lock, no allocation. Memory does
//! not grow; where more callers are busy than it holds, those nearest to being in good standing are forgotten, so it
//! errs by letting pass, never by refusing one caller for another's calls.

use crate::{App, Error, Result};
use opendrs_domain::id::{ClientId, DeviceId};
use opendrs_domain::time::Time;
use std::sync::atomic::{AtomicU64, Ordering};
use uuid::Uuid;

/// How often somebody may call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rate {
    /// Calls a second in the long run; 0 for as many as they like.
    pub per_second: u32,
    /// Calls at once, after a rest.
    pub burst: u32,
}

/// Rates of all who have one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rates {
    /// A device at the device API.
    pub device: Rate,
    /// A client at the token endpoint.
    pub client: Rate,
}

/// Places that share a part of the hash; a caller is in one of them.
const WAYS: usize = 4;
/// How many such sets: 128 KiB in all.
const SETS: usize = 4096;
/// Bits of a place that hold a time in microseconds; the others hold a part of the caller's hash.
const TIME_BITS: u32 = 44;
const TIME_MASK: u64 = (1 << TIME_BITS) - 1;
/// How often an exchange is tried that somebody else's call came between.
const TRIES: usize = 4;

/// One table.
pub(crate) struct Limit {
    sets: Box<[[AtomicU64; WAYS]]>,
    /// Microseconds between two calls at the rate; 0 without a limit.
    interval: u64,
    /// How far ahead of time a caller may be, in microseconds.
    window: u64,
}

/// Well spread, as neighbours in time have ids that are much alike.
fn spread(key: Uuid) -> u64 {
    let (high, low) = key.as_u64_pair();
    let mut hash = high.rotate_left(32) ^ low;
    for factor in [0xff51_afd7_ed55_8ccd, 0xc4ce_b9fe_1a85_ec53] {
        hash = (hash ^ (hash >> 33)).wrapping_mul(factor);
    }
    hash ^ (hash >> 33)
}

impl Limit {
    pub(crate) fn new(Rate { per_second, burst }: Rate) -> Self {
        let interval = 1_000_000_u64.checked_div(u64::from(per_second)).map_or(0, |micros| micros.max(1));
        let window = (interval * u64::from(burst.max(1))).min(TIME_MASK / 4);
        let sets = if interval == 0 { 0 } else { SETS };
        Self { sets: (0..sets).map(|_| Default::default()).collect(), interval, window }
    }

    fn place(&self, hash: u64) -> Option<(&[AtomicU64; WAYS], u64)> {
        let set = self.sets.get(usize::try_from(hash & (SETS as u64 - 1)).unwrap_or_default())?;
        Some((set, hash & !TIME_MASK))
    }

    /// How far ahead of `now` a place's caller is. A time further ahead than any call leaves behind is one of long ago,
    /// or of a clock that was put back since: nothing is held against either.
    fn ahead(&self, word: u64, now: u64) -> u64 {
        let ahead = (word & TIME_MASK).wrapping_sub(now) & TIME_MASK;
        if ahead <= self.window { ahead } else { 0 }
    }

    /// Counts a call, or says how many seconds the caller has to wait; a refused call is not counted.
    pub(crate) fn take(&self, hash: u64, now: Time) -> Result<(), i64> {
        let Some((set, tag)) = self.place(hash) else { return Ok(()) };
        let now = now.micros().cast_unsigned() & TIME_MASK;
        for _ in 0..TRIES {
            let words = set.each_ref().map(|place| place.load(Ordering::Relaxed));
            // Its own place; or the one whose caller is nearest to good standing.
            let own = words.iter().position(|word| word & !TIME_MASK == tag);
            let least = || (0..WAYS).min_by_key(|at| self.ahead(words[*at], now)).unwrap_or_default();
            let at = own.unwrap_or_else(least);
            let before = if own.is_some() { self.ahead(words[at], now) } else { 0 };
            let after = before + self.interval;
            if after > self.window {
                return Err(i64::try_from((after - self.window).div_ceil(1_000_000)).unwrap_or(1));
            }
            let word = tag | ((now + after) & TIME_MASK);
            if set[at].compare_exchange(words[at], word, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Uncounts a call that will be counted again.
    pub(crate) fn give_back(&self, hash: u64, now: Time) {
        let Some((set, tag)) = self.place(hash) else { return };
        let now = now.micros().cast_unsigned() & TIME_MASK;
        for place in set {
            let word = place.load(Ordering::Relaxed);
            let ahead = self.ahead(word, now);
            if word & !TIME_MASK == tag && ahead > 0 {
                let less = tag | ((now + ahead.saturating_sub(self.interval)) & TIME_MASK);
                let _ = place.compare_exchange(word, less, Ordering::Relaxed, Ordering::Relaxed);
                return;
            }
        }
    }
}

/// The tables of an application.
pub(crate) struct Limits {
    devices: Limit,
    clients: Limit,
}

impl Limits {
    pub(crate) fn new(rates: Rates) -> Self {
        Self { devices: Limit::new(rates.device), clients: Limit::new(rates.client) }
    }
}

/// Counts a device's call. Real time counts, whatever the test clock says: a limit is for what a machine bears.
pub(crate) fn device(app: &App, id: DeviceId) -> Result<()> {
    app.limits.devices.take(spread(id.0), app.real_time()).map_err(Error::TooOften)
}

/// Uncounts it, where it is about to be counted once more.
pub(crate) fn device_again(app: &App, id: DeviceId) {
    app.limits.devices.give_back(spread(id.0), app.real_time());
}

/// Counts a client's call. A client that many people hold in their hands, and whose id is no secret, is counted at each
/// of its sources, so that nobody uses up what belongs to all.
pub(crate) fn client(app: &App, id: ClientId, source: Option<&str>) -> Result<()> {
    let source = source
        .map_or(0, |text| text.bytes().fold(17, |sum: u64, b| (sum ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3)));
    app.limits.clients.take(spread(id.0) ^ source, app.real_time()).map_err(Error::TooOften)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { per_second: 10, burst: 3 };

    fn at(millis: i64) -> Time {
        Time::from_micros(1_700_000_000_000_000 + millis * 1000)
    }

    #[test]
    fn a_burst_passes_then_the_rate_holds() {
        let limit = Limit::new(RATE);
        let said: Vec<_> = (0..5).map(|_| limit.take(7, at(0))).collect();
        assert_eq!(said, [Ok(()), Ok(()), Ok(()), Err(1), Err(1)]);
        assert_eq!(limit.take(7, at(99)), Err(1), "a refused call is not counted");
        assert_eq!((limit.take(7, at(100)), limit.take(7, at(100))), (Ok(()), Err(1)));
        let rested: Vec<_> = (0..4).map(|_| limit.take(7, at(60_000)).is_ok()).collect();
        assert_eq!(rested, [true, true, true, false]);
        assert_eq!(limit.take(8 << TIME_BITS, at(0)), Ok(()), "others are others");
    }

    #[test]
    fn the_wait_is_told_in_whole_seconds() {
        let limit = Limit::new(Rate { per_second: 1, burst: 2 });
        let said: Vec<_> = (0..3).map(|_| limit.take(7, at(0))).collect();
        assert_eq!(said, [Ok(()), Ok(()), Err(1)]);
        assert_eq!((limit.take(7, at(999)), limit.take(7, at(1000))), (Err(1), Ok(())));
    }

    #[test]
    fn what_is_given_back_was_never_counted() {
        let limit = Limit::new(RATE);
        for _ in 0..50 {
            assert_eq!(limit.take(7, at(0)), Ok(()));
            limit.give_back(7, at(0));
        }
    }

    #[test]
    fn a_clock_that_is_put_back_locks_nobody_out() {
        let limit = Limit::new(RATE);
        (0..3).for_each(|_| limit.take(7, at(0)).unwrap());
        assert_eq!(limit.take(7, at(-3_600_000)), Ok(()));
    }

    #[test]
    fn without_a_rate_there_is_no_limit_and_no_table() {
        let limit = Limit::new(Rate::default());
        assert!((0..10_000).all(|_| limit.take(7, at(0)).is_ok()));
        assert_eq!(limit.sets.len(), 0);
    }

    /// More callers than there are places, all busy: nobody is refused for another's calls.
    #[test]
    fn a_full_table_errs_by_letting_pass() {
        let limit = Limit::new(RATE);
        for n in 0..(SETS * WAYS * 8) as u128 {
            assert_eq!(limit.take(spread(Uuid::from_u128(n << 64 | n)), at(0)), Ok(()), "{n}");
        }
    }

    #[test]
    fn calls_from_many_threads_are_counted() {
        let limit = Limit::new(Rate { per_second: 1, burst: 1000 });
        let count = |_| (0..1000).filter(|_| limit.take(7, at(0)).is_ok()).count();
        let passed: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|n| scope.spawn(move || count(n))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        // One that loses its exchange as often as it tries passes uncounted; each of the 1000 that are counted makes three
        // others lose once at most, however the threads are scheduled.
        assert!((1000..=1000 + 1000 * 3 / TRIES).contains(&passed), "{passed}");
    }
}
