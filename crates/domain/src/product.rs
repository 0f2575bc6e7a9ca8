//! A product of the catalogue.
//!
//! Invariant: a product's quantity is above zero. Its price is all that one order costs: goods, shipping and tax. So what
//! a customer sees, agrees to and pays is one amount; the parts only explain it.

mod unit_price;

pub use unit_price::UnitPriceBasis;

use crate::language::Language;
use crate::money::Money;
use crate::money::tax::TaxRate;
use crate::picture::Picture;
use crate::text::{Asin, Sku};
use crate::translation::Translations;

/// Something that can be ordered for a slot.
#[derive(Clone, Debug, PartialEq)]
pub struct Product {
    /// The ASIN.
    pub asin: Asin,
    /// Title for customers.
    pub title: String,
    /// Translations of the title.
    pub titles: Translations,
    /// Price of one order, with shipping and tax.
    pub price: Money,
    /// Quantity of one order, in `unit`; above zero.
    pub quantity: f64,
    /// Unit of the quantity, such as `count` or `pounds`.
    pub unit: String,
    /// Translations of the unit.
    pub units: Translations,
    /// Whether it is in stock; an order for a product that is not is held.
    pub available: bool,
    /// The shop's SKU, if it differs from the ASIN.
    pub sku: Option<Sku>,
    /// Shipping, which the price includes; zero if delivery is free, `None` if nothing is stated.
    pub shipping: Option<Money>,
    /// The rate of the tax that the price includes, if it is stated.
    pub tax_rate: Option<TaxRate>,
    /// What its unit price is counted from, if it is stated.
    pub unit_price: Option<UnitPriceBasis>,
    /// Its picture, if there is one.
    pub picture: Option<Picture>,
}

impl Product {
    /// The product with its texts for customers who read a language. Only pages and mails use it.
    #[must_use]
    pub fn in_language(mut self, language: Language) -> Self {
        self.title = self.titles.pick(language, &self.title).to_owned();
        self.unit = self.units.pick(language, &self.unit).to_owned();
        self
    }

    /// Replaces title and unit of something that was ordered by those for customers who read a language. What was
    /// ordered under another title keeps both.
    pub(crate) fn translate_ordered(&self, title: &mut String, unit: &mut String, language: Language) {
        if *title != self.title {
            return;
        }
        self.titles.pick(language, &self.title).clone_into(title);
        if *unit == self.unit {
            self.units.pick(language, &self.unit).clone_into(unit);
        }
    }

    /// The price of the goods alone: without shipping, with tax.
    #[must_use]
    pub fn goods_price(&self) -> Money {
        let shipping = self.shipping.as_ref().map_or(0, |shipping| shipping.minor);
        Money { minor: (self.price.minor - shipping).max(0), currency: self.price.currency.clone() }
    }

    /// The id that a shop uses for the product.
    #[must_use]
    pub fn sku(&self) -> &str {
        self.sku.as_ref().map_or(self.asin.as_str(), Sku::as_str)
    }
}
