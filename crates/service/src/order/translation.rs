//! Orders with the texts of their products in a customer's language.
//!
//! Not here: the rule for one order ([`opendrs_domain::order::OrderItem::translate`]). Invariant: only pages use it, and
//! nothing of it is written.

use super::find::OwnedOrder;
use crate::{App, Result};
use opendrs_domain::language::Language;
use opendrs_domain::order::Order;
use opendrs_domain::text::Asin;
use opendrs_store::product;
use std::collections::BTreeSet;

/// Replaces titles and units of orders by their translations, where the catalogue still has the product under the
/// order's title.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn translate(app: &App, orders: &mut [Order], language: Language) -> Result<()> {
    let asins: BTreeSet<Asin> = orders.iter().map(|order| order.item.asin.clone()).collect();
    if asins.is_empty() {
        return Ok(());
    }
    let mut reader = app.db.reader().await?;
    let mut tx = reader.tx()?;
    for asin in asins {
        let Some(product) = product::find_by_asin(&mut tx, &asin).await? else { continue };
        orders.iter_mut().for_each(|order| order.item.translate(&product, language));
    }
    Ok(())
}

/// The same for one order of a customer, with the name of its device.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn translate_owned(app: &App, owned: &OwnedOrder, language: Language) -> Result<OwnedOrder> {
    let OwnedOrder { caller, named, mut order } = owned.clone();
    translate(app, std::slice::from_mut(&mut order), language).await?;
    Ok(OwnedOrder { caller, named: named.in_language(language), order })
}
