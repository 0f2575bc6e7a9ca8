//! Takeovers: a customer sets up a unit that belongs to another one. Who allows it, and how often.
//!
//! Not here: registrations and mails. Invariant: a takeover names the registration that it ends, so it is void once
//! that registration has ended otherwise. No customer takes over more units in a day than allowed. Each takeover after
//! the second waits longer (docs/spec/registrations.md#takeover-limits).

use crate::consent::ConsentGeneration;
use crate::id::{CustomerId, DeviceId};
use crate::time::{Span, Time};
use std::fmt::{Display, Formatter, Result as Written};

/// A maker's policy for units of a model that another customer sets up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TakeoverPolicy {
    /// A takeover completes immediately.
    #[default]
    Allow,
    /// The earlier owner is asked first.
    Confirm,
    /// A unit stays with its owner until the owner removes it.
    Never,
}

impl TakeoverPolicy {
    /// Every policy.
    pub const ALL: [TakeoverPolicy; 3] = [TakeoverPolicy::Allow, TakeoverPolicy::Confirm, TakeoverPolicy::Never];

    /// The name in the seed file and in the store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            TakeoverPolicy::Allow => "allow",
            TakeoverPolicy::Confirm => "confirm",
            TakeoverPolicy::Never => "never",
        }
    }

    /// Reads the name.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|policy| policy.as_str() == word)
    }
}

/// The state of a takeover.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TakeoverState {
    /// The earlier owner was notified by mail; it may be completed.
    Announced,
    /// The earlier owner was asked and has not answered.
    Asked,
    /// The earlier owner agreed; it may be completed.
    Agreed,
    /// The earlier owner refused.
    Declined,
    /// The unit was taken over.
    Done,
    /// It was taken over, and the earlier owner took it back.
    Undone,
}

impl TakeoverState {
    /// Every state.
    pub const ALL: [TakeoverState; 6] = [
        TakeoverState::Announced,
        TakeoverState::Asked,
        TakeoverState::Agreed,
        TakeoverState::Declined,
        TakeoverState::Done,
        TakeoverState::Undone,
    ];

    /// The name in the store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            TakeoverState::Announced => "announced",
            TakeoverState::Asked => "asked",
            TakeoverState::Agreed => "agreed",
            TakeoverState::Declined => "declined",
            TakeoverState::Done => "done",
            TakeoverState::Undone => "undone",
        }
    }

    /// Reads the name.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// A customer's takeover of a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Takeover {
    /// The registration that it ends.
    pub device: DeviceId,
    /// The customer who takes the unit over.
    pub customer: CustomerId,
    /// The takeover's state.
    pub state: TakeoverState,
    /// Until when the earlier owner may answer, or an agreed takeover may be completed.
    pub answer_by: Time,
    /// The registration that replaced the earlier one, once the takeover is done.
    pub successor: Option<DeviceId>,
    /// The generation of the earlier owner's consent at the takeover. If it differs now, the consent was withdrawn
    /// since, and with it the earlier registration.
    pub consent_generation: Option<ConsentGeneration>,
}

/// The earlier owner's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TakeoverAnswer {
    /// The other customer may have the unit.
    Agree,
    /// The other customer may not have it.
    Decline,
    /// The unit is taken back.
    Undo,
}

impl Takeover {
    /// Whether the takeover may be completed now.
    #[must_use]
    pub fn can_complete(&self, policy: TakeoverPolicy, now: Time) -> bool {
        let state = match policy {
            TakeoverPolicy::Allow => {
                matches!(self.state, TakeoverState::Announced | TakeoverState::Asked | TakeoverState::Agreed)
            }
            TakeoverPolicy::Confirm => self.state == TakeoverState::Agreed,
            TakeoverPolicy::Never => false,
        };
        state && now < self.answer_by
    }

    /// The answers that the earlier owner may give now.
    #[must_use]
    pub fn allowed_answers(&self, now: Time) -> &'static [TakeoverAnswer] {
        match self.state {
            _ if now >= self.answer_by => &[],
            TakeoverState::Announced | TakeoverState::Agreed => &[TakeoverAnswer::Decline],
            TakeoverState::Asked => &[TakeoverAnswer::Agree, TakeoverAnswer::Decline],
            TakeoverState::Done => &[TakeoverAnswer::Undo],
            TakeoverState::Declined | TakeoverState::Undone => &[],
        }
    }

    /// The state after an answer.
    #[must_use]
    pub fn state_after(answer: TakeoverAnswer) -> TakeoverState {
        match answer {
            TakeoverAnswer::Agree => TakeoverState::Agreed,
            TakeoverAnswer::Decline => TakeoverState::Declined,
            TakeoverAnswer::Undo => TakeoverState::Undone,
        }
    }
}

/// The next step when a customer sets up another customer's unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TakeoverStep {
    /// The takeover may be completed.
    Complete,
    /// A new attempt begins, in this state; the earlier owner is notified by mail.
    Begin(TakeoverState),
    /// The earlier owner was asked and may still answer.
    Wait,
    /// The maker does not allow it; it counts as an attempt.
    Forbidden,
    /// The earlier owner refused, or took the unit back.
    Declined,
}

/// The next step when a customer sets up a unit of another one. `found` is the recorded takeover of the same customer
/// and registration.
#[must_use]
pub fn next_step(policy: TakeoverPolicy, found: Option<&Takeover>, now: Time) -> TakeoverStep {
    match (policy, found) {
        (_, Some(Takeover { state: TakeoverState::Declined | TakeoverState::Undone, .. })) => TakeoverStep::Declined,
        (TakeoverPolicy::Never, _) => TakeoverStep::Forbidden,
        (_, Some(found)) if found.can_complete(policy, now) => TakeoverStep::Complete,
        (TakeoverPolicy::Confirm, Some(found)) if found.state == TakeoverState::Asked && now < found.answer_by => {
            TakeoverStep::Wait
        }
        (TakeoverPolicy::Confirm, _) => TakeoverStep::Begin(TakeoverState::Asked),
        (TakeoverPolicy::Allow, _) => TakeoverStep::Begin(TakeoverState::Announced),
    }
}

/// The times at which a customer tried to take over units within the last day, oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct TakeoverAttempts(Vec<Time>);

/// How long an attempt counts.
const ATTEMPT_WINDOW: Span = Span::from_hours(24);
/// The number of attempts a day without a wait.
const FREE_ATTEMPTS: u32 = 2;
/// The wait after the first attempt that is not free; each further one doubles it.
const FIRST_WAIT: Span = Span::from_mins(1);

impl TakeoverAttempts {
    /// Reads the form that [`Display`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let times =
            text.split(' ').filter(|part| !part.is_empty()).map(|part| part.parse().ok().map(Time::from_micros));
        times.collect::<Option<_>>().map(Self)
    }

    /// The times, oldest first.
    #[must_use]
    pub fn times(&self) -> &[Time] {
        &self.0
    }

    /// Records an attempt.
    ///
    /// # Errors
    /// The number of seconds to wait, if there were `per_day` attempts in the last day, or the last one was too recent.
    pub fn record_attempt(&mut self, now: Time, per_day: u32) -> Result<(), i64> {
        self.0.retain(|at| now.since(*at) < ATTEMPT_WINDOW);
        let made = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        let again = match (self.0.first(), self.0.last()) {
            _ if per_day == 0 => Some(now + ATTEMPT_WINDOW),
            (Some(oldest), _) if made >= per_day => Some(*oldest + ATTEMPT_WINDOW),
            (_, Some(last)) if made >= FREE_ATTEMPTS => {
                Some(*last + Span::from_micros(FIRST_WAIT.as_micros() << (made - FREE_ATTEMPTS).min(10)))
            }
            _ => None,
        };
        match again.filter(|again| *again > now) {
            Some(again) => Err(again.since(now).as_secs() + 1),
            None => {
                self.0.push(now);
                Ok(())
            }
        }
    }
}

impl Display for TakeoverAttempts {
    fn fmt(&self, f: &mut Formatter<'_>) -> Written {
        for (n, at) in self.0.iter().enumerate() {
            write!(f, "{}{}", if n == 0 { "" } else { " " }, at.as_micros())?;
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "takeover_tests.rs"]
mod tests;
