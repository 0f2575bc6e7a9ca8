//! The bytes of a state: one byte of version, then 39 numbers, little-endian.
//!
//! Not here: where the bytes are stored. Invariant: what was written is read with the same bits; anything else is an
//! error. Counters are numbers, too, and a time that is missing is -1.

use super::{HouseStock, JumpPoints, LevelJump, LevelTrack, SlotState};
use crate::forecast::belief::{DemandBelief, OpenWeek, SquaredError};
use crate::forecast::learning::UsageObservation;

const VERSION: u8 = 1;
const NUMBERS: usize = 39;
const NUMBER_BYTES: usize = 8;
const MISSING: f64 = -1.0;

/// The length of a state, in bytes.
pub const STATE_BYTES: usize = 1 + NUMBERS * NUMBER_BYTES;

/// Why bytes are not a state.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StateBytesError {
    /// Another length.
    #[error("a state has {STATE_BYTES} bytes, not {0}")]
    Length(usize),
    /// Another version.
    #[error("the version of a state is {VERSION}, not {0}")]
    Version(u8),
    /// A number that no state has.
    #[error("number {index} of a state is not valid")]
    Number {
        /// Its index, from 0.
        index: usize,
    },
}

impl SlotState {
    /// The bytes to store.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; STATE_BYTES] {
        let mut bytes = [0; STATE_BYTES];
        bytes[0] = VERSION;
        for (target, number) in bytes[1..].chunks_exact_mut(NUMBER_BYTES).zip(self.to_numbers()) {
            target.copy_from_slice(&number.to_le_bytes());
        }
        bytes
    }

    /// The state of stored bytes.
    ///
    /// # Errors
    /// [`StateBytesError`] if the bytes are not those of [`Self::to_bytes`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, StateBytesError> {
        let Ok(bytes) = <&[u8; STATE_BYTES]>::try_from(bytes) else {
            return Err(StateBytesError::Length(bytes.len()));
        };
        if bytes[0] != VERSION {
            return Err(StateBytesError::Version(bytes[0]));
        }
        let mut reader = NumberReader { bytes: &bytes[1..], index: 0 };
        Self::from_numbers(&mut reader)
    }

    fn to_numbers(self) -> [f64; NUMBERS] {
        let Self { belief, open, track, stock } = self;
        let DemandBelief { usage: a, exposure: b, log_weights: l, daily_error, weekly_error, week, observations } =
            belief;
        let LevelTrack { at, level, full, changed_at, jump, rises, least_rise, every, changes, cycle, readings } =
            track;
        let HouseStock { spare, topup, pack, last_cut, empty_since } = stock;
        let (kind, points) = match jump {
            LevelJump::None => (0.0, JumpPoints::default()),
            LevelJump::Fall(points) => (1.0, points),
            LevelJump::Refill(points) => (2.0, points),
        };
        let time = |at: Option<f64>| at.unwrap_or(MISSING);
        #[rustfmt::skip]
        let numbers = [
            a[0], a[1], a[2], b[0], b[1], b[2], l[0], l[1], l[2],
            daily_error.squared, daily_error.expected, weekly_error.squared, weekly_error.expected,
            week.usage, week.days, week.rate, week.spread, open.usage, open.days,
            time(at), level, full, changed_at, kind, points.from, points.to, points.at,
            rises.into(), least_rise, every, observations.into(), changes.into(), cycle.into(), readings.into(),
            spare, topup, pack, last_cut, time(empty_since),
        ];
        numbers
    }

    fn from_numbers(read: &mut NumberReader<'_>) -> Result<Self, StateBytesError> {
        let usage = [read.amount()?, read.amount()?, read.amount()?];
        let exposure = [read.amount()?, read.amount()?, read.amount()?];
        let log_weights = [read.finite()?, read.finite()?, read.finite()?];
        let daily_error = SquaredError { squared: read.amount()?, expected: read.amount()? };
        let weekly_error = SquaredError { squared: read.amount()?, expected: read.amount()? };
        let week =
            OpenWeek { usage: read.amount()?, days: read.amount()?, rate: read.amount()?, spread: read.amount()? };
        let open = UsageObservation { usage: read.amount()?, days: read.amount()? };
        let (at, level, full, changed_at) = (read.time()?, read.amount()?, read.amount()?, read.amount()?);
        let jump = read.jump()?;
        let (rises, least_rise, every) = (read.counter()?, read.amount()?, read.amount()?);
        let observations = read.counter()?;
        let (changes, cycle, readings) = (read.counter()?, read.counter()?, read.counter()?);
        let (spare, topup, pack, last_cut) = (read.amount()?, read.amount()?, read.amount()?, read.amount()?);
        let empty_since = read.time()?;
        Ok(Self {
            belief: DemandBelief { usage, exposure, log_weights, daily_error, weekly_error, week, observations },
            open,
            track: LevelTrack { at, level, full, changed_at, jump, rises, least_rise, every, changes, cycle, readings },
            stock: HouseStock { spare, topup, pack, last_cut, empty_since },
        })
    }
}

/// Reads one number after the other.
struct NumberReader<'b> {
    bytes: &'b [u8],
    index: usize,
}

impl NumberReader<'_> {
    fn next(&mut self, is_valid: impl Fn(f64) -> bool) -> Result<f64, StateBytesError> {
        let index = self.index;
        let error = StateBytesError::Number { index };
        let (number, rest) = self.bytes.split_first_chunk().ok_or_else(|| error.clone())?;
        (self.bytes, self.index) = (rest, index + 1);
        Some(f64::from_le_bytes(*number)).filter(|number| number.is_finite() && is_valid(*number)).ok_or(error)
    }

    fn finite(&mut self) -> Result<f64, StateBytesError> {
        self.next(|_| true)
    }

    fn amount(&mut self) -> Result<f64, StateBytesError> {
        self.next(|number| number >= 0.0)
    }

    fn time(&mut self) -> Result<Option<f64>, StateBytesError> {
        let number = self.next(|number| number >= 0.0 || number == MISSING)?;
        Ok(Some(number).filter(|number| *number >= 0.0))
    }

    fn counter(&mut self) -> Result<u32, StateBytesError> {
        let number = self.next(|number| number.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&number))?;
        Ok(number as u32)
    }

    fn jump(&mut self) -> Result<LevelJump, StateBytesError> {
        let kind = self.next(|kind| [0.0, 1.0, 2.0].contains(&kind))?;
        let points = JumpPoints { from: self.amount()?, to: self.amount()?, at: self.amount()? };
        Ok(if kind == 0.0 {
            LevelJump::None
        } else if kind == 1.0 {
            LevelJump::Fall(points)
        } else {
            LevelJump::Refill(points)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A state in which every number differs.
    fn full_state() -> SlotState {
        let points = JumpPoints { from: 24.0, to: 25.0, at: 26.0 };
        SlotState {
            belief: DemandBelief {
                usage: [1.0, 2.0, 3.0],
                exposure: [4.0, 5.0, 6.0],
                log_weights: [-7.5, -8.5, -9.5],
                daily_error: SquaredError { squared: 10.0, expected: 11.0 },
                weekly_error: SquaredError { squared: 12.0, expected: 13.0 },
                week: OpenWeek { usage: 14.0, days: 15.0, rate: 16.0, spread: 17.0 },
                observations: 30,
            },
            open: UsageObservation { usage: 18.0, days: 19.0 },
            track: LevelTrack {
                at: Some(20.0),
                level: 21.0,
                full: 22.0,
                changed_at: 23.0,
                jump: LevelJump::Refill(points),
                rises: 27,
                least_rise: 28.0,
                every: 29.0,
                changes: 31,
                cycle: 32,
                readings: 33,
            },
            stock: HouseStock { spare: 34.0, topup: 35.0, pack: 36.0, last_cut: 37.0, empty_since: Some(38.0) },
        }
    }

    #[test]
    fn every_number_returns_from_bytes() {
        let mut state = full_state();
        assert_eq!(SlotState::from_bytes(&state.to_bytes()), Ok(state));
        assert_eq!(state.to_numbers().iter().filter(|number| **number == 0.0).count(), 0);
        for jump in [LevelJump::None, LevelJump::Fall(JumpPoints { from: 1.0, to: 0.0, at: 3.0 })] {
            state.track.jump = jump;
            (state.track.at, state.stock.empty_since) = (None, None);
            assert_eq!(SlotState::from_bytes(&state.to_bytes()), Ok(state));
        }
        assert_eq!(SlotState::from_bytes(&SlotState::default().to_bytes()), Ok(SlotState::default()));
    }

    #[test]
    fn other_bytes_are_no_state() {
        let good = full_state().to_bytes();
        assert_eq!(SlotState::from_bytes(&good[1..]), Err(StateBytesError::Length(312)));
        let mut bytes = good;
        bytes[0] = 2;
        assert_eq!(SlotState::from_bytes(&bytes), Err(StateBytesError::Version(2)));
        for (index, number) in
            [(0, -1.0), (6, f64::NAN), (19, -0.5), (23, 3.0), (27, 1.5), (30, 1e10), (37, f64::INFINITY)]
        {
            let mut bytes = good;
            bytes[1 + 8 * index..9 + 8 * index].copy_from_slice(&f64::to_le_bytes(number));
            assert_eq!(SlotState::from_bytes(&bytes), Err(StateBytesError::Number { index }));
        }
    }
}
