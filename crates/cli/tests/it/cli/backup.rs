//! `opendrs backup` and `restore`: a copy made while the server runs, its restoration, and all refusals.

use super::program::{FILTER, ProgramFolder};
use crate::harness::Store;
use serde_json::Value;

fn token(linked: &Value) -> String {
    linked["access_token"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_there_at_the_backup_is_there_after_the_restore() {
    let place = ProgramFolder::seeded();
    let server = place.serve(&[]);
    let device = token(&place.link_device("SN-1", &[]));
    assert_eq!(server.replenish(&device, FILTER).await.json()["detailCode"], "STANDARD_ORDER_PLACED");
    let said: Value =
        serde_json::from_str(&place.run_on_store(&["backup", "copy.db", "--json"]).expect_success()).unwrap();
    assert_eq!((said["file"].as_str(), said["masterKey"].as_str()), (Some("copy.db"), Some("data/master.key")));
    let copy = std::fs::metadata(place.path().join("copy.db")).unwrap();
    assert_eq!(said["bytes"], copy.len());
    let mode = std::os::unix::fs::PermissionsExt::mode(&copy.permissions());
    assert_eq!(mode & 0o777, 0o600, "for its owner's eyes alone");
    let later = token(&place.link_device("SN-2", &[]));
    assert_eq!(server.subscription_info(&later).await.status, 200);

    let refused = place.run_on_store(&["restore", "copy.db"]).expect_failure();
    assert_eq!(
        refused,
        "opendrs: there is a store data/opendrs.db: --force replaces it, and keeps the old store beside the new one\n"
    );
    let refused = place.run_on_store(&["restore", "copy.db", "--force"]).expect_failure();
    assert!(refused.contains("another process has it open") && refused.contains("stop the server first"), "{refused}");
    assert_eq!(server.subscription_info(&later).await.status, 200, "nothing was done to the running server's store");
    assert!(!place.path().join("data/opendrs.db.restored").exists(), "no copy is left behind");
    assert_eq!(server.terminate(), 0);

    let said: Value =
        serde_json::from_str(&place.run_on_store(&["restore", "copy.db", "--force", "--json"]).expect_success())
            .unwrap();
    assert_eq!(said["kept"], "data/opendrs.db.before-restore-1");
    let server = place.serve(&[]);
    assert_eq!(server.replenish(&device, FILTER).await.json()["detailCode"], "ORDER_INPROGRESS");
    assert_eq!(server.subscription_info(&later).await.status, 400, "what came after the backup is gone");
    assert_eq!(server.terminate(), 0);

    // The replaced store is complete.
    std::fs::rename(place.path().join("data/opendrs.db.before-restore-1"), place.path().join("data/opendrs.db"))
        .unwrap();
    let server = place.serve(&[]);
    assert_eq!(server.subscription_info(&later).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_serves_on_another_machine_that_has_the_key() {
    let (place, other) = (ProgramFolder::seeded(), ProgramFolder::new());
    let device = token(&place.link_device("SN-1", &[]));
    place.run_on_store(&["backup", "copy.db"]).expect_success();
    std::fs::copy(place.path().join("copy.db"), other.path().join("copy.db")).unwrap();
    let refused = other.run_on_store(&["restore", "copy.db"]).expect_failure();
    assert!(
        refused.contains("cannot read the master key data/master.key") && refused.contains("in its place"),
        "{refused}"
    );
    std::fs::create_dir(other.path().join("data")).unwrap();
    other.write_private_file("data/master.key", &"0".repeat(64));
    let refused = other.run_on_store(&["restore", "copy.db"]).expect_failure();
    assert!(refused.contains("is not the one of the backup's store"), "{refused}");
    assert!(!other.path().join("data/opendrs.db").exists());
    std::fs::copy(place.path().join("data/master.key"), other.path().join("data/master.key")).unwrap();
    assert_eq!(other.run_on_store(&["restore", "copy.db"]).expect_success(), "data/opendrs.db is restored.\n");
    assert_eq!(other.serve(&[]).subscription_info(&device).await.status, 200);
}

#[test]
fn what_is_no_whole_backup_is_refused() {
    let place = ProgramFolder::seeded();
    place.run_on_store(&["backup", "copy.db"]).expect_success();
    assert!(place.run_on_store(&["backup", "copy.db"]).expect_failure().contains("there is such a file already"));
    assert!(
        place
            .run_on_store(&["backup", "no/such/folder/copy.db"])
            .expect_failure()
            .contains("cannot write no/such/folder/copy.db.part")
    );
    assert!(
        place
            .run(&["backup", "x.db", "--data", "elsewhere"])
            .expect_failure()
            .contains("there is no store elsewhere/opendrs.db")
    );
    assert!(!place.path().join("elsewhere").exists(), "and none is made");
    assert!(place.run_on_store(&["restore", "nothing.db"]).expect_failure().contains("there is no file nothing.db"));

    let whole = std::fs::read(place.path().join("copy.db")).unwrap();
    let mut damaged = whole.clone();
    damaged[whole.len() * 3 / 4..].fill(0xAA);
    for (bytes, says) in [
        (&b"no database at all"[..], "is no database that can be read"),
        (&damaged, "is damaged"),
        (&[], "it is no store of OpenDRS"),
    ] {
        std::fs::write(place.path().join("bad.db"), bytes).unwrap();
        let refused = place.run_on_store(&["restore", "bad.db", "--force"]).expect_failure();
        assert!(refused.contains(says), "{says}: {refused}");
    }
    place.run_on_store(&["keys", "list"]).expect_success();
}

#[test]
fn a_store_of_a_newer_program_is_named_with_the_fix() {
    let place = ProgramFolder::seeded();
    place.run_on_store(&["backup", "copy.db"]).expect_success();
    for (file, words) in [("data/opendrs.db", ["backup", "other.db"]), ("copy.db", ["restore", "copy.db"])] {
        let conn = rusqlite::Connection::open(place.path().join(file)).unwrap();
        conn.pragma_update(None, "user_version", 99).unwrap();
        drop(conn);
        let refused = place.run_on_store(&words).expect_failure();
        assert!(refused.starts_with(&format!("opendrs: cannot use {file}: it is at schema step 99")), "{refused}");
        assert!(refused.ends_with("run the newer opendrs\n") && !refused.contains(".part"), "{refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_has_its_own_tools() {
    let database = Store::postgres().await;
    let opendrs_store::StoreLocation::Url(url) = database.location() else { panic!("no URL") };
    let place = ProgramFolder::new();
    for (words, tool) in
        [(["backup", "copy.db"], "pg_dump --format=custom"), (["restore", "copy.db"], "pg_restore --clean")]
    {
        let refused = place.run(&[&words[..], &["--database-url", &url]].concat()).expect_failure();
        assert!(refused.contains(tool) && !refused.contains(&url), "{refused}");
    }
    database.remove().await;
}
