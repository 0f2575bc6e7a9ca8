//! A disk that fails to sync: nothing is acknowledged any more, and a restart finds what was acknowledged before.
//!
//! A command simulates the failure with the engine's error. A real one, caused by the system, is among the faults of
//! `cargo xtask torture`.

use crate::harness::{TestCommand, TestStore, command, on_sqlite};
use crate::samples::{maker, mix, uuid};
use futures_util::FutureExt as _;
use futures_util::future::join_all;
use opendrs_domain::id::MakerId;
use opendrs_store::{Error, maker};

/// Adds a maker; the disk fails for number 50.
fn insert(n: u64) -> TestCommand<u64, ()> {
    command(mix(n), n, |tx, n| {
        Box::pin(async {
            maker::insert(tx, &maker(*n)).await?;
            if *n == 50 { Err(Error::SyncFailed("as if".into())) } else { Ok(()) }
        })
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_failed_sync_the_writer_stops_and_a_new_start_finds_what_was_answered() {
    on_sqlite(run_after_failed_sync).await;
}

async fn run_after_failed_sync(store: &TestStore) {
    let early = join_all((0..50).map(|n| store.db.write(insert(n)))).await;
    assert!(early.iter().all(Result::is_ok));
    assert!(store.db.wait_stopped().now_or_never().is_none(), "it writes");

    let answers = join_all((50..100).map(|n| store.db.write(insert(n)))).await;
    assert!(matches!(answers[0], Err(Error::Unavailable(_))), "{:?}", answers[0]);
    store.db.wait_stopped().await;
    for n in 100..150 {
        let late = store.db.write(insert(n)).await;
        assert!(matches!(late, Err(Error::Unavailable(_))), "{late:?}");
    }

    let restarted = TestStore::open(store.location.clone()).await;
    let answered = (0..50).zip(early).chain((50..100).zip(answers)).filter(|(_, answer)| answer.is_ok());
    for (n, _) in answered {
        let found = restarted.read(async |tx| maker::find_by_id(tx, MakerId(uuid(n))).await).await;
        assert_eq!(found, Some(maker(n)), "{n} was answered");
    }
    for n in 100..150 {
        assert_eq!(restarted.read(async |tx| maker::find_by_id(tx, MakerId(uuid(n))).await).await, None);
    }
    restarted.db.write(insert(200)).await.unwrap();
}
