//! Rows with invalid values: each is an error that names its query and column, never a default.

use crate::harness::{CommandFn, CommandFuture, TestStore, command};
use crate::samples::{
    asin, at, client, customer, device, event, hash, model, order, profile, reading_id, slot, slot_id, uuid,
};
use opendrs_domain::device::DeviceRef;
use opendrs_domain::id::{CustomerId, DeviceId, MakerId, OrderId, ProfileId};
use opendrs_domain::login::authorize::AuthorizationRequest;
use opendrs_domain::login::code::AuthorizationCode;
use opendrs_domain::login::scope::Scopes;
use opendrs_domain::model::Model;
use opendrs_domain::notification::EventFacts;
use opendrs_domain::profile::ClientKind;
use opendrs_domain::reading::SlotStatus;
use opendrs_domain::subscription::Subscription;
use opendrs_domain::takeover::{Takeover, TakeoverState};
use opendrs_domain::token::TokenGenerations;
use opendrs_store::signup::{self, SignupRow};
use opendrs_store::{
    Engine, Error, Result, Tx, code, consent, customer, device, model, order, outbox, profile, reading, subscription,
    takeover,
};

both!(every_bad_value_names_its_query_and_column, a_command_that_meets_a_bad_row_spares_its_neighbours);

const DEVICE: fn() -> DeviceId = || DeviceId(uuid(1));

fn sample_model() -> Model {
    model(1, MakerId(uuid(1)))
}

/// Inserts a row in every table with columns whose values are narrower than their type.
async fn insert_rows(tx: &mut Tx<'_>) -> Result<()> {
    let profile = profile(1, MakerId(uuid(1)));
    profile::upsert(tx, &profile).await?;
    profile::upsert_client(tx, &client(1, &profile, ClientKind::Web), 0).await?;
    model::upsert(tx, &sample_model()).await?;
    model::upsert_slot(tx, sample_model().id, 0, &slot("a")).await?;
    customer::upsert(tx, 0, &customer(1), "x").await?;
    consent::upsert(tx, 0, CustomerId(uuid(1)), profile.id, Scopes::from_bits(1), at(0)).await?;
    let (client_id, redirect_uri) = (client(1, &profile, ClientKind::Web).id, String::new());
    let request = AuthorizationRequest {
        client: client_id.to_string(),
        redirect_uri: redirect_uri.clone(),
        state: None,
        scopes: 1,
        device: None,
        challenge: None,
        issuer: None,
    };
    let (id, expires_at) = (hash(1), at(9));
    signup::upsert(
        tx,
        0,
        &SignupRow {
            id,
            session: id,
            request,
            consented: false,
            choices: vec![],
            expires_at,
            consent_generation: None,
            finished: false,
        },
    )
    .await?;
    let (customer, scopes) = (CustomerId(uuid(1)), Scopes::from_bits(1));
    let code = AuthorizationCode {
        hash: id,
        device: None,
        customer,
        client: client_id,
        redirect_uri,
        challenge: None,
        scopes,
        family: 1,
        generations: TokenGenerations::default(),
        expires_at,
        used_at: None,
    };
    code::insert(tx, 0, &code).await?;
    let state = TakeoverState::Asked;
    let takeover =
        Takeover { device: DEVICE(), customer, state, answer_by: at(9), successor: None, consent_generation: None };
    takeover::upsert(tx, 0, &takeover).await?;
    device::insert(tx, 0, &device(1, &sample_model(), "unit")).await?;
    let sub = Subscription {
        slot: slot_id("a"),
        asin: Some(asin(1)),
        enabled: true,
        open_order: None,
        last_agreed_price: None,
    };
    subscription::upsert(tx, DeviceRef { shard: 0, id: DEVICE() }, &sub).await?;
    let status = SlotStatus { remaining: 1.0, original: 1.0, on_hand: None, expected_at: None, last_use_at: None };
    reading::insert(tx, DeviceRef { shard: 0, id: DEVICE() }, reading_id(1), &slot_id("a"), at(0), &status).await?;
    order::insert(tx, 0, &order(1, DEVICE())).await?;
    outbox::insert(tx, DeviceRef { shard: 0, id: DEVICE() }, &event(1, EventFacts::Registered)).await
}

/// Runs a query for its error only.
macro_rules! read {
    (|$tx:ident| $query:expr) => {{
        fn read<'a>($tx: &'a mut Tx<'_>, (): &'a ()) -> CommandFuture<'a, ()> {
            Box::pin(async move { $query.await.map(drop) })
        }
        read
    }};
}

/// A column, an invalid and a valid value; the query and column number that read it, and the error's text.
type BadRowCase = (&'static str, &'static str, &'static str, CommandFn<(), ()>, &'static str, usize, &'static str);

#[rustfmt::skip]
fn bad_row_cases() -> Vec<BadRowCase> {
    let client: CommandFn<(), ()> = read!(|tx| profile::find_client(tx, client(1, &profile(1, MakerId(uuid(1))), ClientKind::Web).id));
    let consent: CommandFn<(), ()> = read!(|tx| consent::find(tx, 0, CustomerId(uuid(1)), ProfileId(uuid(1))));
    let held: CommandFn<(), ()> = read!(|tx| consent::lock_with_rotation(tx, 0, CustomerId(uuid(1)), ProfileId(uuid(1))));
    let signup: CommandFn<(), ()> = read!(|tx| signup::find(tx, 0, &hash(1)));
    let code: CommandFn<(), ()> = read!(|tx| code::lock(tx, 0, &hash(1)));
    let device: CommandFn<(), ()> = read!(|tx| device::find_by_id(tx, DeviceRef { shard: 0, id: DEVICE() }));
    let order: CommandFn<(), ()> = read!(|tx| order::find_by_id(tx, DeviceRef { shard: 0, id: DEVICE() }, order(1, DEVICE()).id));
    vec![
        ("model.takeover", "'ask'", "'allow'", read!(|tx| model::find_by_id(tx, sample_model().id)), "ModelById", 6, "ask"),
        ("takeover.state", "'done?'", "'done'", read!(|tx| takeover::find(tx, DeviceRef { shard: 0, id: DEVICE() }, CustomerId(uuid(1)))), "TakeoverGet", 2, "done?"),
        ("orders.state", "'nonsense'", "'placed'", order, "OrderOfDevice", 10, "nonsense"),
        ("orders.state", "'Placed'", "'placed'", order, "OrderOfDevice", 10, "Placed"),
        ("orders.problem", "'rain'", "NULL", order, "OrderOfDevice", 11, "rain"),
        ("orders.asin", "'lower'", "'B000000001'", order, "OrderOfDevice", 3, "Asin"),
        ("orders.slot", "''", "'filter'", read!(|tx| order::list_by_device(tx, DeviceRef { shard: 0, id: DEVICE() }, OrderId(uuid::Uuid::max()), 9)), "OrdersOfDevice", 2, "SlotId"),
        ("client.kind", "'toaster'", "'web'", client, "ClientById", 3, "toaster"),
        ("client.redirect_uris", "'https://a'", "'[]'", client, "ClientById", 5, "expected"),
        ("client.secret_hash", "<0102>", "NULL", client, "ClientById", 4, "[u8; 32]"),
        ("client.mode", "'lax'", "'lwa'", client, "ClientById", 6, "lax"),
        ("client.state", "'off'", "'enabled'", client, "ClientById", 8, "off"),
        ("client.generation", "-1", "0", client, "ClientById", 9, "out of range"),
        ("slot.products", "'[\"lower\"]'", "'[]'", read!(|tx| model::list_slots(tx, sample_model().id)), "SlotsOfModel", 3, "ASIN"),
        ("model.translations", "'{\"names\":[]}'", "NULL", read!(|tx| model::find_by_id(tx, sample_model().id)), "ModelById", 8, "Translations"),
        ("slot.translations", "'names'", "NULL", read!(|tx| model::list_slots(tx, sample_model().id)), "SlotsOfModel", 4, "Translations"),
        ("model.code", "'a b'", "'Model-1+_'", read!(|tx| model::find_by_id(tx, sample_model().id)), "ModelById", 2, "ModelCode"),
        ("customer.address", "'{}'", "NULL", read!(|tx| customer::find_by_id(tx, 0, CustomerId(uuid(1)))), "CustomerById", 3, "line1"),
        ("customer.email", "'ann'", "'ann@b.c'", read!(|tx| customer::find_by_id(tx, 0, CustomerId(uuid(1)))), "CustomerById", 1, "Email"),
        ("customer.generation", "-1", "0", read!(|tx| customer::find_access(tx, 0, CustomerId(uuid(1)))), "CustomerAccess", 1, "out of range"),
        ("consent.scopes", "256", "1", consent, "ConsentRead", 0, "out of range"),
        ("consent.scopes", "-1", "1", consent, "ConsentRead", 0, "out of range"),
        ("consent.revoked", "'1 xyz'", "''", consent, "ConsentRead", 1, "1 xyz"),
        ("consent.turns", "'- 7'", "''", held, "ConsentRotationLock", 4, "- 7"),
        ("signup.request", "'{}'", "'{}'", signup, "SignupGet", 2, "client"),
        ("code.challenge", "'{\"S512\":\"\"}'", "NULL", code, "CodeGet", 6, "S512"),
        ("code.scopes", "300", "1", code, "CodeGet", 7, "out of range"),
        ("code.generation", "-1", "0", code, "CodeGet", 11, "out of range"),
        ("code.customer_generation", "-1", "0", code, "CodeGet", 12, "out of range"),
        ("device.revoked", "'-1'", "''", device, "DeviceById", 12, "-1"),
        ("device.turns", "'x'", "''", read!(|tx| device::lock_rotation(tx, DeviceRef { shard: 0, id: DEVICE() })), "DeviceRotationLock", 1, "x"),
        ("device.serial", "'ü'", "'unit'", device, "DeviceById", 3, "Serial"),
        ("subscription.asin", "''", "NULL", read!(|tx| subscription::list_by_device(tx, DeviceRef { shard: 0, id: DEVICE() })), "SubscriptionsOfDevice", 1, "Asin"),
        ("reading.slot", "'a/b'", "'a'", read!(|tx| reading::list_newest(tx, 9)), "ReadingsNewest", 2, "SlotId"),
        ("outbox.event", "'{\"id\":1}'", "'{}'", read!(|tx| outbox::list_newest(tx, 9)), "OutboxBefore", 1, "UUID"),
    ]
}

async fn every_bad_value_names_its_query_and_column(store: &TestStore) {
    store.write((), |tx, ()| Box::pin(insert_rows(tx))).await;
    let set = async |place: &str, value: &str| {
        let (table, column) = place.split_once('.').unwrap();
        let quote = if store.db.engine() == Engine::Sqlite { "X'" } else { "'\\x" };
        let value = value.replace('<', quote).replace('>', "'");
        store.execute_raw(&format!("UPDATE \"{table}\" SET {column} = {value}")).await;
    };
    for (place, bad, good, read, query, column, says) in bad_row_cases() {
        set(place, bad).await;
        let refused = store.try_read(async |tx| read(tx, &()).await).await.expect_err(place);
        let Error::InvalidRow { query: at, column: which, found } = &refused else { panic!("{place}: {refused:?}") };
        assert_eq!((*at, *which), (query, column), "{place}");
        assert!(found.contains(says), "{place}: {found}");
        let words = refused.to_string();
        assert!(words.contains(query) && words.contains(&format!("column {column}")), "{words}");
        set(place, good).await;
    }
}

async fn a_command_that_meets_a_bad_row_spares_its_neighbours(store: &TestStore) {
    store.write((), |tx, ()| Box::pin(insert_rows(tx))).await;
    store.execute_raw("UPDATE orders SET state = 'nonsense'").await;
    let good = (2..40).map(|n| {
        store.db.write(command(n, n, |tx, n| Box::pin(async { order::insert(tx, 0, &order(*n, DEVICE())).await })))
    });
    let bad = store.db.write(command(1, (), |tx, ()| {
        Box::pin(async { order::lock(tx, DeviceRef { shard: 0, id: DEVICE() }, order(1, DEVICE()).id).await })
    }));
    let (good, bad) = futures_util::future::join(futures_util::future::join_all(good), bad).await;
    assert!(good.iter().all(Result::is_ok), "{good:?}");
    assert!(matches!(bad, Err(Error::InvalidRow { query: "OrderForUpdate", column: 10, .. })), "{bad:?}");
    assert_eq!(store.count("orders").await, 39);
}
