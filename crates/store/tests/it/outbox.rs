//! Events.

use crate::harness::{TestStore, command};
use crate::samples::{QUANTITIES, at, awkward_texts, event, slot_id, uuid};
use opendrs_domain::device::DeviceRef;
use opendrs_domain::id::DeviceId;
use opendrs_domain::notification::{Event, EventFacts, ProductInfo, SlotInfo};
use opendrs_domain::order::OrderNotification;
use opendrs_store::outbox;

both!(
    an_event_of_every_kind_comes_back,
    an_events_row_says_what_it_is,
    the_newest_events_come_oldest_first_and_bounded,
    an_event_is_found_in_its_shard,
);

async fn insert(store: &TestStore, event: &Event) {
    let with = (store.shard(event.id.0), event.clone());
    store
        .write(with, |tx, (shard, e)| {
            Box::pin(outbox::insert(tx, DeviceRef { shard: *shard, id: DeviceId(uuid(1)) }, e))
        })
        .await;
}

async fn list_newest(store: &TestStore, limit: i64) -> Vec<Event> {
    store.read(async |tx| outbox::list_newest(tx, limit).await).await
}

fn all_event_facts() -> Vec<EventFacts> {
    let product =
        |n: usize| ProductInfo { asin: "B000000001".into(), quantity: QUANTITIES[n], unit: awkward_texts()[2].clone() };
    let order = |told, expected_at| EventFacts::Order {
        told,
        instance: "amzn1.dash.v2.o.x".into(),
        slot: slot_id("a"),
        product: product(3),
        expected_at,
    };
    let slots = (0..QUANTITIES.len()).map(|n| SlotInfo {
        slot: slot_id(&format!("slot-{n}")),
        subscribed: n % 2 == 0,
        product: (n % 3 > 0).then(|| product(n)),
    });
    vec![
        EventFacts::Registered,
        EventFacts::Deregistered,
        EventFacts::Subscription(slots.collect()),
        EventFacts::Subscription(vec![]),
        order(OrderNotification::Placed, Some(at(5))),
        order(OrderNotification::Shipped, Some(at(6))),
        order(OrderNotification::Cancelled, None),
    ]
}

async fn an_event_of_every_kind_comes_back(store: &TestStore) {
    let mut wanted = Vec::new();
    for (n, facts) in all_event_facts().into_iter().enumerate() {
        let text = awkward_texts()[n].clone();
        let (client, model, serial) = (text.clone(), text.clone(), text.clone());
        let event = Event { client, model, serial, customer: text, ..event(n as u64, facts) };
        insert(store, &event).await;
        wanted.push(event);
    }
    assert_eq!(list_newest(store, 99).await, wanted);
}

async fn an_events_row_says_what_it_is(store: &TestStore) {
    insert(store, &event(1, EventFacts::Deregistered)).await;
    let row = store.query_raw("SELECT kind, at FROM outbox").await;
    assert_eq!(row, [["DeviceDeregisteredNotification".to_owned(), at(1).as_micros().to_string()]]);
    // A duplicate of the event would be delivered twice.
    let shard = store.shard(event(1, EventFacts::Registered).id.0);
    let again = command(0, shard, |tx, shard| {
        Box::pin(async move {
            outbox::insert(tx, DeviceRef { shard: *shard, id: DeviceId(uuid(1)) }, &event(1, EventFacts::Registered))
                .await
        })
    });
    assert!(store.db.write(again).await.is_err_and(|e| e.to_string().contains("OutboxPut")));
}

async fn the_newest_events_come_oldest_first_and_bounded(store: &TestStore) {
    assert_eq!(list_newest(store, 9).await, []);
    for n in [3, 9, 1, 7, 5] {
        insert(store, &event(n, EventFacts::Registered)).await;
    }
    let numbered = |numbers: &[u64]| numbers.iter().map(|n| event(*n, EventFacts::Registered)).collect::<Vec<_>>();
    assert_eq!(list_newest(store, 2).await, numbered(&[7, 9]));
    assert_eq!(list_newest(store, 5).await, numbered(&[1, 3, 5, 7, 9]));
    assert_eq!((list_newest(store, 99).await.len(), list_newest(store, 0).await), (5, vec![]));
}

async fn an_event_is_found_in_its_shard(store: &TestStore) {
    for n in [3, 9, 1, 7, 5] {
        insert(store, &event(n, EventFacts::Registered)).await;
    }
    for n in [1, 4, 9] {
        let id = event(n, EventFacts::Registered).id;
        let found = store.read(async |tx| outbox::find_shard(tx, store.db.shards(), id).await).await;
        assert_eq!(found, (n != 4).then(|| store.shard(id.0)), "{n}");
    }
}
