//! Parsing of `a=1&b=2`, as leniently as shipped clients need it (docs/spec/login.md#token-request-format).
//!
//! A raw `|`, `:` or `/` is literal; a `%` that begins no escape is literal; `+` is a blank. Invariant: every pair is
//! returned, in order, so that a caller can detect a repeated name.

/// Decodes a query or a form body; `None` when it is not UTF-8 after decoding.
#[must_use]
pub fn decode_pairs(text: &[u8]) -> Option<Vec<(String, String)>> {
    let text = text.strip_suffix(b"\r\n").unwrap_or(text);
    text.split(|b| *b == b'&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let at = pair.iter().position(|b| *b == b'=');
            let (name, value) = at.map_or((pair, &[][..]), |at| (&pair[..at], &pair[at + 1..]));
            Some((percent_decode(name, true)?, percent_decode(value, true)?))
        })
        .collect()
}

/// Decodes percent-encoding; with `plus`, `+` becomes a blank. `None` if the result is not UTF-8.
#[must_use]
pub fn percent_decode(text: &[u8], plus: bool) -> Option<String> {
    let hex = |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let escape = (text[at] == b'%').then(|| Some((hex(*text.get(at + 1)?)?, hex(*text.get(at + 2)?)?))).flatten();
        match (escape, text[at]) {
            (Some((high, low)), _) => {
                out.push(high * 16 + low);
                at += 2;
            }
            (None, b'+') if plus => out.push(b' '),
            (None, byte) => out.push(byte),
        }
        at += 1;
    }
    String::from_utf8(out).ok()
}

/// Percent-encodes everything except `A-Z a-z 0-9 - . _ ~` and the characters in `keep`.
#[must_use]
pub fn percent_encode(text: &str, keep: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        let plain = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || keep.as_bytes().contains(&byte);
        if plain {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// The first of these names that occurs twice. Names that are not read may be repeated.
#[must_use]
pub fn find_repeated<'n>(pairs: &[(String, String)], names: &[&'n str]) -> Option<&'n str> {
    names.iter().copied().find(|name| pairs.iter().filter(|(sent, _)| sent == name).nth(1).is_some())
}

/// The first of these names that occurs twice with different values. An empty value counts as absent (RFC 6749, 3.1).
#[must_use]
pub fn find_conflicting<'n>(pairs: &[(String, String)], names: &[&'n str]) -> Option<&'n str> {
    names.iter().copied().find(|name| {
        let mut values = pairs.iter().filter(|(sent, value)| sent == name && !value.is_empty()).map(|(_, value)| value);
        values.next().is_some_and(|first| values.any(|other| other != first))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn raw_characters_stand_for_themselves() {
        let read =
            decode_pairs(b"refresh_token=Atzr|a_b&redirect_uri=amzn://com.example?x=1&e&p=a+b%2Bc&bad=100%").unwrap();
        let read: Vec<_> = read.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(
            read,
            [
                ("refresh_token", "Atzr|a_b"),
                ("redirect_uri", "amzn://com.example?x=1"),
                ("e", ""),
                ("p", "a b+c"),
                ("bad", "100%")
            ]
        );
        assert_eq!(decode_pairs(b"a=%ff"), None);
    }

    #[test]
    fn a_repeated_name_is_seen() {
        assert_eq!(find_repeated(&decode_pairs(b"a=1&b=2&a=1").unwrap(), &["b", "a"]), Some("a"));
        assert_eq!(find_repeated(&decode_pairs(b"a=1&b=2&a=1").unwrap(), &["b"]), None);
        assert_eq!(find_repeated(&decode_pairs(b"a=1&b=2").unwrap(), &["a", "b"]), None);
    }

    #[test]
    fn only_different_values_of_a_repeated_name_conflict() {
        let conflict = |text: &str| find_conflicting(&decode_pairs(text.as_bytes()).unwrap(), &["a", "b"]);
        for same in ["a=1&b=2&a=1", "a=1&a=", "a=&a=1&a=1", "c=1&c=2", "a=%31&a=1"] {
            assert_eq!(conflict(same), None, "{same}");
        }
        for (text, name) in [("a=1&a=2", "a"), ("b=&b=1&b=1&b=2", "b"), ("b=1&a=x&b=2&a=X", "a")] {
            assert_eq!(conflict(text), Some(name), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_escaped_comes_back(text in ".{0,40}") {
            prop_assert_eq!(percent_decode(percent_encode(&text, "").as_bytes(), true), Some(text));
        }
    }
}
