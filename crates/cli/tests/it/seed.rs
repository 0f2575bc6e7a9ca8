//! The effect of a seed on existing data: it creates items, changes its own values, and keeps the values that others
//! set.

mod brand;
mod export;
mod identity;
mod translations;

use crate::harness::Server;
use crate::harness::fixtures::{self, ANN, APP, LARGE, REDIRECT, SECRET, SMALL, WEB};
use opendrs_domain::customer::{Address, Customer};
use opendrs_domain::language::Language;
use opendrs_domain::money::Money;
use opendrs_domain::profile::{Client, ClientMode};
use opendrs_domain::receiver::SignatureVersion;
use opendrs_domain::text::Email;
use opendrs_service::login::client;
use opendrs_service::receiver::{self, ReceiverChange};
use opendrs_service::seed::{
    self, OverwritePolicy, ReceiverSeed, SeedDeclaration, SeedEffectKind, SeedItem, SeedOutcome,
};
use opendrs_service::{Error, customer};

both!(
    what_a_customer_changed_stays,
    force_overwrites_what_a_customer_changed_and_lists_it,
    what_an_operator_changed_stays,
    what_nobody_changed_follows_the_seed,
    a_redirect_uri_that_is_no_longer_declared_ends,
    a_redirect_uri_that_somebody_else_removed_stays_removed,
    a_receiver_stays_as_an_operator_left_it,
    what_is_no_longer_declared_is_reported,
    what_was_removed_is_not_created_again,
    a_preview_writes_nothing_and_says_what_is_done_then,
);

async fn apply(server: &Server, seed: SeedDeclaration) -> Vec<SeedItem> {
    seed::apply(server.app(), seed).await.unwrap()
}

async fn refused(server: &Server, seed: SeedDeclaration) -> String {
    let before = server.all_rows().await;
    let error = seed::apply(server.app(), seed).await.unwrap_err();
    assert!(matches!(error, Error::InvalidSeed { .. }), "{error:?}");
    assert_eq!(server.all_rows().await, before, "a refused seed writes nothing");
    error.to_string()
}

/// A seed of Ann alone, changed.
fn ann(change: impl FnOnce(&mut seed::CustomerSeed)) -> SeedDeclaration {
    let mut seed = SeedDeclaration { customers: fixtures::seed().customers, ..SeedDeclaration::default() };
    seed.customers.retain(|customer| customer.email.as_str() == ANN);
    change(&mut seed.customers[0]);
    seed
}

/// A seed of Aqua alone, changed.
fn aqua(change: impl FnOnce(&mut SeedDeclaration)) -> SeedDeclaration {
    let mut seed = fixtures::seed();
    seed.customers.clear();
    seed.makers.truncate(1);
    change(&mut seed);
    seed
}

fn street(line1: &str) -> Address {
    Address { line1: line1.into(), ..fixtures::seed().customers[0].address.clone().unwrap() }
}

async fn stored(server: &Server) -> Customer {
    let id = customer::find_id_by_email(server.app(), &Email::parse(ANN).unwrap()).await.unwrap().unwrap();
    customer::load(server.app(), id).await.unwrap()
}

async fn client_of(server: &Server, id: &str) -> Client {
    client::find(server.app(), id).await.unwrap().unwrap()
}

/// The item of a kind with this name or id.
#[track_caller]
fn of<'i>(items: &'i [SeedItem], kind: &str, name: &str) -> &'i SeedItem {
    items.iter().find(|item| item.kind == kind && (item.id == name || item.name == name)).unwrap()
}

fn effects(item: &SeedItem) -> Vec<(&str, SeedEffectKind)> {
    item.effects.iter().map(|effect| (effect.key.as_str(), effect.kind)).collect()
}

fn all_unchanged(items: &[SeedItem]) -> bool {
    items.iter().all(|item| item.outcome == SeedOutcome::Unchanged && item.effects.is_empty())
}

async fn what_a_customer_changed_stays(server: &Server) {
    let (moved, id) = (street("9 Elm Street"), stored(server).await.id);
    customer::set_address(server.app(), id, moved.clone()).await.unwrap();
    customer::set_language(server.app(), id, Language::German).await.unwrap();
    let before = server.all_rows().await;

    let items = apply(server, fixtures::seed()).await;
    let item = of(&items, "customer", ANN);
    assert_eq!((item.outcome, effects(item)), (SeedOutcome::Kept, vec![("address", SeedEffectKind::Kept)]));
    assert!(item.effects.iter().all(|effect| effect.from.is_none() && effect.to.is_none()), "it is nobody's business");
    assert_eq!(server.all_rows().await, before);

    let without = apply(server, ann(|ann| ann.address = None)).await;
    assert!(all_unchanged(&without), "a left-out address erases none: {without:?}");
    let japanese = apply(server, ann(|ann| ann.language = Some(Language::Japanese))).await;
    assert_eq!(effects(&japanese[0]), [("address", SeedEffectKind::Kept), ("language", SeedEffectKind::Kept)]);

    // A value that only the seed has set still belongs to the seed.
    let renamed = apply(server, ann(|ann| ann.name = "Ann B. Example".into())).await;
    assert_eq!((renamed[0].outcome, stored(server).await.name.as_str()), (SeedOutcome::Changed, "Ann B. Example"));

    // A seed that declares the customer's choice does not take the value over.
    for (street, done) in [(moved.clone(), SeedOutcome::Unchanged), (street("10 Oak Street"), SeedOutcome::Kept)] {
        let items = apply(server, ann(|ann| (ann.name, ann.address) = ("Ann B. Example".into(), Some(street)))).await;
        assert_eq!(items[0].outcome, done, "{items:?}");
    }
    let ann = stored(server).await;
    assert_eq!((ann.address, ann.language), (Some(moved), Some(Language::German)));
}

async fn force_overwrites_what_a_customer_changed_and_lists_it(server: &Server) {
    let id = stored(server).await.id;
    customer::set_address(server.app(), id, street("9 Elm Street")).await.unwrap();
    server
        .execute_sql(
            "UPDATE customer SET password_hash = (SELECT b.password_hash FROM customer b
             WHERE b.email = 'bob@example.com') WHERE email = 'ann@example.com'",
        )
        .await;
    let seed = || ann(|ann| ann.password = Some("another password".into()));
    let kept = apply(server, seed()).await;
    assert_eq!(effects(&kept[0]), [("password", SeedEffectKind::Kept), ("address", SeedEffectKind::Kept)]);

    let before = server.all_rows().await;
    let listed = seed::preview(server.app(), seed(), OverwritePolicy::Everything).await.unwrap();
    assert_eq!(
        effects(&listed[0]),
        [("password", SeedEffectKind::Overwritten), ("address", SeedEffectKind::Overwritten)]
    );
    assert_eq!(server.all_rows().await, before);
    let done = seed::apply_with_overwrite(server.app(), seed(), OverwritePolicy::Everything).await.unwrap();
    assert_eq!((done[0].outcome, effects(&done[0])), (SeedOutcome::Changed, effects(&listed[0])));
    assert_eq!(stored(server).await.address, Some(street("1 Main Street")));
    assert!(all_unchanged(&apply(server, seed()).await));
}

async fn what_an_operator_changed_stays(server: &Server) {
    client::set_mode(server.app(), WEB, ClientMode::Strict).await.unwrap();
    server.execute_sql(&format!("UPDATE product SET price_minor = 1999 WHERE asin = '{SMALL}'")).await;
    let seed = || {
        aqua(|seed| {
            seed.makers[0].profiles[0].clients[0].mode = Some(ClientMode::Lwa);
            seed.products[0].price = Money::parse("29.99", "USD").unwrap();
            seed.products[0].title = "Filter".into();
        })
    };
    let items = apply(server, seed()).await;
    let (client, product) = (of(&items, "client", WEB), of(&items, "product", SMALL));
    assert_eq!((client.outcome, effects(client)), (SeedOutcome::Kept, vec![("mode", SeedEffectKind::Kept)]));
    assert_eq!(effects(product), [("title", SeedEffectKind::Changed), ("price", SeedEffectKind::Kept)]);
    let price = &product.effects[1];
    assert_eq!((price.from.as_deref(), price.to.as_deref()), (Some("19.99 USD"), Some("29.99 USD")));
    assert_eq!(client_of(server, WEB).await.mode, ClientMode::Strict);

    let forced = seed::apply_with_overwrite(server.app(), seed(), OverwritePolicy::Everything).await.unwrap();
    assert_eq!(effects(of(&forced, "client", WEB)), [("mode", SeedEffectKind::Overwritten)]);
    assert_eq!(effects(of(&forced, "product", SMALL)), [("price", SeedEffectKind::Overwritten)]);
    assert_eq!(client_of(server, WEB).await.mode, ClientMode::Lwa);
}

async fn what_nobody_changed_follows_the_seed(server: &Server) {
    let items = apply(
        server,
        aqua(|seed| {
            seed.products[1].available = false;
            let maker = &mut seed.makers[0];
            maker.profiles[0].privacy_url = None;
            maker.profiles[0].clients[1].redirect_uris.push("amzn://com.example.more".into());
            maker.models[0].live = false;
            maker.models[0].slots.reverse();
            maker.models[0].slots[0].unit = "cups".into();
        }),
    )
    .await;
    for (kind, name, wanted) in [
        ("product", LARGE, vec![("available", SeedEffectKind::Changed)]),
        ("profile", "Aqua companion app", vec![("privacy_url", SeedEffectKind::Changed)]),
        ("client", APP, vec![("redirect_uris", SeedEffectKind::Added)]),
        ("model", fixtures::MODEL, vec![("live", SeedEffectKind::Changed), ("slot", SeedEffectKind::Changed)]),
        ("slot", fixtures::CARTRIDGE, vec![("unit", SeedEffectKind::Changed)]),
    ] {
        assert_eq!(effects(of(&items, kind, name)), wanted, "{kind} {name}");
    }
    assert_eq!(items.iter().filter(|item| item.outcome != SeedOutcome::Unchanged).count(), 5, "{items:?}");
}

async fn a_redirect_uri_that_is_no_longer_declared_ends(server: &Server) {
    let [code, other] = [REDIRECT, fixtures::LOCAL_REDIRECT].map(|uri| (uri, Default::default()));
    let link = || crate::harness::LinkOptions::default();
    let code = server.link_for_code(link(), code.0, code.1).await;
    let kept = server.link_for_code(link().serial("SN-2"), other.0, other.1).await;
    let items = apply(server, aqua(|seed| drop(seed.makers[0].profiles[0].clients[0].redirect_uris.remove(0)))).await;
    let item = of(&items, "client", WEB);
    assert_eq!((item.outcome, effects(item)), (SeedOutcome::Changed, vec![("redirect_uris", SeedEffectKind::Removed)]));
    assert_eq!(item.effects[0].from.as_deref(), Some(REDIRECT));
    let exchange = async |code: &str| {
        let fields =
            [("grant_type", "authorization_code"), ("code", code), ("client_id", WEB), ("client_secret", SECRET)];
        server.request("POST", "/auth/o2/token").body(crate::harness::form_body(&fields)).status_and_text().await
    };
    let (status, said) = exchange(&code).await;
    assert!(status == 400 && said.contains("invalid_grant"), "{status} {said}");
    assert_eq!(exchange(&kept).await.0, 200);
}

async fn a_redirect_uri_that_somebody_else_removed_stays_removed(server: &Server) {
    let uris = format!(r#"["{REDIRECT}","https://added.example/done"]"#);
    server
        .execute_sql(&format!("UPDATE client SET redirect_uris = '{uris}' WHERE redirect_uris LIKE '%{REDIRECT}%'"))
        .await;
    let items = apply(server, fixtures::seed()).await;
    let item = of(&items, "client", WEB);
    assert_eq!((item.outcome, effects(item)), (SeedOutcome::Kept, vec![("redirect_uris", SeedEffectKind::Kept); 2]));
    assert_eq!(client_of(server, WEB).await.redirect_uris, [REDIRECT, "https://added.example/done"]);
    let forced = seed::apply_with_overwrite(server.app(), fixtures::seed(), OverwritePolicy::Everything).await.unwrap();
    assert_eq!(of(&forced, "client", WEB).outcome, SeedOutcome::Changed);
    assert_eq!(client_of(server, WEB).await.redirect_uris, [REDIRECT, fixtures::LOCAL_REDIRECT]);
}

fn receiver_with(change: impl FnOnce(&mut ReceiverSeed)) -> SeedDeclaration {
    let mut topic = ReceiverSeed {
        line: 7,
        name: "aqua".into(),
        endpoint: "https://aqua.example/drs".into(),
        signature: SignatureVersion::V1,
        raw: false,
        policy: "sns".into(),
        confirmed: true,
        disabled: None,
    };
    change(&mut topic);
    aqua(|seed| seed.makers[0].profiles[0].receivers = vec![topic])
}

async fn a_receiver_stays_as_an_operator_left_it(server: &Server) {
    assert_eq!(of(&apply(server, receiver_with(|_| ())).await, "topic", "aqua").outcome, SeedOutcome::Created);
    assert!(all_unchanged(&apply(server, receiver_with(|_| ())).await));
    let found = async || receiver::find(server.app(), "aqua").await.unwrap();
    let topic = found().await;
    receiver::apply_change(server.app(), topic.id, ReceiverChange::Disable).await.unwrap();
    assert!(all_unchanged(&apply(server, receiver_with(|_| ())).await));
    let moved = apply(server, receiver_with(|topic| topic.endpoint = "https://other.example/drs".into())).await;
    assert_eq!(effects(of(&moved, "topic", "aqua")), [("endpoint", SeedEffectKind::Changed)]);
    assert_eq!(
        (found().await.target.endpoint(), found().await.state.as_str()),
        ("https://other.example/drs", "disabled")
    );
    let on = apply(server, receiver_with(|topic| topic.disabled = Some(false))).await;
    assert!(effects(of(&on, "topic", "aqua")).contains(&("disabled", SeedEffectKind::Kept)), "{on:?}");
    assert_eq!(found().await.state.as_str(), "disabled");
    let hidden =
        refused(server, receiver_with(|topic| topic.endpoint = "https://a:***@other.example/drs".into())).await;
    assert!(hidden.starts_with("line 7: endpoint: a part of the endpoint is hidden"), "{hidden}");
}

async fn what_is_no_longer_declared_is_reported(server: &Server) {
    apply(server, receiver_with(|_| ())).await;
    let less = aqua(|seed| {
        drop(seed.makers[0].profiles[0].clients.remove(1));
        drop(seed.makers[0].models[0].slots.remove(0));
    });
    for _ in 0..2 {
        let items = apply(server, less.clone()).await;
        let gone: Vec<_> =
            items.iter().filter(|item| item.outcome == SeedOutcome::Undeclared).map(|item| item.kind).collect();
        assert_eq!(gone, ["client", "topic", "slot"], "{items:?}");
    }
    assert_eq!(client_of(server, APP).await.redirect_uris, [fixtures::APP_REDIRECT]);
    let again = apply(server, less).await;
    let changed: Vec<_> = again.iter().filter(|item| item.outcome == SeedOutcome::Changed).collect();
    assert!(changed.is_empty(), "twice is once: {changed:?}");
    // A partial file reports nothing about items that it leaves out.
    let customers = apply(server, ann(|_| ())).await;
    assert_eq!(customers.len(), 1);
}

async fn what_was_removed_is_not_created_again(server: &Server) {
    server.execute_sql(&format!("DELETE FROM client WHERE redirect_uris LIKE '%{}%'", fixtures::APP_REDIRECT)).await;
    server.execute_sql("DELETE FROM customer_email WHERE email = 'carl@example.com'").await;
    server.execute_sql(&format!("DELETE FROM product WHERE asin = '{}'", fixtures::SOLD_OUT)).await;
    let seed = || {
        let mut seed = fixtures::seed();
        // Also if it is recognised by its redirect URIs alone.
        seed.makers[0].profiles[0].clients[1].id = None;
        seed
    };
    let gone = |items: &[SeedItem]| {
        items.iter().filter(|item| item.outcome == SeedOutcome::Gone).map(|item| item.kind).collect::<Vec<_>>()
    };
    let before = server.all_rows().await;
    let items = apply(server, seed()).await;
    assert_eq!(gone(&items), ["product", "client", "customer"], "{items:?}");
    assert_eq!(server.all_rows().await, before);
    assert_eq!(of(&items, "client", APP).outcome, SeedOutcome::Gone);
}

async fn a_preview_writes_nothing_and_says_what_is_done_then(server: &Server) {
    let seed = || {
        aqua(|seed| {
            seed.products[0].title = "Filter".into();
            let clients = &mut seed.makers[0].profiles[0].clients;
            let new = seed::ClientSeed { id: None, name: Some("new".into()), secret_hash: None, ..clients[0].clone() };
            clients.insert(0, new);
        })
    };
    let before = server.all_rows().await;
    let said = seed::preview(server.app(), seed(), OverwritePolicy::Never).await.unwrap();
    assert_eq!(server.all_rows().await, before);
    assert_eq!(said.iter().filter(|item| item.id.is_empty()).count(), 1, "{said:?}");
    assert!(said.iter().all(|item| item.secret.is_none()));
    let done = apply(server, seed()).await;
    assert_eq!(done.len(), said.len());
    for (said, done) in said.iter().zip(&done) {
        assert_eq!((said.outcome, &said.effects, &said.name), (done.outcome, &done.effects, &done.name));
        assert!(said.id == done.id || said.id.is_empty());
    }
}
