//! Amounts of money.
//!
//! Not here: exchange rates, taxes. Invariant: an amount is a whole number of its currency's minor units, so sums are
//! exact; two amounts of different currencies are never added.

pub mod currency;
pub mod tax;

use std::fmt;

/// A price: minor units (cents) and an ISO 4217 code.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Money {
    /// Minor units, such as cents; never negative.
    pub minor: i64,
    /// Three capital letters, such as `USD`.
    pub currency: String,
}

/// A text that is not a price.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseMoneyError {
    /// It is not the code of a currency of today.
    #[error("`{0}` is not a currency: write its ISO 4217 code, such as USD, EUR or JPY")]
    Currency(String),
    /// The amount is not a decimal number with the currency's digits.
    #[error("`{amount}` is not a price in {currency}: {}", amount_format_hint(*.digits))]
    Amount {
        /// The amount as read.
        amount: String,
        /// The currency.
        currency: String,
        /// The number of the currency's decimals.
        digits: u32,
    },
}

/// An example of an amount with this many decimals.
fn amount_format_hint(digits: u32) -> String {
    match digits {
        0 => "write whole numbers, such as \"25\"".into(),
        digits => format!("write digits with at most {digits} decimals, such as \"24.99\""),
    }
}

/// The number of decimals of a currency. A withdrawn or unknown one gets the most common number, since the store may
/// still hold amounts in it.
fn decimal_digits(currency: &str) -> u32 {
    currency::decimal_digits(currency).unwrap_or(2)
}

impl Money {
    /// The amount increased by `percent`, rounded to the nearest minor unit.
    #[must_use]
    pub fn plus_percent(&self, percent: u32) -> Self {
        let more = (i128::from(self.minor) * i128::from(percent) + 50) / 100;
        let minor = i64::try_from(i128::from(self.minor) + more).unwrap_or(i64::MAX);
        Self { minor, currency: self.currency.clone() }
    }

    /// The amount increased by `percent`, rounded down: the highest amount within that percentage.
    #[must_use]
    pub fn plus_percent_rounded_down(&self, percent: u32) -> Self {
        let most = i128::from(self.minor) * (100 + i128::from(percent)) / 100;
        Self { minor: i64::try_from(most).unwrap_or(i64::MAX), currency: self.currency.clone() }
    }

    /// Whether it is at most another amount. Amounts of different currencies are not comparable, so the result is
    /// `false`.
    #[must_use]
    pub fn is_at_most(&self, limit: &Self) -> bool {
        self.currency == limit.currency && self.minor <= limit.minor
    }

    /// Reads `24.99` in `USD`, `1200` in `JPY`.
    ///
    /// # Errors
    /// [`ParseMoneyError`] if the currency is not a code, or the amount has too many decimals, a sign or no digits.
    pub fn parse(amount: &str, currency: &str) -> Result<Self, ParseMoneyError> {
        let digits = currency::decimal_digits(currency)
            .ok_or_else(|| ParseMoneyError::Currency(currency.chars().take(10).collect()))?;
        let refuse = || ParseMoneyError::Amount {
            amount: amount.chars().take(40).collect(),
            currency: currency.to_owned(),
            digits,
        };
        let (whole, part) = amount.split_once('.').unwrap_or((amount, ""));
        let numeric = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        let too_long = part.len() > digits as usize || whole.is_empty() || whole.len() > 12;
        if too_long || !numeric(whole) || !numeric(part) || (amount.contains('.') && part.is_empty()) {
            return Err(refuse());
        }
        let minor = format!("{whole}{part:0<width$}", width = digits as usize).parse().map_err(|_| refuse())?;
        Ok(Self { minor, currency: currency.to_owned() })
    }

    /// An amount that another system writes as a whole number with a fixed number of decimals for all currencies. A
    /// fraction of a minor unit is rounded up. `None` if it is not a price.
    #[must_use]
    pub fn from_scaled(amount: i64, decimals: u32, currency: &str) -> Option<Self> {
        let Self { minor: 0, currency } = Self::parse("0", currency).ok()? else { return None };
        let (amount, digits) = (u64::try_from(amount).ok()?, decimal_digits(&currency));
        let minor = match decimals.checked_sub(digits) {
            Some(more) => amount.div_ceil(10_u64.checked_pow(more)?),
            None => amount.checked_mul(10_u64.checked_pow(digits - decimals)?)?,
        };
        Some(Self { minor: i64::try_from(minor).ok()?, currency })
    }

    /// The amount as a decimal number, without the currency: `24.99`.
    #[must_use]
    pub fn to_decimal_text(&self) -> String {
        let digits = decimal_digits(&self.currency);
        let unit = 10_i64.pow(digits);
        match digits {
            0 => self.minor.to_string(),
            n => format!("{}.{:0width$}", self.minor / unit, self.minor % unit, width = n as usize),
        }
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.to_decimal_text(), self.currency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_exact_in_every_currency() {
        for (amount, currency, minor) in [
            ("24.99", "USD", 2499),
            ("24.9", "EUR", 2490),
            ("5", "GBP", 500),
            ("1200", "JPY", 1200),
            ("1200", "RWF", 1200),
            ("1.234", "KWD", 1234),
            ("1.2", "TND", 1200),
            ("1.2345", "CLF", 12_345),
            ("0.0001", "UYW", 1),
            ("0.05", "USD", 5),
        ] {
            let money = Money::parse(amount, currency).unwrap();
            assert_eq!(money.minor, minor);
            assert_eq!(Money::parse(&money.to_decimal_text(), currency).unwrap(), money);
        }
        assert_eq!(Money::parse("24.9", "USD").unwrap().to_string(), "24.90 USD");
    }

    #[test]
    fn other_systems_decimals_are_ours_rounded_up() {
        for (amount, decimals, currency, minor) in [
            (2499, 2, "USD", Some(2499)),
            (2499, 4, "USD", Some(25)),
            (2500, 4, "USD", Some(25)),
            (120_000, 2, "JPY", Some(1200)),
            (120_001, 2, "JPY", Some(1201)),
            (12, 2, "KWD", Some(120)),
            (7, 0, "EUR", Some(700)),
            (0, 2, "USD", Some(0)),
            (-1, 2, "USD", None),
            (1, 2, "usd", None),
            (i64::MAX, 0, "USD", None),
            (1, 60, "USD", None),
        ] {
            let money = Money::from_scaled(amount, decimals, currency);
            assert_eq!(money.map(|money| money.minor), minor, "{amount} {decimals} {currency}");
        }
    }

    #[test]
    fn amounts_are_compared_exactly() {
        let usd = |minor| Money { minor, currency: "USD".into() };
        assert_eq!(usd(2499).plus_percent_rounded_down(10), usd(2748), "27.489 is not within ten per cent any more");
        assert_eq!(
            [usd(0).plus_percent_rounded_down(1000), usd(i64::MAX).plus_percent_rounded_down(1)],
            [usd(0), usd(i64::MAX)]
        );
        assert!(usd(5).is_at_most(&usd(5)) && !usd(6).is_at_most(&usd(5)));
        assert!(!usd(1).is_at_most(&Money { minor: 5, currency: "EUR".into() }));
    }

    #[test]
    fn every_amount_is_read_back_in_every_currency() {
        for (code, decimals) in currency::all() {
            let money = Money { minor: 1_234_567, currency: code.into() };
            let written = money.to_decimal_text();
            assert_eq!(written.split_once('.').map_or(0, |(_, part)| part.len()), decimals as usize, "{money}");
            assert_eq!(Money::parse(&written, code).unwrap(), money);
        }
    }

    #[test]
    fn what_is_not_a_price_is_refused() {
        for amount in ["", "-1", "1.999", "1,99", "1.", ".5", "1e3", "9999999999999"] {
            assert!(Money::parse(amount, "USD").is_err(), "{amount}");
        }
        for (amount, currency, says) in [
            ("1.5", "JPY", "`1.5` is not a price in JPY: write whole numbers, such as \"25\""),
            ("1.23456", "CLF", "write digits with at most 4 decimals, such as \"24.99\""),
            ("1", "EUX", "`EUX` is not a currency"),
        ] {
            let error = Money::parse(amount, currency).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
        for currency in ["", "usd", "US", "DOLLAR", "ABC", "XAU", "DEM"] {
            assert!(Money::parse("1", currency).is_err(), "{currency}");
        }
    }
}
