//! Levels: what devices report, folded in the background and read by slot. On both engines.
//!
//! Invariant: [`assert_folded`] compares the folded rows with all stored readings.

use crate::harness::fixtures::{ANN, CARTRIDGE, FILTER, MODEL, WEB};
use crate::harness::{LinkedDevice, Options, Server, Store, batches};
use opendrs_domain::device::DeviceRef;
use opendrs_domain::id::{ClientId, ReadingId};
use opendrs_domain::level::{LevelReading, SlotDay, SlotLevel, fold_by_day};
use opendrs_domain::text::{Email, ModelCode};
use opendrs_domain::time::{Span, Time};
use opendrs_domain::version::ApiEndpoint::{Deregister, SlotStatus};
use opendrs_service::fill::{self, FillPlan};
use opendrs_service::level::FoldProgress;
use opendrs_service::{App, customer, device, level};
use opendrs_store::level::{self as rows, LevelCursor};
use uuid::Uuid;

both!(
    the_newest_reading_of_each_slot_is_its_level,
    days_are_kept_for_ninety_days,
    a_deregistered_device_has_no_levels,
    folding_goes_on_after_a_restart_and_again_changes_nothing,
    many_readings_are_folded_in_batches,
    a_reset_begins_again,
    what_was_cleared_is_folded_again,
);

async fn report(server: &Server, device: &LinkedDevice, slot: &str, remaining: u32) {
    let body = format!(r#"{{"remainingQuantityInUnit":{remaining},"originalQuantityInUnit":40}}"#);
    let reply = server.device_call(device, SlotStatus, &format!("/slotStatus/{slot}")).body(body).send().await;
    assert_eq!(reply.status, 200, "{}", reply.text());
}

/// Ann's only device.
async fn device_ref(server: &Server) -> DeviceRef {
    let ann = customer::find_id_by_email(server.app(), &Email::parse(ANN).unwrap()).await.unwrap().unwrap();
    let device = device::list_for_customer(server.app(), ann).await.unwrap().remove(0).device;
    device.in_shard(server.app().db.shards().for_unit(device.model, &device.serial))
}

async fn levels(server: &Server) -> Vec<SlotLevel> {
    level::list_for_device(server.app(), device_ref(server).await).await.unwrap()
}

/// The present level of the slot FILTER, in per cent.
async fn filter_level(server: &Server) -> Option<f64> {
    levels(server).await.iter().find(|level| level.slot.as_str() == FILTER).unwrap().percent_left()
}

async fn stored_readings(app: &App) -> Vec<LevelReading> {
    let start = LevelCursor { pass: 1, reading: ReadingId(Uuid::nil()), place: 0 };
    let mut reader = app.db.reader().await.unwrap();
    let found = rows::list_readings(&mut reader.tx().unwrap(), start, ReadingId(Uuid::max()), 100_000).await.unwrap();
    found.into_iter().map(|found| found.reading).collect()
}

/// Checks that the rows are what all stored readings say, and returns the number of rows.
async fn assert_folded(server: &Server) -> usize {
    let wanted = fold_by_day(&stored_readings(server.app()).await);
    let mut found: Vec<SlotDay> = Vec::new();
    let mut devices: Vec<_> = wanted.iter().map(|day| day.device).collect();
    devices.dedup();
    let mut reader = server.app().db.reader().await.unwrap();
    for device in devices {
        let days = rows::list_by_device(&mut reader.tx().unwrap(), device, i64::MIN, i64::MAX).await.unwrap();
        found.extend(days);
    }
    assert_eq!(found, wanted);
    assert_eq!(server.row_count("level_day").await, found.len());
    found.len()
}

async fn fold(server: &Server) -> usize {
    level::fold_new(server.app()).await.unwrap().readings
}

async fn the_newest_reading_of_each_slot_is_its_level(server: &Server) {
    let device = &server.link_default_device().await;
    assert_eq!(fold(server).await, 0);
    let found = levels(server).await;
    assert_eq!(found.iter().map(|level| level.slot.as_str()).collect::<Vec<_>>(), [FILTER, CARTRIDGE]);
    assert!(found.iter().all(|level| level.days.is_empty() && level.percent_left().is_none()));

    // The clock stands still, so the order of arrival decides.
    for remaining in [30, 39, 10, 20] {
        report(server, device, FILTER, remaining).await;
    }
    report(server, device, CARTRIDGE, 50).await;
    assert_eq!(filter_level(server).await, None, "reporting writes no level");
    assert_eq!(fold(server).await, 5);
    let found = levels(server).await;
    let (filter, minerals) = (&found[0], &found[1]);
    assert_eq!((filter.percent_left(), minerals.percent_left()), (Some(50.0), Some(100.0)));
    let day = filter.newest().unwrap();
    assert_eq!((day.lowest, day.highest, day.remaining, day.original), (10.0, 39.0, 20.0, 40.0));
    assert_eq!(filter.heard_at(), Some(server.app().now()));

    server.advance("10m").await;
    report(server, device, FILTER, 4).await;
    fold(server).await;
    assert_eq!(filter_level(server).await, Some(10.0));
    assert_eq!(assert_folded(server).await, 2);
    server.advance("10m").await;
    fold(server).await;
    assert_eq!(fold(server).await, 0, "everything is folded");
}

async fn days_are_kept_for_ninety_days(server: &Server) {
    for (after, remaining) in [("0s", 40), ("1d", 30), ("88d", 20), ("1d", 10)] {
        server.advance(after).await;
        // Tokens end meanwhile.
        let device = server.link_default_device().await;
        report(server, &device, FILTER, remaining).await;
        fold(server).await;
    }
    let remaining = async || {
        let found = levels(server).await.remove(0);
        found.days.iter().map(|day| day.remaining).collect::<Vec<_>>()
    };
    assert_eq!(remaining().await, [30.0, 20.0, 10.0], "the first day is ninety days ago");
    assert_eq!(assert_folded(server).await, 4);
    assert_eq!(level::purge(server.app()).await.unwrap(), 1);
    assert_eq!(remaining().await, [30.0, 20.0, 10.0]);
    server.advance("90d").await;
    assert_eq!((remaining().await, filter_level(server).await), (Vec::new(), None));
    assert_eq!(level::purge(server.app()).await.unwrap(), 3);
    server.execute_sql("UPDATE level_cursor SET place = 0").await;
    fold(server).await;
    assert_eq!(server.row_count("level_day").await, 0, "old readings leave no days");
}

async fn a_deregistered_device_has_no_levels(server: &Server) {
    let device = server.link_default_device().await;
    let named = device_ref(server).await;
    report(server, &device, FILTER, 20).await;
    fold(server).await;
    assert_eq!(levels(server).await.len(), 2);
    assert_eq!(server.device_call(&device, Deregister, "/registration").send().await.status, 200);
    assert_eq!(level::list_for_device(server.app(), named).await.unwrap(), []);
}

async fn folding_goes_on_after_a_restart_and_again_changes_nothing(server: &Server) {
    let device = &server.link_default_device().await;
    report(server, device, FILTER, 30).await;
    fold(server).await;
    server.advance("1m").await;
    report(server, device, FILTER, 20).await;
    let restarted = server.open_app().await;
    assert!(level::fold_new(&restarted).await.unwrap().readings > 0);
    assert_eq!((filter_level(server).await, assert_folded(server).await), (Some(50.0), 1));
    let folded = server.all_rows().await["level_day"].clone();
    server.execute_sql("UPDATE level_cursor SET reading = (SELECT reading FROM level_cursor WHERE pass = 3)").await;
    server.advance("2d").await;
    assert!(level::fold_new(&restarted).await.unwrap().readings == 2, "everything is read again");
    assert_eq!(server.all_rows().await["level_day"], folded);
}

/// One reading of each of many devices.
async fn fill_readings(server: &Server, count: u64) {
    server.register_devices(count).await;
    let address = opendrs_domain::customer::Address {
        line1: "1 Main Street".into(),
        line2: None,
        city: "Springfield".into(),
        region: None,
        postal_code: "97477".into(),
        country: "US".into(),
    };
    let client = ClientId::parse(WEB).unwrap();
    let plan = FillPlan::load(server.app(), client, &ModelCode::parse(MODEL).unwrap(), address).await.unwrap();
    for numbers in batches(count) {
        let (_, units) = fill::build_devices(server.app(), &plan, numbers).unwrap();
        server.app().db.write(fill::build_readings(server.app(), &plan, &units).unwrap()).await.unwrap();
    }
}

async fn many_readings_are_folded_in_batches(server: &Server) {
    fill_readings(server, 2500).await;
    assert_eq!(fold(server).await, 2500);
    assert_eq!(assert_folded(server).await, 2500);
    server.advance("1h").await;
    fold(server).await;
    assert_eq!(assert_folded(server).await, 2500);
}

async fn what_was_cleared_is_folded_again(server: &Server) {
    fill_readings(server, 600).await;
    fold(server).await;
    server.execute_sql("UPDATE level_day SET remaining = 99").await;
    assert!(level::clear(server.app()).await.unwrap());
    assert_eq!(server.row_count("level_day").await, 100);
    assert!(!level::clear(server.app()).await.unwrap());
    assert_eq!(server.row_count("level_day").await, 0);
    assert_eq!(level::fold_new(server.app()).await.unwrap(), FoldProgress { readings: 600, more: false });
    assert_eq!(assert_folded(server).await, 600);
}

async fn a_reset_begins_again(server: &Server) {
    for remaining in [30, 10] {
        report(server, &server.link_default_device().await, FILTER, remaining).await;
        server.advance("1h").await;
        fold(server).await;
        assert_eq!(assert_folded(server).await, 1);
        assert_eq!(server.request("POST", "/-/reset").send().await.status, 200);
        assert_eq!(server.row_count("level_day").await, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_fold_at_once_and_nothing_is_lost() {
    let first = &Server::start_on(Store::postgres().await, Options::default()).await;
    let second = &first.another_node(Options::default()).await;
    let device = &first.link_default_device().await;
    for round in 0..5 {
        for node in [first, second] {
            report(node, device, FILTER, round).await;
            report(node, device, CARTRIDGE, 40 - round).await;
        }
        let (one, other) = tokio::join!(level::fold_new(first.app()), level::fold_new(second.app()));
        assert!(one.unwrap().readings + other.unwrap().readings > 0);
        // The other node's clock stands still, so its ids are behind.
        first.advance("10m").await;
    }
    first.advance("25h").await;
    fold(first).await;
    assert_eq!(assert_folded(first).await, 2);
    second.stop();
    first.remove_store().await;
}

/// While another node folds, a node waits for nothing and writes nothing.
#[tokio::test(flavor = "multi_thread")]
async fn one_node_at_a_time_folds() {
    let server = &Server::start_on(Store::postgres().await, Options::default()).await;
    report(server, &server.link_default_device().await, FILTER, 20).await;
    let other = server.begin_transaction("SELECT * FROM level_cursor WHERE pass = 1 FOR UPDATE").await;
    let done = level::fold_new(server.app()).await.unwrap();
    assert_eq!((done, filter_level(server).await), (FoldProgress { readings: 0, more: true }, None));
    other.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!((fold(server).await, filter_level(server).await), (1, Some(50.0)));
    server.remove_store().await;
}

/// A reading of the slot FILTER with the id and the time of a moment, as SQL.
fn reading_at(at: Time, remaining: u32) -> String {
    let micros = at.as_micros();
    let id = Uuid::from_u128(u128::try_from(micros / 1000).unwrap() << 80 | 1);
    format!(
        "INSERT INTO reading (shard, id, device, slot, at, remaining, original, odd)
            SELECT shard, '{id}', device, slot, {micros}, {remaining}, 40, false FROM reading WHERE slot = '{FILTER}' LIMIT 1"
    )
}

/// On PostgreSQL a transaction may commit after others whose readings have greater ids.
#[tokio::test(flavor = "multi_thread")]
async fn a_reading_that_becomes_visible_late_is_folded_by_a_later_pass() {
    let server = &Server::start_on(Store::postgres().await, Options::default()).await;
    let device = &server.link_default_device().await;
    report(server, device, FILTER, 40).await;
    let begin = server.app().now();
    let late = server.begin_transaction(&reading_at(begin + Span::from_secs(1), 20)).await;
    server.advance("3s").await;
    report(server, device, CARTRIDGE, 40).await;
    server.advance("30s").await;
    fold(server).await;
    late.batch_execute("COMMIT").await.unwrap();
    fold(server).await;
    assert_eq!(filter_level(server).await, Some(100.0), "the first pass has gone by");
    server.advance("2m").await;
    fold(server).await;
    assert_eq!((filter_level(server).await, assert_folded(server).await), (Some(50.0), 2), "the second pass");

    server.execute_sql(&reading_at(begin + Span::from_secs(2), 10)).await;
    server.advance("20h").await;
    fold(server).await;
    assert_eq!(filter_level(server).await, Some(50.0), "the second pass has gone by");
    server.advance("5h").await;
    fold(server).await;
    assert_eq!((filter_level(server).await, assert_folded(server).await), (Some(25.0), 2), "the third pass");
    server.remove_store().await;
}
