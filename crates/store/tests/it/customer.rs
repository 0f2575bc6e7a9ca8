//! Customers, their e-mail addresses, passwords and postal addresses.

use crate::harness::{TestStore, command};
use crate::samples::{address, at, awkward_texts, customer, email, uuid};
use opendrs_domain::customer::{Address, Customer};
use opendrs_domain::id::CustomerId;
use opendrs_domain::language::Language;
use opendrs_store::customer;

both!(
    a_customer_comes_back_with_and_without_an_address,
    putting_a_customer_again_changes_what_they_may_change_and_nothing_else,
    a_new_address_changes_nothing_else,
    a_new_language_changes_nothing_else,
    a_language_of_a_later_release_is_none,
    an_email_address_is_one_customers,
    a_customer_is_found_on_its_own_shard_only,
    the_first_customers_come_by_address_and_bounded,
    customers_of_a_shard_are_walked_through_by_address,
);

async fn upsert(store: &TestStore, customer: &Customer, password: &str) {
    let with = (store.shard(customer.id.0), customer.clone(), password.to_owned());
    store.write(with, |tx, (shard, c, hash)| Box::pin(customer::upsert(tx, *shard, c, hash))).await;
}

async fn find(store: &TestStore, id: CustomerId) -> Option<Customer> {
    store.read(async |tx| customer::find_by_id(tx, store.shard(id.0), id).await).await
}

async fn find_password_hash(store: &TestStore, id: CustomerId) -> Option<String> {
    store.read(async |tx| customer::find_password_hash(tx, store.shard(id.0), id).await).await
}

async fn a_customer_comes_back_with_and_without_an_address(store: &TestStore) {
    let bare = Address { line2: None, region: None, ..address() };
    let addresses = [None, Some(address()), Some(bare)];
    for (n, (name, address)) in awkward_texts().into_iter().zip(addresses.into_iter().cycle()).enumerate() {
        let created_at = at(-7 * i64::try_from(n).unwrap());
        let customer = Customer { name: name.clone(), address, created_at, ..customer(n as u64) };
        upsert(store, &customer, &name).await;
        assert_eq!(find_password_hash(store, customer.id).await, Some(name));
        assert_eq!(find(store, customer.id).await, Some(customer));
    }
    assert_eq!(
        (find(store, CustomerId(uuid(99))).await, find_password_hash(store, CustomerId(uuid(99))).await),
        (None, None)
    );
}

async fn putting_a_customer_again_changes_what_they_may_change_and_nothing_else(store: &TestStore) {
    let (first, other) = (customer(1), customer(2));
    upsert(store, &first, "$argon2id$1").await;
    upsert(store, &other, "$argon2id$2").await;
    for address in [Some(address()), None] {
        let change =
            Customer { id: first.id, name: "new".into(), address: address.clone(), created_at: at(9), ..customer(3) };
        let change = Customer { language: Some(Language::Japanese), ..change };
        upsert(store, &change, "$argon2id$3").await;
        let changed = Customer { name: "new".into(), address, language: change.language, ..first.clone() };
        assert_eq!(find(store, first.id).await, Some(changed));
    }
    assert_eq!(find_password_hash(store, first.id).await.as_deref(), Some("$argon2id$3"));
    assert_eq!(find(store, other.id).await.as_ref(), Some(&other));
    assert_eq!(find_password_hash(store, other.id).await.as_deref(), Some("$argon2id$2"));
}

async fn a_new_address_changes_nothing_else(store: &TestStore) {
    let (first, other) = (customer(1), customer(2));
    upsert(store, &first, "$argon2id$1").await;
    upsert(store, &other, "$argon2id$2").await;
    let with = (store.shard(first.id.0), first.id, address());
    store.write(with, |tx, (shard, id, to)| Box::pin(customer::set_address(tx, *shard, *id, to))).await;
    assert_eq!(find_password_hash(store, first.id).await.as_deref(), Some("$argon2id$1"));
    assert_eq!(find(store, first.id).await, Some(Customer { address: Some(address()), ..first }));
    assert_eq!(find(store, other.id).await, Some(other));
}

async fn a_new_language_changes_nothing_else(store: &TestStore) {
    let (first, other) = (Customer { address: Some(address()), ..customer(1) }, customer(2));
    upsert(store, &first, "$argon2id$1").await;
    upsert(store, &other, "$argon2id$2").await;
    for language in Language::ALL {
        let with = (store.shard(first.id.0), first.id, language);
        store.write(with, |tx, (shard, id, to)| Box::pin(customer::set_language(tx, *shard, *id, *to))).await;
        assert_eq!(find(store, first.id).await, Some(Customer { language: Some(language), ..first.clone() }));
    }
    assert_eq!(find_password_hash(store, first.id).await.as_deref(), Some("$argon2id$1"));
    assert_eq!(find(store, other.id).await, Some(other));
}

async fn a_language_of_a_later_release_is_none(store: &TestStore) {
    let first = Customer { language: Some(Language::German), ..customer(1) };
    upsert(store, &first, "$argon2id$1").await;
    assert_eq!(find(store, first.id).await, Some(first.clone()));
    store.execute_raw("UPDATE customer SET language = 'tlh'").await;
    assert_eq!(find(store, first.id).await, Some(Customer { language: None, ..first }));
}

async fn an_email_address_is_one_customers(store: &TestStore) {
    let ann = email("Ann.O'Neill+x@Exämple.com");
    let claim = |n| (ann.clone(), CustomerId(uuid(n)));
    store.write(claim(1), |tx, (email, id)| Box::pin(customer::insert_email(tx, 5, email, *id))).await;
    let again = command(0, claim(2), |tx, (email, id)| Box::pin(customer::insert_email(tx, 5, email, *id)));
    assert!(store.db.write(again).await.is_err_and(|e| e.to_string().contains("CustomerEmailPut")));
    let owner = async |text: &str| {
        let email = email(text);
        store.read(async |tx| customer::find_id_by_email(tx, 5, &email).await).await
    };
    assert_eq!(owner("ann.o'neill+x@exämple.com").await, Some(CustomerId(uuid(1))));
    assert_eq!(owner("ann@exämple.com").await, None);
}

async fn a_customer_is_found_on_its_own_shard_only(store: &TestStore) {
    let with = customer(1);
    store.write(with.clone(), |tx, c| Box::pin(customer::upsert(tx, 5, c, "x"))).await;
    store.write(with, |tx, c| Box::pin(customer::insert_email(tx, 5, &c.email, c.id))).await;
    let Customer { id, email, .. } = customer(1);
    assert_eq!(store.read(async |tx| customer::find_by_id(tx, 5, id).await).await, Some(customer(1)));
    assert_eq!(store.read(async |tx| customer::find_by_id(tx, 6, id).await).await, None);
    assert_eq!(store.read(async |tx| customer::find_id_by_email(tx, 6, &email).await).await, None);
}

async fn the_first_customers_come_by_address_and_bounded(store: &TestStore) {
    let first = async |limit| store.read(async |tx| customer::list_first(tx, limit).await).await;
    assert_eq!(first(9).await, []);
    for n in [3, 1, 2] {
        let with = (store.shard(uuid(n)), email(&format!("{n}@example.com")), CustomerId(uuid(n)));
        store.write(with, |tx, (shard, email, id)| Box::pin(customer::insert_email(tx, *shard, email, *id))).await;
    }
    let numbered = |n| (email(&format!("{n}@example.com")), CustomerId(uuid(n)));
    assert_eq!((first(2).await, first(9).await.len()), ([1, 2].map(numbered).to_vec(), 3));
}

async fn customers_of_a_shard_are_walked_through_by_address(store: &TestStore) {
    for (shard, n) in [(2, 3), (2, 1), (2, 2), (1, 4)] {
        let with = (shard, email(&format!("{n}@example.com")), CustomerId(uuid(n)));
        store.write(with, |tx, (shard, email, id)| Box::pin(customer::insert_email(tx, *shard, email, *id))).await;
    }
    let numbered = |n| (email(&format!("{n}@example.com")), CustomerId(uuid(n)));
    let after =
        async |last: &str, limit| store.read(async |tx| customer::list_emails_after(tx, 2, last, limit).await).await;
    assert_eq!(after("", 2).await, [1, 2].map(numbered));
    assert_eq!((after("2@example.com", 2).await, after("3@example.com", 2).await), (vec![numbered(3)], Vec::new()));
}
