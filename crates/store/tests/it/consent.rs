//! Consents of customers to security profiles.

use crate::harness::TestStore;
use crate::samples::{at, maker, profile, uuid};
use opendrs_domain::consent::{Consent, ConsentGeneration};
use opendrs_domain::device::RevokedFamilies;
use opendrs_domain::id::{CustomerId, MakerId, ProfileId};
use opendrs_domain::login::refresh_rotation::RotationState;
use opendrs_domain::login::scope::Scopes;
use opendrs_store::consent::{self, ConsentSummary, PendingWithdrawal};
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

const CUSTOMER_AND_PROFILE: (u64, u64) = (1, 2);

fn customer_id((customer, _): (u64, u64)) -> CustomerId {
    CustomerId(uuid(customer))
}

fn profile_id((_, profile): (u64, u64)) -> ProfileId {
    ProfileId(uuid(profile))
}

fn expected_consent(bits: u8, revoked: &[u64]) -> Option<Consent> {
    let (scopes, revoked) = (Scopes::from_bits(bits), RevokedFamilies(revoked.to_vec()));
    Some(Consent { scopes, revoked_families: revoked, generation: None, withdrawal_pending_since: None })
}

async fn upsert(store: &TestStore, of: (u64, u64), bits: u8, when: i64) {
    store
        .write((of, bits, when), |tx, (of, bits, when)| {
            Box::pin(consent::upsert(tx, 2, customer_id(*of), profile_id(*of), Scopes::from_bits(*bits), at(*when)))
        })
        .await;
}

async fn set_revoked(store: &TestStore, of: (u64, u64), families: &[u64]) {
    let with = (of, RevokedFamilies(families.to_vec()));
    store
        .write(with, |tx, (of, families)| {
            Box::pin(consent::set_revoked_families(tx, 2, customer_id(*of), profile_id(*of), families))
        })
        .await;
}

/// Reads a consent in both ways, which must agree.
async fn find(store: &TestStore, shard: i64, of: (u64, u64)) -> Option<Consent> {
    let (customer, profile) = (customer_id(of), profile_id(of));
    let read = store.read(async |tx| consent::find(tx, shard, customer, profile).await).await;
    let held = store
        .write((shard, of), |tx, (shard, of)| {
            let (customer, profile) = (customer_id(*of), profile_id(*of));
            Box::pin(consent::lock(tx, *shard, customer, profile))
        })
        .await;
    assert_eq!(read, held);
    read
}

async fn a_consent_comes_back_for_its_customer_and_profile(store: &TestStore) {
    for bits in 1..=15 {
        upsert(store, (u64::from(bits), 2), bits, 0).await;
        assert_eq!(find(store, 2, (u64::from(bits), 2)).await, expected_consent(bits, &[]));
    }
    assert_eq!(
        (find(store, 3, CUSTOMER_AND_PROFILE).await, find(store, 2, (1, 3)).await, find(store, 2, (99, 2)).await),
        (None, None, None)
    );
}

async fn a_new_grant_keeps_what_was_revoked(store: &TestStore) {
    upsert(store, CUSTOMER_AND_PROFILE, 1, 0).await;
    set_revoked(store, CUSTOMER_AND_PROFILE, &[7]).await;
    upsert(store, CUSTOMER_AND_PROFILE, 3, 50).await;
    assert_eq!(find(store, 2, CUSTOMER_AND_PROFILE).await, expected_consent(3, &[7]));
}

async fn revoking_changes_nothing_else(store: &TestStore) {
    upsert(store, CUSTOMER_AND_PROFILE, 9, 0).await;
    upsert(store, (1, 3), 1, 0).await;
    for families in [&[u64::MAX, 0, 0xabc][..], &[], &[1]] {
        set_revoked(store, CUSTOMER_AND_PROFILE, families).await;
        assert_eq!(find(store, 2, CUSTOMER_AND_PROFILE).await, expected_consent(9, families));
        assert_eq!(find(store, 2, (1, 3)).await, expected_consent(1, &[]));
    }
    let at = at(0).as_micros().to_string();
    assert_eq!(store.query_raw("SELECT granted_at FROM consent").await, [[at.clone()], [at]]);
}

async fn revoking_what_was_never_granted_makes_no_consent(store: &TestStore) {
    set_revoked(store, CUSTOMER_AND_PROFILE, &[1]).await;
    assert_eq!((find(store, 2, CUSTOMER_AND_PROFILE).await, store.count("consent").await), (None, 0));
}

async fn granted_at_rows(store: &TestStore) -> Vec<Vec<String>> {
    store.query_raw("SELECT granted_at FROM consent").await
}

fn pending_withdrawal(of: (u64, u64), mark: [u8; 4]) -> PendingWithdrawal {
    let (customer, profile) = (customer_id(of), profile_id(of));
    PendingWithdrawal { shard: 2, customer, profile, generation: ConsentGeneration::next(None, mark) }
}

async fn withdraw(store: &TestStore, of: PendingWithdrawal, when: i64) {
    store.write((of, when), |tx, (of, when)| Box::pin(consent::withdraw(tx, *of, at(*when)))).await;
}

async fn a_consent_stands_since_it_was_granted(store: &TestStore) {
    let moment = |n: i64| [[at(n).as_micros().to_string()]];
    upsert(store, CUSTOMER_AND_PROFILE, 1, 0).await;
    upsert(store, CUSTOMER_AND_PROFILE, 3, 50).await;
    assert_eq!(granted_at_rows(store).await, moment(0));
    withdraw(store, pending_withdrawal(CUSTOMER_AND_PROFILE, [1; 4]), 60).await;
    upsert(store, CUSTOMER_AND_PROFILE, 1, 70).await;
    assert_eq!(granted_at_rows(store).await, moment(70), "granted anew");
}

async fn a_withdrawal_leaves_a_mark_and_waits_for_its_end(store: &TestStore) {
    upsert(store, CUSTOMER_AND_PROFILE, 9, 0).await;
    upsert(store, (1, 3), 1, 0).await;
    set_revoked(store, CUSTOMER_AND_PROFILE, &[7]).await;
    for mark in [[0; 4], [255; 4], [127, 255, 255, 255]] {
        let of = pending_withdrawal(CUSTOMER_AND_PROFILE, mark);
        withdraw(store, of, 60).await;
        let withdrawn = Consent {
            generation: Some(of.generation),
            withdrawal_pending_since: Some(at(60)),
            ..expected_consent(0, &[]).unwrap()
        };
        assert_eq!(find(store, 2, CUSTOMER_AND_PROFILE).await.as_ref(), Some(&withdrawn));
        for (mark, ending_at) in
            [(pending_withdrawal(CUSTOMER_AND_PROFILE, [9; 4]).generation, Some(at(60))), (of.generation, None)]
        {
            store
                .write(PendingWithdrawal { generation: mark, ..of }, |tx, of| {
                    Box::pin(consent::finish_withdrawal(tx, *of))
                })
                .await;
            let wanted = Consent { withdrawal_pending_since: ending_at, ..withdrawn.clone() };
            assert_eq!(
                find(store, 2, CUSTOMER_AND_PROFILE).await,
                Some(wanted),
                "of another withdrawal, then of this one"
            );
        }
        upsert(store, CUSTOMER_AND_PROFILE, 1, 80).await;
        assert_eq!(
            find(store, 2, CUSTOMER_AND_PROFILE).await,
            Some(Consent { generation: Some(of.generation), ..expected_consent(1, &[]).unwrap() })
        );
    }
    assert_eq!(find(store, 2, (1, 3)).await, expected_consent(1, &[]));
}

async fn unfinished_withdrawals_come_oldest_first(store: &TestStore) {
    let mut all = Vec::new();
    for (customer, when) in [(1, 30), (2, 10), (3, 20), (4, 40)] {
        upsert(store, (customer, 2), 1, 0).await;
        let of = pending_withdrawal((customer, 2), [u8::try_from(customer).unwrap(); 4]);
        withdraw(store, of, when).await;
        all.push(of);
    }
    upsert(store, (5, 2), 1, 0).await;
    let found =
        async |now, limit| store.read(async |tx| consent::list_pending_withdrawals(tx, at(now), limit).await).await;
    assert_eq!(found(30, 9).await, [all[1], all[2], all[0]]);
    assert_eq!(found(99, 2).await, [all[1], all[2]]);
    store.write(all[1], |tx, of| Box::pin(consent::finish_withdrawal(tx, *of))).await;
    assert_eq!(found(30, 9).await, [all[2], all[0]]);
}

async fn a_customers_consents_come_with_names_and_without_those_withdrawn(store: &TestStore) {
    store.write(maker(9), |tx, m| Box::pin(maker::insert(tx, m))).await;
    for n in 2..=5 {
        store.write(profile(n, MakerId(uuid(9))), |tx, p| Box::pin(profile::upsert(tx, p))).await;
    }
    for (customer, profile, bits, when) in [(1, 2, 3, 20), (1, 3, 8, 10), (1, 4, 1, 5), (7, 5, 1, 0)] {
        upsert(store, (customer, profile), bits, when).await;
    }
    withdraw(store, pending_withdrawal((1, 4), [1; 4]), 60).await;
    let given = |n: u64, bits, when| ConsentSummary {
        profile: ProfileId(uuid(n)),
        name: format!("profile {n}"),
        maker: "maker 9".into(),
        scopes: Scopes::from_bits(bits),
        granted_at: at(when),
    };
    let found = async |shard| {
        store.read(async |tx| consent::list_by_customer(tx, shard, customer_id(CUSTOMER_AND_PROFILE)).await).await
    };
    assert_eq!(found(2).await, [given(3, 8, 10), given(2, 3, 20)]);
    assert_eq!(found(3).await, []);
}

async fn where_refresh_tokens_stand_comes_back_until_the_consent_is_withdrawn(store: &TestStore) {
    upsert(store, CUSTOMER_AND_PROFILE, 2, 0).await;
    upsert(store, (1, 3), 2, 0).await;
    let held = async |of| {
        store.write(of, |tx, of| Box::pin(consent::lock_with_rotation(tx, 2, customer_id(*of), profile_id(*of)))).await
    };
    let (mut turns, mut revoked) = (RotationState::default(), RevokedFamilies::default());
    assert_eq!(held(CUSTOMER_AND_PROFILE).await, Some((expected_consent(2, &[]).unwrap(), turns.clone())));
    for n in 0..40 {
        turns.use_token(n % 3, at(i64::try_from(n).unwrap()), false, at(0));
        revoked.insert(n);
        let with = (revoked.clone(), turns.clone());
        store
            .write(with, |tx, (r, t)| {
                Box::pin(consent::save_rotation(tx, 2, CustomerId(uuid(1)), ProfileId(uuid(2)), r, t))
            })
            .await;
        assert_eq!(held(CUSTOMER_AND_PROFILE).await, Some((expected_consent(2, &revoked.0).unwrap(), turns.clone())));
    }
    upsert(store, CUSTOMER_AND_PROFILE, 3, 0).await;
    assert_eq!(
        held(CUSTOMER_AND_PROFILE).await,
        Some((expected_consent(3, &revoked.0).unwrap(), turns)),
        "granting more changes nothing of it"
    );
    withdraw(store, pending_withdrawal(CUSTOMER_AND_PROFILE, [1; 4]), 60).await;
    assert_eq!(
        held(CUSTOMER_AND_PROFILE).await.map(|(consent, turns)| (consent.revoked_families, turns)),
        Some(Default::default())
    );
    assert_eq!(held((1, 3)).await, Some((expected_consent(2, &[]).unwrap(), RotationState::default())));
}
