//! The catalogue: all products of an installation.
//!
//! Invariant: a product is found by its ASIN.

use crate::model::UNITS;
use crate::queries::Query;
use crate::translations::{StoredTranslations, encode};
use crate::value::{DbRow, FromRow, params};
use crate::{Result, Tx};
use opendrs_domain::money::Money;
use opendrs_domain::money::tax::TaxRate;
use opendrs_domain::product::{Product, UnitPriceBasis};
use opendrs_domain::text::Asin;

/// The key of translated titles in the column of translations.
const TITLES: &str = "titles";

impl FromRow for Product {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        let price = Money { minor: row.get(2)?, currency: row.get(3)? };
        let shipping: Option<i64> = row.get(9)?;
        let basis: (Option<i64>, Option<i64>, Option<String>) = (row.get(11)?, row.get(12)?, row.get(13)?);
        let unit_price = match basis {
            (Some(content), Some(per), Some(unit)) => UnitPriceBasis::from_thousandths(content, per, unit),
            _ => None,
        };
        let mut translations = StoredTranslations::from_row(row, 14)?;
        Ok(Self {
            asin: row.get(0)?,
            title: row.get(1)?,
            titles: translations.take(TITLES),
            shipping: shipping.map(|minor| Money { minor, currency: price.currency.clone() }),
            price,
            tax_rate: row.get::<Option<i64>>(10)?.and_then(TaxRate::from_basis_points),
            unit_price,
            quantity: row.get(4)?,
            unit: row.get(5)?,
            units: translations.take(UNITS),
            available: row.get(6)?,
            sku: row.get(7)?,
            picture: row.get(8)?,
        })
    }
}

/// A product by ASIN.
///
/// # Errors
/// [`crate::Error`].
pub async fn find_by_asin(tx: &mut Tx<'_>, asin: &Asin) -> Result<Option<Product>> {
    tx.query_opt(Query::ProductByAsin, params![asin]).await
}

/// The first products whose ASIN is greater than a text, in the order of ASINs.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_after(tx: &mut Tx<'_>, last: &str, limit: i64) -> Result<Vec<Product>> {
    tx.query_all(Query::ProductAfter, params![last, limit]).await
}

/// Adds a product, or changes the one with that ASIN.
///
/// # Errors
/// [`crate::Error`].
pub async fn upsert(tx: &mut Tx<'_>, product: &Product) -> Result<()> {
    let Product { asin, title, price, quantity, unit, available, sku, picture, shipping, tax_rate, .. } = product;
    let unit_price = product.unit_price.as_ref();
    let translations = encode([(TITLES, &product.titles), (UNITS, &product.units)]);
    let picture = picture.map(|picture| picture.to_string());
    let row = params![
        asin,
        title,
        price.minor,
        &price.currency,
        *quantity,
        unit,
        *available,
        sku.as_ref(),
        picture.as_ref(),
        shipping.as_ref().map(|shipping| shipping.minor),
        tax_rate.map(TaxRate::basis_points),
        unit_price.map(UnitPriceBasis::content_thousandths),
        unit_price.map(UnitPriceBasis::per_thousandths),
        unit_price.map(UnitPriceBasis::unit),
        translations.as_ref()
    ];
    tx.exec_deferred(Query::ProductPut, row).await
}
