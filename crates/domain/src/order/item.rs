//! The ordered item, and the parts of its price.
//!
//! Not here: the order around it. Invariant: a part of a price is in the price's currency and no more than the price.

use crate::money::Money;
use crate::product::Product;
use crate::text::Asin;

/// The ordered item, as of the order's creation; a held order follows the catalogue.
#[derive(Clone, Debug, PartialEq)]
pub struct OrderItem {
    /// The product.
    pub asin: Asin,
    /// Its title.
    pub title: String,
    /// The quantity of one order.
    pub quantity: f64,
    /// The quantity's unit.
    pub unit: String,
    /// The price.
    pub price: Money,
}

impl From<Product> for OrderItem {
    /// The product as it is in the catalogue.
    fn from(product: Product) -> Self {
        let Product { asin, title, price, quantity, unit, .. } = product;
        Self { asin, title, quantity, unit, price }
    }
}

/// The parts of an order's price, as far as the back end has reported them, in the price's currency.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PriceParts {
    /// Shipping, which the price includes.
    pub shipping: Option<Money>,
    /// Tax, which the price includes.
    pub tax: Option<Money>,
}

impl PriceParts {
    /// Keeps the parts that are valid for a price: in its currency, not negative, no more than the price.
    #[must_use]
    pub fn limited_to(self, price: &Money) -> Self {
        let fits = |part: &Money| part.currency == price.currency && (0..=price.minor).contains(&part.minor);
        Self { shipping: self.shipping.filter(fits), tax: self.tax.filter(fits) }
    }
}
