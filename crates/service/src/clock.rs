//! What time it is: the system's, or one that can be frozen and moved.
//!
//! Invariant: nobody else asks the system for the time, and nothing of the service sleeps: what falls due is found by
//! comparing with [`Clock::now`].

use crate::Result;
use opendrs_domain::time::{Span, Time};
use opendrs_store::{Command, Db, Tx, installation};
use std::sync::{Arc, Mutex, PoisonError};

/// A source of time.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Time;
}

/// The system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the system")]
    fn now(&self) -> Time {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Time::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }
}

/// Where a test clock stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct ClockSetting {
    /// How far it is ahead of the clock below it, in microseconds.
    pub offset: i64,
    /// The time it stands still at.
    pub frozen_at: Option<Time>,
}

/// A clock for tests: runs ahead of another clock, and can stand still. Its setting is kept in the store, so that a
/// restarted server and the command line beside it tell the same time.
pub struct TestClock {
    base: Arc<dyn Clock>,
    setting: Mutex<ClockSetting>,
}

impl TestClock {
    pub(crate) async fn load(db: &Db, below: Arc<dyn Clock>) -> Result<Self> {
        let mut reader = db.reader().await?;
        let (offset, frozen_at) = installation::load_test_clock(&mut reader.tx()?).await?;
        let setting = ClockSetting { offset: offset.unwrap_or_default(), frozen_at };
        Ok(Self { base: below, setting: Mutex::new(setting) })
    }

    /// Whether it was ever moved, or made to stand still.
    pub(crate) fn is_modified(&self) -> bool {
        self.setting() != ClockSetting::default()
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Time {
        let ClockSetting { offset, frozen_at } = self.setting();
        frozen_at.unwrap_or_else(|| self.base.now() + Span::from_micros(offset))
    }

    /// Where it stands.
    #[must_use]
    pub fn setting(&self) -> ClockSetting {
        *self.setting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stands still from now on, or runs on from where it stands.
    pub(crate) fn set_frozen(&self, frozen: bool) {
        let now = self.now();
        let mut setting = self.setting.lock().unwrap_or_else(PoisonError::into_inner);
        match (frozen, setting.frozen_at) {
            (true, None) => setting.frozen_at = Some(now),
            (false, Some(at)) => {
                *setting = ClockSetting { offset: at.since(self.base.now()).as_micros(), frozen_at: None }
            }
            _ => {}
        }
    }

    /// Stands as it is told to.
    pub(crate) fn set(&self, setting: ClockSetting) {
        *self.setting.lock().unwrap_or_else(PoisonError::into_inner) = setting;
    }

    /// Tells the time of the clock below it again.
    pub(crate) fn reset(&self) {
        self.set(ClockSetting::default());
    }

    /// Stands still at a time, if it was never set before; says whether.
    pub(crate) fn freeze_at_if_unset(&self, at: Time) -> bool {
        let mut setting = self.setting.lock().unwrap_or_else(PoisonError::into_inner);
        let untouched = *setting == ClockSetting::default();
        if untouched {
            setting.frozen_at = Some(at);
        }
        untouched
    }

    /// Moves forward to a time; never back.
    pub(crate) fn advance_to(&self, to: Time) {
        let ahead = to.since(self.now());
        let mut setting = self.setting.lock().unwrap_or_else(PoisonError::into_inner);
        match setting.frozen_at {
            Some(at) => setting.frozen_at = Some(at + ahead),
            None => setting.offset = setting.offset.saturating_add(ahead.as_micros()),
        }
    }
}

/// Keeps a test clock's setting.
pub(crate) struct SaveClock(pub(crate) ClockSetting);

impl Command for SaveClock {
    type Output = ();
    fn ordering_key(&self) -> u64 {
        0
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<()> {
        installation::save_test_clock(tx, self.0.offset, self.0.frozen_at).await
    }
}
