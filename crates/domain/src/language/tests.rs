//! Tests of language tags and their negotiation, and of each language's formats.

use super::*;
use crate::money::Money;
use crate::time::Time;
use crate::zone::Zone;
use Language::{English, German, Japanese};
use proptest::prelude::*;

#[test]
fn tags_and_locales_of_the_field_are_read() {
    for (tag, language) in [
        ("en", Some(English)),
        ("en_US", Some(English)),
        ("en-GB", Some(English)),
        ("en_US.UTF-8", Some(English)),
        ("de", Some(German)),
        ("DE-at", Some(German)),
        ("de-Latn-CH-1996", Some(German)),
        ("ja-JP", Some(Japanese)),
        ("ja_JP_#Jpan", Some(Japanese)),
        (" ja ", Some(Japanese)),
        ("", None),
        ("*", None),
        ("fr-DE", None),
        ("den", None),
        ("english", None),
        ("日本語", None),
    ] {
        assert_eq!(Language::parse(tag), language, "{tag}");
    }
    for language in Language::ALL {
        assert_eq!(Language::parse(language.tag()), Some(language));
    }
    assert_eq!(Language::parse_first("fr-CA de-CH ja"), Some(German));
    assert_eq!(Language::parse_first("fr it"), None);
}

#[test]
fn a_browser_is_answered_in_what_it_likes_best() {
    for (header, language) in [
        ("", None),
        ("de", Some(German)),
        ("de-AT", Some(German)),
        ("de-AT,de;q=0.9,en;q=0.8", Some(German)),
        ("en-US,en;q=0.5", Some(English)),
        ("ja,en-US;q=0.7,en;q=0.3", Some(Japanese)),
        ("fr-FR,fr;q=0.9,de;q=0.4,en;q=0.6", Some(English)),
        ("fr, it", None),
        ("en;q=0.5, de;q=0.5", Some(English)),
        ("de ; q=0.2 , ja;q=0.20", Some(German)),
        ("de;Q=0.2, ja;q=0.3", Some(Japanese)),
        // Refused alone, wanted with a region.
        ("de;q=0, de-CH", Some(German)),
        ("de;q=0", None),
        ("de;q=0.000, en;q=0.001", Some(English)),
        // Any language: the default one, unless it was named.
        ("*", Some(English)),
        ("fr, *;q=0.1", Some(English)),
        ("en;q=0, *", Some(German)),
        ("en;q=0.1, *;q=0.2", Some(German)),
        ("en;q=0, de;q=0, ja;q=0, *", None),
        ("*;q=0", None),
        ("ja, *;q=0.5", Some(Japanese)),
        // An invalid range, or one with an invalid quality, is ignored.
        ("de;q=2, ja", Some(Japanese)),
        ("de;q=1.001, ja;q=0.1", Some(Japanese)),
        ("de;q=0.1234, ja;q=0.1", Some(Japanese)),
        ("de;q=, ja;q=0.1", Some(Japanese)),
        ("de;q=-1, ja;q=0.1", Some(Japanese)),
        ("de;level=1, ja;q=0.1", Some(Japanese)),
        (",,;q=1, ;,ja", Some(Japanese)),
        ("de;q=1.000", Some(German)),
        ("de;q=1.", Some(German)),
    ] {
        assert_eq!(negotiate(header, English), language, "{header}");
    }
    assert_eq!(negotiate("fr, *;q=0.1", Japanese), Some(Japanese), "the operator's");
    let many = "fr,".repeat(MAX_RANGES) + "de";
    assert_eq!(negotiate(&many, English), None, "nobody likes that many");
}

#[test]
fn what_is_nearest_to_their_own_word_counts() {
    let nothing = LanguagePreferences {
        from_query: None,
        from_cookie: None,
        from_account: None,
        accept_language: None,
        default: English,
    };
    assert_eq!(nothing.resolve(), English);
    assert_eq!(LanguagePreferences { default: Japanese, ..nothing }.resolve(), Japanese);
    let accepted = LanguagePreferences { accept_language: Some("de-CH"), ..nothing };
    assert_eq!(accepted.resolve(), German);
    assert_eq!(LanguagePreferences { accept_language: Some("fr"), ..nothing }.resolve(), English);
    let stored = LanguagePreferences { from_account: Some(Japanese), ..accepted };
    assert_eq!(stored.resolve(), Japanese);
    let chosen = LanguagePreferences { from_cookie: Some(English), ..stored };
    assert_eq!(chosen.resolve(), English);
    assert_eq!(LanguagePreferences { from_query: Some(German), ..chosen }.resolve(), German);
}

#[test]
fn each_language_writes_prices_its_own_way() {
    for (amount, currency, written) in [
        ("24.99", "USD", ["24.99 USD", "24,99\u{a0}$", "$24.99"]),
        ("12.99", "EUR", ["12.99 EUR", "12,99\u{a0}€", "€12.99"]),
        ("0.05", "GBP", ["0.05 GBP", "0,05\u{a0}£", "£0.05"]),
        ("1299", "JPY", ["1299 JPY", "1.299\u{a0}¥", "¥1,299"]),
        ("1234567.8", "CHF", ["1234567.80 CHF", "1.234.567,80\u{a0}CHF", "CHF\u{a0}1,234,567.80"]),
        ("999", "KWD", ["999.000 KWD", "999,000\u{a0}KWD", "KWD\u{a0}999.000"]),
    ] {
        let money = Money::parse(amount, currency).unwrap();
        assert_eq!(Language::ALL.map(|language| language.format_money(&money)), written);
        for language in Language::ALL {
            for written in [language.format_amount_input(&money), language.format_money(&money)] {
                assert_eq!(language.parse_amount(&written, currency).unwrap(), money, "{language}: {written}");
            }
        }
    }
}

#[test]
fn amounts_are_read_as_they_are_typed() {
    for (language, currency, typed, amount) in [
        (English, "USD", " 12.99 ", "12.99"),
        (English, "USD", "$12.99", "12.99"),
        (English, "USD", "12.99 usd", "12.99"),
        (English, "USD", "US$ 1,299.50", "1299.50"),
        (English, "USD", "USD 1,299,000", "1299000.00"),
        (English, "EUR", "€1 299.50", "1299.50"),
        (English, "GBP", "£5", "5.00"),
        (English, "CHF", "1'299.50 Fr.", "1299.50"),
        (English, "KWD", "1.299", "1.299"),
        (English, "KWD", "1,299.5", "1299.500"),
        (English, "CAD", "$25", "25.00"),
        (English, "RWF", "1,500", "1500"),
        (German, "EUR", "12,99", "12.99"),
        (German, "EUR", "12.99", "12.99"),
        (German, "EUR", "12,99 €", "12.99"),
        (German, "EUR", "12,99\u{a0}€", "12.99"),
        (German, "EUR", "€ 12,99", "12.99"),
        (German, "EUR", "EUR 12,99", "12.99"),
        (German, "EUR", "1.299,00", "1299.00"),
        (German, "EUR", "1.299.000,00 Euro", "1299000.00"),
        (German, "EUR", "1299,5", "1299.50"),
        (German, "EUR", "1.299", "1299.00"),
        (German, "EUR", "1.299 €", "1299.00"),
        (German, "EUR", "1 299,50", "1299.50"),
        (German, "EUR", "1\u{202f}299,50", "1299.50"),
        (German, "CHF", "CHF 1’299.50", "1299.50"),
        (German, "EUR", "25,- €", "25.00"),
        (German, "EUR", "25,– €", "25.00"),
        (German, "JPY", "1.299 ¥", "1299"),
        (Japanese, "JPY", "1,299", "1299"),
        (Japanese, "JPY", "¥1,299", "1299"),
        (Japanese, "JPY", "￥１，２９９", "1299"),
        (Japanese, "JPY", "１２９９円", "1299"),
        (Japanese, "JPY", "1299 JPY", "1299"),
        (Japanese, "USD", "1,299.50", "1299.50"),
        (Japanese, "USD", "25ドル", "25.00"),
        (Japanese, "EUR", "25.5ユーロ", "25.50"),
        (Japanese, "CLF", "1.2345", "1.2345"),
    ] {
        let read = language.parse_amount(typed, currency);
        assert_eq!(read.map(|money| money.to_decimal_text()).as_deref(), Ok(amount), "{language}: {typed}");
    }
}

#[test]
fn what_could_be_meant_otherwise_is_refused() {
    for (language, currency, typed) in [
        (English, "USD", "12,99"),
        (English, "USD", "1,29.00"),
        (English, "USD", "1.299,00"),
        (English, "USD", "1.299"),
        (English, "USD", "€25"),
        (English, "USD", "25 EUR"),
        (English, "USD", "$25$"),
        (English, "USD", "-25"),
        (English, "USD", "+25"),
        (English, "USD", "cheap"),
        (English, "USD", ""),
        (English, "USD", "$"),
        (English, "USD", "."),
        (English, "USD", "1e3"),
        (English, "USD", "12 99"),
        (English, "USD", "1 299'000"),
        (English, "USD", "25 or 26"),
        (English, "KWD", "1,299"),
        (German, "EUR", "1.29,00"),
        (German, "EUR", "1,299.00"),
        (German, "EUR", "1,299"),
        (German, "EUR", ",5"),
        (German, "EUR", "$25"),
        (German, "KWD", "1.299"),
        (German, "JPY", "12,99"),
        (Japanese, "JPY", "12,99"),
        (Japanese, "JPY", "12.5"),
        (Japanese, "JPY", "25ドル"),
        (Japanese, "USD", "千円"),
    ] {
        let error = language.parse_amount(typed, currency).unwrap_err().to_string();
        assert!(error.contains(&format!("`{typed}` is not a price in {currency}")), "{language}: {error}");
    }
    for (typed, read) in [("10", Some(10)), (" 10 % ", Some(10)), ("１０％", Some(10)), ("10.5", None), ("-1", None)]
    {
        assert_eq!(parse_percent(typed), read, "{typed}");
    }
    let error = English.parse_amount("5", "EURO").unwrap_err().to_string();
    assert!(error.starts_with("`EURO` is not a currency"), "{error}");
}

#[test]
fn each_language_writes_moments_and_numbers_its_own_way() {
    let at = Time::from_secs(1_520_139_967);
    let written = ["4 March 2018, 05:06 UTC", "4. März 2018, 05:06 Uhr (UTC)", "2018年3月4日 05:06（UTC）"];
    assert_eq!(Language::ALL.map(|language| language.format_time(at, Zone::UTC)), written);
    let at = Time::from_secs(1_795_478_340);
    let written = ["23 November 2026, 23:59 UTC", "23. November 2026, 23:59 Uhr (UTC)", "2026年11月23日 23:59（UTC）"];
    assert_eq!(Language::ALL.map(|language| language.format_time(at, Zone::UTC)), written);
    let written = ["23 November 2026", "23. November 2026", "2026年11月23日"];
    assert_eq!(Language::ALL.map(|language| language.format_date(at, Zone::UTC)), written);
    let winter = Time::from_secs(1_520_139_967);
    for (zone, at, written) in [
        (
            "Europe/Berlin",
            winter,
            ["4 March 2018, 06:06 CET", "4. März 2018, 06:06 Uhr (MEZ)", "2018年3月4日 06:06（CET）"],
        ),
        (
            "Asia/Tokyo",
            at,
            ["24 November 2026, 08:59 JST", "24. November 2026, 08:59 Uhr (JST)", "2026年11月24日 08:59（JST）"],
        ),
        (
            "America/New_York",
            winter,
            ["4 March 2018, 00:06 EST", "4. März 2018, 00:06 Uhr (EST)", "2018年3月4日 00:06（EST）"],
        ),
        (
            "Asia/Kathmandu",
            winter,
            ["4 March 2018, 10:51 UTC+05:45", "4. März 2018, 10:51 Uhr (UTC+05:45)", "2018年3月4日 10:51（UTC+05:45）"],
        ),
        (
            "America/Sao_Paulo",
            winter,
            ["4 March 2018, 02:06 UTC-03:00", "4. März 2018, 02:06 Uhr (UTC-03:00)", "2018年3月4日 02:06（UTC-03:00）"],
        ),
    ] {
        let zone = Zone::parse(zone).unwrap();
        assert_eq!(Language::ALL.map(|language| language.format_time(at, zone)), written);
    }
    for (number, written) in [
        (3.0, ["3", "3", "3"]),
        (0.5, ["0.5", "0,5", "0.5"]),
        (1500.25, ["1500.25", "1.500,25", "1,500.25"]),
        (1_000_000.0, ["1000000", "1.000.000", "1,000,000"]),
    ] {
        assert_eq!(Language::ALL.map(|language| language.format_number(number)), written);
    }
}

proptest! {
    #[test]
    fn whatever_a_browser_sends_a_language_comes_out(header in ".{0,80}", default in 0..3_usize) {
        let default = Language::ALL[default];
        let wishes = LanguagePreferences { from_query: None, from_cookie: None, from_account: None, accept_language: Some(&header), default };
        prop_assert!(Language::ALL.contains(&wishes.resolve()));
    }

    #[test]
    fn a_header_made_of_ranges_gives_the_one_of_highest_quality(
        qualities in proptest::array::uniform3(0..=1000_u16), order in Just([0, 1, 2]).prop_shuffle(),
    ) {
        let write = |at: &usize| format!("{}-XX;q={}.{:03}", Language::ALL[*at], qualities[*at] / 1000, qualities[*at] % 1000);
        let header = order.iter().map(write).collect::<Vec<_>>().join(", ");
        let best = order.iter().filter(|at| qualities[**at] > 0).rev().max_by_key(|at| qualities[**at]);
        prop_assert_eq!(negotiate(&header, English), best.map(|at| Language::ALL[*at]));
    }

    #[test]
    fn every_amount_that_is_shown_is_read_back(minor in 0..10_000_000_000_i64, currency in 0..4_usize) {
        let money = Money { minor, currency: ["EUR", "JPY", "KWD", "CLF"][currency].into() };
        for language in Language::ALL {
            for written in [language.format_amount_input(&money), language.format_money(&money)] {
                prop_assert_eq!(language.parse_amount(&written, &money.currency), Ok(money.clone()), "{}", written);
            }
        }
    }

    #[test]
    fn whatever_is_typed_is_an_amount_or_refused(typed in ".{0,20}", currency in 0..3_usize) {
        for language in Language::ALL {
            if let Ok(money) = language.parse_amount(&typed, ["EUR", "JPY", "KWD"][currency]) {
                prop_assert!(money.minor >= 0);
            }
        }
    }
}
