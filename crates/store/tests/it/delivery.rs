//! Messages on their way to receivers.

use crate::harness::Store;
use crate::samples::{at, device, maker, model, ordered, uuid};
use opendrs_domain::delivery::State;
use opendrs_domain::device::Device;
use opendrs_domain::id::{DeliveryId, DeviceId, EventId, TopicId};
use opendrs_domain::wire::sns;
use opendrs_store::delivery::{self, Delivery, Line};
use opendrs_store::{device as devices, maker as makers, model as models, topic};

both!(
    a_message_is_due_unless_one_of_its_device_is_before_it,
    a_line_is_in_the_order_in_which_messages_came_whatever_the_clocks_of_nodes,
    a_line_is_a_devices_and_knows_its_models_version,
);

const SHARD: i64 = 2;

/// A message of an event of the same number.
async fn give(store: &Store, n: u64, topic: u64, device: u64) {
    store
        .write((n, topic, device), |tx, &(n, topic, device)| {
            Box::pin(async move {
                let line = Line { shard: SHARD, device: DeviceId(uuid(device)), version: None };
                let ids = (DeliveryId(ordered(n)), TopicId(uuid(topic)));
                delivery::give(tx, &line, ids, EventId(ordered(n)), "1.0", at(n.cast_signed())).await
            })
        })
        .await;
}

async fn row(store: &Store, n: u64) -> Delivery {
    let event = EventId(ordered(n));
    store.read(async |tx| delivery::of_event(tx, SHARD, event).await).await.remove(0)
}

async fn a_message_is_due_unless_one_of_its_device_is_before_it(store: &Store) {
    give(store, 1, 1, 1).await;
    let first = Delivery {
        shard: SHARD,
        id: DeliveryId(ordered(1)),
        topic: TopicId(uuid(1)),
        device: Some(DeviceId(uuid(1))),
        event: Some(EventId(ordered(1))),
        kind: sns::Kind::Notification,
        version: "1.0".into(),
        published_at: at(1),
        state: State::Waiting,
        due_at: Some(at(1)),
        attempts: 0,
        round: 0,
        began_at: None,
        ended_at: None,
        reason: None,
    };
    assert_eq!(row(store, 1).await, first);
    for (n, topic, device, state) in
        [(2, 1, 1, State::Queued), (3, 2, 1, State::Waiting), (4, 1, 2, State::Waiting), (5, 1, 1, State::Queued)]
    {
        give(store, n, topic, device).await;
        let found = row(store, n).await;
        assert_eq!((found.state, found.due_at), (state, (state == State::Waiting).then(|| at(n.cast_signed()))), "{n}");
    }
    for n in [1, 2, 5] {
        let over = Delivery { state: State::Delivered, due_at: None, ended_at: Some(at(9)), ..row(store, n).await };
        store.write(over, |tx, over| Box::pin(delivery::save(tx, over))).await;
    }
    give(store, 6, 1, 1).await;
    assert_eq!(row(store, 6).await.state, State::Waiting, "those before it have ended");
}

async fn a_line_is_in_the_order_in_which_messages_came_whatever_the_clocks_of_nodes(store: &Store) {
    // Ids tell the time of the node that drew them.
    for n in [50, 40, 90, 10, 60] {
        give(store, n, 1, 1).await;
    }
    give(store, 5, 1, 2).await;
    let mut went = Vec::new();
    let next =
        async || store.read(async |tx| delivery::queued(tx, SHARD, TopicId(uuid(1)), DeviceId(uuid(1))).await).await;
    let mut open = Some(DeliveryId(ordered(50)));
    while let Some(id) = open {
        let n = [50, 40, 90, 10, 60, 70].into_iter().find(|n| DeliveryId(ordered(*n)) == id).unwrap();
        went.push(n);
        let over = Delivery { state: State::Delivered, due_at: None, ended_at: Some(at(9)), ..row(store, n).await };
        store.write(over, |tx, over| Box::pin(delivery::save(tx, over))).await;
        if n == 90 {
            give(store, 70, 1, 1).await;
        }
        open = next().await;
    }
    assert_eq!(went, [50, 40, 90, 10, 60, 70]);
}

async fn a_line_is_a_devices_and_knows_its_models_version(store: &Store) {
    let owner = maker(1);
    let (of, unit) = (model(1, owner.id), device(1, &model(1, owner.id), "SN-1"));
    store.write(owner, |tx, maker| Box::pin(makers::add(tx, maker))).await;
    store.write(of.clone(), |tx, model| Box::pin(models::put(tx, model))).await;
    store.write(unit.clone(), |tx, unit: &Device| Box::pin(devices::add(tx, SHARD, unit))).await;
    let line = async |device: DeviceId, kind: &'static str| {
        store
            .write((device, of.id, kind), |tx, &(device, model, kind)| {
                Box::pin(async move { delivery::line(tx, SHARD, (device, model), kind).await })
            })
            .await
    };
    let wanted = |version: Option<&str>| Line { shard: SHARD, device: unit.id, version: version.map(Into::into) };
    assert_eq!(line(unit.id, "OrderPlacedNotification").await, Some(wanted(None)));
    store
        .write(of.id, |tx, model| Box::pin(topic::set_message_version(tx, *model, "OrderPlacedNotification", "1.0")))
        .await;
    assert_eq!(line(unit.id, "OrderPlacedNotification").await, Some(wanted(Some("1.0"))));
    assert_eq!(line(unit.id, "ItemShippedNotification").await, Some(wanted(None)));
    assert_eq!(line(DeviceId(uuid(99)), "OrderPlacedNotification").await, None, "it is gone");
}
