//! `POST /-/reset`: back at the beginning.

use crate::harness::world::{ANN, FILTER};
use crate::harness::{Options, Receiver, Server, Visit};
use opendrs_domain::version::Endpoint;
use opendrs_service::reset::reset;
use serde_json::json;

both!(only_what_was_seeded_is_left);

/// What customers and devices did is in none of these.
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
    let receiver = Receiver::start().await;
    server.confirmed("kettles", &receiver, |_| {}).await;
    // The language she is written to in is a part of who she is, as her address: it stays.
    Visit::signed_in(server, ANN).await;
    let before = server.rows().await;
    let now = server.request("GET", "/-/clock").send().await.text();
    let device = server.device().await;
    for (endpoint, path) in [(Endpoint::SlotStatus, "slotStatus"), (Endpoint::Replenish, "replenish")] {
        let call = server.call(&device, endpoint, &format!("/{path}/{FILTER}"));
        assert_eq!(call.body(crate::harness::good_body(endpoint)).send().await.status, 200);
    }
    server.advance("1h").await;
    assert!(!receiver.all().await.is_empty());
    server.request("POST", "/-/faults").body(json!({ "fault": "500" }).to_string()).send().await;

    assert_eq!(server.request("POST", "/-/reset").send().await.status, 200);
    let after = server.rows().await;
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
    let gone = server.call(&device, Endpoint::SubscriptionInfo, "/subscriptionInfo").send().await;
    assert!(gone.status == 400 && gone.text().contains("Invalid token"), "{}", gone.text());
    // And it all begins anew.
    server.device().await;
    server.advance("1s").await;
    assert_eq!(receiver.all().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_test_clock_nothing_is_forgotten() {
    let server = Server::with(Options { test_clock: false, ..Options::default() }).await;
    server.device().await;
    assert_eq!(server.request("POST", "/-/reset").send().await.status, 404);
    assert!(reset(server.app()).await.unwrap_err().to_string().contains("start it with --test-clock"));
    assert_eq!(server.count("device").await, 1);
}
