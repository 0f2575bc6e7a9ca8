//! Authorization codes.

use crate::harness::{Store, command};
use crate::samples::{at, hash, texts, uuid};
use opendrs_domain::id::{ClientId, CustomerId, DeviceId};
use opendrs_domain::login::code::Code;
use opendrs_domain::login::pkce::Challenge;
use opendrs_domain::login::scope::Scopes;
use opendrs_domain::token::Generations;
use opendrs_store::{Error, code};

both!(
    a_code_comes_back_with_and_without_device_and_challenge,
    of_two_that_present_a_code_one_comes_second,
    the_same_code_is_not_added_twice,
    a_purge_takes_what_ended_first_and_no_more_than_it_may,
);

fn plain(n: u64) -> Code {
    Code {
        hash: hash(n),
        device: None,
        customer: CustomerId(uuid(n)),
        client: ClientId(uuid(n + 1)),
        redirect_uri: "https://a.example/".into(),
        challenge: None,
        scopes: Scopes::from_bits(1),
        family: 1,
        generations: Generations::default(),
        expires_at: at(300),
        used_at: None,
    }
}

async fn add(store: &Store, code: &Code) {
    store.write(code.clone(), |tx, c| Box::pin(code::add(tx, 2, c))).await;
}

async fn get(store: &Store, shard: i64, n: u64) -> Option<Code> {
    store.write((shard, n), |tx, (shard, n)| Box::pin(async { code::lock(tx, *shard, &hash(*n)).await })).await
}

async fn a_code_comes_back_with_and_without_device_and_challenge(store: &Store) {
    let texts = texts();
    let families = [0, 1, 0x7fff_ffff_ffff_ffff, 0x8000_0000_0000_0000, u64::MAX];
    let devices = [None, Some((0, DeviceId(uuid(7)))), Some((63, DeviceId(uuid(8))))];
    for n in 0..15_u64 {
        let at = usize::try_from(n).unwrap();
        let text = texts[at % texts.len()].clone();
        let challenge =
            [None, Some(Challenge::Plain(text.clone())), Some(Challenge::S256(text.clone()))][at % 3].clone();
        let scopes = Scopes::from_bits(u8::try_from(n).unwrap() + 1);
        let (device, family) = (devices[at / 3 % 3], families[at % 5]);
        let generations = Generations { client: n as u32, customer: u32::MAX - n as u32 };
        let code = Code { device, challenge, scopes, family, redirect_uri: text, generations, ..plain(n) };
        add(store, &code).await;
        assert_eq!(get(store, 2, n).await, Some(code));
    }
    assert_eq!((get(store, 3, 1).await, get(store, 2, 99).await), (None, None));
}

async fn of_two_that_present_a_code_one_comes_second(store: &Store) {
    add(store, &plain(1)).await;
    add(store, &plain(2)).await;
    let present = |n: i64| {
        store.db.write(command(1, n, |tx, n| {
            Box::pin(async move {
                let code = code::lock(tx, 2, &hash(1)).await?.ok_or_else(|| Error::Open("gone".into()))?;
                if code.used_at.is_none() {
                    code::spend(tx, 2, &hash(1), at(*n)).await?;
                }
                Ok(code.used_at)
            })
        }))
    };
    let (a, b) = futures_util::future::join(present(1), present(2)).await;
    let (a, b) = (a.unwrap(), b.unwrap());
    assert!(a.is_none() != b.is_none(), "one was first: {a:?} {b:?}");
    assert_eq!(get(store, 2, 1).await, Some(Code { used_at: a.or(b), ..plain(1) }), "spent once, nothing else changed");
    assert_eq!(get(store, 2, 2).await, Some(plain(2)));
}

async fn the_same_code_is_not_added_twice(store: &Store) {
    add(store, &plain(1)).await;
    let again = store.db.write(command(0, (), |tx, ()| Box::pin(async { code::add(tx, 2, &plain(1)).await }))).await;
    assert!(again.is_err_and(|e| e.to_string().contains("CodePut")));
}

async fn a_purge_takes_what_ended_first_and_no_more_than_it_may(store: &Store) {
    for (n, ends) in [(3, 3), (1, 1), (4, 4), (2, 2)] {
        add(store, &Code { expires_at: at(ends), ..plain(n) }).await;
    }
    for (limit, gone, left) in [(2, 2, "34"), (2, 1, "4"), (2, 0, "4")] {
        let purged = store.write(limit, |tx, limit| Box::pin(code::purge(tx, at(4), *limit))).await;
        let mut found = String::new();
        for n in 1..=4 {
            found.extend(get(store, 2, n).await.map(|_| n.to_string()));
        }
        assert_eq!((purged, found.as_str()), (gone, left));
    }
}
