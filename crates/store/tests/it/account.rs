//! Accounts: credentials, passwords, mail addresses, deletion.

use crate::harness::TestStore;
use crate::samples::{at, customer, email};
use opendrs_domain::account::CredentialState;
use opendrs_domain::customer::Customer;
use opendrs_domain::text::Name;
use opendrs_store::account::Credentials;
use opendrs_store::{account, customer};

both!(
    credentials_are_those_of_the_row,
    a_password_changes_and_sessions_end,
    an_address_is_claimed_once_and_released_by_its_owner,
    a_deletion_is_planned_kept_and_done,
    a_name_changes_alone,
);

async fn insert(store: &TestStore, owner: &Customer) {
    let with = (store.shard(owner.id.0), owner.clone());
    store.write(with, |tx, (shard, c)| Box::pin(customer::upsert(tx, *shard, c, "first"))).await;
}

async fn find(store: &TestStore, owner: &Customer) -> Option<Credentials> {
    store.read(async |tx| account::find_credentials(tx, store.shard(owner.id.0), owner.id).await).await
}

async fn credentials_are_those_of_the_row(store: &TestStore) {
    let ann = customer(1);
    assert_eq!(find(store, &ann).await, None);
    insert(store, &ann).await;
    let state = CredentialState { email: ann.email.clone(), password_changed_at: None, generation: 0 };
    let found = find(store, &ann).await.unwrap();
    assert_eq!(found, Credentials { state: state.clone(), blocked_at: None, password_hash: Some("first".into()) });
    assert!(found.are_still(&state) && !found.are_still(&CredentialState { generation: 1, ..state.clone() }));
    let with = (store.shard(ann.id.0), ann.id);
    store.write(with, |tx, (shard, id)| Box::pin(customer::block(tx, *shard, *id, at(5)))).await;
    let blocked = find(store, &ann).await.unwrap();
    assert_eq!((blocked.blocked_at, blocked.state.generation), (Some(at(5)), 1));
    assert!(!blocked.are_still(&blocked.state), "a blocked customer has no access");
}

async fn a_password_changes_and_sessions_end(store: &TestStore) {
    let (ann, bob) = (customer(1), customer(2));
    insert(store, &ann).await;
    insert(store, &bob).await;
    let with = (store.shard(ann.id.0), ann.id);
    store.write(with, |tx, (shard, id)| Box::pin(account::set_password(tx, *shard, *id, "second", at(3)))).await;
    let found = find(store, &ann).await.unwrap();
    assert_eq!((found.password_hash.as_deref(), found.state.password_changed_at), (Some("second"), Some(at(3))));
    assert_eq!(find(store, &bob).await.unwrap().password_hash.as_deref(), Some("first"));
}

async fn an_address_is_claimed_once_and_released_by_its_owner(store: &TestStore) {
    let (ann, bob) = (customer(1), customer(2));
    let claim = async |owner: &Customer| {
        let with = owner.id;
        store
            .write(with, |tx, id| Box::pin(async { account::claim_email(tx, 7, &email("new@example.com"), *id).await }))
            .await
    };
    assert!(claim(&ann).await && !claim(&bob).await && !claim(&ann).await);
    let release = async |owner: &Customer| {
        let with = owner.id;
        store
            .write(with, |tx, id| {
                Box::pin(async { account::release_email(tx, 7, &email("new@example.com"), *id).await })
            })
            .await;
    };
    release(&bob).await;
    assert!(!claim(&bob).await, "only its owner releases it");
    release(&ann).await;
    assert!(claim(&bob).await);
}

async fn a_deletion_is_planned_kept_and_done(store: &TestStore) {
    let (ann, bob) = (customer(1), customer(2));
    for (owner, time) in [(&ann, 10), (&bob, 20)] {
        insert(store, owner).await;
        let with = (store.shard(owner.id.0), owner.id, time);
        store.write(with, |tx, (shard, id, time)| Box::pin(account::plan_deletion(tx, *shard, *id, at(*time)))).await;
    }
    let due = async |now| store.read(async |tx| account::list_deletions(tx, at(now), 9).await).await;
    let next = async || store.read(async |tx| account::find_next_deletion(tx).await).await;
    assert_eq!((due(9).await, due(10).await, due(20).await), (vec![], vec![ann.id], vec![ann.id, bob.id]));
    assert_eq!(next().await, Some(at(10)));
    let keep = async |owner: &Customer| {
        let with = (store.shard(owner.id.0), owner.id);
        store.write(with, |tx, (shard, id)| Box::pin(account::cancel_deletion(tx, *shard, *id))).await
    };
    assert!(keep(&ann).await && !keep(&ann).await, "once");
    assert_eq!(next().await, Some(at(20)));
    let with = (store.shard(bob.id.0), bob.id);
    store.write(with, |tx, (shard, id)| Box::pin(customer::block(tx, *shard, *id, at(20)))).await;
    assert!(!keep(&bob).await, "its deletion has begun");
    store.write(with, |tx, (shard, id)| Box::pin(account::delete(tx, *shard, *id))).await;
    assert_eq!((find(store, &bob).await, next().await), (None, None));
    assert!(find(store, &ann).await.is_some());
    let access = store.read(async |tx| customer::find_access(tx, with.0, with.1).await).await;
    assert!(!access.accepts_generation(0) && !access.accepts_generation(1), "nobody has access to a deleted account");
}

async fn a_name_changes_alone(store: &TestStore) {
    let ann = customer(1);
    insert(store, &ann).await;
    let with = (store.shard(ann.id.0), ann.id);
    store
        .write(with, |tx, (shard, id)| {
            Box::pin(async { account::set_name(tx, *shard, *id, &Name::parse("New Name").unwrap()).await })
        })
        .await;
    let found = store.read(async |tx| customer::find_by_id(tx, with.0, with.1).await).await;
    assert_eq!(found, Some(Customer { name: "New Name".into(), ..ann }));
}
