//! `opendrs events`: what makers were told, looked at and told again by who has nothing but a shell.

use super::program::Place;
use crate::harness::{Does, Receiver};

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_was_refused_is_found_looked_at_and_sent_again() {
    let place = Place::seeded();
    let receiver = Receiver::start().await;
    receiver.will(&[Does::Say(404, "no such page\n\nask somebody")]);
    let topic = ["topic", "add", "kettles", &receiver.url, "--profile", &place.profile(), "--confirmed"];
    place.on_store(&topic).good();
    let server = place.serve(&["--test-clock"]);
    place.link("SN-1", &[]);
    place.run(&["clock", "advance", "1m", "--server", &server.base]).good();
    let refused = receiver.all().await.remove(0);

    let listed = place.on_store(&["events", "list"]).good();
    let first = listed.lines().next().unwrap();
    let id = first.split_whitespace().last().unwrap();
    assert!(first.contains("  dead        DeviceRegisteredNotification    Aqua-Pitcher_7 SN-1  "), "{listed}");
    assert!(listed.contains("  delivered   SubscriptionChangedNotification "), "{listed}");
    assert_eq!(place.on_store(&["events", "list", "--failed"]).good(), format!("{first}\n"));
    let shown = place.on_store(&["events", "show", id]).good();
    let wanted = [
        &format!("  {}", serde_json::to_string_pretty(&refused.message()).unwrap().replace('\n', "\n  ")),
        "  dead      arn:aws:sns:drs-local-1:000000000000:kettles  the receiver answered 404, which is final",
        "ms  404\n       no such page\n       ask somebody\n",
    ];
    for part in wanted {
        assert!(shown.contains(part), "{part}\n\n{shown}");
    }

    let again = place.on_store(&["events", "replay", id]).good();
    assert_eq!(again, "1 to be sent again\n");
    place.run(&["clock", "advance", "1m", "--server", &server.base]).good();
    let sent = receiver.all().await.remove(0);
    assert_eq!(sent.header("webhook-id"), refused.header("webhook-id"));
    assert_eq!(sent.message(), refused.message());
    assert!(place.on_store(&["events", "show", id]).good().contains("  delivered arn:aws:sns:"), "{id}");
    assert_eq!(place.on_store(&["events", "list", "--failed"]).good(), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_was_given_up_is_sent_again() {
    let place = Place::seeded();
    let receiver = Receiver::start().await;
    receiver.will(&[Does::Say(404, ""), Does::Say(404, ""), Does::Answer(200, ""), Does::Say(404, "")]);
    let topic = ["topic", "add", "kettles", &receiver.url, "--profile", &place.profile(), "--confirmed"];
    place.on_store(&topic).good();
    let server = place.serve(&["--test-clock"]);
    for serial in ["SN-1", "SN-2"] {
        place.link(serial, &[]);
        place.run(&["clock", "advance", "1m", "--server", &server.base]).good();
    }
    assert_eq!(receiver.all().await.len(), 4);
    let failed = place.on_store(&["events", "list", "--failed", "--json"]).good();
    let failed: Vec<serde_json::Value> = failed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(failed.iter().map(|event| &event["state"]).collect::<Vec<_>>(), ["dead", "dead", "dead"]);
    assert_eq!(place.on_store(&["events", "list", "--failed", "--limit", "1"]).good().lines().count(), 1);
    assert_eq!(place.on_store(&["events", "replay", "--failed"]).good(), "3 to be sent again\n");
    place.run(&["clock", "advance", "1m", "--server", &server.base]).good();
    assert_eq!(receiver.all().await.len(), 3, "what was delivered is left alone");
    assert_eq!(place.on_store(&["events", "list", "--failed"]).good(), "");
    assert_eq!(place.on_store(&["events", "replay", "--failed"]).good(), "0 to be sent again\n");
    let usage = place.on_store(&["events", "replay"]);
    assert_eq!(usage.status, 2, "{usage:?}");
}
