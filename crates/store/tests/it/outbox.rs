//! Events.

use crate::harness::{Store, command};
use crate::samples::{QUANTITIES, at, event, slot_id, texts, uuid};
use opendrs_domain::id::DeviceId;
use opendrs_domain::notification::{Event, Facts, ProductInfo, SlotInfo};
use opendrs_domain::order::Told;
use opendrs_store::outbox;

both!(
    an_event_of_every_kind_comes_back,
    an_events_row_says_what_it_is,
    the_newest_events_come_oldest_first_and_bounded,
    an_event_is_found_in_its_shard,
);

async fn push(store: &Store, event: &Event) {
    let with = (store.shard(event.id.0), event.clone());
    store.write(with, |tx, (shard, e)| Box::pin(outbox::push(tx, *shard, DeviceId(uuid(1)), e))).await;
}

async fn newest(store: &Store, limit: i64) -> Vec<Event> {
    store.read(async |tx| outbox::newest(tx, limit).await).await
}

fn kinds() -> Vec<Facts> {
    let product =
        |n: usize| ProductInfo { asin: "B000000001".into(), quantity: QUANTITIES[n], unit: texts()[2].clone() };
    let order = |told, expected_at| Facts::Order {
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
        Facts::Registered,
        Facts::Deregistered,
        Facts::Subscription(slots.collect()),
        Facts::Subscription(vec![]),
        order(Told::Placed, Some(at(5))),
        order(Told::Shipped, Some(at(6))),
        order(Told::Cancelled, None),
    ]
}

async fn an_event_of_every_kind_comes_back(store: &Store) {
    let mut wanted = Vec::new();
    for (n, facts) in kinds().into_iter().enumerate() {
        let text = texts()[n].clone();
        let (client, model, serial) = (text.clone(), text.clone(), text.clone());
        let event = Event { client, model, serial, customer: text, ..event(n as u64, facts) };
        push(store, &event).await;
        wanted.push(event);
    }
    assert_eq!(newest(store, 99).await, wanted);
}

async fn an_events_row_says_what_it_is(store: &Store) {
    push(store, &event(1, Facts::Deregistered)).await;
    let row = store.rows("SELECT kind, at FROM outbox").await;
    assert_eq!(row, [["DeviceDeregisteredNotification".to_owned(), at(1).micros().to_string()]]);
    // The same event twice would be told twice.
    let shard = store.shard(event(1, Facts::Registered).id.0);
    let again = command(0, shard, |tx, shard| {
        Box::pin(async move { outbox::push(tx, *shard, DeviceId(uuid(1)), &event(1, Facts::Registered)).await })
    });
    assert!(store.db.write(again).await.is_err_and(|e| e.to_string().contains("OutboxPut")));
}

async fn the_newest_events_come_oldest_first_and_bounded(store: &Store) {
    assert_eq!(newest(store, 9).await, []);
    for n in [3, 9, 1, 7, 5] {
        push(store, &event(n, Facts::Registered)).await;
    }
    let numbered = |numbers: &[u64]| numbers.iter().map(|n| event(*n, Facts::Registered)).collect::<Vec<_>>();
    assert_eq!(newest(store, 2).await, numbered(&[7, 9]));
    assert_eq!(newest(store, 5).await, numbered(&[1, 3, 5, 7, 9]));
    assert_eq!((newest(store, 99).await.len(), newest(store, 0).await), (5, vec![]));
}

async fn an_event_is_found_in_its_shard(store: &Store) {
    for n in [3, 9, 1, 7, 5] {
        push(store, &event(n, Facts::Registered)).await;
    }
    for n in [1, 4, 9] {
        let id = event(n, Facts::Registered).id;
        let found = store.read(async |tx| outbox::find(tx, store.db.shards(), id).await).await;
        assert_eq!(found, (n != 4).then(|| store.shard(id.0)), "{n}");
    }
}
