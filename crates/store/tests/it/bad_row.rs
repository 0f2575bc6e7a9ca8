//! Rows that say what they cannot mean: each is an error that names its query and column, never a default.

use crate::harness::{Answer, Change, Store, command};
use crate::samples::{
    asin, at, client, customer, device, event, hash, model, order, profile, reading_id, slot, slot_id, uuid,
};
use opendrs_domain::id::{CustomerId, DeviceId, MakerId, ProfileId};
use opendrs_domain::login::authorize::Authorize;
use opendrs_domain::login::code::Code;
use opendrs_domain::login::scope::Scopes;
use opendrs_domain::model::Model;
use opendrs_domain::notification::Facts;
use opendrs_domain::profile::ClientKind;
use opendrs_domain::reading::SlotStatus;
use opendrs_domain::subscription::Subscription;
use opendrs_domain::takeover::{State, Takeover};
use opendrs_domain::token::Generations;
use opendrs_store::signup::{self, Signup};
use opendrs_store::{
    Engine, Error, Result, Tx, code, consent, customer, device, model, order, outbox, profile, reading, subscription,
    takeover,
};

both!(every_bad_value_names_its_query_and_column, a_command_that_meets_a_bad_row_spares_its_neighbours);

const UNIT: fn() -> DeviceId = || DeviceId(uuid(1));

fn washer() -> Model {
    model(1, MakerId(uuid(1)))
}

/// A row in every table whose columns mean more than their type says.
async fn fill(tx: &mut Tx<'_>) -> Result<()> {
    let profile = profile(1, MakerId(uuid(1)));
    profile::put(tx, &profile).await?;
    profile::put_client(tx, &client(1, &profile, ClientKind::Web), 0).await?;
    model::put(tx, &washer()).await?;
    model::put_slot(tx, washer().id, 0, &slot("a")).await?;
    customer::put(tx, 0, &customer(1), "x").await?;
    consent::put(tx, 0, (CustomerId(uuid(1)), profile.id), Scopes::from_bits(1), at(0)).await?;
    let (client_id, redirect_uri) = (client(1, &profile, ClientKind::Web).id, String::new());
    let request = Authorize {
        client: client_id.to_string(),
        redirect_uri: redirect_uri.clone(),
        state: None,
        scopes: 1,
        device: None,
        challenge: None,
        issuer: None,
    };
    let (id, expires_at) = (hash(1), at(9));
    signup::put(
        tx,
        0,
        &Signup {
            id,
            session: id,
            request,
            consented: false,
            choices: vec![],
            expires_at,
            mark: None,
            finished: false,
        },
    )
    .await?;
    let (customer, scopes) = (CustomerId(uuid(1)), Scopes::from_bits(1));
    let code = Code {
        hash: id,
        device: None,
        customer,
        client: client_id,
        redirect_uri,
        challenge: None,
        scopes,
        family: 1,
        generations: Generations::default(),
        expires_at,
        used_at: None,
    };
    code::add(tx, 0, &code).await?;
    let state = State::Asked;
    let takeover = Takeover { device: UNIT(), customer, state, answer_by: at(9), successor: None, consent: None };
    takeover::put(tx, 0, &takeover).await?;
    device::add(tx, 0, &device(1, &washer(), "unit")).await?;
    let sub = Subscription { slot: slot_id("a"), asin: Some(asin(1)), on: true, open_order: None, agreed: None };
    subscription::put(tx, 0, UNIT(), &sub).await?;
    let status = SlotStatus { remaining: 1.0, original: 1.0, on_hand: None, expected_at: None, last_use_at: None };
    reading::add(tx, 0, (reading_id(1), UNIT(), &slot_id("a")), at(0), &status).await?;
    order::add(tx, 0, &order(1, UNIT())).await?;
    outbox::push(tx, 0, UNIT(), &event(1, Facts::Registered)).await
}

/// Runs a query for its error alone.
macro_rules! read {
    (|$tx:ident| $query:expr) => {{
        fn read<'a>($tx: &'a mut Tx<'_>, (): &'a ()) -> Answer<'a, ()> {
            Box::pin(async move { $query.await.map(drop) })
        }
        read
    }};
}

/// A column, a value it cannot hold, one it can; who reads it, as which column, and what the error says of it.
type Case = (&'static str, &'static str, &'static str, Change<(), ()>, &'static str, usize, &'static str);

#[rustfmt::skip]
fn cases() -> Vec<Case> {
    let client: Change<(), ()> = read!(|tx| profile::client(tx, client(1, &profile(1, MakerId(uuid(1))), ClientKind::Web).id));
    let consent: Change<(), ()> = read!(|tx| consent::get(tx, 0, CustomerId(uuid(1)), ProfileId(uuid(1))));
    let held: Change<(), ()> = read!(|tx| consent::turns(tx, 0, (CustomerId(uuid(1)), ProfileId(uuid(1)))));
    let signup: Change<(), ()> = read!(|tx| signup::get(tx, 0, &hash(1)));
    let code: Change<(), ()> = read!(|tx| code::lock(tx, 0, &hash(1)));
    let device: Change<(), ()> = read!(|tx| device::by_id(tx, 0, UNIT()));
    let order: Change<(), ()> = read!(|tx| order::by_id(tx, 0, UNIT(), order(1, UNIT()).id));
    vec![
        ("model.takeover", "'ask'", "'allow'", read!(|tx| model::by_id(tx, washer().id)), "ModelById", 6, "ask"),
        ("takeover.state", "'done?'", "'done'", read!(|tx| takeover::get(tx, 0, UNIT(), CustomerId(uuid(1)))), "TakeoverGet", 2, "done?"),
        ("orders.state", "'nonsense'", "'placed'", order, "OrderOfDevice", 10, "nonsense"),
        ("orders.state", "'Placed'", "'placed'", order, "OrderOfDevice", 10, "Placed"),
        ("orders.problem", "'rain'", "NULL", order, "OrderOfDevice", 11, "rain"),
        ("orders.asin", "'lower'", "'B000000001'", order, "OrderOfDevice", 3, "Asin"),
        ("orders.slot", "''", "'filter'", read!(|tx| order::of_device(tx, 0, UNIT(), 9)), "OrdersOfDevice", 2, "SlotId"),
        ("client.kind", "'toaster'", "'web'", client, "ClientById", 3, "toaster"),
        ("client.redirect_uris", "'https://a'", "'[]'", client, "ClientById", 5, "expected"),
        ("client.secret_hash", "<0102>", "NULL", client, "ClientById", 4, "[u8; 32]"),
        ("client.mode", "'lax'", "'lwa'", client, "ClientById", 6, "lax"),
        ("client.state", "'off'", "'enabled'", client, "ClientById", 8, "off"),
        ("client.generation", "-1", "0", client, "ClientById", 9, "out of range"),
        ("slot.products", "'[\"lower\"]'", "'[]'", read!(|tx| model::slots(tx, washer().id)), "SlotsOfModel", 3, "ASIN"),
        ("model.code", "'a b'", "'Model-1+_'", read!(|tx| model::by_id(tx, washer().id)), "ModelById", 2, "ModelCode"),
        ("customer.address", "'{}'", "NULL", read!(|tx| customer::by_id(tx, 0, CustomerId(uuid(1)))), "CustomerById", 3, "line1"),
        ("customer.email", "'ann'", "'ann@b.c'", read!(|tx| customer::by_id(tx, 0, CustomerId(uuid(1)))), "CustomerById", 1, "Email"),
        ("customer.generation", "-1", "0", read!(|tx| customer::standing(tx, 0, CustomerId(uuid(1)))), "CustomerStanding", 1, "out of range"),
        ("consent.scopes", "256", "1", consent, "ConsentRead", 0, "out of range"),
        ("consent.scopes", "-1", "1", consent, "ConsentRead", 0, "out of range"),
        ("consent.revoked", "'1 xyz'", "''", consent, "ConsentRead", 1, "1 xyz"),
        ("consent.turns", "'- 7'", "''", held, "ConsentTurns", 4, "- 7"),
        ("signup.request", "'{}'", "'{}'", signup, "SignupGet", 2, "client"),
        ("code.challenge", "'{\"S512\":\"\"}'", "NULL", code, "CodeGet", 6, "S512"),
        ("code.scopes", "300", "1", code, "CodeGet", 7, "out of range"),
        ("code.generation", "-1", "0", code, "CodeGet", 11, "out of range"),
        ("code.customer_generation", "-1", "0", code, "CodeGet", 12, "out of range"),
        ("device.revoked", "'-1'", "''", device, "DeviceById", 12, "-1"),
        ("device.turns", "'x'", "''", read!(|tx| device::turns(tx, 0, UNIT())), "DeviceTurns", 1, "x"),
        ("device.serial", "'ü'", "'unit'", device, "DeviceById", 3, "Serial"),
        ("subscription.asin", "''", "NULL", read!(|tx| subscription::of_device(tx, 0, UNIT())), "SubscriptionsOfDevice", 1, "Asin"),
        ("reading.slot", "'a/b'", "'a'", read!(|tx| reading::newest(tx, 9)), "ReadingsNewest", 2, "SlotId"),
        ("outbox.event", "'{\"id\":1}'", "'{}'", read!(|tx| outbox::newest(tx, 9)), "OutboxBefore", 1, "UUID"),
    ]
}

async fn every_bad_value_names_its_query_and_column(store: &Store) {
    store.write((), |tx, ()| Box::pin(fill(tx))).await;
    let set = async |place: &str, value: &str| {
        let (table, column) = place.split_once('.').unwrap();
        let quote = if store.db.engine() == Engine::Sqlite { "X'" } else { "'\\x" };
        let value = value.replace('<', quote).replace('>', "'");
        store.tamper(&format!("UPDATE \"{table}\" SET {column} = {value}")).await;
    };
    for (place, bad, good, read, query, column, says) in cases() {
        set(place, bad).await;
        let refused = store.try_read(async |tx| read(tx, &()).await).await.expect_err(place);
        let Error::BadRow { query: at, column: which, found } = &refused else { panic!("{place}: {refused:?}") };
        assert_eq!((*at, *which), (query, column), "{place}");
        assert!(found.contains(says), "{place}: {found}");
        let words = refused.to_string();
        assert!(words.contains(query) && words.contains(&format!("column {column}")), "{words}");
        set(place, good).await;
    }
}

async fn a_command_that_meets_a_bad_row_spares_its_neighbours(store: &Store) {
    store.write((), |tx, ()| Box::pin(fill(tx))).await;
    store.tamper("UPDATE orders SET state = 'nonsense'").await;
    let good = (2..40).map(|n| {
        store.db.write(command(n, n, |tx, n| Box::pin(async { order::add(tx, 0, &order(*n, UNIT())).await })))
    });
    let bad = store
        .db
        .write(command(1, (), |tx, ()| Box::pin(async { order::lock(tx, 0, UNIT(), order(1, UNIT()).id).await })));
    let (good, bad) = futures_util::future::join(futures_util::future::join_all(good), bad).await;
    assert!(good.iter().all(Result::is_ok), "{good:?}");
    assert!(matches!(bad, Err(Error::BadRow { query: "OrderForUpdate", column: 10, .. })), "{bad:?}");
    assert_eq!(store.count("orders").await, 39);
}
