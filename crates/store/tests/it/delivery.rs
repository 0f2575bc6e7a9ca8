//! Deliveries of messages to receivers.

use crate::harness::TestStore;
use crate::samples::{at, device, maker, model, ordered_uuid, uuid};
use opendrs_domain::delivery::DeliveryState;
use opendrs_domain::device::{Device, DeviceRef};
use opendrs_domain::id::{DeliveryId, DeviceId, EventId, ReceiverId};
use opendrs_domain::wire::sns;
use opendrs_store::delivery::{self, Delivery, DeviceQueue};
use opendrs_store::{device as devices, maker as makers, model as models, receiver};

both!(
    a_message_is_due_unless_one_of_its_device_is_before_it,
    a_line_is_in_the_order_in_which_messages_came_whatever_the_clocks_of_nodes,
    a_line_is_a_devices_and_knows_its_models_version,
);

const SHARD: i64 = 2;

fn device_ref(n: u64) -> DeviceRef {
    DeviceRef { shard: SHARD, id: DeviceId(uuid(n)) }
}

/// Enqueues a message of the event with the same number.
async fn enqueue(store: &TestStore, n: u64, topic: u64, device: u64) {
    store
        .write((n, topic, device), |tx, &(n, topic, device)| {
            Box::pin(async move {
                let line = DeviceQueue { device: device_ref(device), version: None };
                let (id, receiver) = (DeliveryId(ordered_uuid(n)), ReceiverId(uuid(topic)));
                delivery::enqueue(tx, &line, id, receiver, EventId(ordered_uuid(n)), "1.0", at(n.cast_signed())).await
            })
        })
        .await;
}

async fn find_row(store: &TestStore, n: u64) -> Delivery {
    let event = EventId(ordered_uuid(n));
    store.read(async |tx| delivery::list_by_event(tx, SHARD, event).await).await.remove(0)
}

async fn a_message_is_due_unless_one_of_its_device_is_before_it(store: &TestStore) {
    enqueue(store, 1, 1, 1).await;
    let first = Delivery {
        shard: SHARD,
        id: DeliveryId(ordered_uuid(1)),
        receiver: ReceiverId(uuid(1)),
        device: Some(DeviceId(uuid(1))),
        event: Some(EventId(ordered_uuid(1))),
        kind: sns::SnsMessageType::Notification,
        version: "1.0".into(),
        published_at: at(1),
        state: DeliveryState::Waiting,
        due_at: Some(at(1)),
        attempts: 0,
        attempts_since_replay: 0,
        first_attempt_at: None,
        ended_at: None,
        reason: None,
    };
    assert_eq!(find_row(store, 1).await, first);
    for (n, topic, device, state) in [
        (2, 1, 1, DeliveryState::Queued),
        (3, 2, 1, DeliveryState::Waiting),
        (4, 1, 2, DeliveryState::Waiting),
        (5, 1, 1, DeliveryState::Queued),
    ] {
        enqueue(store, n, topic, device).await;
        let found = find_row(store, n).await;
        assert_eq!(
            (found.state, found.due_at),
            (state, (state == DeliveryState::Waiting).then(|| at(n.cast_signed()))),
            "{n}"
        );
    }
    for n in [1, 2, 5] {
        let over = Delivery {
            state: DeliveryState::Delivered,
            due_at: None,
            ended_at: Some(at(9)),
            ..find_row(store, n).await
        };
        store.write(over, |tx, over| Box::pin(delivery::save(tx, over))).await;
    }
    enqueue(store, 6, 1, 1).await;
    assert_eq!(find_row(store, 6).await.state, DeliveryState::Waiting, "those before it have ended");
}

async fn a_line_is_in_the_order_in_which_messages_came_whatever_the_clocks_of_nodes(store: &TestStore) {
    // Ids contain the time of the node that generated them.
    for n in [50, 40, 90, 10, 60] {
        enqueue(store, n, 1, 1).await;
    }
    enqueue(store, 5, 1, 2).await;
    let mut went = Vec::new();
    let next =
        async || store.read(async |tx| delivery::find_queued(tx, device_ref(1), ReceiverId(uuid(1))).await).await;
    let mut open = Some(DeliveryId(ordered_uuid(50)));
    while let Some(id) = open {
        let n = [50, 40, 90, 10, 60, 70].into_iter().find(|n| DeliveryId(ordered_uuid(*n)) == id).unwrap();
        went.push(n);
        let over = Delivery {
            state: DeliveryState::Delivered,
            due_at: None,
            ended_at: Some(at(9)),
            ..find_row(store, n).await
        };
        store.write(over, |tx, over| Box::pin(delivery::save(tx, over))).await;
        if n == 90 {
            enqueue(store, 70, 1, 1).await;
        }
        open = next().await;
    }
    assert_eq!(went, [50, 40, 90, 10, 60, 70]);
}

async fn a_line_is_a_devices_and_knows_its_models_version(store: &TestStore) {
    let owner = maker(1);
    let (of, unit) = (model(1, owner.id), device(1, &model(1, owner.id), "SN-1"));
    store.write(owner, |tx, maker| Box::pin(makers::insert(tx, maker))).await;
    store.write(of.clone(), |tx, model| Box::pin(models::upsert(tx, model))).await;
    store.write(unit.clone(), |tx, unit: &Device| Box::pin(devices::insert(tx, SHARD, unit))).await;
    let line = async |device: DeviceRef, kind: &'static str| {
        store
            .write((device, of.id, kind), |tx, &(device, model, kind)| {
                Box::pin(async move { delivery::lock_device_queue(tx, device, model, kind).await })
            })
            .await
    };
    let wanted = |version: Option<&str>| DeviceQueue { device: unit.in_shard(SHARD), version: version.map(Into::into) };
    assert_eq!(line(unit.in_shard(SHARD), "OrderPlacedNotification").await, Some(wanted(None)));
    store
        .write(of.id, |tx, model| Box::pin(receiver::set_message_version(tx, *model, "OrderPlacedNotification", "1.0")))
        .await;
    assert_eq!(line(unit.in_shard(SHARD), "OrderPlacedNotification").await, Some(wanted(Some("1.0"))));
    assert_eq!(line(unit.in_shard(SHARD), "ItemShippedNotification").await, Some(wanted(None)));
    assert_eq!(line(device_ref(99), "OrderPlacedNotification").await, None, "it is gone");
}
