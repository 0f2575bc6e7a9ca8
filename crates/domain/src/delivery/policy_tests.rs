//! What outcomes lead to, and which policies are taken.

use super::*;
use crate::publication::Refusal;

fn waits(policy: &str) -> Vec<i64> {
    let policy = Policy::parse(policy).unwrap();
    (1..).map_while(|attempt| policy.wait(attempt)).map(Span::secs).collect()
}

#[test]
fn phases_follow_one_another() {
    assert_eq!(waits("sns"), [20, 20, 20]);
    let phases = r#"{"healthyRetryPolicy":{"minDelayTarget":1,"maxDelayTarget":60,"numRetries":50,
        "numNoDelayRetries":3,"numMinDelayRetries":2,"numMaxDelayRetries":35,"backoffFunction":"exponential"}}"#;
    assert_eq!(waits(phases)[..16], [0, 0, 0, 1, 1, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60]);
    assert_eq!(waits(phases).len(), 50);
    for (function, wanted) in
        [("linear", [10, 20, 30, 40]), ("arithmetic", [10, 15, 25, 40]), ("geometric", [10, 15, 25, 40])]
    {
        let policy = format!(
            r#"{{"healthyRetryPolicy":{{"minDelayTarget":10,"maxDelayTarget":40,"numRetries":4,"backoffFunction":"{function}"}}}}"#
        );
        assert_eq!(waits(&policy), wanted, "{function}");
    }
    assert_eq!(waits("extended").iter().sum::<i64>() / 3600, 75);
}

fn began() -> Time {
    Time::from_secs(1_520_139_967)
}

#[test]
fn what_an_answer_means() {
    let [sns, extended] = ["sns", "extended"].map(|text| Policy::parse(text).unwrap());
    let after = |policy: &Policy, outcome: Outcome| policy.after(1, &outcome, began(), began(), 0);
    for status in [200, 204, 299] {
        assert_eq!(after(&sns, Outcome::Answered(status, None)), Next::Delivered);
    }
    for status in [500, 503, 599, 429] {
        assert_eq!(after(&sns, Outcome::Answered(status, None)), Next::Retry(began() + Span::from_secs(20)));
    }
    for status in [301, 400, 403, 404, 410] {
        assert!(matches!(after(&sns, Outcome::Answered(status, None)), Next::Dead(_)), "{status}");
    }
    assert_eq!(after(&sns, Outcome::Answered(429, Some(90))), Next::Retry(began() + Span::from_secs(90)));
    let most = Next::Retry(began() + Span::from_secs(3600));
    assert_eq!(after(&sns, Outcome::Answered(503, Some(999_999_999_999))), most, "not given up for that");
    assert_eq!(after(&sns, Outcome::Silent("reset".into())), Next::Retry(began() + Span::from_secs(20)));
    assert!(matches!(after(&extended, Outcome::Answered(410, None)), Next::Gone(_)));
    assert_eq!(after(&extended, Outcome::Answered(404, None)), Next::Retry(began() + Span::from_secs(5)));
    assert!(matches!(after(&extended, Outcome::Forbidden("no".into())), Next::Dead(_)));
}

#[test]
fn what_a_refusal_of_sns_means() {
    let [sns, extended] = ["sns", "extended"].map(|text| Policy::parse(text).unwrap());
    let after = |policy: &Policy, status, code: &str| {
        policy.after(1, &Outcome::Refused(Refusal { status, code: code.into() }), began(), began(), 0)
    };
    assert_eq!(after(&sns, 400, "Throttling"), Next::Retry(began() + Span::from_secs(20)));
    assert_eq!(
        after(&sns, 403, "AuthorizationError"),
        Next::Dead("SNS answered 403 AuthorizationError, which is final".into())
    );
    assert_eq!(after(&extended, 404, "NotFound"), Next::Retry(began() + Span::from_secs(5)));
    assert_eq!(after(&extended, 410, ""), Next::Retry(began() + Span::from_secs(5)));
}

#[test]
fn nothing_is_tried_after_the_last_attempt_or_after_an_hour() {
    let sns = Policy::parse("sns").unwrap();
    let silent = Outcome::Silent("no answer".into());
    assert_eq!(sns.after(4, &silent, began(), began(), 0), Next::Dead("no answer; attempt 4 was the last".into()));
    let late = began() + Span::from_secs(3590);
    assert_eq!(sns.after(1, &silent, began(), late, 0), Next::Dead("no answer; an hour of attempts is over".into()));
    assert_eq!(sns.after(1, &silent, began(), began(), 255), Next::Retry(began() + Span::from_secs(22)));
}

#[test]
fn a_policy_is_taken_as_sns_writes_it() {
    let retries = |text: &str| waits(text).len();
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
        let policy = Policy::parse(form).unwrap();
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
        let error = Policy::parse(policy).unwrap_err();
        assert!(error.contains(says), "{error}");
    }
    assert_eq!(Policy::parse(r#"{"throttlePolicy":{"maxReceivesPerSecond":5}}"#).unwrap().per_second(), Some(5));
}
