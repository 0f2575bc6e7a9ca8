//! Sign-ups in progress.

use crate::harness::TestStore;
use crate::samples::{asin, at, awkward_texts, hash, serial, slot_id};
use opendrs_domain::consent::ConsentGeneration;
use opendrs_domain::login::authorize::AuthorizationRequest;
use opendrs_domain::login::pkce::Challenge;
use opendrs_domain::login::scope::DeviceRequest;
use opendrs_domain::money::Money;
use opendrs_domain::subscription::SlotChoice;
use opendrs_domain::text::ModelCode;
use opendrs_store::signup::{self, SignupRow};

both!(
    a_sign_up_comes_back_as_it_was_asked,
    putting_a_sign_up_again_changes_the_answers_and_nothing_else,
    a_sign_up_is_removed_once,
    a_sign_up_is_finished_once_and_stays,
    a_purge_takes_what_ended_first_and_no_more_than_it_may,
);

fn minimal_signup(n: u64) -> SignupRow {
    let request = AuthorizationRequest {
        client: "amzn1.application-oa2-client.1".into(),
        redirect_uri: "https://a.example/cb".into(),
        state: None,
        scopes: 1,
        device: None,
        challenge: None,
        issuer: None,
    };
    let (id, session, expires_at) = (hash(n), hash(n + 100), at(10));
    SignupRow {
        id,
        session,
        request,
        consented: false,
        choices: vec![],
        expires_at,
        consent_generation: None,
        finished: false,
    }
}

fn complete_signup(n: u64, text: &str) -> SignupRow {
    let model = ModelCode::parse("Model-1").unwrap();
    let request = AuthorizationRequest {
        client: text.to_owned(),
        redirect_uri: format!("https://a.example/{text}"),
        state: Some(text.to_owned()),
        scopes: 15,
        device: Some(DeviceRequest { model, serial: serial("unit-1"), test: true, non_live: true }),
        challenge: Some(Challenge::S256(text.to_owned())),
        issuer: Some(text.to_owned()),
    };
    let choices = vec![
        SlotChoice {
            slot: slot_id("a~b"),
            asin: Some(asin(1)),
            price: Some(Money { minor: 5, currency: "USD".into() }),
        },
        SlotChoice { slot: slot_id("c"), asin: None, price: None },
    ];
    let mark = Some(ConsentGeneration::next(None, [255, 0, 0, u8::try_from(n % 256).unwrap()]));
    SignupRow { request, consented: true, choices, consent_generation: mark, ..minimal_signup(n) }
}

async fn upsert(store: &TestStore, signup: &SignupRow) {
    store.write(signup.clone(), |tx, s| Box::pin(signup::upsert(tx, 2, s))).await;
}

async fn find(store: &TestStore, n: u64) -> Option<SignupRow> {
    store.read(async |tx| signup::find(tx, 2, &hash(n)).await).await
}

async fn a_sign_up_comes_back_as_it_was_asked(store: &TestStore) {
    let samples = awkward_texts()
        .into_iter()
        .zip(1..)
        .map(|(text, n)| complete_signup(n, &text))
        .chain([minimal_signup(50), complete_signup(51, "a\0b")]);
    for signup in samples {
        upsert(store, &signup).await;
        assert_eq!(store.read(async |tx| signup::find(tx, 2, &signup.id).await).await.as_ref(), Some(&signup));
        assert_eq!(store.read(async |tx| signup::find(tx, 3, &signup.id).await).await, None);
    }
    assert_eq!(find(store, 99).await, None);
}

async fn putting_a_sign_up_again_changes_the_answers_and_nothing_else(store: &TestStore) {
    upsert(store, &minimal_signup(1)).await;
    upsert(store, &minimal_signup(2)).await;
    let changed = complete_signup(1, "x");
    upsert(store, &SignupRow { session: hash(9), expires_at: at(99), ..changed.clone() }).await;
    let answered = SignupRow {
        consented: true,
        choices: changed.choices,
        consent_generation: changed.consent_generation,
        ..minimal_signup(1)
    };
    assert_eq!((find(store, 1).await, find(store, 2).await), (Some(answered), Some(minimal_signup(2))));
}

async fn a_sign_up_is_removed_once(store: &TestStore) {
    upsert(store, &minimal_signup(1)).await;
    for there in [true, false] {
        let removed = store.write((), |tx, ()| Box::pin(async { signup::delete(tx, 2, &hash(1)).await })).await;
        assert_eq!(removed, there);
    }
    assert_eq!(find(store, 1).await, None);
}

async fn a_sign_up_is_finished_once_and_stays(store: &TestStore) {
    upsert(store, &minimal_signup(1)).await;
    for first in [true, false] {
        let finished = store.write((), |tx, ()| Box::pin(async { signup::finish(tx, 2, &hash(1)).await })).await;
        assert_eq!(finished, first);
        assert_eq!(find(store, 1).await, Some(SignupRow { finished: true, ..minimal_signup(1) }));
    }
    upsert(store, &complete_signup(1, "x")).await;
    assert!(find(store, 1).await.unwrap().finished, "a late answer does not begin it anew");
}

async fn a_purge_takes_what_ended_first_and_no_more_than_it_may(store: &TestStore) {
    for (n, ends) in [(3, 3), (1, 1), (4, 4), (2, 2)] {
        upsert(store, &SignupRow { expires_at: at(ends), ..minimal_signup(n) }).await;
    }
    for (limit, gone, left) in [(2, 2, "34"), (2, 1, "4"), (2, 0, "4")] {
        let purged = store.write(limit, |tx, limit| Box::pin(signup::purge(tx, at(4), *limit))).await;
        let mut found = String::new();
        for n in 1..=4 {
            found.extend(find(store, n).await.map(|_| n.to_string()));
        }
        assert_eq!((purged, found.as_str()), (gone, left));
    }
}
