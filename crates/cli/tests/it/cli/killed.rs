//! `kill -9` while a notification is on its way: it was sent, and nobody wrote that down.

use super::program::Place;
use crate::harness::{Does, Receiver};

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_and_not_recorded_goes_out_again_under_its_id() {
    let place = Place::seeded();
    let receiver = Receiver::start().await;
    let topic = ["topic", "add", "kettles", &receiver.url, "--profile", &place.profile(), "--confirmed"];
    place.on_store(&topic).good();
    let server = place.serve(&["--test-clock"]);
    receiver.will(&[Does::Hang]);
    place.link("SN-1", &[]);
    let before = receiver.next().await;
    assert_eq!(before.what(), "DeviceRegisteredNotification");
    server.kill();

    let server = place.serve(&["--test-clock"]);
    place.run(&["clock", "advance", "2m", "--server", &server.base]).good();
    let after = receiver.all().await;
    let whats: Vec<_> = after.iter().map(|got| got.what()).collect();
    assert_eq!(
        whats,
        ["DeviceRegisteredNotification", "SubscriptionChangedNotification"],
        "none is lost, none doubled"
    );
    for name in ["x-amz-sns-message-id", "webhook-id"] {
        assert_eq!(after[0].header(name), before.header(name));
    }
    // All that is signed; the server has another port now.
    for name in ["MessageId", "Message", "Timestamp", "Signature"] {
        assert_eq!(after[0].json()[name], before.json()[name], "{name}");
    }
}
