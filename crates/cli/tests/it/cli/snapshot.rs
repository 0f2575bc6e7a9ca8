//! `opendrs snapshot`: states kept and brought back by hand.

use super::program::{FILTER, Place};

#[tokio::test(flavor = "multi_thread")]
async fn a_state_is_kept_comes_back_and_outlives_the_server() {
    let place = Place::seeded();
    let start = ["--test-clock", "--start-at", "2018-03-02T07:00:00Z"];
    let server = place.serve(&start);
    let snapshot = |base: &str, words: &[&str]| place.run(&[&["snapshot"], words, &["--server", base]].concat());
    assert_eq!(snapshot(&server.base, &["list"]).err, "Nothing is kept.\n");
    let device = place.link("SN-1", &[]);
    let token = device["access_token"].as_str().unwrap();
    let said = snapshot(&server.base, &["save", "linked"]);
    assert_eq!(said.err, "Kept as linked: the clock stands at 2018-03-02T07:00:00.000Z.\n");
    assert_eq!(server.replenish(token, FILTER).await.status, 200);
    place.run(&["clock", "advance", "25h", "--server", &server.base]).good();
    assert!(!place.on_store(&["order", "list", "--all"]).good().is_empty());
    assert!(
        snapshot(&server.base, &["save", "linked"]).bad().contains("choose another name, or replace it (--replace)")
    );
    assert!(snapshot(&server.base, &["load", "other"]).bad().contains("`opendrs snapshot list` shows what there is"));
    assert!(snapshot(&server.base, &["delete", "../x"]).bad().contains("1 to 40 of the small letters"));
    assert_eq!(server.terminate(), 0);

    let server = place.serve(&start);
    assert_eq!(snapshot(&server.base, &["list"]).good(), "linked                2018-03-02T07:00:00.000Z\n");
    let said = snapshot(&server.base, &["load", "linked"]);
    assert_eq!(said.err, "Back at linked: the clock stands at 2018-03-02T07:00:00.000Z.\n");
    assert_eq!(place.on_store(&["order", "list", "--all"]).good(), "");
    assert_eq!(server.info(token).await.status, 200);
    let json: serde_json::Value = serde_json::from_str(&snapshot(&server.base, &["list", "--json"]).good()).unwrap();
    assert_eq!(json["snapshots"][0]["name"], "linked");
    assert_eq!(snapshot(&server.base, &["delete", "linked"]).err, "linked is gone.\n");
    assert_eq!(snapshot(&server.base, &["list"]).good(), "");
}
