//! Sessions.

use crate::harness::TestStore;
use crate::samples::{at, hash, uuid};
use opendrs_domain::id::CustomerId;
use opendrs_domain::session::Session;
use opendrs_store::session;

both!(a_session_comes_back_until_it_is_ended, a_purge_takes_what_ended_first_and_no_more_than_it_may);

fn sample_session(n: u64, ends: i64) -> Session {
    Session { id: hash(n), customer: CustomerId(uuid(n)), created_at: at(-1), expires_at: at(ends), generation: 0 }
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
