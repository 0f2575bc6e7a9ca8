//! Products.

use super::{Plan, Planned};
use crate::seed::merge::plain;
use crate::seed::write::Op;
use opendrs_domain::product::Product;
use opendrs_store::{Tx, product};

impl Plan<'_> {
    /// One product.
    pub(super) async fn product(&mut self, tx: &mut Tx<'_>, declared: &Product) -> Planned<()> {
        let old = product::by_asin(tx, &declared.asin).await?;
        let id = declared.asin.to_string();
        let mut merge = self.begin(tx, "product", "", &id, old.is_some()).await?;
        if merge.is_gone() {
            self.gone("product", declared.title.clone(), id);
            return Ok(());
        }
        let old = old.as_ref();
        let Product { asin, title, price, quantity, unit, available, sku } = declared.clone();
        let new = Product {
            asin,
            title: merge.value("title", old.map(|p| p.title.clone()), title, plain),
            price: merge.value("price", old.map(|p| p.price.clone()), price, plain),
            quantity: merge.value("quantity", old.map(|p| p.quantity), quantity, plain),
            unit: merge.value("unit", old.map(|p| p.unit.clone()), unit, plain),
            available: merge.value("available", old.map(|p| p.available), available, plain),
            sku: merge.value("sku", old.map(|p| p.sku.clone()), sku, |sku| {
                Some(sku.as_ref().map_or_else(|| "none".into(), ToString::to_string))
            }),
        };
        if merge.writes() {
            self.ops.push(Op::Product(new.clone(), self.inputs.now));
        }
        self.end(merge, new.title, id, None);
        Ok(())
    }
}
