//! Properties of every connection and every answer, for all requests and callers.

use crate::harness::fixtures::FILTER;
use crate::harness::{LinkedDevice, Options, RawResponse, Server, authorize_path, form_body};
use opendrs_domain::version::ApiEndpoint::{SlotStatus, SubscriptionInfo};
use opendrs_web::stylesheet::stylesheet_path;

/// Checks the headers that every answer has.
#[track_caller]
fn complete(name: &str, answer: &RawResponse) {
    let id = answer.header("X-Amzn-Requestid");
    let uuid = id.len() == 36 && id.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    assert!(uuid, "{name}: {answer:?}");
    assert_eq!(answer.header("X-Amz-Date"), "Fri, 02 Mar 2018 07:00:00 +0000", "{name}");
    if answer.header("Content-Type").starts_with("application/json") {
        assert_eq!(answer.header("X-Content-Type-Options"), "nosniff", "{name}");
    } else {
        assert!(!answer.body.starts_with('{'), "{name}: {answer:?}");
    }
}

fn device_call(device: &LinkedDevice, more: &str) -> String {
    format!("GET /subscriptionInfo HTTP/1.1\r\n{more}{}\r\n", device.header_lines(SubscriptionInfo))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_has_an_id_and_a_date() {
    let server = Server::start_with(Options { metrics: true, ..Options::default() }).await;
    let device = server.link_default_device().await;
    let get = |target: &str| format!("GET {target} HTTP/1.1\r\nHost: x\r\n\r\n");
    for (status, request) in [
        ("200 OK", device_call(&device, "Host: x\r\n")),
        ("400 Bad Request", get("/subscriptionInfo")),
        ("404 Not Found", get("/no/such/path")),
        ("405 Method Not Allowed", get("/auth/o2/token")),
        ("400 Bad Request", "POST /auth/o2/token HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n".into()),
        ("200 OK", get("/.well-known/oauth-authorization-server")),
        ("200 OK", get("/settings")),
        ("302 Found", get(&authorize_path(&[("scope", Some("x"))]))),
        ("200 OK", get("/-/health")),
        ("200 OK", get(stylesheet_path())),
        ("400 Bad Request", "hello\r\n\r\n".into()),
        ("400 Bad Request", "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n".into()),
        ("400 Bad Request", "GET / HTTP/1.1\r\nHost : x\r\n\r\n".into()),
        ("400 Bad Request", "GET / HTTP/9.1\r\nHost: x\r\n\r\n".into()),
        ("431 Request Header Fields Too Large", get(&format!("/{}", "a".repeat(140_000)))),
        ("431 Request Header Fields Too Large", format!("GET / HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(200))),
        ("400 Bad Request", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n".into()),
    ] {
        let name = request.chars().take(60).collect::<String>();
        let answer = server.exchange(&request).await;
        assert_eq!(answer.status_line, format!("HTTP/1.1 {status}"), "{name}");
        complete(&name, &answer);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_host_headers_are_refused() {
    let server = Server::start().await;
    let device = server.link_default_device().await;
    let before = server.all_rows().await;
    let slot =
        format!("POST /slotStatus/{FILTER} HTTP/1.1\r\n{}Host: a\r\nHost: b\r\n", device.header_lines(SlotStatus));
    let level = r#"{"remainingQuantityInUnit":1,"originalQuantityInUnit":2}"#;
    for request in [
        device_call(&device, "Host: a\r\nHost: b\r\n"),
        device_call(&device, "Host: a\r\nhost: a\r\n"),
        device_call(&device, "Host: a\r\nX: y\r\nHost: \r\n"),
        format!("{slot}Content-Length: {}\r\n\r\n{level}", level.len()),
        "GET /settings HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n".into(),
        "POST /auth/o2/token HTTP/1.1\r\nHost: a\r\nHost: b\r\nContent-Length: 0\r\n\r\n".into(),
        "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n".into(),
    ] {
        let answer = server.exchange(&request).await;
        let said = (answer.status_line.as_str(), answer.body.as_str());
        assert_eq!(said, ("HTTP/1.1 400 Bad Request", r#"{"message":"The request has two Host headers: send one."}"#));
        complete(&request, &answer);
    }
    assert_eq!(server.all_rows().await, before);
    for hosts in ["", "Host: dash-replenishment-service-na.amazon.com\r\n", "Host: a\r\nX-A: 1\r\nX-A: 2\r\n"] {
        assert_eq!(server.exchange(device_call(&device, hosts)).await.status_line, "HTTP/1.1 200 OK", "{hosts}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_different_tokens_none_opens_the_device_api() {
    let server = Server::start().await;
    let device = server.link_default_device().await;
    let other = server.link_device(crate::harness::LinkOptions::default().serial("SN-2")).await;
    let call = |path: &str| server.device_call(&device, SubscriptionInfo, path);
    let in_query = |token: &str| format!("/subscriptionInfo?{}", form_body(&[("access_token", token)]));
    let refused = (400, r#"{"message":"Invalid token"}"#.to_owned());
    for call in [
        call("/subscriptionInfo").header("authorization", format!("Bearer {}", other.access)),
        call("/subscriptionInfo").header("authorization", format!("Bearer {}", device.access)),
        call("/subscriptionInfo").header("x-amz-access-token", &other.access),
        call(&in_query(&other.access)),
        call(&in_query(&device.access)).replace_header("authorization", None),
        call("/subscriptionInfo").replace_header("authorization", None).header("x-amz-access-token", &device.access),
    ] {
        assert_eq!(call.status_and_text().await, refused);
    }
    for call in
        [call(&in_query(&device.access)), call("/subscriptionInfo").header("x-amz-access-token", &device.access)]
    {
        assert_eq!(call.send().await.status, 200, "the same token again");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_different_tokens_none_opens_a_page() {
    let server = Server::start().await;
    let device = server.link_default_device().await;
    let other = server.link_device(crate::harness::LinkOptions::default().serial("SN-2")).await;
    let mut ann = crate::harness::TestBrowser::signed_in(&server, crate::harness::fixtures::ANN).await;
    let (one, two) = (form_body(&[("access_token", &device.access)]), form_body(&[("access_token", &other.access)]));
    for (query, status) in [
        (format!("{one}&{two}"), 400),
        (format!("{two}&{one}"), 400),
        (format!("{one}&{}", two.replace("access", "ACCESS")), 400),
        (format!("{one}&{one}"), 200),
    ] {
        assert_eq!(ann.go_to(&format!("/settings?{query}")).await.page.status, status, "{query}");
    }
}
