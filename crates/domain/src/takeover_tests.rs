//! Takeovers: every policy in every state, and the brake.

use super::*;
use uuid::Uuid;

fn at(minutes: i64) -> Time {
    Time::from_secs(1_000_000 + minutes * 60)
}

fn takeover(state: State) -> Takeover {
    let (device, customer) = (DeviceId(Uuid::from_u128(1)), CustomerId(Uuid::from_u128(2)));
    Takeover { device, customer, state, answer_by: at(60), successor: None, consent: None }
}

#[test]
fn each_policy_takes_its_step_in_each_state() {
    use Policy::{Allow, Confirm, Never};
    use State::{Agreed, Announced, Asked, Declined, Undone};
    for (policy, state, step_in_time, step_after) in [
        (Allow, None, Step::Begin(Announced), Step::Begin(Announced)),
        (Allow, Some(Announced), Step::Complete, Step::Begin(Announced)),
        (Allow, Some(Asked), Step::Complete, Step::Begin(Announced)),
        (Allow, Some(Agreed), Step::Complete, Step::Begin(Announced)),
        (Allow, Some(Declined), Step::Declined, Step::Declined),
        (Allow, Some(Undone), Step::Declined, Step::Declined),
        (Confirm, None, Step::Begin(Asked), Step::Begin(Asked)),
        (Confirm, Some(Announced), Step::Begin(Asked), Step::Begin(Asked)),
        (Confirm, Some(Asked), Step::Wait, Step::Begin(Asked)),
        (Confirm, Some(Agreed), Step::Complete, Step::Begin(Asked)),
        (Confirm, Some(Declined), Step::Declined, Step::Declined),
        (Confirm, Some(Undone), Step::Declined, Step::Declined),
        (Never, None, Step::Forbidden, Step::Forbidden),
        (Never, Some(Agreed), Step::Forbidden, Step::Forbidden),
        (Never, Some(Undone), Step::Declined, Step::Declined),
    ] {
        let found = state.map(takeover);
        assert_eq!(step(policy, found.as_ref(), at(59)), step_in_time, "{policy:?} {state:?}");
        assert_eq!(step(policy, found.as_ref(), at(60)), step_after, "{policy:?} {state:?} afterwards");
        let completes = step_in_time == Step::Complete;
        assert_eq!(found.is_some_and(|found| found.may_complete(policy, at(59))), completes, "{policy:?} {state:?}");
    }
}

#[test]
fn an_owner_answers_what_is_asked_and_only_in_time() {
    for (state, answers) in [
        (State::Announced, &[Answer::Decline][..]),
        (State::Asked, &[Answer::Agree, Answer::Decline]),
        (State::Agreed, &[Answer::Decline]),
        (State::Declined, &[]),
        (State::Done, &[Answer::Undo]),
        (State::Undone, &[]),
    ] {
        assert_eq!(takeover(state).answers(at(59)), answers, "{state:?}");
        assert_eq!(takeover(state).answers(at(60)), [], "{state:?} afterwards");
    }
}

#[test]
fn each_attempt_waits_longer_and_a_day_has_its_number() {
    let (mut attempts, mut now, mut waits) = (Attempts::default(), at(0), Vec::new());
    for _ in 0..5 {
        let waited = attempts.clone().count(now, 5).err().unwrap_or(0);
        waits.push(waited);
        now = now + Span::from_secs(waited);
        assert_eq!(attempts.count(now, 5), Ok(()));
        assert_eq!(Attempts::parse(&attempts.to_string()), Some(attempts.clone()));
    }
    assert_eq!(waits, [0, 0, 61, 121, 241]);
    let left = attempts.count(now, 5).unwrap_err();
    assert_eq!(now + Span::from_secs(left - 1), at(0) + Span::from_hours(24), "until the first one is a day old");
    assert_eq!(attempts.count(at(0) + Span::from_hours(24), 5), Ok(()));
    assert!(Attempts::default().count(at(0), 0).is_err(), "none at all");
    assert_eq!(Attempts::parse("x"), None);
}

#[test]
fn words_are_read_as_they_are_written() {
    assert!(Policy::ALL.iter().all(|policy| Policy::parse(policy.as_str()) == Some(*policy)));
    assert!(State::ALL.iter().all(|state| State::parse(state.as_str()) == Some(*state)));
    assert_eq!((Policy::parse("ask"), State::parse("")), (None, None));
    assert_eq!(Takeover::answered(Answer::Undo), State::Undone);
}
