//! Levels by day, the cursors of the passes, and which readings come after a cursor.

use crate::harness::{TestStore, command, on_postgres, on_sqlite};
use crate::samples::{QUANTITIES, at, reading_id, slot_id, uuid};
use opendrs_domain::device::DeviceRef;
use opendrs_domain::id::{DeviceId, ReadingId};
use opendrs_domain::level::{LevelDay, SlotDay};
use opendrs_domain::reading::SlotStatus;
use opendrs_store::level::{self, LevelCursor};
use opendrs_store::{Db, reading};
use uuid::Uuid;

both!(
    days_come_back_to_the_last_bit,
    the_days_of_a_device_are_by_slot_and_day,
    readings_come_after_the_cursor_and_bounded,
    a_cursor_is_saved_and_begins_again,
    a_purge_removes_old_days_and_is_bounded,
);

const DEVICE: DeviceRef = DeviceRef { shard: 0, id: DeviceId(Uuid::from_u128(1)) };

fn start(pass: i64) -> LevelCursor {
    LevelCursor { pass, reading: ReadingId(Uuid::nil()), place: 0 }
}

fn day(slot: &str, day: i64, quantity: f64) -> SlotDay {
    let level = LevelDay {
        day,
        lowest: quantity,
        highest: quantity,
        last_at: at(day),
        last_reading: reading_id(day.unsigned_abs()),
        remaining: quantity,
        original: quantity,
        on_hand: (day % 2 == 0).then_some(quantity),
    };
    SlotDay { device: DEVICE, slot: slot_id(slot), level }
}

async fn insert_days(store: &TestStore, days: &[SlotDay]) {
    store
        .write(days.to_vec(), |tx, days| {
            Box::pin(async move {
                for day in days {
                    level::insert_day(tx, day).await?;
                }
                Ok(())
            })
        })
        .await;
}

async fn list(store: &TestStore, first: i64, last: i64) -> Vec<SlotDay> {
    store.read(async |tx| level::list_by_device(tx, DEVICE, first, last).await).await
}

async fn days_come_back_to_the_last_bit(store: &TestStore) {
    let mut days: Vec<_> = QUANTITIES.into_iter().zip(1..).map(|(quantity, n)| day("filter", n, quantity)).collect();
    insert_days(store, &days).await;
    assert_eq!(list(store, 0, 1000).await, days);
    days[0] = SlotDay { level: LevelDay { day: 1, ..day("filter", 4, 7.5).level }, ..days[0].clone() };
    days[2] = SlotDay { level: LevelDay { day: 3, ..day("filter", 7, 8.5).level }, ..days[2].clone() };
    store
        .write([days[0].clone(), days[2].clone()], |tx, days| {
            Box::pin(async move {
                for day in days {
                    level::update_day(tx, day).await?;
                }
                Ok(())
            })
        })
        .await;
    let mut asked = days.clone();
    asked.reverse();
    asked.insert(1, day("other", 1, 1.0));
    let found = store.read(async |tx| level::find_days(tx, &asked).await).await;
    let mut wanted: Vec<_> = asked.into_iter().map(|day| Some(day.level)).collect();
    wanted[1] = None;
    assert_eq!(found, wanted);
    let found = store.write(days.clone(), |tx, days| Box::pin(async move { level::find_days(tx, days).await })).await;
    assert_eq!(found, days.into_iter().map(|day| Some(day.level)).collect::<Vec<_>>(), "in a transaction");
}

async fn the_days_of_a_device_are_by_slot_and_day(store: &TestStore) {
    insert_days(store, &[day("b", 3, 1.0), day("a", 9, 2.0), day("a", -1, 3.0), day("b", 2, 4.0)]).await;
    let other = DeviceRef { shard: 0, id: DeviceId(uuid(2)) };
    insert_days(store, &[SlotDay { device: other, ..day("a", 3, 1.0) }]).await;
    assert_eq!(list(store, -9, 9).await, [day("a", -1, 3.0), day("a", 9, 2.0), day("b", 2, 4.0), day("b", 3, 1.0)]);
    assert_eq!(list(store, 0, 8).await, [day("b", 2, 4.0), day("b", 3, 1.0)]);
    assert_eq!(list(store, 2, 2).await, [day("b", 2, 4.0)]);
}

async fn a_purge_removes_old_days_and_is_bounded(store: &TestStore) {
    insert_days(store, &[1, 2, 3, 4].map(|n| day("a", n, 1.0))).await;
    let purge = async |before| store.write(before, |tx, before| Box::pin(level::purge_days(tx, *before, 2))).await;
    assert_eq!((purge(4).await, purge(4).await, purge(4).await), (2, 1, 0));
    assert_eq!(list(store, 0, 9).await, [day("a", 4, 1.0)]);
}

async fn insert_reading(store: &TestStore, n: u64) {
    store
        .write(n, |tx, n| {
            Box::pin(async move {
                let status = SlotStatus {
                    remaining: 1.5,
                    original: 40.0,
                    on_hand: Some(2.0),
                    expected_at: None,
                    last_use_at: None,
                };
                reading::insert(tx, DEVICE, reading_id(*n), &slot_id("a"), at(9), &status).await
            })
        })
        .await;
}

/// The numbers of the readings after a cursor, and the cursor of the last one.
async fn after(store: &TestStore, cursor: LevelCursor, until: u64, limit: i64) -> (Vec<ReadingId>, LevelCursor) {
    let found = store.read(async |tx| level::list_readings(tx, cursor, reading_id(until), limit).await).await;
    let last =
        found.last().map_or(cursor, |last| LevelCursor { reading: last.reading.id, place: last.place, ..cursor });
    (found.into_iter().map(|found| found.reading.id).collect(), last)
}

async fn readings_come_after_the_cursor_and_bounded(store: &TestStore) {
    assert_eq!(after(store, start(1), 99, 10).await.0, []);
    for n in 1..=5 {
        insert_reading(store, n).await;
    }
    let (found, cursor) = after(store, start(1), 99, 2).await;
    assert_eq!(found, [1, 2].map(reading_id));
    let (found, cursor) = after(store, cursor, 99, 10).await;
    assert_eq!(found, [3, 4, 5].map(reading_id));
    assert_eq!(after(store, cursor, 99, 10).await, (Vec::new(), cursor));
    insert_reading(store, 6).await;
    assert_eq!(after(store, cursor, 99, 10).await.0, [reading_id(6)]);
    let found = store.read(async |tx| level::list_readings(tx, cursor, reading_id(6), 1).await).await.remove(0).reading;
    assert_eq!(
        (found.device, found.slot, found.at, found.remaining, found.original, found.on_hand),
        (DEVICE, slot_id("a"), at(9), 1.5, 40.0, Some(2.0))
    );
}

async fn a_cursor_is_saved_and_begins_again(store: &TestStore) {
    let list = async || store.read(async |tx| level::list_cursors(tx).await).await;
    assert_eq!(list().await, [1, 2, 3].map(start));
    let moved = LevelCursor { pass: 2, reading: reading_id(7), place: 8 };
    let locked = store
        .write(moved, |tx, moved| {
            Box::pin(async move {
                let locked = level::lock_cursors(tx).await?;
                level::save_cursor(tx, *moved).await?;
                Ok(locked)
            })
        })
        .await;
    assert_eq!(locked, [1, 2, 3].map(start));
    assert_eq!(list().await, [start(1), moved, start(3)]);
    store.write((), |tx, ()| Box::pin(level::reset_cursors(tx))).await;
    assert_eq!(list().await, [1, 2, 3].map(start));
}

/// Whatever gave the rows of SQLite other places, no reading is left out.
#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite_readings_that_moved_are_read_again() {
    on_sqlite(async |store: &TestStore| {
        for n in 1..=4 {
            insert_reading(store, n).await;
        }
        let (_, cursor) = after(store, start(1), 99, 3).await;
        // As a copy of the store may do it.
        store.execute_raw("DELETE FROM reading WHERE rowid = 1; UPDATE reading SET rowid = rowid - 1").await;
        assert_eq!(after(store, cursor, 99, 10).await.0, [2, 3, 4].map(reading_id));
        // A table that was emptied gives out the same places again.
        store.execute_raw("DELETE FROM reading").await;
        for n in 5..=8 {
            insert_reading(store, n).await;
        }
        assert_eq!(after(store, cursor, 99, 10).await.0, [5, 6, 7, 8].map(reading_id));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgres_readings_are_read_up_to_an_id() {
    on_postgres(async |store: &TestStore| {
        for n in [4, 1, 3, 2] {
            insert_reading(store, n).await;
        }
        assert_eq!(after(store, start(1), 3, 10).await.0, [1, 2, 3].map(reading_id));
    })
    .await;
}

/// While one node folds, another does not wait, and gets no cursor.
#[tokio::test(flavor = "multi_thread")]
async fn on_postgres_one_node_at_a_time_has_the_cursors() {
    on_postgres(async |store: &TestStore| {
        let other = Db::open(&store.location, crate::harness::new_installation()).await.unwrap();
        let found = store
            .db
            .write(command(0, other, |tx, other| {
                Box::pin(async move {
                    let mine = level::lock_cursors(tx).await?.len();
                    let theirs = other.write(command(0, (), |tx, ()| Box::pin(level::lock_cursors(tx)))).await?.len();
                    Ok((mine, theirs))
                })
            }))
            .await;
        assert_eq!(found.unwrap(), (3, 0));
    })
    .await;
}
