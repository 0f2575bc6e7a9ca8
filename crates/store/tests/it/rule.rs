//! The customer's slot rules.

use crate::harness::{TestStore, connect};
use crate::samples::{asin, at, client, ordered_uuid, product, profile, receiver, slot_id, translations, uuid};
use opendrs_domain::device::DeviceRef;
use opendrs_domain::id::{DeviceId, MakerId, OrderId, ProfileId, ReceiverId};
use opendrs_domain::money::Money;
use opendrs_domain::product::Product;
use opendrs_domain::profile::ClientKind;
use opendrs_domain::receiver::ReceiverState;
use opendrs_domain::rule::{ApprovalMode, OrderLimit, OrderPause, PriceCap, SkippedOrder, SlotRules, SlotTerms};
use opendrs_domain::subscription::{AgreedPrice, Subscription};
use opendrs_domain::time::Time;
use opendrs_store::rule::OrderInputs;
use opendrs_store::{
    StoreLocation, Tx, product as products, profile as profiles, receiver as topics, rule, subscription,
};

both!(
    rules_come_back_as_they_were_put,
    a_slot_without_rules_has_the_default,
    what_an_order_is_judged_and_told_by_comes_at_once,
);

mod others {
    use super::what_is_chosen_while_an_order_waits_for_the_slot_is_what_it_is_judged_by;
    postgres_only!(what_is_chosen_while_an_order_waits_for_the_slot_is_what_it_is_judged_by);
}

fn all_rules() -> SlotRules {
    let money = |minor| Money { minor, currency: "JPY".into() };
    SlotRules {
        mode: ApprovalMode::Ask,
        cap: Some(PriceCap::Amount(money(i64::MAX))),
        limit: Some(OrderLimit { orders: 2, days: 30 }),
        pause: Some(OrderPause { from: at(-1), until: at(7) }),
        skip: Some(SkippedOrder::Next),
        substitutes: vec![asin(2), asin(1)],
        substitute_prices: vec![sample_agreed_price(2, Some(at(3))), sample_agreed_price(1, None)],
    }
}

/// An agreed price of a product.
fn sample_agreed_price(n: u64, at: Option<Time>) -> AgreedPrice {
    AgreedPrice { asin: asin(n), price: Money { minor: 1200, currency: "JPY".into() }, at }
}

async fn upsert(store: &TestStore, device: u64, slot: &str, rules: &SlotRules) {
    let with = (DeviceId(uuid(device)), slot_id(slot), rules.clone());
    store
        .write(with, |tx, (device, slot, rules)| {
            Box::pin(rule::upsert(tx, DeviceRef { shard: 2, id: *device }, slot, rules))
        })
        .await;
}

async fn find(store: &TestStore, shard: i64, device: u64, slot: &str) -> SlotRules {
    store.read(async |tx| rule::find(tx, DeviceRef { shard, id: DeviceId(uuid(device)) }, &slot_id(slot)).await).await
}

async fn rules_come_back_as_they_were_put(store: &TestStore) {
    let percent = SlotRules { cap: Some(PriceCap::Percent(10)), ..SlotRules::default() };
    for rules in [all_rules(), percent.clone(), SlotRules::default(), all_rules()] {
        upsert(store, 1, "a", &rules).await;
        assert_eq!(find(store, 2, 1, "a").await, rules);
    }
    upsert(store, 1, "b", &percent).await;
    let mut all =
        store.read(async |tx| rule::list_by_device(tx, DeviceRef { shard: 2, id: DeviceId(uuid(1)) }).await).await;
    all.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(all, [(slot_id("a"), all_rules()), (slot_id("b"), percent)]);
}

async fn a_slot_without_rules_has_the_default(store: &TestStore) {
    upsert(store, 1, "a", &all_rules()).await;
    for (shard, device, slot) in [(2, 1, "b"), (2, 2, "a"), (3, 1, "a")] {
        assert_eq!(find(store, shard, device, slot).await, SlotRules::default(), "{shard} {device} {slot}");
    }
    assert_eq!(
        store.read(async |tx| rule::list_by_device(tx, DeviceRef { shard: 2, id: DeviceId(uuid(2)) }).await).await,
        []
    );
}

async fn what_an_order_is_judged_and_told_by_comes_at_once(store: &TestStore) {
    upsert(store, 1, "a", &all_rules()).await;
    let translated = Product { titles: translations("t"), units: translations("u"), ..product(1) };
    store.write(translated.clone(), |tx, product| Box::pin(products::upsert(tx, product))).await;
    let owner = profile(1, MakerId(uuid(1)));
    let (heard, unheard) = (client(1, &owner, ClientKind::Web), client(2, &profile(2, owner.maker), ClientKind::Web));
    for client in [heard.clone(), unheard.clone()] {
        store.write(client, |tx, client| Box::pin(profiles::upsert_client(tx, client, 1))).await;
    }
    // The confirmed receivers of the profile, in the order of their ids.
    for (n, of, state) in [
        (3, owner.id, ReceiverState::Confirmed),
        (1, owner.id, ReceiverState::Confirmed),
        (2, owner.id, ReceiverState::Pending),
        (4, owner.id, ReceiverState::Disabled),
        (5, ProfileId(uuid(9)), ReceiverState::Confirmed),
    ] {
        store.write(receiver(n, of, state), |tx, topic| Box::pin(topics::upsert(tx, topic, b"sealed"))).await;
    }
    let both = vec![ReceiverId(ordered_uuid(1)), ReceiverId(ordered_uuid(3))];
    let sub = |slot, chosen| Subscription {
        slot: slot_id(slot),
        asin: Some(asin(chosen)),
        enabled: true,
        open_order: None,
        last_agreed_price: (slot == "a").then(|| sample_agreed_price(1, Some(at(5)))),
    };
    let of_one = Some(sample_agreed_price(1, Some(at(5))));
    for (slot, chosen, client, wanted) in [
        ("a", 1, heard.id, (all_rules(), of_one, Some(product(1)), both.clone())),
        // An agreed price of another product does not count.
        ("a", 9, unheard.id, (all_rules(), None, None, vec![])),
        ("b", 1, unheard.id, (SlotRules::default(), None, Some(product(1)), vec![])),
        ("b", 9, heard.id, (SlotRules::default(), None, None, both)),
    ] {
        store
            .write(sub(slot, chosen), |tx, sub| {
                Box::pin(subscription::upsert(tx, DeviceRef { shard: 2, id: DeviceId(uuid(1)) }, sub))
            })
            .await;
        let (device, id) = (DeviceRef { shard: 2, id: DeviceId(uuid(1)) }, &slot_id(slot));
        let (rules, agreed, product, receivers) = wanted;
        let grounds = OrderInputs { terms: SlotTerms { rules, agreed_price: agreed.clone() }, product };
        let read =
            async |tx: &mut Tx<'_>| rule::load_order_inputs(tx, device, id, (&asin(chosen), agreed.clone())).await;
        // A device's call reads no translations.
        let whole = OrderInputs { product: grounds.product.as_ref().map(|_| translated.clone()), ..grounds.clone() };
        assert_eq!(store.read(read).await, whole, "{slot} {chosen}, by a reader");
        let order = async |n| {
            let with = (slot_id(slot), client, OrderId(uuid(n)));
            let to_order = store.write(with, |tx, (slot, client, order)| {
                Box::pin(async move {
                    rule::lock_slot(tx, DeviceRef { shard: 2, id: DeviceId(uuid(1)) }, slot, *client, *order).await
                })
            });
            to_order.await
        };
        assert_eq!(order(7).await, Some((grounds, receivers.clone())), "{slot} {chosen}");
        assert_eq!(order(8).await, None, "the lock is taken");
        release_lock(store, slot, 7).await;
        assert_eq!(store.read(async |tx| topics::list_confirmed_by_client(tx, client).await).await, receivers);
    }
    let off = Subscription { enabled: false, ..sub("a", 1) };
    let nothing = Subscription { asin: None, ..sub("b", 1) };
    for sub in [off, nothing] {
        store
            .write(sub, |tx, sub| {
                Box::pin(subscription::upsert(tx, DeviceRef { shard: 2, id: DeviceId(uuid(1)) }, sub))
            })
            .await;
    }
    for (shard, device, slot) in [(2, 1, "a"), (2, 1, "b"), (2, 1, "c"), (2, 2, "a"), (3, 1, "a")] {
        let with = (shard, DeviceId(uuid(device)), slot_id(slot), heard.id);
        let none = store.write(with, |tx, (shard, device, slot, client)| {
            Box::pin(async move {
                rule::lock_slot(tx, DeviceRef { shard: *shard, id: *device }, slot, *client, OrderId(uuid(7))).await
            })
        });
        assert_eq!(none.await, None, "{shard} {device} {slot} has nothing to order, or is off");
    }
}

async fn release_lock(store: &TestStore, slot: &str, order: u64) {
    let with = (slot_id(slot), OrderId(uuid(order)));
    store
        .write(with, |tx, (slot, order)| {
            Box::pin(subscription::release_lock(tx, DeviceRef { shard: 2, id: DeviceId(uuid(1)) }, slot, *order))
        })
        .await;
}

async fn what_is_chosen_while_an_order_waits_for_the_slot_is_what_it_is_judged_by(store: &TestStore) {
    for n in [1, 2] {
        store.write(product(n), |tx, product| Box::pin(products::upsert(tx, product))).await;
    }
    let sub = |chosen| Subscription {
        slot: slot_id("a"),
        asin: Some(asin(chosen)),
        enabled: true,
        open_order: None,
        last_agreed_price: None,
    };
    store
        .write(sub(1), |tx, sub| Box::pin(subscription::upsert(tx, DeviceRef { shard: 2, id: DeviceId(uuid(1)) }, sub)))
        .await;
    let StoreLocation::Url(url) = &store.location else { panic!("a PostgreSQL database") };
    let other = connect(url).await;
    other.batch_execute(&format!("BEGIN; UPDATE subscription SET asin = '{}'", asin(2))).await.unwrap();
    let order = store.write(client(1, &profile(1, MakerId(uuid(1))), ClientKind::Web).id, |tx, client| {
        let of = (DeviceId(uuid(1)), slot_id("a"));
        Box::pin(async move {
            rule::lock_slot(tx, DeviceRef { shard: 2, id: of.0 }, &of.1, *client, OrderId(uuid(7))).await
        })
    });
    let choose = async {
        let waits = "SELECT 1 FROM pg_locks WHERE NOT granted AND pid <> pg_backend_pid()";
        while other.query(waits, &[]).await.unwrap().is_empty() {}
        other.batch_execute("COMMIT").await.unwrap();
    };
    let (found, ()) = futures_util::future::join(order, choose).await;
    let grounds = OrderInputs { terms: SlotTerms::default(), product: Some(product(2)) };
    assert_eq!(found, Some((grounds, vec![])));
}
