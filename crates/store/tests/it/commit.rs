//! Group commit: many commands in one transaction, each answered individually.

use crate::harness::{CommandFuture, TestCommand, TestStore, command};
use crate::samples::{asin, customer, maker, mix, order, slot_id, uuid};
use futures_util::FutureExt as _;
use futures_util::future::join_all;
use opendrs_domain::customer::Customer;
use opendrs_domain::device::DeviceRef;
use opendrs_domain::id::{CustomerId, DeviceId, MakerId};
use opendrs_domain::maker::Maker;
use opendrs_domain::subscription::Subscription;
use opendrs_store::{Db, Error, Result, Tx, customer, maker, order, subscription};
use tokio::task::unconstrained;

both!(
    three_hundred_commands_at_once_are_all_answered_and_present,
    a_command_that_fails_spares_its_neighbours_and_leaves_nothing,
    a_command_that_goes_on_after_a_failed_statement_is_refused_and_costs_nobody_else,
    a_command_that_panics_spares_its_neighbours_and_those_after_it,
    commands_of_one_key_run_in_the_order_they_came,
    what_is_put_and_refused_costs_its_command_alone,
    a_command_sees_what_it_and_those_of_its_key_have_put,
    a_command_whose_caller_went_away_is_still_done,
    readers_see_what_was_answered_at_once,
);

/// Adds a maker and returns its number.
fn insert_maker(n: u64) -> TestCommand<u64, u64> {
    command(mix(n), n, |tx, n| Box::pin(async { maker::insert(tx, &maker(*n)).await.map(|()| *n) }))
}

/// Adds an order with an id by a deferred statement, which fails if the order exists.
fn insert_order(n: u64, id: u64) -> TestCommand<u64, ()> {
    command(mix(n), id, |tx, id| Box::pin(async { order::insert(tx, 1, &order(*id, DeviceId(uuid(1)))).await }))
}

/// Chooses a product for a slot that has none; returns whether it had none and has this one now.
fn choose_product(n: u64) -> TestCommand<u64, bool> {
    command(5, n, |tx, n| {
        Box::pin(async {
            let (device, slot, chosen) = (DeviceId(uuid(1)), slot_id("a"), Some(asin(*n)));
            let before =
                subscription::lock(tx, DeviceRef { shard: 1, id: device }, &slot).await?.and_then(|sub| sub.asin);
            if before.is_some() {
                return Ok(false);
            }
            let sub = Subscription {
                slot: slot.clone(),
                asin: chosen.clone(),
                enabled: true,
                open_order: None,
                last_agreed_price: None,
            };
            subscription::upsert(tx, DeviceRef { shard: 1, id: device }, &sub).await?;
            Ok(subscription::lock(tx, DeviceRef { shard: 1, id: device }, &slot).await?.and_then(|sub| sub.asin)
                == chosen)
        })
    })
}

/// Adds a customer, then a maker whose name is taken: the second half fails.
fn fail_second_insert(n: u64) -> TestCommand<u64, u64> {
    command(mix(n), n, |tx, n| {
        Box::pin(async {
            customer::upsert(tx, 0, &customer(*n), "x").await?;
            maker::insert(tx, &Maker { id: MakerId(uuid(*n)), ..maker(0) }).await.map(|()| *n)
        })
    })
}

async fn three_hundred_commands_at_once_are_all_answered_and_present(store: &TestStore) {
    let answers = join_all((0..300).map(|n| store.db.write(insert_maker(n)))).await;
    for (n, answer) in (0..).zip(answers) {
        assert_eq!(answer.unwrap(), n, "each caller gets its own answer");
    }
    assert_eq!(store.count("maker").await, 300);
}

async fn what_is_put_and_refused_costs_its_command_alone(store: &TestStore) {
    store.db.write(insert_order(0, 7)).await.unwrap();
    let is_taken = |n: u64| n % 20 == 3;
    let answers =
        join_all((1..100).map(|n| store.db.write(insert_order(n, if is_taken(n) { 7 } else { n + 100 })))).await;
    for (n, answer) in (1..).zip(answers) {
        match answer {
            Ok(()) => assert!(!is_taken(n), "{n}"),
            Err(error) => {
                assert!(is_taken(n) && matches!(error, Error::Statement { query: "OrderPut", .. }), "{n}: {error}");
            }
        }
    }
    assert_eq!(store.count("orders").await, 95);
}

async fn a_command_sees_what_it_and_those_of_its_key_have_put(store: &TestStore) {
    let sub =
        Subscription { slot: slot_id("a"), asin: None, enabled: false, open_order: None, last_agreed_price: None };
    store
        .write(sub, |tx, sub| Box::pin(subscription::upsert(tx, DeviceRef { shard: 1, id: DeviceId(uuid(1)) }, sub)))
        .await;
    let chose = join_all((1..=100).map(|n| store.db.write(choose_product(n)))).await;
    let chose: Vec<_> = chose.into_iter().map(Result::unwrap).collect();
    assert_eq!(chose.iter().position(|chose| *chose), Some(0), "they come in their order");
    assert_eq!(chose.iter().filter(|chose| **chose).count(), 1);
}

async fn a_command_that_fails_spares_its_neighbours_and_leaves_nothing(store: &TestStore) {
    store.db.write(insert_maker(0)).await.unwrap();
    let is_bad = |n: u64| n % 40 == 7;
    let answers =
        join_all((1..200).map(|n| store.db.write(if is_bad(n) { fail_second_insert(n) } else { insert_maker(n) })))
            .await;
    for (n, answer) in (1..).zip(answers) {
        match answer {
            Ok(answer) => assert!(answer == n && !is_bad(n), "{n}"),
            Err(error) => {
                assert!(is_bad(n) && matches!(error, Error::Statement { query: "MakerPut", .. }), "{n}: {error}");
            }
        }
    }
    assert_eq!((store.count("maker").await, store.count("customer").await), (195, 0));
}

async fn a_command_that_goes_on_after_a_failed_statement_is_refused_and_costs_nobody_else(store: &TestStore) {
    store.db.write(insert_maker(0)).await.unwrap();
    let stubborn = |n: u64| {
        command(mix(n), n, |tx, n| {
            Box::pin(async {
                let taken = maker::insert(tx, &Maker { id: MakerId(uuid(*n)), ..maker(0) }).await;
                assert!(taken.is_err());
                Ok(*n)
            })
        })
    };
    for round in 0..10 {
        let range = round * 20 + 1..round * 20 + 20;
        let neighbours = join_all(range.clone().map(|n| store.db.write(insert_maker(n))));
        let (good, bad) = futures_util::future::join(neighbours, store.db.write(stubborn(1_000 + round))).await;
        assert!(bad.is_err(), "PostgreSQL would have rolled it back and called that a success");
        assert!(good.iter().all(Result::is_ok), "{good:?}");
        for n in range {
            assert_eq!(store.read(async |tx| maker::find_by_id(tx, MakerId(uuid(n))).await).await, Some(maker(n)));
        }
    }
}

async fn a_command_that_panics_spares_its_neighbours_and_those_after_it(store: &TestStore) {
    let panics = |n: u64| {
        command(mix(n), n, |tx, n| {
            Box::pin(async {
                maker::insert(tx, &maker(*n)).await?;
                assert_eq!(*n, 0, "a bug of ours, on purpose");
                Ok(*n)
            })
        })
    };
    let answers =
        join_all((0..60).map(|n| store.db.write(if n % 20 == 7 { panics(n) } else { insert_maker(n) }))).await;
    for (n, answer) in answers.into_iter().enumerate() {
        assert_eq!(answer.is_err(), n % 20 == 7, "{n}: {answer:?}");
    }
    join_all((60..80).map(|n| store.db.write(insert_maker(n))))
        .await
        .into_iter()
        .for_each(|answer| assert!(answer.is_ok()));
    assert_eq!(store.count("maker").await, 77);
}

/// Appends a number to a customer's name.
fn append_to_name(key: u64, n: u64) -> TestCommand<(u64, u64), ()> {
    command(key, (key, n), |tx, (key, n)| Box::pin(apply_append(tx, *key, *n)))
}

async fn apply_append(tx: &mut Tx<'_>, key: u64, n: u64) -> Result<()> {
    let found = customer::find_by_id(tx, 0, CustomerId(uuid(key)))
        .await?
        .unwrap_or(Customer { name: String::new(), ..customer(key) });
    customer::upsert(tx, 0, &Customer { name: format!("{}{n} ", found.name), ..found }, "x").await
}

async fn commands_of_one_key_run_in_the_order_they_came(store: &TestStore) {
    store.db.write(insert_maker(0)).await.unwrap();
    let mut waiting: Vec<CommandFuture<'_, ()>> = Vec::new();
    for n in 0..40 {
        for key in 0..12 {
            waiting.push(Box::pin(unconstrained(store.db.write(append_to_name(key, n)))));
        }
        if n % 15 == 14 {
            // Its failure makes the batch run again, one command at a time.
            let failing = async { store.db.write(fail_second_insert(77)).await.map(drop).or(Ok(())) };
            waiting.push(Box::pin(unconstrained(failing)));
        }
    }
    // One poll queues the command, unless tokio's budget for the test is used up: hence `unconstrained`. A completed
    // answer must not be polled again.
    waiting.retain_mut(|answer| answer.now_or_never().map(Result::unwrap).is_none());
    join_all_ok(waiting).await;
    let wanted = (0..40).map(|n| format!("{n} ")).collect::<String>();
    for key in 0..12 {
        let found = store.read(async |tx| customer::find_by_id(tx, 0, CustomerId(uuid(key))).await).await.unwrap();
        assert_eq!(found.name, wanted, "key {key}");
    }
}

async fn join_all_ok(waiting: Vec<CommandFuture<'_, ()>>) {
    for answer in join_all(waiting).await {
        answer.unwrap();
    }
}

async fn a_command_whose_caller_went_away_is_still_done(store: &TestStore) {
    for n in 0..50 {
        let mut gone = Box::pin(unconstrained(store.db.write(append_to_name(1, n))));
        let _ = (&mut gone).now_or_never();
        drop(gone);
    }
    store.db.write(append_to_name(1, 99)).await.unwrap();
    let found = store.read(async |tx| customer::find_by_id(tx, 0, CustomerId(uuid(1))).await).await.unwrap();
    assert_eq!(found.name.split_whitespace().count(), 51);
}

async fn readers_see_what_was_answered_at_once(store: &TestStore) {
    let write_then_read = |n: u64, db: Db| async move {
        db.write(insert_maker(n)).await.unwrap();
        let mut reader = db.reader().await.unwrap();
        assert_eq!(maker::find_by_id(&mut reader.tx().unwrap(), MakerId(uuid(n))).await.unwrap(), Some(maker(n)));
    };
    // More tasks than reading connections.
    let tasks = (0..100).map(|n| tokio::spawn(write_then_read(n, store.db.clone())));
    join_all(tasks).await.into_iter().for_each(|task| task.unwrap());
}
