//! Takeovers: every policy in every state, and the rate limit.

use super::*;
use uuid::Uuid;

fn at(minutes: i64) -> Time {
    Time::from_secs(1_000_000 + minutes * 60)
}

fn takeover(state: TakeoverState) -> Takeover {
    let (device, customer) = (DeviceId(Uuid::from_u128(1)), CustomerId(Uuid::from_u128(2)));
    Takeover { device, customer, state, answer_by: at(60), successor: None, consent_generation: None }
}

#[test]
fn each_policy_takes_its_step_in_each_state() {
    use TakeoverPolicy::{Allow, Confirm, Never};
    use TakeoverState::{Agreed, Announced, Asked, Declined, Undone};
    for (policy, state, step_in_time, step_after) in [
        (Allow, None, TakeoverStep::Begin(Announced), TakeoverStep::Begin(Announced)),
        (Allow, Some(Announced), TakeoverStep::Complete, TakeoverStep::Begin(Announced)),
        (Allow, Some(Asked), TakeoverStep::Complete, TakeoverStep::Begin(Announced)),
        (Allow, Some(Agreed), TakeoverStep::Complete, TakeoverStep::Begin(Announced)),
        (Allow, Some(Declined), TakeoverStep::Declined, TakeoverStep::Declined),
        (Allow, Some(Undone), TakeoverStep::Declined, TakeoverStep::Declined),
        (Confirm, None, TakeoverStep::Begin(Asked), TakeoverStep::Begin(Asked)),
        (Confirm, Some(Announced), TakeoverStep::Begin(Asked), TakeoverStep::Begin(Asked)),
        (Confirm, Some(Asked), TakeoverStep::Wait, TakeoverStep::Begin(Asked)),
        (Confirm, Some(Agreed), TakeoverStep::Complete, TakeoverStep::Begin(Asked)),
        (Confirm, Some(Declined), TakeoverStep::Declined, TakeoverStep::Declined),
        (Confirm, Some(Undone), TakeoverStep::Declined, TakeoverStep::Declined),
        (Never, None, TakeoverStep::Forbidden, TakeoverStep::Forbidden),
        (Never, Some(Agreed), TakeoverStep::Forbidden, TakeoverStep::Forbidden),
        (Never, Some(Undone), TakeoverStep::Declined, TakeoverStep::Declined),
    ] {
        let found = state.map(takeover);
        assert_eq!(next_step(policy, found.as_ref(), at(59)), step_in_time, "{policy:?} {state:?}");
        assert_eq!(next_step(policy, found.as_ref(), at(60)), step_after, "{policy:?} {state:?} afterwards");
        let completes = step_in_time == TakeoverStep::Complete;
        assert_eq!(found.is_some_and(|found| found.can_complete(policy, at(59))), completes, "{policy:?} {state:?}");
    }
}

#[test]
fn an_owner_answers_what_is_asked_and_only_in_time() {
    for (state, answers) in [
        (TakeoverState::Announced, &[TakeoverAnswer::Decline][..]),
        (TakeoverState::Asked, &[TakeoverAnswer::Agree, TakeoverAnswer::Decline]),
        (TakeoverState::Agreed, &[TakeoverAnswer::Decline]),
        (TakeoverState::Declined, &[]),
        (TakeoverState::Done, &[TakeoverAnswer::Undo]),
        (TakeoverState::Undone, &[]),
    ] {
        assert_eq!(takeover(state).allowed_answers(at(59)), answers, "{state:?}");
        assert_eq!(takeover(state).allowed_answers(at(60)), [], "{state:?} afterwards");
    }
}

#[test]
fn each_attempt_waits_longer_and_a_day_has_its_number() {
    let (mut attempts, mut now, mut waits) = (TakeoverAttempts::default(), at(0), Vec::new());
    for _ in 0..5 {
        let waited = attempts.clone().record_attempt(now, 5).err().unwrap_or(0);
        waits.push(waited);
        now = now + Span::from_secs(waited);
        assert_eq!(attempts.record_attempt(now, 5), Ok(()));
        assert_eq!(TakeoverAttempts::parse(&attempts.to_string()), Some(attempts.clone()));
    }
    assert_eq!(waits, [0, 0, 61, 121, 241]);
    let left = attempts.record_attempt(now, 5).unwrap_err();
    assert_eq!(now + Span::from_secs(left - 1), at(0) + Span::from_hours(24), "until the first one is a day old");
    assert_eq!(attempts.record_attempt(at(0) + Span::from_hours(24), 5), Ok(()));
    assert!(TakeoverAttempts::default().record_attempt(at(0), 0).is_err(), "none at all");
    assert_eq!(TakeoverAttempts::parse("x"), None);
}

#[test]
fn words_are_read_as_they_are_written() {
    assert!(TakeoverPolicy::ALL.iter().all(|policy| TakeoverPolicy::parse(policy.as_str()) == Some(*policy)));
    assert!(TakeoverState::ALL.iter().all(|state| TakeoverState::parse(state.as_str()) == Some(*state)));
    assert_eq!((TakeoverPolicy::parse("ask"), TakeoverState::parse("")), (None, None));
    assert_eq!(Takeover::state_after(TakeoverAnswer::Undo), TakeoverState::Undone);
}
