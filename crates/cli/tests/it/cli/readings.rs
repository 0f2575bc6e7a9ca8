//! `opendrs readings`: the readings as they were reported, and the daily summaries that the worker makes later.

use super::program::{FILTER, ProgramFolder};
use opendrs_client::send;
use serde_json::Value;

#[tokio::test(flavor = "multi_thread")]
async fn the_worker_sums_up_what_is_old() {
    let place = ProgramFolder::seeded();
    let server = place.serve(&["--test-clock"]);
    let token = format!("Bearer {}", place.link_device("SN-1", &[])["access_token"].as_str().unwrap());
    let headers = [
        ("authorization", token.as_str()),
        ("x-amzn-type-version", "com.amazon.dash.replenishment.DrsSlotStatusInput@1.0"),
        ("x-amzn-accept-type", "com.amazon.dash.replenishment.DrsSlotStatusResult@1.0"),
    ];
    for level in [30, 20] {
        let body = format!(r#"{{"remainingQuantityInUnit":{level},"originalQuantityInUnit":40}}"#);
        let reply =
            send(axum::http::Method::POST, &format!("{}/slotStatus/{FILTER}", server.base_url), &headers, body).await;
        assert_eq!(reply.unwrap().status, 200);
    }
    assert_eq!(place.run_on_store(&["readings", "list"]).expect_success().lines().count(), 2);
    assert_eq!(place.run_on_store(&["readings", "daily"]).expect_success(), "");

    place.run(&["clock", "advance", "402d", "--server", &server.base_url]).expect_success();
    // The worker's next round does it. Each iteration runs a process.
    let looks = (0..600).map(|_| place.run_on_store(&["readings", "daily", "--json"]).expect_success());
    let days = looks.into_iter().find(|days| !days.is_empty()).expect("a day");
    let day: Value = serde_json::from_str(&days).unwrap();
    assert_eq!(
        (&day["serial"], &day["readings"], &day["lowest"], &day["highest"]),
        (&"SN-1".into(), &2.into(), &20.0.into(), &30.0.into())
    );
    assert_eq!(place.run_on_store(&["readings", "list"]).expect_success(), "");
    let said = place.run_on_store(&["readings", "daily"]).expect_success();
    assert!(said.ends_with(&format!("  SN-1 {FILTER}  2 readings, 20 to 30, last 20 of 40\n")), "{said}");
}
