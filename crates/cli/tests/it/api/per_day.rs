//! Limits of a device per day, for calls and orders, and the limit of connections per address.

use super::quirks::LEVEL;
use crate::harness::fixtures::{CARTRIDGE, FILTER};
use crate::harness::{LinkOptions, LinkedDevice, Options, Server, Store};
use opendrs_client::ClientResponse;
use opendrs_domain::version::ApiEndpoint::{Replenish, SlotStatus, SubscriptionInfo};
use opendrs_service::limit::RateLimitSettings;

both!(by one_order_a_day:
    one_order_more_waits_and_leaves_nothing_behind,
    an_open_order_is_answered_as_on_any_day,
    a_test_order_is_not_counted,
    what_was_not_placed_is_not_counted,
);

async fn one_order_a_day(store: Store, test: impl AsyncFn(&Server)) {
    let rates = RateLimitSettings { device_orders_per_day: 1, ..RateLimitSettings::default() };
    let server = Server::start_on(store, Options { rates, ..Options::default() }).await;
    test(&server).await;
    server.remove_store().await;
}

async fn replenish(server: &Server, device: &LinkedDevice, slot: &str) -> ClientResponse {
    server.device_call(device, Replenish, &format!("/replenish/{slot}")).send().await
}

fn detail(reply: &ClientResponse) -> (u16, String) {
    (reply.status.as_u16(), reply.json()["detailCode"].as_str().unwrap_or("").to_owned())
}

fn placed(what: &str) -> (u16, String) {
    (200, what.to_owned())
}

async fn one_order_more_waits_and_leaves_nothing_behind(server: &Server) {
    let (device, other) =
        (server.link_default_device().await, server.link_device(LinkOptions::default().serial("SN-2")).await);
    assert_eq!(detail(&replenish(server, &device, FILTER).await), placed("STANDARD_ORDER_PLACED"));
    let before = server.all_rows().await;
    for _ in 0..2 {
        let reply = replenish(server, &device, CARTRIDGE).await;
        assert_eq!((reply.status.as_u16(), reply.header("retry-after")), (429, "86400"));
        let message = "This device placed as many orders as it may in a day. The next is possible in 86400 seconds.";
        assert_eq!(reply.json()["message"], message);
        assert!(reply.header("x-amzn-errortype").starts_with("ThrottlingException:"));
    }
    assert_eq!(server.all_rows().await, before, "no order, no lock, no event, no mail");
    assert_eq!(detail(&replenish(server, &other, FILTER).await), placed("STANDARD_ORDER_PLACED"));
    server.advance("24h").await;
    // The same registration with a token of this day.
    let device = server.link_default_device().await;
    assert_eq!(detail(&replenish(server, &device, CARTRIDGE).await), placed("STANDARD_ORDER_PLACED"));
}

async fn an_open_order_is_answered_as_on_any_day(server: &Server) {
    let device = server.link_default_device().await;
    let first = replenish(server, &device, FILTER).await.json()["eventInstanceId"].clone();
    for _ in 0..3 {
        let again = replenish(server, &device, FILTER).await;
        assert_eq!(detail(&again), placed("ORDER_INPROGRESS"));
        assert_eq!(again.json()["eventInstanceId"], first);
    }
}

async fn a_test_order_is_not_counted(server: &Server) {
    let device = server.link_device(LinkOptions::default().test_device()).await;
    for slot in [FILTER, CARTRIDGE] {
        assert_eq!(detail(&replenish(server, &device, slot).await), placed("TEST_ORDER_PLACED"));
    }
}

async fn what_was_not_placed_is_not_counted(server: &Server) {
    let subscribe = opendrs_service::login::link::SlotSelection::Nothing;
    let idle = server.link_device(LinkOptions::default().subscribe(subscribe)).await;
    for _ in 0..3 {
        assert_eq!(replenish(server, &idle, FILTER).await.status, 400, "the slot is unsubscribed");
    }
    let device = server.link_device(LinkOptions::default().serial("SN-2")).await;
    let (first, second) = tokio::join!(replenish(server, &device, FILTER), replenish(server, &device, FILTER));
    // Whichever counts first may place the day's one order. The other finds the order, or none yet and the limit reached.
    let both = [detail(&first), detail(&second)];
    let is_placed = |found: &&(u16, String)| **found == placed("STANDARD_ORDER_PLACED");
    assert_eq!(both.iter().filter(is_placed).count(), 1, "{both:?}");
    let other = both.iter().find(|found| !is_placed(found)).unwrap();
    assert!(*other == placed("ORDER_INPROGRESS") || other.0 == 429, "{both:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_has_so_many_calls_a_day() {
    let rates = RateLimitSettings { device_calls_per_day: 3, ..RateLimitSettings::default() };
    let server = Server::start_with(Options { rates, ..Options::default() }).await;
    let (device, other) =
        (server.link_default_device().await, server.link_device(LinkOptions::default().serial("SN-2")).await);
    let report = |device| server.device_call(device, SlotStatus, &format!("/slotStatus/{FILTER}")).body(LEVEL);
    for _ in 0..3 {
        assert_eq!(report(&device).send().await.status, 200);
    }
    for reply in
        [report(&device).send().await, server.device_call(&device, SubscriptionInfo, "/subscriptionInfo").send().await]
    {
        assert_eq!((reply.status.as_u16(), reply.header("retry-after")), (429, "28800"));
    }
    assert_eq!(server.row_count("reading").await, 3);
    assert_eq!(report(&other).send().await.status, 200);
}

/// A further connection is closed without an answer; the open ones go on.
#[tokio::test(flavor = "multi_thread")]
async fn an_address_has_so_many_connections() {
    let server = Server::start_with(Options { per_address: 2, ..Options::default() }).await;
    // The server's own client is not used, because its connections count, too.
    let request = "GET /-/health HTTP/1.1\r\nHost: x\r\n\r\n";
    let (mut first, mut second) = (server.open_raw_connection().await, server.open_raw_connection().await);
    for wire in [&mut first, &mut second] {
        wire.send(request).await;
        assert_eq!(wire.read_response().await.status_line, "HTTP/1.1 200 OK");
    }
    assert_eq!(server.open_raw_connection().await.read_until_close().await, "");
    first.send(request).await;
    assert_eq!(first.read_response().await.status_line, "HTTP/1.1 200 OK");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxys_connections_are_not_counted() {
    let proxies = vec!["127.0.0.1".to_owned()].try_into().unwrap();
    let server = Server::start_with(Options { per_address: 1, proxies, ..Options::default() }).await;
    let mut wires =
        [server.open_raw_connection().await, server.open_raw_connection().await, server.open_raw_connection().await];
    for wire in &mut wires {
        wire.send("GET /-/health HTTP/1.1\r\nHost: x\r\n\r\n").await;
        assert_eq!(wire.read_response().await.status_line, "HTTP/1.1 200 OK");
    }
}
