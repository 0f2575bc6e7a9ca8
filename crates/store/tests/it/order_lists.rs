//! Lists of orders: due, recent, open, and those between two ids.

use crate::harness::TestStore;
use crate::order::{DEVICE, insert, save};
use crate::samples::{at, mix, order, slot_id, uuid};
use opendrs_domain::device::DeviceRef;
use opendrs_domain::id::DeviceId;
use opendrs_domain::money::Money;
use opendrs_domain::order::{Order, OrderState, Refund, Withdrawal};
use opendrs_store::order;

both!(
    orders_are_found_between_two_ids,
    due_orders_come_in_order_and_bounded,
    an_order_that_is_no_longer_due_leaves_the_list,
    recent_orders_of_a_slot_are_counted,
    orders_are_listed_and_found_by_their_id_alone,
    withdrawn_orders_are_listed_until_all_money_came_back,
);

async fn orders_are_found_between_two_ids(store: &TestStore) {
    for n in 1..6 {
        insert(store, 0, &order(n, DEVICE())).await;
    }
    let id = |n| order(n, DEVICE()).id;
    let find = async |first, last, limit| {
        let found = store.read(async |tx| order::list_between(tx, id(first), id(last), limit).await).await;
        assert!(found.iter().all(|found| (found.shard, found.device) == (0, DEVICE())));
        found.into_iter().map(|found| found.id).collect::<Vec<_>>()
    };
    assert_eq!(find(2, 4, 99).await, [2, 3, 4].map(id));
    assert_eq!(find(2, 4, 2).await, [2, 3].map(id));
    assert_eq!(find(7, 9, 9).await, []);
}

async fn withdrawn_orders_are_listed_until_all_money_came_back(store: &TestStore) {
    let list = async |limit| {
        let found = store.read(async |tx| order::list_withdrawn(tx, limit).await).await;
        found.into_iter().map(|order| order.id).collect::<Vec<_>>()
    };
    let withdrawal = Some(Withdrawal { at: at(5), reason: None });
    let withdrawn = |n| Order { withdrawal: withdrawal.clone(), ..order(n, DEVICE()) };
    for n in 1..5 {
        insert(store, 0, &order(n, DEVICE())).await;
    }
    assert_eq!(list(9).await, []);
    for n in [3, 1, 2] {
        save(store, 0, &withdrawn(n)).await;
    }
    assert_eq!(list(9).await, [1, 2, 3].map(|n| order(n, DEVICE()).id));
    assert_eq!(list(2).await, [1, 2].map(|n| order(n, DEVICE()).id));
    let price = order(1, DEVICE()).item.price;
    for (minor, left) in [(price.minor - 1, vec![1, 2, 3]), (price.minor, vec![2, 3])] {
        let refund = Some(Refund { amount: Money { minor, ..price.clone() }, at: at(6) });
        save(store, 0, &Order { refund, ..withdrawn(1) }).await;
        let left: Vec<_> = left.into_iter().map(|n| order(n, DEVICE()).id).collect();
        assert_eq!(list(9).await, left, "{minor}");
    }
}

async fn due_orders_come_in_order_and_bounded(store: &TestStore) {
    let next = async || store.read(async |tx| order::find_next_due(tx).await).await;
    let due = async |now, limit| store.read(async |tx| order::list_due(tx, at(now), limit).await).await;
    insert(store, 0, &order(1000, DEVICE())).await;
    assert_eq!((next().await, due(99, 9).await), (None, vec![]));

    // Thirty orders on twelve shards, due at one of ten moments.
    let mut wanted = Vec::new();
    for n in 0..30 {
        let (shard, moment) = (i64::try_from(mix(n) % 12).unwrap(), i64::try_from(mix(n) / 12 % 10).unwrap());
        let order = Order { due_at: Some(at(moment)), ..order(mix(n), DEVICE()) };
        insert(store, shard, &order).await;
        wanted.push((moment, order.id, shard));
    }
    wanted.sort();
    let until = |now: i64, limit: usize| {
        let due = wanted.iter().filter(|(moment, ..)| *moment <= now);
        due.map(|(_, id, shard)| (*shard, *id)).take(limit).collect::<Vec<_>>()
    };
    assert_eq!(next().await, Some(at(wanted[0].0)));
    for (now, limit) in [(-1, 9), (3, 99), (3, 4), (9, 99), (99, 7), (99, 0)] {
        assert_eq!(due(now, i64::try_from(limit).unwrap()).await, until(now, limit), "now {now}, at most {limit}");
    }
}

async fn an_order_that_is_no_longer_due_leaves_the_list(store: &TestStore) {
    let next = async || store.read(async |tx| order::find_next_due(tx).await).await;
    let first = Order { due_at: Some(at(1)), ..order(1, DEVICE()) };
    insert(store, 2, &first).await;
    insert(store, 3, &Order { due_at: Some(at(5)), ..order(2, DEVICE()) }).await;
    assert_eq!(next().await, Some(at(1)));
    save(store, 2, &Order { due_at: Some(at(9)), ..first.clone() }).await;
    assert_eq!(next().await, Some(at(5)));
    save(store, 2, &Order { due_at: None, ..first }).await;
    let due = store.read(async |tx| order::list_due(tx, at(99), 9).await).await;
    assert_eq!(due, [(3, order(2, DEVICE()).id)]);
}

async fn recent_orders_of_a_slot_are_counted(store: &TestStore) {
    for (n, state) in (1..).zip(OrderState::ALL) {
        insert(store, 2, &Order { state, opened_at: at(n), ..order(n as u64, DEVICE()) }).await;
    }
    insert(store, 2, &Order { slot: slot_id("other"), opened_at: at(9), ..order(20, DEVICE()) }).await;
    insert(store, 2, &Order { opened_at: at(9), ..order(21, DeviceId(uuid(2))) }).await;
    let count = async |shard, after| {
        store
            .read(async |tx| {
                order::count_recent(tx, DeviceRef { shard, id: DEVICE() }, &slot_id("filter"), at(after)).await
            })
            .await
    };
    // The placed, fulfilling, shipped and delivered orders were made at 2, 3, 4 and 5.
    for (after, wanted) in [(0, 4), (1, 4), (2, 3), (4, 1), (5, 0)] {
        assert_eq!(count(2, after).await, wanted, "after {after}");
    }
    assert_eq!(count(3, 0).await, 0);
}

async fn orders_are_listed_and_found_by_their_id_alone(store: &TestStore) {
    // On one shard, as on SQLite.
    for (n, state) in (1..).zip(OrderState::ALL) {
        insert(store, 0, &Order { state, ..order(n, DEVICE()) }).await;
    }
    let ids = |orders: Vec<Order>| orders.into_iter().map(|o| o.id).collect::<Vec<_>>();
    let newest = ids(store.read(async |tx| order::list_newest(tx, 3).await).await);
    assert_eq!(newest, [7, 6, 5].map(|n| order(n, DEVICE()).id));
    let open = async |limit| ids(store.read(async |tx| order::list_open(tx, limit).await).await);
    assert_eq!(open(99).await, [1, 2, 3, 4].map(|n| order(n, DEVICE()).id));
    assert_eq!(open(2).await, [1, 2].map(|n| order(n, DEVICE()).id));
    let place = async |n| store.read(async |tx| order::find_location(tx, order(n, DEVICE()).id).await).await;
    let last = store.db.shards().all().last().unwrap();
    insert(store, last, &order(20, DeviceId(uuid(2)))).await;
    assert_eq!(place(20).await, Some(DeviceRef { shard: last, id: DeviceId(uuid(2)) }));
    assert_eq!((place(1).await, place(99).await), (Some(DeviceRef { shard: 0, id: DEVICE() }), None));
}
