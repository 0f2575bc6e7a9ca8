//! The customer's rules for each slot.

use crate::harness::{Store, connect};
use crate::samples::{asin, at, client, ordered, product, profile, slot_id, topic, uuid};
use opendrs_domain::id::{DeviceId, MakerId, OrderId, ProfileId, TopicId};
use opendrs_domain::money::Money;
use opendrs_domain::profile::ClientKind;
use opendrs_domain::rule::{Cap, Limit, Mode, Pause, Rules, Terms};
use opendrs_domain::subscription::{AgreedPrice, Subscription};
use opendrs_domain::time::Time;
use opendrs_domain::topic::State;
use opendrs_store::rule::Grounds;
use opendrs_store::{Place, Tx, product as products, profile as profiles, rule, subscription, topic as topics};

both!(
    rules_come_back_as_they_were_put,
    a_slot_without_rules_has_the_default,
    what_an_order_is_judged_and_told_by_comes_at_once,
);

mod others {
    use super::what_is_chosen_while_an_order_waits_for_the_slot_is_what_it_is_judged_by;
    postgres_only!(what_is_chosen_while_an_order_waits_for_the_slot_is_what_it_is_judged_by);
}

fn every_rule() -> Rules {
    let money = |minor| Money { minor, currency: "JPY".into() };
    Rules {
        mode: Mode::Ask,
        cap: Some(Cap::Amount(money(i64::MAX))),
        limit: Some(Limit { orders: 2, days: 30 }),
        pause: Some(Pause { from: at(-1), until: at(7) }),
        substitutes: vec![asin(2), asin(1)],
        substitute_prices: vec![agreed(2, Some(at(3))), agreed(1, None)],
    }
}

/// A price that was agreed to for a product.
fn agreed(n: u64, at: Option<Time>) -> AgreedPrice {
    AgreedPrice { asin: asin(n), price: Money { minor: 1200, currency: "JPY".into() }, at }
}

async fn put(store: &Store, device: u64, slot: &str, rules: &Rules) {
    let with = (DeviceId(uuid(device)), slot_id(slot), rules.clone());
    store.write(with, |tx, (device, slot, rules)| Box::pin(rule::put(tx, 2, *device, slot, rules))).await;
}

async fn get(store: &Store, shard: i64, device: u64, slot: &str) -> Rules {
    store.read(async |tx| rule::get(tx, shard, DeviceId(uuid(device)), &slot_id(slot)).await).await
}

async fn rules_come_back_as_they_were_put(store: &Store) {
    let percent = Rules { cap: Some(Cap::Percent(10)), ..Rules::default() };
    for rules in [every_rule(), percent.clone(), Rules::default(), every_rule()] {
        put(store, 1, "a", &rules).await;
        assert_eq!(get(store, 2, 1, "a").await, rules);
    }
    put(store, 1, "b", &percent).await;
    let mut all = store.read(async |tx| rule::of_device(tx, 2, DeviceId(uuid(1))).await).await;
    all.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(all, [(slot_id("a"), every_rule()), (slot_id("b"), percent)]);
}

async fn a_slot_without_rules_has_the_default(store: &Store) {
    put(store, 1, "a", &every_rule()).await;
    for (shard, device, slot) in [(2, 1, "b"), (2, 2, "a"), (3, 1, "a")] {
        assert_eq!(get(store, shard, device, slot).await, Rules::default(), "{shard} {device} {slot}");
    }
    assert_eq!(store.read(async |tx| rule::of_device(tx, 2, DeviceId(uuid(2))).await).await, []);
}

async fn what_an_order_is_judged_and_told_by_comes_at_once(store: &Store) {
    put(store, 1, "a", &every_rule()).await;
    store.write(product(1), |tx, product| Box::pin(products::put(tx, product))).await;
    let owner = profile(1, MakerId(uuid(1)));
    let (heard, unheard) = (client(1, &owner, ClientKind::Web), client(2, &profile(2, owner.maker), ClientKind::Web));
    for client in [heard.clone(), unheard.clone()] {
        store.write(client, |tx, client| Box::pin(profiles::put_client(tx, client, 1))).await;
    }
    // The confirmed ones of the profile, in the order of their ids.
    for (n, of, state) in [
        (3, owner.id, State::Confirmed),
        (1, owner.id, State::Confirmed),
        (2, owner.id, State::Pending),
        (4, owner.id, State::Disabled),
        (5, ProfileId(uuid(9)), State::Confirmed),
    ] {
        store.write(topic(n, of, state), |tx, topic| Box::pin(topics::put(tx, topic, b"sealed"))).await;
    }
    let both = vec![TopicId(ordered(1)), TopicId(ordered(3))];
    let sub = |slot, chosen| Subscription {
        slot: slot_id(slot),
        asin: Some(asin(chosen)),
        on: true,
        open_order: None,
        agreed: (slot == "a").then(|| agreed(1, Some(at(5)))),
    };
    let of_one = Some(agreed(1, Some(at(5))));
    for (slot, chosen, client, wanted) in [
        ("a", 1, heard.id, (every_rule(), of_one, Some(product(1)), both.clone())),
        // What was agreed for another product does not count.
        ("a", 9, unheard.id, (every_rule(), None, None, vec![])),
        ("b", 1, unheard.id, (Rules::default(), None, Some(product(1)), vec![])),
        ("b", 9, heard.id, (Rules::default(), None, None, both)),
    ] {
        store.write(sub(slot, chosen), |tx, sub| Box::pin(subscription::put(tx, 2, DeviceId(uuid(1)), sub))).await;
        let of = (DeviceId(uuid(1)), &slot_id(slot));
        let (rules, agreed, product, receivers) = wanted;
        let grounds = Grounds { terms: Terms { rules, agreed: agreed.clone() }, product };
        let read = async |tx: &mut Tx<'_>| rule::grounds(tx, 2, of, (&asin(chosen), agreed.clone())).await;
        assert_eq!(store.read(read).await, grounds, "{slot} {chosen}, by a reader");
        let order = async |n| {
            let with = (slot_id(slot), client, OrderId(uuid(n)));
            let to_order = store.write(with, |tx, (slot, client, order)| {
                Box::pin(async move { rule::to_order(tx, 2, (DeviceId(uuid(1)), slot), *client, *order).await })
            });
            to_order.await
        };
        assert_eq!(order(7).await, Some((grounds, receivers.clone())), "{slot} {chosen}");
        assert_eq!(order(8).await, None, "the lock is taken");
        free(store, slot, 7).await;
        assert_eq!(store.read(async |tx| topics::of_client(tx, client).await).await, receivers);
    }
    let off = Subscription { on: false, ..sub("a", 1) };
    let nothing = Subscription { asin: None, ..sub("b", 1) };
    for sub in [off, nothing] {
        store.write(sub, |tx, sub| Box::pin(subscription::put(tx, 2, DeviceId(uuid(1)), sub))).await;
    }
    for (shard, device, slot) in [(2, 1, "a"), (2, 1, "b"), (2, 1, "c"), (2, 2, "a"), (3, 1, "a")] {
        let with = (shard, DeviceId(uuid(device)), slot_id(slot), heard.id);
        let none = store.write(with, |tx, (shard, device, slot, client)| {
            Box::pin(async move { rule::to_order(tx, *shard, (*device, slot), *client, OrderId(uuid(7))).await })
        });
        assert_eq!(none.await, None, "{shard} {device} {slot} has nothing to order, or is off");
    }
}

async fn free(store: &Store, slot: &str, order: u64) {
    let with = (slot_id(slot), OrderId(uuid(order)));
    store
        .write(with, |tx, (slot, order)| Box::pin(subscription::free_lock(tx, 2, DeviceId(uuid(1)), slot, *order)))
        .await;
}

async fn what_is_chosen_while_an_order_waits_for_the_slot_is_what_it_is_judged_by(store: &Store) {
    for n in [1, 2] {
        store.write(product(n), |tx, product| Box::pin(products::put(tx, product))).await;
    }
    let sub = |chosen| Subscription {
        slot: slot_id("a"),
        asin: Some(asin(chosen)),
        on: true,
        open_order: None,
        agreed: None,
    };
    store.write(sub(1), |tx, sub| Box::pin(subscription::put(tx, 2, DeviceId(uuid(1)), sub))).await;
    let Place::Url(url) = &store.place else { panic!("a PostgreSQL database") };
    let other = connect(url).await;
    other.batch_execute(&format!("BEGIN; UPDATE subscription SET asin = '{}'", asin(2))).await.unwrap();
    let order = store.write(client(1, &profile(1, MakerId(uuid(1))), ClientKind::Web).id, |tx, client| {
        let of = (DeviceId(uuid(1)), slot_id("a"));
        Box::pin(async move { rule::to_order(tx, 2, (of.0, &of.1), *client, OrderId(uuid(7))).await })
    });
    let choose = async {
        let waits = "SELECT 1 FROM pg_locks WHERE NOT granted AND pid <> pg_backend_pid()";
        while other.query(waits, &[]).await.unwrap().is_empty() {}
        other.batch_execute("COMMIT").await.unwrap();
    };
    let (found, ()) = futures_util::future::join(order, choose).await;
    let grounds = Grounds { terms: Terms::default(), product: Some(product(2)) };
    assert_eq!(found, Some((grounds, vec![])));
}
