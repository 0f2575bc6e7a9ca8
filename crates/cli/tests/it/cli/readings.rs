//! `opendrs readings`: the readings as they were reported, the daily summaries that the worker makes later, and levels.

use super::program::{FILTER, ProgramFolder, ServingProcess};
use opendrs_client::send;
use serde_json::Value;

async fn report(server: &ServingProcess, token: &str, level: u32) {
    let token = format!("Bearer {token}");
    let headers = [
        ("authorization", token.as_str()),
        ("x-amzn-type-version", "com.amazon.dash.replenishment.DrsSlotStatusInput@1.0"),
        ("x-amzn-accept-type", "com.amazon.dash.replenishment.DrsSlotStatusResult@1.0"),
    ];
    let body = format!(r#"{{"remainingQuantityInUnit":{level},"originalQuantityInUnit":40}}"#);
    let url = format!("{}/slotStatus/{FILTER}", server.base_url);
    assert_eq!(send(axum::http::Method::POST, &url, &headers, body).await.unwrap().status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_worker_sums_up_what_is_old() {
    let place = ProgramFolder::seeded();
    let server = place.serve(&["--test-clock"]);
    let token = place.link_device("SN-1", &[])["access_token"].as_str().unwrap().to_owned();
    for level in [30, 20] {
        report(&server, &token, level).await;
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

/// The lowest, the highest and the last level of each slot and day.
fn levels(place: &ProgramFolder) -> Vec<[f64; 3]> {
    let conn = rusqlite::Connection::open(place.path().join("data/opendrs.db")).unwrap();
    let mut statement = conn.prepare("SELECT lowest, highest, remaining FROM level_day").unwrap();
    let rows = statement.query_map([], |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?])).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn levels_outlive_kills_and_can_be_rebuilt() {
    let place = ProgramFolder::seeded();
    let token = place.link_device("SN-1", &[])["access_token"].as_str().unwrap().to_owned();
    for level in [30, 10, 20] {
        // The worker may be killed before, while or after it folds.
        let server = place.serve(&["--test-clock"]);
        report(&server, &token, level).await;
        server.kill();
    }
    let server = place.serve(&["--test-clock"]);
    let listed = || place.run_on_store(&["readings", "list"]).expect_success().lines().count();
    // Each iteration runs a process.
    let wanted = [[10.0, 30.0, 20.0]];
    assert!((0..600).any(|_| listed() == 3 && levels(&place) == wanted), "{:?}", levels(&place));
    server.kill();

    let conn = rusqlite::Connection::open(place.path().join("data/opendrs.db")).unwrap();
    conn.execute("UPDATE level_day SET remaining = 99", []).unwrap();
    let said: Value =
        serde_json::from_str(&place.run_on_store(&["readings", "rebuild", "--json"]).expect_success()).unwrap();
    assert_eq!((said, levels(&place)), (serde_json::json!({ "readings": 3 }), wanted.to_vec()));
    let said = place.run_on_store(&["readings", "rebuild"]).expect_success();
    assert_eq!((said.as_str(), levels(&place)), ("The levels were computed from 3 readings.\n", wanted.to_vec()));
}
