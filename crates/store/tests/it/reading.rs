//! Readings.

use crate::harness::{TestStore, command, on_sqlite};
use crate::samples::{QUANTITIES, at, device, model, reading_id, serial, slot, slot_id, uuid};
use opendrs_domain::device::{DeviceRef, RevokedFamilies};
use opendrs_domain::id::{DeviceId, MakerId};
use opendrs_domain::reading::SlotStatus;
use opendrs_domain::time::Time;
use opendrs_store::access::AccessVersion;
use opendrs_store::reading::{self, ReadingRow};
use opendrs_store::{Engine, device, model};

both!(
    readings_come_back_to_the_last_bit,
    the_newest_readings_come_first_and_bounded,
    a_report_is_a_reading_of_the_device,
    a_report_counts_only_from_a_device_in_good_standing_and_for_its_slots,
);

mod keyed {
    use super::a_reading_is_not_added_twice;
    postgres_only!(a_reading_is_not_added_twice);
}

/// Two registered units, with their shards.
async fn insert_devices(store: &TestStore) -> [DeviceRef; 2] {
    let model = model(1, MakerId(uuid(1)));
    store.write(model.clone(), |tx, m| Box::pin(model::upsert(tx, m))).await;
    let mut units = [DeviceRef { shard: 0, id: DeviceId(uuid(1)) }; 2];
    for (unit, n) in units.iter_mut().zip(1..) {
        let device = device(n, &model, &format!("unit-{n}"));
        *unit = device.in_shard(store.db.shards().for_unit(model.id, &device.serial));
        store.write((unit.shard, device), |tx, (shard, d)| Box::pin(device::insert(tx, *shard, d))).await;
    }
    units
}

async fn insert(store: &TestStore, n: u64, device: DeviceRef, when: Time, status: &SlotStatus) {
    let with = (reading_id(n), device, when, status.clone());
    store
        .write(with, |tx, (id, device, when, status)| {
            Box::pin(async move { reading::insert(tx, *device, *id, &slot_id("filter"), *when, status).await })
        })
        .await;
}

fn sample_status(remaining: f64, original: f64) -> SlotStatus {
    SlotStatus { remaining, original, on_hand: None, expected_at: None, last_use_at: None }
}

async fn list_newest(store: &TestStore, limit: i64) -> Vec<ReadingRow> {
    store.read(async |tx| reading::list_newest(tx, limit).await).await
}

async fn readings_come_back_to_the_last_bit(store: &TestStore) {
    let units = insert_devices(store).await;
    let moments =
        [None, Some(Time::from_micros(i64::MIN)), Some(Time::from_micros(i64::MAX)), Some(at(1)), Some(at(-1))];
    let mut wanted = Vec::new();
    for (n, quantity) in QUANTITIES.into_iter().enumerate() {
        let on_hand = (n % 3 > 0).then_some(quantity);
        let (expected_at, last_use_at) = (moments[n % 5], moments[(n + 2) % 5]);
        let status = SlotStatus { on_hand, expected_at, last_use_at, ..sample_status(quantity, 1.0) };
        let (number, unit) = (n as u64 + 1, n % 2);
        insert(store, number, units[unit], at(5), &status).await;
        let (serial, odd) = (serial(&format!("unit-{}", unit + 1)), quantity > 1.0);
        wanted.insert(
            0,
            ReadingRow {
                id: reading_id(number),
                serial,
                slot: slot_id("filter"),
                at: at(5),
                status,
                exceeds_original: odd,
            },
        );
    }
    let found = list_newest(store, 100).await;
    assert_eq!(found, wanted);
    let bits = |all: &[ReadingRow]| all.iter().map(|r| r.status.remaining.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(&found), bits(&wanted));
}

async fn the_newest_readings_come_first_and_bounded(store: &TestStore) {
    let units = insert_devices(store).await;
    assert_eq!(list_newest(store, 10).await, []);
    // SQLite keeps the order of arrival, PostgreSQL the order of ids.
    let came = if store.db.engine() == Engine::Sqlite { [1, 2, 3, 4, 5, 6, 7] } else { [7, 2, 5, 1, 4, 6, 3] };
    for n in came {
        insert(store, n, units[usize::from(n % 2 == 0)], at(0), &sample_status(0.0, 0.0)).await;
    }
    let numbers = async |limit| list_newest(store, limit).await.into_iter().map(|r| r.id).collect::<Vec<_>>();
    assert_eq!(numbers(3).await, [7, 6, 5].map(reading_id));
    assert_eq!(numbers(100).await, [7, 6, 5, 4, 3, 2, 1].map(reading_id));
    assert_eq!(numbers(0).await, []);
}

async fn a_reading_is_not_added_twice(store: &TestStore) {
    let [unit, _] = insert_devices(store).await;
    insert(store, 1, unit, at(0), &sample_status(1.0, 2.0)).await;
    let again = command(0, unit, |tx, device| {
        Box::pin(async move {
            reading::insert(tx, *device, reading_id(1), &slot_id("a"), at(1), &sample_status(9.0, 9.0)).await
        })
    });
    assert!(store.db.write(again).await.is_err_and(|e| e.to_string().contains("ReadingPut")));
    assert_eq!(list_newest(store, 10).await.len(), 1);
}

/// A clock that was wrong for a while must not prevent the summary of later readings.
#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite_what_is_of_a_time_to_come_stands_in_nobodys_way() {
    on_sqlite(async |store: &TestStore| {
        let [unit, _] = insert_devices(store).await;
        for n in [1000, 1001, 1, 2, 3] {
            insert(store, n, unit, at(0), &sample_status(0.0, 0.0)).await;
        }
        let taken =
            store.write((), |tx, ()| Box::pin(reading::take_oldest(tx, reading_id(3), reading_id(999), 10))).await;
        assert_eq!(taken.len(), 4, "the two oldest, and those of a time to come");
        let left: Vec<_> = list_newest(store, 10).await.into_iter().map(|r| r.id).collect();
        assert_eq!(left, [reading_id(3)]);
    })
    .await;
}

/// Reports a reading whose id has a number.
async fn insert_if_valid(store: &TestStore, n: u64, device: DeviceRef, slot: &str, status: &SlotStatus) -> bool {
    let with = (reading_id(n), device, slot_id(slot), status.clone());
    store
        .write(with, |tx, (id, device, slot, status)| {
            Box::pin(
                async move { reading::insert_if_valid(tx, *device, AccessVersion(0), *id, slot, at(5), status).await },
            )
        })
        .await
}

async fn insert_filter_slot(store: &TestStore) {
    let model = model(1, MakerId(uuid(1)));
    store
        .write((model.id, slot("filter")), |tx, (model, slot)| Box::pin(model::upsert_slot(tx, *model, 0, slot)))
        .await;
}

async fn a_report_is_a_reading_of_the_device(store: &TestStore) {
    let units = insert_devices(store).await;
    insert_filter_slot(store).await;
    let full = SlotStatus {
        on_hand: Some(0.1),
        expected_at: Some(at(6)),
        last_use_at: Some(at(-6)),
        ..sample_status(0.3, 0.2)
    };
    assert!(insert_if_valid(store, 1, units[0], "filter", &full).await);
    assert!(insert_if_valid(store, 2, units[1], "filter", &sample_status(5e-324, 1.0)).await);
    let listed = |n, status, odd| ReadingRow {
        id: reading_id(n),
        serial: serial(&format!("unit-{n}")),
        slot: slot_id("filter"),
        at: at(5),
        status,
        exceeds_original: odd,
    };
    assert_eq!(list_newest(store, 9).await, [listed(2, sample_status(5e-324, 1.0), false), listed(1, full, true)]);
}

async fn a_report_counts_only_from_a_device_in_good_standing_and_for_its_slots(store: &TestStore) {
    let [device, other] = insert_devices(store).await;
    insert_filter_slot(store).await;
    let status = sample_status(1.0, 2.0);
    for (n, who, slot) in [
        (1, DeviceRef { id: DeviceId(uuid(99)), ..device }, "filter"),
        (2, DeviceRef { shard: device.shard + 1, ..device }, "filter"),
        (3, device, "Filter"),
        (4, device, "soap"),
    ] {
        assert!(!insert_if_valid(store, n, who, slot, &status).await, "{n}");
    }
    store
        .write(device, |tx, device| {
            Box::pin(async { device::set_revoked_families(tx, *device, &RevokedFamilies(vec![7])).await })
        })
        .await;
    assert!(!insert_if_valid(store, 5, device, "filter", &status).await, "a family is revoked");
    let ended = store.read(async |tx| device::find_by_id(tx, other).await).await.unwrap();
    store.write((other.shard, ended), |tx, (shard, d)| Box::pin(device::end_registration(tx, *shard, d, at(9)))).await;
    assert!(!insert_if_valid(store, 6, other, "filter", &status).await, "it left");
    assert_eq!(list_newest(store, 9).await, [], "nothing was written");
}
