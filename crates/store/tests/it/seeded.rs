//! What seeds wrote.

use crate::harness::Store;
use opendrs_domain::seeded::Record;
use opendrs_store::seeded::{self, Key};

both!(a_record_comes_back_and_the_newest_wins, parts_are_those_of_one_parent_by_id, a_damaged_record_is_an_error);

fn key(kind: &'static str, parent: &str, id: &str) -> Key {
    Key { shard: 0, kind, parent: parent.into(), id: id.into() }
}

fn record(value: &str) -> Record {
    Record {
        identity: [("name".to_owned(), "é \"x\"".to_owned())].into(),
        values: [("mode".to_owned(), value.to_owned())].into(),
    }
}

async fn put(store: &Store, key: Key, record: Record) {
    store.write((key, record), |tx, (key, record)| Box::pin(seeded::put(tx, key, record))).await;
}

async fn get(store: &Store, key: Key) -> Option<Record> {
    store.read(async |tx| seeded::get(tx, &key).await).await
}

async fn a_record_comes_back_and_the_newest_wins(store: &Store) {
    let here = key("client", "p", "c");
    assert_eq!(get(store, here.clone()).await, None);
    for value in ["1", "2"] {
        put(store, here.clone(), record(value)).await;
        assert_eq!(get(store, here.clone()).await, Some(record(value)));
    }
    let others = [key("topic", "p", "c"), key("client", "q", "c"), key("client", "p", "d"), Key { shard: 3, ..here }];
    for other in others {
        assert_eq!(get(store, other).await, None);
    }
}

async fn parts_are_those_of_one_parent_by_id(store: &Store) {
    for (kind, parent, id) in [("slot", "m", "b"), ("slot", "m", "a"), ("slot", "n", "c"), ("model", "m", "d")] {
        put(store, key(kind, parent, id), record(id)).await;
    }
    let parts = store.read(async |tx| seeded::parts(tx, 0, "slot", "m").await).await;
    assert_eq!(parts, ["a", "b"].map(|id| (id.to_owned(), record(id))));
    assert_eq!(store.read(async |tx| seeded::parts(tx, 1, "slot", "m").await).await, []);
}

async fn a_damaged_record_is_an_error(store: &Store) {
    store.tamper("INSERT INTO seeded (shard, kind, parent, id, record) VALUES (0, 'slot', 'm', 'a', '{')").await;
    let mut reader = store.db.reader().await.unwrap();
    let found = seeded::get(&mut reader.tx().unwrap(), &key("slot", "m", "a")).await;
    assert!(found.is_err_and(|e| e.to_string().contains("SeededGet")));
}
