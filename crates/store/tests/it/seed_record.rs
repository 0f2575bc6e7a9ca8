//! Seed records.

use crate::harness::TestStore;
use opendrs_domain::seed_record::SeedRecord;
use opendrs_store::seed_record::{self, SeedRecordKey};

both!(a_record_comes_back_and_the_newest_wins, parts_are_those_of_one_parent_by_id, a_damaged_record_is_an_error);

fn record_key(kind: &'static str, parent: &str, id: &str) -> SeedRecordKey {
    SeedRecordKey { shard: 0, kind, parent: parent.into(), id: id.into() }
}

fn sample_record(value: &str) -> SeedRecord {
    SeedRecord {
        identity: [("name".to_owned(), "é \"x\"".to_owned())].into(),
        values: [("mode".to_owned(), value.to_owned())].into(),
    }
}

async fn upsert(store: &TestStore, key: SeedRecordKey, record: SeedRecord) {
    store.write((key, record), |tx, (key, record)| Box::pin(seed_record::upsert(tx, key, record))).await;
}

async fn find(store: &TestStore, key: SeedRecordKey) -> Option<SeedRecord> {
    store.read(async |tx| seed_record::find(tx, &key).await).await
}

async fn a_record_comes_back_and_the_newest_wins(store: &TestStore) {
    let here = record_key("client", "p", "c");
    assert_eq!(find(store, here.clone()).await, None);
    for value in ["1", "2"] {
        upsert(store, here.clone(), sample_record(value)).await;
        assert_eq!(find(store, here.clone()).await, Some(sample_record(value)));
    }
    let others = [
        record_key("topic", "p", "c"),
        record_key("client", "q", "c"),
        record_key("client", "p", "d"),
        SeedRecordKey { shard: 3, ..here },
    ];
    for other in others {
        assert_eq!(find(store, other).await, None);
    }
}

async fn parts_are_those_of_one_parent_by_id(store: &TestStore) {
    for (kind, parent, id) in [("slot", "m", "b"), ("slot", "m", "a"), ("slot", "n", "c"), ("model", "m", "d")] {
        upsert(store, record_key(kind, parent, id), sample_record(id)).await;
    }
    let parts = store.read(async |tx| seed_record::list_parts(tx, 0, "slot", "m").await).await;
    assert_eq!(parts, ["a", "b"].map(|id| (id.to_owned(), sample_record(id))));
    assert_eq!(store.read(async |tx| seed_record::list_parts(tx, 1, "slot", "m").await).await, []);
}

async fn a_damaged_record_is_an_error(store: &TestStore) {
    store.execute_raw("INSERT INTO seeded (shard, kind, parent, id, record) VALUES (0, 'slot', 'm', 'a', '{')").await;
    let mut reader = store.db.reader().await.unwrap();
    let found = seed_record::find(&mut reader.tx().unwrap(), &record_key("slot", "m", "a")).await;
    assert!(found.is_err_and(|e| e.to_string().contains("SeededGet")));
}
