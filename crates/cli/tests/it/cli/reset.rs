//! `opendrs reset`, and snapshots to return to.

use super::program::ProgramFolder;

#[tokio::test(flavor = "multi_thread")]
async fn a_server_forgets_what_happened_and_comes_back_to_what_was_kept() {
    let place = ProgramFolder::seeded();
    let server = place.serve(&["--test-clock"]);
    let device = place.link_device("SN-1", &[]);
    let token = device["access_token"].as_str().unwrap();
    place.run_on_store(&["backup", "kept.db"]).expect_success();
    assert_eq!(place.run(&["reset", "--server", &server.base_url]).expect_success(), "");
    assert_eq!(server.subscription_info(token).await.status, 400, "the device is gone");
    assert_eq!(place.run_on_store(&["events", "list"]).expect_success(), "");
    let said = place.run_on_store(&["restore", "kept.db", "--force"]).expect_failure();
    assert!(said.contains("another process has it open"), "{said}");
    assert_eq!(server.terminate(), 0);
    place.run_on_store(&["restore", "kept.db", "--force"]).expect_success();
    let server = place.serve(&["--test-clock"]);
    assert_eq!(server.subscription_info(token).await.status, 200, "the device is back");
    drop(server);
    let server = place.serve(&[]);
    let said = place.run(&["reset", "--server", &server.base_url]).expect_failure();
    assert_eq!(said, format!("opendrs: {} is not a test server: start it with --test-clock\n", server.base_url));
}
