//! Brands of makers.

use crate::harness::{TestStore, command};
use crate::samples::uuid;
use opendrs_domain::brand::{Accent, Brand, LegalLinks, MailSender};
use opendrs_domain::id::MakerId;
use opendrs_domain::picture::{Picture, PictureFormat, PictureHash, PictureSize};
use opendrs_domain::text::{ContactLink, Email, Imprint, Name, WebLink};
use opendrs_store::{Error, brand};

both!(a_brand_comes_back_as_it_went_in, a_brand_is_replaced_whole, an_accent_without_contrast_is_a_bad_row);

fn full() -> Brand {
    let web = |path: &str| Some(WebLink::parse(&format!("https://aqua.example/{path}")).unwrap());
    let size = PictureSize { width: 480, height: 160 };
    Brand {
        logo: Some(Picture { hash: PictureHash([7; 32]), format: PictureFormat::Png, size }),
        accent: Some(Accent::parse("#0b6e6e").unwrap()),
        links: LegalLinks {
            privacy: web("privacy"),
            terms: web("terms"),
            withdrawal: web("withdrawal"),
            contact: Some(ContactLink::parse("mailto:help@aqua.example").unwrap()),
        },
        imprint: Some(Imprint::parse("Aqua GmbH\nHauptstraße 1, 漢字").unwrap()),
        sender: MailSender {
            name: Some(Name::parse("Aqua \"Appliances\"").unwrap()),
            address: Some(Email::parse("orders@aqua.example").unwrap()),
            reply_to: Some(Email::parse("help@aqua.example").unwrap()),
        },
    }
}

async fn put(store: &TestStore, n: u64, brand: Brand) {
    store.write((MakerId(uuid(n)), brand), |tx, (maker, brand)| Box::pin(brand::upsert(tx, *maker, brand))).await;
}

async fn get(store: &TestStore, n: u64) -> Option<Brand> {
    store.read(async |tx| brand::find(tx, MakerId(uuid(n))).await).await
}

async fn a_brand_comes_back_as_it_went_in(store: &TestStore) {
    put(store, 1, full()).await;
    put(store, 2, Brand::default()).await;
    assert_eq!((get(store, 1).await, get(store, 2).await), (Some(full()), Some(Brand::default())));
    assert_eq!(get(store, 3).await, None);
}

async fn a_brand_is_replaced_whole(store: &TestStore) {
    put(store, 1, full()).await;
    let bare = Brand { accent: full().accent, ..Brand::default() };
    put(store, 1, bare.clone()).await;
    assert_eq!((get(store, 1).await, store.count("brand").await), (Some(bare), 1));
}

async fn an_accent_without_contrast_is_a_bad_row(store: &TestStore) {
    put(store, 1, full()).await;
    store.execute_raw("UPDATE brand SET accent = '#ffd400'").await;
    let read = store.db.write(command(0, MakerId(uuid(1)), |tx, maker| Box::pin(brand::find(tx, *maker)))).await;
    assert!(matches!(read, Err(Error::InvalidRow { query: "BrandOfMaker", column: 1, .. })), "{read:?}");
}
