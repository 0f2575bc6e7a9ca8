//! Snapshots, as far as only the store is concerned.

use crate::harness::TestStore;
use crate::samples::at;
use opendrs_domain::snapshot::{Snapshot, SnapshotName};
use opendrs_domain::time::Time;
use opendrs_store::{Engine, installation};

both!(the_clock_is_set_with_the_rest, another_release_or_key_is_refused);

fn snapshot_name(text: &str) -> SnapshotName {
    SnapshotName::parse(text).unwrap()
}

async fn save_snapshot(store: &TestStore, text: &str) {
    let snapshot = Snapshot { name: snapshot_name(text), at: at(3), saved_at: at(4) };
    store.db.save_snapshot(snapshot, false).await.unwrap();
}

async fn load_test_clock(store: &TestStore) -> (Option<i64>, Option<Time>) {
    store.read(async |tx| installation::load_test_clock(tx).await).await
}

async fn the_clock_is_set_with_the_rest(store: &TestStore) {
    store.write((), |tx, ()| Box::pin(installation::save_test_clock(tx, 5, Some(at(9))))).await;
    save_snapshot(store, "one").await;
    store.write((), |tx, ()| Box::pin(installation::save_test_clock(tx, 77, None))).await;
    store.write((), |tx, ()| Box::pin(installation::insert_token_key(tx, 2, at(1)))).await;
    let (loaded, set) = store
        .db
        .load_snapshot(snapshot_name("one"), |snapshot, frozen| {
            assert_eq!(frozen, Some(at(9)), "as it was in the snapshot");
            (8, Some(snapshot.at))
        })
        .await
        .unwrap();
    assert_eq!((loaded.at, loaded.saved_at, set), (at(3), at(4), (8, Some(at(3)))));
    assert_eq!(load_test_clock(store).await, (Some(8), Some(at(3))));
    assert_eq!(store.count("token_key").await, 1);
}

async fn another_release_or_key_is_refused(store: &TestStore) {
    let refused = async |text: &str| {
        let loaded = store.db.load_snapshot(snapshot_name(text), |_, _| (0, None)).await;
        loaded.unwrap_err().to_string()
    };
    save_snapshot(store, "key").await;
    store.execute_raw("UPDATE installation SET clock_offset = 4").await;
    save_snapshot(store, "step").await;
    tamper_with_snapshot(store, "key", "installation", "master_check = master_check || master_check").await;
    match (store.db.engine(), &store.location) {
        (Engine::Sqlite, opendrs_store::StoreLocation::File(path)) => {
            let file = path.with_file_name("snapshots").join("step.db");
            rusqlite::Connection::open(file).unwrap().pragma_update(None, "user_version", 0).unwrap();
        }
        _ => tamper_with_snapshot(store, "step", "snapshot", "step = 0").await,
    }
    for (text, says) in [("key", "was made with another master key"), ("step", "is of schema step 0, this store is at")]
    {
        let said = refused(text).await;
        assert!(said.contains(says) && said.contains("make it anew"), "{said}");
    }
    assert_eq!(load_test_clock(store).await.0, Some(4), "nothing was changed");
}

/// Changes a table of a snapshot.
async fn tamper_with_snapshot(store: &TestStore, name: &str, table: &str, set: &str) {
    match &store.location {
        opendrs_store::StoreLocation::File(path) => {
            let file = path.with_file_name("snapshots").join(format!("{name}.db"));
            let sql = format!("UPDATE {table} SET {set}").replace("master_check || master_check", "zeroblob(32)");
            rusqlite::Connection::open(file).unwrap().execute_batch(&sql).unwrap();
        }
        opendrs_store::StoreLocation::Url(_) => {
            store.execute_raw(&format!("UPDATE \"opendrs_snapshot_{name}\".{table} SET {set}")).await;
        }
    }
}
