//! Currencies and the decimals of their amounts: ISO 4217.
//!
//! What it is: every code of list one with the minor unit that the standard assigns. What it is not: it has no
//! withdrawn codes. It has no codes without a minor unit either (precious metals, units of account, codes for tests),
//! since nothing has a price in them. Source: ISO 4217 list one as published by its maintenance agency, SIX, on
//! 2026-01-01: 178 codes, of which 165 have a minor unit.

/// Codes by the number of their decimals.
const BY_DECIMALS: [(u32, &str); 4] = [
    (0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"),
    (
        2,
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF \
         CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL \
         HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU \
         MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR \
         SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED \
         VES WST XAD XCD XCG YER ZAR ZMW ZWG",
    ),
    (3, "BHD IQD JOD KWD LYD OMR TND"),
    (4, "CLF UYW"),
];

/// The number of decimals of a currency; `None` if the code is not current.
#[must_use]
pub fn decimal_digits(code: &str) -> Option<u32> {
    let listed = |codes: &str| codes.split(' ').any(|listed| listed == code);
    BY_DECIMALS.into_iter().find(|(_, codes)| listed(codes)).map(|(decimals, _)| decimals)
}

/// Every currency with its decimals.
pub fn all() -> impl Iterator<Item = (&'static str, u32)> {
    BY_DECIMALS.into_iter().flat_map(|(decimals, codes)| codes.split(' ').map(move |code| (code, decimals)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_list_is_whole_and_names_nothing_twice() {
        let codes: BTreeSet<_> = all().map(|(code, _)| code).collect();
        assert_eq!((codes.len(), all().count()), (165, 165));
        assert!(codes.iter().all(|code| code.len() == 3 && code.bytes().all(|b| b.is_ascii_uppercase())));
        for count in [(0, 17), (2, 139), (3, 7), (4, 2)] {
            assert_eq!((count.0, all().filter(|(_, decimals)| *decimals == count.0).count()), count);
        }
    }

    #[test]
    fn each_currency_has_the_decimals_of_the_standard() {
        for (code, wanted) in [
            ("USD", Some(2)),
            ("JPY", Some(0)),
            ("KRW", Some(0)),
            ("RWF", Some(0)),
            ("VUV", Some(0)),
            ("BIF", Some(0)),
            ("UYI", Some(0)),
            ("KWD", Some(3)),
            ("TND", Some(3)),
            ("CLF", Some(4)),
            ("UYW", Some(4)),
            ("MGA", Some(2)),
            ("XCG", Some(2)),
            ("XAU", None),
            ("XXX", None),
            ("DEM", None),
            ("BGN", None),
            ("ABC", None),
            ("usd", None),
            ("", None),
            ("U D", None),
        ] {
            assert_eq!(decimal_digits(code), wanted, "{code}");
        }
    }
}
