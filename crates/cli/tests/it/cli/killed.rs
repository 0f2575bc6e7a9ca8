//! `kill -9` during a delivery: the notification was sent, and its attempt was not recorded.

use super::program::ProgramFolder;
use crate::harness::{ReceiverAction, TestReceiver};

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_and_not_recorded_goes_out_again_under_its_id() {
    let place = ProgramFolder::seeded();
    let receiver = TestReceiver::start().await;
    let topic = ["topic", "add", "kettles", &receiver.url, "--profile", &place.profile_id(), "--confirmed"];
    place.run_on_store(&topic).expect_success();
    let server = place.serve(&["--test-clock"]);
    receiver.queue_actions(&[ReceiverAction::Hang]);
    place.link_device("SN-1", &[]);
    let before = receiver.wait_for_next().await;
    assert_eq!(before.notification_type(), "DeviceRegisteredNotification");
    server.kill();

    let server = place.serve(&["--test-clock"]);
    place.run(&["clock", "advance", "2m", "--server", &server.base_url]).expect_success();
    let after = receiver.take_received().await;
    let whats: Vec<_> = after.iter().map(|got| got.notification_type()).collect();
    assert_eq!(
        whats,
        ["DeviceRegisteredNotification", "SubscriptionChangedNotification"],
        "none is lost, none doubled"
    );
    for name in ["x-amz-sns-message-id", "webhook-id"] {
        assert_eq!(after[0].header(name), before.header(name));
    }
    // The signed fields are compared, because other ones contain the server's port, which has changed.
    for name in ["MessageId", "Message", "Timestamp", "Signature"] {
        assert_eq!(after[0].json()[name], before.json()[name], "{name}");
    }
}
