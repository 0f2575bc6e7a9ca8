//! `opendrs fault`: faults planned on a running server.

use super::program::{FILTER, ProgramFolder};

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_is_planned_seen_and_forgotten() {
    let place = ProgramFolder::seeded();
    let server = place.serve(&["--test-clock"]);
    let device = place.link_device("SN-1", &[]);
    let token = device["access_token"].as_str().unwrap();
    let fault = |words: &[&str]| place.run(&[&["fault"], words, &["--server", &server.base_url]].concat());
    assert_eq!(
        fault(&["add", "500", "--on", "replenish", "--times", "2"]).expect_success(),
        "500            2x  on /replenish\n"
    );
    assert_eq!(server.replenish(token, FILTER).await.status, 500);
    fault(&["add", "late", "--by", "90s"]).expect_success();
    let listed = fault(&["list"]).expect_success();
    assert_eq!(listed, "500            1x  on /replenish\nlate           1x  by 1m 30s\n");
    fault(&["add", "price", "--percent", "40"]).expect_success();
    let json: serde_json::Value = serde_json::from_str(&fault(&["list", "--json"]).expect_success()).unwrap();
    assert_eq!(
        json["faults"][2],
        serde_json::json!({ "fault": "price", "on": null, "times": 1, "by": null, "percent": 40 })
    );
    assert_eq!(fault(&["clear"]).expect_success(), "");
    assert_eq!(server.replenish(token, FILTER).await.status, 200);
    assert!(
        fault(&["add", "500", "--on", "nowhere"]).expect_failure().contains("no call at /nowhere can have a fault")
    );
    assert_eq!(fault(&["add", "explosion"]).status, 2);
    drop(server);
    let server = place.serve(&[]);
    let said = place.run(&["fault", "list", "--server", &server.base_url]).expect_failure();
    assert_eq!(said, format!("opendrs: {} is not a test server: start it with --test-clock\n", server.base_url));
}
