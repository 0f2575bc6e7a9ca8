//! A product of a seed file.
//!
//! Invariant: the parts of a price are within the price.

use super::super::file_format::{ProductToml, UnitPriceToml};
use super::SeedParser;
use opendrs_domain::money::Money;
use opendrs_domain::money::tax::TaxRate;
use opendrs_domain::product::{Product, UnitPriceBasis};
use opendrs_domain::text::{Title, Unit};

impl SeedParser<'_> {
    pub(super) fn parse_product(&self, product: ProductToml) -> Result<Product, String> {
        let price = Money::parse(product.price.get_ref(), &product.currency);
        let price = price.or_else(|e| self.error_at(&product.price, "price", e))?;
        let quantity = *product.quantity.get_ref();
        if !quantity.is_finite() || quantity <= 0.0 {
            return self.error_at(&product.quantity, "quantity", "must be above zero");
        }
        let titles = self.parse_translations(&product.titles, "titles", Title::parse)?;
        let units = self.parse_translations(&product.units, "units", Unit::parse)?;
        let ProductToml { asin, title, unit, available, sku, .. } = product;
        let shipping = match &product.shipping {
            None => None,
            Some(text) => match Money::parse(text.get_ref(), &price.currency) {
                Ok(shipping) if shipping.is_at_most(&price) => Some(shipping),
                Ok(_) => return self.error_at(text, "shipping", "is a part of the price, and must not exceed it"),
                Err(e) => return self.error_at(text, "shipping", e),
            },
        };
        let tax_rate = match &product.tax_rate {
            None => None,
            Some(text) => match TaxRate::parse(text.get_ref()) {
                Some(rate) => Some(rate),
                None => return self.error_at(text, "tax_rate", "write per cent below 100, such as \"19\" or \"7.7\""),
            },
        };
        let unit_price = match product.unit_price {
            None => None,
            Some(basis) => {
                let UnitPriceToml { content, per, unit } = basis.get_ref();
                match UnitPriceBasis::new(*content, *per, unit.as_str()) {
                    Some(known) => Some(known),
                    None => {
                        let says = "content and per must be above zero, with at most three decimals";
                        return self.error_at(&basis, "unit_price", says);
                    }
                }
            }
        };
        Ok(Product {
            asin: asin.into_inner(),
            title: title.into(),
            titles,
            price,
            quantity,
            unit: unit.into(),
            units,
            available,
            sku,
            picture: None,
            shipping,
            tax_rate,
            unit_price,
        })
    }
}
