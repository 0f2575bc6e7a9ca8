//! Connections that PostgreSQL ends: statements on them may fail, later ones succeed.

use crate::harness::{TestStore, command};
use crate::samples::{maker, mix, uuid};
use futures_util::future::join_all;
use opendrs_domain::id::MakerId;
use opendrs_store::{Error, Result, maker};

postgres_only!(after_connections_are_ended_the_store_goes_on, what_was_acknowledged_while_connections_ended_is_there);

/// Ends every connection of the store and waits until they are closed; returns their number.
async fn end_connections(store: &TestStore) -> usize {
    let ended = "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'opendrs'";
    store.query_raw(ended).await.len()
}

async fn insert(store: &TestStore, n: u64) -> Result<()> {
    store.db.write(command(mix(n), n, |tx, n| Box::pin(async { maker::insert(tx, &maker(*n)).await }))).await
}

async fn find(store: &TestStore, n: u64) -> Result<bool> {
    store.try_read(async |tx| maker::find_by_id(tx, MakerId(uuid(n))).await).await.map(|found| found == Some(maker(n)))
}

fn is_unavailable<T>(answer: &Result<T>) -> bool {
    matches!(answer, Err(Error::Unavailable(_)))
}

async fn after_connections_are_ended_the_store_goes_on(store: &TestStore) {
    let connections = end_connections(store).await;
    assert!(connections >= 2, "writing and reading ones");
    let mut next = 0..;
    for round in 0..8 {
        let (mut lost, mut done) = (0, 0);
        while done < 20 {
            let n = next.next().unwrap();
            let (written, found) = (insert(store, n).await, find(store, n).await);
            for answer in [written.as_ref().map(drop), found.as_ref().map(drop)] {
                match answer {
                    Ok(()) => done += 1,
                    Err(Error::Unavailable(_)) => lost += 1,
                    Err(other) => panic!("{other:?}"),
                }
            }
            if let (Ok(()), Ok(found)) = (written, found) {
                assert!(found, "what was answered is there");
            }
        }
        assert!(lost <= connections, "round {round}: {lost} answers lost, with {connections} connections");
        let last = next.start;
        assert!(insert(store, last + 1_000_000).await.is_ok() && find(store, last + 1_000_000).await.unwrap());
        assert_eq!(
            end_connections(store).await,
            2,
            "the one that writes, and of those that read the one that was needed"
        );
    }
}

async fn what_was_acknowledged_while_connections_ended_is_there(store: &TestStore) {
    for round in 0..5_u64 {
        let range = round * 1000..round * 1000 + 400;
        let writes = join_all(range.clone().map(|n| insert(store, n)));
        let (answers, _) = futures_util::future::join(writes, end_connections(store)).await;
        for (n, answer) in range.zip(answers) {
            assert!(answer.is_ok() || is_unavailable(&answer), "{answer:?}");
            if answer.is_ok() {
                let mut found = find(store, n).await;
                while is_unavailable(&found) {
                    // A reading connection that was ended: each fails once.
                    found = find(store, n).await;
                }
                assert!(found.unwrap(), "{n} was acknowledged");
            }
        }
    }
}
