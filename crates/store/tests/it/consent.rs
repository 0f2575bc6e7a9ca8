//! What customers granted to security profiles.

use crate::harness::Store;
use crate::samples::{at, uuid};
use opendrs_domain::device::Families;
use opendrs_domain::id::{CustomerId, ProfileId};
use opendrs_domain::login::scope::Scopes;
use opendrs_store::consent::{self, Consent};

both!(
    a_consent_comes_back_for_its_customer_and_profile,
    a_new_grant_keeps_what_was_revoked,
    revoking_changes_nothing_else,
    revoking_what_was_never_granted_makes_no_consent,
);

const PAIR: (u64, u64) = (1, 2);

fn pair((customer, profile): (u64, u64)) -> (CustomerId, ProfileId) {
    (CustomerId(uuid(customer)), ProfileId(uuid(profile)))
}

fn granted(bits: u8, revoked: &[u64]) -> Option<Consent> {
    Some(Consent { scopes: Scopes::from_bits(bits), revoked: Families(revoked.to_vec()) })
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
    assert_eq!(store.rows("SELECT granted_at FROM consent").await, [[at(50).micros().to_string()]]);
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
