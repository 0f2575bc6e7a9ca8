//! Makers.

use crate::harness::{TestStore, command};
use crate::samples::{awkward_texts, maker, uuid};
use opendrs_domain::id::MakerId;
use opendrs_domain::maker::Maker;
use opendrs_store::{Error, maker};
use uuid::Uuid;

both!(
    a_maker_is_found_by_name_and_by_id,
    makers_are_walked_through_by_id,
    any_name_comes_back_as_it_went_in,
    a_taken_name_is_refused_in_clear_words,
);

async fn a_maker_is_found_by_name_and_by_id(store: &TestStore) {
    let acme = maker(1);
    store.write(acme.clone(), |tx, m| Box::pin(maker::insert(tx, m))).await;
    assert_eq!(store.read(async |tx| maker::find_by_name(tx, "maker 1").await).await, Some(acme.clone()));
    assert_eq!(store.read(async |tx| maker::find_by_id(tx, acme.id).await).await, Some(acme));
    for other in ["maker 2", "Maker 1", "maker 1 ", "maker _", ""] {
        assert_eq!(store.read(async |tx| maker::find_by_name(tx, other).await).await, None, "`{other}`");
    }
    assert_eq!(store.read(async |tx| maker::find_by_id(tx, MakerId(uuid(2))).await).await, None);
}

async fn makers_are_walked_through_by_id(store: &TestStore) {
    let id = |n: u64| MakerId(Uuid::from_u128(n.into()));
    let of = |n: u64| Maker { id: id(n), ..maker(n) };
    for n in [3, 1, 2] {
        store.write(of(n), |tx, m| Box::pin(maker::insert(tx, m))).await;
    }
    let after = async |n, limit| store.read(async |tx| maker::list_after(tx, id(n), limit).await).await;
    assert_eq!(after(0, 2).await, [1, 2].map(of));
    assert_eq!((after(2, 2).await, after(3, 2).await), (vec![of(3)], Vec::new()));
}

async fn any_name_comes_back_as_it_went_in(store: &TestStore) {
    // A unique name is an index key, and those are short on PostgreSQL.
    for (n, name) in awkward_texts().into_iter().filter(|name| name.len() < 1000).enumerate() {
        let maker = Maker { name, ..maker(n as u64) };
        store.write(maker.clone(), |tx, m| Box::pin(maker::insert(tx, m))).await;
        assert_eq!(store.read(async |tx| maker::find_by_id(tx, maker.id).await).await.as_ref(), Some(&maker));
        assert_eq!(store.read(async |tx| maker::find_by_name(tx, &maker.name).await).await, Some(maker));
    }
}

async fn a_taken_name_is_refused_in_clear_words(store: &TestStore) {
    let (acme, twin) = (maker(1), Maker { id: MakerId(uuid(2)), ..maker(1) });
    store.write(acme.clone(), |tx, m| Box::pin(maker::insert(tx, m))).await;
    let refused = store.db.write(command(0, twin, |tx, m| Box::pin(maker::insert(tx, m)))).await.unwrap_err();
    assert!(matches!(refused, Error::Statement { query: "MakerPut", .. }), "{refused:?}");
    let words = refused.to_string();
    assert!(words.contains("MakerPut") && words.contains("maker") && words.contains("name"), "{words}");
    assert_eq!(store.read(async |tx| maker::find_by_name(tx, "maker 1").await).await, Some(acme));
}
