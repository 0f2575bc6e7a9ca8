//! In which order a device's messages leave, and in which version (docs/spec/notifications.md#notification-order,
//! docs/spec/notifications.md#notification-versions).

use crate::harness::world::{FILTER, MODEL};
use crate::harness::{Does, Got, Receiver, Server};
use opendrs_domain::version::Endpoint::Replenish;

both!(messages_of_a_device_leave_in_their_order, time_moves_and_says_what_it_sent);

async fn messages_of_a_device_leave_in_their_order(server: &Server) {
    let receiver = Receiver::start().await;
    server.confirmed("kettles", &receiver, |_| {}).await;
    receiver.will(&[Does::Answer(500, ""), Does::Answer(500, "")]);
    let device = server.device().await;
    server.call(&device, Replenish, &format!("/replenish/{FILTER}")).send().await;
    server.advance("0s").await;
    assert_eq!(receiver.only().await.what(), "DeviceRegisteredNotification");
    // Another device's messages do not wait for it.
    server.link(crate::harness::Linking::default().serial("SN-2")).await;
    server.advance("0s").await;
    assert!(receiver.only().await.message().to_string().contains("SN-2"));
    server.advance("1m").await;
    let ours = |got: Vec<Got>| -> Vec<String> {
        let ours = got.iter().filter(|got| got.message().to_string().contains("\"SN-1\""));
        ours.map(Got::what).collect()
    };
    assert_eq!(
        ours(receiver.all().await),
        ["DeviceRegisteredNotification", "SubscriptionChangedNotification", "OrderPlacedNotification"]
    );
}

async fn time_moves_and_says_what_it_sent(server: &Server) {
    let receiver = Receiver::start().await;
    let topic = server.confirmed("kettles", &receiver, |_| {}).await;
    let device = server.device().await;
    server.call(&device, Replenish, &format!("/replenish/{FILTER}")).send().await;
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
    let shipped = receiver.all().await.pop().unwrap();
    assert_eq!(shipped.message()["deviceInfo"]["productIdentifier"]["modelId"], MODEL);
}
