//! Sign-ups under way.

use crate::harness::Store;
use crate::samples::{asin, at, hash, serial, slot_id, texts};
use opendrs_domain::consent::Mark;
use opendrs_domain::login::authorize::Authorize;
use opendrs_domain::login::pkce::Challenge;
use opendrs_domain::login::scope::DeviceRequest;
use opendrs_domain::money::Money;
use opendrs_domain::subscription::Choice;
use opendrs_domain::text::ModelCode;
use opendrs_store::signup::{self, Signup};

both!(
    a_sign_up_comes_back_as_it_was_asked,
    putting_a_sign_up_again_changes_the_answers_and_nothing_else,
    a_sign_up_is_removed_once,
    a_sign_up_is_finished_once_and_stays,
    a_purge_takes_what_ended_first_and_no_more_than_it_may,
);

fn plain(n: u64) -> Signup {
    let request = Authorize {
        client: "amzn1.application-oa2-client.1".into(),
        redirect_uri: "https://a.example/cb".into(),
        state: None,
        scopes: 1,
        device: None,
        challenge: None,
        issuer: None,
    };
    let (id, session, expires_at) = (hash(n), hash(n + 100), at(10));
    Signup { id, session, request, consented: false, choices: vec![], expires_at, mark: None, finished: false }
}

fn full(n: u64, text: &str) -> Signup {
    let model = ModelCode::parse("Model-1").unwrap();
    let request = Authorize {
        client: text.to_owned(),
        redirect_uri: format!("https://a.example/{text}"),
        state: Some(text.to_owned()),
        scopes: 15,
        device: Some(DeviceRequest { model, serial: serial("unit-1"), test: true, non_live: true }),
        challenge: Some(Challenge::S256(text.to_owned())),
        issuer: Some(text.to_owned()),
    };
    let choices = vec![
        Choice { slot: slot_id("a~b"), asin: Some(asin(1)), price: Some(Money { minor: 5, currency: "USD".into() }) },
        Choice { slot: slot_id("c"), asin: None, price: None },
    ];
    let mark = Some(Mark::after(None, [255, 0, 0, u8::try_from(n % 256).unwrap()]));
    Signup { request, consented: true, choices, mark, ..plain(n) }
}

async fn put(store: &Store, signup: &Signup) {
    store.write(signup.clone(), |tx, s| Box::pin(signup::put(tx, 2, s))).await;
}

async fn get(store: &Store, n: u64) -> Option<Signup> {
    store.read(async |tx| signup::get(tx, 2, &hash(n)).await).await
}

async fn a_sign_up_comes_back_as_it_was_asked(store: &Store) {
    let samples = texts().into_iter().zip(1..).map(|(text, n)| full(n, &text)).chain([plain(50), full(51, "a\0b")]);
    for signup in samples {
        put(store, &signup).await;
        assert_eq!(store.read(async |tx| signup::get(tx, 2, &signup.id).await).await.as_ref(), Some(&signup));
        assert_eq!(store.read(async |tx| signup::get(tx, 3, &signup.id).await).await, None);
    }
    assert_eq!(get(store, 99).await, None);
}

async fn putting_a_sign_up_again_changes_the_answers_and_nothing_else(store: &Store) {
    put(store, &plain(1)).await;
    put(store, &plain(2)).await;
    let changed = full(1, "x");
    put(store, &Signup { session: hash(9), expires_at: at(99), ..changed.clone() }).await;
    let answered = Signup { consented: true, choices: changed.choices, mark: changed.mark, ..plain(1) };
    assert_eq!((get(store, 1).await, get(store, 2).await), (Some(answered), Some(plain(2))));
}

async fn a_sign_up_is_removed_once(store: &Store) {
    put(store, &plain(1)).await;
    for there in [true, false] {
        let removed = store.write((), |tx, ()| Box::pin(async { signup::delete(tx, 2, &hash(1)).await })).await;
        assert_eq!(removed, there);
    }
    assert_eq!(get(store, 1).await, None);
}

async fn a_sign_up_is_finished_once_and_stays(store: &Store) {
    put(store, &plain(1)).await;
    for first in [true, false] {
        let finished = store.write((), |tx, ()| Box::pin(async { signup::finish(tx, 2, &hash(1)).await })).await;
        assert_eq!(finished, first);
        assert_eq!(get(store, 1).await, Some(Signup { finished: true, ..plain(1) }));
    }
    put(store, &full(1, "x")).await;
    assert!(get(store, 1).await.unwrap().finished, "a late answer does not begin it anew");
}

async fn a_purge_takes_what_ended_first_and_no_more_than_it_may(store: &Store) {
    for (n, ends) in [(3, 3), (1, 1), (4, 4), (2, 2)] {
        put(store, &Signup { expires_at: at(ends), ..plain(n) }).await;
    }
    for (limit, gone, left) in [(2, 2, "34"), (2, 1, "4"), (2, 0, "4")] {
        let purged = store.write(limit, |tx, limit| Box::pin(signup::purge(tx, at(4), *limit))).await;
        let mut found = String::new();
        for n in 1..=4 {
            found.extend(get(store, n).await.map(|_| n.to_string()));
        }
        assert_eq!((purged, found.as_str()), (gone, left));
    }
}
