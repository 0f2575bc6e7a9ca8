//! A product of the catalogue.
//!
//! Invariant: a product's quantity is above zero.

use crate::money::Money;
use crate::picture::Picture;
use crate::text::{Asin, Sku};

/// Something that can be ordered for a slot.
#[derive(Clone, Debug, PartialEq)]
pub struct Product {
    /// The ASIN.
    pub asin: Asin,
    /// Title for customers.
    pub title: String,
    /// Price of one order.
    pub price: Money,
    /// Quantity of one order, in `unit`; above zero.
    pub quantity: f64,
    /// Unit of the quantity, such as `count` or `pounds`.
    pub unit: String,
    /// Whether it is in stock; an order for a product that is not is held.
    pub available: bool,
    /// The shop's SKU, if it differs from the ASIN.
    pub sku: Option<Sku>,
    /// Its picture, if there is one.
    pub picture: Option<Picture>,
}

impl Product {
    /// The id that a shop uses for the product.
    #[must_use]
    pub fn sku(&self) -> &str {
        self.sku.as_ref().map_or(self.asin.as_str(), Sku::as_str)
    }
}
