//! `opendrs events`: an operator lists, shows and replays notifications at a shell.

use super::program::ProgramFolder;
use crate::harness::{ReceiverAction, TestReceiver};

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_was_refused_is_found_looked_at_and_sent_again() {
    let place = ProgramFolder::seeded();
    let receiver = TestReceiver::start().await;
    receiver.queue_actions(&[ReceiverAction::AnswerBody(404, "no such page\n\nask somebody")]);
    let topic = ["topic", "add", "kettles", &receiver.url, "--profile", &place.profile_id(), "--confirmed"];
    place.run_on_store(&topic).expect_success();
    let server = place.serve(&["--test-clock"]);
    place.link_device("SN-1", &[]);
    place.run(&["clock", "advance", "1m", "--server", &server.base_url]).expect_success();
    let refused = receiver.take_received().await.remove(0);

    let listed = place.run_on_store(&["events", "list"]).expect_success();
    let first = listed.lines().next().unwrap();
    let id = first.split_whitespace().last().unwrap();
    assert!(first.contains("  dead        DeviceRegisteredNotification    Aqua-Pitcher_7 SN-1  "), "{listed}");
    assert!(listed.contains("  delivered   SubscriptionChangedNotification "), "{listed}");
    assert_eq!(place.run_on_store(&["events", "list", "--failed"]).expect_success(), format!("{first}\n"));
    let shown = place.run_on_store(&["events", "show", id]).expect_success();
    let wanted = [
        &format!("  {}", serde_json::to_string_pretty(&refused.message()).unwrap().replace('\n', "\n  ")),
        "  dead      arn:aws:sns:drs-local-1:000000000000:kettles  the receiver answered 404, which is final",
        "ms  404\n       no such page\n       ask somebody\n",
    ];
    for part in wanted {
        assert!(shown.contains(part), "{part}\n\n{shown}");
    }

    let again = place.run_on_store(&["events", "replay", id]).expect_success();
    assert_eq!(again, "1 to be sent again\n");
    place.run(&["clock", "advance", "1m", "--server", &server.base_url]).expect_success();
    let sent = receiver.take_received().await.remove(0);
    assert_eq!(sent.header("webhook-id"), refused.header("webhook-id"));
    assert_eq!(sent.message(), refused.message());
    assert!(place.run_on_store(&["events", "show", id]).expect_success().contains("  delivered arn:aws:sns:"), "{id}");
    assert_eq!(place.run_on_store(&["events", "list", "--failed"]).expect_success(), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_was_given_up_is_sent_again() {
    let place = ProgramFolder::seeded();
    let receiver = TestReceiver::start().await;
    receiver.queue_actions(&[
        ReceiverAction::AnswerBody(404, ""),
        ReceiverAction::AnswerBody(404, ""),
        ReceiverAction::Answer(200, ""),
        ReceiverAction::AnswerBody(404, ""),
    ]);
    let topic = ["topic", "add", "kettles", &receiver.url, "--profile", &place.profile_id(), "--confirmed"];
    place.run_on_store(&topic).expect_success();
    let server = place.serve(&["--test-clock"]);
    for serial in ["SN-1", "SN-2"] {
        place.link_device(serial, &[]);
        place.run(&["clock", "advance", "1m", "--server", &server.base_url]).expect_success();
    }
    assert_eq!(receiver.take_received().await.len(), 4);
    let failed = place.run_on_store(&["events", "list", "--failed", "--json"]).expect_success();
    let failed: Vec<serde_json::Value> = failed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(failed.iter().map(|event| &event["state"]).collect::<Vec<_>>(), ["dead", "dead", "dead"]);
    assert_eq!(place.run_on_store(&["events", "list", "--failed", "--limit", "1"]).expect_success().lines().count(), 1);
    assert_eq!(place.run_on_store(&["events", "replay", "--failed"]).expect_success(), "3 to be sent again\n");
    place.run(&["clock", "advance", "1m", "--server", &server.base_url]).expect_success();
    assert_eq!(receiver.take_received().await.len(), 3, "what was delivered is left alone");
    assert_eq!(place.run_on_store(&["events", "list", "--failed"]).expect_success(), "");
    assert_eq!(place.run_on_store(&["events", "replay", "--failed"]).expect_success(), "0 to be sent again\n");
    let usage = place.run_on_store(&["events", "replay"]);
    assert_eq!(usage.status, 2, "{usage:?}");
}
