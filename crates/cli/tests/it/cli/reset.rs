//! `opendrs reset`, and states that are kept and come back to.

use super::program::Place;

#[tokio::test(flavor = "multi_thread")]
async fn a_server_forgets_what_happened_and_comes_back_to_what_was_kept() {
    let place = Place::seeded();
    let server = place.serve(&["--test-clock"]);
    let device = place.link("SN-1", &[]);
    let token = device["access_token"].as_str().unwrap();
    place.on_store(&["backup", "kept.db"]).good();
    assert_eq!(place.run(&["reset", "--server", &server.base]).good(), "");
    assert_eq!(server.info(token).await.status, 400, "the device is gone");
    assert_eq!(place.on_store(&["events", "list"]).good(), "");
    let said = place.on_store(&["restore", "kept.db", "--force"]).bad();
    assert!(said.contains("another process has it open"), "{said}");
    assert_eq!(server.terminate(), 0);
    place.on_store(&["restore", "kept.db", "--force"]).good();
    let server = place.serve(&["--test-clock"]);
    assert_eq!(server.info(token).await.status, 200, "the device is back");
    drop(server);
    let server = place.serve(&[]);
    let said = place.run(&["reset", "--server", &server.base]).bad();
    assert_eq!(said, format!("opendrs: {} is no server for tests: start it with --test-clock\n", server.base));
}
