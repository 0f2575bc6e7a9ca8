//! The installation's own row: shards, master key check, token keys, test clock.

use crate::harness::{TestDatabase, TestStore, command, new_installation};
use crate::samples::{at, serial, uuid};
use opendrs_domain::id::{CustomerId, ModelId};
use opendrs_store::derived_key::{self, DerivedKeyRow};
use opendrs_store::inspection::is_in_use;
use opendrs_store::installation::{self, NewInstallation, TokenKeyRow};
use opendrs_store::receiver::{self, SigningKeyRow};
use opendrs_store::{Db, Engine, Error, StoreLocation};
use std::collections::BTreeSet;

both!(
    a_probe_of_a_writable_store_succeeds_and_changes_nothing,
    opening_twice_finds_the_same_row,
    another_master_key_is_refused_with_what_to_do,
    the_shards_are_those_it_was_made_with,
    owners_are_spread_over_every_shard,
    token_keys_are_added_once_and_come_oldest_first,
    the_clocks_state_outlives_a_restart,
    another_master_key_takes_the_place_of_the_one_that_is_named,
    carried_keys_are_replaced_all_at_once,
    signing_keys_are_sealed_otherwise,
    a_store_that_is_open_is_in_use,
);

async fn opening_twice_finds_the_same_row(store: &TestStore) {
    let row = "SELECT id, shards, created_at, clock_offset, clock_frozen_at FROM installation";
    let before = store.query_raw(row).await;
    let shards = if store.db.engine() == Engine::Sqlite { "1" } else { "64" };
    assert_eq!(before, [["1", shards, &at(0).as_micros().to_string(), "NULL", "NULL"]]);
    let again = Db::open(&store.location, NewInstallation { at: at(99), ..new_installation() }).await.unwrap();
    assert_eq!(store.query_raw(row).await, before);
    assert_eq!(again.engine(), store.db.engine());
    assert_eq!(store.query_raw("SELECT id, created_at FROM token_key").await, [["1", &at(0).as_micros().to_string()]]);
}

async fn another_master_key_is_refused_with_what_to_do(store: &TestStore) {
    let refused =
        Db::open(&store.location, NewInstallation { master_check: [8; 32], ..new_installation() }).await.unwrap_err();
    assert!(matches!(refused, Error::CannotOpen(_)), "{refused:?}");
    let words = refused.to_string();
    assert!(words.contains("another master key") && words.contains("keys.master_file"), "{words}");
    Db::open(&store.location, new_installation()).await.expect("the right key still opens it");
}

async fn another_master_key_takes_the_place_of_the_one_that_is_named(store: &TestStore) {
    let hold = async |proof: [u8; 32]| {
        store.db.write(command(0, proof, |tx, proof| Box::pin(installation::hold_master_key(tx, proof)))).await
    };
    let has = async |proof: [u8; 32]| store.read(async |tx| installation::has_master_key(tx, &proof).await).await;
    let replace = async |old: [u8; 32], new: [u8; 32]| {
        let with = (old, new);
        store
            .db
            .write(command(0, with, |tx, (old, new)| Box::pin(installation::replace_master_key(tx, old, new))))
            .await
    };
    hold([7; 32]).await.unwrap();
    let refused = replace([6; 32], [9; 32]).await.unwrap_err();
    assert!(matches!(&refused, Error::CannotOpen(words) if words.contains("keys rewrap")), "{refused:?}");
    assert!(has([7; 32]).await && !has([9; 32]).await);
    replace([7; 32], [9; 32]).await.unwrap();
    assert!(has([9; 32]).await && !has([7; 32]).await);
    assert!(matches!(hold([7; 32]).await, Err(Error::Unavailable(_))));
    hold([9; 32]).await.unwrap();
}

async fn carried_keys_are_replaced_all_at_once(store: &TestStore) {
    let key = |purpose: &str, number, ends_at| DerivedKeyRow {
        purpose: purpose.into(),
        number,
        sealed: vec![1, 2, 3],
        ends_at,
    };
    let replace = async |keys: Vec<DerivedKeyRow>| {
        store.write(keys, |tx, keys| Box::pin(derived_key::replace_all(tx, keys))).await;
        store.read(async |tx| derived_key::list_all(tx).await).await
    };
    let first = vec![key("link", 1, Some(at(5))), key("token", 1, None), key("token", 2, None)];
    assert_eq!(replace(first.clone()).await, first);
    let second = vec![key("token", 2, Some(at(9)))];
    assert_eq!(replace(second.clone()).await, second);
    assert_eq!(replace(Vec::new()).await, []);
}

async fn signing_keys_are_sealed_otherwise(store: &TestStore) {
    for id in 1..=3 {
        let key = SigningKeyRow {
            id,
            name: format!("n{id}"),
            certificate: "c".into(),
            sealed_private_key: vec![1],
            created_at: at(0),
        };
        store.write(key, |tx, key| Box::pin(receiver::insert_signing_key(tx, key))).await;
    }
    store.write((), |tx, ()| Box::pin(receiver::replace_sealed_signing_key(tx, 2, b"anew"))).await;
    let found = store.read(async |tx| receiver::list_signing_keys_after(tx, 1, 9).await).await;
    let found: Vec<_> = found.into_iter().map(|key| (key.id, key.sealed_private_key)).collect();
    assert_eq!(found, [(2, b"anew".to_vec()), (3, vec![1])]);
}

async fn a_store_that_is_open_is_in_use(store: &TestStore) {
    assert!(is_in_use(&store.location).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_nobody_has_open_is_not_in_use() {
    let folder = tempfile::TempDir::new().unwrap();
    let place = StoreLocation::File(folder.path().join("store.db"));
    drop(TestStore::open(place.clone()).await);
    let database = TestDatabase::create().await;
    assert!(!is_in_use(&database.location).await.unwrap());
    database.remove().await;
    // The writer's thread ends asynchronously.
    while is_in_use(&place).await.unwrap() {
        tokio::task::yield_now().await;
    }
}

async fn the_shards_are_those_it_was_made_with(store: &TestStore) {
    let shards = |db: &Db| (0..200).map(|n| db.shards().for_customer(CustomerId(uuid(n)))).collect::<Vec<_>>();
    let again = Db::open(&store.location, new_installation()).await.unwrap();
    assert_eq!(shards(&again), shards(&store.db));
    if store.db.engine() == Engine::Postgres {
        // As made by a release with another default.
        store.execute_raw("UPDATE installation SET shards = 5").await;
        let older = Db::open(&store.location, new_installation()).await.unwrap();
        assert_eq!(shards(&older).into_iter().collect::<BTreeSet<_>>(), (0..5).collect());
    }
}

async fn owners_are_spread_over_every_shard(store: &TestStore) {
    let shards = store.db.shards();
    let (model, units) = (ModelId(uuid(1)), (0..2000).map(|n| serial(&format!("unit-{n}"))));
    let of_units: BTreeSet<_> = units.map(|unit| shards.for_unit(model, &unit)).collect();
    let of_customers: BTreeSet<_> = (0..2000).map(|n| shards.for_customer(CustomerId(uuid(n)))).collect();
    let all = if store.db.engine() == Engine::Sqlite { 1 } else { 64 };
    assert_eq!((of_units, of_customers), ((0..all).collect(), (0..all).collect()));
    if all > 1 {
        let parts = |at: usize| {
            let (a, b) = "abcdefghijklmnop".split_at(at);
            shards.for_key(&[a.as_bytes(), b.as_bytes()])
        };
        assert!((1..16).map(parts).collect::<BTreeSet<_>>().len() > 8, "where a key's parts meet counts");
    }
}

async fn token_keys_are_added_once_and_come_oldest_first(store: &TestStore) {
    for (number, when) in [(3, 30), (2, 20), (3, 99), (1, 99)] {
        let with = (number, at(when));
        store.write(with, |tx, (number, when)| Box::pin(installation::insert_token_key(tx, *number, *when))).await;
    }
    let keys = store.read(async |tx| installation::list_token_keys(tx).await).await;
    let key = |number, when, retired_at| TokenKeyRow { number, created_at: at(when), retired_at };
    assert_eq!(keys, [key(1, 0, None), key(2, 20, None), key(3, 30, None)]);
    for when in [40, 50] {
        store.write(at(when), |tx, at| Box::pin(installation::retire_token_key(tx, 2, *at))).await;
    }
    let keys = store.read(async |tx| installation::list_token_keys(tx).await).await;
    assert_eq!(keys, [key(1, 0, None), key(2, 20, Some(at(40))), key(3, 30, None)]);
}

async fn the_clocks_state_outlives_a_restart(store: &TestStore) {
    assert_eq!(store.read(async |tx| installation::load_test_clock(tx).await).await, (None, None));
    for (offset, frozen) in [(5, None), (-86_400_000_000, Some(at(7))), (i64::MAX, Some(at(-7))), (0, None)] {
        store
            .write((offset, frozen), |tx, (offset, frozen)| {
                Box::pin(installation::save_test_clock(tx, *offset, *frozen))
            })
            .await;
        let again = TestStore::open(store.location.clone()).await;
        assert_eq!(again.read(async |tx| installation::load_test_clock(tx).await).await, (Some(offset), frozen));
    }
}

async fn a_probe_of_a_writable_store_succeeds_and_changes_nothing(store: &TestStore) {
    let before = store.query_raw("SELECT * FROM installation").await;
    store.db.probe().await.unwrap();
    assert_eq!(store.query_raw("SELECT * FROM installation").await, before);
}
