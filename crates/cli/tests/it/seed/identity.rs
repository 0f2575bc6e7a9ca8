//! How a declaration is recognised: by an id or a name, and never by its position in a file.

use super::{aqua, client_of, of, refused};
use crate::harness::Server;
use crate::harness::fixtures::{self, APP, MODEL, OTHER_WEB, WEB};
use opendrs_domain::id::{ClientId, CompositeId, ProfileId};
use opendrs_domain::profile::ClientKind;
use opendrs_service::seed::{self, ClientSeed, SeedDeclaration, SeedOutcome};
use uuid::Uuid;

both!(
    a_client_in_front_of_another_leaves_it_as_it_is,
    a_client_that_may_be_two_is_refused,
    a_named_client_keeps_its_id_wherever_it_stands,
    a_client_is_given_a_name_later,
    ids_of_others_are_refused,
    a_slot_is_recognised_by_its_name_beside_one_with_an_id,
);

fn web(name: Option<&str>, uris: &[&str]) -> ClientSeed {
    let seed = fixtures::client(ClientKind::Web, WEB, None, uris);
    ClientSeed { line: 12, id: None, name: name.map(str::to_owned), ..seed }
}

/// Another profile of Aqua with these clients.
fn with(clients: Vec<ClientSeed>) -> SeedDeclaration {
    aqua(|seed| {
        let mut profile = seed.makers[0].profiles[0].clone();
        profile.name = "Second app".into();
        profile.clients = clients;
        seed.makers[0].profiles = vec![profile];
    })
}

/// Applies the seed. Returns the ids of the clients, in the order of the file.
async fn ids(server: &Server, seed: SeedDeclaration) -> Vec<String> {
    let items = seed::apply(server.app(), seed).await.unwrap();
    let declared = items.into_iter().filter(|item| item.kind == "client" && item.outcome != SeedOutcome::Undeclared);
    declared.map(|item| item.id).collect()
}

async fn a_client_in_front_of_another_leaves_it_as_it_is(server: &Server) {
    let first = ids(server, with(vec![web(None, &["https://a.example"])])).await;
    let before = client_of(server, &first[0]).await;
    let both = with(vec![web(None, &["https://n.example"]), web(None, &["https://a.example"])]);
    let second = ids(server, both.clone()).await;
    assert_eq!((second.len(), &second[1]), (2, &first[0]));
    assert_ne!(second[0], first[0]);
    assert_eq!(client_of(server, &first[0]).await, before, "its secret and redirect URI too");
    assert_eq!(ids(server, both).await, second);
    let turned = with(vec![web(None, &["https://a.example"]), web(None, &["https://n.example"])]);
    assert_eq!(ids(server, turned).await, [second[1].clone(), second[0].clone()]);

    // A client with a new id is declared before the one that was first.
    let new = ClientId(Uuid::from_u128(77)).to_string();
    let items = seed::apply(
        server.app(),
        aqua(|seed| {
            let clients = &mut seed.makers[0].profiles[0].clients;
            clients.insert(0, fixtures::client(ClientKind::Web, &new, None, &["https://front.example"]));
        }),
    )
    .await
    .unwrap();
    let done = [&new, WEB, APP].map(|id| of(&items, "client", id).outcome);
    assert_eq!(done, [SeedOutcome::Created, SeedOutcome::Unchanged, SeedOutcome::Unchanged]);
}

async fn a_client_that_may_be_two_is_refused(server: &Server) {
    let known = ids(server, with(vec![web(None, &["https://a.example"])])).await;
    let (a, b) = (web(None, &["https://n.example"]), web(None, &["https://m.example"]));
    let said = refused(server, with(vec![a.clone(), b])).await;
    let wanted = format!(
        "line 12: client: nothing tells whether this web client is a new one or one that is there ({})",
        known[0]
    );
    assert!(
        said.starts_with(&wanted) && said.ends_with("give a new one a `name`, and one that is there its `id`"),
        "{said}"
    );
    // The only client may get another redirect URI.
    assert_eq!(ids(server, with(vec![a])).await, known);
    assert_eq!(client_of(server, &known[0]).await.redirect_uris, ["https://n.example"]);
}

async fn a_named_client_keeps_its_id_wherever_it_stands(server: &Server) {
    let cloud = |uri| web(Some("cloud"), &[uri]);
    let first = ids(server, with(vec![cloud("https://a.example")])).await;
    let other = ids(server, with(vec![web(Some("shop"), &["https://a.example"]), cloud("https://b.example")])).await;
    assert_eq!((other.len(), &other[1]), (2, &first[0]));
    assert_eq!(client_of(server, &first[0]).await.redirect_uris, ["https://b.example"]);
    let ios = ClientSeed { kind: ClientKind::Ios, ..cloud("app://b") };
    let said = refused(server, with(vec![ios])).await;
    let wanted = format!("line 12: kind: {} is a web client, and a kind does not change", first[0]);
    assert!(said.starts_with(&wanted), "{said}");
    let taken = ClientSeed { id: ClientId::parse(&other[0]).ok(), ..cloud("https://b.example") };
    let said = refused(server, with(vec![taken])).await;
    assert_eq!(said, format!("line 12: name: {} has this name: choose another name, or write its id", first[0]));
}

async fn a_client_is_given_a_name_later(server: &Server) {
    let first = ids(server, with(vec![web(None, &["https://a.example"])])).await;
    let named = web(Some("cloud"), &["https://a.example"]);
    let new = web(Some("new"), &["https://n.example"]);
    let second = ids(server, with(vec![new, named])).await;
    assert_eq!((second.len(), &second[1]), (2, &first[0]));
    let moved = web(Some("cloud"), &["https://m.example"]);
    assert_eq!(ids(server, with(vec![moved])).await, first);
}

async fn ids_of_others_are_refused(server: &Server) {
    let brew = fixtures::seed().makers[1].profiles[0].name.clone();
    let of_brew = seed::apply(server.app(), fixtures::seed()).await.unwrap();
    let of_brew = ProfileId::parse(&of(&of_brew, "profile", &brew).id).unwrap();
    let composite = CompositeId::parse(&fixtures::COMPOSITE.replace("c1", "c3")).unwrap();
    let fresh = ProfileId(Uuid::from_u128(5));
    let profile = |id| aqua(|seed| seed.makers[0].profiles[0].id = Some(id));
    let own = seed::apply(server.app(), fixtures::seed()).await.unwrap();
    let own = ProfileId::parse(&own.iter().find(|item| item.kind == "profile").unwrap().id).unwrap();
    let swapped = aqua(|seed| {
        let mut renamed = seed.makers[0].profiles[0].clone();
        (renamed.id, renamed.name) = (Some(own), "Renamed".into());
        seed.makers[0].profiles[0].clients.clear();
        seed.makers[0].profiles.push(renamed);
    });
    let client = aqua(|seed| seed.makers[0].profiles[0].clients[0].id = ClientId::parse(OTHER_WEB).ok());
    for (seed, wanted) in [
        (profile(of_brew), "is a profile of another maker"),
        (profile(fresh), "which does not change: write that id"),
        (swapped, "has this name, and the file gives it another: apply that first"),
        (client, "is already a web client of another profile"),
        (aqua(|seed| seed.makers[0].models[0].composite = Some(composite)), "is that of the model Brew_1"),
    ] {
        let said = refused(server, seed).await;
        assert!(said.contains(wanted), "{said}");
    }
    assert_eq!(client_of(server, OTHER_WEB).await.redirect_uris, [fixtures::OTHER_REDIRECT]);
}

async fn a_slot_is_recognised_by_its_name_beside_one_with_an_id(server: &Server) {
    // A slot without an id has the name that a slot with an id had before: it is a new slot.
    let seed = || {
        aqua(|seed| {
            let slots = &mut seed.makers[0].models[0].slots;
            let mut new = slots[0].clone();
            new.id = None;
            slots[0].name = "Old filter".into();
            slots.insert(0, new);
        })
    };
    let items = seed::apply(server.app(), seed()).await.unwrap();
    let slots: Vec<_> = items.iter().filter(|item| item.kind == "slot").take(3).collect();
    let done: Vec<_> = slots.iter().map(|slot| (slot.name.as_str(), slot.outcome)).collect();
    let wanted = [
        ("Filter", SeedOutcome::Created),
        ("Old filter", SeedOutcome::Changed),
        ("Mineral cartridge", SeedOutcome::Unchanged),
    ];
    assert_eq!(done, wanted);
    assert_eq!(slots[1].id, fixtures::FILTER);
    let again = seed::apply(server.app(), seed()).await.unwrap();
    assert!(super::all_unchanged(&again), "{again:?}");
    assert_eq!(of(&again, "model", MODEL).outcome, SeedOutcome::Unchanged);
}
