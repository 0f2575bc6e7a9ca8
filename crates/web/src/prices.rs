//! The prices that a page showed, which its forms send back: a customer agrees to the price that they saw.

use super::browser::PostedForm;
use opendrs_domain::money::Money;
use opendrs_domain::product::Product;
use opendrs_domain::text::Asin;
use opendrs_service::price::ShownPrice;

/// Returns the value of a field `shown` for a product.
pub(crate) fn shown_price(product: &Product) -> String {
    format!("{} {}", product.asin, product.price)
}

/// Reads the fields `shown` of a form: product, amount and currency, separated by blanks, as templates write them.
/// Other values do not come from a page of this server, and are ignored.
pub(super) fn parse_shown_prices(form: &PostedForm) -> Vec<ShownPrice> {
    let read = |field: &str| {
        let mut words = field.split(' ');
        let (asin, amount, currency) = (words.next()?, words.next()?, words.next()?);
        Some(ShownPrice { asin: Asin::parse(asin).ok()?, price: Money::parse(amount, currency).ok()? })
    };
    form.get_all("shown").into_iter().filter_map(read).collect()
}
