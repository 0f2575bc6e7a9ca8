//! `opendrs fault`: what goes wrong next on a running server.

use super::program::{FILTER, Place};

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_is_planned_seen_and_forgotten() {
    let place = Place::seeded();
    let server = place.serve(&["--test-clock"]);
    let device = place.link("SN-1", &[]);
    let token = device["access_token"].as_str().unwrap();
    let fault = |words: &[&str]| place.run(&[&["fault"], words, &["--server", &server.base]].concat());
    assert_eq!(
        fault(&["add", "500", "--on", "replenish", "--times", "2"]).good(),
        "500            2x  on /replenish\n"
    );
    assert_eq!(server.replenish(token, FILTER).await.status, 500);
    fault(&["add", "late", "--by", "90s"]).good();
    let listed = fault(&["list"]).good();
    assert_eq!(listed, "500            1x  on /replenish\nlate           1x  by 1m 30s\n");
    fault(&["add", "price", "--percent", "40"]).good();
    let json: serde_json::Value = serde_json::from_str(&fault(&["list", "--json"]).good()).unwrap();
    assert_eq!(
        json["faults"][2],
        serde_json::json!({ "fault": "price", "on": null, "times": 1, "by": null, "percent": 40 })
    );
    assert_eq!(fault(&["clear"]).good(), "");
    assert_eq!(server.replenish(token, FILTER).await.status, 200);
    assert!(fault(&["add", "500", "--on", "nowhere"]).bad().contains("nothing at /nowhere can fail"));
    assert_eq!(fault(&["add", "explosion"]).status, 2);
    drop(server);
    let server = place.serve(&[]);
    let said = place.run(&["fault", "list", "--server", &server.base]).bad();
    assert_eq!(said, format!("opendrs: {} is no server for tests: start it with --test-clock\n", server.base));
}
