//! The states of a mail, and what follows an attempt to send it.
//!
//! Not here: its content. Invariant: a mail that ended is never tried again by itself.

use crate::time::{Span, Time};

/// The state of a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MailState {
    /// It is sent when it is due.
    Waiting,
    /// A node is sending it; when its lease ends, another node may.
    Sending,
    /// A mail server accepted it.
    Sent,
    /// No mail server is configured: it is kept for inspection.
    Kept,
    /// All attempts failed.
    Dead,
    /// It was not sent: its device reached the daily limit, or its recipient's account was deleted.
    Suppressed,
}

impl MailState {
    /// Every state.
    pub const ALL: [MailState; 6] = [
        MailState::Waiting,
        MailState::Sending,
        MailState::Sent,
        MailState::Kept,
        MailState::Dead,
        MailState::Suppressed,
    ];

    /// The name in the store and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            MailState::Waiting => "waiting",
            MailState::Sending => "sending",
            MailState::Sent => "sent",
            MailState::Kept => "kept",
            MailState::Dead => "dead",
            MailState::Suppressed => "suppressed",
        }
    }

    /// Reads the name.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// The outcome of an attempt to send a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailOutcome {
    /// The mail server accepted it.
    Sent,
    /// There is no mail server, so it is kept.
    Kept,
    /// A temporary failure; the reason.
    TransientFailure(String),
    /// The mail server rejected it for good; the reason.
    PermanentFailure(String),
    /// It was not sent, since its device reached the daily limit.
    OverLimit,
    /// It was not sent, since its recipient's account, or its device, no longer exists.
    RecipientGone,
}

/// The decision after an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailDecision {
    /// The mail ends in this state; the reason, if it is dead.
    Finished(MailState, Option<String>),
    /// Retry at this time; the reason.
    Retry(Time, String),
}

/// The waits before each retry: about three days in all.
const RETRY_WAITS: [Span; 10] = [
    Span::from_mins(1),
    Span::from_mins(5),
    Span::from_mins(15),
    Span::from_hours(1),
    Span::from_hours(3),
    Span::from_hours(6),
    Span::from_hours(12),
    Span::from_hours(12),
    Span::from_hours(18),
    Span::from_hours(20),
];

/// Decides after attempt number `attempt`, from 1.
#[must_use]
pub fn decide_after_attempt(attempt: i64, outcome: &MailOutcome, now: Time) -> MailDecision {
    let wait = usize::try_from(attempt - 1).ok().and_then(|n| RETRY_WAITS.get(n));
    match (outcome, wait) {
        (MailOutcome::Sent, _) => MailDecision::Finished(MailState::Sent, None),
        (MailOutcome::Kept, _) => MailDecision::Finished(MailState::Kept, None),
        (MailOutcome::TransientFailure(why), Some(wait)) => MailDecision::Retry(now + *wait, why.clone()),
        (MailOutcome::TransientFailure(why), None) => {
            MailDecision::Finished(MailState::Dead, Some(format!("{why}; it was tried for three days")))
        }
        (MailOutcome::OverLimit, _) => MailDecision::Finished(
            MailState::Suppressed,
            Some("its device caused more mails today than limits.mails_per_day".into()),
        ),
        (MailOutcome::RecipientGone, _) => {
            MailDecision::Finished(MailState::Suppressed, Some("the account of its recipient was deleted".into()))
        }
        (MailOutcome::PermanentFailure(why), _) => MailDecision::Finished(MailState::Dead, Some(why.clone())),
    }
}
