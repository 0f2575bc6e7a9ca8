//! Brands and pictures of a seed.

use super::{all_unchanged, apply, effects, of, refused};
use crate::harness::fixtures::{self, LOGO_PNG, PITCHER_PNG, SMALL, aqua_pitcher, branded_seed, picture};
use crate::harness::{Options, Server};
use opendrs_domain::brand::{Accent, Brand};
use opendrs_domain::text::Asin;
use opendrs_service::seed::{self, ExportContents, PictureOwner, PictureSeed, SeedDeclaration, SeedEffectKind};
use opendrs_store::{brand, maker, product};

both!(
    a_maker_gets_a_brand_later,
    a_brand_that_is_not_declared_stays_and_a_key_that_is_left_out_ends,
    a_picture_is_replaced_kept_and_removed,
    what_is_no_picture_is_refused_and_writes_nothing,
    an_export_with_pictures_makes_the_same_store,
);

async fn stored_brand(server: &Server) -> Option<Brand> {
    let mut reader = server.app().db.reader().await.unwrap();
    let mut tx = reader.tx().unwrap();
    let aqua = maker::find_by_name(&mut tx, "Aqua Appliances").await.unwrap().unwrap();
    brand::find(&mut tx, aqua.id).await.unwrap()
}

/// The hash of the picture of the first product, in hex digits.
async fn product_picture(server: &Server) -> Option<String> {
    let mut reader = server.app().db.reader().await.unwrap();
    let found = product::find_by_asin(&mut reader.tx().unwrap(), &Asin::parse(SMALL).unwrap()).await.unwrap().unwrap();
    found.picture.map(|picture| picture.hash.to_string())
}

async fn a_maker_gets_a_brand_later(server: &Server) {
    assert_eq!(stored_brand(server).await, None);
    let items = apply(server, branded_seed()).await;
    let aqua = effects(of(&items, "maker", "Aqua Appliances"));
    assert!(aqua.contains(&("accent", SeedEffectKind::Changed)) && aqua.contains(&("logo", SeedEffectKind::Changed)));
    assert_eq!(effects(of(&items, "product", SMALL)), [("picture", SeedEffectKind::Changed)]);
    let stored = stored_brand(server).await.unwrap();
    assert!(stored.logo.is_some());
    assert_eq!(Brand { logo: None, ..stored }, fixtures::brand());
    let before = server.all_rows().await;
    assert!(all_unchanged(&apply(server, branded_seed()).await), "twice is once");
    assert_eq!(server.all_rows().await, before);
}

async fn a_brand_that_is_not_declared_stays_and_a_key_that_is_left_out_ends(server: &Server) {
    apply(server, branded_seed()).await;
    assert!(all_unchanged(&apply(server, fixtures::seed()).await));
    let mut seed = branded_seed();
    seed.makers[0].brand = Some(Brand { imprint: None, ..fixtures::brand() });
    let items = apply(server, seed).await;
    assert_eq!(effects(of(&items, "maker", "Aqua Appliances")), [("imprint", SeedEffectKind::Changed)]);
    assert_eq!(stored_brand(server).await.unwrap().imprint, None);
}

async fn a_picture_is_replaced_kept_and_removed(server: &Server) {
    let owner = || PictureOwner::Product(Asin::parse(SMALL).unwrap());
    let with = |pictures| SeedDeclaration { pictures, ..fixtures::seed() };
    apply(server, branded_seed()).await;
    let first = product_picture(server).await.unwrap();
    apply(server, with(vec![picture(owner(), PITCHER_PNG)])).await;
    let second = product_picture(server).await.unwrap();
    assert_ne!(first, second);
    assert!(all_unchanged(&apply(server, fixtures::seed()).await), "a left-out picture stays");
    assert_eq!(product_picture(server).await, Some(second));
    let none = PictureSeed { line: 1, owner: owner(), file: None };
    let items = apply(server, with(vec![none])).await;
    assert_eq!(effects(of(&items, "product", SMALL)), [("picture", SeedEffectKind::Changed)]);
    assert_eq!(product_picture(server).await, None);
}

async fn what_is_no_picture_is_refused_and_writes_nothing(server: &Server) {
    for (file, says) in [
        (b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>".to_vec(), "line 9: picture: the file is no PNG, JPEG or WebP"),
        (b"GIF89a".to_vec(), "other formats, such as SVG and GIF, are not accepted"),
        (vec![0; 1024 * 1024 + 1], "line 9: picture: the file has 1048577 bytes; a picture has at most 1048576"),
        (PITCHER_PNG[..200].to_vec(), "line 9: picture: the picture cannot be decoded"),
    ] {
        let bad = PictureSeed { line: 9, owner: aqua_pitcher(), file: Some(file) };
        let said = refused(server, SeedDeclaration { pictures: vec![bad], ..fixtures::seed() }).await;
        assert!(said.contains(says), "{said}");
    }
    let mut logo = picture(PictureOwner::Maker("Aqua Appliances".into()), b"text");
    logo.line = 3;
    let said = refused(server, SeedDeclaration { pictures: vec![logo], ..branded_seed() }).await;
    assert!(said.starts_with("line 3: logo: "), "{said}");
}

async fn an_export_with_pictures_makes_the_same_store(server: &Server) {
    apply(server, branded_seed()).await;
    let all = ExportContents { secrets: true, customers: true, pictures: true };
    let exported = seed::export(server.app(), all).await.unwrap();
    assert_eq!(exported.pictures.len(), 3);
    assert!(exported.pictures.iter().all(|picture| picture.file.as_deref() != Some(LOGO_PNG)), "encoded again");
    assert!(all_unchanged(&apply(server, exported.clone()).await), "stored pictures are not encoded once more");
    let without = seed::export(server.app(), ExportContents { pictures: false, ..all }).await.unwrap();
    assert!(without.pictures.is_empty() && all_unchanged(&apply(server, without).await));

    let other = Server::start_with(Options { seed: SeedDeclaration::default(), ..Options::default() }).await;
    apply(&other, exported).await;
    assert_eq!(product_picture(&other).await, product_picture(server).await, "PNG stays the same");
    assert_eq!(stored_brand(&other).await, stored_brand(server).await);
    let accent = stored_brand(&other).await.unwrap().accent;
    assert_eq!(accent, Some(Accent::parse("#0b6e6e").unwrap()));
}
