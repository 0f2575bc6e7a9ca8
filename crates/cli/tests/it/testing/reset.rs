//! `POST /-/reset`: a server back at its beginning.

use crate::harness::fixtures::{ANN, FILTER};
use crate::harness::{Options, Server, TestBrowser, TestReceiver};
use opendrs_domain::version::ApiEndpoint;
use opendrs_service::reset::reset;
use serde_json::json;

both!(only_what_was_seeded_is_left);

/// Tables that contain nothing of what customers and devices did.
const KEPT: [&str; 11] = [
    "client",
    "customer",
    "customer_email",
    "installation",
    "maker",
    "model",
    "product",
    "profile",
    "slot",
    "token_key",
    "topic",
];

async fn only_what_was_seeded_is_left(server: &Server) {
    let receiver = TestReceiver::start().await;
    server.add_confirmed_receiver("kettles", &receiver, |_| {}).await;
    // The language of her mails belongs to her account, as her address does, and stays.
    TestBrowser::signed_in(server, ANN).await;
    let before = server.all_rows().await;
    let now = server.request("GET", "/-/clock").send().await.text();
    let device = server.link_default_device().await;
    for (endpoint, path) in [(ApiEndpoint::SlotStatus, "slotStatus"), (ApiEndpoint::Replenish, "replenish")] {
        let call = server.device_call(&device, endpoint, &format!("/{path}/{FILTER}"));
        assert_eq!(call.body(crate::harness::valid_body(endpoint)).send().await.status, 200);
    }
    server.advance("1h").await;
    assert!(!receiver.take_received().await.is_empty());
    server.request("POST", "/-/faults").body(json!({ "fault": "500" }).to_string()).send().await;

    assert_eq!(server.request("POST", "/-/reset").send().await.status, 200);
    let after = server.all_rows().await;
    assert_eq!(before.keys().collect::<Vec<_>>(), after.keys().collect::<Vec<_>>());
    for (table, rows) in &after {
        let known = KEPT.contains(&table.as_str()) || before[table] == *rows;
        assert!(known || rows.is_empty(), "{table} is neither kept nor forgotten: {rows:?}");
    }
    for table in KEPT.iter().filter(|table| **table != "installation") {
        assert_eq!(before[*table], after[*table], "{table}");
    }
    assert_eq!(server.request("GET", "/-/clock").send().await.text(), now);
    assert_eq!(server.request("GET", "/-/faults").send().await.json(), json!({ "faults": [] }));
    let gone = server.device_call(&device, ApiEndpoint::SubscriptionInfo, "/subscriptionInfo").send().await;
    assert!(gone.status == 400 && gone.text().contains("Invalid token"), "{}", gone.text());
    // Everything works again from the beginning.
    server.link_default_device().await;
    server.advance("1s").await;
    assert_eq!(receiver.take_received().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_test_clock_nothing_is_forgotten() {
    let server = Server::start_with(Options { test_clock: false, ..Options::default() }).await;
    server.link_default_device().await;
    assert_eq!(server.request("POST", "/-/reset").send().await.status, 404);
    assert!(reset(server.app()).await.unwrap_err().to_string().contains("start it with --test-clock"));
    assert_eq!(server.row_count("device").await, 1);
}
