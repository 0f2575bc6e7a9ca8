//! `opendrs snapshot`: states saved and loaded by hand.

use super::program::{FILTER, ProgramFolder};

#[tokio::test(flavor = "multi_thread")]
async fn a_state_is_kept_comes_back_and_outlives_the_server() {
    let place = ProgramFolder::seeded();
    let start = ["--test-clock", "--start-at", "2018-03-02T07:00:00Z"];
    let server = place.serve(&start);
    let snapshot = |base: &str, words: &[&str]| place.run(&[&["snapshot"], words, &["--server", base]].concat());
    assert_eq!(snapshot(&server.base_url, &["list"]).stderr, "There are no snapshots.\n");
    let device = place.link_device("SN-1", &[]);
    let token = device["access_token"].as_str().unwrap();
    let said = snapshot(&server.base_url, &["save", "linked"]);
    assert_eq!(said.stderr, "Saved linked: its clock is at 2018-03-02T07:00:00.000Z.\n");
    assert_eq!(server.replenish(token, FILTER).await.status, 200);
    place.run(&["clock", "advance", "25h", "--server", &server.base_url]).expect_success();
    assert!(!place.run_on_store(&["order", "list", "--all"]).expect_success().is_empty());
    assert!(
        snapshot(&server.base_url, &["save", "linked"])
            .expect_failure()
            .contains("choose another name, or replace it (--replace)")
    );
    assert!(
        snapshot(&server.base_url, &["load", "other"])
            .expect_failure()
            .contains("`opendrs snapshot list` shows what there is")
    );
    assert!(snapshot(&server.base_url, &["delete", "../x"]).expect_failure().contains("1 to 40 of the small letters"));
    assert_eq!(server.terminate(), 0);

    let server = place.serve(&start);
    assert_eq!(
        snapshot(&server.base_url, &["list"]).expect_success(),
        "linked                2018-03-02T07:00:00.000Z\n"
    );
    let said = snapshot(&server.base_url, &["load", "linked"]);
    assert_eq!(said.stderr, "Loaded linked: the clock is at 2018-03-02T07:00:00.000Z.\n");
    assert_eq!(place.run_on_store(&["order", "list", "--all"]).expect_success(), "");
    assert_eq!(server.subscription_info(token).await.status, 200);
    let json: serde_json::Value =
        serde_json::from_str(&snapshot(&server.base_url, &["list", "--json"]).expect_success()).unwrap();
    assert_eq!(json["snapshots"][0]["name"], "linked");
    assert_eq!(snapshot(&server.base_url, &["delete", "linked"]).stderr, "Deleted linked.\n");
    assert_eq!(snapshot(&server.base_url, &["list"]).expect_success(), "");
}
