//! `opendrs readings`: as they came in, and what the worker leaves of them after their time.

use super::program::{FILTER, Place};
use opendrs_client::send;
use serde_json::Value;

#[tokio::test(flavor = "multi_thread")]
async fn the_worker_sums_up_what_is_old() {
    let place = Place::seeded();
    let server = place.serve(&["--test-clock"]);
    let token = format!("Bearer {}", place.link("SN-1", &[])["access_token"].as_str().unwrap());
    let headers = [
        ("authorization", token.as_str()),
        ("x-amzn-type-version", "com.amazon.dash.replenishment.DrsSlotStatusInput@1.0"),
        ("x-amzn-accept-type", "com.amazon.dash.replenishment.DrsSlotStatusResult@1.0"),
    ];
    for level in [30, 20] {
        let body = format!(r#"{{"remainingQuantityInUnit":{level},"originalQuantityInUnit":40}}"#);
        let reply =
            send(axum::http::Method::POST, &format!("{}/slotStatus/{FILTER}", server.base), &headers, body).await;
        assert_eq!(reply.unwrap().status, 200);
    }
    assert_eq!(place.on_store(&["readings", "list"]).good().lines().count(), 2);
    assert_eq!(place.on_store(&["readings", "daily"]).good(), "");

    place.run(&["clock", "advance", "402d", "--server", &server.base]).good();
    // The worker's next round does it; each look is a process of its own.
    let looks = (0..600).map(|_| place.on_store(&["readings", "daily", "--json"]).good());
    let days = looks.into_iter().find(|days| !days.is_empty()).expect("a day");
    let day: Value = serde_json::from_str(&days).unwrap();
    assert_eq!(
        (&day["serial"], &day["readings"], &day["lowest"], &day["highest"]),
        (&"SN-1".into(), &2.into(), &20.0.into(), &30.0.into())
    );
    assert_eq!(place.on_store(&["readings", "list"]).good(), "");
    let said = place.on_store(&["readings", "daily"]).good();
    assert!(said.ends_with(&format!("  SN-1 {FILTER}  2 readings, 20 to 30, last 20 of 40\n")), "{said}");
}
