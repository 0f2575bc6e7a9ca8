//! Device models, their slots, and products.

use crate::harness::{TestStore, command};
use crate::samples::{QUANTITIES, asin, awkward_texts, model, product, slot, translations, uuid};
use opendrs_domain::id::{CompositeId, MakerId, ModelId};
use opendrs_domain::model::{Model, Slot};
use opendrs_domain::money::Money;
use opendrs_domain::money::tax::TaxRate;
use opendrs_domain::product::{Product, UnitPriceBasis};
use opendrs_domain::takeover::TakeoverPolicy;
use opendrs_domain::text::{ModelCode, Sku};
use opendrs_store::{model, product};

both!(
    a_model_is_found_by_id_code_and_composite,
    putting_a_model_again_keeps_its_maker_and_code,
    models_are_walked_through_by_id,
    two_models_share_neither_code_nor_composite,
    slots_come_in_their_order,
    putting_a_slot_again_changes_all_but_its_id,
    a_product_comes_back_to_the_last_bit,
    putting_a_product_again_changes_all_but_its_number,
    products_are_walked_through_by_number,
);

async fn upsert(store: &TestStore, model: &Model) {
    store.write(model.clone(), |tx, m| Box::pin(model::upsert(tx, m))).await;
}

async fn models_are_walked_through_by_id(store: &TestStore) {
    for n in [3, 1, 2] {
        upsert(store, &model(n, MakerId(uuid(n)))).await;
    }
    let mut all = Vec::new();
    let mut last = ModelId(uuid::Uuid::nil());
    loop {
        let page = store.read(async |tx| model::list_after(tx, last, 2).await).await;
        let Some(end) = page.last() else { break };
        last = end.id;
        all.extend(page.into_iter().map(|model| model.id));
    }
    assert!(all.len() == 3 && all.is_sorted(), "{all:?}");
}

async fn upsert_slot(store: &TestStore, model: ModelId, at: i64, slot: &Slot) {
    let with = (model, at, slot.clone());
    store.write(with, |tx, (model, at, slot)| Box::pin(model::upsert_slot(tx, *model, *at, slot))).await;
}

async fn a_model_is_found_by_id_code_and_composite(store: &TestStore) {
    for (n, (name, live)) in awkward_texts().into_iter().zip([true, false].into_iter().cycle()).enumerate() {
        let takeover = TakeoverPolicy::ALL[n % TakeoverPolicy::ALL.len()];
        let names = translations(&name);
        let model = Model { name, names, live, takeover_policy: takeover, ..model(n as u64, MakerId(uuid(1))) };
        upsert(store, &model).await;
        let by_code = store.read(async |tx| model::find_by_code(tx, model.maker, &model.code).await).await;
        let by_composite = store.read(async |tx| model::find_by_composite_id(tx, model.composite_id).await).await;
        assert_eq!((by_code.as_ref(), by_composite.as_ref()), (Some(&model), Some(&model)));
        assert_eq!(store.read(async |tx| model::find_by_id(tx, model.id).await).await, Some(model));
    }
    let (maker, code) = (MakerId(uuid(1)), model(1, MakerId(uuid(1))).code);
    assert_eq!(store.read(async |tx| model::find_by_code(tx, MakerId(uuid(2)), &code).await).await, None);
    let code = ModelCode::parse("MODEL-1+_").unwrap();
    assert_eq!(store.read(async |tx| model::find_by_code(tx, maker, &code).await).await, None, "case counts");
    assert_eq!(store.read(async |tx| model::find_by_id(tx, ModelId(uuid(99))).await).await, None);
    assert_eq!(store.read(async |tx| model::find_by_composite_id(tx, CompositeId(uuid(99))).await).await, None);
}

async fn putting_a_model_again_keeps_its_maker_and_code(store: &TestStore) {
    let first = model(1, MakerId(uuid(1)));
    upsert(store, &first).await;
    let (name, composite) = ("new".to_owned(), CompositeId(uuid(5)));
    let takeover = TakeoverPolicy::Never;
    let again = Model {
        id: first.id,
        name: name.clone(),
        names: translations("new"),
        composite_id: composite,
        live: false,
        takeover_policy: takeover,
        ..model(2, MakerId(uuid(2)))
    };
    upsert(store, &again).await;
    let names = translations("new");
    let changed = Model { name, names, composite_id: composite, live: false, takeover_policy: takeover, ..first };
    assert_eq!(store.read(async |tx| model::find_by_id(tx, changed.id).await).await, Some(changed));
}

async fn two_models_share_neither_code_nor_composite(store: &TestStore) {
    let (first, other) = (model(1, MakerId(uuid(1))), model(2, MakerId(uuid(1))));
    upsert(store, &first).await;
    for twin in [
        Model { code: first.code.clone(), ..other.clone() },
        Model { composite_id: first.composite_id, ..other.clone() },
    ] {
        let refused = store.db.write(command(0, twin, |tx, m| Box::pin(model::upsert(tx, m)))).await;
        assert!(refused.is_err_and(|e| e.to_string().contains("ModelPut")));
    }
    upsert(store, &Model { maker: MakerId(uuid(2)), code: first.code, ..other }).await;
}

async fn slots_come_in_their_order(store: &TestStore) {
    let (washer, dryer) = (ModelId(uuid(1)), ModelId(uuid(2)));
    for (at, id) in [(2, "a"), (0, "z"), (1, "m"), (10, "b")] {
        upsert_slot(store, washer, at, &slot(id)).await;
    }
    let (names, units) = (translations("'"), translations("\\"));
    let products = vec![asin(1), asin(2)];
    let twin = Slot { name: awkward_texts().concat(), names, unit: "'".into(), units, products, ..slot("a") };
    upsert_slot(store, dryer, 0, &twin).await;
    let slots = store.read(async |tx| model::list_slots(tx, washer).await).await;
    assert_eq!(slots, ["z", "m", "a", "b"].map(slot));
    assert_eq!(store.read(async |tx| model::list_slots(tx, dryer).await).await, [twin]);
    assert_eq!(store.read(async |tx| model::list_slots(tx, ModelId(uuid(3))).await).await, []);
}

async fn putting_a_slot_again_changes_all_but_its_id(store: &TestStore) {
    let model = ModelId(uuid(1));
    upsert_slot(store, model, 0, &slot("a")).await;
    upsert_slot(store, model, 1, &slot("b")).await;
    let (names, units) = (translations("n"), translations("u"));
    let changed = Slot { name: "n".into(), names, unit: "u".into(), units, products: vec![asin(3)], ..slot("a") };
    upsert_slot(store, model, 2, &changed).await;
    assert_eq!(store.read(async |tx| model::list_slots(tx, model).await).await, [slot("b"), changed]);
}

async fn a_product_comes_back_to_the_last_bit(store: &TestStore) {
    let amounts = [0, 1, 2499, i64::MAX];
    for (n, quantity) in QUANTITIES.into_iter().enumerate() {
        let texts = awkward_texts();
        let price = Money { minor: amounts[n % amounts.len()], currency: "EUR".into() };
        let (title, unit) = (texts[n % texts.len()].clone(), texts[n % 3].clone());
        let product =
            Product { title, price, quantity, unit, available: n % 2 == 0, sku: sample_sku(n), ..product(n as u64) };
        let product = if n % 2 == 0 { product } else { with_price_parts(product) };
        store.write(product.clone(), |tx, p| Box::pin(product::upsert(tx, p))).await;
        let found = store.read(async |tx| product::find_by_asin(tx, &product.asin).await).await.unwrap();
        assert_eq!(found.quantity.to_bits(), quantity.to_bits());
        assert_eq!(found, product);
    }
    assert_eq!(store.read(async |tx| product::find_by_asin(tx, &asin(99)).await).await, None);
}

/// A product whose price has all its parts.
fn with_price_parts(product: Product) -> Product {
    let shipping = Some(Money { minor: 3, currency: product.price.currency.clone() });
    let unit_price = UnitPriceBasis::new(0.75, 100.0, "m\u{b2}");
    let (titles, units) = (translations(&product.title), translations(&product.unit));
    Product { titles, units, shipping, tax_rate: TaxRate::parse("7.7"), unit_price, ..product }
}

/// Every second product has a SKU.
fn sample_sku(n: usize) -> Option<Sku> {
    (n % 2 == 1).then(|| Sku::parse(&format!("é \u{1f9fb} {n}")).unwrap())
}

async fn putting_a_product_again_changes_all_but_its_number(store: &TestStore) {
    let price = Money { minor: 5, currency: "JPY".into() };
    let (title, unit) = ("new".to_owned(), "count".to_owned());
    let changed = Product { title, price, quantity: 0.5, unit, available: false, sku: sample_sku(1), ..product(1) };
    let changed = with_price_parts(changed);
    for product in [with_price_parts(product(1)), product(2), changed.clone()] {
        store.write(product, |tx, p| Box::pin(product::upsert(tx, p))).await;
    }
    assert_eq!(store.read(async |tx| product::find_by_asin(tx, &asin(1)).await).await, Some(changed));
    assert_eq!(store.read(async |tx| product::find_by_asin(tx, &asin(2)).await).await, Some(product(2)));
}

async fn products_are_walked_through_by_number(store: &TestStore) {
    for n in [3, 1, 2] {
        store.write(product(n), |tx, p| Box::pin(product::upsert(tx, p))).await;
    }
    let after = async |last: &str, limit| store.read(async |tx| product::list_after(tx, last, limit).await).await;
    assert_eq!(after("", 2).await, [1, 2].map(product));
    assert_eq!((after(asin(2).as_str(), 2).await, after(asin(3).as_str(), 2).await), (vec![product(3)], Vec::new()));
}
