//! A product of the catalogue.

use crate::money::Money;
use crate::text::Asin;

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
}
