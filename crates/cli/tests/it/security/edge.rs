//! The boundary to the network: host names, headers of proxies, TLS and the framing of requests.
//!
//! Not here: the headers of every answer (`transport`). Invariant: no header about a request's target or source changes
//! a URL that the server writes, and no request can be read in two ways.

use super::Clients;
use super::parties::{MODES, issuer_param, link_by_code, pkce_authorize_path, set_client_modes};
use crate::harness::fixtures::{ANN, COMPOSITE, FILTER};
use crate::harness::{LinkedDevice, Options, RawResponse, Server, TestBrowser, TestRequest, form_body};
use opendrs_domain::version::ApiEndpoint::{Replenish, SubscriptionInfo};
use opendrs_service::session::form_token;
use std::time::Duration;

rules! {
    asvs_4_1_3_forged_hosts {
        number: 44,
        source: "ASVS 4.1.3; RFC 8414, 3.3",
        rule: "`Host` and forwarded headers change no issuer, no link in a mail and no redirect. Only proxies that are \
               named are believed.",
        result: "Every address comes from the settings; without a named proxy, forwarded addresses do not count; `Host` is \
                 not compared",
        reason: Some("Firmware of the original protocol goes on sending the host names of the original service."),
        also: &[("crates/cli/tests/it/login/headers.rs", "a_forged_host_leads_nobody_astray")],
    }
    asvs_12_2_1_https_and_cookies with by_https {
        number: 45,
        source: "ASVS 3.3.1 to 3.3.4, 3.4.1 and 12.2.1",
        clients: Clients::None,
        rule: "Pages by https have HSTS, and their cookies are bound to it.",
        result: "`Strict-Transport-Security` for a year; `__Host-`, `Secure`, `HttpOnly`, `SameSite=Lax`",
        also: &[("crates/cli/tests/it/login/session.rs", "behind_https_cookies_are_bound_to_it")],
    }
    rfc9112_6_3_requests_are_read_in_one_way with hasty {
        number: 45,
        source: "RFC 9112, 3.2 and 6.3; ASVS 4.2.1",
        clients: Clients::None,
        rule: "What follows a request that two servers may frame differently is no request. Large and slow heads are \
               refused.",
        result: "400; a length beside chunks: read by its chunks; the connection ends after either. Large heads: 431; slow \
                 ones: 408 or no answer",
        also: &[
            ("crates/cli/tests/it/security/transport.rs", "two_host_headers_are_refused"),
            ("crates/cli/tests/it/api/connection.rs", "who_sends_nothing_or_half_a_head_is_let_go"),
        ],
    }
}

const EVIL: &str = "evil.example";

/// The same request with forged headers about its target.
fn spoofed(call: TestRequest) -> TestRequest {
    let call = call.header("host", EVIL).header("forwarded", format!("host={EVIL};proto=https;for=1.2.3.4"));
    let names = ["x-forwarded-host", "x-forwarded-server", "x-original-url", "x-rewrite-url", "x-forwarded-prefix"];
    let call = names.into_iter().fold(call, |call, name| call.header(name, EVIL));
    call.header("x-forwarded-proto", "https").header("x-forwarded-for", "1.2.3.4")
}

async fn asvs_4_1_3_forged_hosts(server: &Server) {
    let cookie = TestBrowser::signed_in(server, ANN).await.browser.cookie_header();
    let document = spoofed(server.request("GET", "/.well-known/oauth-authorization-server")).send().await.json();
    assert_eq!((&document["issuer"], document.to_string().contains(EVIL)), (&server.base_url.as_str().into(), false));
    for mode in MODES {
        set_client_modes(server, mode).await;
        for path in
            [&pkce_authorize_path(&[]), "/settings", &format!("/teaser?compositeId={COMPOSITE}"), "/-/openapi.json"]
        {
            let reply = spoofed(server.request("GET", path)).header("cookie", &cookie).send().await;
            assert!(reply.status.as_u16() < 400, "{path}");
            assert!(!format!("{:?}{}", reply.headers, reply.text()).contains(EVIL), "{path}");
        }
        let refused = spoofed(server.request("GET", &pkce_authorize_path(&[("scope", Some("x"))]))).send().await;
        assert!(
            refused.header("location").contains(&format!("&iss={}", issuer_param(server))),
            "{:?}",
            refused.headers
        );
    }
    // A mail that a forged call causes.
    let device = link_by_code(server, "SN-1").await;
    let call = server.device_call(&device, Replenish, &format!("/replenish/{FILTER}"));
    assert_eq!(spoofed(call).send().await.status, 200, "firmware sends the host names it has");
    let mail = server.newest_mail_text().await;
    assert!(mail.contains(&server.base_url) && !mail.contains(EVIL), "{mail}");
    // Without a trusted proxy, a forged address does not count as another source.
    let cookie = "a".repeat(64);
    let csrf = form_token(server.app(), &cookie);
    let fields = form_body(&[("csrf", &csrf), ("email", ANN), ("password", "wrong")]);
    let mut answers = Vec::new();
    for n in 0..7 {
        let call = server.request("POST", "/ap/signin").header("cookie", format!("opendrs={cookie}"));
        let call = call.header("x-forwarded-for", format!("203.0.{n}.7")).body(fields.clone());
        answers.push(call.header("forwarded", format!("for=203.0.{n}.7")).send().await.status.as_u16());
    }
    assert_eq!(answers, [400, 400, 400, 400, 400, 400, 429]);
}

fn by_https() -> Options {
    Options { https: true, ..Options::default() }
}

async fn asvs_12_2_1_https_and_cookies(server: &Server) {
    for path in ["/settings", &pkce_authorize_path(&[]), "/no/such/page"] {
        let visit = TestBrowser::open(server, path).await;
        assert_eq!(visit.page.header("strict-transport-security"), "max-age=31536000", "{path}");
    }
    let mut visit = TestBrowser::open(server, &pkce_authorize_path(&[])).await;
    let mut cookies = vec![visit.page.clone()];
    let sign_in = visit.form("/ap/signin").fill("email", ANN).fill("password", crate::harness::fixtures::PASSWORD);
    let reply = visit.browser.submit(&sign_in).await.unwrap();
    cookies.push(reply.clone());
    visit.page = visit.browser.follow_redirects(reply).await.unwrap();
    let consent = visit.form("/ap/consent").press("consentApproved");
    let reply = visit.browser.submit(&consent).await.unwrap();
    cookies.extend([visit.page, reply.clone()]);
    cookies.push(visit.browser.follow_redirects(reply).await.unwrap());
    let set: Vec<_> = cookies.iter().flat_map(|reply| reply.headers.get_all("set-cookie")).collect();
    assert!(set.len() >= 3, "{set:?}");
    for cookie in set {
        let parts: Vec<_> = cookie.to_str().unwrap().split("; ").collect();
        assert!(parts[0].starts_with("__Host-"), "{parts:?}");
        assert_eq!(parts[1..5], ["Path=/", "HttpOnly", "SameSite=Lax", "Secure"], "{parts:?}");
    }
    // A cookie without the prefix is ignored, because another host of the domain may have set it.
    let value = visit.browser.cookie_header();
    let bare = value.replace("__Host-", "");
    let page = async |cookie: &str| server.request("GET", "/settings").header("cookie", cookie).send().await.text();
    assert!(page(&value).await.contains("Your devices") && page(&bare).await.contains("<h1>Sign in</h1>"));
}

/// A server that waits one second for a head.
fn hasty() -> Options {
    Options { head_timeout: Duration::from_secs(1), ..Options::default() }
}

/// A call of a device with further header lines, followed by bytes that could be read as a second request.
fn framed(device: &LinkedDevice, lines: &str) -> String {
    let first = format!("GET /subscriptionInfo HTTP/1.1\r\nHost: x\r\n{}", device.header_lines(SubscriptionInfo));
    let second = format!("POST /replenish/{FILTER} HTTP/1.1\r\nHost: x\r\n{}\r\n", device.header_lines(Replenish));
    format!("{first}{lines}{second}")
}

async fn rfc9112_6_3_requests_are_read_in_one_way(server: &Server) {
    let device = link_by_code(server, "SN-1").await;
    let before = server.all_rows().await;
    for framing in [
        "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
        "Content-Length: 0\r\nContent-Length: 5\r\n\r\n",
        "Content-Length: +0\r\n\r\n",
        "Content-Length: 0x0\r\n\r\n",
        "Content-Length: 0, 5\r\n\r\n",
        "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        "Content-Length\t: 0\r\n\r\n",
        "X: a\r\n Content-Length: 5\r\n\r\n",
        "X: a\0b\r\n\r\n",
    ] {
        let mut wire = server.open_raw_connection().await;
        wire.send(framed(&device, framing)).await;
        let received = wire.read_until_close().await;
        // One answer, after which the connection ends: the bytes that follow are not read as a request.
        let answer = RawResponse::parse_only(&received);
        let both = framing.contains("Content-Length: 4");
        let wanted = if both { ("HTTP/1.1 200 OK", "close") } else { ("HTTP/1.1 400 Bad Request", "") };
        let found = (answer.status_line.as_str(), answer.header("Connection"));
        assert!(found.0 == wanted.0 && (!both || found.1 == wanted.1), "{framing:?}: {received}");
    }
    for (lines, status) in [
        (format!("X: {}\r\n\r\n", "a".repeat(140_000)), "431 Request Header Fields Too Large"),
        ("A: b\r\n".repeat(200) + "\r\n", "431 Request Header Fields Too Large"),
        (format!("Content-Length: {}\r\n\r\n", u64::MAX), "4"),
    ] {
        let mut wire = server.open_raw_connection().await;
        wire.send(framed(&device, &lines)).await;
        let received = wire.read_until_close().await;
        assert!(received.starts_with(&format!("HTTP/1.1 {status}")), "{received}");
    }
    assert_eq!(server.all_rows().await, before, "no order was placed");
    for slow in ["", "GET /subscr", "GET /subscriptionInfo HTTP/1.1\r\nHost: x\r\n"] {
        let mut wire = server.open_raw_connection().await;
        wire.send(slow).await;
        assert!(wire.closes_without_response().await, "{slow}");
    }
    let plain = format!("GET /subscriptionInfo HTTP/1.1\r\nHost: x\r\n{}\r\n", device.header_lines(SubscriptionInfo));
    assert_eq!(server.exchange(plain).await.status_line, "HTTP/1.1 200 OK");
}
