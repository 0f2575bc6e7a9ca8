//! The prices that a page shows, which its forms carry: what a customer saw is what they agree to.

use super::browser::PostedForm;
use opendrs_domain::money::Money;
use opendrs_domain::text::Asin;
use opendrs_service::price::ShownPrice;

/// What the fields `shown` of a form say: a product, its price and the currency, as templates write them. A field that says
/// something else is of no page of ours, and counts as none.
pub(super) fn parse_shown_prices(form: &PostedForm) -> Vec<ShownPrice> {
    let read = |field: &str| {
        let mut words = field.split(' ');
        let (asin, amount, currency) = (words.next()?, words.next()?, words.next()?);
        Some(ShownPrice { asin: Asin::parse(asin).ok()?, price: Money::parse(amount, currency).ok()? })
    };
    form.get_all("shown").into_iter().filter_map(read).collect()
}
