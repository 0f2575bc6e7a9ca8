//! Sessions.

use crate::harness::TestStore;
use crate::samples::{at, hash, uuid};
use opendrs_domain::id::CustomerId;
use opendrs_domain::session::Session;
use opendrs_store::session;

both!(
    a_session_comes_back_until_it_is_ended,
    a_customer_sees_and_ends_sessions_of_their_own,
    a_purge_takes_what_ended_first_and_no_more_than_it_may,
);

fn sample_session(n: u64, ends: i64) -> Session {
    Session {
        id: hash(n),
        customer: CustomerId(uuid(n)),
        created_at: at(-1),
        expires_at: at(ends),
        generation: 0,
        used_at: at(0),
        agent: "Firefox/150.0".into(),
    }
}

async fn insert(store: &TestStore, shard: i64, session: &Session) {
    store.write((shard, session.clone()), |tx, (shard, s)| Box::pin(session::insert(tx, *shard, s))).await;
}

async fn find(store: &TestStore, shard: i64, n: u64) -> Option<Session> {
    store.read(async |tx| session::find_by_id(tx, shard, &hash(n)).await).await
}

async fn a_session_comes_back_until_it_is_ended(store: &TestStore) {
    insert(store, 3, &sample_session(1, 10)).await;
    insert(store, 3, &sample_session(2, 20)).await;
    assert_eq!(find(store, 3, 1).await, Some(sample_session(1, 10)));
    assert_eq!((find(store, 4, 1).await, find(store, 3, 9).await), (None, None));
    for _ in 0..2 {
        store.write((), |tx, ()| Box::pin(async { session::delete(tx, 3, &hash(1)).await })).await;
        assert_eq!((find(store, 3, 1).await, find(store, 3, 2).await), (None, Some(sample_session(2, 20))));
    }
}

async fn a_customer_sees_and_ends_sessions_of_their_own(store: &TestStore) {
    let (ann, bob) = (CustomerId(uuid(1)), CustomerId(uuid(2)));
    let own = |n: u64, customer| Session { customer, created_at: at(n.cast_signed()), ..sample_session(n, 99) };
    for session in [own(1, ann), own(2, bob), own(3, ann), own(4, ann)] {
        insert(store, 5, &session).await;
    }
    let list = async |of| store.read(async |tx| session::list_by_customer(tx, of).await).await;
    assert_eq!(list(ann).await, [own(4, ann), own(3, ann), own(1, ann)]);
    store.write((), |tx, ()| Box::pin(async { session::record_use(tx, 5, &hash(3), at(50)).await })).await;
    let used = Session { used_at: at(50), ..own(3, ann) };
    let end = async |n, of| {
        store.write((n, of), |tx, (n, of)| Box::pin(async { session::delete_own(tx, 5, &hash(*n), *of).await })).await
    };
    assert!(!end(2, ann).await, "another customer's");
    assert!(end(1, ann).await && !end(1, ann).await);
    assert_eq!(list(ann).await, [own(4, ann), used.clone()]);
    let ended = store
        .write((), |tx, ()| Box::pin(async { session::delete_others(tx, CustomerId(uuid(1)), &hash(3)).await }))
        .await;
    assert_eq!((ended, list(ann).await, list(bob).await), (1, vec![used], vec![own(2, bob)]));
}

async fn a_purge_takes_what_ended_first_and_no_more_than_it_may(store: &TestStore) {
    for n in [3, 1, 5, 2, 4] {
        insert(store, n % 2, &sample_session(n.cast_unsigned(), n)).await;
    }
    for (before, limit, gone, left) in [
        (0, 9, 0, "12345"),
        (1, 9, 0, "12345"), // what ends now has not ended before
        (4, 2, 2, "345"),
        (4, 2, 1, "45"),
        (4, 2, 0, "45"),
        (9, 0, 0, "45"),
        (9, 9, 2, ""),
    ] {
        let purged =
            store.write((before, limit), |tx, (before, limit)| Box::pin(session::purge(tx, at(*before), *limit))).await;
        assert_eq!(purged, gone, "before {before}, at most {limit}");
        let mut found = String::new();
        for n in 1..=5 {
            if find(store, n % 2, n.cast_unsigned()).await.is_some() {
                found.push_str(&n.to_string());
            }
        }
        assert_eq!(found, left, "before {before}, at most {limit}");
    }
}
