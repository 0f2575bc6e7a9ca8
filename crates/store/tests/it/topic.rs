//! Topics: their endpoints are written sealed.

use crate::harness::Store;
use crate::samples::{ordered, profile, topic as sample, uuid};
use opendrs_domain::id::{MakerId, ProfileId, TopicId};
use opendrs_domain::topic::{State, Topic};
use opendrs_store::examine::{StoredEndpoint, examine};
use opendrs_store::{delivery, profile, topic};

both!(
    an_endpoint_is_written_sealed_and_found_as_it_was_sealed,
    a_topic_is_disabled_without_its_endpoint,
    a_look_finds_the_endpoints_of_confirmed_topics,
);

async fn put(store: &Store, topic: Topic, sealed: &[u8]) {
    let with = (topic, sealed.to_vec());
    store.write(with, |tx, (topic, sealed)| Box::pin(topic::put(tx, topic, sealed))).await;
}

/// A profile and two topics, of which one is confirmed.
async fn with_topics(store: &Store) -> [Topic; 2] {
    store.write(profile(1, MakerId(uuid(1))), |tx, p| Box::pin(profile::put(tx, p))).await;
    let topics = [State::Confirmed, State::Pending].into_iter().zip(1..);
    let topics = topics.map(|(state, n)| sample(n, ProfileId(uuid(1)), state)).collect::<Vec<_>>();
    for topic in &topics {
        put(store, topic.clone(), format!("sealed {}", topic.arn).as_bytes()).await;
    }
    topics.try_into().unwrap()
}

async fn an_endpoint_is_written_sealed_and_found_as_it_was_sealed(store: &Store) {
    let topics = with_topics(store).await;
    for topic in topics {
        let bare = Topic { endpoint: String::new(), ..topic.clone() };
        let sealed = format!("sealed {}", topic.arn).into_bytes();
        let found = [
            store.read(async |tx| topic::by_id(tx, topic.id).await).await,
            store.read(async |tx| topic::by_arn(tx, &topic.arn).await).await,
            store.read(async |tx| topic::by_subscription(tx, topic.subscription).await).await,
            store.write(topic.id, |tx, id| Box::pin(topic::lock(tx, *id))).await,
            store
                .read(async |tx| topic::after(tx, delivery::first(), 9).await)
                .await
                .into_iter()
                .find(|found| found.topic.id == topic.id),
        ];
        for found in found {
            let found = found.unwrap();
            assert_eq!((found.topic, found.sealed), (bare.clone(), sealed.clone()));
        }
    }
}

async fn a_topic_is_disabled_without_its_endpoint(store: &Store) {
    let [first, second] = with_topics(store).await;
    store.write(first.id, |tx, id| Box::pin(topic::disable(tx, *id))).await;
    let found = store.read(async |tx| topic::after(tx, delivery::first(), 9).await).await;
    let states: Vec<_> = found.iter().map(|found| (found.topic.id, found.topic.state)).collect();
    assert_eq!(states, [(first.id, State::Disabled), (second.id, State::Pending)]);
    assert!(found.iter().all(|found| found.sealed.starts_with(b"sealed ")));
}

async fn a_look_finds_the_endpoints_of_confirmed_topics(store: &Store) {
    let [first, _] = with_topics(store).await;
    let found = examine(&store.place).await.unwrap().unwrap().endpoints;
    let sealed = format!("sealed {}", first.arn).into_bytes();
    assert_eq!(found, [StoredEndpoint { topic: TopicId(ordered(1)), sealed }]);
}
