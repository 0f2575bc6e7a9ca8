//! `opendrs listen`: receiving, verifying and forwarding notifications.

use super::program::{FILTER, ProgramFolder};
use crate::harness::{ReceiverAction, TestReceiver};
use axum::http::Method;
use opendrs_client::send;
use serde_json::Value;

fn topics(place: &ProgramFolder) -> Vec<Value> {
    let printed = place.run_on_store(&["topic", "list", "--json"]).expect_success();
    printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_is_checked_and_passed_on_unchanged() {
    let place = ProgramFolder::seeded();
    let server = place.serve(&["--test-clock"]);
    let program = TestReceiver::start().await;
    program.queue_actions(&[ReceiverAction::Answer(500, "Retry-After: 1\r\n")]);
    let listen = place.start(&["listen", "--data", "data", "--forward-to", &program.url]);
    assert!(listen.next_error_line().ends_with(" for 1 security profile. Stop with Ctrl-C."));
    place.link_device("SN-1", &[]);
    let refused = listen.next_output_line();
    let wanted = "DeviceRegisteredNotification    Aqua-Pitcher_7/SN-1  verified  -> 500";
    assert!(refused.ends_with(wanted), "{refused}");
    let first = program.wait_for_next().await;
    assert_eq!(first.notification_type(), "DeviceRegisteredNotification");
    assert!(first.head.starts_with("POST /drs?maker=aqua HTTP/1.1\r\n"), "{}", first.head);
    assert_eq!(first.header("x-amz-sns-message-type"), Some("Notification"));
    assert_eq!(first.header("x-amz-sns-message-id"), first.json()["MessageId"].as_str());
    assert_eq!(first.header("user-agent"), Some("Amazon Simple Notification Service Agent"));
    assert!(first.header("webhook-signature").unwrap().starts_with("v1,"));
    // The service got the 500 and retries; the next notification follows.
    place.run(&["clock", "advance", "1m", "--server", &server.base_url]).expect_success();
    assert!(
        listen.next_output_line().ends_with("DeviceRegisteredNotification    Aqua-Pitcher_7/SN-1  verified  -> 200")
    );
    assert!(
        listen.next_output_line().ends_with("SubscriptionChangedNotification Aqua-Pitcher_7/SN-1  verified  -> 200")
    );
    assert_eq!(program.wait_for_next().await.body, first.body, "tried again, to the letter");

    let known = topics(&place);
    let endpoint = known[0]["endpoint"].as_str().unwrap();
    assert_eq!((known.len(), &known[0]["state"]), (1, &"confirmed".into()), "{known:?}");
    let mut forged = first.json();
    forged["Message"] = forged["Message"].as_str().unwrap().replace("SN-1", "SN-2").into();
    send(Method::POST, endpoint, &[], forged.to_string()).await.unwrap();
    let said = listen.next_output_line();
    assert!(said.contains("Aqua-Pitcher_7/SN-2  NOT VERIFIED (its signature is wrong)"), "{said}");

    let (status, _) = listen.interrupt();
    assert_eq!((status, topics(&place)[0]["state"].as_str()), (0, Some("disabled")));
}

#[tokio::test(flavor = "multi_thread")]
async fn scripts_read_json_and_the_next_listener_takes_the_same_name() {
    let place = ProgramFolder::seeded();
    let server = place.serve(&["--test-clock"]);
    place.link_device("SN-1", &[]);
    let profile = place.profile_id();
    let words = ["listen", "--data", "data", "--json", "--profile", &profile];
    let killed = place.start(&words);
    killed.next_error_line();
    drop(killed);
    let listen = place.start(&words);
    listen.next_error_line();
    let beside = place.start(&words);
    beside.next_error_line();
    assert_eq!(topics(&place).len(), 2, "the killed one's topic is used again");
    place
        .run(&["trigger", "order-placed", "--device", "SN-1", "--slot", FILTER, "--server", &server.base_url])
        .expect_success();
    for listen in [listen, beside] {
        let line: Value = serde_json::from_str(&listen.next_output_line()).unwrap();
        assert_eq!((&line["type"], &line["verified"]), (&"OrderPlacedNotification".into(), &true.into()), "{line}");
        assert_eq!((&line["serial"], &line["status"]), (&"SN-1".into(), &Value::Null));
        assert_eq!(line["message"]["orderInfo"]["slotId"], FILTER);
        assert_eq!(listen.interrupt().0, 0);
    }
    assert!(topics(&place).iter().all(|topic| topic["state"] == "disabled"));
}

#[test]
fn a_program_that_is_not_there_is_told_of() {
    let place = ProgramFolder::new();
    place.write_file("empty.toml", "");
    place.run(&["seed", "empty.toml", "--data", "data"]).expect_success();
    let said = place.run(&["listen", "--data", "data"]).expect_failure();
    assert_eq!(said, "opendrs: there is no security profile to listen to: `opendrs seed` makes some\n");
    assert_eq!(place.run(&["listen", "--forward-to", "nowhere"]).status, 2);
}
