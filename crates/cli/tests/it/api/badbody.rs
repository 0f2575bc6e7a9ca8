//! Errors in a call's body: its size, its JSON, its fields. Nothing of a refused body is written
//! (docs/spec/calls.md#request-bodies, docs/spec/calls.md#slot-status).

use super::badinput::refused;
use super::quirks::head;
use crate::harness::fixtures::FILTER;
use crate::harness::{Server, valid_body};
use opendrs_domain::version::ApiEndpoint::{self, DeviceStatus, Replenish, SlotStatus};

const LIMIT: usize = 64 * 1024;
const TOO_LARGE: &str = r#"{"message":"The body is larger than 65536 bytes."}"#;
const LEVEL: &str = "must be a finite number, zero or more, without quotes in JSON";
const DATE: &str =
    "cannot be read as a date; send RFC 3339 such as 2018-03-02T07:00:00Z, a date such as 2018-03-02, or epoch seconds";

/// A valid body, padded with blanks to a size.
fn of_size(endpoint: ApiEndpoint, size: usize) -> String {
    let body = valid_body(endpoint);
    format!("{body}{}", " ".repeat(size - body.len()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_may_have_64_kib_and_not_a_byte_more() {
    let server = Server::start().await;
    let device = server.link_default_device().await;
    for (endpoint, line) in [
        (SlotStatus, format!("POST /slotStatus/{FILTER}")),
        (DeviceStatus, "POST /deviceStatus".into()),
        (Replenish, format!("POST /replenish/{FILTER}")),
        (ApiEndpoint::SubscriptionInfo, "GET /subscriptionInfo".into()),
        (ApiEndpoint::Deregister, "DELETE /registration".into()),
    ] {
        let head = head(&line, &device, endpoint);
        let before = server.all_rows().await;
        for (size, wanted) in [(LIMIT + 1, "HTTP/1.1 413 Payload Too Large"), (LIMIT, "HTTP/1.1 200 OK")] {
            let body = of_size(endpoint, size);
            if size > LIMIT {
                let (first, rest) = body.split_at(LIMIT);
                let chunks = format!("{LIMIT:x}\r\n{first}\r\n1\r\n{rest}\r\n0\r\n\r\n");
                let chunked = server.exchange(format!("{head}Transfer-Encoding: chunked\r\n\r\n{chunks}")).await;
                chunked.assert_suits_firmware();
                assert_eq!(
                    (chunked.status_line.as_str(), chunked.body.as_str()),
                    (wanted, TOO_LARGE),
                    "{line}, chunked"
                );
            }
            let answer = server.exchange(format!("{head}Content-Length: {size}\r\n\r\n{body}")).await;
            answer.assert_suits_firmware();
            assert_eq!(answer.status_line, wanted, "{line}");
            if size > LIMIT {
                assert_eq!(answer.body, TOO_LARGE);
                assert!(answer.header("X-Amzn-Errortype").starts_with("RequestTooLargeException:"));
                assert_eq!(server.all_rows().await, before);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_says_it_is_too_large_need_not_arrive() {
    let server = Server::start().await;
    let device = server.link_default_device().await;
    for expect in ["", "Expect: 100-continue\r\n"] {
        let head = head(&format!("POST /slotStatus/{FILTER}"), &device, SlotStatus);
        let mut wire = server.open_raw_connection().await;
        wire.send(format!("{head}{expect}Content-Length: 1000000000\r\n\r\n")).await;
        let answer = wire.read_response().await;
        assert_eq!((answer.status_line.as_str(), answer.body.as_str()), ("HTTP/1.1 413 Payload Too Large", TOO_LARGE));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slot_status_is_refused_by_the_field_at_fault() {
    let server = Server::start().await;
    let device = server.link_default_device().await;
    let before = server.all_rows().await;
    let call = server.device_call(&device, SlotStatus, &format!("/slotStatus/{FILTER}"));
    let absent = "required; send a number of the slot's unit, zero or more";
    let deep = format!(r#"{{"remainingQuantityInUnit":{}"#, "[".repeat(10_000));
    let closed = format!(r#"{{"remainingQuantityInUnit":{}{}}}"#, "[".repeat(10_000), "]".repeat(10_000));
    for (body, message) in [
        ("", format!("remainingQuantityInUnit: {absent}")),
        ("{}", format!("remainingQuantityInUnit: {absent}")),
        (r#"{"remainingQuantityInUnit":1}"#, format!("originalQuantityInUnit: {absent}")),
        (
            r#"{"remainingQuantityInUnit":null,"originalQuantityInUnit":1}"#,
            format!("remainingQuantityInUnit: {absent}"),
        ),
        (r#"{"remainingQuantityInUnit":-1,"originalQuantityInUnit":1}"#, format!("remainingQuantityInUnit: {LEVEL}")),
        (
            r#"{"remainingQuantityInUnit":1,"originalQuantityInUnit":-0.001}"#,
            format!("originalQuantityInUnit: {LEVEL}"),
        ),
        (r#"{"remainingQuantityInUnit":"12","originalQuantityInUnit":1}"#, format!("remainingQuantityInUnit: {LEVEL}")),
        (r#"{"remainingQuantityInUnit":true,"originalQuantityInUnit":1}"#, format!("remainingQuantityInUnit: {LEVEL}")),
        (r#"{"remainingQuantityInUnit":[1],"originalQuantityInUnit":1}"#, format!("remainingQuantityInUnit: {LEVEL}")),
        (
            r#"{"remainingQuantityInUnit":{"a":1},"originalQuantityInUnit":1}"#,
            format!("remainingQuantityInUnit: {LEVEL}"),
        ),
        (
            r#"{"remainingQuantityInUnit":1,"originalQuantityInUnit":1,"totalQuantityOnHand":"x"}"#,
            format!("totalQuantityOnHand: {LEVEL}"),
        ),
        (
            r#"{"remainingQuantityInUnit":1,"originalQuantityInUnit":1,"lastUseDate":"yesterday"}"#,
            format!("lastUseDate: {DATE}"),
        ),
        (
            r#"{"remainingQuantityInUnit":1,"originalQuantityInUnit":1,"lastUseDate":"2018-02-30"}"#,
            format!("lastUseDate: {DATE}"),
        ),
        (
            r#"{"remainingQuantityInUnit":1,"originalQuantityInUnit":1,"lastUseDate":""}"#,
            format!("lastUseDate: {DATE}"),
        ),
        (
            r#"{"remainingQuantityInUnit":1,"originalQuantityInUnit":1,"lastUseDate":false}"#,
            format!("lastUseDate: {DATE}"),
        ),
        (
            r#"{"remainingQuantityInUnit":1,"originalQuantityInUnit":1,"expectedReplenishmentDate":"02/03/2018"}"#,
            format!("expectedReplenishmentDate: {DATE}"),
        ),
        (
            r#"{"remainingQuantityInUnit":1,"originalQuantityInUnit":1,"expectedReplenishmentDate":1e300}"#,
            format!("expectedReplenishmentDate: {DATE}"),
        ),
        ("remainingQuantityInUnit=x&originalQuantityInUnit=1", format!("remainingQuantityInUnit: {LEVEL}")),
        ("remainingQuantityInUnit=NaN&originalQuantityInUnit=1", format!("remainingQuantityInUnit: {LEVEL}")),
        ("remainingQuantityInUnit=-1&originalQuantityInUnit=1", format!("remainingQuantityInUnit: {LEVEL}")),
        ("remainingQuantityInUnit=1e999&originalQuantityInUnit=1", format!("remainingQuantityInUnit: {LEVEL}")),
        ("remainingQuantityInUnit=&originalQuantityInUnit=1", format!("remainingQuantityInUnit: {absent}")),
        ("hello", "The body is neither a JSON object nor form fields (a=1&b=2).".into()),
        ("[]", "The body is neither a JSON object nor form fields (a=1&b=2).".into()),
        ("12", "The body is neither a JSON object nor form fields (a=1&b=2).".into()),
        ("a=%ff", "The body's form fields are not UTF-8.".into()),
    ] {
        refused(call.clone().body(body), 400, "ValidationException", &message).await;
    }
    for body in [
        "{",
        r#"{"remainingQuantityInUnit":1"#,
        r#"{"remainingQuantityInUnit":1,}"#,
        r#"{"remainingQuantityInUnit":1,"originalQuantityInUnit":2} x"#,
        r#"{"remainingQuantityInUnit":NaN,"originalQuantityInUnit":2}"#,
        r#"{"remainingQuantityInUnit":1e999,"originalQuantityInUnit":2}"#,
        r#"{"remainingQuantityInUnit":01,"originalQuantityInUnit":2}"#,
        r#"{'remainingQuantityInUnit':1}"#,
        &deep,
    ] {
        let reply = call.clone().body(body).send().await;
        let message = reply.json()["message"].to_string();
        assert_eq!(reply.status, 400, "{body:.60}");
        assert!(message.starts_with("\"The body is not valid JSON: "), "{body:.60}: {message}");
    }
    assert_eq!(call.clone().body(closed).send().await.status, 400);
    assert_eq!(call.body([&b"{\"remainingQuantityInUnit\":\"\xff\"}"[..]].concat()).send().await.status, 400);
    assert_eq!(server.all_rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_values_in_a_form_the_last_counts() {
    let server = Server::start().await;
    let device = server.link_default_device().await;
    let call = server.device_call(&device, SlotStatus, &format!("/slotStatus/{FILTER}"));
    let form = "remainingQuantityInUnit=1&originalQuantityInUnit=9&remainingQuantityInUnit=2";
    assert_eq!(call.body(form).status_and_text().await, (200, "{}".into()));
    let readings = opendrs_service::reading::list_newest(server.app(), 9).await.unwrap();
    assert_eq!(readings.iter().map(|r| r.status.remaining).collect::<Vec<_>>(), [2.0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_key_in_json_is_refused() {
    let server = Server::start().await;
    let device = server.link_default_device().await;
    let before = server.all_rows().await;
    let fields = r#""remainingQuantityInUnit":1,"originalQuantityInUnit":9"#;
    let many = (0..2000).map(|n| format!(r#""k{n}":1,"#)).collect::<String>();
    for (path, body, key) in [
        (
            format!("/slotStatus/{FILTER}"),
            format!(r#"{{{fields},"remainingQuantityInUnit":2}}"#),
            "remainingQuantityInUnit",
        ),
        (
            format!("/slotStatus/{FILTER}"),
            format!(r#"{{{fields},"remainingQuantityInUnit":1}}"#),
            "remainingQuantityInUnit",
        ),
        (
            format!("/slotStatus/{FILTER}"),
            format!(r#"{{{fields},"\u006friginalQuantityInUnit":9}}"#),
            "originalQuantityInUnit",
        ),
        (format!("/slotStatus/{FILTER}"), format!(r#"{{{fields},"x":{{}},"x":[]}}"#), "x"),
        (format!("/slotStatus/{FILTER}"), format!(r#"{{{many}{fields},"k7":1}}"#), "k7"),
        (
            "/deviceStatus".into(),
            r#"{"mostRecentlyActiveDate":"2018-03-01","mostRecentlyActiveDate":"2018-03-02"}"#.into(),
            "mostRecentlyActiveDate",
        ),
    ] {
        let endpoint = if path == "/deviceStatus" { DeviceStatus } else { SlotStatus };
        let (status, text) = server.device_call(&device, endpoint, &path).body(body).status_and_text().await;
        let says = format!(r#"{{"message":"The body is not valid JSON: the key `{key}` is repeated at line 1 column "#);
        assert!(status == 400 && text.starts_with(&says), "{key}: {status} {text}");
    }
    assert_eq!(server.all_rows().await, before);
    let call = server.device_call(&device, SlotStatus, &format!("/slotStatus/{FILTER}"));
    assert_eq!(call.body(format!("{{{many}{fields}}}")).status_and_text().await, (200, "{}".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_status_needs_its_date() {
    let server = Server::start().await;
    let device = server.link_default_device().await;
    let before = server.all_rows().await;
    let absent = "mostRecentlyActiveDate: required; send the date of last use";
    for path in ["/deviceStatus".to_owned(), format!("/deviceStatus/{FILTER}")] {
        for (body, message) in [
            ("", absent.to_owned()),
            ("{}", absent.into()),
            (r#"{"mostRecentlyActiveDate":null}"#, absent.into()),
            (r#"{"mostRecentlyActiveDate":"soon"}"#, format!("mostRecentlyActiveDate: {DATE}")),
            (r#"{"mostRecentlyActiveDate":{}}"#, format!("mostRecentlyActiveDate: {DATE}")),
            ("mostRecentlyActiveDate=2018-13-01", format!("mostRecentlyActiveDate: {DATE}")),
        ] {
            refused(server.device_call(&device, DeviceStatus, &path).body(body), 400, "ValidationException", &message)
                .await;
        }
    }
    assert_eq!(server.all_rows().await, before);
}
