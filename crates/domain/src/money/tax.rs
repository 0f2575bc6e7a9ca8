//! The tax that a price includes.
//!
//! Not here: which rate a product has. Invariant: a rate is exact, in hundredths of a per cent, and amounts are rounded
//! to the nearest minor unit, half of one upwards.

use super::Money;
use std::fmt;

/// A tax rate, such as 19 % or 7.7 %: from zero to below 100 %.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct TaxRate(u16);

/// One per cent.
const PERCENT: u16 = 100;

impl TaxRate {
    /// Reads per cent with at most two decimals: `19`, `7.7`, `5.25`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |text: &str| (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(part) {
            return None;
        }
        let (whole, part): (u16, u16) = (whole.parse().ok()?, format!("{part:0<2}").parse().ok()?);
        Some(Self(whole * PERCENT + part))
    }

    /// The rate of a number in the store; `None` if it is none.
    #[must_use]
    pub fn from_basis_points(points: i64) -> Option<Self> {
        u16::try_from(points).ok().filter(|points| *points < 100 * PERCENT).map(Self)
    }

    /// The rate in hundredths of a per cent: 1900 is 19 %.
    #[must_use]
    pub fn basis_points(self) -> i64 {
        i64::from(self.0)
    }

    /// The rate in per cent, as pages format it.
    #[must_use]
    pub fn percent(self) -> f64 {
        f64::from(self.0) / f64::from(PERCENT)
    }

    /// The tax that a price with tax includes: price × rate / (100 + rate).
    #[must_use]
    pub fn included_in(self, gross: &Money) -> Money {
        let (rate, whole) = (i128::from(self.0), i128::from(100 * PERCENT) + i128::from(self.0));
        let minor = (2 * i128::from(gross.minor) * rate + whole) / (2 * whole);
        // It is less than the price.
        Money { minor: i64::try_from(minor).unwrap_or(i64::MAX), currency: gross.currency.clone() }
    }
}

impl fmt::Display for TaxRate {
    /// Per cent, without a sign: `19`, `7.7`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{}.{:02}", self.0 / PERCENT, self.0 % PERCENT);
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn money(minor: i64) -> Money {
        Money { minor, currency: "EUR".into() }
    }

    #[test]
    fn a_rate_is_read_and_written_exactly() {
        for (text, points, written) in [
            ("19", 1900, "19"),
            ("7.7", 770, "7.7"),
            ("5.25", 525, "5.25"),
            ("0", 0, "0"),
            ("20.50", 2050, "20.5"),
            ("99.99", 9999, "99.99"),
        ] {
            let rate = TaxRate::parse(text).unwrap();
            assert_eq!((rate.basis_points(), rate.to_string().as_str()), (points, written));
            assert_eq!(TaxRate::from_basis_points(points), Some(rate));
        }
        for bad in ["", "100", "-1", "1.999", "1.", ".5", "19 %", "1e1", "+1"] {
            assert_eq!(TaxRate::parse(bad), None, "{bad}");
        }
        assert_eq!([-1, 10_000].map(TaxRate::from_basis_points), [None, None]);
    }

    #[test]
    fn a_price_includes_its_tax() {
        for (gross, rate, tax) in [
            (11_900, "19", 1900),
            (2499, "19", 399),
            (2499, "7", 163),
            (100, "0", 0),
            (0, "19", 0),
            // 1.5 cents are two, and 1.49 are one.
            (3, "99.99", 1),
            (9, "20", 2),
            (8, "20", 1),
        ] {
            assert_eq!(TaxRate::parse(rate).unwrap().included_in(&money(gross)), money(tax), "{gross} {rate}");
        }
        let most = TaxRate::parse("99.99").unwrap().included_in(&money(i64::MAX));
        assert!(most.minor < i64::MAX / 2 && most.minor > i64::MAX / 3);
    }

    proptest! {
        /// The net price with its tax on top is the price again, to half a cent.
        #[test]
        fn tax_on_top_of_the_net_price_is_the_tax_in_the_price(gross in 0_i64..1_000_000_000, points in 0_i64..10_000) {
            let tax = TaxRate::from_basis_points(points).unwrap().included_in(&money(gross)).minor;
            let exact = (gross - tax) * points - tax * 10_000;
            prop_assert!(exact.abs() * 2 <= 10_000 + points, "{gross} {points} {tax}");
        }
    }
}
