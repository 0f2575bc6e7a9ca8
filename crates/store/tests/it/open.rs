//! Opening a store: new, old, of a newer release, or not possible.

use crate::harness::{TestDatabase, TestStore, new_installation, on_sqlite};
use crate::samples::{at, maker};
use futures_util::future::join_all;
use opendrs_store::{Db, Engine, Error, StoreLocation, installation, maker};
use std::path::Path;
use tempfile::TempDir;

both!(what_was_written_is_there_after_a_restart, a_store_of_a_newer_release_is_refused);

async fn what_was_written_is_there_after_a_restart(store: &TestStore) {
    store.write(maker(1), |tx, m| Box::pin(maker::insert(tx, m))).await;
    let again = TestStore::open(store.location.clone()).await;
    assert_eq!(again.read(async |tx| maker::find_by_id(tx, maker(1).id).await).await, Some(maker(1)));
}

async fn a_store_of_a_newer_release_is_refused(store: &TestStore) {
    store
        .execute_raw(match store.db.engine() {
            Engine::Sqlite => "PRAGMA user_version = 99",
            Engine::Postgres => "INSERT INTO migration (step) VALUES (99)",
        })
        .await;
    let refused = Db::open(&store.location, new_installation()).await.unwrap_err();
    let words = refused.to_string();
    assert!(
        matches!(refused, Error::CannotOpen(_)) && words.contains("step 99") && words.contains("newer opendrs"),
        "{words}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_of_sqlite_cannot_write() {
    on_sqlite(async |store: &TestStore| {
        for _ in 0..20 {
            let refused = store.try_read(async |tx| maker::insert(tx, &maker(1)).await).await;
            assert!(refused.is_err_and(|e| e.to_string().contains("readonly")));
            assert_eq!(store.read(async |tx| maker::find_by_id(tx, maker(1).id).await).await, None, "it still reads");
        }
    })
    .await;
}

/// Four processes open a new location concurrently; each must find what the first one created.
async fn open_concurrently(place: &StoreLocation) {
    let opened = join_all((0..4).map(|_| {
        let place = place.clone();
        tokio::spawn(async move { Db::open(&place, new_installation()).await })
    }));
    for (n, db) in opened.await.into_iter().enumerate() {
        let db = db.unwrap().unwrap();
        let store = TestStore { db, location: place.clone() };
        let number = i64::try_from(n).unwrap() + 10;
        store.write(number, |tx, n| Box::pin(installation::insert_token_key(tx, *n, at(0)))).await;
        assert_eq!(store.count("token_key").await, n + 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn four_processes_may_open_a_new_sqlite_file_at_once() {
    let folder = TempDir::new().unwrap();
    for n in 0..20 {
        open_concurrently(&StoreLocation::File(folder.path().join(format!("{n}.db")))).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn four_nodes_may_open_a_new_postgres_database_at_once() {
    for _ in 0..5 {
        let database = TestDatabase::create().await;
        open_concurrently(&database.location).await;
        database.remove().await;
    }
}

async fn open_error(place: StoreLocation) -> (Error, String) {
    let refused = Db::open(&place, new_installation()).await.unwrap_err();
    let words = refused.to_string();
    (refused, words)
}

#[tokio::test]
async fn a_file_in_a_missing_folder_is_refused_with_what_to_do() {
    let (error, words) = open_error(StoreLocation::File("/nowhere/at all/store.db".into())).await;
    assert!(matches!(error, Error::CannotOpen(_)), "{error:?}");
    for part in
        ["/nowhere/at all/store.db", "No such file or directory", "Check that the folder exists and is writable"]
    {
        assert!(words.contains(part), "{words}");
    }
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("letter.txt");
    let letter = "Dear Sir or Madam, ".repeat(1000);
    std::fs::write(&path, &letter).unwrap();
    let (error, words) = open_error(StoreLocation::File(path.clone())).await;
    assert!(matches!(error, Error::CannotOpen(_)), "{error:?}");
    assert!(words.contains("letter.txt") && words.contains("not a database"), "{words}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), letter);
    let (error, words) = open_error(StoreLocation::File(Path::new("/").into())).await;
    assert!(matches!(error, Error::CannotOpen(_)), "{words}");
}

#[tokio::test]
async fn a_url_that_is_none_is_refused_with_its_shape() {
    let (error, words) = open_error(StoreLocation::Url("postgres:/host".into())).await;
    assert!(matches!(error, Error::CannotOpen(_)), "{error:?}");
    assert!(words.contains("postgres://user:password@host:5432/name"), "{words}");
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_named_unavailable() {
    // Bound and dropped, so that nothing listens there.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (error, words) = open_error(StoreLocation::Url(format!("postgres://a:secret@127.0.0.1:{port}/b"))).await;
    assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
    assert!(words.contains("refused") && !words.contains("secret"), "{words}");
}

#[tokio::test]
async fn a_database_that_does_not_exist_is_named() {
    let database = TestDatabase::create().await;
    let place = database.location.clone();
    database.remove().await;
    let (_, words) = open_error(place).await;
    assert!(words.contains("does not exist"), "{words}");
}

/// The names of the files in a folder that users other than the owner can access.
fn files_readable_by_others(folder: &Path) -> Vec<String> {
    use std::os::unix::fs::PermissionsExt;
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    let open = entries.filter(|entry| entry.metadata().unwrap().permissions().mode() & 0o077 != 0);
    open.map(|entry| entry.file_name().into_string().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_files_of_sqlite_are_their_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = TempDir::new().unwrap();
    let open_to_all = |name: &str, mode| {
        std::fs::set_permissions(folder.path().join(name), std::fs::Permissions::from_mode(mode)).unwrap();
    };
    open_to_all("", 0o777);
    let place = StoreLocation::File(folder.path().join("store.db"));
    let store = TestStore::open(place.clone()).await;
    store.write(maker(1), |tx, m| Box::pin(maker::insert(tx, m))).await;
    assert_eq!(files_readable_by_others(folder.path()), [""; 0]);
    assert!(folder.path().join("store.db-wal").exists() && folder.path().join("store.db-shm").exists());

    // A store of a release that left its files open to others is restricted at the next start.
    for name in ["store.db", "store.db-wal", "store.db-shm"] {
        open_to_all(name, 0o644);
    }
    let again = TestStore::open(place).await;
    assert_eq!(files_readable_by_others(folder.path()), [""; 0]);

    // So are copies, also those that overwrite the file of an earlier attempt.
    std::fs::write(folder.path().join("copy.db.part"), "half").unwrap();
    open_to_all("copy.db.part", 0o666);
    let store_file = folder.path().join("store.db");
    opendrs_store::backup::copy(&store_file, &folder.path().join("copy.db")).unwrap();
    let name = opendrs_domain::snapshot::SnapshotName::parse("first").unwrap();
    let snapshot = opendrs_domain::snapshot::Snapshot { name, at: at(1), saved_at: at(2) };
    again.db.save_snapshot(snapshot, false).await.unwrap();
    let snapshots = folder.path().join("snapshots");
    open_to_all("snapshots", 0o777);
    assert_eq!(files_readable_by_others(&snapshots), [""; 0]);
    assert_eq!(files_readable_by_others(folder.path()), ["snapshots"], "the folder itself, which this test opened");
}
