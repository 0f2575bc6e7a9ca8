//! Exports: one for each customer, leased, with parts that go with it. And the removal of ended orders.

use crate::harness::TestStore;
use crate::order::{DEVICE, insert as insert_order};
use crate::samples::{at, order, uuid};
use opendrs_domain::id::{CustomerId, ExportId, OrderId};
use opendrs_domain::order::{Order, OrderState};
use opendrs_store::export::{self, Export, ExportPart};
use opendrs_store::order::{self as orders, EndedOrders};

both!(
    an_export_is_leased_and_goes_on,
    parts_are_found_in_order_and_go_with_their_export,
    ended_orders_are_removed_oldest_first_and_open_ones_stay,
);

fn sample(n: u64) -> Export {
    Export {
        shard: i64::try_from(n).unwrap(),
        customer: CustomerId(uuid(n)),
        id: ExportId(uuid(n + 100)),
        requested_at: at(0),
        place: Some("\"Account\"".into()),
        step: 0,
        bytes: 0,
        due_at: Some(at(10)),
        ready_at: None,
        ends_at: at(100),
    }
}

async fn insert(store: &TestStore, export: &Export) {
    store.write(export.clone(), |tx, export| Box::pin(export::insert(tx, export))).await;
}

async fn find(store: &TestStore, of: &Export) -> Option<Export> {
    store.read(async |tx| export::find(tx, of.shard, of.customer).await).await
}

async fn an_export_is_leased_and_goes_on(store: &TestStore) {
    let (ann, bob) = (sample(1), Export { due_at: Some(at(11)), ..sample(2) });
    insert(store, &ann).await;
    insert(store, &bob).await;
    let next = async || store.read(async |tx| export::find_next_due(tx).await).await;
    let claim = async |now: i64, limit: i64| {
        store.write((now, limit), |tx, (now, limit)| Box::pin(export::claim(tx, at(*now), at(*now + 60), *limit))).await
    };
    assert_eq!(next().await, Some(at(10)));
    assert_eq!(claim(9, 9).await, []);
    assert_eq!(claim(11, 1).await, [Export { due_at: Some(at(71)), ..ann.clone() }]);
    assert_eq!(claim(11, 9).await, [Export { due_at: Some(at(71)), ..bob }], "the first one is leased");
    let ready =
        Export { place: None, step: 4, bytes: 7, due_at: None, ready_at: Some(at(12)), ends_at: at(200), ..ann };
    store.write(ready.clone(), |tx, ready| Box::pin(export::save(tx, ready))).await;
    assert_eq!(find(store, &ready).await, Some(ready));
    assert_eq!(next().await, Some(at(71)));
}

async fn parts_are_found_in_order_and_go_with_their_export(store: &TestStore) {
    let (ann, bob) = (sample(1), Export { ends_at: at(101), ..sample(2) });
    for of in [&ann, &bob] {
        insert(store, of).await;
        for (file, number) in [("orders", 5), ("orders", 2), ("mails", 3)] {
            let part = ExportPart { number, content: format!("{file} {number}").into_bytes() };
            let with = (of.shard, of.customer, file, part);
            store.write(with, |tx, (s, c, file, part)| Box::pin(export::insert_part(tx, *s, *c, file, part))).await;
        }
    }
    let part = async |of: &Export, file: &str, after| {
        let found = store.read(async |tx| export::find_part_after(tx, of.shard, of.customer, file, after).await).await;
        found.map(|found| (found.number, String::from_utf8(found.content).unwrap()))
    };
    assert_eq!(part(&ann, "orders", -1).await, Some((2, "orders 2".into())));
    assert_eq!(part(&ann, "orders", 2).await, Some((5, "orders 5".into())));
    assert_eq!((part(&ann, "orders", 5).await, part(&ann, "order", -1).await), (None, None));
    let with = (ann.shard, ann.customer);
    store.write(with, |tx, of| Box::pin(export::delete_file(tx, of.0, of.1, "orders"))).await;
    assert_eq!(part(&ann, "orders", -1).await, None);
    assert!(part(&ann, "mails", -1).await.is_some());
    let purge = async |now| store.write(now, |tx, now| Box::pin(export::purge(tx, at(*now), 9))).await;
    assert_eq!((purge(99).await, purge(100).await), (0, 1));
    assert_eq!((find(store, &ann).await, part(&ann, "mails", -1).await), (None, None));
    assert!(find(store, &bob).await.is_some() && part(&bob, "mails", -1).await.is_some());
    store.write((bob.shard, bob.customer), |tx, (shard, id)| Box::pin(export::delete(tx, *shard, *id))).await;
    assert_eq!((find(store, &bob).await, part(&bob, "mails", -1).await), (None, None));
}

async fn ended_orders_are_removed_oldest_first_and_open_ones_stay(store: &TestStore) {
    let states = [OrderState::Delivered, OrderState::Shipped, OrderState::Cancelled, OrderState::Expired];
    for (n, state) in (1..).zip(states) {
        insert_order(store, 0, &Order { state, ..order(n, DEVICE()) }).await;
    }
    let id = |n| order(n, DEVICE()).id;
    let person = "UPDATE orders SET customer_name = 'Ann', customer_email = 'ann@example.com' WHERE state <> 'expired'";
    store.execute_raw(person).await;
    let purge = async |which, below: OrderId, limit: i64| {
        let with = (which, below, limit);
        store.write(with, |tx, (which, below, limit)| Box::pin(orders::purge(tx, *which, *below, *limit))).await
    };
    let left = async || {
        let found = store.read(async |tx| orders::list_newest(tx, 9).await).await;
        found.into_iter().map(|order| order.id).collect::<Vec<_>>()
    };
    assert_eq!(purge(EndedOrders::WithoutPerson, id(4), 9).await, 0, "none is that old");
    assert_eq!(purge(EndedOrders::WithoutPerson, id(5), 9).await, 1);
    assert_eq!(left().await, [3, 2, 1].map(id));
    assert_eq!(purge(EndedOrders::All, id(9), 1).await, 1);
    assert_eq!(left().await, [3, 2].map(id), "the oldest first");
    assert_eq!((purge(EndedOrders::All, id(9), 9).await, purge(EndedOrders::All, id(9), 9).await), (1, 0));
    assert_eq!(left().await, [2].map(id), "it is on its way");
}
