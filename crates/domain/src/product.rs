//! A product of the catalogue.

use crate::money::Money;
use crate::text::{Asin, Sku};

/// What can be ordered for a slot.
#[derive(Clone, Debug, PartialEq)]
pub struct Product {
    /// Its number.
    pub asin: Asin,
    /// Title shown to customers.
    pub title: String,
    /// Price of one order.
    pub price: Money,
    /// How much one order brings, in `unit`; above zero.
    pub quantity: f64,
    /// Unit of the quantity, such as `count` or `pounds`.
    pub unit: String,
    /// In stock; an order for a product that is not is held.
    pub available: bool,
    /// What shops call it, where that is not its number.
    pub sku: Option<Sku>,
}

impl Product {
    /// What a shop is asked for.
    #[must_use]
    pub fn sku(&self) -> &str {
        self.sku.as_ref().map_or(self.asin.as_str(), Sku::as_str)
    }
}
