//! Customers, who sign in, own devices and receive parcels.
//!
//! Not here: sessions, and passwords, of which only the service knows the hash. Invariant: a maker never sees a
//! customer's own id, only the directed one (docs/spec/identifiers.md#directed-customer-ids).

use crate::country;
use crate::id::{CustomerId, MakerId};
use crate::language::Language;
use crate::text::{Email, is_single_line};
use crate::time::Time;
use crate::zone::{Zone, ZonePreferences};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// A postal address.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// Street and number.
    pub line1: String,
    /// Flat, floor, company.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line2: Option<String>,
    /// Town; empty where the country's addresses need none.
    #[serde(default)]
    pub city: String,
    /// State or region, where a country has them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Postal code; empty where the country has none.
    #[serde(default)]
    pub postal_code: String,
    /// Country code: ISO 3166-1 alpha-2.
    pub country: String,
}

/// A part of an address that is missing, too long or invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Street and number.
    #[error("the street line")]
    Street,
    /// An optional part.
    #[error("the second line or the region")]
    Optional,
    /// Town.
    #[error("the city")]
    City,
    /// Postal code.
    #[error("the postal code")]
    PostalCode,
    /// Country: no code of ISO 3166-1.
    #[error("the country (two letters, such as US)")]
    Country,
}

impl Address {
    /// Trims every part and drops empty optional ones. City and postal code may be absent in countries whose addresses
    /// have none.
    ///
    /// # Errors
    /// The part that is missing, too long or invalid, for display to the customer.
    pub fn validated(mut self) -> Result<Self, AddressError> {
        for part in [&mut self.line1, &mut self.city, &mut self.postal_code, &mut self.country] {
            *part = part.trim().to_owned();
        }
        for part in [&mut self.line2, &mut self.region] {
            *part = part.take().map(|p| p.trim().to_owned()).filter(|p| !p.is_empty());
        }
        self.country = self.country.to_uppercase();
        let plain = |text: &str, max: usize| text.chars().count() <= max && is_single_line(text);
        let fits = |text: &str, max: usize| !text.is_empty() && plain(text, max);
        let optional = |text: &Option<String>| text.as_ref().is_none_or(|text| plain(text, 120));
        let known = country::is_country_code(&self.country);
        let (has_city, has_code) = (country::requires_city(&self.country), country::has_postal_code(&self.country));
        if !fits(&self.line1, 120) {
            Err(AddressError::Street)
        } else if !optional(&self.line2) || !optional(&self.region) {
            Err(AddressError::Optional)
        } else if !plain(&self.city, 80) || has_city && self.city.is_empty() {
            Err(AddressError::City)
        } else if !plain(&self.postal_code, 20) || has_code && self.postal_code.is_empty() {
            Err(AddressError::PostalCode)
        } else if !known {
            Err(AddressError::Country)
        } else {
            Ok(self)
        }
    }

    /// The address on one line.
    #[must_use]
    pub fn to_single_line(&self) -> String {
        let parts = [
            Some(self.line1.as_str()),
            self.line2.as_deref(),
            Some(self.city.as_str()),
            self.region.as_deref(),
            Some(self.postal_code.as_str()),
            Some(self.country.as_str()),
        ];
        parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
    }
}

/// A customer of the shop that uses this service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    /// Internal id; never sent to makers.
    pub id: CustomerId,
    /// Sign-in name.
    pub email: Email,
    /// Name, as the customer writes it.
    pub name: String,
    /// Postal address; without one a standard order is held.
    pub address: Option<Address>,
    /// When the account was created.
    pub created_at: Time,
    /// Language of pages and mails; unknown until the first sign-in.
    pub language: Option<Language>,
    /// The chosen time zone of pages and mails.
    pub zone: Option<Zone>,
}

impl Customer {
    /// What decides about the zone of the customer's pages and mails.
    #[must_use]
    pub fn zone_preferences(&self, default: Zone) -> ZonePreferences<'_> {
        let country = self.address.as_ref().map(|address| address.country.as_str());
        ZonePreferences { chosen: self.zone, country, default }
    }
}

/// `directedCustomerId`: `amzn1.account.` and 28 capital letters and digits, the first an `A`
/// (docs/spec/identifiers.md#directed-customer-ids).
///
/// It is stable for one maker and different for each. It cannot be reversed without the installation's key.
#[must_use]
pub fn directed_customer_id(key: &[u8; 32], maker: MakerId, customer: CustomerId) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mac = Hmac::<Sha256>::new_from_slice(key).map(|mut mac| {
        mac.update(b"directed customer id");
        mac.update(maker.0.as_bytes());
        mac.update(customer.0.as_bytes());
        mac.finalize().into_bytes()
    });
    let bytes = mac.unwrap_or_default();
    let letters = bytes.iter().take(27).map(|b| char::from(ALPHABET[usize::from(*b) % 32]));
    format!("amzn1.account.A{}", letters.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_customer_has_another_name_for_each_maker() {
        let (key, customer) = ([7; 32], CustomerId(Uuid::from_u128(1)));
        let [a, b] = [1, 2].map(|n| directed_customer_id(&key, MakerId(Uuid::from_u128(n)), customer));
        assert_ne!(a, b);
        assert_eq!(a, directed_customer_id(&key, MakerId(Uuid::from_u128(1)), customer), "stable");
        assert_eq!(a.len(), "amzn1.account.".len() + 28);
        assert!(a[14..].starts_with('A') && a[14..].bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()));
    }

    #[test]
    fn an_address_needs_its_parts() {
        let full = Address {
            line1: " 1 Main Street ".into(),
            line2: Some("  ".into()),
            city: "Springfield".into(),
            region: None,
            postal_code: "97477".into(),
            country: "us".into(),
        };
        assert_eq!(full.clone().validated().unwrap().to_single_line(), "1 Main Street, Springfield, 97477, US");
        assert_eq!(Address { city: " ".into(), ..full.clone() }.validated(), Err(AddressError::City));
        for country in ["USA", "", "U", "XX", "UK", "u s"] {
            let address = Address { country: country.into(), ..full.clone() };
            assert_eq!(address.validated(), Err(AddressError::Country), "{country}");
        }
        for line1 in ["", " ", "1 Main\nStreet", "1 Main\u{2028}Street", "\u{202e}teertS niaM 1"] {
            assert_eq!(
                Address { line1: line1.into(), ..full.clone() }.validated(),
                Err(AddressError::Street),
                "{line1:?}"
            );
        }
    }

    #[test]
    fn an_address_needs_no_part_that_its_country_lacks() {
        let of = |country: &str, city: &str, postal_code: &str| Address {
            line1: "1 Main Street".into(),
            city: city.into(),
            postal_code: postal_code.into(),
            country: country.into(),
            ..Address::default()
        };
        for (address, wanted) in [
            (of("hk", "", ""), Ok("1 Main Street, HK")),
            (of("HK", "Kowloon", ""), Ok("1 Main Street, Kowloon, HK")),
            (of("QA", "Doha", ""), Ok("1 Main Street, Doha, QA")),
            (of("QA", "Doha", "122"), Ok("1 Main Street, Doha, 122, QA")),
            (of("QA", "", ""), Err(AddressError::City)),
            (of("SG", "", "546080"), Ok("1 Main Street, 546080, SG")),
            (of("SG", "", " "), Err(AddressError::PostalCode)),
            (of("DE", "Berlin", ""), Err(AddressError::PostalCode)),
            (of("DE", "", "10115"), Err(AddressError::City)),
            (of("HK", "", "1\t2"), Err(AddressError::PostalCode)),
        ] {
            let checked = address.clone().validated();
            let line = checked.as_ref().map(Address::to_single_line).map_err(|part| *part);
            assert_eq!(line.as_deref(), wanted.as_deref(), "{address:?}");
        }
        let read: Address = serde_json::from_str(r#"{"line1":"1 Main Street","country":"HK"}"#).unwrap();
        assert_eq!(read, of("HK", "", ""));
    }
}
