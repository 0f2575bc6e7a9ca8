//! Several processes on one store: two nodes on one PostgreSQL, a command line beside the server on one SQLite file.

use crate::harness::{TestCommand, TestStore, command};
use crate::samples::{at, customer, device, email, hash, maker, mix, model, serial, uuid};
use futures_util::future::join_all;
use opendrs_domain::customer::Customer;
use opendrs_domain::device::{DeviceRef, RevokedFamilies};
use opendrs_domain::id::{ClientId, CustomerId, MakerId, ProfileId};
use opendrs_domain::login::code::AuthorizationCode;
use opendrs_domain::login::refresh_rotation::RotationOutcome;
use opendrs_domain::login::scope::Scopes;
use opendrs_domain::model::Model;
use opendrs_domain::token::TokenGenerations;
use opendrs_store::{Command, Error, Result, Tx, code, consent, customer, device, maker, model};
use std::collections::BTreeSet;

both!(
    every_acknowledged_change_to_few_rows_is_there,
    changes_to_two_rows_in_any_order_all_come_through,
    a_unit_registered_at_once_has_one_registration_in_the_end,
    an_email_address_claimed_at_once_is_one_customers,
    a_code_presented_at_once_is_accepted_once,
    a_refresh_token_used_at_once_turns_once,
);

/// Two stores on one location. Deadlocks are detected immediately, so that tests need not wait a second for each.
async fn open_two_nodes(store: &TestStore) -> [TestStore; 2] {
    if let opendrs_store::Engine::Postgres = store.db.engine() {
        let set = "EXECUTE format('ALTER DATABASE %I SET deadlock_timeout = ''10ms''', current_database())";
        store.execute_raw(&format!("DO $$ BEGIN {set}; END $$")).await;
    }
    [TestStore::open(store.location.clone()).await, TestStore::open(store.location.clone()).await]
}

/// Runs commands on the two stores in turns, each in a task of its own; none may fail.
async fn write_alternating<W: Command>(
    nodes: &[TestStore; 2],
    commands: impl IntoIterator<Item = W>,
) -> Vec<W::Output> {
    let tasks = commands.into_iter().zip([0, 1].into_iter().cycle()).map(|(command, at)| {
        let db = nodes[at].db.clone();
        tokio::spawn(async move { db.write(command).await })
    });
    join_all(tasks).await.into_iter().map(|answer| answer.unwrap().unwrap()).collect()
}

const PROFILE: fn() -> ProfileId = || ProfileId(uuid(0));

/// Adds a token family to the revoked ones of these customers.
fn revoke_family(key: u64, customers: &[u64], family: u64) -> TestCommand<(Vec<u64>, u64), ()> {
    command(key, (customers.to_vec(), family), |tx, (customers, family)| {
        Box::pin(async move {
            for customer in customers {
                let customer = CustomerId(uuid(*customer));
                let mut found = consent::lock(tx, 0, customer, PROFILE()).await?.ok_or_else(missing_row)?;
                found.revoked_families.insert(*family);
                consent::set_revoked_families(tx, 0, customer, PROFILE(), &found.revoked_families).await?;
            }
            Ok(())
        })
    })
}

fn missing_row() -> Error {
    Error::CannotOpen("the row is gone".into())
}

async fn insert_consents(store: &TestStore, customers: u64) {
    for n in 0..customers {
        store
            .write(n, |tx, n| {
                Box::pin(consent::upsert(tx, 0, CustomerId(uuid(*n)), PROFILE(), Scopes::from_bits(1), at(0)))
            })
            .await;
    }
}

async fn find_revoked_families(store: &TestStore, customer: u64) -> BTreeSet<u64> {
    let found = store.read(async |tx| consent::find(tx, 0, CustomerId(uuid(customer)), PROFILE()).await).await;
    let RevokedFamilies(families) = found.unwrap().revoked_families;
    families.into_iter().collect()
}

async fn every_acknowledged_change_to_few_rows_is_there(store: &TestStore) {
    let nodes = open_two_nodes(store).await;
    insert_consents(store, 6).await;
    let row = |n: u64| mix(n) % 6;
    write_alternating(&nodes, (0..900).map(|n| revoke_family(row(n), &[row(n)], n))).await;
    for customer in 0..6 {
        assert_eq!(find_revoked_families(store, customer).await, (0..900).filter(|n| row(*n) == customer).collect());
    }
}

async fn changes_to_two_rows_in_any_order_all_come_through(store: &TestStore) {
    let nodes = open_two_nodes(store).await;
    insert_consents(store, 4).await;
    // Any two different rows of the four, in either order, to provoke deadlocks.
    let rows = |n: u64| [mix(n) % 4, (mix(n) % 4 + 1 + mix(n) / 4 % 3) % 4];
    write_alternating(&nodes, (0..200).map(|n| revoke_family(1, &rows(n), n))).await;
    for customer in 0..4 {
        assert_eq!(
            find_revoked_families(store, customer).await,
            (0..200).filter(|n| rows(*n).contains(&customer)).collect()
        );
    }
}

/// Registers a unit as a sign-up does: it ends the current registration, if any, and creates a new one.
async fn register_device(tx: &mut Tx<'_>, model: &Model, unit: u64, n: u64) -> Result<()> {
    let fresh = device(n, model, &format!("unit-{unit}"));
    if let Some(id) = device::lock_by_unit(tx, 3, model.id, &fresh.serial).await? {
        let old = device::lock(tx, DeviceRef { shard: 3, id }).await?.ok_or_else(missing_row)?;
        device::end_registration(tx, 3, &old, at(1)).await?;
    }
    device::insert(tx, 3, &fresh).await
}

async fn a_unit_registered_at_once_has_one_registration_in_the_end(store: &TestStore) {
    let nodes = open_two_nodes(store).await;
    let washer = model(1, MakerId(uuid(1)));
    store.write(washer.clone(), |tx, m| Box::pin(model::upsert(tx, m))).await;
    // Eight sign-ups of each of twenty units.
    let sign_up = |n: u64| {
        command(n / 8, n, |tx, n| {
            Box::pin(async { register_device(tx, &model(1, MakerId(uuid(1))), *n / 8, *n).await })
        })
    };
    write_alternating(&nodes, (0..160).map(sign_up)).await;
    assert_eq!(store.count("device").await, 160);
    assert_eq!(store.count("device WHERE deregistered_at IS NULL").await, 20);
    for unit in 0..20 {
        let with = (washer.id, serial(&format!("unit-{unit}")));
        let id =
            store.write(with, |tx, (model, unit)| Box::pin(device::lock_by_unit(tx, 3, *model, unit))).await.unwrap();
        let found = store.read(async |tx| device::find_by_id(tx, DeviceRef { shard: 3, id }).await).await.unwrap();
        assert_eq!((found.deregistered_at, found.serial), (None, serial(&format!("unit-{unit}"))));
    }
}

/// Reserves an address as a customer's sign-up does, unless it is taken.
async fn claim_email(tx: &mut Tx<'_>, address: u64, n: u64) -> Result<bool> {
    let email = email(&format!("ann+{address}@example.com"));
    if customer::find_id_by_email(tx, 2, &email).await?.is_some() {
        return Ok(false);
    }
    customer::insert_email(tx, 2, &email, CustomerId(uuid(n))).await?;
    customer::upsert(tx, 2, &Customer { email, ..customer(n) }, "x").await.map(|()| true)
}

async fn an_email_address_claimed_at_once_is_one_customers(store: &TestStore) {
    let nodes = open_two_nodes(store).await;
    // Failing commands make each node run its batches again one by one, while the other node continues.
    store.write((), |tx, ()| Box::pin(async { maker::insert(tx, &maker(1)).await })).await;
    let failing = (0..80).map(|n: usize| {
        let db = nodes[n % 2].db.clone();
        tokio::spawn(async move {
            db.write(command(n as u64, (), |tx, ()| Box::pin(async { maker::insert(tx, &maker(1)).await }))).await
        })
    });
    let failing: Vec<_> = failing.collect();
    let sign_up = |n: u64| command(n / 4, n, |tx, n| Box::pin(claim_email(tx, *n / 4, *n)));
    let claimed = write_alternating(&nodes, (0..320).map(sign_up)).await;
    for of_address in claimed.chunks(4) {
        assert_eq!(of_address.iter().filter(|claimed| **claimed).count(), 1, "{of_address:?}");
    }
    assert_eq!((store.count("customer").await, store.count("customer_email").await), (80, 80));
    assert!(join_all(failing).await.into_iter().all(|answer| answer.unwrap().is_err()));
}

async fn a_code_presented_at_once_is_accepted_once(store: &TestStore) {
    let nodes = open_two_nodes(store).await;
    for n in 0..20 {
        let code = AuthorizationCode {
            hash: hash(n),
            device: None,
            customer: CustomerId(uuid(n)),
            client: ClientId(uuid(n)),
            redirect_uri: String::new(),
            challenge: None,
            scopes: Scopes::from_bits(1),
            family: n,
            generations: TokenGenerations::default(),
            expires_at: at(9),
            used_at: None,
        };
        store.write(code, |tx, c| Box::pin(code::insert(tx, 1, c))).await;
    }
    let present = |n: u64| {
        command(n / 4, n / 4, |tx, n| {
            Box::pin(async {
                let found = code::lock(tx, 1, &hash(*n)).await?.ok_or_else(missing_row)?;
                code::mark_used(tx, 1, &hash(*n), at(1)).await?;
                Ok(found.used_at.is_none())
            })
        })
    };
    for of_code in write_alternating(&nodes, (0..80).map(present)).await.chunks(4) {
        assert_eq!(of_code.iter().filter(|accepted| **accepted).count(), 1, "{of_code:?}");
    }
}

async fn a_refresh_token_used_at_once_turns_once(store: &TestStore) {
    let nodes = open_two_nodes(store).await;
    for n in 0..20 {
        store
            .write(n, |tx, n| {
                Box::pin(consent::upsert(tx, 1, CustomerId(uuid(*n)), ProfileId(uuid(1)), Scopes::from_bits(2), at(0)))
            })
            .await;
    }
    let use_it = |n: u64| {
        command(n / 4, n / 4, |tx, n| {
            Box::pin(async {
                let (customer, profile) = (CustomerId(uuid(*n)), ProfileId(uuid(1)));
                let (consent, mut turns) =
                    consent::lock_with_rotation(tx, 1, customer, profile).await?.ok_or_else(missing_row)?;
                let turned = turns.use_token(7, at(0), false, at(5));
                if let RotationOutcome::Rotated(_) = turned {
                    consent::save_rotation(tx, 1, customer, profile, &consent.revoked_families, &turns).await?;
                }
                Ok(turned)
            })
        })
    };
    for of_token in write_alternating(&nodes, (0..80).map(use_it)).await.chunks(4) {
        let count = |turned| of_token.iter().filter(|found| **found == turned).count();
        assert_eq!(
            (count(RotationOutcome::Rotated(at(5))), count(RotationOutcome::Repeated(at(5)))),
            (1, 3),
            "{of_token:?}"
        );
    }
}
