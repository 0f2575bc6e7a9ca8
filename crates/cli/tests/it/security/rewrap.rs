//! Another master key: what was made under the old one goes on, and whoever still has the old one writes nothing.

use crate::harness::world::FILTER;
use crate::harness::{Device, Linking, MASTER, Receiver, Server};
use opendrs_domain::id::ProfileId;
use opendrs_domain::time::Span;
use opendrs_domain::token::{FILLER, Keyring, Use};
use opendrs_domain::topic::Signature;
use opendrs_domain::version::Endpoint;
use opendrs_service::login::link::link;
use opendrs_service::rewrap::{LINKS, Rewrapped, rewrap};
use opendrs_service::topic::{self, Change, NewTopic};
use opendrs_service::{App, Error, keys, mail, schedule, signing, token};
use opendrs_store::Engine;

both!(
    what_the_old_key_made_holds_under_the_new_one,
    links_from_before_end_and_outlast_another_change,
    what_is_made_afterwards_has_nothing_of_the_old_key,
    a_node_with_the_old_key_writes_nothing_and_stops,
    a_change_that_fails_in_the_middle_changes_nothing,
    only_another_key_is_a_change,
);

const NEW: [u8; 32] = [8; 32];
const NEWER: [u8; 32] = [9; 32];

async fn under(server: &Server, master: [u8; 32]) -> App {
    server.beside_with(master).await.unwrap()
}

async fn is_accepted(app: &App, device: &Device) -> bool {
    token::caller(app, Some(&device.access), None).await.is_ok()
}

/// A device with an order, and the token of the link that cancels it.
async fn ordered(server: &Server) -> (Device, String) {
    let device = server.device().await;
    server.call(&device, Endpoint::Replenish, &format!("/replenish/{FILTER}")).send().await;
    let url = server.letter().await.cancel_url.unwrap();
    (device, url.rsplit_once("token=").unwrap().1.to_owned())
}

/// A column of a table, each value once.
async fn column(server: &Server, table: &str, at: usize) -> Vec<String> {
    let rows = server.rows().await[table].clone();
    let fields = rows.iter().map(|row| row.split(['|', ',']).nth(at).unwrap().to_owned());
    let mut found: Vec<_> = fields.collect();
    found.sort();
    found.dedup();
    found
}

async fn what_the_old_key_made_holds_under_the_new_one(server: &Server) {
    let (asked, told) = (Receiver::start().await, Receiver::start().await);
    let pending = server.topic("asked", &asked, |_| {}).await;
    let endpoint = told.url.replace("http://", "http://maker:pass@");
    let topic = server.confirmed("told", &told, |new| new.endpoint = endpoint).await;
    let topic = topic::change(server.app(), topic.id, Change::RotateSecret).await.unwrap();
    let secrets = topic::secrets(server.app(), &topic).unwrap();
    assert_eq!(secrets.len(), 2);
    server.advance("0s").await;
    let question = asked.only().await.json();
    let (device, cancel) = ordered(server).await;
    keys::rotate(server.app()).await.unwrap();
    signing::rotate(server.app()).await.unwrap();
    let links_until = server.app().now() + LINKS;
    told.all().await;

    let done = rewrap(&server.beside().await, NEW).await.unwrap();
    assert_eq!(done, Rewrapped { endpoints: 2, signing_keys: 2, token_keys: 2, webhook_secrets: 3, links_until });
    let refused = server.beside_with(MASTER).await.err().unwrap().to_string();
    assert!(refused.contains("made with another master key"), "{refused}");

    let app = under(server, NEW).await;
    assert!(is_accepted(&app, &device).await);
    assert_eq!(topic::secrets(&app, &topic).unwrap(), secrets);
    assert_eq!(topic::find(&app, "told").await.unwrap(), topic);
    assert!(mail::linked(&app, &cancel).await.is_ok());
    let confirmed = topic::confirm(&app, &pending.arn, question["Token"].as_str().unwrap()).await.unwrap();
    assert_eq!(confirmed.unwrap(), pending.subscription_arn());
    // Another device of the same customer: makers know them by the same id.
    let Linking(command) = Linking::default().serial("SN-2");
    link(&app, command).await.unwrap();
    assert_eq!(server.count("device").await, 2);
    assert_eq!(column(server, "device", 5).await.len(), 1);
    schedule::advance(&app, Span::from_secs(0)).await.unwrap();
    let message = told.all().await.pop().unwrap();
    assert_eq!(message.header("authorization"), Some("Basic bWFrZXI6cGFzcw=="));
    assert!(server.signed(&message.json()).await, "by a key whose certificate the old node serves, too");
}

async fn links_from_before_end_and_outlast_another_change(server: &Server) {
    let (_, cancel) = ordered(server).await;
    rewrap(&server.beside().await, NEW).await.unwrap();
    rewrap(&under(server, NEW).await, NEWER).await.unwrap();
    let app = under(server, NEWER).await;
    let almost = Span::from_secs(LINKS.secs() - 1);
    schedule::advance(&app, almost).await.unwrap();
    assert!(mail::linked(&app, &cancel).await.is_ok());
    schedule::advance(&app, Span::from_secs(1)).await.unwrap();
    assert!(matches!(mail::linked(&app, &cancel).await, Err(Error::InvalidToken)));
}

async fn what_is_made_afterwards_has_nothing_of_the_old_key(server: &Server) {
    let receiver = Receiver::start().await;
    let topic = server.confirmed("told", &receiver, |_| {}).await;
    let (device, cancel) = ordered(server).await;
    rewrap(&server.beside().await, NEW).await.unwrap();
    let app = under(server, NEW).await;
    // A store that was always under the new key makes the same.
    let always = Server::start().await;
    rewrap(&always.beside().await, NEW).await.unwrap();
    let always = under(&always, NEW).await;
    let rotated = topic::change(&app, topic.id, Change::RotateSecret).await.unwrap();
    let secrets = topic::secrets(&app, &rotated).unwrap();
    assert_eq!(secrets[0], topic::secrets(&always, &rotated).unwrap()[0], "derived from the new key alone");
    assert_ne!(secrets[1], topic::secrets(&always, &rotated).unwrap()[1], "carried over");
    keys::rotate(&app).await.unwrap();
    keys::retire(&app, 1).await.unwrap();
    assert!(!is_accepted(&app, &device).await);
    // A token that the old key makes for the new number is none.
    let forged = Keyring::derive(&MASTER, vec![2]);
    let ring = Keyring::derive(&MASTER, vec![1]);
    let claims = ring.open(&device.access, Use::Access).unwrap();
    let forged = forged.seal(&claims, &[0; FILLER]);
    assert!(!is_accepted(&app, &Device { access: forged, ..device }).await);
    assert!(mail::linked(&app, &cancel).await.is_ok() && mail::linked(&always, &cancel).await.is_err());
}

fn late(of: ProfileId) -> NewTopic {
    NewTopic {
        profile: of,
        name: "late".into(),
        endpoint: "https://a.example/".into(),
        signature: Signature::default(),
        raw: false,
        policy: "sns".into(),
        confirmed: true,
    }
}

async fn a_node_with_the_old_key_writes_nothing_and_stops(server: &Server) {
    let told = Receiver::start().await;
    let topic = server.confirmed("told", &told, |_| {}).await;
    let device = server.device().await;
    told.all().await;
    rewrap(&server.beside().await, NEW).await.unwrap();
    let before = server.rows().await;
    let answer = server.call(&device, Endpoint::Replenish, &format!("/replenish/{FILTER}")).send().await;
    assert_eq!(answer.status, 503, "{answer:?}");
    for refused in [
        topic::add(server.app(), late(topic.profile)).await.map(drop),
        topic::change(server.app(), topic.id, Change::Disable).await.map(drop),
        signing::rotate(server.app()).await.map(drop),
        rewrap(server.app(), NEWER).await.map(drop),
    ] {
        let words = refused.unwrap_err().with_cause();
        assert!(words.contains("another master key") || words.contains("this master key"), "{words}");
    }
    assert_eq!(server.rows().await, before);
    let stops = tokio::time::timeout(std::time::Duration::from_secs(20), server.app().key_replaced());
    assert!(stops.await.is_ok());
}

async fn a_change_that_fails_in_the_middle_changes_nothing(server: &Server) {
    let told = Receiver::start().await;
    server.confirmed("told", &told, |_| {}).await;
    let device = server.device().await;
    told.all().await;
    let (refuse, allow) = match server.app().db.engine() {
        Engine::Sqlite => (
            "CREATE TRIGGER no BEFORE INSERT ON derived_key WHEN NEW.purpose LIKE 'webhook%'
             BEGIN SELECT RAISE(ABORT, 'not this one'); END",
            "DROP TRIGGER no",
        ),
        Engine::Postgres => (
            "ALTER TABLE derived_key ADD CONSTRAINT no CHECK (purpose NOT LIKE 'webhook%')",
            "ALTER TABLE derived_key DROP CONSTRAINT no",
        ),
    };
    server.tamper(refuse).await;
    let before = server.rows().await;
    rewrap(&server.beside().await, NEW).await.unwrap_err();
    assert_eq!(server.rows().await, before);
    assert!(server.beside_with(NEW).await.is_err());
    assert!(is_accepted(server.app(), &device).await);
    server.tamper(allow).await;
    rewrap(&server.beside().await, NEW).await.unwrap();
    assert!(is_accepted(&under(server, NEW).await, &device).await);
}

async fn only_another_key_is_a_change(server: &Server) {
    let before = server.rows().await;
    let refused = rewrap(server.app(), MASTER).await.unwrap_err();
    assert!(refused.to_string().contains("this is the present master key"), "{refused}");
    assert_eq!(server.rows().await, before);
}
