//! The plan for products.

use super::{SeedPlan, SeedPlanResult};
use crate::seed::declaration::PictureOwner;
use crate::seed::merge::{format_optional, format_plain};
use crate::seed::write::SeedOperation;
use opendrs_domain::product::Product;
use opendrs_store::{Tx, product};

impl SeedPlan<'_> {
    /// Plans one product.
    pub(super) async fn plan_product(&mut self, tx: &mut Tx<'_>, declared: &Product) -> SeedPlanResult<()> {
        let old = product::find_by_asin(tx, &declared.asin).await?;
        let id = declared.asin.to_string();
        let mut merge = self.begin_merge(tx, "product", "", &id, old.is_some()).await?;
        if merge.was_removed() {
            self.note_removed("product", declared.title.clone(), id);
            return Ok(());
        }
        let old = old.as_ref();
        let Product { asin, title, price, quantity, unit, available, sku, shipping, tax_rate, unit_price, .. } =
            declared.clone();
        let owner = PictureOwner::Product(asin.clone());
        let new = Product {
            asin,
            title: merge.merge_value("title", old.map(|p| p.title.clone()), title, format_plain),
            titles: merge.merge_translations("titles", old.map(|p| &p.titles), &declared.titles),
            price: merge.merge_value("price", old.map(|p| p.price.clone()), price, format_plain),
            quantity: merge.merge_value("quantity", old.map(|p| p.quantity), quantity, format_plain),
            unit: merge.merge_value("unit", old.map(|p| p.unit.clone()), unit, format_plain),
            units: merge.merge_translations("units", old.map(|p| &p.units), &declared.units),
            available: merge.merge_value("available", old.map(|p| p.available), available, format_plain),
            sku: merge.merge_value("sku", old.map(|p| p.sku.clone()), sku, format_optional),
            shipping: merge.merge_value("shipping", old.map(|p| p.shipping.clone()), shipping, format_optional),
            tax_rate: merge.merge_value("tax_rate", old.map(|p| p.tax_rate), tax_rate, format_optional),
            unit_price: merge.merge_value("unit_price", old.map(|p| p.unit_price.clone()), unit_price, format_optional),
            picture: self.merge_picture(&mut merge, &owner, old.map(|p| p.picture)),
        };
        if merge.needs_write() {
            self.ops.push(SeedOperation::Product(new.clone(), self.inputs.now));
        }
        self.end_merge(merge, new.title, id, None);
        Ok(())
    }
}
