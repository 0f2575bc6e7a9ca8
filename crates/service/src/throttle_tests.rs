//! The throttle of guesses: waits grow and end, and concurrent tries gain nothing.

use super::*;

fn now() -> Time {
    Time::from_secs(1_000_000)
}

fn at<'a>(what: &'a str, source: &'a str) -> CredentialAttempt<'a> {
    CredentialAttempt { subject: what, source }
}

/// Records a failure, and returns the wait of the next try in seconds.
fn fail(throttle: &GuessThrottle, tried: CredentialAttempt<'_>, now: Time) -> i64 {
    failed(throttle, tried, now);
    wait_of(throttle, tried, now).unwrap_or(0)
}

fn failed(throttle: &GuessThrottle, tried: CredentialAttempt<'_>, now: Time) {
    throttle.record_failure(&mut throttle.table().entries, &tried.keys(), now);
}

fn wait_of(throttle: &GuessThrottle, tried: CredentialAttempt<'_>, now: Time) -> Option<i64> {
    seconds_to_wait(&throttle.table().entries, &tried.keys(), now)
}

fn succeeded(throttle: &GuessThrottle, tried: CredentialAttempt<'_>, now: Time) {
    throttle.record_success(&tried.keys(), now);
}

#[test]
fn waits_grow_and_end() {
    let throttle = GuessThrottle::for_people();
    let waits: Vec<_> = (0..8).map(|_| fail(&throttle, at("a", "here"), now())).collect();
    assert_eq!(waits, [0, 0, 0, 0, 0, 3, 5, 9]);
    assert_eq!(wait_of(&throttle, at("b", "there"), now()), None);
    assert_eq!(wait_of(&throttle, at("a", "here"), now() + Span::from_mins(16)), None, "time undoes it");
}

#[test]
fn a_success_undoes_what_was_failed_at_its_source() {
    let throttle = GuessThrottle::for_people();
    for _ in 0..5 {
        failed(&throttle, at("a", "here"), now());
    }
    succeeded(&throttle, at("a", "here"), now());
    assert_eq!(fail(&throttle, at("a", "elsewhere"), now()), 0);
    assert_eq!(wait_of(&throttle, at("a", "here"), now()), None);
}

#[test]
fn a_source_that_guesses_at_many_names_waits() {
    let throttle = GuessThrottle::for_people();
    let waits: Vec<_> = (0..7).map(|n| fail(&throttle, at(&n.to_string(), "here"), now())).collect();
    assert_eq!(waits, [0, 0, 0, 0, 0, 3, 5]);
    assert_eq!(wait_of(&throttle, at("0", "elsewhere"), now()), None);
    let programs = GuessThrottle::for_programs();
    assert!((0..7).all(|n| fail(&programs, at(&n.to_string(), "here"), now()) == 0));
}

#[test]
fn a_name_that_is_guessed_at_from_everywhere_is_open_to_who_has_not_failed() {
    let throttle = GuessThrottle::for_people();
    let waits: Vec<_> = (0..1000).map(|n| fail(&throttle, at("a", &n.to_string()), now())).collect();
    assert!(waits[..20].iter().all(|wait| *wait == 0) && waits[20..].iter().all(|wait| *wait == 3), "{waits:?}");
    assert_eq!(wait_of(&throttle, at("a", "its owner's"), now()), None);
}

#[test]
fn whoever_has_a_network_has_not_all_its_addresses_to_guess_from() {
    for network in ["10.1.2.", "2001:db8:7:"] {
        let throttle = GuessThrottle::for_people();
        let source =
            |n: u32| if network.contains(':') { format!("{network}{n:x}::/64") } else { format!("{network}{n}") };
        let waits: Vec<_> = (0..32).map(|n| fail(&throttle, at("a", &source(n)), now())).collect();
        assert_eq!(waits[..20], [0; 20]);
        assert!(waits[20] == 3 && waits[31] == 61, "{waits:?}");
        let wait = |from: &str| wait_of(&throttle, at("a", from), now());
        assert_eq!((wait(&source(99)), wait("10.1.3.9"), wait("2001:db8:8:1::/64")), (Some(61), None, None));
    }
}

#[test]
fn what_is_long_over_is_forgotten() {
    let throttle = GuessThrottle::for_programs();
    failed(&throttle, at("a", "here"), now());
    succeeded(&throttle, at("b", "there"), now());
    assert!(!throttle.is_empty());
    succeeded(&throttle, at("b", "there"), now() + Span::from_mins(16));
    assert!(throttle.is_empty());
}

#[test]
fn memory_is_bounded_and_those_who_wait_longest_stay() {
    let throttle = GuessThrottle::for_people();
    for _ in 0..12 {
        failed(&throttle, at("a", "here"), now());
    }
    for n in 0..MAX_ENTRIES {
        failed(&throttle, at("b", &n.to_string()), now());
        assert!(throttle.table().entries.len() <= MAX_ENTRIES);
    }
    assert_eq!(wait_of(&throttle, at("a", "here"), now()), Some(129), "two to the seventh");
    failed(&throttle, at("b", "there"), now() + Span::from_mins(1));
    assert!(!throttle.is_empty());
}

#[test]
fn tries_at_once_are_no_more_than_tries_in_a_row() {
    let throttle = GuessThrottle::for_people();
    let begun: Vec<_> = (0..500).filter_map(|_| throttle.begin(at("a", "here"), now()).ok()).collect();
    assert_eq!(begun.len(), 5);
    assert_eq!(throttle.begin(at("a", "here"), now()).err(), Some(PENDING_WAIT_SECS));
    begun.into_iter().for_each(|attempt| attempt.mark_failed(now()));
    let next = throttle.begin(at("a", "here"), now()).expect("the last that costs nothing");
    assert!(throttle.begin(at("a", "here"), now()).is_err(), "one at a time from here on");
    next.mark_failed(now());
    assert_eq!(throttle.begin(at("a", "here"), now()).err(), Some(3));
}

#[test]
fn a_source_tries_a_few_names_at_once_and_waits_after_its_failures() {
    let throttle = GuessThrottle::for_people();
    let names: Vec<_> = (0..100).map(|n| n.to_string()).collect();
    let begun: Vec<_> = names.iter().filter_map(|name| throttle.begin(at(name, "here"), now()).ok()).collect();
    assert_eq!(begun.len(), 20);
    assert!(throttle.begin(at("100", "elsewhere"), now()).is_ok());
    begun.into_iter().for_each(|attempt| attempt.mark_failed(now()));
    assert!(throttle.begin(at("100", "here"), now()).is_err_and(|wait| wait > 60));
}

#[test]
fn a_try_that_succeeds_or_is_not_made_leaves_nothing() {
    let throttle = GuessThrottle::for_people();
    for _ in 0..100 {
        throttle.begin(at("a", "here"), now()).expect("none failed").mark_succeeded(now());
        drop(throttle.begin(at("a", "here"), now()).expect("none failed"));
    }
    assert!(throttle.is_empty());
}

#[test]
fn a_right_proof_counts_for_nothing_while_its_sender_has_to_wait() {
    let throttle = GuessThrottle::for_programs();
    let tried = at("client", "here");
    let answers: Vec<_> = (0..8).map(|_| throttle.check(tried, now(), || false)).collect();
    assert_eq!(answers[..6], [const { Ok(false) }; 6]);
    assert_eq!(answers[6..], [Err(3), Err(3)]);
    assert_eq!(throttle.check(tried, now(), || true), Err(3));
    assert_eq!(throttle.check(at("client", "elsewhere"), now(), || true), Ok(true));
    let later = now() + Span::from_secs(3);
    assert_eq!(throttle.check(tried, later, || true), Ok(true));
    assert_eq!(throttle.check(tried, later, || false), Ok(false), "forgiven");
}

#[test]
fn a_clock_that_is_set_back_makes_nobody_wait_longer_than_the_longest_wait() {
    let throttle = GuessThrottle::for_people();
    let last = (0..20).map(|_| fail(&throttle, at("a", "here"), now())).max();
    assert_eq!(last, Some(MAX_WAIT.as_secs() + 1));
    for back in [0, 1, 10, 14, 16, 60, 24 * 60] {
        let waits = wait_of(&throttle, at("a", "here"), now() - Span::from_mins(back)).unwrap_or(0);
        assert!(waits <= MAX_WAIT.as_secs() + 1, "{waits} s, {back} minutes back");
        assert!(back <= 15 || waits == 0, "{waits} s, {back} minutes back");
    }
    // Further guesses wait by the clock as it is now.
    let earlier = now() - Span::from_mins(24 * 60);
    assert_eq!(fail(&throttle, at("a", "here"), earlier), MAX_WAIT.as_secs() + 1);
}
