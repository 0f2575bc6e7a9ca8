//! The cache of valid devices: any change of their validity takes effect with its commit.

use crate::harness::{TestStore, command};
use crate::samples::{at, device, model, reading_id, slot, slot_id, uuid};
use futures_util::future::join_all;
use opendrs_domain::device::{DeviceRef, RevokedFamilies};
use opendrs_domain::id::{DeviceId, MakerId};
use opendrs_domain::login::refresh_rotation::RotationState;
use opendrs_domain::reading::SlotStatus;
use opendrs_domain::snapshot::{Snapshot, SnapshotName};
use opendrs_store::access::AccessVersion;
use opendrs_store::{device, model, reading, reset};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};

both!(
    an_end_by_another_node_holds_at_once,
    a_revocation_by_another_node_holds_at_once_and_until_it_is_taken_back,
    what_is_done_at_a_shell_holds_at_once,
    what_was_rolled_back_changed_nothing,
    a_server_for_tests_that_forgets_or_goes_back_knows_nobody,
    of_many_at_once_those_that_left_are_refused,
);

mod known_alone {
    use super::*;
    postgres_only!(
        what_is_known_is_not_looked_up_again,
        what_a_failed_transaction_found_is_not_known,
        what_does_not_end_a_device_is_no_change,
    );
}

/// Registered units of a model with a slot. Each has reported twice, so that it is cached.
async fn insert_devices<const N: usize>(store: &TestStore) -> [DeviceRef; N] {
    let model = model(1, MakerId(uuid(1)));
    store.write(model.clone(), |tx, m| Box::pin(model::upsert(tx, m))).await;
    store
        .write((model.id, slot("filter")), |tx, (model, slot)| Box::pin(model::upsert_slot(tx, *model, 0, slot)))
        .await;
    let mut units = [DeviceRef { shard: 0, id: DeviceId(uuid(1)) }; N];
    for (unit, n) in units.iter_mut().zip(1..) {
        let device = device(n, &model, &format!("unit-{n}"));
        *unit = device.in_shard(store.db.shards().for_unit(model.id, &device.serial));
        store.write((unit.shard, device), |tx, (shard, d)| Box::pin(device::insert(tx, *shard, d))).await;
        assert!(insert_reading(store, *unit).await && insert_reading(store, *unit).await);
    }
    units
}

async fn insert_reading(store: &TestStore, device: DeviceRef) -> bool {
    static NUMBER: AtomicU64 = AtomicU64::new(1);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let with = (reading_id(number), device);
    let command = command(number, with, |tx, (id, device)| {
        let status = SlotStatus { remaining: 1.0, original: 2.0, on_hand: None, expected_at: None, last_use_at: None };
        Box::pin(async move {
            reading::insert_if_valid(tx, *device, AccessVersion(0), *id, &slot_id("filter"), at(5), &status).await
        })
    });
    store.db.write(command).await.unwrap()
}

async fn end_registration(store: &TestStore, device: DeviceRef) {
    let found = store.read(async |tx| device::find_by_id(tx, device).await).await.unwrap();
    store.write((device.shard, found), |tx, (shard, d)| Box::pin(device::end_registration(tx, *shard, d, at(9)))).await;
}

async fn set_revoked(store: &TestStore, unit: DeviceRef, families: Vec<u64>) {
    store
        .write((unit, RevokedFamilies(families)), |tx, (device, families)| {
            Box::pin(device::set_revoked_families(tx, *device, families))
        })
        .await;
}

async fn an_end_by_another_node_holds_at_once(store: &TestStore) {
    let [gone, stays] = insert_devices(store).await;
    end_registration(&TestStore::open(store.location.clone()).await, gone).await;
    assert!(!insert_reading(store, gone).await);
    assert!(insert_reading(store, stays).await && insert_reading(store, stays).await);
    assert!(!insert_reading(store, gone).await, "nor later");
}

async fn a_revocation_by_another_node_holds_at_once_and_until_it_is_taken_back(store: &TestStore) {
    let [unit] = insert_devices(store).await;
    let other = TestStore::open(store.location.clone()).await;
    set_revoked(&other, unit, vec![7]).await;
    assert!(!insert_reading(store, unit).await);
    set_revoked(&other, unit, vec![]).await;
    assert!(insert_reading(store, unit).await && insert_reading(store, unit).await);
    set_revoked(&other, unit, vec![7, 8]).await;
    assert!(!insert_reading(store, unit).await);
}

async fn what_is_done_at_a_shell_holds_at_once(store: &TestStore) {
    let [ended, removed, stays] = insert_devices(store).await;
    let id = |unit: DeviceRef| match store.db.engine() {
        opendrs_store::Engine::Sqlite => format!("x'{}'", unit.id.0.simple()),
        opendrs_store::Engine::Postgres => format!("'{}'", unit.id.0),
    };
    store.execute_raw(&format!("UPDATE device SET deregistered_at = 1 WHERE id = {}", id(ended))).await;
    assert!(!insert_reading(store, ended).await && insert_reading(store, removed).await);
    store.execute_raw(&format!("DELETE FROM device WHERE id = {}", id(removed))).await;
    assert!(!insert_reading(store, removed).await && insert_reading(store, stays).await);
    store.execute_raw("DELETE FROM slot").await;
    assert!(!insert_reading(store, stays).await);
}

async fn what_was_rolled_back_changed_nothing(store: &TestStore) {
    let [unit] = insert_devices(store).await;
    store.execute_raw("BEGIN; UPDATE device SET deregistered_at = 1; ROLLBACK").await;
    assert!(insert_reading(store, unit).await);
}

async fn a_server_for_tests_that_forgets_or_goes_back_knows_nobody(store: &TestStore) {
    let name = || SnapshotName::parse("empty").unwrap();
    let empty = Snapshot { name: name(), at: at(3), saved_at: at(4) };
    store.db.save_snapshot(empty, false).await.unwrap();
    let [unit] = insert_devices(store).await;
    store.db.load_snapshot(name(), |_, _| (0, None)).await.unwrap();
    assert!(!insert_reading(store, unit).await, "it had not been registered");
    let [unit] = insert_devices(store).await;
    store.write((), |tx, ()| Box::pin(reset::clear_customer_data(tx))).await;
    assert!(!insert_reading(store, unit).await);
}

async fn of_many_at_once_those_that_left_are_refused(store: &TestStore) {
    let units = insert_devices::<40>(store).await;
    let other = TestStore::open(store.location.clone()).await;
    let mut gone = BTreeSet::new();
    for n in [3, 11, 38] {
        end_registration(&other, units[n]).await;
        gone.insert(n);
        let before = store.count("reading").await;
        let stored = join_all(units.map(|unit| insert_reading(store, unit))).await;
        let refused = (0..units.len()).filter(|n| !stored[*n]).collect::<BTreeSet<_>>();
        assert_eq!(refused, gone);
        assert_eq!(store.count("reading").await - before, units.len() - gone.len());
    }
}

async fn what_is_known_is_not_looked_up_again(store: &TestStore) {
    let [unit] = insert_devices(store).await;
    // The only way to bypass it: a session with the database's triggers switched off.
    store.execute_raw("SET session_replication_role = replica; UPDATE device SET deregistered_at = 1").await;
    assert!(insert_reading(store, unit).await);
    store.execute_raw("UPDATE device SET deregistered_at = 2").await;
    assert!(!insert_reading(store, unit).await);
}

async fn what_a_failed_transaction_found_is_not_known(store: &TestStore) {
    let [other] = insert_devices(store).await;
    let model = store.read(async |tx| model::find_by_id(tx, model(1, MakerId(uuid(1))).id).await).await.unwrap();
    let fresh = device(77, &model, "unit-77");
    let unit = fresh.in_shard(store.db.shards().for_unit(model.id, &fresh.serial));
    let registered_and_failed = command(0, (unit, fresh, other), |tx, (unit, fresh, other)| {
        Box::pin(async move {
            device::insert(tx, unit.shard, fresh).await?;
            let status =
                SlotStatus { remaining: 1.0, original: 2.0, on_hand: None, expected_at: None, last_use_at: None };
            let slot = slot_id("filter");
            assert!(
                reading::insert_if_valid(tx, *unit, AccessVersion(0), reading_id(9001), &slot, at(5), &status).await?
            );
            // The same key again.
            reading::insert(tx, DeviceRef { shard: unit.shard, ..*other }, reading_id(9001), &slot, at(5), &status)
                .await
        })
    });
    assert!(store.db.write(registered_and_failed).await.is_err());
    assert!(!insert_reading(store, unit).await, "it is not registered");
}

async fn what_does_not_end_a_device_is_no_change(store: &TestStore) {
    let [unit] = insert_devices(store).await;
    let last = async || store.query_raw("SELECT last FROM device_change").await;
    let before = last().await;
    store.write(unit, |tx, unit| Box::pin(device::record_activity(tx, *unit, at(6)))).await;
    let turned = (unit, RevokedFamilies::default(), RotationState::parse("- 7:1:2:3").unwrap());
    store.write(turned, |tx, (unit, revoked, turns)| Box::pin(device::save_rotation(tx, *unit, revoked, turns))).await;
    store.execute_raw("UPDATE device SET deregistered_at = NULL; UPDATE slot SET id = id, name = 'soap'").await;
    assert_eq!(last().await, before);
    end_registration(store, unit).await;
    assert_ne!(last().await, before);
}
