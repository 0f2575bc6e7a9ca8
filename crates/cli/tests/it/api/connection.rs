//! Slow clients, a server that stops, and a store that is unreachable or silent.

use super::quirks::{LEVEL, head};
use crate::harness::fixtures::{ANN, FILTER};
use crate::harness::{LinkOptions, Options, RawResponse, Server, TestBrowser, form_body, on_postgres};
use opendrs_domain::version::ApiEndpoint::{SlotStatus, SubscriptionInfo};
use opendrs_domain::version::ENDPOINTS;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn who_sends_nothing_or_half_a_head_is_let_go() {
    let server = Server::start_with(Options { head_timeout: Duration::from_millis(300), ..Options::default() }).await;
    let device = server.link_default_device().await;
    let info = head("GET /subscriptionInfo", &device, SubscriptionInfo);
    for sent in ["", "GET /subscr", &info] {
        let mut wire = server.open_raw_connection().await;
        wire.send(sent).await;
        let rest = wire.read_until_close().await;
        assert!(rest.is_empty() || rest.starts_with("HTTP/1.1 408 "), "{rest}");
    }
    let mut wire = server.open_raw_connection().await;
    wire.send(info + "\r\n").await;
    assert_eq!(wire.read_response().await.status_line, "HTTP/1.1 200 OK");
    assert_eq!(wire.read_until_close().await, "", "idle after an answer");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_finishes_what_is_under_way() {
    let server = Server::start().await;
    let device = server.link_default_device().await;
    let (mut busy, mut idle) = (server.open_raw_connection().await, server.open_raw_connection().await);
    idle.send(head("GET /subscriptionInfo", &device, SubscriptionInfo) + "\r\n").await;
    assert_eq!(idle.read_response().await.status_line, "HTTP/1.1 200 OK");
    let slot_status = head(&format!("POST /slotStatus/{FILTER}"), &device, SlotStatus);
    busy.send(format!("{slot_status}Expect: 100-continue\r\nContent-Length: {}\r\n\r\n", LEVEL.len())).await;
    assert_eq!(busy.read_piece().await, "HTTP/1.1 100 Continue\r\n\r\n", "it is being answered");

    server.stop();
    assert_eq!(idle.read_until_close().await, "", "an idle connection ends");
    busy.send(LEVEL).await;
    let answer = RawResponse::parse_only(&busy.read_until_close().await);
    answer.assert_success("{}");
    assert_eq!(server.row_count("reading").await, 1);
}

/// Checks the answer of each kind: device API, token endpoint, page.
async fn without_its_store(server: &Server) {
    let device = server.link_default_device().await;
    let cookie = TestBrowser::signed_in(server, ANN).await.browser.cookie_header();
    server.lose_store().await;

    for spec in &ENDPOINTS {
        let path = crate::harness::fill_path(spec.paths[0], "x");
        let call = server.device_call(&device, spec.endpoint, &path).body(crate::harness::valid_body(spec.endpoint));
        let reply = call.send().await;
        assert_eq!((reply.status.as_u16(), reply.header("retry-after")), (503, "5"), "{path}: {}", reply.text());
        assert_eq!(reply.text(), r#"{"message":"The service is temporarily unavailable. Try again."}"#);
        assert!(reply.header("x-amzn-errortype").starts_with("ServiceUnavailableException:"));
    }
    let fields = [
        ("grant_type", "refresh_token"),
        ("client_id", crate::harness::fixtures::WEB),
        ("refresh_token", &device.refresh),
    ];
    let reply = server.token_request(&fields).send().await;
    assert_eq!((reply.status.as_u16(), reply.header("retry-after")), (503, "5"), "{}", reply.text());
    assert_eq!(reply.json()["error"], "temporarily_unavailable");
    let settings = format!("/settings?{}", form_body(&[("access_token", &device.access)]));
    let reply = server.request("GET", &settings).header("cookie", cookie).send().await;
    assert_eq!((reply.status.as_u16(), reply.header("retry-after")), (503, "5"));
    assert!(reply.text().contains("<h1>Please try again</h1>"), "{}", reply.text());
    assert_eq!(server.request("GET", "/-/health").send().await.status, 503);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_store_it_says_so_and_when_to_come_back() {
    on_postgres(without_its_store).await;
}

/// A database that accepts a statement and does not answer, because its table is locked.
async fn silent(server: &Server) {
    let device = server.link_default_device().await;
    let report = || server.device_call(&device, SlotStatus, &format!("/slotStatus/{FILTER}")).body(LEVEL).send();
    let holder = server.lock_table("reading").await;
    let reply = report().await;
    assert_eq!((reply.status.as_u16(), reply.header("retry-after")), (503, "5"), "{}", reply.text());
    let info = server.device_call(&device, SubscriptionInfo, "/subscriptionInfo").send().await;
    assert_eq!(info.status, 200, "what needs nothing of it is answered");
    drop(holder);
    assert_eq!(report().await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_database_is_not_waited_for_for_ever() {
    on_postgres(silent).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_connections_are_served_at_once() {
    let server = Server::start().await;
    let device = server.link_device(LinkOptions::default()).await;
    let request = head("GET /subscriptionInfo", &device, SubscriptionInfo) + "\r\n";
    let mut wires = Vec::new();
    for _ in 0..200 {
        wires.push(server.open_raw_connection().await);
    }
    for wire in &mut wires {
        wire.send(&request).await;
    }
    for wire in wires.iter_mut().rev() {
        assert_eq!(wire.read_response().await.status_line, "HTTP/1.1 200 OK");
    }
}
