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
    what_is_watched_is_looked_at_when_it_is_due_or_hinted_at,
    what_was_begun_is_known_until_it_is_cleared,
    only_who_has_the_call_names_its_order,
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
    let call = |shard, n, tries, due| Call {
        shard,
        order: ID(n),
        wanted: Wanted::Place,
        tries,
        due_at: Some(at(due)),
        reference: None,
        begun_at: None,
    };
    assert_eq!(lease(store, 4, 50, 9).await, []);
    assert_eq!(lease(store, 7, 50, 2).await, [call(2, 1, 1, 50), call(3, 2, 1, 50)], "the first two");
    assert_eq!(lease(store, 49, 60, 9).await, [call(2, 3, 1, 60)]);
    assert_eq!(lease(store, 50, 70, 9).await, [call(2, 1, 2, 70), call(3, 2, 2, 70)]);
    set(store, 1, None, None).await;
    assert_eq!(lease(store, 60, 80, 9).await, [call(2, 3, 2, 80)], "the first has its answer");
    let answered = Call { due_at: None, ..call(2, 1, 2, 0) };
    assert_eq!((get(store, 2, 1).await, get(store, 3, 1).await), (Some(answered), None));
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

async fn watch(store: &Store, n: u64, due: i64) {
    store.write((n, due), |tx, (n, due)| Box::pin(fulfilment::watch(tx, 2, ID(*n), at(*due)))).await;
}

async fn refer(store: &Store, n: u64, until: i64, reference: &'static str) -> bool {
    let with = (n, until, reference);
    store.write(with, |tx, (n, until, name)| Box::pin(fulfilment::refer(tx, 2, ID(*n), at(*until), (name, None)))).await
}

async fn hint(store: &Store, reference: &'static str, now: i64) -> bool {
    let seen = store.read(async |tx| fulfilment::is_watched(tx, reference).await).await;
    let done = store.write((reference, now), |tx, (name, now)| Box::pin(fulfilment::hint(tx, name, at(*now)))).await;
    assert_eq!(seen, done, "what is seen is what is done");
    done
}

async fn what_is_watched_is_looked_at_when_it_is_due_or_hinted_at(store: &Store) {
    place(store, 2, 1, 5).await;
    lease(store, 5, 50, 9).await;
    assert!(refer(store, 1, 50, "R1").await);
    assert!(!hint(store, "R1", 10).await, "it is not there yet");
    watch(store, 1, 100).await;
    assert_eq!((next(store).await, get(store, 2, 1).await.unwrap().tries), (Some(at(100)), 0));
    assert!(!hint(store, "R2", 10).await);
    assert!(hint(store, "R1", 10).await);
    let call = &lease(store, 10, 60, 9).await[0];
    assert_eq!((call.wanted, call.tries, call.reference.as_deref()), (Wanted::Watch, 1, Some("R1")));
    // A hint while it is being looked at is seen by whoever records what was found.
    assert!(hint(store, "R1", 11).await);
    assert_eq!(get(store, 2, 1).await.unwrap().due_at, Some(at(11)));
    // Who is watched can be asked again, and given up.
    place(store, 2, 1, 12).await;
    let call = get(store, 2, 1).await.unwrap();
    assert_eq!((call.wanted, call.due_at, call.reference.as_deref()), (Wanted::Place, Some(at(12)), Some("R1")));
    watch(store, 1, 100).await;
    cancel(store, 1, 13).await;
    assert_eq!(get(store, 2, 1).await.unwrap().wanted, Wanted::Cancel);
    assert!(!hint(store, "R1", 5).await, "it is being given up");
    watch(store, 1, 100).await;
    set(store, 1, None, None).await;
    assert!(!hint(store, "R1", 14).await, "it is over");
}

async fn what_was_begun_is_known_until_it_is_cleared(store: &Store) {
    let begin = async |until: i64, now: i64| {
        let with = (until, now);
        store.write(with, |tx, (until, now)| Box::pin(fulfilment::begin(tx, 2, ID(1), at(*until), at(*now)))).await
    };
    let named = async |unheard: Option<i64>| {
        let refer = store
            .write(unheard, |tx, unheard| Box::pin(fulfilment::refer(tx, 2, ID(1), at(90), ("R1", unheard.map(at)))));
        assert!(refer.await);
        get(store, 2, 1).await.unwrap().begun_at
    };
    place(store, 2, 1, 5).await;
    assert!(!begin(50, 1000).await, "nobody has it");
    lease(store, 5, 50, 9).await;
    assert!(begin(50, 1000).await);
    assert_eq!(lease(store, 50, 90, 9).await[0].begun_at, Some(at(1000)));
    assert!(!begin(50, 2000).await, "its lease was over");
    assert!(begin(90, 2000).await);
    assert_eq!(get(store, 2, 1).await.unwrap().begun_at, Some(at(1000)), "the first time is the one that counts");
    assert_eq!((named(Some(1000)).await, named(None).await), (Some(at(1000)), None));
    let known = async |name: &'static str| store.read(async |tx| fulfilment::is_named(tx, name).await).await;
    assert_eq!((known("R1").await, known("R2").await), (true, false));
}

async fn only_who_has_the_call_names_its_order(store: &Store) {
    place(store, 2, 1, 5).await;
    assert!(!refer(store, 1, 50, "A").await, "nobody has it");
    lease(store, 5, 50, 9).await;
    lease(store, 50, 90, 9).await;
    assert!(!refer(store, 1, 50, "A").await, "its lease was over");
    assert!(refer(store, 1, 90, "B").await);
    cancel(store, 1, 60).await;
    assert!(!refer(store, 1, 90, "C").await, "it is given up");
    assert_eq!(get(store, 2, 1).await.unwrap().reference.as_deref(), Some("B"));
}
