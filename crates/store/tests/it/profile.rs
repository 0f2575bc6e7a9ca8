//! Security profiles and their clients.

use crate::harness::{TestStore, command};
use crate::samples::{awkward_texts, client, hash, profile, uuid};
use opendrs_domain::id::{ClientId, MakerId, ProfileId};
use opendrs_domain::profile::{Client, ClientKind, ClientMode, Profile};
use opendrs_store::profile;

both!(
    a_profile_comes_back_with_and_without_its_privacy_notice,
    putting_a_profile_again_changes_name_and_notice_and_nothing_else,
    a_profile_name_belongs_to_one_profile_of_a_maker,
    profiles_are_walked_through_by_id,
    every_kind_of_client_comes_back,
    a_clients_place_is_its_own_among_those_of_its_kind,
    putting_a_client_again_changes_secret_redirects_and_mode_and_nothing_else,
    a_profiles_clients_come_by_kind_and_place,
    another_mode_changes_nothing_else,
);

async fn upsert(store: &TestStore, profile: &Profile) {
    store.write(profile.clone(), |tx, p| Box::pin(profile::upsert(tx, p))).await;
}

async fn upsert_client(store: &TestStore, client: &Client, at: i64) {
    store.write((client.clone(), at), |tx, (c, at)| Box::pin(profile::upsert_client(tx, c, *at))).await;
}

async fn a_profile_comes_back_with_and_without_its_privacy_notice(store: &TestStore) {
    let owner = MakerId(uuid(1));
    for (n, url) in
        [None, Some(String::new()), Some("https://a.example/p?x='1'&y=%20#ü".to_owned())].into_iter().enumerate()
    {
        let profile = Profile { privacy_url: url, ..profile(n as u64, owner) };
        upsert(store, &profile).await;
        assert_eq!(store.read(async |tx| profile::find_by_id(tx, profile.id).await).await.as_ref(), Some(&profile));
        assert_eq!(store.read(async |tx| profile::find_by_name(tx, owner, &profile.name).await).await, Some(profile));
    }
    assert_eq!(store.read(async |tx| profile::find_by_id(tx, ProfileId(uuid(99))).await).await, None);
    assert_eq!(store.read(async |tx| profile::find_by_name(tx, MakerId(uuid(2)), "profile 1").await).await, None);
}

async fn profiles_are_walked_through_by_id(store: &TestStore) {
    for n in [3, 1, 2] {
        upsert(store, &profile(n, MakerId(uuid(1)))).await;
    }
    let first = store.read(async |tx| profile::list_after(tx, ProfileId(uuid::Uuid::nil()), 2).await).await;
    let last = first.last().unwrap().id;
    let rest = store.read(async |tx| profile::list_after(tx, last, 2).await).await;
    let all: Vec<_> = first.iter().chain(&rest).map(|profile| profile.id).collect();
    assert!(all.len() == 3 && first.len() == 2 && all.is_sorted(), "{all:?}");
}

async fn putting_a_profile_again_changes_name_and_notice_and_nothing_else(store: &TestStore) {
    let (first, other) = (profile(1, MakerId(uuid(1))), profile(2, MakerId(uuid(1))));
    upsert(store, &first).await;
    upsert(store, &other).await;
    let (name, privacy_url) = ("O'Neill's".to_owned(), Some("https://b.example".to_owned()));
    upsert(store, &Profile { maker: MakerId(uuid(9)), name: name.clone(), privacy_url: privacy_url.clone(), ..first })
        .await;
    let changed = Profile { name, privacy_url, ..first };
    assert_eq!(store.read(async |tx| profile::find_by_id(tx, changed.id).await).await, Some(changed));
    assert_eq!(store.read(async |tx| profile::find_by_id(tx, other.id).await).await, Some(other));
}

async fn a_profile_name_belongs_to_one_profile_of_a_maker(store: &TestStore) {
    upsert(store, &profile(1, MakerId(uuid(1)))).await;
    let twin = Profile { id: ProfileId(uuid(2)), ..profile(1, MakerId(uuid(1))) };
    let refused = store.db.write(command(0, twin, |tx, p| Box::pin(profile::upsert(tx, p)))).await;
    assert!(refused.is_err_and(|e| e.to_string().contains("ProfilePut")));
    upsert(store, &Profile { id: ProfileId(uuid(2)), ..profile(1, MakerId(uuid(2))) }).await;
}

async fn every_kind_of_client_comes_back(store: &TestStore) {
    let profile = profile(1, MakerId(uuid(1)));
    upsert(store, &profile).await;
    let uris = [vec![], vec!["https://a.example/cb?x=[1]&y=\"q\"".to_owned()], awkward_texts()];
    for (n, kind) in ClientKind::ALL.into_iter().enumerate() {
        for (m, uris) in uris.iter().enumerate() {
            let secret_hash = (m > 0).then(|| hash(n as u64));
            let (redirect_uris, mode) = (uris.clone(), ClientMode::ALL[m % 2]);
            let client = Client { secret_hash, redirect_uris, mode, ..client((n * 10 + m) as u64, &profile, kind) };
            upsert_client(store, &client, i64::try_from(m).unwrap()).await;
            assert_eq!(store.read(async |tx| profile::find_client(tx, client.id).await).await, Some(client));
        }
    }
    assert_eq!(store.read(async |tx| profile::find_client(tx, ClientId(uuid(99))).await).await, None);
}

async fn a_clients_place_is_its_own_among_those_of_its_kind(store: &TestStore) {
    let profile = profile(1, MakerId(uuid(1)));
    upsert(store, &profile).await;
    let places = [(ClientKind::Web, 4), (ClientKind::Web, 1), (ClientKind::Ios, 0)];
    for (n, (kind, at)) in (1..).zip(places) {
        upsert_client(store, &client(n, &profile, kind), at).await;
    }
    for (of, kind, last) in [
        (1, ClientKind::Web, Some(4)),
        (1, ClientKind::Ios, Some(0)),
        (1, ClientKind::Android, None),
        (2, ClientKind::Web, None),
    ] {
        let found = store.read(async |tx| profile::find_last_position(tx, ProfileId(uuid(of)), kind).await).await;
        assert_eq!(found, last);
    }
    // Two concurrent seeds must not both create the first client.
    let twin = (client(9, &profile, ClientKind::Web), 4);
    let refused = store.db.write(command(0, twin, |tx, (c, at)| Box::pin(profile::upsert_client(tx, c, *at)))).await;
    assert!(refused.is_err_and(|e| e.to_string().contains("ClientPut")));
}

async fn putting_a_client_again_changes_secret_redirects_and_mode_and_nothing_else(store: &TestStore) {
    let owner = profile(1, MakerId(uuid(1)));
    let other = Profile { name: "other".into(), ..profile(2, owner.maker) };
    upsert(store, &owner).await;
    upsert(store, &other).await;
    let first = Client { secret_hash: Some(hash(1)), ..client(1, &owner, ClientKind::Web) };
    upsert_client(store, &first, 0).await;
    for (secret_hash, uris, mode) in
        [(Some(hash(2)), vec!["https://b.example/".to_owned()], ClientMode::Strict), (None, vec![], ClientMode::Lwa)]
    {
        let redirect_uris = uris.clone();
        let moved = Client { secret_hash, redirect_uris, mode, ..client(1, &other, ClientKind::Ios) };
        upsert_client(store, &moved, 7).await;
        let changed = Client { secret_hash, redirect_uris: uris, mode, ..first.clone() };
        assert_eq!(store.read(async |tx| profile::find_client(tx, first.id).await).await.as_ref(), Some(&changed));
        let found = store.read(async |tx| profile::find_last_position(tx, owner.id, ClientKind::Web).await).await;
        assert_eq!(found, Some(0), "its place stays");
    }
}

async fn a_profiles_clients_come_by_kind_and_place(store: &TestStore) {
    let [own, other] = [profile(1, MakerId(uuid(1))), profile(2, MakerId(uuid(1)))];
    upsert(store, &own).await;
    upsert(store, &other).await;
    let places =
        [(4, ClientKind::Web, 1), (3, ClientKind::Web, 0), (2, ClientKind::Ios, 0), (1, ClientKind::Device, 0)];
    for (n, kind, at) in places {
        upsert_client(store, &client(n, &own, kind), at).await;
    }
    upsert_client(store, &client(9, &other, ClientKind::Web), 0).await;
    let found = store.read(async |tx| profile::list_clients(tx, own.id).await).await;
    let wanted = [places[3], places[2], places[1], places[0]].map(|(n, kind, _)| client(n, &own, kind));
    assert_eq!(found, wanted);
}

async fn another_mode_changes_nothing_else(store: &TestStore) {
    let owner = profile(1, MakerId(uuid(1)));
    upsert(store, &owner).await;
    let first = Client { secret_hash: Some(hash(1)), ..client(1, &owner, ClientKind::Web) };
    let second = client(2, &owner, ClientKind::Ios);
    upsert_client(store, &first, 0).await;
    upsert_client(store, &second, 0).await;
    for mode in [ClientMode::Strict, ClientMode::Lwa] {
        store.write((first.id, mode), |tx, (id, mode)| Box::pin(profile::set_mode(tx, *id, *mode))).await;
        let found = store.read(async |tx| profile::list_clients(tx, owner.id).await).await;
        assert_eq!(found, [second.clone(), Client { mode, ..first.clone() }]);
    }
}
