//! `opendrs trigger`: notifications on request from the command line.

use super::program::{FILTER, ProgramFolder};
use crate::harness::TestReceiver;

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_on_this_host_is_sent_what_was_asked_for() {
    let place = ProgramFolder::seeded();
    let server = place.serve(&["--test-clock"]);
    place.link_device("SN-1", &[]);
    let receiver = TestReceiver::start().await;
    place
        .run_on_store(&["topic", "add", "kettles", &receiver.url, "--profile", &place.profile_id(), "--confirmed"])
        .expect_success();
    let words = ["trigger", "item-shipped", "--device", "SN-1", "--slot", FILTER, "--server", &server.base_url];
    let said = place.run(&words).expect_success();
    assert!(said.starts_with("ItemShippedNotification  Aqua-Pitcher_7 SN-1  "), "{said}");
    let got = loop {
        let got = receiver.wait_for_next().await;
        if got.notification_type() == "ItemShippedNotification" {
            break got;
        }
    };
    assert_eq!(got.json()["MessageId"], said.trim().rsplit(' ').next().unwrap());
    let json = place.run(&[&words[..], &["--json", "--version", "1.0"]].concat()).expect_success();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["topics"], &json["serial"]), (&1.into(), &"SN-1".into()));
    assert!(receiver.wait_for_next().await.json().get("MessageAttributes").is_none(), "version 1.0 has no attribute");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_sent_is_told() {
    let place = ProgramFolder::seeded();
    let server = place.serve(&["--test-clock"]);
    let trigger = |words: &[&str]| place.run(&[&["trigger"], words, &["--server", &server.base_url]].concat());
    let said = trigger(&["item-shipped", "--device", "SN-1"]).expect_failure();
    assert_eq!(said, "opendrs: no device SN-1 is registered: `opendrs device link` links one\n");
    assert_eq!(trigger(&["item-dropped", "--device", "SN-1"]).status, 2);
    drop(server);
    let server = place.serve(&[]);
    let said =
        place.run(&["trigger", "item-shipped", "--device", "SN-1", "--server", &server.base_url]).expect_failure();
    assert_eq!(said, format!("opendrs: {} is not a test server: start it with --test-clock\n", server.base_url));
}
