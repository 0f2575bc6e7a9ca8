//! Parsing of amounts as customers type them: with a currency, with digit groups, with wide digits of an input method.
//!
//! Invariant: an amount is read as the page's language writes it, or refused. An ambiguous amount is refused.

use super::Language;
use crate::money::currency::decimal_digits;
use crate::money::{Money, ParseMoneyError};

/// Currency signs that customers type beside the code, the longest first.
const INPUT_CURRENCY_SIGNS: [(&str, &[&str]); 26] = [
    ("AUD", &["AU$", "A$", "$"]),
    ("BRL", &["R$"]),
    ("CAD", &["CA$", "C$", "$"]),
    ("CHF", &["SFr.", "Fr."]),
    ("CNY", &["元", "¥"]),
    ("CZK", &["Kč"]),
    ("DKK", &["kr.", "kr"]),
    ("EUR", &["Euro", "ユーロ", "€"]),
    ("GBP", &["£"]),
    ("HKD", &["HK$", "$"]),
    ("HUF", &["Ft"]),
    ("ILS", &["₪"]),
    ("INR", &["₹"]),
    ("ISK", &["kr.", "kr"]),
    ("JPY", &["円", "¥"]),
    ("KRW", &["₩", "원"]),
    ("MXN", &["MX$", "$"]),
    ("NOK", &["kr.", "kr"]),
    ("NZD", &["NZ$", "$"]),
    ("PLN", &["zł"]),
    ("SEK", &["kr.", "kr"]),
    ("SGD", &["S$", "$"]),
    ("TRY", &["₺"]),
    ("TWD", &["NT$", "$"]),
    ("USD", &["US$", "ドル", "$"]),
    ("VND", &["₫"]),
];

/// One character for those that look alike: wide forms, blanks, apostrophes and dashes.
fn to_narrow_char(c: char) -> char {
    match c {
        // The block of wide forms has the order of ASCII.
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '￥' => '¥',
        '￡' => '£',
        '￦' => '₩',
        '’' | '‘' => '\'',
        '–' | '—' | '−' => '-',
        c if c.is_whitespace() => ' ',
        c => c,
    }
}

/// Removes a sign from one end of the text, ignoring case; `None` if it is at neither end.
fn strip_affix<'t>(text: &'t str, sign: &str) -> Option<&'t str> {
    let same = |part: &str| part.to_lowercase() == sign.to_lowercase();
    let start = text.get(..sign.len()).filter(|part| same(part)).map(|_| &text[sign.len()..]);
    let end = || {
        let at = text.len().checked_sub(sign.len())?;
        text.get(at..).filter(|part| same(part)).map(|_| &text[..at])
    };
    start.or_else(end).map(str::trim)
}

/// Joins digits in groups of three, such as `1.299` with a point; `None` if they are not grouped so.
fn join_digit_groups(text: &str, group: char) -> Option<String> {
    let mut groups = text.split(group);
    let first = groups.next().filter(|first| (1..=3).contains(&first.len()))?;
    let rest: Vec<_> = groups.collect();
    (!rest.is_empty() && rest.iter().all(|group| group.len() == 3)).then(|| first.to_owned() + &rest.concat())
}

/// A whole number, grouped or not. Groups are separated as in the language, by blanks or by apostrophes.
fn parse_whole_number(text: &str, group: char) -> Option<String> {
    let plain = text.bytes().all(|b| b.is_ascii_digit());
    if plain {
        Some(text.to_owned())
    } else {
        [group, ' ', '\''].into_iter().find_map(|group| join_digit_groups(text, group))
    }
}

/// Reads a whole number of per cent: `10`, `10 %`, `１０％`.
#[must_use]
pub fn parse_percent(typed: &str) -> Option<u32> {
    let narrowed: String = typed.chars().map(to_narrow_char).collect();
    let bare = narrowed.trim().trim_end_matches('%').trim_end();
    bare.bytes().all(|b| b.is_ascii_digit()).then(|| bare.parse().ok()).flatten()
}

impl Language {
    /// Reads an amount in a currency as a customer typed it: `24.99`, `$24.99`, `1,299 USD`; `24,99 €`, `1.299,00`,
    /// `25,- €`; `¥1,299`, `１，２９９円`. A point separates decimals in every language where the amount is unambiguous.
    ///
    /// # Errors
    /// [`ParseMoneyError`] if it is no amount in that currency, or is ambiguous.
    pub fn parse_amount(self, typed: &str, currency: &str) -> Result<Money, ParseMoneyError> {
        let digits =
            decimal_digits(currency).ok_or_else(|| ParseMoneyError::Currency(currency.chars().take(10).collect()))?;
        let refuse = || ParseMoneyError::Amount {
            amount: typed.trim().chars().take(40).collect(),
            currency: currency.to_owned(),
            digits,
        };
        let narrowed: String = typed.chars().map(to_narrow_char).collect();
        let narrowed = narrowed.trim();
        let signs =
            INPUT_CURRENCY_SIGNS.iter().find(|(code, _)| *code == currency).map_or(&[][..], |(_, signs)| *signs);
        let mut written = std::iter::once(currency).chain(signs.iter().copied());
        let bare = written.find_map(|sign| strip_affix(narrowed, sign)).unwrap_or(narrowed);
        let bare = [",-", ".-"].into_iter().find_map(|end| bare.strip_suffix(end)).unwrap_or(bare);
        let plain = self.to_plain_amount(bare, digits).ok_or_else(refuse)?;
        Money::parse(&plain, currency).map_err(|_| refuse())
    }

    /// An amount of digits and a point only; `None` if it is no amount, or is ambiguous.
    fn to_plain_amount(self, text: &str, digits: u32) -> Option<String> {
        let (group, point) = self.number_separators();
        if let Some((before, part)) = text.rsplit_once(point) {
            return Some(format!("{}.{part}", parse_whole_number(before, group)?));
        }
        if let Some((before, part)) = text.split_once(['.', ','])
            && !part.contains(['.', ',', ' ', '\''])
        {
            // One separator, which groups thousands in this language and separates decimals in another.
            return match (part.len(), text.contains('.')) {
                (3, _) if digits < 3 => parse_whole_number(text, group),
                (3, _) => None,
                (_, true) => Some(format!("{}.{part}", parse_whole_number(before, ' ')?)),
                (_, false) => None,
            };
        }
        parse_whole_number(text, group)
    }
}
