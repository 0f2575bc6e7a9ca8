//! What is ordered, and what its price consists of.
//!
//! Not here: the order around it. Invariant: a part of a price is in the price's currency and no more than the price.

use crate::money::Money;
use crate::product::Product;
use crate::text::Asin;

/// What is ordered, as it was when the order was made; a held order follows the catalogue.
#[derive(Clone, Debug, PartialEq)]
pub struct OrderItem {
    /// The product.
    pub asin: Asin,
    /// Its title.
    pub title: String,
    /// How much it brings.
    pub quantity: f64,
    /// In which unit.
    pub unit: String,
    /// What it costs.
    pub price: Money,
}

impl From<Product> for OrderItem {
    /// The product as it stands in the catalogue.
    fn from(product: Product) -> Self {
        let Product { asin, title, price, quantity, unit, .. } = product;
        Self { asin, title, quantity, unit, price }
    }
}

/// What an order's price consists of, as far as whoever fulfils it has said so; in the price's currency.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PriceParts {
    /// Shipping, which the price includes.
    pub shipping: Option<Money>,
    /// Tax, which the price includes.
    pub tax: Option<Money>,
}

impl PriceParts {
    /// The parts that can be parts of a price: in its currency, not negative, no more than it.
    #[must_use]
    pub fn limited_to(self, price: &Money) -> Self {
        let fits = |part: &Money| part.currency == price.currency && (0..=price.minor).contains(&part.minor);
        Self { shipping: self.shipping.filter(fits), tax: self.tax.filter(fits) }
    }
}
