//! Devices that a node has found in good standing: whatever changes that, it is seen with its commit.

use crate::harness::{Store, command};
use crate::samples::{at, device, model, reading_id, slot, slot_id, uuid};
use futures_util::future::join_all;
use opendrs_domain::device::Families;
use opendrs_domain::id::{DeviceId, MakerId};
use opendrs_domain::login::turn::Turns;
use opendrs_domain::reading::SlotStatus;
use opendrs_domain::snapshot::{Name, Snapshot};
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

type Unit = (i64, DeviceId);

/// Registered units of a model with a slot; each has reported twice, so that it is known.
async fn units<const N: usize>(store: &Store) -> [Unit; N] {
    let model = model(1, MakerId(uuid(1)));
    store.write(model.clone(), |tx, m| Box::pin(model::put(tx, m))).await;
    store.write((model.id, slot("filter")), |tx, (model, slot)| Box::pin(model::put_slot(tx, *model, 0, slot))).await;
    let mut units = [(0, DeviceId(uuid(1))); N];
    for (unit, n) in units.iter_mut().zip(1..) {
        let device = device(n, &model, &format!("unit-{n}"));
        *unit = (store.db.shards().of_unit(model.id, &device.serial), device.id);
        store.write((unit.0, device), |tx, (shard, d)| Box::pin(device::add(tx, *shard, d))).await;
        assert!(report(store, *unit).await && report(store, *unit).await);
    }
    units
}

async fn report(store: &Store, (shard, device): Unit) -> bool {
    static NUMBER: AtomicU64 = AtomicU64::new(1);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let with = (shard, reading_id(number), device);
    let command = command(number, with, |tx, (shard, id, device)| {
        let status = SlotStatus { remaining: 1.0, original: 2.0, on_hand: None, expected_at: None, last_use_at: None };
        Box::pin(async move {
            reading::report(tx, (*shard, AccessVersion(0)), (*id, *device, &slot_id("filter")), at(5), &status).await
        })
    });
    store.db.write(command).await.unwrap()
}

async fn end(store: &Store, (shard, id): Unit) {
    let found = store.read(async |tx| device::by_id(tx, shard, id).await).await.unwrap();
    store.write((shard, found), |tx, (shard, d)| Box::pin(device::end(tx, *shard, d, at(9)))).await;
}

async fn revoke(store: &Store, unit: Unit, families: Vec<u64>) {
    store
        .write((unit, Families(families)), |tx, ((shard, id), families)| {
            Box::pin(device::set_revoked(tx, *shard, *id, families))
        })
        .await;
}

async fn an_end_by_another_node_holds_at_once(store: &Store) {
    let [gone, stays] = units(store).await;
    end(&Store::open(store.place.clone()).await, gone).await;
    assert!(!report(store, gone).await);
    assert!(report(store, stays).await && report(store, stays).await);
    assert!(!report(store, gone).await, "nor later");
}

async fn a_revocation_by_another_node_holds_at_once_and_until_it_is_taken_back(store: &Store) {
    let [unit] = units(store).await;
    let other = Store::open(store.place.clone()).await;
    revoke(&other, unit, vec![7]).await;
    assert!(!report(store, unit).await);
    revoke(&other, unit, vec![]).await;
    assert!(report(store, unit).await && report(store, unit).await);
    revoke(&other, unit, vec![7, 8]).await;
    assert!(!report(store, unit).await);
}

async fn what_is_done_at_a_shell_holds_at_once(store: &Store) {
    let [ended, removed, stays] = units(store).await;
    let id = |unit: Unit| match store.db.engine() {
        opendrs_store::Engine::Sqlite => format!("x'{}'", unit.1.0.simple()),
        opendrs_store::Engine::Postgres => format!("'{}'", unit.1.0),
    };
    store.tamper(&format!("UPDATE device SET deregistered_at = 1 WHERE id = {}", id(ended))).await;
    assert!(!report(store, ended).await && report(store, removed).await);
    store.tamper(&format!("DELETE FROM device WHERE id = {}", id(removed))).await;
    assert!(!report(store, removed).await && report(store, stays).await);
    store.tamper("DELETE FROM slot").await;
    assert!(!report(store, stays).await);
}

async fn what_was_rolled_back_changed_nothing(store: &Store) {
    let [unit] = units(store).await;
    store.tamper("BEGIN; UPDATE device SET deregistered_at = 1; ROLLBACK").await;
    assert!(report(store, unit).await);
}

async fn a_server_for_tests_that_forgets_or_goes_back_knows_nobody(store: &Store) {
    let name = || Name::parse("empty").unwrap();
    let empty = Snapshot { name: name(), at: at(3), saved_at: at(4) };
    store.db.save_snapshot(empty, false).await.unwrap();
    let [unit] = units(store).await;
    store.db.load_snapshot(name(), |_, _| (0, None)).await.unwrap();
    assert!(!report(store, unit).await, "it had not been registered");
    let [unit] = units(store).await;
    store.write((), |tx, ()| Box::pin(reset::forget(tx))).await;
    assert!(!report(store, unit).await);
}

async fn of_many_at_once_those_that_left_are_refused(store: &Store) {
    let units = units::<40>(store).await;
    let other = Store::open(store.place.clone()).await;
    let mut gone = BTreeSet::new();
    for n in [3, 11, 38] {
        end(&other, units[n]).await;
        gone.insert(n);
        let before = store.count("reading").await;
        let stored = join_all(units.map(|unit| report(store, unit))).await;
        let refused = (0..units.len()).filter(|n| !stored[*n]).collect::<BTreeSet<_>>();
        assert_eq!(refused, gone);
        assert_eq!(store.count("reading").await - before, units.len() - gone.len());
    }
}

async fn what_is_known_is_not_looked_up_again(store: &Store) {
    let [unit] = units(store).await;
    // The one way past it: a session that has the database's own rules switched off.
    store.tamper("SET session_replication_role = replica; UPDATE device SET deregistered_at = 1").await;
    assert!(report(store, unit).await);
    store.tamper("UPDATE device SET deregistered_at = 2").await;
    assert!(!report(store, unit).await);
}

async fn what_a_failed_transaction_found_is_not_known(store: &Store) {
    let [(_, other)] = units(store).await;
    let model = store.read(async |tx| model::by_id(tx, model(1, MakerId(uuid(1))).id).await).await.unwrap();
    let fresh = device(77, &model, "unit-77");
    let unit = (store.db.shards().of_unit(model.id, &fresh.serial), fresh.id);
    let registered_and_failed = command(0, (unit, fresh, other), |tx, ((shard, id), fresh, other)| {
        Box::pin(async move {
            device::add(tx, *shard, fresh).await?;
            let status =
                SlotStatus { remaining: 1.0, original: 2.0, on_hand: None, expected_at: None, last_use_at: None };
            let slot = slot_id("filter");
            assert!(
                reading::report(tx, (*shard, AccessVersion(0)), (reading_id(9001), *id, &slot), at(5), &status).await?
            );
            // The same key again.
            reading::add(tx, *shard, (reading_id(9001), *other, &slot), at(5), &status).await
        })
    });
    assert!(store.db.write(registered_and_failed).await.is_err());
    assert!(!report(store, unit).await, "it is not registered");
}

async fn what_does_not_end_a_device_is_no_change(store: &Store) {
    let [unit] = units(store).await;
    let last = async || store.rows("SELECT last FROM device_change").await;
    let before = last().await;
    store.write(unit, |tx, (shard, id)| Box::pin(device::set_active(tx, *shard, *id, at(6)))).await;
    let turned = (unit, Families::default(), Turns::parse("- 7:1:2:3").unwrap());
    store
        .write(turned, |tx, ((shard, id), revoked, turns)| Box::pin(device::set_turns(tx, *shard, *id, revoked, turns)))
        .await;
    store.tamper("UPDATE device SET deregistered_at = NULL; UPDATE slot SET id = id, name = 'soap'").await;
    assert_eq!(last().await, before);
    end(store, unit).await;
    assert_ne!(last().await, before);
}
