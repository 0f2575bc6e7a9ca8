//! A changed master key: values made under the old key stay valid, and a node with the old key writes nothing.

use crate::harness::fixtures::FILTER;
use crate::harness::{LinkOptions, LinkedDevice, MASTER_KEY, Server, TestReceiver};
use opendrs_domain::id::ProfileId;
use opendrs_domain::receiver::SignatureVersion;
use opendrs_domain::time::Span;
use opendrs_domain::token::{FILLER_BYTES, Keyring, TokenType};
use opendrs_domain::version::ApiEndpoint;
use opendrs_service::login::link::link_device;
use opendrs_service::receiver::{self, NewReceiver, ReceiverChange};
use opendrs_service::rewrap::{LINK_VALIDITY, RewrapReport, rewrap};
use opendrs_service::{App, Error, keys, order, schedule, signing, token};
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
    server.open_app_with_key(master).await.unwrap()
}

async fn is_accepted(app: &App, device: &LinkedDevice) -> bool {
    match token::open_device_token(app, Some(&device.access)).await {
        Ok(opened) => token::authenticate_device(app, opened, None).await.is_ok(),
        Err(_) => false,
    }
}

/// A device with an order, and the token of the link that cancels it.
async fn ordered(server: &Server) -> (LinkedDevice, String) {
    let device = server.link_default_device().await;
    server.device_call(&device, ApiEndpoint::Replenish, &format!("/replenish/{FILTER}")).send().await;
    let url = server.newest_mail().await.cancel_url.unwrap();
    (device, url.rsplit_once("token=").unwrap().1.to_owned())
}

/// A column of a table, each value once.
async fn column(server: &Server, table: &str, at: usize) -> Vec<String> {
    let rows = server.all_rows().await[table].clone();
    let fields = rows.iter().map(|row| row.split(['|', ',']).nth(at).unwrap().to_owned());
    let mut found: Vec<_> = fields.collect();
    found.sort();
    found.dedup();
    found
}

async fn what_the_old_key_made_holds_under_the_new_one(server: &Server) {
    let (asked, told) = (TestReceiver::start().await, TestReceiver::start().await);
    let pending = server.add_receiver("asked", &asked, |_| {}).await;
    let endpoint = told.url.replace("http://", "http://maker:pass@");
    let topic = server.add_confirmed_receiver("told", &told, |new| new.endpoint = endpoint).await;
    let topic = receiver::apply_change(server.app(), topic.id, ReceiverChange::RotateSecret).await.unwrap();
    let secrets = receiver::list_webhook_secrets(server.app(), &topic).unwrap();
    assert_eq!(secrets.len(), 2);
    server.advance("0s").await;
    let question = asked.take_only_received().await.json();
    let (device, cancel) = ordered(server).await;
    keys::rotate_token_key(server.app()).await.unwrap();
    signing::rotate_key(server.app()).await.unwrap();
    let links_until = server.app().now() + LINK_VALIDITY;
    told.take_received().await;

    let done = rewrap(&server.open_app().await, NEW).await.unwrap();
    assert_eq!(done, RewrapReport { endpoints: 2, signing_keys: 2, token_keys: 2, webhook_secrets: 3, links_until });
    let refused = server.open_app_with_key(MASTER_KEY).await.err().unwrap().to_string();
    assert!(refused.contains("made with another master key"), "{refused}");

    let app = under(server, NEW).await;
    assert!(is_accepted(&app, &device).await);
    assert_eq!(receiver::list_webhook_secrets(&app, &topic).unwrap(), secrets);
    assert_eq!(receiver::find(&app, "told").await.unwrap(), topic);
    assert!(order::find_cancel_link(&app, &cancel).await.is_ok());
    let confirmed = receiver::confirm(&app, &pending.arn, question["Token"].as_str().unwrap()).await.unwrap();
    assert_eq!(confirmed.unwrap(), pending.subscription_arn());
    // Another device of the same customer: its maker knows the customer by the same id.
    let LinkOptions(command) = LinkOptions::default().serial("SN-2");
    link_device(&app, command).await.unwrap();
    assert_eq!(server.row_count("device").await, 2);
    assert_eq!(column(server, "device", 5).await.len(), 1);
    schedule::advance_clock(&app, Span::from_secs(0)).await.unwrap();
    let message = told.take_received().await.pop().unwrap();
    assert_eq!(message.header("authorization"), Some("Basic bWFrZXI6cGFzcw=="));
    assert!(server.is_signed(&message.json()).await, "by a key whose certificate the old node serves, too");
}

async fn links_from_before_end_and_outlast_another_change(server: &Server) {
    let (_, cancel) = ordered(server).await;
    rewrap(&server.open_app().await, NEW).await.unwrap();
    rewrap(&under(server, NEW).await, NEWER).await.unwrap();
    let app = under(server, NEWER).await;
    let almost = Span::from_secs(LINK_VALIDITY.as_secs() - 1);
    schedule::advance_clock(&app, almost).await.unwrap();
    assert!(order::find_cancel_link(&app, &cancel).await.is_ok());
    schedule::advance_clock(&app, Span::from_secs(1)).await.unwrap();
    assert!(matches!(order::find_cancel_link(&app, &cancel).await, Err(Error::InvalidToken)));
}

async fn what_is_made_afterwards_has_nothing_of_the_old_key(server: &Server) {
    let receiver = TestReceiver::start().await;
    let topic = server.add_confirmed_receiver("told", &receiver, |_| {}).await;
    let (device, cancel) = ordered(server).await;
    rewrap(&server.open_app().await, NEW).await.unwrap();
    let app = under(server, NEW).await;
    // A store that always had the new key makes the same ids.
    let always = Server::start().await;
    rewrap(&always.open_app().await, NEW).await.unwrap();
    let always = under(&always, NEW).await;
    let rotated = receiver::apply_change(&app, topic.id, ReceiverChange::RotateSecret).await.unwrap();
    let secrets = receiver::list_webhook_secrets(&app, &rotated).unwrap();
    assert_eq!(
        secrets[0],
        receiver::list_webhook_secrets(&always, &rotated).unwrap()[0],
        "derived from the new key alone"
    );
    assert_ne!(secrets[1], receiver::list_webhook_secrets(&always, &rotated).unwrap()[1], "carried over");
    keys::rotate_token_key(&app).await.unwrap();
    keys::retire_token_key(&app, 1).await.unwrap();
    assert!(!is_accepted(&app, &device).await);
    // A token that is forged with the old key for the new number is invalid.
    let forged = Keyring::from_master_key(&MASTER_KEY, vec![2]);
    let ring = Keyring::from_master_key(&MASTER_KEY, vec![1]);
    let claims = ring.verify(&device.access, TokenType::Access).unwrap();
    let forged = forged.issue(&claims, &[0; FILLER_BYTES]);
    assert!(!is_accepted(&app, &LinkedDevice { access: forged, ..device }).await);
    assert!(
        order::find_cancel_link(&app, &cancel).await.is_ok()
            && order::find_cancel_link(&always, &cancel).await.is_err()
    );
}

fn late(of: ProfileId) -> NewReceiver {
    NewReceiver {
        profile: of,
        name: "late".into(),
        endpoint: "https://a.example/".into(),
        signature: SignatureVersion::default(),
        raw: false,
        policy: "sns".into(),
        confirmed: true,
    }
}

async fn a_node_with_the_old_key_writes_nothing_and_stops(server: &Server) {
    let told = TestReceiver::start().await;
    let topic = server.add_confirmed_receiver("told", &told, |_| {}).await;
    let device = server.link_default_device().await;
    told.take_received().await;
    rewrap(&server.open_app().await, NEW).await.unwrap();
    let before = server.all_rows().await;
    let answer = server.device_call(&device, ApiEndpoint::Replenish, &format!("/replenish/{FILTER}")).send().await;
    assert_eq!(answer.status, 503, "{answer:?}");
    for refused in [
        receiver::add(server.app(), late(topic.profile)).await.map(drop),
        receiver::apply_change(server.app(), topic.id, ReceiverChange::Disable).await.map(drop),
        signing::rotate_key(server.app()).await.map(drop),
        rewrap(server.app(), NEWER).await.map(drop),
    ] {
        let words = refused.unwrap_err().message_with_cause();
        assert!(words.contains("another master key") || words.contains("this master key"), "{words}");
    }
    assert_eq!(server.all_rows().await, before);
    let stops = tokio::time::timeout(std::time::Duration::from_secs(20), server.app().wait_for_key_replacement());
    assert!(stops.await.is_ok());
}

async fn a_change_that_fails_in_the_middle_changes_nothing(server: &Server) {
    let told = TestReceiver::start().await;
    server.add_confirmed_receiver("told", &told, |_| {}).await;
    let device = server.link_default_device().await;
    told.take_received().await;
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
    server.execute_sql(refuse).await;
    let before = server.all_rows().await;
    rewrap(&server.open_app().await, NEW).await.unwrap_err();
    assert_eq!(server.all_rows().await, before);
    assert!(server.open_app_with_key(NEW).await.is_err());
    assert!(is_accepted(server.app(), &device).await);
    server.execute_sql(allow).await;
    rewrap(&server.open_app().await, NEW).await.unwrap();
    assert!(is_accepted(&under(server, NEW).await, &device).await);
}

async fn only_another_key_is_a_change(server: &Server) {
    let before = server.all_rows().await;
    let refused = rewrap(server.app(), MASTER_KEY).await.unwrap_err();
    assert!(refused.to_string().contains("this is the present master key"), "{refused}");
    assert_eq!(server.all_rows().await, before);
}
