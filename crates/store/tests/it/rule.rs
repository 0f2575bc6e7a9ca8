//! The customer's rules for each slot.

use crate::harness::Store;
use crate::samples::{asin, at, slot_id, uuid};
use opendrs_domain::id::DeviceId;
use opendrs_domain::money::Money;
use opendrs_domain::rule::{Cap, Limit, Mode, Pause, Rules};
use opendrs_store::rule;

both!(rules_come_back_as_they_were_put, a_slot_without_rules_has_the_default);

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
