//! Calls that a back end has to be sent.

use crate::harness::Store;
use crate::samples::{at, ordered};
use opendrs_domain::fulfilment::Wanted;
use opendrs_domain::id::OrderId;
use opendrs_store::fulfilment::{self, Call};

both!(
    a_call_is_taken_once_and_again_when_its_lease_is_over,
    a_call_that_is_waited_for_is_not_put_twice,
    only_what_was_asked_for_is_given_up,
    what_went_wrong_is_kept_until_it_is_asked_for_again,
);

const ID: fn(u64) -> OrderId = |n| OrderId(ordered(n));

async fn place(store: &Store, shard: i64, n: u64, due: i64) {
    let with = (shard, ID(n), at(due));
    store.write(with, |tx, (shard, id, due)| Box::pin(fulfilment::want_place(tx, *shard, *id, *due))).await;
}

async fn cancel(store: &Store, n: u64, due: i64) {
    store.write((n, due), |tx, (n, due)| Box::pin(fulfilment::want_cancel(tx, 2, ID(*n), at(*due)))).await;
}

async fn set(store: &Store, n: u64, due: Option<i64>, error: Option<&'static str>) {
    store
        .write((n, due, error), |tx, (n, due, error)| Box::pin(fulfilment::set(tx, 2, ID(*n), due.map(at), *error)))
        .await;
}

async fn lease(store: &Store, now: i64, until: i64, limit: i64) -> Vec<Call> {
    let with = (at(now), at(until), limit);
    let mut calls =
        store.write(with, |tx, (now, until, limit)| Box::pin(fulfilment::lease(tx, *now, *until, *limit))).await;
    calls.sort_by_key(|call| call.order.0);
    calls
}

async fn get(store: &Store, shard: i64, n: u64) -> Option<Call> {
    store.write((shard, n), |tx, (shard, n)| Box::pin(fulfilment::lock(tx, *shard, ID(*n)))).await
}

async fn next(store: &Store) -> Option<opendrs_domain::time::Time> {
    store.read(async |tx| fulfilment::next_due(tx).await).await
}

async fn a_call_is_taken_once_and_again_when_its_lease_is_over(store: &Store) {
    assert_eq!((next(store).await, lease(store, 99, 100, 9).await), (None, vec![]));
    for (shard, n, due) in [(2, 1, 5), (3, 2, 6), (2, 3, 7)] {
        place(store, shard, n, due).await;
    }
    assert_eq!(next(store).await, Some(at(5)));
    let call = |shard, n, tries| Call { shard, order: ID(n), wanted: Wanted::Place, tries };
    assert_eq!(lease(store, 4, 50, 9).await, []);
    assert_eq!(lease(store, 7, 50, 2).await, [call(2, 1, 1), call(3, 2, 1)], "the first two");
    assert_eq!(lease(store, 49, 60, 9).await, [call(2, 3, 1)]);
    assert_eq!(lease(store, 50, 70, 9).await, [call(2, 1, 2), call(3, 2, 2)]);
    set(store, 1, None, None).await;
    assert_eq!(lease(store, 60, 80, 9).await, [call(2, 3, 2)], "the first has its answer");
    assert_eq!((get(store, 2, 1).await, get(store, 3, 1).await), (Some(call(2, 1, 2)), None));
}

async fn a_call_that_is_waited_for_is_not_put_twice(store: &Store) {
    place(store, 2, 1, 5).await;
    lease(store, 5, 50, 9).await;
    place(store, 2, 1, 6).await;
    assert_eq!((next(store).await, get(store, 2, 1).await.unwrap().tries), (Some(at(50)), 1));
    set(store, 1, None, None).await;
    place(store, 2, 1, 7).await;
    assert_eq!((next(store).await, get(store, 2, 1).await.unwrap().tries), (Some(at(7)), 0), "asked anew");
}

async fn only_what_was_asked_for_is_given_up(store: &Store) {
    cancel(store, 1, 5).await;
    assert_eq!((next(store).await, get(store, 2, 1).await), (None, None));
    place(store, 2, 1, 5).await;
    place(store, 2, 2, 50).await;
    cancel(store, 1, 6).await;
    let call = get(store, 2, 1).await.unwrap();
    assert_eq!((call.wanted, call.tries, next(store).await), (Wanted::Cancel, 0, Some(at(6))));
    set(store, 1, None, None).await;
    cancel(store, 1, 7).await;
    assert_eq!(next(store).await, Some(at(50)), "given up before");
    assert_eq!(get(store, 2, 2).await.unwrap().wanted, Wanted::Place);
}

async fn what_went_wrong_is_kept_until_it_is_asked_for_again(store: &Store) {
    let error = async || store.read(async |tx| fulfilment::error(tx, 2, ID(1)).await).await;
    place(store, 2, 1, 5).await;
    assert_eq!(error().await, None);
    set(store, 1, Some(9), Some("it's down")).await;
    assert_eq!((error().await.as_deref(), next(store).await), (Some("it's down"), Some(at(9))));
    cancel(store, 1, 10).await;
    assert_eq!(error().await, None);
}
