//! Calls to back ends.

use crate::harness::TestStore;
use crate::samples::{at, ordered_uuid};
use opendrs_domain::fulfilment::BackendCallKind;
use opendrs_domain::id::OrderId;
use opendrs_store::fulfilment::{self, BackendCall};

both!(
    a_call_is_taken_once_and_again_when_its_lease_is_over,
    a_call_that_is_waited_for_is_not_put_twice,
    only_what_was_asked_for_is_given_up,
    a_withdrawal_reaches_who_has_the_order_once,
    what_went_wrong_is_kept_until_it_is_asked_for_again,
    what_is_watched_is_looked_at_when_it_is_due_or_hinted_at,
    what_was_begun_is_known_until_it_is_cleared,
    only_who_has_the_call_names_its_order,
);

const ORDER_ID: fn(u64) -> OrderId = |n| OrderId(ordered_uuid(n));

async fn request_place(store: &TestStore, shard: i64, n: u64, due: i64) {
    let with = (shard, ORDER_ID(n), at(due));
    store.write(with, |tx, (shard, id, due)| Box::pin(fulfilment::request_place(tx, *shard, *id, *due))).await;
}

async fn request_cancel(store: &TestStore, n: u64, due: i64) {
    store.write((n, due), |tx, (n, due)| Box::pin(fulfilment::request_cancel(tx, 2, ORDER_ID(*n), at(*due)))).await;
}

async fn record_result(store: &TestStore, n: u64, due: Option<i64>, error: Option<&'static str>) {
    store
        .write((n, due, error), |tx, (n, due, error)| {
            Box::pin(fulfilment::record_result(tx, 2, ORDER_ID(*n), due.map(at), *error))
        })
        .await;
}

async fn lease(store: &TestStore, now: i64, until: i64, limit: i64) -> Vec<BackendCall> {
    let with = (at(now), at(until), limit);
    let mut calls =
        store.write(with, |tx, (now, until, limit)| Box::pin(fulfilment::lease(tx, *now, *until, *limit))).await;
    calls.sort_by_key(|call| call.order.0);
    calls
}

async fn lock(store: &TestStore, shard: i64, n: u64) -> Option<BackendCall> {
    store.write((shard, n), |tx, (shard, n)| Box::pin(fulfilment::lock(tx, *shard, ORDER_ID(*n)))).await
}

async fn find_next_due(store: &TestStore) -> Option<opendrs_domain::time::Time> {
    store.read(async |tx| fulfilment::find_next_due(tx).await).await
}

async fn a_call_is_taken_once_and_again_when_its_lease_is_over(store: &TestStore) {
    assert_eq!((find_next_due(store).await, lease(store, 99, 100, 9).await), (None, vec![]));
    for (shard, n, due) in [(2, 1, 5), (3, 2, 6), (2, 3, 7)] {
        request_place(store, shard, n, due).await;
    }
    assert_eq!(find_next_due(store).await, Some(at(5)));
    let call = |shard, n, tries, due| BackendCall {
        shard,
        order: ORDER_ID(n),
        kind: BackendCallKind::Place,
        attempts: tries,
        due_at: Some(at(due)),
        reference: None,
        begun_at: None,
    };
    assert_eq!(lease(store, 4, 50, 9).await, []);
    assert_eq!(lease(store, 7, 50, 2).await, [call(2, 1, 1, 50), call(3, 2, 1, 50)], "the first two");
    assert_eq!(lease(store, 49, 60, 9).await, [call(2, 3, 1, 60)]);
    assert_eq!(lease(store, 50, 70, 9).await, [call(2, 1, 2, 70), call(3, 2, 2, 70)]);
    record_result(store, 1, None, None).await;
    assert_eq!(lease(store, 60, 80, 9).await, [call(2, 3, 2, 80)], "the first has its answer");
    let answered = BackendCall { due_at: None, ..call(2, 1, 2, 0) };
    assert_eq!((lock(store, 2, 1).await, lock(store, 3, 1).await), (Some(answered), None));
}

async fn a_call_that_is_waited_for_is_not_put_twice(store: &TestStore) {
    request_place(store, 2, 1, 5).await;
    lease(store, 5, 50, 9).await;
    request_place(store, 2, 1, 6).await;
    assert_eq!((find_next_due(store).await, lock(store, 2, 1).await.unwrap().attempts), (Some(at(50)), 1));
    record_result(store, 1, None, None).await;
    request_place(store, 2, 1, 7).await;
    assert_eq!((find_next_due(store).await, lock(store, 2, 1).await.unwrap().attempts), (Some(at(7)), 0), "asked anew");
}

async fn only_what_was_asked_for_is_given_up(store: &TestStore) {
    request_cancel(store, 1, 5).await;
    assert_eq!((find_next_due(store).await, lock(store, 2, 1).await), (None, None));
    request_place(store, 2, 1, 5).await;
    request_place(store, 2, 2, 50).await;
    request_cancel(store, 1, 6).await;
    let call = lock(store, 2, 1).await.unwrap();
    assert_eq!((call.kind, call.attempts, find_next_due(store).await), (BackendCallKind::Cancel, 0, Some(at(6))));
    record_result(store, 1, None, None).await;
    request_cancel(store, 1, 7).await;
    assert_eq!(find_next_due(store).await, Some(at(50)), "given up before");
    assert_eq!(lock(store, 2, 2).await.unwrap().kind, BackendCallKind::Place);
}

async fn a_withdrawal_reaches_who_has_the_order_once(store: &TestStore) {
    let request = async |n, due| {
        store
            .write((n, due), |tx, (n, due)| Box::pin(fulfilment::request_withdraw(tx, 2, ORDER_ID(*n), at(*due))))
            .await;
    };
    request(1, 5).await;
    assert_eq!(lock(store, 2, 1).await, None, "nobody was asked to take it");
    request_place(store, 2, 1, 5).await;
    record_result(store, 1, None, Some("it's down")).await;
    request(1, 6).await;
    let call = lock(store, 2, 1).await.unwrap();
    assert_eq!((call.kind, call.attempts, call.due_at), (BackendCallKind::Withdraw, 0, Some(at(6))));
    record_result(store, 1, None, None).await;
    request(1, 7).await;
    assert_eq!(lock(store, 2, 1).await.unwrap().due_at, None, "made before");
    request_cancel(store, 1, 8).await;
    request(1, 9).await;
    let call = lock(store, 2, 1).await.unwrap();
    assert_eq!((call.kind, call.due_at), (BackendCallKind::Cancel, Some(at(8))), "what is cancelled is over");
}

async fn what_went_wrong_is_kept_until_it_is_asked_for_again(store: &TestStore) {
    let error = async || store.read(async |tx| fulfilment::find_last_error(tx, 2, ORDER_ID(1)).await).await;
    request_place(store, 2, 1, 5).await;
    assert_eq!(error().await, None);
    record_result(store, 1, Some(9), Some("it's down")).await;
    assert_eq!((error().await.as_deref(), find_next_due(store).await), (Some("it's down"), Some(at(9))));
    request_cancel(store, 1, 10).await;
    assert_eq!(error().await, None);
}

async fn schedule_watch(store: &TestStore, n: u64, due: i64) {
    store.write((n, due), |tx, (n, due)| Box::pin(fulfilment::schedule_watch(tx, 2, ORDER_ID(*n), at(*due)))).await;
}

async fn record_reference(store: &TestStore, n: u64, until: i64, reference: &'static str) -> bool {
    let with = (n, until, reference);
    store
        .write(with, |tx, (n, until, name)| {
            Box::pin(fulfilment::record_reference(tx, 2, ORDER_ID(*n), at(*until), name, None))
        })
        .await
}

async fn expedite_watch(store: &TestStore, reference: &'static str, now: i64) -> bool {
    let seen = store.read(async |tx| fulfilment::is_reference_watched(tx, reference).await).await;
    let done =
        store.write((reference, now), |tx, (name, now)| Box::pin(fulfilment::expedite_watch(tx, name, at(*now)))).await;
    assert_eq!(seen, done, "what is seen is what is done");
    done
}

async fn what_is_watched_is_looked_at_when_it_is_due_or_hinted_at(store: &TestStore) {
    request_place(store, 2, 1, 5).await;
    lease(store, 5, 50, 9).await;
    assert!(record_reference(store, 1, 50, "R1").await);
    assert!(!expedite_watch(store, "R1", 10).await, "it is not there yet");
    schedule_watch(store, 1, 100).await;
    assert_eq!((find_next_due(store).await, lock(store, 2, 1).await.unwrap().attempts), (Some(at(100)), 0));
    assert!(!expedite_watch(store, "R2", 10).await);
    assert!(expedite_watch(store, "R1", 10).await);
    let call = &lease(store, 10, 60, 9).await[0];
    assert_eq!((call.kind, call.attempts, call.reference.as_deref()), (BackendCallKind::Watch, 1, Some("R1")));
    // A request to expedite that arrives during a query is kept when the result is recorded.
    assert!(expedite_watch(store, "R1", 11).await);
    assert_eq!(lock(store, 2, 1).await.unwrap().due_at, Some(at(11)));
    // A watched order can be placed again, and cancelled.
    request_place(store, 2, 1, 12).await;
    let call = lock(store, 2, 1).await.unwrap();
    assert_eq!((call.kind, call.due_at, call.reference.as_deref()), (BackendCallKind::Place, Some(at(12)), Some("R1")));
    schedule_watch(store, 1, 100).await;
    request_cancel(store, 1, 13).await;
    assert_eq!(lock(store, 2, 1).await.unwrap().kind, BackendCallKind::Cancel);
    assert!(!expedite_watch(store, "R1", 5).await, "it is being given up");
    schedule_watch(store, 1, 100).await;
    record_result(store, 1, None, None).await;
    assert!(!expedite_watch(store, "R1", 14).await, "it is over");
}

async fn what_was_begun_is_known_until_it_is_cleared(store: &TestStore) {
    let begin = async |until: i64, now: i64| {
        let with = (until, now);
        store
            .write(with, |tx, (until, now)| {
                Box::pin(fulfilment::record_begin(tx, 2, ORDER_ID(1), at(*until), at(*now)))
            })
            .await
    };
    let named = async |unheard: Option<i64>| {
        let refer = store.write(unheard, |tx, unheard| {
            Box::pin(fulfilment::record_reference(tx, 2, ORDER_ID(1), at(90), "R1", unheard.map(at)))
        });
        assert!(refer.await);
        lock(store, 2, 1).await.unwrap().begun_at
    };
    request_place(store, 2, 1, 5).await;
    assert!(!begin(50, 1000).await, "nobody has it");
    lease(store, 5, 50, 9).await;
    assert!(begin(50, 1000).await);
    assert_eq!(lease(store, 50, 90, 9).await[0].begun_at, Some(at(1000)));
    assert!(!begin(50, 2000).await, "its lease was over");
    assert!(begin(90, 2000).await);
    assert_eq!(lock(store, 2, 1).await.unwrap().begun_at, Some(at(1000)), "the first time is the one that counts");
    assert_eq!((named(Some(1000)).await, named(None).await), (Some(at(1000)), None));
    let known = async |name: &'static str| store.read(async |tx| fulfilment::reference_exists(tx, name).await).await;
    assert_eq!((known("R1").await, known("R2").await), (true, false));
}

async fn only_who_has_the_call_names_its_order(store: &TestStore) {
    request_place(store, 2, 1, 5).await;
    assert!(!record_reference(store, 1, 50, "A").await, "nobody has it");
    lease(store, 5, 50, 9).await;
    lease(store, 50, 90, 9).await;
    assert!(!record_reference(store, 1, 50, "A").await, "its lease was over");
    assert!(record_reference(store, 1, 90, "B").await);
    request_cancel(store, 1, 60).await;
    assert!(!record_reference(store, 1, 90, "C").await, "it is given up");
    assert_eq!(lock(store, 2, 1).await.unwrap().reference.as_deref(), Some("B"));
}
