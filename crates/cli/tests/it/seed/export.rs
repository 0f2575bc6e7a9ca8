//! The present state as a seed: it changes nothing in its own store, and fills another store.

use super::{aqua, receiver_with};
use crate::harness::fixtures::{ANN, APP, PASSWORD, SECRET, WEB};
use crate::harness::{LinkOptions, Options, Server, Store, TestBrowser, fixtures, form_body};
use opendrs_domain::profile::ClientMode;
use opendrs_domain::text::Email;
use opendrs_service::customer;
use opendrs_service::login::client::{self, ClientChange};
use opendrs_service::receiver::{self, ReceiverChange};
use opendrs_service::seed::{self, ExportContents, OverwritePolicy, SeedDeclaration, SeedOutcome, SeedPassword};

both!(
    by on:
    an_export_changes_nothing_where_it_is_from,
    an_export_with_secrets_makes_an_empty_store_work,
    what_is_switched_off_is_off_in_another_store,
    a_client_that_was_removed_stays_so,
);

const ALL: ExportContents = ExportContents { secrets: true, customers: true, pictures: true };

async fn on(store: Store, test: impl AsyncFn(&Server)) {
    let server = Server::start_on(store, Options::default()).await;
    changed(&server).await;
    test(&server).await;
    server.remove_store().await;
}

/// Makes changes as customers and operators do after the seed.
async fn changed(server: &Server) {
    let app = server.app();
    let endpoint = |topic: &mut seed::ReceiverSeed| topic.endpoint = "https://aqua:pass@aqua.example/drs".into();
    seed::apply(app, receiver_with(endpoint)).await.unwrap();
    let topic = receiver::find(app, "aqua").await.unwrap();
    receiver::apply_change(app, topic.id, ReceiverChange::Disable).await.unwrap();
    client::set_mode(app, APP, ClientMode::Strict).await.unwrap();
    let id = customer::find_id_by_email(app, &Email::parse(ANN).unwrap()).await.unwrap().unwrap();
    customer::set_address(app, id, super::street("9 Elm Street")).await.unwrap();
    let named = aqua(|seed| seed.makers[0].profiles[0].clients[0].name = Some("cloud".into()));
    seed::apply(app, named).await.unwrap();
}

async fn an_export_changes_nothing_where_it_is_from(server: &Server) {
    for contents in [ALL, ExportContents { secrets: false, ..ALL }, ExportContents { customers: false, ..ALL }] {
        let exported = seed::export(server.app(), contents).await.unwrap();
        let applied = seed::apply(server.app(), exported).await.unwrap();
        assert!(super::all_unchanged(&applied), "{contents:?}: {applied:?}");
    }
    let plain = seed::export(server.app(), ExportContents { secrets: false, ..ALL }).await.unwrap();
    assert_eq!(plain.customers.len(), 3);
    assert!(plain.customers.iter().all(|customer| customer.password.is_none()));
    let clients = plain.makers.iter().flat_map(|maker| &maker.profiles).flat_map(|profile| &profile.clients);
    assert!(clients.clone().count() == 3 && clients.into_iter().all(|client| client.secret_hash.is_none()));
    assert_eq!(plain.makers.iter().flat_map(|maker| &maker.models).count(), 3);
    let topics: Vec<_> = plain.makers.iter().flat_map(|m| &m.profiles).flat_map(|p| &p.receivers).collect();
    assert_eq!((topics.len(), topics[0].endpoint.as_str()), (1, "https://***@aqua.example/drs"));
    let without = seed::export(server.app(), ExportContents { customers: false, ..ALL }).await.unwrap();
    assert!(without.customers.is_empty() && !without.products.is_empty());
}

async fn an_export_with_secrets_makes_an_empty_store_work(server: &Server) {
    let exported = seed::export(server.app(), ALL).await.unwrap();
    assert!(exported.customers.iter().all(|customer| matches!(customer.password, Some(SeedPassword::Hash(_)))));
    let other = Server::start_with(Options { seed: SeedDeclaration::default(), ..Options::default() }).await;
    let applied = seed::apply(other.app(), exported.clone()).await.unwrap();
    assert!(applied.iter().all(|item| item.outcome == SeedOutcome::Created && item.secret.is_none()), "{applied:?}");

    let again = seed::export(other.app(), ALL).await.unwrap();
    assert_eq!(format!("{:?}", again.products), format!("{:?}", exported.products));
    assert_eq!(format!("{:?}", again.customers), format!("{:?}", exported.customers));
    let clients = |seed: &SeedDeclaration| {
        let all = seed.makers.iter().flat_map(|m| &m.profiles).flat_map(|p| p.clients.clone());
        let mut all: Vec<_> = all.map(|client| format!("{client:?}")).collect();
        all.sort();
        all
    };
    assert_eq!(clients(&again), clients(&exported));
    assert!(clients(&again).iter().any(|client| client.contains("Some(\"cloud\")")));

    // Customers sign in, clients authenticate with their secrets, devices are linked, and receivers are unchanged.
    let visit = TestBrowser::signed_in(&other, ANN).await;
    assert_eq!(visit.page.status, 200, "{PASSWORD}");
    let device = other.link_device(LinkOptions::default()).await;
    let token = [
        ("grant_type", "refresh_token"),
        ("refresh_token", device.refresh.as_str()),
        ("client_id", WEB),
        ("client_secret", SECRET),
    ];
    let (status, said) = other.request("POST", "/auth/o2/token").body(form_body(&token)).status_and_text().await;
    assert_eq!(status, 200, "{said}");
    assert_eq!(client::find(other.app(), APP).await.unwrap().unwrap().mode, ClientMode::Strict);
    let topic = receiver::find(other.app(), "aqua").await.unwrap();
    assert_eq!((topic.state.as_str(), topic.target.endpoint()), ("disabled", "https://aqua:pass@aqua.example/drs"));

    // Without secrets a new customer has no password.
    let third = Server::start_with(Options { seed: SeedDeclaration::default(), ..Options::default() }).await;
    let plain = seed::export(server.app(), ExportContents { secrets: false, ..ALL }).await.unwrap();
    let plain = SeedDeclaration { makers: Vec::new(), products: Vec::new(), ..plain };
    let error = seed::apply(third.app(), plain).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 0: password: a new customer needs a `password`, or a `password_hash` of an export"
    );
    assert_eq!(third.row_count("customer").await, 0, "{}", fixtures::BOB);
}

async fn what_is_switched_off_is_off_in_another_store(server: &Server) {
    let app = server.app();
    let ann = Email::parse(ANN).unwrap();
    client::apply_change(app, WEB, ClientChange::Disable).await.unwrap();
    customer::block(app, customer::find_id_by_email(app, &ann).await.unwrap().unwrap()).await.unwrap();
    let exported = seed::export(app, ALL).await.unwrap();
    let applied = seed::apply(app, exported.clone()).await.unwrap();
    assert!(super::all_unchanged(&applied), "{applied:?}");
    // A seed that does not declare these states leaves them unchanged, also by force.
    seed::apply_with_overwrite(app, fixtures::seed(), OverwritePolicy::Everything).await.unwrap();
    assert!(!client::find(app, WEB).await.unwrap().unwrap().is_enabled());

    let other = Server::start_with(Options { seed: SeedDeclaration::default(), ..Options::default() }).await;
    let app = other.app();
    seed::apply(app, exported.clone()).await.unwrap();
    let token =
        [("grant_type", "refresh_token"), ("refresh_token", "x"), ("client_id", WEB), ("client_secret", SECRET)];
    let (status, said) = other.request("POST", "/auth/o2/token").body(form_body(&token)).status_and_text().await;
    assert_eq!(status, 401, "{said}");
    assert!(client::find(app, APP).await.unwrap().unwrap().is_enabled());
    let id = customer::find_id_by_email(app, &ann).await.unwrap().unwrap();
    assert!(customer::is_blocked(app, id).await.unwrap());
    let applied = seed::apply(app, exported.clone()).await.unwrap();
    assert!(super::all_unchanged(&applied), "{applied:?}");

    // A client that an operator enables again stays enabled.
    client::apply_change(app, WEB, ClientChange::Enable).await.unwrap();
    customer::unblock(app, id).await.unwrap();
    let applied = seed::apply(app, exported).await.unwrap();
    assert_eq!(
        (super::of(&applied, "client", WEB).outcome, super::of(&applied, "customer", ANN).outcome),
        (SeedOutcome::Kept, SeedOutcome::Kept)
    );
    assert!(client::find(app, WEB).await.unwrap().unwrap().is_enabled());
    assert!(!customer::is_blocked(app, id).await.unwrap());
}

async fn a_client_that_was_removed_stays_so(server: &Server) {
    let app = server.app();
    client::apply_change(app, APP, ClientChange::Remove).await.unwrap();
    let exported = seed::export(app, ALL).await.unwrap();
    let clients = exported.makers.iter().flat_map(|m| &m.profiles).flat_map(|p| &p.clients);
    assert!(clients.clone().count() == 2 && clients.into_iter().all(|client| client.id.unwrap().to_string() != APP));
    let applied = seed::apply(app, exported).await.unwrap();
    assert!(super::all_unchanged(&applied), "{applied:?}");
    for overwrite in [OverwritePolicy::Never, OverwritePolicy::Everything] {
        let applied = seed::apply_with_overwrite(app, aqua(|_| {}), overwrite).await.unwrap();
        assert_eq!(super::of(&applied, "client", APP).outcome, SeedOutcome::Gone);
        assert!(!client::find(app, APP).await.unwrap().unwrap().is_enabled());
    }
}
