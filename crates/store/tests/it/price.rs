//! Price changes whose customers are still to be notified.

use crate::harness::TestStore;
use crate::samples::{asin, at, device, model, slot_id, uuid};
use opendrs_domain::device::{Device, DeviceRef};
use opendrs_domain::id::{CustomerId, DeviceId, MakerId};
use opendrs_domain::money::Money;
use opendrs_domain::rule::{ApprovalMode, SlotRules, SlotTerms};
use opendrs_domain::subscription::{AgreedPrice, Subscription};
use opendrs_domain::text::Asin;
use opendrs_store::price::{self, PriceChange, PriceChangeCursor, ReorderingSlot};
use opendrs_store::{device, model, rule, subscription};

both!(
    a_change_is_processed_from_the_start_until_it_is_done,
    changes_before_anybody_was_notified_are_one,
    the_slots_that_reorder_a_product_come_a_few_at_a_time,
);

fn yen(minor: i64) -> Money {
    Money { minor, currency: "JPY".into() }
}

async fn record_change(store: &TestStore, n: u64, before: i64, when: i64) {
    let with = (asin(n), yen(before), at(when));
    store.write(with, |tx, (asin, before, at)| Box::pin(price::record_change(tx, asin, before, *at))).await;
}

async fn find_next_due(store: &TestStore, when: i64) -> Option<Asin> {
    store.read(async |tx| price::find_next_due(tx, at(when)).await).await
}

async fn lock(store: &TestStore, n: u64) -> Option<PriceChange> {
    store.write(asin(n), |tx, asin| Box::pin(price::lock(tx, asin))).await
}

async fn advance_cursor(store: &TestStore, n: u64, last: Option<ReorderingSlot>) {
    store.write((asin(n), last), |tx, (asin, last)| Box::pin(price::advance_cursor(tx, asin, last.as_ref()))).await;
}

fn sample_slot() -> ReorderingSlot {
    ReorderingSlot {
        shard: 3,
        slot: slot_id("a"),
        terms: SlotTerms::default(),
        device: DeviceId(uuid(7)),
        customer: CustomerId(uuid(1)),
        is_charged: true,
    }
}

async fn a_change_is_processed_from_the_start_until_it_is_done(store: &TestStore) {
    assert_eq!((find_next_due(store, 9).await, lock(store, 1).await), (None, None));
    record_change(store, 2, 100, 5).await;
    record_change(store, 1, 200, 4).await;
    assert_eq!(find_next_due(store, 3).await, None, "it has not happened yet");
    assert_eq!(find_next_due(store, 9).await, Some(asin(1)), "the oldest first");
    assert_eq!(lock(store, 1).await, Some(PriceChange { before: yen(200), cursor: PriceChangeCursor::start() }));
    advance_cursor(store, 1, Some(sample_slot())).await;
    let cursor = PriceChangeCursor { shard: 3, device: DeviceId(uuid(7)), slot: "a".into() };
    assert_eq!(lock(store, 1).await, Some(PriceChange { before: yen(200), cursor }));
    assert_eq!(find_next_due(store, 9).await, Some(asin(1)));
    advance_cursor(store, 1, None).await;
    assert_eq!((lock(store, 1).await, find_next_due(store, 9).await), (None, Some(asin(2))));
}

async fn changes_before_anybody_was_notified_are_one(store: &TestStore) {
    record_change(store, 1, 100, 1).await;
    record_change(store, 1, 200, 2).await;
    assert_eq!(lock(store, 1).await, Some(PriceChange { before: yen(100), cursor: PriceChangeCursor::start() }));
    advance_cursor(store, 1, Some(sample_slot())).await;
    record_change(store, 1, 300, 3).await;
    let again = PriceChange { before: yen(300), cursor: PriceChangeCursor::start() };
    assert_eq!(lock(store, 1).await, Some(again), "whoever was notified of the first is notified again");
}

async fn insert_subscription(store: &TestStore, shard: i64, device: &Device, slot: &str, chosen: u64, on: bool) {
    let agreed = Some(AgreedPrice { asin: asin(1), price: yen(5), at: Some(at(1)) });
    let sub = Subscription {
        slot: slot_id(slot),
        asin: Some(asin(chosen)),
        enabled: on,
        open_order: None,
        last_agreed_price: agreed,
    };
    let with = (shard, device.id, sub);
    store
        .write(with, |tx, (shard, id, sub)| {
            Box::pin(subscription::upsert(tx, DeviceRef { shard: *shard, id: *id }, sub))
        })
        .await;
}

async fn the_slots_that_reorder_a_product_come_a_few_at_a_time(store: &TestStore) {
    let model = model(1, MakerId(uuid(1)));
    store.write(model.clone(), |tx, m| Box::pin(model::upsert(tx, m))).await;
    let devices = [1, 2, 3].map(|n| Device { test: n == 2, ..device(n, &model, &format!("unit{n}")) });
    for (shard, device) in [(0, &devices[0]), (0, &devices[1]), (1, &devices[2])] {
        let with = (shard, device.clone());
        store.write(with, |tx, (shard, device)| Box::pin(device::insert(tx, *shard, device))).await;
        for (slot, chosen, on) in [("a", 1, true), ("b", 1, true), ("c", 1, false), ("d", 2, true)] {
            insert_subscription(store, shard, device, slot, chosen, on).await;
        }
    }
    let ended = devices[2].clone();
    store.write(ended, |tx, device| Box::pin(device::end_registration(tx, 1, device, at(9)))).await;
    let asks = SlotRules { mode: ApprovalMode::Ask, ..SlotRules::default() };
    let with = (devices[0].id, slot_id("a"), asks.clone());
    store
        .write(with, |tx, (device, slot, rules)| {
            Box::pin(rule::upsert(tx, DeviceRef { shard: 0, id: *device }, slot, rules))
        })
        .await;
    let (mut all, mut place, mut rounds) = (Vec::new(), PriceChangeCursor::start(), 0);
    loop {
        let after = place.clone();
        let some = store.read(async |tx| price::list_slots_after(tx, &asin(1), &after, 4).await).await;
        let Some(last) = some.last() else { break };
        place = PriceChangeCursor { shard: last.shard, device: last.device, slot: last.slot.to_string() };
        all.extend(some);
        rounds += 1;
    }
    assert_eq!((all.len(), rounds), (6, 2));
    let of = |slot: &ReorderingSlot| (slot.shard, slot.device.0, slot.slot.to_string());
    assert!(all.iter().map(of).is_sorted(), "{all:?}");
    let agreed = Some(AgreedPrice { asin: asin(1), price: yen(5), at: Some(at(1)) });
    for slot in &all {
        let device = devices.iter().find(|device| device.id == slot.device).unwrap();
        assert_eq!((slot.customer, slot.is_charged), (device.customer, device.id == devices[0].id), "{slot:?}");
        let rules = if slot.is_charged && slot.slot == slot_id("a") { asks.clone() } else { SlotRules::default() };
        assert_eq!(slot.terms, SlotTerms { rules, agreed_price: agreed.clone() });
    }
    let other =
        store.read(async |tx| price::list_slots_after(tx, &asin(2), &PriceChangeCursor::start(), 9).await).await;
    assert!(
        other.len() == 3 && other.iter().all(|slot| slot.terms.agreed_price.is_none()),
        "it was agreed for another one"
    );
}
