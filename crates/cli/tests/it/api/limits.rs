//! Limits on callers: call rates, connections, and clients that are slow on purpose.

use super::quirks::{LEVEL, head};
use crate::harness::fixtures::{APP, FILTER, OTHER_MODEL, OTHER_SECRET, OTHER_WEB, SECRET, WEB};
use crate::harness::{LinkOptions, Options, Server};
use opendrs_client::ClientResponse;
use opendrs_domain::version::ApiEndpoint::{SlotStatus, SubscriptionInfo};
use opendrs_service::limit::{CallRate, RateLimitSettings};
use std::time::Duration;

async fn limited(device: CallRate, client: CallRate) -> Server {
    Server::start_with(Options {
        rates: RateLimitSettings { device_calls: device, client_calls: client, ..RateLimitSettings::default() },
        ..Options::default()
    })
    .await
}

fn outcome(reply: &ClientResponse) -> (u16, &str) {
    (reply.status.as_u16(), reply.header("retry-after"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_calls_too_often_waits_and_no_other_does() {
    let server = limited(CallRate { per_second: 1, burst: 4 }, CallRate::default()).await;
    let (device, other) =
        (server.link_default_device().await, server.link_device(LinkOptions::default().serial("SN-2")).await);
    let report =
        |device, body: &str| server.device_call(device, SlotStatus, &format!("/slotStatus/{FILTER}")).body(body);
    let mut said = Vec::new();
    for body in [LEVEL, "{}", LEVEL, LEVEL, LEVEL] {
        said.push(report(&device, body).send().await.status.as_u16());
    }
    assert_eq!(said, [200, 400, 200, 200, 429], "a wrong call counts as one, like any other");
    assert_eq!(server.row_count("reading").await, 3);

    for reply in [
        report(&device, LEVEL).send().await,
        server.device_call(&device, SubscriptionInfo, "/subscriptionInfo").send().await,
    ] {
        assert_eq!(outcome(&reply), (429, "1"));
        assert_eq!(reply.text(), r#"{"message":"Too many calls. Try again in 1 second, and less often."}"#);
        assert!(reply.header("x-amzn-errortype").starts_with("ThrottlingException:"));
    }
    assert_eq!(report(&other, LEVEL).send().await.status, 200);
    let stranger =
        server.device_call(&device, SubscriptionInfo, "/subscriptionInfo").bearer_token("Atza|x").send().await;
    assert_eq!(outcome(&stranger), (400, ""), "who shows no token of a device uses up nobody's calls");
}

/// The fast path does not detect a slot of another model, so the call takes the slower path, too. It still counts as
/// one call.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_counted_once() {
    let server = limited(CallRate { per_second: 1, burst: 4 }, CallRate::default()).await;
    let stranger = server.link_device(LinkOptions::default().client(OTHER_WEB, OTHER_MODEL)).await;
    let mut said = Vec::new();
    for _ in 0..5 {
        let call = server.device_call(&stranger, SlotStatus, &format!("/slotStatus/{FILTER}")).body(LEVEL);
        said.push(call.send().await.status.as_u16());
    }
    assert_eq!(said, [400, 400, 400, 400, 429]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_asks_for_tokens_too_often_waits_and_no_other_does() {
    let server = limited(CallRate::default(), CallRate { per_second: 1, burst: 2 }).await;
    let device = server.link_default_device().await;
    let others = server.link_device(LinkOptions::default().client(OTHER_WEB, OTHER_MODEL)).await;
    let ask = |client, secret, refresh: &str| {
        server.token_request(&[
            ("grant_type", "refresh_token"),
            ("client_id", client),
            ("client_secret", secret),
            ("refresh_token", refresh),
        ])
    };
    for _ in 0..4 {
        let wrong = ask(WEB, OTHER_SECRET, &device.refresh).send().await;
        assert_eq!(wrong.status, 401, "who is not the client uses up none of its calls");
    }
    for _ in 0..2 {
        assert_eq!(ask(WEB, SECRET, &device.refresh).send().await.status, 200);
    }
    let reply = ask(WEB, SECRET, &device.refresh).send().await;
    assert_eq!(outcome(&reply), (429, "1"));
    assert_eq!(reply.json()["error"], "temporarily_unavailable");
    assert_eq!(ask(OTHER_WEB, OTHER_SECRET, &others.refresh).send().await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_a_secret_is_braked_and_time_undoes_it() {
    let server = Server::start().await;
    let device = server.link_default_device().await;
    let ask = |client: &str, secret: &str| {
        let fields = [
            ("grant_type", "refresh_token"),
            ("client_id", client),
            ("client_secret", secret),
            ("refresh_token", &device.refresh),
        ];
        server.token_request(&fields)
    };
    for _ in 0..6 {
        assert_eq!(outcome(&ask(WEB, OTHER_SECRET).send().await), (401, ""));
    }
    for secret in [OTHER_SECRET, SECRET] {
        let reply = ask(WEB, secret).send().await;
        assert_eq!(outcome(&reply), (429, "3"));
        assert_eq!(reply.json()["error"], "temporarily_unavailable");
    }
    assert_eq!(outcome(&ask(OTHER_WEB, SECRET).send().await), (401, ""), "another client is not braked");
    assert_eq!(outcome(&ask(APP, "").send().await), (400, ""), "nor is the app, which has no secret");
    server.advance("3s").await;
    assert_eq!(outcome(&ask(WEB, SECRET).send().await), (200, ""));
    assert_eq!(outcome(&ask(WEB, OTHER_SECRET).send().await), (401, ""), "a success undoes it");
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_at_codes_are_braked_and_a_right_one_waits_with_them() {
    let server = Server::start().await;
    let code =
        server.link_for_code(crate::harness::LinkOptions::default(), crate::harness::fixtures::REDIRECT, None).await;
    let ask = |code: &str| {
        let fields =
            [("grant_type", "authorization_code"), ("client_id", WEB), ("client_secret", SECRET), ("code", code)];
        server.token_request(&fields)
    };
    for n in 0..6 {
        assert_eq!(outcome(&ask(&format!("ANguess{n}")).send().await), (400, ""));
    }
    assert_eq!(outcome(&ask(&code).send().await), (429, "3"));
    server.advance("3s").await;
    assert_eq!(outcome(&ask(&code).send().await), (200, ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_at_a_secret_at_once_are_braked() {
    let server = Server::start().await;
    let ask = |n: usize| {
        let secret = if n == 99 { SECRET } else { OTHER_SECRET };
        let fields =
            [("grant_type", "refresh_token"), ("client_id", WEB), ("client_secret", secret), ("refresh_token", "x")];
        server.token_request(&fields).send()
    };
    let answers = futures_util::future::join_all((0..100).map(ask)).await;
    let compared = answers.iter().filter(|reply| reply.status != 429).count();
    assert!((1..=7).contains(&compared), "{compared} of 100 secrets were compared");
}

/// Sends six wrong secrets from one address, then one from each of several. Returns which of the latter were throttled.
async fn braked_after_guesses(proxies: &[&str], guesser: &'static str, others: &[&'static str]) -> Vec<bool> {
    let named = |from: &'static str| ("x-forwarded-for", from);
    braked_by(proxies, named(guesser), &others.iter().map(|from| named(from)).collect::<Vec<_>>()).await
}

/// Does the same with another header for the address.
async fn braked_by(proxies: &[&str], guesser: (&str, &str), others: &[(&str, &str)]) -> Vec<bool> {
    let proxies = proxies.iter().map(ToString::to_string).collect::<Vec<_>>().try_into().unwrap();
    let server = Server::start_with(Options { proxies, ..Options::default() }).await;
    let ask = async |(name, from): (&str, &str)| {
        let fields = [
            ("grant_type", "refresh_token"),
            ("client_id", WEB),
            ("client_secret", OTHER_SECRET),
            ("refresh_token", "x"),
        ];
        server.token_request(&fields).header(name, from).send().await.status.as_u16()
    };
    for _ in 0..6 {
        assert_eq!(ask(guesser).await, 401);
    }
    let mut braked = Vec::new();
    for from in others {
        braked.push(ask(*from).await == 429);
    }
    braked
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_proxy_who_guesses_brakes_nobody_else() {
    let own = ["127.0.0.1", "10.0.0.1"];
    let asked =
        braked_after_guesses(&own, "203.0.113.7", &["203.0.113.7", "203.0.113.8", "203.0.113.7, 203.0.113.8", ""])
            .await;
    assert_eq!(asked, [true, false, false, false]);
    let asked =
        braked_after_guesses(&own, "198.51.100.1, 203.0.113.7, 10.0.0.1", &["203.0.113.7", "198.51.100.1"]).await;
    assert_eq!(asked, [true, false], "what the guesser wrote before its own address counts for nothing");
    let asked = braked_after_guesses(&[], "203.0.113.7", &["203.0.113.8", ""]).await;
    assert_eq!(asked, [true, true], "nobody's word is taken unasked");
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_are_read_as_proxies_write_them() {
    let networks = ["127.0.0.0/8", "10.0.0.0/8", "2001:db8:aaaa::/48"];
    let listed = |from| ("x-forwarded-for", from);
    let forwarded = |from| ("forwarded", from);
    let own = [
        listed("203.0.113.7"),
        listed("203.0.113.7:51234"),
        listed("198.51.100.9, \"203.0.113.7:1\", 10.9.8.7, [2001:db8:aaaa::1]:80"),
        forwarded("for=203.0.113.7;proto=https"),
        forwarded("for=198.51.100.9, For=\"203.0.113.7:1\";by=_x, for=10.1.1.1"),
    ];
    let others =
        [listed("203.0.113.8"), listed("203.0.113.7, foo"), forwarded("for=unknown"), forwarded("for=198.51.100.9")];
    for guesser in own {
        let braked = braked_by(&networks, guesser, &[&own[..], &others].concat()).await;
        assert_eq!(braked, [true, true, true, true, true, false, false, false, false], "{guesser:?}");
    }
    let v6 = forwarded("for=\"[2001:db8:1:2::7]:4711\"");
    let braked = braked_by(&networks, v6, &[listed("2001:db8:1:2::8"), listed("[2001:db8:1:3::7]")]).await;
    assert_eq!(braked, [true, false], "an IPv6 network is one source");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_does_not_arrive_is_not_waited_for() {
    let server = Server::start_with(Options { body_timeout: Duration::from_millis(200), ..Options::default() }).await;
    let device = server.link_default_device().await;
    let slot_status = head(&format!("POST /slotStatus/{FILTER}"), &device, SlotStatus);
    let mut wire = server.open_raw_connection().await;
    wire.send(format!("{slot_status}Content-Length: {}\r\n\r\n{}", LEVEL.len(), &LEVEL[..10])).await;
    let said = wire.read_until_close().await;
    assert!(
        said.starts_with("HTTP/1.1 400 ") && said.ends_with(r#"{"message":"The body did not arrive whole."}"#),
        "{said}"
    );
    assert_eq!(server.row_count("reading").await, 0);
}

/// The client sends requests without reading the answers, until the buffers of both sides are full.
#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_read_its_answers_is_let_go() {
    let server = Server::start_with(Options { head_timeout: Duration::from_millis(300), ..Options::default() }).await;
    let mut wire = server.open_raw_connection().await;
    let asked = wire.send_until_refused("GET /-/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(asked > 10, "{asked}");
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_over_the_limit_wait_for_a_place() {
    let server = Server::start_with(Options { connections: 2, ..Options::default() }).await;
    let device = server.link_default_device().await;
    let request = head("GET /subscriptionInfo", &device, SubscriptionInfo) + "\r\n";
    let (mut first, mut second) = (server.open_raw_connection().await, server.open_raw_connection().await);
    for wire in [&mut first, &mut second] {
        wire.send(&request).await;
        assert_eq!(wire.read_response().await.status_line, "HTTP/1.1 200 OK");
    }
    let mut third = server.open_raw_connection().await;
    third.send(&request).await;
    first.send(&request).await;
    assert_eq!(first.read_response().await.status_line, "HTTP/1.1 200 OK");
    assert!(!third.has_data(), "it has no place yet");
    drop(first);
    assert_eq!(third.read_response().await.status_line, "HTTP/1.1 200 OK");
}
