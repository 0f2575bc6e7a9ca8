//! Authorization codes.

use crate::harness::{TestStore, command};
use crate::samples::{at, awkward_texts, hash, uuid};
use opendrs_domain::device::DeviceRef;
use opendrs_domain::id::{ClientId, CustomerId, DeviceId};
use opendrs_domain::login::code::AuthorizationCode;
use opendrs_domain::login::pkce::Challenge;
use opendrs_domain::login::scope::Scopes;
use opendrs_domain::token::TokenGenerations;
use opendrs_store::{Error, code};

both!(
    a_code_comes_back_with_and_without_device_and_challenge,
    of_two_that_present_a_code_one_comes_second,
    the_same_code_is_not_added_twice,
    a_purge_takes_what_ended_first_and_no_more_than_it_may,
);

fn sample_code(n: u64) -> AuthorizationCode {
    AuthorizationCode {
        hash: hash(n),
        device: None,
        customer: CustomerId(uuid(n)),
        client: ClientId(uuid(n + 1)),
        redirect_uri: "https://a.example/".into(),
        challenge: None,
        scopes: Scopes::from_bits(1),
        family: 1,
        generations: TokenGenerations::default(),
        expires_at: at(300),
        used_at: None,
    }
}

async fn insert(store: &TestStore, code: &AuthorizationCode) {
    store.write(code.clone(), |tx, c| Box::pin(code::insert(tx, 2, c))).await;
}

async fn lock(store: &TestStore, shard: i64, n: u64) -> Option<AuthorizationCode> {
    store.write((shard, n), |tx, (shard, n)| Box::pin(async { code::lock(tx, *shard, &hash(*n)).await })).await
}

async fn a_code_comes_back_with_and_without_device_and_challenge(store: &TestStore) {
    let texts = awkward_texts();
    let families = [0, 1, 0x7fff_ffff_ffff_ffff, 0x8000_0000_0000_0000, u64::MAX];
    let devices = [
        None,
        Some(DeviceRef { shard: 0, id: DeviceId(uuid(7)) }),
        Some(DeviceRef { shard: 63, id: DeviceId(uuid(8)) }),
    ];
    for n in 0..15_u64 {
        let at = usize::try_from(n).unwrap();
        let text = texts[at % texts.len()].clone();
        let challenge =
            [None, Some(Challenge::Plain(text.clone())), Some(Challenge::S256(text.clone()))][at % 3].clone();
        let scopes = Scopes::from_bits(u8::try_from(n).unwrap() + 1);
        let (device, family) = (devices[at / 3 % 3], families[at % 5]);
        let generations = TokenGenerations { client: n as u32, customer: u32::MAX - n as u32 };
        let code =
            AuthorizationCode { device, challenge, scopes, family, redirect_uri: text, generations, ..sample_code(n) };
        insert(store, &code).await;
        assert_eq!(lock(store, 2, n).await, Some(code));
    }
    assert_eq!((lock(store, 3, 1).await, lock(store, 2, 99).await), (None, None));
}

async fn of_two_that_present_a_code_one_comes_second(store: &TestStore) {
    insert(store, &sample_code(1)).await;
    insert(store, &sample_code(2)).await;
    let present = |n: i64| {
        store.db.write(command(1, n, |tx, n| {
            Box::pin(async move {
                let code = code::lock(tx, 2, &hash(1)).await?.ok_or_else(|| Error::CannotOpen("gone".into()))?;
                if code.used_at.is_none() {
                    code::mark_used(tx, 2, &hash(1), at(*n)).await?;
                }
                Ok(code.used_at)
            })
        }))
    };
    let (a, b) = futures_util::future::join(present(1), present(2)).await;
    let (a, b) = (a.unwrap(), b.unwrap());
    assert!(a.is_none() != b.is_none(), "one was first: {a:?} {b:?}");
    assert_eq!(
        lock(store, 2, 1).await,
        Some(AuthorizationCode { used_at: a.or(b), ..sample_code(1) }),
        "spent once, nothing else changed"
    );
    assert_eq!(lock(store, 2, 2).await, Some(sample_code(2)));
}

async fn the_same_code_is_not_added_twice(store: &TestStore) {
    insert(store, &sample_code(1)).await;
    let again =
        store.db.write(command(0, (), |tx, ()| Box::pin(async { code::insert(tx, 2, &sample_code(1)).await }))).await;
    assert!(again.is_err_and(|e| e.to_string().contains("CodePut")));
}

async fn a_purge_takes_what_ended_first_and_no_more_than_it_may(store: &TestStore) {
    for (n, ends) in [(3, 3), (1, 1), (4, 4), (2, 2)] {
        insert(store, &AuthorizationCode { expires_at: at(ends), ..sample_code(n) }).await;
    }
    for (limit, gone, left) in [(2, 2, "34"), (2, 1, "4"), (2, 0, "4")] {
        let purged = store.write(limit, |tx, limit| Box::pin(code::purge(tx, at(4), *limit))).await;
        let mut found = String::new();
        for n in 1..=4 {
            found.extend(lock(store, 2, n).await.map(|_| n.to_string()));
        }
        assert_eq!((purged, found.as_str()), (gone, left));
    }
}
