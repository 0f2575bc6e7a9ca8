//! The order and the version of a device's messages (docs/spec/notifications.md#notification-order,
//! docs/spec/notifications.md#notification-versions).

use crate::harness::fixtures::{FILTER, MODEL};
use crate::harness::{ReceivedRequest, ReceiverAction, Server, TestReceiver};
use opendrs_domain::version::ApiEndpoint::Replenish;

both!(messages_of_a_device_leave_in_their_order, time_moves_and_says_what_it_sent);

async fn messages_of_a_device_leave_in_their_order(server: &Server) {
    let receiver = TestReceiver::start().await;
    server.add_confirmed_receiver("kettles", &receiver, |_| {}).await;
    receiver.queue_actions(&[ReceiverAction::Answer(500, ""), ReceiverAction::Answer(500, "")]);
    let device = server.link_default_device().await;
    server.device_call(&device, Replenish, &format!("/replenish/{FILTER}")).send().await;
    server.advance("0s").await;
    assert_eq!(receiver.take_only_received().await.notification_type(), "DeviceRegisteredNotification");
    // Messages of another device do not wait for it.
    server.link_device(crate::harness::LinkOptions::default().serial("SN-2")).await;
    server.advance("0s").await;
    assert!(receiver.take_only_received().await.message().to_string().contains("SN-2"));
    server.advance("1m").await;
    let ours = |got: Vec<ReceivedRequest>| -> Vec<String> {
        let ours = got.iter().filter(|got| got.message().to_string().contains("\"SN-1\""));
        ours.map(ReceivedRequest::notification_type).collect()
    };
    assert_eq!(
        ours(receiver.take_received().await),
        ["DeviceRegisteredNotification", "SubscriptionChangedNotification", "OrderPlacedNotification"]
    );
}

async fn time_moves_and_says_what_it_sent(server: &Server) {
    let receiver = TestReceiver::start().await;
    let topic = server.add_confirmed_receiver("kettles", &receiver, |_| {}).await;
    let device = server.link_default_device().await;
    server.device_call(&device, Replenish, &format!("/replenish/{FILTER}")).send().await;
    let answer = server.request("POST", "/-/clock").body(r#"{"advance":"25h"}"#).send().await.json();
    let fired: Vec<_> = answer["fired"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|f| f["mail"].is_null())
        .map(|f| (f["at"].as_str().unwrap(), f["message"].as_str().or(f["to"].as_str()).unwrap()))
        .collect();
    assert_eq!(
        fired,
        [
            ("2018-03-02T07:00:00.000Z", "DeviceRegisteredNotification"),
            ("2018-03-02T07:00:00.000Z", "SubscriptionChangedNotification"),
            ("2018-03-02T07:00:00.000Z", "OrderPlacedNotification"),
            ("2018-03-03T07:00:00.000Z", "fulfilling"),
            ("2018-03-03T07:30:00.000Z", "shipped"),
            ("2018-03-03T07:30:00.000Z", "ItemShippedNotification"),
        ],
        "{answer}"
    );
    assert_eq!(answer["fired"][0]["topicArn"], topic.arn.as_str());
    assert_eq!(answer["fired"][0]["outcome"], "delivered");
    let shipped = receiver.take_received().await.pop().unwrap();
    assert_eq!(shipped.message()["deviceInfo"]["productIdentifier"]["modelId"], MODEL);
}
