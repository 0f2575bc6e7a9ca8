//! Receivers, whose endpoints are stored sealed.

use crate::harness::TestStore;
use crate::samples::{ordered_uuid, profile, receiver as sample, uuid};
use opendrs_domain::id::{MakerId, ProfileId, ReceiverId};
use opendrs_domain::receiver::{Receiver, ReceiverState, ReceiverTarget};
use opendrs_store::inspection::{SealedEndpoint, inspect};
use opendrs_store::{delivery, profile, receiver};

both!(
    an_endpoint_is_written_sealed_and_found_as_it_was_sealed,
    a_topic_is_disabled_without_its_endpoint,
    a_look_finds_the_endpoints_of_confirmed_topics,
);

async fn upsert(store: &TestStore, topic: Receiver, sealed: &[u8]) {
    let with = (topic, sealed.to_vec());
    store.write(with, |tx, (topic, sealed)| Box::pin(receiver::upsert(tx, topic, sealed))).await;
}

/// Adds a profile and two receivers, of which one is confirmed.
async fn insert_receivers(store: &TestStore) -> [Receiver; 2] {
    store.write(profile(1, MakerId(uuid(1))), |tx, p| Box::pin(profile::upsert(tx, p))).await;
    let topics = [ReceiverState::Confirmed, ReceiverState::Pending].into_iter().zip(1..);
    let topics = topics.map(|(state, n)| sample(n, ProfileId(uuid(1)), state)).collect::<Vec<_>>();
    for topic in &topics {
        upsert(store, topic.clone(), format!("sealed {}", topic.arn).as_bytes()).await;
    }
    topics.try_into().unwrap()
}

async fn an_endpoint_is_written_sealed_and_found_as_it_was_sealed(store: &TestStore) {
    let topics = insert_receivers(store).await;
    for topic in topics {
        let bare = Receiver { target: ReceiverTarget::Http(String::new()), ..topic.clone() };
        let sealed = format!("sealed {}", topic.arn).into_bytes();
        let found = [
            store.read(async |tx| receiver::find_by_id(tx, topic.id).await).await,
            store.read(async |tx| receiver::find_by_arn(tx, &topic.arn).await).await,
            store.read(async |tx| receiver::find_by_subscription(tx, topic.subscription_id).await).await,
            store.write(topic.id, |tx, id| Box::pin(receiver::lock(tx, *id))).await,
            store
                .read(async |tx| receiver::list_after(tx, delivery::lowest_receiver_id(), 9).await)
                .await
                .into_iter()
                .find(|found| found.receiver.id == topic.id),
        ];
        for found in found {
            let found = found.unwrap();
            assert_eq!((found.receiver, found.sealed_endpoint), (bare.clone(), sealed.clone()));
        }
    }
}

async fn a_topic_is_disabled_without_its_endpoint(store: &TestStore) {
    let [first, second] = insert_receivers(store).await;
    store.write(first.id, |tx, id| Box::pin(receiver::disable(tx, *id))).await;
    let found = store.read(async |tx| receiver::list_after(tx, delivery::lowest_receiver_id(), 9).await).await;
    let states: Vec<_> = found.iter().map(|found| (found.receiver.id, found.receiver.state)).collect();
    assert_eq!(states, [(first.id, ReceiverState::Disabled), (second.id, ReceiverState::Pending)]);
    assert!(found.iter().all(|found| found.sealed_endpoint.starts_with(b"sealed ")));
}

async fn a_look_finds_the_endpoints_of_confirmed_topics(store: &TestStore) {
    let [first, _] = insert_receivers(store).await;
    let found = inspect(&store.location).await.unwrap().unwrap().endpoints;
    let sealed = format!("sealed {}", first.arn).into_bytes();
    assert_eq!(found, [SealedEndpoint { receiver: ReceiverId(ordered_uuid(1)), sealed_endpoint: sealed }]);
}
