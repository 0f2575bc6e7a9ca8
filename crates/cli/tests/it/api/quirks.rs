//! How clients in the field frame their requests, byte by byte, and the answers they get
//! (docs/spec/calls.md#request-framing, docs/spec/calls.md#success-answers).
//!
//! Every answer here arrives in one piece. It has the exact status line, a correct `Content-Length`, no chunks, no `{`
//! before its body and nothing after it. [`Server::exchange`] and [`RawResponse::assert_suits_firmware`] check that.

use crate::harness::fixtures::{CARTRIDGE, FILTER};
use crate::harness::{LinkOptions, LinkedDevice, RawResponse, Server};
use opendrs_domain::version::ApiEndpoint::{self, DeviceStatus, Replenish, SlotStatus, SubscriptionInfo};

plain_and_tls!(
    an_answer_has_these_headers_and_no_others,
    replenish_takes_every_shape_of_no_body,
    a_body_is_asked_for_where_the_client_waits_for_that,
    a_client_that_expects_to_be_asked_but_sends_nothing_is_answered_too,
    stray_bytes_after_a_request_get_no_answer_of_their_own,
    a_body_without_a_length_is_a_stray_one,
    blank_lines_between_requests_do_no_harm,
    pipelined_requests_are_answered_in_order,
    a_client_that_closes_its_half_is_still_answered,
    a_chunked_body_is_put_together,
    an_old_protocol_version_gets_the_same_answer,
    unreadable_requests_get_json_that_says_so,
    a_request_that_breaks_off_changes_nothing,
);

pub const LEVEL: &str = r#"{"remainingQuantityInUnit":12.25,"originalQuantityInUnit":40}"#;

/// A request's head without the header that frames its body.
pub fn head(line: &str, device: &LinkedDevice, endpoint: ApiEndpoint) -> String {
    format!("{line} HTTP/1.1\r\nHost: dash-replenishment-service-na.amazon.com\r\n{}", device.header_lines(endpoint))
}

#[track_caller]
fn ordered(answer: &RawResponse) {
    answer.assert_suits_firmware();
    assert_eq!(answer.status_line, "HTTP/1.1 200 OK");
    assert!(answer.body.starts_with(r#"{"detailCode":"STANDARD_ORDER_PLACED","eventInstanceId":"amzn1.dash.v2.o.ci"#));
}

async fn an_answer_has_these_headers_and_no_others(server: &Server) {
    let device = server.link_default_device().await;
    let answer = server.exchange(head("GET /subscriptionInfo", &device, SubscriptionInfo) + "\r\n").await;
    answer.assert_success(&format!(r#"{{"slotsSubscriptionStatus":{{"{FILTER}":true,"{CARTRIDGE}":true}}}}"#));
    let mut names: Vec<_> = answer.headers.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    let wanted = [
        "Content-Length",
        "Content-Type",
        "Date",
        "X-Amz-Date",
        "X-Amzn-Requestid",
        "X-Amzn-Type-Version",
        "X-Content-Type-Options",
    ];
    assert_eq!(names, wanted);
    assert_eq!(answer.header("X-Amzn-Type-Version"), "com.amazon.dash.replenishment.DrsSubscriptionInfoResult@1.0");
    assert_eq!(answer.header("X-Amz-Date"), "Fri, 02 Mar 2018 07:00:00 +0000");
    let id = answer.header("X-Amzn-Requestid");
    assert!(id.len() == 36 && uuid::Uuid::parse_str(id).unwrap().to_string() == id, "{id}");
}

async fn replenish_takes_every_shape_of_no_body(server: &Server) {
    let bodies = [
        ("Arduino: no body, no length", "Cache-Control: no-cache\r\nConnection: close\r\n\r\n"),
        ("ESP: a length of zero", "Content-Length: 0\r\n\r\n"),
        (
            "Go: an empty object",
            "Accept: application/json\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
        ),
        (
            "Android: a form type and nothing",
            "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 0\r\n\r\n",
        ),
        ("an empty chunked body", "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        ("a chunked body", "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"),
        ("no JSON at all", "Content-Length: 3\r\n\r\n\0}{"),
    ];
    for (n, (who, rest)) in bodies.into_iter().enumerate() {
        let device = server.link_device(LinkOptions::default().serial(&format!("SN-{n}"))).await;
        eprintln!("{who}");
        ordered(&server.exchange(head(&format!("POST /replenish/{FILTER}"), &device, Replenish) + rest).await);
    }
}

async fn a_body_is_asked_for_where_the_client_waits_for_that(server: &Server) {
    let device = server.link_default_device().await;
    let mut wire = server.open_raw_connection().await;
    let head = head(&format!("POST /slotStatus/{FILTER}"), &device, SlotStatus);
    wire.send(format!("{head}Expect: 100-continue\r\nContent-Length: {}\r\n\r\n", LEVEL.len())).await;
    assert_eq!(wire.read_piece().await, "HTTP/1.1 100 Continue\r\n\r\n");
    wire.send(LEVEL).await;
    wire.read_response().await.assert_success("{}");
}

async fn a_client_that_expects_to_be_asked_but_sends_nothing_is_answered_too(server: &Server) {
    let device = server.link_default_device().await;
    let head = head(&format!("POST /replenish/{FILTER}"), &device, Replenish);
    ordered(&server.exchange(head + "Expect: 100-continue\r\nContent-Length: 0\r\n\r\n").await);
}

async fn stray_bytes_after_a_request_get_no_answer_of_their_own(server: &Server) {
    for (n, stray) in ["\r\n", "\r\n\r\n", "garbage", "{}", "{}\r\n", "GET", "\0\0\0\0"].into_iter().enumerate() {
        for connection in ["keep-alive", "close"] {
            let device = server.link_device(LinkOptions::default().serial(&format!("SN-{n}-{connection}"))).await;
            let head = head(&format!("POST /replenish/{FILTER}"), &device, Replenish);
            eprintln!("{stray:?} and Connection: {connection}");
            let bytes = format!("{head}Connection: {connection}\r\nContent-Length: 2\r\n\r\n{{}}{stray}");
            ordered(&server.exchange(bytes).await);
        }
    }
}

async fn a_body_without_a_length_is_a_stray_one(server: &Server) {
    let device = server.link_default_device().await;
    let head = head(&format!("POST /replenish/{FILTER}"), &device, Replenish);
    ordered(&server.exchange(head + "Content-Type: application/json\r\n\r\n{}").await);
}

async fn blank_lines_between_requests_do_no_harm(server: &Server) {
    let device = server.link_default_device().await;
    let mut wire = server.open_raw_connection().await;
    for _ in 0..3 {
        wire.send(head("GET /subscriptionInfo", &device, SubscriptionInfo) + "\r\n\r\n").await;
        assert_eq!(wire.read_response().await.status_line, "HTTP/1.1 200 OK");
    }
}

async fn pipelined_requests_are_answered_in_order(server: &Server) {
    let device = server.link_default_device().await;
    let replenish = head(&format!("POST /replenish/{FILTER}"), &device, Replenish) + "Content-Length: 0\r\n\r\n";
    let info = head("GET /subscriptionInfo", &device, SubscriptionInfo) + "\r\n";
    let mut wire = server.open_raw_connection().await;
    wire.send(format!("{replenish}{info}{replenish}")).await;
    wire.half_close().await;
    let all = wire.read_until_close().await;
    let (first, rest) = RawResponse::parse_first(&all);
    let (second, rest) = RawResponse::parse_first(rest);
    ordered(&first);
    assert!(second.body.starts_with(r#"{"slotsSubscriptionStatus""#));
    assert!(RawResponse::parse_only(rest).body.starts_with(r#"{"detailCode":"ORDER_INPROGRESS""#));
}

async fn a_client_that_closes_its_half_is_still_answered(server: &Server) {
    let device = server.link_default_device().await;
    let mut wire = server.open_raw_connection().await;
    wire.send(head(&format!("POST /replenish/{FILTER}"), &device, Replenish) + "\r\n").await;
    wire.half_close().await;
    ordered(&wire.read_response().await);
    assert_eq!(wire.read_until_close().await, "");
}

async fn a_chunked_body_is_put_together(server: &Server) {
    let device = server.link_default_device().await;
    let head = head("POST /deviceStatus", &device, DeviceStatus);
    let mut wire = server.open_raw_connection().await;
    wire.send(format!("{head}Transfer-Encoding: chunked\r\n\r\n")).await;
    for part in [r#"{"mostRecently"#, r#"ActiveDate":"2018-"#, r#"03-1"}"#] {
        wire.send(format!("{:x};ext=1\r\n{part}\r\n", part.len())).await;
    }
    wire.send("0\r\nTrailer: x\r\n\r\n").await;
    wire.read_response().await.assert_success("{}");
}

async fn an_old_protocol_version_gets_the_same_answer(server: &Server) {
    let device = server.link_default_device().await;
    let mut wire = server.open_raw_connection().await;
    let request = head(&format!("POST /replenish/{FILTER}"), &device, Replenish) + "\r\n";
    wire.send(request.replace("HTTP/1.1", "HTTP/1.0")).await;
    ordered(&RawResponse::parse_only(&wire.read_until_close().await));
}

async fn unreadable_requests_get_json_that_says_so(server: &Server) {
    const UNREADABLE: &str = "The request is not readable HTTP/1.1. Percent-encode blanks, quotes, < and > in its \
                              target, and write each header as Name: value.";
    const LARGE: &str = "431 Request Header Fields Too Large";
    let before = server.all_rows().await;
    let long = "x".repeat(140_000);
    for (bytes, status, message) in [
        ("hello\r\n\r\n".to_owned(), "400 Bad Request", UNREADABLE),
        ("GET /subscriptionInfo HTTP/9.9\r\n\r\n".into(), "400 Bad Request", UNREADABLE),
        ("GET /settings?exitUri=\"/null\" HTTP/1.1\r\n\r\n".into(), "400 Bad Request", UNREADABLE),
        ("GET / HTTP/1.1\r\nNo colon\r\n\r\n".into(), "400 Bad Request", UNREADABLE),
        ("POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n".into(), "400 Bad Request", UNREADABLE),
        (format!("GET / HTTP/1.1\r\nA: {long}\r\n\r\n"), LARGE, "The request's target and headers are too large."),
        (format!("GET /{long} HTTP/1.1\r\n\r\n"), LARGE, "The request's target and headers are too large."),
    ] {
        let answer = server.exchange(&bytes).await;
        answer.assert_suits_firmware();
        assert_eq!(answer.status_line, format!("HTTP/1.1 {status}"), "{}", &bytes[..20.min(bytes.len())]);
        assert_eq!(answer.body, format!(r#"{{"message":"{message}"}}"#));
        assert_eq!(answer.header("Connection"), "close");
        let error = "ValidationException:http://internal.amazon.com/coral/com.amazon.parkeraccioservice/";
        assert_eq!(answer.header("X-Amzn-Errortype"), error);
    }
    assert_eq!(server.all_rows().await, before);
}

async fn a_request_that_breaks_off_changes_nothing(server: &Server) {
    let device = server.link_default_device().await;
    let before = server.all_rows().await;
    let head = head(&format!("POST /slotStatus/{FILTER}"), &device, SlotStatus);
    let mut wire = server.open_raw_connection().await;
    wire.send(format!("{head}Content-Length: 100\r\n\r\n{LEVEL}")).await;
    wire.half_close().await;
    let answer = RawResponse::parse_only(&wire.read_until_close().await);
    answer.assert_suits_firmware();
    assert_eq!(answer.status_line, "HTTP/1.1 400 Bad Request");
    assert_eq!(answer.body, r#"{"message":"The body did not arrive whole."}"#);
    assert_eq!(server.all_rows().await, before);
}
