//! Pictures, and what refers to them.

use crate::harness::TestStore;
use crate::samples::{model, product, uuid};
use opendrs_domain::id::MakerId;
use opendrs_domain::model::Model;
use opendrs_domain::picture::{Picture, PictureFormat, PictureHash, PictureSize};
use opendrs_domain::product::Product;
use opendrs_store::picture::{self, StoredPicture};
use opendrs_store::{model, product};

both!(a_picture_is_found_by_its_hash, a_picture_is_stored_once, models_and_products_refer_to_pictures);

fn stored(n: u8, format: PictureFormat, bytes: usize) -> StoredPicture {
    StoredPicture { hash: PictureHash([n; 32]), format, bytes: vec![n; bytes] }
}

async fn put(store: &TestStore, picture: StoredPicture) {
    store.write(picture, |tx, picture| Box::pin(picture::insert(tx, picture))).await;
}

async fn get(store: &TestStore, n: u8) -> Option<StoredPicture> {
    store.read(async |tx| picture::find(tx, PictureHash([n; 32])).await).await
}

async fn a_picture_is_found_by_its_hash(store: &TestStore) {
    for picture in [stored(1, PictureFormat::Png, 1), stored(2, PictureFormat::Jpeg, 1024 * 1024)] {
        put(store, picture.clone()).await;
        assert_eq!(get(store, picture.hash.0[0]).await, Some(picture));
    }
    assert_eq!(get(store, 3).await, None);
}

async fn a_picture_is_stored_once(store: &TestStore) {
    put(store, stored(1, PictureFormat::Png, 10)).await;
    put(store, stored(1, PictureFormat::Png, 10)).await;
    assert_eq!(store.count("picture").await, 1);
}

async fn models_and_products_refer_to_pictures(store: &TestStore) {
    let size = PictureSize { width: 800, height: 600 };
    let shown = Some(Picture { hash: PictureHash([1; 32]), format: PictureFormat::Jpeg, size });
    for picture in [shown, None] {
        let (model, product) = (Model { picture, ..model(1, MakerId(uuid(1))) }, Product { picture, ..product(1) });
        store.write(model.clone(), |tx, model| Box::pin(model::upsert(tx, model))).await;
        store.write(product.clone(), |tx, product| Box::pin(product::upsert(tx, product))).await;
        let found = store.read(async |tx| model::find_by_id(tx, model.id).await).await;
        assert_eq!(found.as_ref(), Some(&model));
        let found = store.read(async |tx| product::find_by_asin(tx, &product.asin).await).await;
        assert_eq!(found.as_ref(), Some(&product));
    }
}
