//! Subscriptions and their slot locks.

use crate::harness::TestStore;
use crate::samples::{asin, at, device, model, product, slot, slot_id, uuid};
use opendrs_domain::device::{DeviceRef, RevokedFamilies};
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

fn empty_subscription(slot: &str) -> Subscription {
    Subscription { slot: slot_id(slot), asin: None, enabled: false, open_order: None, last_agreed_price: None }
}

/// An active subscription of a slot.
fn active_subscription(slot: &str) -> Subscription {
    Subscription { asin: Some(asin(1)), enabled: true, ..empty_subscription(slot) }
}

fn sample_agreed_price(n: u64, minor: i64, at: Option<Time>) -> AgreedPrice {
    AgreedPrice { asin: asin(n), price: Money { minor, currency: "JPY".into() }, at }
}

async fn the_price_agreed_is_kept_with_its_product_and_date(store: &TestStore) {
    for agreed in [
        Some(sample_agreed_price(1, 1200, Some(at(7)))),
        Some(sample_agreed_price(1, i64::MAX, None)),
        None,
        Some(sample_agreed_price(2, 0, Some(at(0)))),
    ] {
        let kept = Subscription { last_agreed_price: agreed.clone(), ..active_subscription("a") };
        upsert(store, &kept).await;
        assert_eq!(lock(store, 2, 1, "a").await, Some(kept.clone()));
        let all = store
            .read(async |tx| subscription::list_by_device(tx, DeviceRef { shard: 2, id: DeviceId(uuid(1)) }).await)
            .await;
        assert_eq!(all, [kept]);
    }
    // An agreed price of another product does not apply to this one.
    upsert(
        store,
        &Subscription {
            last_agreed_price: Some(sample_agreed_price(1, 1200, Some(at(7)))),
            ..active_subscription("a")
        },
    )
    .await;
    store.execute_raw(&format!("UPDATE subscription SET asin = '{}'", asin(2))).await;
    let found = lock(store, 2, 1, "a").await.unwrap();
    assert_eq!((found.asin.clone(), found.agreed_price()), (Some(asin(2)), None));
}

async fn upsert(store: &TestStore, sub: &Subscription) {
    store
        .write(sub.clone(), |tx, s| {
            Box::pin(subscription::upsert(tx, DeviceRef { shard: 2, id: DeviceId(uuid(1)) }, s))
        })
        .await;
}

async fn take_lock(store: &TestStore, slot: &str, order: u64) -> bool {
    let with = (slot_id(slot), OrderId(uuid(order)), ClientId(uuid(1)));
    let given = store.write(with, |tx, (slot, order, client)| {
        Box::pin(async move {
            rule::lock_slot(tx, DeviceRef { shard: 2, id: DeviceId(uuid(1)) }, slot, *client, *order).await
        })
    });
    given.await.is_some()
}

async fn release_lock(store: &TestStore, slot: &str, order: u64) {
    let with = (slot_id(slot), OrderId(uuid(order)));
    store
        .write(with, |tx, (slot, order)| {
            Box::pin(subscription::release_lock(tx, DeviceRef { shard: 2, id: DeviceId(uuid(1)) }, slot, *order))
        })
        .await;
}

async fn lock(store: &TestStore, shard: i64, device: u64, slot: &str) -> Option<Subscription> {
    let with = (shard, DeviceId(uuid(device)), slot_id(slot));
    store
        .write(with, |tx, (shard, device, slot)| {
            Box::pin(subscription::lock(tx, DeviceRef { shard: *shard, id: *device }, slot))
        })
        .await
}

async fn every_slot_is_told_in_the_models_order_with_its_product(store: &TestStore) {
    let model = model(1, MakerId(uuid(1)));
    store.write(model.clone(), |tx, m| Box::pin(model::upsert(tx, m))).await;
    for (position, name) in [(2, "a"), (0, "c"), (1, "b"), (3, "gone")] {
        let with = (model.id, position, slot(name));
        store.write(with, |tx, (model, at, slot)| Box::pin(model::upsert_slot(tx, *model, *at, slot))).await;
    }
    store.write(product(1), |tx, p| Box::pin(product::upsert(tx, p))).await;
    let (device, other) = (device(1, &model, "unit"), device(2, &model, "other"));
    for device in [&device, &other] {
        store.write(device.clone(), |tx, d| Box::pin(device::insert(tx, 2, d))).await;
    }
    let chosen = |name, n, on| Subscription { asin: Some(asin(n)), enabled: on, ..empty_subscription(name) };
    for sub in [chosen("c", 1, true), chosen("b", 1, false), chosen("gone", 9, true)] {
        store
            .write((device.id, sub), |tx, (id, s)| {
                Box::pin(subscription::upsert(tx, DeviceRef { shard: 2, id: *id }, s))
            })
            .await;
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
        let device = DeviceRef { shard: 2, id };
        let told = store.read(async |tx| subscription::list_slots(tx, device).await).await;
        (told, store.read(async |tx| subscription::list_slots_for_token(tx, device, AccessVersion(0)).await).await)
    };
    assert_eq!(told(device.id).await, (all.to_vec(), Some(all.to_vec())));
    let none = ["c", "b", "a", "gone"].map(|name| slot(name, false, None)).to_vec();
    assert_eq!(told(other.id).await, (none.clone(), Some(none)), "another device's choices are its own");
    assert_eq!(told(DeviceId(uuid(9))).await, (vec![], None));
    let families = (device.id, RevokedFamilies(vec![1]));
    store
        .write(families, |tx, (id, families)| {
            Box::pin(device::set_revoked_families(tx, DeviceRef { shard: 2, id: *id }, families))
        })
        .await;
    assert_eq!(told(device.id).await, (all.to_vec(), None), "a family is revoked");
}

async fn a_subscription_comes_back_with_and_without_its_product(store: &TestStore) {
    let kept = Subscription { asin: Some(asin(2)), enabled: false, ..empty_subscription("b") };
    for sub in [&active_subscription("a"), &kept, &empty_subscription("c")] {
        upsert(store, sub).await;
        assert_eq!(lock(store, 2, 1, sub.slot.as_str()).await.as_ref(), Some(sub));
    }
    let mut all = store
        .read(async |tx| subscription::list_by_device(tx, DeviceRef { shard: 2, id: DeviceId(uuid(1)) }).await)
        .await;
    all.sort_by(|a, b| a.slot.cmp(&b.slot));
    assert_eq!(all, [active_subscription("a"), kept, empty_subscription("c")]);
    for (shard, device, slot) in [(3, 1, "a"), (2, 9, "a"), (2, 1, "A")] {
        assert_eq!(lock(store, shard, device, slot).await, None, "{shard} {device} {slot}");
    }
    assert_eq!(
        store
            .read(async |tx| subscription::list_by_device(tx, DeviceRef { shard: 3, id: DeviceId(uuid(1)) }).await)
            .await,
        []
    );
}

async fn putting_a_subscription_again_changes_product_and_switch_and_not_the_lock(store: &TestStore) {
    upsert(store, &Subscription { open_order: Some(OrderId(uuid(5))), ..active_subscription("a") }).await;
    assert_eq!(lock(store, 2, 1, "a").await, Some(active_subscription("a")), "a lock is given, not put");
    assert!(take_lock(store, "a", 7).await);
    for (asin, on) in [(Some(asin(1)), true), (Some(asin(2)), false), (None, false)] {
        upsert(
            store,
            &Subscription {
                asin: asin.clone(),
                enabled: on,
                open_order: Some(OrderId(uuid(8))),
                ..empty_subscription("a")
            },
        )
        .await;
        let held = Subscription { asin, enabled: on, open_order: Some(OrderId(uuid(7))), ..empty_subscription("a") };
        assert_eq!(lock(store, 2, 1, "a").await, Some(held));
    }
}

async fn a_lock_is_given_back_by_its_owner_only(store: &TestStore) {
    upsert(store, &active_subscription("a")).await;
    let holder = async || lock(store, 2, 1, "a").await.unwrap().open_order;
    release_lock(store, "a", 1).await;
    assert_eq!(holder().await, None, "nobody had it");
    assert!(take_lock(store, "a", 1).await);
    release_lock(store, "a", 2).await;
    assert_eq!(holder().await, Some(OrderId(uuid(1))), "order 2 does not have it");
    release_lock(store, "a", 1).await;
    assert_eq!(holder().await, None);
    assert!(take_lock(store, "a", 2).await);
    assert!(!take_lock(store, "a", 3).await, "it is given to one order");
    release_lock(store, "a", 1).await;
    assert_eq!(holder().await, Some(OrderId(uuid(2))), "order 1 has it no more");
}

async fn a_lock_is_one_slots(store: &TestStore) {
    for slot in ["a", "b"] {
        upsert(store, &active_subscription(slot)).await;
        assert!(take_lock(store, slot, 1).await);
    }
    assert!(!take_lock(store, "none", 1).await);
    release_lock(store, "a", 1).await;
    assert_eq!(lock(store, 2, 1, "a").await, Some(active_subscription("a")));
    assert_eq!(
        lock(store, 2, 1, "b").await,
        Some(Subscription { open_order: Some(OrderId(uuid(1))), ..active_subscription("b") })
    );
    assert_eq!(lock(store, 2, 1, "none").await, None, "a lock makes no subscription");
}
