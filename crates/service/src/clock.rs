//! The clock: the system's, or a test clock that can be frozen and moved.
//!
//! Invariant: no other code reads the system clock, and no use case sleeps: due work is found by comparing with
//! [`Clock::now`].

use crate::Result;
use opendrs_domain::time::{Span, Time};
use opendrs_store::{Command, Db, Tx, installation};
use std::sync::{Arc, Mutex, PoisonError};

/// A source of time.
pub trait Clock: Send + Sync {
    /// The current time.
    fn now(&self) -> Time;
}

/// The system clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the system")]
    fn now(&self) -> Time {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Time::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }
}

/// The setting of a test clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct ClockSetting {
    /// How far it is ahead of the underlying clock, in microseconds.
    pub offset: i64,
    /// The time at which it is frozen; `None` if it runs.
    pub frozen_at: Option<Time>,
}

/// A clock for tests: it runs ahead of another clock, and can be frozen. The store keeps its setting, so that a
/// restarted server and the command line have the same time.
///
/// A later time is saved before it applies. Otherwise a server that is killed in between would restart at an earlier
/// time than some of its rows have.
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

    /// Whether it was ever moved or frozen.
    pub(crate) fn is_modified(&self) -> bool {
        self.setting() != ClockSetting::default()
    }

    /// The current time.
    #[must_use]
    pub fn now(&self) -> Time {
        let ClockSetting { offset, frozen_at } = self.setting();
        frozen_at.unwrap_or_else(|| self.base.now() + Span::from_micros(offset))
    }

    /// Its setting.
    #[must_use]
    pub fn setting(&self) -> ClockSetting {
        *self.setting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Freezes it at its time.
    pub(crate) fn freeze(&self) {
        let now = self.now();
        self.setting.lock().unwrap_or_else(PoisonError::into_inner).frozen_at.get_or_insert(now);
    }

    /// The setting with which it runs on from its time.
    pub(crate) fn running_setting(&self) -> ClockSetting {
        match self.setting() {
            ClockSetting { frozen_at: Some(at), .. } => {
                ClockSetting { offset: at.since(self.base.now()).as_micros(), frozen_at: None }
            }
            running => running,
        }
    }

    /// Applies a setting.
    pub(crate) fn set(&self, setting: ClockSetting) {
        *self.setting.lock().unwrap_or_else(PoisonError::into_inner) = setting;
    }

    /// Returns to the time of the underlying clock.
    pub(crate) fn reset(&self) {
        self.set(ClockSetting::default());
    }

    /// Freezes it at a time, if it was never set before. Returns whether it did.
    pub(crate) fn freeze_at_if_unset(&self, at: Time) -> bool {
        let mut setting = self.setting.lock().unwrap_or_else(PoisonError::into_inner);
        let untouched = *setting == ClockSetting::default();
        if untouched {
            setting.frozen_at = Some(at);
        }
        untouched
    }

    /// The setting that moves it to a later time.
    pub(crate) fn setting_at(&self, to: Time) -> ClockSetting {
        let (ahead, setting) = (to.since(self.now()), self.setting());
        match setting.frozen_at {
            Some(at) => ClockSetting { frozen_at: Some(at + ahead), ..setting },
            None => ClockSetting { offset: setting.offset.saturating_add(ahead.as_micros()), ..setting },
        }
    }
}

/// Saves a test clock's setting.
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
