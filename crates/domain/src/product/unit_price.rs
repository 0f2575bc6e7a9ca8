//! The unit price: what a litre, a kilogram or 100 grams of a product cost (Directive 98/6/EC of the European Union).
//!
//! Not here: which products need one. Invariant: contents are exact, in thousandths, and a unit price is rounded to the
//! nearest minor unit, half of one upwards.

use crate::money::Money;
use std::fmt;

/// What a unit price is counted from: the content of one order, and the quantity that is compared.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct UnitPriceBasis {
    content: i64,
    per: i64,
    unit: String,
}

/// A quantity in thousandths; `None` unless it is above zero, below a million, and has at most three decimals.
fn thousandths(quantity: f64) -> Option<i64> {
    let text = format!("{quantity}");
    let (whole, part) = text.split_once('.').unwrap_or((&text, "0"));
    let known = part.len() <= 3 && whole.len() <= 6 && quantity > 0.0;
    known.then(|| format!("{whole}{part:0<3}").parse().ok()).flatten()
}

impl UnitPriceBasis {
    /// A basis: one order has `content` of the unit, and the price of `per` of it is shown. `None` if a quantity is not
    /// above zero or has more than three decimals.
    #[must_use]
    pub fn new(content: f64, per: f64, unit: &str) -> Option<Self> {
        Some(Self { content: thousandths(content)?, per: thousandths(per)?, unit: unit.to_owned() })
    }

    /// The basis of numbers in the store, in thousandths; `None` if they are none.
    #[must_use]
    pub fn from_thousandths(content: i64, per: i64, unit: String) -> Option<Self> {
        (content > 0 && per > 0).then_some(Self { content, per, unit })
    }

    /// The content of one order, in thousandths of the unit.
    #[must_use]
    pub fn content_thousandths(&self) -> i64 {
        self.content
    }

    /// The quantity whose price is shown, in thousandths of the unit.
    #[must_use]
    pub fn per_thousandths(&self) -> i64 {
        self.per
    }

    /// The content of one order.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "below a billion")]
    pub fn content(&self) -> f64 {
        self.content as f64 / 1000.0
    }

    /// The quantity whose price is shown.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "below a billion")]
    pub fn per(&self) -> f64 {
        self.per as f64 / 1000.0
    }

    /// The unit, such as `l`.
    #[must_use]
    pub fn unit(&self) -> &str {
        &self.unit
    }

    /// The unit price, where the content costs this much.
    #[must_use]
    pub fn of_price(&self, price: &Money) -> Money {
        let (content, per) = (i128::from(self.content), i128::from(self.per));
        let minor = (2 * i128::from(price.minor) * per + content) / (2 * content);
        Money { minor: i64::try_from(minor).unwrap_or(i64::MAX), currency: price.currency.clone() }
    }
}

impl fmt::Display for UnitPriceBasis {
    /// Such as `1.5 l, shown for 1 l`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {unit}, shown for {} {unit}", self.content(), self.per(), unit = self.unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_price_is_exact_to_half_a_cent() {
        let of = |minor, content, per| {
            let basis = UnitPriceBasis::new(content, per, "l").unwrap();
            basis.of_price(&Money { minor, currency: "EUR".into() }).minor
        };
        for (minor, content, per, unit_price) in [
            (2499, 1.5, 1.0, 1666),
            (999, 0.75, 1.0, 1332),
            (499, 250.0, 100.0, 200),
            (1, 2.0, 1.0, 1),
            (1, 2.001, 1.0, 0),
            (0, 1.0, 1.0, 0),
        ] {
            assert_eq!(of(minor, content, per), unit_price, "{minor} {content} {per}");
        }
        assert_eq!(of(i64::MAX, 0.001, 1.0), i64::MAX);
    }

    #[test]
    fn a_content_is_above_zero_and_has_three_decimals() {
        for bad in [0.0, -1.0, f64::NAN, f64::INFINITY, 0.0001, 1.2345, 1_000_000.0] {
            assert_eq!(UnitPriceBasis::new(bad, 1.0, "l"), None, "{bad}");
            assert_eq!(UnitPriceBasis::new(1.0, bad, "l"), None, "{bad}");
        }
        let basis = UnitPriceBasis::new(0.75, 1.0, "l").unwrap();
        assert_eq!(
            (basis.content_thousandths(), basis.per_thousandths(), basis.content(), basis.per()),
            (750, 1000, 0.75, 1.0)
        );
        assert_eq!(UnitPriceBasis::from_thousandths(750, 1000, "l".into()), Some(basis));
        assert_eq!(UnitPriceBasis::from_thousandths(0, 1000, "l".into()), None);
    }
}
