//! The customer's rules for each slot.

use crate::harness::Store;
use crate::samples::{asin, at, product, slot_id, uuid};
use opendrs_domain::id::DeviceId;
use opendrs_domain::money::Money;
use opendrs_domain::rule::{Cap, Limit, Mode, Pause, Rules};
use opendrs_store::{Tx, product as products, rule};

both!(rules_come_back_as_they_were_put, a_slot_without_rules_has_the_default, a_slots_rules_come_with_its_product,);

fn every_rule() -> Rules {
    let money = |minor| Money { minor, currency: "JPY".into() };
    Rules {
        mode: Mode::Ask,
        agreed: Some(money(1200)),
        cap: Some(Cap::Amount(money(i64::MAX))),
        limit: Some(Limit { orders: 2, days: 30 }),
        pause: Some(Pause { from: at(-1), until: at(7) }),
        substitutes: vec![asin(2), asin(1)],
    }
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

async fn a_slots_rules_come_with_its_product(store: &Store) {
    put(store, 1, "a", &every_rule()).await;
    store.write(product(1), |tx, product| Box::pin(products::put(tx, product))).await;
    for (slot, chosen, wanted) in [
        ("a", 1, (every_rule(), Some(product(1)))),
        ("a", 9, (every_rule(), None)),
        ("b", 1, (Rules::default(), Some(product(1)))),
        ("b", 9, (Rules::default(), None)),
    ] {
        let read =
            async |tx: &mut Tx<'_>| rule::with_product(tx, 2, (DeviceId(uuid(1)), &slot_id(slot)), &asin(chosen)).await;
        assert_eq!(store.read(read).await, wanted, "{slot} {chosen}, by a reader");
        let with = (slot_id(slot), asin(chosen));
        let found = store.write(with, |tx, (slot, chosen)| {
            Box::pin(async move { rule::with_product(tx, 2, (DeviceId(uuid(1)), slot), chosen).await })
        });
        assert_eq!(found.await, wanted, "{slot} {chosen}, by a command");
    }
}
