//! Formatting of prices, times and numbers in each language, for people.
//!
//! Not here: the values of forms and machine formats, which are the same in every language. Invariant: nothing is
//! rounded; a time names the zone that it is in.

use super::Language;
use crate::money::Money;
use crate::time::Time;
use crate::zone::Zone;

/// Currencies written with their sign. All others are written with their code, so that no two dollars look alike.
const CURRENCY_SIGNS: [(&str, &str); 4] = [("EUR", "€"), ("GBP", "£"), ("JPY", "¥"), ("USD", "$")];

const GERMAN_MONTHS: [&str; 12] = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
];

/// The abbreviations of zones that German has its own for.
const GERMAN_ZONES: [(&str, &str); 6] =
    [("CET", "MEZ"), ("CEST", "MESZ"), ("EET", "OEZ"), ("EEST", "OESZ"), ("WET", "WEZ"), ("WEST", "WESZ")];

/// A blank that does not break a line.
const NO_BREAK_SPACE: char = '\u{a0}';

impl Language {
    /// A price: `24.99 USD`, `24,99 €`, `¥1,299`.
    #[must_use]
    pub fn format_money(self, money: &Money) -> String {
        let currency = money.currency.as_str();
        let sign = CURRENCY_SIGNS.iter().find(|(code, _)| *code == currency).map(|(_, sign)| *sign);
        match (self, sign) {
            (Language::English, _) => money.to_string(),
            (Language::German, sign) => {
                format!(
                    "{}{NO_BREAK_SPACE}{}",
                    self.localize_decimal(&money.to_decimal_text()),
                    sign.unwrap_or(currency)
                )
            }
            (Language::Japanese, Some(sign)) => format!("{sign}{}", self.localize_decimal(&money.to_decimal_text())),
            (Language::Japanese, None) => {
                format!("{currency}{NO_BREAK_SPACE}{}", self.localize_decimal(&money.to_decimal_text()))
            }
        }
    }

    /// A time in a zone: `4 March 2018, 06:06 CET`, `4. März 2018, 06:06 Uhr (MEZ)`, `2018年3月4日 14:06（JST）`.
    #[must_use]
    pub fn format_time(self, at: Time, zone: Zone) -> String {
        let (date, time, zone) = (self.format_date(at, zone), zone.format("%H:%M", at), self.format_zone(at, zone));
        match self {
            Language::English => format!("{date}, {time} {zone}"),
            Language::German => format!("{date}, {time} Uhr ({zone})"),
            Language::Japanese => format!("{date} {time}（{zone}）"),
        }
    }

    /// The zone's abbreviation at a time, or else its offset: `CET`, `UTC`, `UTC+05:45`.
    fn format_zone(self, at: Time, zone: Zone) -> String {
        let short = zone.format("%Z", at);
        if !short.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return format!("UTC{}", zone.format("%:z", at));
        }
        let german = GERMAN_ZONES.iter().find(|(code, _)| self == Language::German && *code == short);
        german.map_or(short, |(_, name)| (*name).to_owned())
    }

    /// The day of a time in a zone: `4 March 2018`, `4. März 2018`, `2018年3月4日`.
    #[must_use]
    pub fn format_date(self, at: Time, zone: Zone) -> String {
        let format = |pattern| zone.format(pattern, at);
        match self {
            Language::English => format("%-d %B %Y"),
            Language::German => {
                let month = format("%-m").parse::<usize>().ok().and_then(|n| GERMAN_MONTHS.get(n - 1));
                format!("{}. {} {}", format("%-d"), month.unwrap_or(&""), format("%Y"))
            }
            Language::Japanese => format("%Y年%-m月%-d日"),
        }
    }

    /// A calendar day without its year, for a chart: `4 Mar`, `4.3.`, `3/4`.
    #[must_use]
    pub fn format_short_day(self, at: Time) -> String {
        match self {
            Language::English => at.format("%-d %b"),
            Language::German => at.format("%-d.%-m."),
            Language::Japanese => at.format("%-m/%-d"),
        }
    }

    /// A number: `1500.5`, `1.500,5`, `1,500.5`.
    #[must_use]
    pub fn format_number(self, number: f64) -> String {
        self.localize_decimal(&number.to_string())
    }

    /// The separators of thousands and of decimals.
    pub(super) fn number_separators(self) -> (char, char) {
        match self {
            Language::German => ('.', ','),
            Language::English | Language::Japanese => (',', '.'),
        }
    }

    /// A number of digits and a point, in this language's form.
    fn localize_decimal(self, plain: &str) -> String {
        if self.is_english() {
            return plain.to_owned();
        }
        let (group, point) = self.number_separators();
        let (whole, part) = plain.split_once('.').unwrap_or((plain, ""));
        let mut out = String::with_capacity(plain.len() + 4);
        for (at, digit) in whole.chars().enumerate() {
            if at > 0 && (whole.len() - at).is_multiple_of(3) {
                out.push(group);
            }
            out.push(digit);
        }
        if !part.is_empty() {
            out.push(point);
            out.push_str(part);
        }
        out
    }

    /// An amount for a form field, in the form that [`Language::parse_amount`] reads.
    #[must_use]
    pub fn format_amount_input(self, money: &Money) -> String {
        match self {
            Language::German => money.to_decimal_text().replace('.', ","),
            Language::English | Language::Japanese => money.to_decimal_text(),
        }
    }
}
