//! Decisions after outcomes, and which policy documents are accepted.

use super::*;
use crate::publication::PublishRejection;

fn retry_waits(policy: &str) -> Vec<i64> {
    let policy = DeliveryPolicy::parse(policy).unwrap();
    (1..).map_while(|attempt| policy.retry_wait(attempt)).map(Span::as_secs).collect()
}

#[test]
fn phases_follow_one_another() {
    assert_eq!(retry_waits("sns"), [20, 20, 20]);
    let phases = r#"{"healthyRetryPolicy":{"minDelayTarget":1,"maxDelayTarget":60,"numRetries":50,
        "numNoDelayRetries":3,"numMinDelayRetries":2,"numMaxDelayRetries":35,"backoffFunction":"exponential"}}"#;
    assert_eq!(retry_waits(phases)[..16], [0, 0, 0, 1, 1, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60]);
    assert_eq!(retry_waits(phases).len(), 50);
    for (function, wanted) in
        [("linear", [10, 20, 30, 40]), ("arithmetic", [10, 15, 25, 40]), ("geometric", [10, 15, 25, 40])]
    {
        let policy = format!(
            r#"{{"healthyRetryPolicy":{{"minDelayTarget":10,"maxDelayTarget":40,"numRetries":4,"backoffFunction":"{function}"}}}}"#
        );
        assert_eq!(retry_waits(&policy), wanted, "{function}");
    }
    assert_eq!(retry_waits("extended").iter().sum::<i64>() / 3600, 75);
}

fn first_attempt_at() -> Time {
    Time::from_secs(1_520_139_967)
}

#[test]
fn what_an_answer_means() {
    let [sns, extended] = ["sns", "extended"].map(|text| DeliveryPolicy::parse(text).unwrap());
    let after = |policy: &DeliveryPolicy, outcome: AttemptOutcome| {
        policy.decide_after_attempt(1, &outcome, first_attempt_at(), first_attempt_at(), 0)
    };
    for status in [200, 204, 299] {
        assert_eq!(after(&sns, AttemptOutcome::Responded(status, None)), DeliveryDecision::Delivered);
    }
    for status in [500, 503, 599, 429] {
        assert_eq!(
            after(&sns, AttemptOutcome::Responded(status, None)),
            DeliveryDecision::Retry(first_attempt_at() + Span::from_secs(20))
        );
    }
    for status in [301, 400, 403, 404, 410] {
        assert!(matches!(after(&sns, AttemptOutcome::Responded(status, None)), DeliveryDecision::Dead(_)), "{status}");
    }
    assert_eq!(
        after(&sns, AttemptOutcome::Responded(429, Some(90))),
        DeliveryDecision::Retry(first_attempt_at() + Span::from_secs(90))
    );
    let most = DeliveryDecision::Retry(first_attempt_at() + Span::from_secs(3600));
    assert_eq!(after(&sns, AttemptOutcome::Responded(503, Some(999_999_999_999))), most, "not given up for that");
    assert_eq!(
        after(&sns, AttemptOutcome::NoResponse("reset".into())),
        DeliveryDecision::Retry(first_attempt_at() + Span::from_secs(20))
    );
    assert!(matches!(after(&extended, AttemptOutcome::Responded(410, None)), DeliveryDecision::ReceiverGone(_)));
    assert_eq!(
        after(&extended, AttemptOutcome::Responded(404, None)),
        DeliveryDecision::Retry(first_attempt_at() + Span::from_secs(5))
    );
    assert!(matches!(after(&extended, AttemptOutcome::AddressForbidden("no".into())), DeliveryDecision::Dead(_)));
}

#[test]
fn what_a_refusal_of_sns_means() {
    let [sns, extended] = ["sns", "extended"].map(|text| DeliveryPolicy::parse(text).unwrap());
    let after = |policy: &DeliveryPolicy, status, code: &str| {
        policy.decide_after_attempt(
            1,
            &AttemptOutcome::PublishRejected(PublishRejection { status, code: code.into() }),
            first_attempt_at(),
            first_attempt_at(),
            0,
        )
    };
    assert_eq!(after(&sns, 400, "Throttling"), DeliveryDecision::Retry(first_attempt_at() + Span::from_secs(20)));
    assert_eq!(
        after(&sns, 403, "AuthorizationError"),
        DeliveryDecision::Dead("SNS answered 403 AuthorizationError, which is final".into())
    );
    assert_eq!(after(&extended, 404, "NotFound"), DeliveryDecision::Retry(first_attempt_at() + Span::from_secs(5)));
    assert_eq!(after(&extended, 410, ""), DeliveryDecision::Retry(first_attempt_at() + Span::from_secs(5)));
}

#[test]
fn nothing_is_tried_after_the_last_attempt_or_after_an_hour() {
    let sns = DeliveryPolicy::parse("sns").unwrap();
    let silent = AttemptOutcome::NoResponse("no answer".into());
    assert_eq!(
        sns.decide_after_attempt(4, &silent, first_attempt_at(), first_attempt_at(), 0),
        DeliveryDecision::Dead("no answer; attempt 4 was the last".into())
    );
    let late = first_attempt_at() + Span::from_secs(3590);
    assert_eq!(
        sns.decide_after_attempt(1, &silent, first_attempt_at(), late, 0),
        DeliveryDecision::Dead("no answer; an hour of attempts is over".into())
    );
    assert_eq!(
        sns.decide_after_attempt(1, &silent, first_attempt_at(), first_attempt_at(), 255),
        DeliveryDecision::Retry(first_attempt_at() + Span::from_secs(22))
    );
}

#[test]
fn a_policy_is_taken_as_sns_writes_it() {
    let retries = |text: &str| retry_waits(text).len();
    for (policy, wanted) in [
        (
            r#"{"healthyRetryPolicy":{"numRetries":2},"sicklyRetryPolicy":null,"throttlePolicy":null,"guaranteed":false}"#,
            2,
        ),
        (r#"{"healthyRetryPolicy":null,"sicklyRetryPolicy":{"numRetries":9}}"#, 3),
        (r#"{"healthyRetryPolicy":{"numRetries":5,"backoffFunction":null}}"#, 5),
        (r#"{"http":{"defaultHealthyRetryPolicy":{"numRetries":1},"disableSubscriptionOverrides":true}}"#, 1),
    ] {
        assert_eq!(retries(policy), wanted, "{policy}");
    }
    for form in [
        r#"{"requestPolicy":{"headerContentType":"application/json; charset=UTF-8"}}"#,
        r#"{"http":{"defaultRequestPolicy":{"headerContentType":"application/json; charset=UTF-8"}}}"#,
    ] {
        let policy = DeliveryPolicy::parse(form).unwrap();
        assert_eq!(policy.content_type(), Some("application/json; charset=UTF-8"));
    }
}

#[test]
fn a_policy_out_of_range_says_which_rule_it_breaks() {
    for (policy, says) in [
        (r#"{"healthyRetryPolicy":{"minDelayTarget":30}}"#, "minDelayTarget is 1 to maxDelayTarget"),
        (r#"{"healthyRetryPolicy":{"maxDelayTarget":3601}}"#, "maxDelayTarget is 1 to 3600"),
        (r#"{"healthyRetryPolicy":{"numRetries":101}}"#, "numRetries is 0 to 100"),
        (r#"{"healthyRetryPolicy":{"numNoDelayRetries":4}}"#, "together at most numRetries"),
        (r#"{"throttlePolicy":{"maxReceivesPerSecond":0}}"#, "maxReceivesPerSecond is 1 or more"),
        (r#"{"healthyRetries":{}}"#, "unknown field `healthyRetries`"),
        (r#"{"healthyRetryPolicy":7}"#, "`sns`, `extended`, or the JSON"),
        (r#"{"requestPolicy":{"headerContentType":"a b"}}"#, "headerContentType is a media type"),
        ("often", "`often` is no delivery policy: write `sns`, `extended`"),
    ] {
        let error = DeliveryPolicy::parse(policy).unwrap_err();
        assert!(error.contains(says), "{error}");
    }
    assert_eq!(
        DeliveryPolicy::parse(r#"{"throttlePolicy":{"maxReceivesPerSecond":5}}"#).unwrap().max_per_second(),
        Some(5)
    );
}
