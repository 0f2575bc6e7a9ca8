//! `POST /-/trigger`: notifications on request, through the ordinary delivery.

use crate::harness::fixtures::{FILTER, MODEL};
use crate::harness::{LinkOptions, Options, Server, TestReceiver};
use opendrs_domain::notification::NotificationType;
use opendrs_domain::version::ApiEndpoint;
use opendrs_service::login::link::SlotSelection;
use opendrs_service::trigger::{TriggerNotification, trigger};
use serde_json::{Value, json};

both!(
    every_type_arrives_in_both_versions_signed,
    an_open_order_is_the_one_that_is_told_of,
    an_unsubscribed_slot_tells_of_its_first_product,
    what_cannot_be_sent_is_refused_with_what_can,
);

async fn post_trigger(server: &Server, body: Value) -> (u16, Value) {
    let reply = server.request("POST", "/-/trigger").body(body.to_string()).send().await;
    (reply.status.as_u16(), reply.json())
}

async fn every_type_arrives_in_both_versions_signed(server: &Server) {
    let receiver = TestReceiver::start().await;
    server.add_confirmed_receiver("kettles", &receiver, |_| {}).await;
    server.link_default_device().await;
    server.advance("0s").await;
    receiver.take_received().await;
    for kind in NotificationType::ALL {
        let mut of_version = Vec::new();
        for version in ["1.0", "2.0"] {
            let body = json!({ "type": kind.cli_name(), "device": "SN-1", "slot": FILTER, "version": version });
            let (status, answer) = post_trigger(server, body).await;
            assert_eq!((status, &answer["topics"]), (200, &json!(1)), "{answer}");
            server.advance("1s").await;
            let got = receiver.take_only_received().await;
            assert!(server.is_signed(&got.json()).await, "{got:?}");
            assert_eq!(
                (got.notification_type().as_str(), &answer["type"]),
                (kind.wire_name(), &json!(kind.wire_name()))
            );
            assert_eq!(got.json()["MessageId"], answer["event"]);
            let attribute = &got.json()["MessageAttributes"]["version"]["Value"];
            assert_eq!(attribute.as_str(), (version == "2.0").then_some("2.0"));
            let message = got.message();
            assert_eq!(message["deviceInfo"]["deviceIdentifier"]["serialNumber"], "SN-1");
            let shown = message.to_string().to_lowercase();
            assert!(["fake", "test", "trigger"].iter().all(|word| !shown.contains(word)), "{shown}");
            of_version.push(message);
        }
        let of_order = matches!(
            kind,
            NotificationType::OrderPlaced | NotificationType::OrderCancelled | NotificationType::ItemShipped
        );
        assert_eq!(of_version[0].get("orderInfo").is_some(), of_order, "{kind:?}");
        assert!(!of_order || of_version[1]["orderInfo"]["slotId"] == FILTER, "{}", of_version[1]);
    }
    // Nothing has changed: the device is still registered, and its slot is free.
    let device = server.link_default_device().await;
    let path = format!("/replenish/{FILTER}");
    let placed = server.device_call(&device, ApiEndpoint::Replenish, &path).send().await.json();
    assert_eq!(placed["detailCode"], "STANDARD_ORDER_PLACED");
}

async fn an_open_order_is_the_one_that_is_told_of(server: &Server) {
    let receiver = TestReceiver::start().await;
    server.add_confirmed_receiver("kettles", &receiver, |_| {}).await;
    let device = server.link_default_device().await;
    let path = format!("/replenish/{FILTER}");
    let placed = server.device_call(&device, ApiEndpoint::Replenish, &path).send().await.json();
    server.advance("0s").await;
    receiver.take_received().await;
    let body = json!({ "type": "ItemShippedNotification", "device": format!("{MODEL}/SN-1"), "slot": FILTER });
    assert_eq!(post_trigger(server, body).await.0, 200);
    server.advance("1s").await;
    let told = receiver.take_only_received().await.message();
    assert_eq!(told["orderInfo"]["instanceId"], placed["eventInstanceId"]);
    let info = format!("/getOrderInfo/{}", placed["eventInstanceId"].as_str().unwrap());
    let info = server.device_call(&device, ApiEndpoint::OrderInfo, &info).send().await.text();
    assert!(info.contains("Processing"), "{info}");
}

async fn an_unsubscribed_slot_tells_of_its_first_product(server: &Server) {
    server.link_device(LinkOptions::default().subscribe(SlotSelection::Nothing)).await;
    let (status, answer) =
        post_trigger(server, json!({ "type": "order-placed", "device": "SN-1", "slot": FILTER })).await;
    assert_eq!((status, &answer["topics"]), (200, &json!(0)), "nobody listens");
    let rows = server.event_names().await;
    assert_eq!(rows.last().unwrap(), "OrderPlaced");
}

async fn what_cannot_be_sent_is_refused_with_what_can(server: &Server) {
    server.link_default_device().await;
    for (body, says) in [
        (json!({ "type": "exploded", "device": "SN-1" }), "use one of device-registered, "),
        (json!({ "type": "item-shipped", "device": "SN-2" }), "no device SN-2 is registered: `opendrs device link`"),
        (json!({ "type": "item-shipped", "device": "Other/SN-1" }), "no device Other/SN-1 is registered"),
        (json!({ "type": "item-shipped", "device": "S N" }), "serial"),
        (json!({ "type": "item-shipped", "device": "SN-1" }), "this type tells of one slot: name it, of "),
        (json!({ "type": "item-shipped", "device": "SN-1", "slot": "x" }), "has no slot x; it has "),
        (json!({ "type": "item-shipped", "device": "SN-1", "version": "3.0" }), "write 1.0 or 2.0"),
        (json!({ "type": "item-shipped" }), "missing field `device`"),
        (json!({ "type": "item-shipped", "device": "SN-1", "slots": "x" }), "unknown field `slots`"),
    ] {
        let (status, answer) = post_trigger(server, body).await;
        let message = answer["message"].as_str().unwrap();
        assert!(status == 400 && message.contains(says), "{status} {message}");
    }
    assert_eq!(server.event_names().await.len(), 2, "what its link told, and no more");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_test_clock_there_is_nothing_to_ask() {
    let server = Server::start_with(Options { test_clock: false, ..Options::default() }).await;
    server.link_default_device().await;
    let (status, _) = post_trigger(&server, json!({ "type": "device-registered", "device": "SN-1" })).await;
    assert_eq!(status, 404);
    let what = TriggerNotification {
        kind: NotificationType::DeviceRegistered,
        device: "SN-1".into(),
        slot: None,
        version: None,
    };
    let refused = trigger(server.app(), what).await.unwrap_err();
    assert!(refused.to_string().contains("start it with --test-clock"), "{refused}");
    assert_eq!(server.event_names().await.len(), 2, "what its link told, and no more");
}
