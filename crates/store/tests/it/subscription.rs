//! Subscriptions and their slots' locks.

use crate::harness::Store;
use crate::samples::{asin, at, device, model, product, slot, slot_id, uuid};
use opendrs_domain::device::Families;
use opendrs_domain::id::{ClientId, DeviceId, MakerId, OrderId};
use opendrs_domain::money::Money;
use opendrs_domain::notification::{ProductInfo, SlotInfo};
use opendrs_domain::subscription::{AgreedPrice, Subscription};
use opendrs_domain::time::Time;
use opendrs_store::access::AccessVersion;
use opendrs_store::{device, model, product, rule, subscription};

both!(
    a_subscription_comes_back_with_and_without_its_product,
    putting_a_subscription_again_changes_product_and_switch_and_not_the_lock,
    a_lock_is_given_back_by_its_owner_only,
    a_lock_is_one_slots,
    every_slot_is_told_in_the_models_order_with_its_product,
    the_price_agreed_is_kept_with_its_product_and_date,
);

fn sub(slot: &str) -> Subscription {
    Subscription { slot: slot_id(slot), asin: None, on: false, open_order: None, agreed: None }
}

/// A slot that may order.
fn on(slot: &str) -> Subscription {
    Subscription { asin: Some(asin(1)), on: true, ..sub(slot) }
}

fn agreed(n: u64, minor: i64, at: Option<Time>) -> AgreedPrice {
    AgreedPrice { asin: asin(n), price: Money { minor, currency: "JPY".into() }, at }
}

async fn the_price_agreed_is_kept_with_its_product_and_date(store: &Store) {
    for agreed in
        [Some(agreed(1, 1200, Some(at(7)))), Some(agreed(1, i64::MAX, None)), None, Some(agreed(2, 0, Some(at(0))))]
    {
        let kept = Subscription { agreed: agreed.clone(), ..on("a") };
        put(store, &kept).await;
        assert_eq!(get(store, 2, 1, "a").await, Some(kept.clone()));
        let all = store.read(async |tx| subscription::of_device(tx, 2, DeviceId(uuid(1))).await).await;
        assert_eq!(all, [kept]);
    }
    // A price that was agreed to for another product says nothing of this one.
    put(store, &Subscription { agreed: Some(agreed(1, 1200, Some(at(7)))), ..on("a") }).await;
    store.tamper(&format!("UPDATE subscription SET asin = '{}'", asin(2))).await;
    let found = get(store, 2, 1, "a").await.unwrap();
    assert_eq!((found.asin.clone(), found.agreed_price()), (Some(asin(2)), None));
}

async fn put(store: &Store, sub: &Subscription) {
    store.write(sub.clone(), |tx, s| Box::pin(subscription::put(tx, 2, DeviceId(uuid(1)), s))).await;
}

async fn give(store: &Store, slot: &str, order: u64) -> bool {
    let with = (slot_id(slot), OrderId(uuid(order)), ClientId(uuid(1)));
    let given = store.write(with, |tx, (slot, order, client)| {
        Box::pin(async move { rule::to_order(tx, 2, (DeviceId(uuid(1)), slot), *client, *order).await })
    });
    given.await.is_some()
}

async fn free(store: &Store, slot: &str, order: u64) {
    let with = (slot_id(slot), OrderId(uuid(order)));
    store
        .write(with, |tx, (slot, order)| Box::pin(subscription::free_lock(tx, 2, DeviceId(uuid(1)), slot, *order)))
        .await;
}

async fn get(store: &Store, shard: i64, device: u64, slot: &str) -> Option<Subscription> {
    let with = (shard, DeviceId(uuid(device)), slot_id(slot));
    store.write(with, |tx, (shard, device, slot)| Box::pin(subscription::lock(tx, *shard, *device, slot))).await
}

async fn every_slot_is_told_in_the_models_order_with_its_product(store: &Store) {
    let model = model(1, MakerId(uuid(1)));
    store.write(model.clone(), |tx, m| Box::pin(model::put(tx, m))).await;
    for (position, name) in [(2, "a"), (0, "c"), (1, "b"), (3, "gone")] {
        let with = (model.id, position, slot(name));
        store.write(with, |tx, (model, at, slot)| Box::pin(model::put_slot(tx, *model, *at, slot))).await;
    }
    store.write(product(1), |tx, p| Box::pin(product::put(tx, p))).await;
    let (device, other) = (device(1, &model, "unit"), device(2, &model, "other"));
    for device in [&device, &other] {
        store.write(device.clone(), |tx, d| Box::pin(device::add(tx, 2, d))).await;
    }
    let chosen = |name, n, on| Subscription { asin: Some(asin(n)), on, ..sub(name) };
    for sub in [chosen("c", 1, true), chosen("b", 1, false), chosen("gone", 9, true)] {
        store.write((device.id, sub), |tx, (id, s)| Box::pin(subscription::put(tx, 2, *id, s))).await;
    }
    let filter = ProductInfo { asin: asin(1).to_string(), quantity: 12.5, unit: "lbs".into() };
    let slot = |name, subscribed, product| SlotInfo { slot: slot_id(name), subscribed, product };
    let all = [
        slot("c", true, Some(filter.clone())),
        slot("b", false, Some(filter)),
        slot("a", false, None),
        slot("gone", true, None),
    ];
    let told = async |id| {
        let told = store.read(async |tx| subscription::told(tx, 2, id).await).await;
        (told, store.read(async |tx| subscription::told_in_good_standing(tx, 2, (id, AccessVersion(0))).await).await)
    };
    assert_eq!(told(device.id).await, (all.to_vec(), Some(all.to_vec())));
    let none = ["c", "b", "a", "gone"].map(|name| slot(name, false, None)).to_vec();
    assert_eq!(told(other.id).await, (none.clone(), Some(none)), "another device's choices are its own");
    assert_eq!(told(DeviceId(uuid(9))).await, (vec![], None));
    let families = (device.id, Families(vec![1]));
    store.write(families, |tx, (id, families)| Box::pin(device::set_revoked(tx, 2, *id, families))).await;
    assert_eq!(told(device.id).await, (all.to_vec(), None), "a family is revoked");
}

async fn a_subscription_comes_back_with_and_without_its_product(store: &Store) {
    let kept = Subscription { asin: Some(asin(2)), on: false, ..sub("b") };
    for sub in [&on("a"), &kept, &sub("c")] {
        put(store, sub).await;
        assert_eq!(get(store, 2, 1, sub.slot.as_str()).await.as_ref(), Some(sub));
    }
    let mut all = store.read(async |tx| subscription::of_device(tx, 2, DeviceId(uuid(1))).await).await;
    all.sort_by(|a, b| a.slot.cmp(&b.slot));
    assert_eq!(all, [on("a"), kept, sub("c")]);
    for (shard, device, slot) in [(3, 1, "a"), (2, 9, "a"), (2, 1, "A")] {
        assert_eq!(get(store, shard, device, slot).await, None, "{shard} {device} {slot}");
    }
    assert_eq!(store.read(async |tx| subscription::of_device(tx, 3, DeviceId(uuid(1))).await).await, []);
}

async fn putting_a_subscription_again_changes_product_and_switch_and_not_the_lock(store: &Store) {
    put(store, &Subscription { open_order: Some(OrderId(uuid(5))), ..on("a") }).await;
    assert_eq!(get(store, 2, 1, "a").await, Some(on("a")), "a lock is given, not put");
    assert!(give(store, "a", 7).await);
    for (asin, on) in [(Some(asin(1)), true), (Some(asin(2)), false), (None, false)] {
        put(store, &Subscription { asin: asin.clone(), on, open_order: Some(OrderId(uuid(8))), ..sub("a") }).await;
        let held = Subscription { asin, on, open_order: Some(OrderId(uuid(7))), ..sub("a") };
        assert_eq!(get(store, 2, 1, "a").await, Some(held));
    }
}

async fn a_lock_is_given_back_by_its_owner_only(store: &Store) {
    put(store, &on("a")).await;
    let holder = async || get(store, 2, 1, "a").await.unwrap().open_order;
    free(store, "a", 1).await;
    assert_eq!(holder().await, None, "nobody had it");
    assert!(give(store, "a", 1).await);
    free(store, "a", 2).await;
    assert_eq!(holder().await, Some(OrderId(uuid(1))), "order 2 does not have it");
    free(store, "a", 1).await;
    assert_eq!(holder().await, None);
    assert!(give(store, "a", 2).await);
    assert!(!give(store, "a", 3).await, "it is given to one order");
    free(store, "a", 1).await;
    assert_eq!(holder().await, Some(OrderId(uuid(2))), "order 1 has it no more");
}

async fn a_lock_is_one_slots(store: &Store) {
    for slot in ["a", "b"] {
        put(store, &on(slot)).await;
        assert!(give(store, slot, 1).await);
    }
    assert!(!give(store, "none", 1).await);
    free(store, "a", 1).await;
    assert_eq!(get(store, 2, 1, "a").await, Some(on("a")));
    assert_eq!(get(store, 2, 1, "b").await, Some(Subscription { open_order: Some(OrderId(uuid(1))), ..on("b") }));
    assert_eq!(get(store, 2, 1, "none").await, None, "a lock makes no subscription");
}
