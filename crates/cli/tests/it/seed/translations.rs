//! Translations of a seed: each language is a value of its own.

use super::{all_unchanged, apply, effects, of};
use crate::harness::Server;
use crate::harness::fixtures::{self, FILTER, MODEL, SMALL, translated_seed, translations};
use opendrs_domain::language::Language;
use opendrs_domain::product::Product;
use opendrs_domain::text::Asin;
use opendrs_service::seed::{self, ExportContents, OverwritePolicy, SeedDeclaration, SeedEffectKind};
use opendrs_store::{Command, Tx, product};

both!(
    a_store_gets_translations_later,
    each_language_is_compared_by_itself,
    a_translation_that_another_source_changed_stays,
    an_export_has_every_translation,
);

async fn find(tx: &mut Tx<'_>) -> Product {
    product::find_by_asin(tx, &Asin::parse(SMALL).unwrap()).await.unwrap().unwrap()
}

async fn stored(server: &Server) -> Product {
    let mut reader = server.app().db.reader().await.unwrap();
    find(&mut reader.tx().unwrap()).await
}

/// Writes a product as another source than a seed.
struct PutProduct(Product);

impl Command for PutProduct {
    type Output = ();
    fn ordering_key(&self) -> u64 {
        0
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<()> {
        product::upsert(tx, &self.0).await
    }
}

/// The translated seed, in which the first product is changed.
fn changed(change: impl FnOnce(&mut Product)) -> SeedDeclaration {
    let mut seed = translated_seed();
    change(&mut seed.products[0]);
    seed
}

async fn a_store_gets_translations_later(server: &Server) {
    assert!(stored(server).await.titles.is_empty());
    let before = server.all_rows().await;
    let said = seed::preview(server.app(), translated_seed(), OverwritePolicy::Never).await.unwrap();
    assert_eq!(server.all_rows().await, before, "a dry run writes nothing");
    let items = apply(server, translated_seed()).await;
    for items in [&said, &items] {
        let change = |key| (key, SeedEffectKind::Changed);
        assert_eq!(effects(of(items, "model", MODEL)), ["names.de", "names.ja"].map(change));
        assert_eq!(effects(of(items, "slot", FILTER)), ["names.de", "names.ja", "units.de", "units.ja"].map(change));
        assert_eq!(
            effects(of(items, "product", SMALL)),
            ["titles.de", "titles.ja", "units.de", "units.ja"].map(change)
        );
    }
    assert_eq!(stored(server).await.titles, translated_seed().products[0].titles);
    let before = server.all_rows().await;
    assert!(all_unchanged(&apply(server, translated_seed()).await), "twice is once");
    assert_eq!(server.all_rows().await, before);
}

async fn each_language_is_compared_by_itself(server: &Server) {
    apply(server, translated_seed()).await;
    let german = |text: &str| [(Language::German, text.to_owned())].into_iter().collect();
    let items = apply(server, changed(|product| product.titles = german("Filter"))).await;
    let found = &of(&items, "product", SMALL).effects;
    let told: Vec<_> = found.iter().map(|e| (e.key.as_str(), e.kind, e.from.as_deref(), e.to.as_deref())).collect();
    let before = ["Wasserfilter, 3er-Pack", "浄水フィルター 3個入り"].map(Some);
    let wanted = [
        ("titles.de", SeedEffectKind::Changed, before[0], Some("Filter")),
        ("titles.ja", SeedEffectKind::Changed, before[1], Some("none")),
    ];
    assert_eq!(told, wanted);
    assert_eq!(stored(server).await.titles, german("Filter"));
    apply(server, fixtures::seed()).await;
    assert!(stored(server).await.titles.is_empty(), "left out is none");
}

async fn a_translation_that_another_source_changed_stays(server: &Server) {
    apply(server, translated_seed()).await;
    let titles = translations("Eigener Titel", "浄水フィルター 3個入り");
    let other = Product { titles: titles.clone(), ..stored(server).await };
    server.app().db.write(PutProduct(other)).await.unwrap();
    let new = || changed(|product| product.titles = translations("Neu", "新しい"));
    let items = apply(server, new()).await;
    let kept = [("titles.de", SeedEffectKind::Kept), ("titles.ja", SeedEffectKind::Changed)];
    assert_eq!(effects(of(&items, "product", SMALL)), kept);
    assert_eq!(stored(server).await.titles, translations("Eigener Titel", "新しい"));
    seed::apply_with_overwrite(server.app(), new(), OverwritePolicy::Everything).await.unwrap();
    assert_eq!(stored(server).await.titles, translations("Neu", "新しい"));
}

async fn an_export_has_every_translation(server: &Server) {
    apply(server, translated_seed()).await;
    let contents = ExportContents { secrets: false, customers: false, pictures: false };
    let exported = seed::export(server.app(), contents).await.unwrap();
    let (model, wanted) = (&exported.makers[0].models[1], &translated_seed().makers[0].models[0]);
    assert_eq!((&model.code, &model.names), (&wanted.code, &wanted.names));
    assert_eq!((&model.slots[0].names, &model.slots[0].units), (&wanted.slots[0].names, &wanted.slots[0].units));
    let found = exported.products.iter().find(|product| product.asin.as_str() == SMALL).unwrap();
    assert_eq!(
        (&found.titles, &found.units),
        (&translated_seed().products[0].titles, &translated_seed().products[0].units)
    );
    assert!(all_unchanged(&apply(server, exported).await));
}
