//! Amounts of money.
//!
//! Not here: exchange rates, taxes. Invariant: an amount is a whole number of its currency's minor units, so sums are
//! exact; two amounts of different currencies are never added.

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
pub enum BadMoney {
    /// The currency is not three capital letters.
    #[error("`{0}` is not a currency: write its ISO 4217 code, such as USD, EUR or JPY")]
    Currency(String),
    /// The amount is not a decimal number with the currency's digits.
    #[error("`{amount}` is not a price in {currency}: write digits with at most {digits} decimals, such as \"24.99\"")]
    Amount {
        /// What was read.
        amount: String,
        /// In which currency.
        currency: String,
        /// How many decimals that currency has.
        digits: u32,
    },
}

/// How many decimals a currency has; ISO 4217's exceptions from two.
fn digits(currency: &str) -> u32 {
    match currency {
        "JPY" | "KRW" | "VND" | "CLP" | "ISK" | "PYG" | "UGX" | "XAF" | "XOF" | "XPF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        _ => 2,
    }
}

impl Money {
    /// So many percent more, rounded to the nearest minor unit.
    #[must_use]
    pub fn dearer(&self, percent: u32) -> Self {
        let more = (i128::from(self.minor) * i128::from(percent) + 50) / 100;
        let minor = i64::try_from(i128::from(self.minor) + more).unwrap_or(i64::MAX);
        Self { minor, currency: self.currency.clone() }
    }

    /// Reads `24.99` in `USD`, `1200` in `JPY`.
    ///
    /// # Errors
    /// [`BadMoney`] when the currency is not a code, or the amount has too many decimals, a sign or no digits.
    pub fn parse(amount: &str, currency: &str) -> Result<Self, BadMoney> {
        if currency.len() != 3 || !currency.bytes().all(|b| b.is_ascii_uppercase()) {
            return Err(BadMoney::Currency(currency.chars().take(10).collect()));
        }
        let digits = digits(currency);
        let refuse =
            || BadMoney::Amount { amount: amount.chars().take(40).collect(), currency: currency.to_owned(), digits };
        let (whole, part) = amount.split_once('.').unwrap_or((amount, ""));
        let numeric = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        let too_long = part.len() > digits as usize || whole.is_empty() || whole.len() > 12;
        if too_long || !numeric(whole) || !numeric(part) || (amount.contains('.') && part.is_empty()) {
            return Err(refuse());
        }
        let minor = format!("{whole}{part:0<width$}", width = digits as usize).parse().map_err(|_| refuse())?;
        Ok(Self { minor, currency: currency.to_owned() })
    }

    /// An amount that another system writes as a whole number with so many decimals, whatever the currency. What is
    /// left over of a minor unit counts as one more. Nothing for what is no price.
    #[must_use]
    pub fn of_decimals(amount: i64, decimals: u32, currency: &str) -> Option<Self> {
        let Self { minor: 0, currency } = Self::parse("0", currency).ok()? else { return None };
        let (amount, digits) = (u64::try_from(amount).ok()?, digits(&currency));
        let minor = match decimals.checked_sub(digits) {
            Some(more) => amount.div_ceil(10_u64.checked_pow(more)?),
            None => amount.checked_mul(10_u64.checked_pow(digits - decimals)?)?,
        };
        Some(Self { minor: i64::try_from(minor).ok()?, currency })
    }

    /// The amount as a decimal number, without the currency: `24.99`.
    #[must_use]
    pub fn amount(&self) -> String {
        let digits = digits(&self.currency);
        let unit = 10_i64.pow(digits);
        match digits {
            0 => self.minor.to_string(),
            n => format!("{}.{:0width$}", self.minor / unit, self.minor % unit, width = n as usize),
        }
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount(), self.currency)
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
            ("0.05", "USD", 5),
        ] {
            let money = Money::parse(amount, currency).unwrap();
            assert_eq!(money.minor, minor);
            assert_eq!(Money::parse(&money.amount(), currency).unwrap(), money);
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
            let money = Money::of_decimals(amount, decimals, currency);
            assert_eq!(money.map(|money| money.minor), minor, "{amount} {decimals} {currency}");
        }
    }

    #[test]
    fn what_is_not_a_price_is_refused() {
        for amount in ["", "-1", "1.999", "1,99", "1.", ".5", "1e3", "9999999999999"] {
            assert!(Money::parse(amount, "USD").is_err(), "{amount}");
        }
        assert!(Money::parse("1.5", "JPY").is_err());
        for currency in ["", "usd", "US", "DOLLAR"] {
            assert!(Money::parse("1", currency).is_err(), "{currency}");
        }
    }
}
