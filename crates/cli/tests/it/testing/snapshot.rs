//! `/-/snapshots`: a state is saved and loaded completely.

use crate::harness::fixtures::FILTER;
use crate::harness::{LinkOptions, LinkedDevice, Options, Server, TestReceiver};
use opendrs_domain::version::ApiEndpoint;
use opendrs_service::{keys, signing, snapshot};
use serde_json::{Value, json};

both!(
    everything_comes_back_and_nothing_of_what_came_after,
    snapshots_are_listed_replaced_and_let_go,
    what_does_not_fit_is_refused_and_changes_nothing,
);

async fn post_snapshot(server: &Server, body: Value) -> (u16, Value) {
    let reply = server.request("POST", "/-/snapshots").body(body.to_string()).send().await;
    (reply.status.as_u16(), reply.json())
}

async fn post_snapshot_ok(server: &Server, body: Value) -> Value {
    let (status, answer) = post_snapshot(server, body).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

async fn info(server: &Server, device: &LinkedDevice) -> u16 {
    server.device_call(device, ApiEndpoint::SubscriptionInfo, "/subscriptionInfo").send().await.status.as_u16()
}

async fn clock(server: &Server) -> String {
    server.request("GET", "/-/clock").send().await.text()
}

async fn everything_comes_back_and_nothing_of_what_came_after(server: &Server) {
    let receiver = TestReceiver::start().await;
    server.add_confirmed_receiver("kettles", &receiver, |_| {}).await;
    let first = server.link_default_device().await;
    let replenish =
        async |device| server.device_call(device, ApiEndpoint::Replenish, &format!("/replenish/{FILTER}")).send().await;
    assert_eq!(replenish(&first).await.status, 200);
    server.advance("10m").await;
    receiver.take_received().await;
    let (rows, time, events) = (server.all_rows().await, clock(server).await, server.event_names().await);
    let kept = post_snapshot_ok(server, json!({ "save": "ordered" })).await;
    assert_eq!((&kept["name"], &kept["at"]), (&json!("ordered"), &json!("2018-03-02T07:10:00.000Z")));
    assert_eq!(server.all_rows().await, rows, "saving changes nothing");

    // Days pass, another device and other keys are added, a fault is planned; then everything is reset.
    let second = server.link_device(LinkOptions::default().serial("SN-2")).await;
    server.advance("5d").await;
    keys::rotate_token_key(server.app()).await.unwrap();
    signing::rotate_key(server.app()).await.unwrap();
    let third = server.link_device(LinkOptions::default().serial("SN-3")).await;
    server.request("POST", "/-/faults").body(json!({ "fault": "500" }).to_string()).send().await;
    server.request("POST", "/-/reset").send().await;
    assert_ne!(info(server, &first).await, 200);
    receiver.take_received().await;

    for _ in 0..2 {
        assert_eq!(post_snapshot_ok(server, json!({ "load": "ordered" })).await, kept);
        assert_eq!((server.all_rows().await, clock(server).await), (rows.clone(), time.clone()));
        assert_eq!(server.request("GET", "/-/faults").send().await.json(), json!({ "faults": [] }));
        assert_eq!(
            (info(server, &first).await, info(server, &second).await, info(server, &third).await),
            (200, 400, 400)
        );
        assert_eq!(server.event_names().await, events);
        // The order goes on from its state, and the maker can verify its notifications.
        let lock = replenish(&first).await.json();
        assert_eq!(lock["detailCode"], "ORDER_INPROGRESS", "{lock}");
        server.advance("25h").await;
        let shipped = receiver.take_only_received().await;
        assert_eq!(
            (shipped.notification_type().as_str(), server.is_signed(&shipped.json()).await),
            ("ItemShippedNotification", true)
        );
        server.link_device(LinkOptions::default().serial("SN-2")).await;
    }
}

async fn snapshots_are_listed_replaced_and_let_go(server: &Server) {
    let list = async || server.request("GET", "/-/snapshots").send().await.json();
    assert_eq!(list().await, json!({ "snapshots": [] }));
    server.link_default_device().await;
    post_snapshot_ok(server, json!({ "save": "two" })).await;
    post_snapshot_ok(server, json!({ "save": "one" })).await;
    server.advance("1d").await;
    let (status, refused) = post_snapshot(server, json!({ "save": "two" })).await;
    let message = refused["message"].as_str().unwrap();
    assert!(status == 400 && message.contains("there is a snapshot `two` already"), "{message}");
    post_snapshot_ok(server, json!({ "save": "two", "replace": true })).await;
    let at = |name: &str, at: &str| json!({ "name": name, "at": at, "savedAt": "2018-03-02T07:00:00.000Z" });
    let both = [at("one", "2018-03-02T07:00:00.000Z"), at("two", "2018-03-03T07:00:00.000Z")];
    assert_eq!(list().await, json!({ "snapshots": both }));
    assert_eq!(server.request("DELETE", "/-/snapshots/one").send().await.status, 200);
    assert_eq!(list().await, json!({ "snapshots": both[1..] }));
    let (status, gone) = post_snapshot(server, json!({ "load": "one" })).await;
    assert!(status == 400 && gone["message"].as_str().unwrap().contains("there is no snapshot `one`"), "{gone}");
}

async fn what_does_not_fit_is_refused_and_changes_nothing(server: &Server) {
    post_snapshot_ok(server, json!({ "save": "kept" })).await;
    server.link_default_device().await;
    let rows = server.all_rows().await;
    for (asked, says) in [
        (json!({}), "Send {\"save\":\"NAME\"}"),
        (json!({ "save": "a", "load": "b" }), "Send {\"save\":\"NAME\"}"),
        (json!({ "load": "kept", "replace": true }), "Send {\"save\":\"NAME\"}"),
        (json!({ "save": "../kept" }), "name is 1 to 40 of the small letters"),
        (json!({ "load": "KEPT" }), "name is 1 to 40 of the small letters"),
        (json!({ "load": "lost" }), "there is no snapshot `lost`"),
        (json!({ "keep": "x" }), "unknown field `keep`"),
    ] {
        let (status, answer) = post_snapshot(server, asked).await;
        let message = answer["message"].as_str().unwrap();
        assert!(status == 400 && message.contains(says), "{status} {message}");
    }
    assert_eq!(server.request("DELETE", "/-/snapshots/lost").send().await.status, 400);
    assert_eq!(server.all_rows().await, rows);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_test_clock_nothing_is_kept() {
    let server = Server::start_with(Options { test_clock: false, ..Options::default() }).await;
    assert_eq!(server.request("GET", "/-/snapshots").send().await.status, 404);
    let refused = snapshot::save(server.app(), "x", false).await.unwrap_err();
    assert!(refused.to_string().contains("start it with --test-clock"), "{refused}");
}
