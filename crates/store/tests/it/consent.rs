//! What customers granted to security profiles.

use crate::harness::Store;
use crate::samples::{at, maker, profile, uuid};
use opendrs_domain::consent::{Consent, Mark};
use opendrs_domain::device::Families;
use opendrs_domain::id::{CustomerId, MakerId, ProfileId};
use opendrs_domain::login::scope::Scopes;
use opendrs_domain::login::turn::Turns;
use opendrs_store::consent::{self, Ending, Given};
use opendrs_store::{maker, profile};

both!(
    a_consent_comes_back_for_its_customer_and_profile,
    a_new_grant_keeps_what_was_revoked,
    revoking_changes_nothing_else,
    revoking_what_was_never_granted_makes_no_consent,
    a_consent_stands_since_it_was_granted,
    a_withdrawal_leaves_a_mark_and_waits_for_its_end,
    unfinished_withdrawals_come_oldest_first,
    a_customers_consents_come_with_names_and_without_those_withdrawn,
    where_refresh_tokens_stand_comes_back_until_the_consent_is_withdrawn,
);

const PAIR: (u64, u64) = (1, 2);

fn pair((customer, profile): (u64, u64)) -> (CustomerId, ProfileId) {
    (CustomerId(uuid(customer)), ProfileId(uuid(profile)))
}

fn granted(bits: u8, revoked: &[u64]) -> Option<Consent> {
    let (scopes, revoked) = (Scopes::from_bits(bits), Families(revoked.to_vec()));
    Some(Consent { scopes, revoked, mark: None, ending_at: None })
}

async fn put(store: &Store, of: (u64, u64), bits: u8, when: i64) {
    store
        .write((of, bits, when), |tx, (of, bits, when)| {
            Box::pin(consent::put(tx, 2, pair(*of), Scopes::from_bits(*bits), at(*when)))
        })
        .await;
}

async fn revoke(store: &Store, of: (u64, u64), families: &[u64]) {
    let with = (of, Families(families.to_vec()));
    store.write(with, |tx, (of, families)| Box::pin(consent::set_revoked(tx, 2, pair(*of), families))).await;
}

/// Read both ways, which must agree.
async fn get(store: &Store, shard: i64, of: (u64, u64)) -> Option<Consent> {
    let (customer, profile) = pair(of);
    let read = store.read(async |tx| consent::get(tx, shard, customer, profile).await).await;
    let held = store
        .write((shard, of), |tx, (shard, of)| {
            let (customer, profile) = pair(*of);
            Box::pin(consent::lock(tx, *shard, customer, profile))
        })
        .await;
    assert_eq!(read, held);
    read
}

async fn a_consent_comes_back_for_its_customer_and_profile(store: &Store) {
    for bits in 1..=15 {
        put(store, (u64::from(bits), 2), bits, 0).await;
        assert_eq!(get(store, 2, (u64::from(bits), 2)).await, granted(bits, &[]));
    }
    assert_eq!(
        (get(store, 3, PAIR).await, get(store, 2, (1, 3)).await, get(store, 2, (99, 2)).await),
        (None, None, None)
    );
}

async fn a_new_grant_keeps_what_was_revoked(store: &Store) {
    put(store, PAIR, 1, 0).await;
    revoke(store, PAIR, &[7]).await;
    put(store, PAIR, 3, 50).await;
    assert_eq!(get(store, 2, PAIR).await, granted(3, &[7]));
}

async fn revoking_changes_nothing_else(store: &Store) {
    put(store, PAIR, 9, 0).await;
    put(store, (1, 3), 1, 0).await;
    for families in [&[u64::MAX, 0, 0xabc][..], &[], &[1]] {
        revoke(store, PAIR, families).await;
        assert_eq!(get(store, 2, PAIR).await, granted(9, families));
        assert_eq!(get(store, 2, (1, 3)).await, granted(1, &[]));
    }
    let at = at(0).micros().to_string();
    assert_eq!(store.rows("SELECT granted_at FROM consent").await, [[at.clone()], [at]]);
}

async fn revoking_what_was_never_granted_makes_no_consent(store: &Store) {
    revoke(store, PAIR, &[1]).await;
    assert_eq!((get(store, 2, PAIR).await, store.count("consent").await), (None, 0));
}

async fn since(store: &Store) -> Vec<Vec<String>> {
    store.rows("SELECT granted_at FROM consent").await
}

fn ending(of: (u64, u64), mark: [u8; 4]) -> Ending {
    let (customer, profile) = pair(of);
    Ending { shard: 2, customer, profile, mark: Mark::after(None, mark) }
}

async fn withdraw(store: &Store, of: Ending, when: i64) {
    store.write((of, when), |tx, (of, when)| Box::pin(consent::withdraw(tx, *of, at(*when)))).await;
}

async fn a_consent_stands_since_it_was_granted(store: &Store) {
    let moment = |n: i64| [[at(n).micros().to_string()]];
    put(store, PAIR, 1, 0).await;
    put(store, PAIR, 3, 50).await;
    assert_eq!(since(store).await, moment(0));
    withdraw(store, ending(PAIR, [1; 4]), 60).await;
    put(store, PAIR, 1, 70).await;
    assert_eq!(since(store).await, moment(70), "granted anew");
}

async fn a_withdrawal_leaves_a_mark_and_waits_for_its_end(store: &Store) {
    put(store, PAIR, 9, 0).await;
    put(store, (1, 3), 1, 0).await;
    revoke(store, PAIR, &[7]).await;
    for mark in [[0; 4], [255; 4], [127, 255, 255, 255]] {
        let of = ending(PAIR, mark);
        withdraw(store, of, 60).await;
        let withdrawn = Consent { mark: Some(of.mark), ending_at: Some(at(60)), ..granted(0, &[]).unwrap() };
        assert_eq!(get(store, 2, PAIR).await.as_ref(), Some(&withdrawn));
        for (mark, ending_at) in [(ending(PAIR, [9; 4]).mark, Some(at(60))), (of.mark, None)] {
            store.write(Ending { mark, ..of }, |tx, of| Box::pin(consent::ended(tx, *of))).await;
            let wanted = Consent { ending_at, ..withdrawn.clone() };
            assert_eq!(get(store, 2, PAIR).await, Some(wanted), "of another withdrawal, then of this one");
        }
        put(store, PAIR, 1, 80).await;
        assert_eq!(get(store, 2, PAIR).await, Some(Consent { mark: Some(of.mark), ..granted(1, &[]).unwrap() }));
    }
    assert_eq!(get(store, 2, (1, 3)).await, granted(1, &[]));
}

async fn unfinished_withdrawals_come_oldest_first(store: &Store) {
    let mut all = Vec::new();
    for (customer, when) in [(1, 30), (2, 10), (3, 20), (4, 40)] {
        put(store, (customer, 2), 1, 0).await;
        let of = ending((customer, 2), [u8::try_from(customer).unwrap(); 4]);
        withdraw(store, of, when).await;
        all.push(of);
    }
    put(store, (5, 2), 1, 0).await;
    let found = async |now, limit| store.read(async |tx| consent::ending(tx, at(now), limit).await).await;
    assert_eq!(found(30, 9).await, [all[1], all[2], all[0]]);
    assert_eq!(found(99, 2).await, [all[1], all[2]]);
    store.write(all[1], |tx, of| Box::pin(consent::ended(tx, *of))).await;
    assert_eq!(found(30, 9).await, [all[2], all[0]]);
}

async fn a_customers_consents_come_with_names_and_without_those_withdrawn(store: &Store) {
    store.write(maker(9), |tx, m| Box::pin(maker::add(tx, m))).await;
    for n in 2..=5 {
        store.write(profile(n, MakerId(uuid(9))), |tx, p| Box::pin(profile::put(tx, p))).await;
    }
    for (customer, profile, bits, when) in [(1, 2, 3, 20), (1, 3, 8, 10), (1, 4, 1, 5), (7, 5, 1, 0)] {
        put(store, (customer, profile), bits, when).await;
    }
    withdraw(store, ending((1, 4), [1; 4]), 60).await;
    let given = |n: u64, bits, when| Given {
        profile: ProfileId(uuid(n)),
        name: format!("profile {n}"),
        maker: "maker 9".into(),
        scopes: Scopes::from_bits(bits),
        granted_at: at(when),
    };
    let found = async |shard| store.read(async |tx| consent::of_customer(tx, shard, pair(PAIR).0).await).await;
    assert_eq!(found(2).await, [given(3, 8, 10), given(2, 3, 20)]);
    assert_eq!(found(3).await, []);
}

async fn where_refresh_tokens_stand_comes_back_until_the_consent_is_withdrawn(store: &Store) {
    put(store, PAIR, 2, 0).await;
    put(store, (1, 3), 2, 0).await;
    let held = async |of| store.write(of, |tx, of| Box::pin(consent::turns(tx, 2, pair(*of)))).await;
    let (mut turns, mut revoked) = (Turns::default(), Families::default());
    assert_eq!(held(PAIR).await, Some((granted(2, &[]).unwrap(), turns.clone())));
    for n in 0..40 {
        turns.present(n % 3, at(i64::try_from(n).unwrap()), false, at(0));
        revoked.add(n);
        let with = (revoked.clone(), turns.clone());
        store.write(with, |tx, (r, t)| Box::pin(consent::set_turns(tx, 2, pair(PAIR), r, t))).await;
        assert_eq!(held(PAIR).await, Some((granted(2, &revoked.0).unwrap(), turns.clone())));
    }
    put(store, PAIR, 3, 0).await;
    assert_eq!(held(PAIR).await, Some((granted(3, &revoked.0).unwrap(), turns)), "granting more changes nothing of it");
    withdraw(store, ending(PAIR, [1; 4]), 60).await;
    assert_eq!(held(PAIR).await.map(|(consent, turns)| (consent.revoked, turns)), Some(Default::default()));
    assert_eq!(held((1, 3)).await, Some((granted(2, &[]).unwrap(), Turns::default())));
}
