//! The ordered item, and the parts of its price.
//!
//! Not here: the order around it. Invariant: a part of a price is in the price's currency and no more than the price.

use crate::language::Language;
use crate::money::Money;
use crate::money::tax::TaxRate;
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
    /// The price, with shipping and tax.
    pub price: Money,
    /// Shipping, which the price includes, as the catalogue states it.
    pub shipping: Option<Money>,
    /// The rate of the tax that the price includes, as the catalogue states it.
    pub tax_rate: Option<TaxRate>,
}

impl From<Product> for OrderItem {
    /// The product as it is in the catalogue.
    fn from(product: Product) -> Self {
        let Product { asin, title, price, quantity, unit, shipping, tax_rate, .. } = product;
        Self { asin, title, quantity, unit, price, shipping, tax_rate }
    }
}

impl OrderItem {
    /// Replaces title and unit by those for customers who read a language, if the catalogue has the product under the
    /// item's title. Otherwise the item keeps what it was ordered with. Only pages and mails use it.
    pub fn translate(&mut self, product: &Product, language: Language) {
        if self.asin == product.asin {
            product.translate_ordered(&mut self.title, &mut self.unit, language);
        }
    }

    /// The parts of the price. What the back end reported takes precedence over the catalogue. The catalogue's shipping
    /// counts only where it fits the price.
    #[must_use]
    pub fn price_parts(&self, reported: &PriceParts) -> PriceParts {
        let tax = self.tax_rate.map(|rate| rate.included_in(&self.price));
        let stated = PriceParts { shipping: self.shipping.clone(), tax }.limited_to(&self.price);
        PriceParts { shipping: reported.shipping.clone().or(stated.shipping), tax: reported.tax.clone().or(stated.tax) }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::translation::Translations;

    #[test]
    fn an_item_is_translated_while_the_catalogue_has_its_title() {
        let german = |text: &str| -> Translations { [(Language::German, text.to_owned())].into_iter().collect() };
        let product = |title: &str, unit: &str| Product {
            asin: Asin::parse("B000000001").unwrap(),
            title: title.into(),
            titles: german("Filterkartusche"),
            price: Money::parse("24.99", "USD").unwrap(),
            quantity: 3.0,
            unit: unit.into(),
            units: german("Stück"),
            available: true,
            sku: None,
            shipping: None,
            tax_rate: None,
            unit_price: None,
            picture: None,
        };
        let other = Product { asin: Asin::parse("B000000002").unwrap(), ..product("Filter", "count") };
        for (now, language, title, unit) in [
            (product("Filter", "count"), Language::German, "Filterkartusche", "Stück"),
            (product("Filter", "count"), Language::Japanese, "Filter", "count"),
            (product("Filter", "piece"), Language::German, "Filterkartusche", "count"),
            (product("New filter", "count"), Language::German, "Filter", "count"),
            (other, Language::German, "Filter", "count"),
        ] {
            let mut item = OrderItem::from(product("Filter", "count"));
            item.translate(&now, language);
            assert_eq!((item.title.as_str(), item.unit.as_str()), (title, unit), "{now:?} {language}");
        }
    }

    #[test]
    fn what_the_back_end_reports_takes_precedence_over_the_catalogue() {
        let usd = |amount: &str| Money::parse(amount, "USD").unwrap();
        let item = |price: &str, shipping: Option<&str>| OrderItem {
            asin: Asin::parse("B000000001").unwrap(),
            title: "Filter".into(),
            quantity: 3.0,
            unit: "count".into(),
            price: usd(price),
            shipping: shipping.map(usd),
            tax_rate: TaxRate::parse("19"),
        };
        let parts = |item: &OrderItem, reported: &PriceParts| {
            let PriceParts { shipping, tax } = item.price_parts(reported);
            [shipping, tax].map(|part| part.map(|part| part.to_decimal_text()))
        };
        let (none, text) = (PriceParts::default(), |text: &str| Some(text.to_owned()));
        assert_eq!(parts(&item("24.99", Some("3.90")), &none), [text("3.90"), text("3.99")]);
        assert_eq!(parts(&item("24.99", Some("0.00")), &none), [text("0.00"), text("3.99")], "free delivery");
        assert_eq!(parts(&item("24.99", None), &none), [None, text("3.99")]);
        assert_eq!(parts(&item("3.00", Some("3.90")), &none), [None, text("0.48")], "the price fell below");
        let reported = PriceParts { shipping: Some(usd("1.00")), tax: None };
        assert_eq!(parts(&item("24.99", Some("3.90")), &reported), [text("1.00"), text("3.99")]);
    }
}
