//! The access tokens in a request.
//!
//! Invariant: if a request has two different tokens, neither is accepted. The server does not guess which one is meant.

use crate::request::query;
use axum::http::{HeaderMap, HeaderName, Uri};
use std::borrow::Cow;

/// The header in which Login with Amazon's own clients send their token.
const AMAZON_TOKEN_HEADER: HeaderName = HeaderName::from_static("x-amz-access-token");
const ACCESS_TOKEN_PARAM: &str = "access_token";

/// The error for a request with different tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConflictingTokens;

/// An access token, and where it was in the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessToken {
    /// The token as sent, without surrounding blanks.
    pub text: String,
    /// Whether the token is in the query, where logs and browser histories keep it.
    pub in_query: bool,
    /// Whether the token is in more than one place.
    pub repeated: bool,
}

/// Returns the bearer token of a request. Two `Authorization` headers count as none, because it is unclear which one is
/// meant.
pub fn bearer_token(headers: &HeaderMap) -> Option<Cow<'_, str>> {
    let mut values = headers.get_all("authorization").iter();
    let (value, None) = (values.next()?.to_str().ok()?, values.next()) else { return None };
    parse_bearer(value)
}

fn parse_bearer(authorization: &str) -> Option<Cow<'_, str>> {
    let (scheme, token) = authorization.trim().split_once(' ')?;
    let token = token.trim();
    // A client that encoded the token for a URL sends its `|` percent-encoded.
    scheme.eq_ignore_ascii_case("bearer").then(|| {
        if token.contains('%') {
            Cow::Owned(token.replacen("%7C", "|", 1).replacen("%7c", "|", 1))
        } else {
            Cow::Borrowed(token)
        }
    })
}

/// Returns the bearer token of a device's request, for which no other place counts. It is `None` if another place has a
/// different token.
pub fn sole_bearer_token<'h>(uri: &Uri, headers: &'h HeaderMap) -> Option<Cow<'h, str>> {
    // Nearly no request has a query or the other header.
    if (uri.query().is_some() || headers.contains_key(AMAZON_TOKEN_HEADER)) && access_token(uri, headers).is_err() {
        return None;
    }
    bearer_token(headers)
}

/// Returns the token of the query, of `x-amz-access-token` or of `Authorization: Bearer`. An empty token counts as
/// none.
///
/// # Errors
/// [`ConflictingTokens`] if the request has different tokens.
pub fn access_token(uri: &Uri, headers: &HeaderMap) -> Result<Option<AccessToken>, ConflictingTokens> {
    let in_query =
        query(uri).into_iter().filter(|(name, _)| name == ACCESS_TOKEN_PARAM).map(|(_, token)| (token, true));
    let text = |value: &axum::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).trim().to_owned();
    let own = headers.get_all(AMAZON_TOKEN_HEADER).iter().map(|value| (text(value), false));
    let bearers = headers.get_all("authorization").iter();
    let bearers = bearers.filter_map(|value| Some((parse_bearer(value.to_str().ok()?)?.into_owned(), false)));
    let mut all = in_query.chain(own).chain(bearers).filter(|(token, _)| !token.is_empty());
    let Some((token, in_query)) = all.next() else { return Ok(None) };
    let mut repeated = false;
    for (other, _) in all {
        if other != token {
            return Err(ConflictingTokens);
        }
        repeated = true;
    }
    Ok(Some(AccessToken { text: token, in_query, repeated }))
}

/// Whether a query has different access tokens. The parameter's name is compared without regard to case.
pub fn has_conflicting_tokens(pairs: &[(String, String)]) -> bool {
    let tokens =
        pairs.iter().filter(|(name, token)| name.eq_ignore_ascii_case(ACCESS_TOKEN_PARAM) && !token.is_empty());
    let mut tokens = tokens.map(|(_, token)| token);
    tokens.next().is_some_and(|first| tokens.any(|other| other != first))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn headers(list: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in list {
            map.append(*name, HeaderValue::from_static(value));
        }
        map
    }

    #[test]
    fn a_token_is_found_in_each_place() {
        let token = |text: &str, in_query, repeated| Ok(Some(AccessToken { text: text.into(), in_query, repeated }));
        for (uri, list, found) in [
            ("/", &[][..], Ok(None)),
            ("/?access_token=", &[("x-amz-access-token", " "), ("authorization", "Basic x")], Ok(None)),
            ("/?access_token=a%7Cb", &[], token("a|b", true, false)),
            ("/", &[("x-amz-access-token", " a ")], token("a", false, false)),
            ("/", &[("authorization", "bearer a%7Cb")], token("a|b", false, false)),
            ("/?access_token=a", &[("authorization", "Bearer a")], token("a", true, true)),
            ("/?access_token=a&access_token=a", &[], token("a", true, true)),
            ("/", &[("x-amz-access-token", "a"), ("authorization", "Bearer a")], token("a", false, true)),
            ("/?access_token=a&access_token=b", &[], Err(ConflictingTokens)),
            ("/?access_token=a", &[("x-amz-access-token", "b")], Err(ConflictingTokens)),
            ("/", &[("x-amz-access-token", "a"), ("x-amz-access-token", "b")], Err(ConflictingTokens)),
            ("/", &[("authorization", "Bearer a"), ("authorization", "Bearer b")], Err(ConflictingTokens)),
        ] {
            assert_eq!(access_token(&uri.parse().unwrap(), &headers(list)), found, "{uri} {list:?}");
        }
    }

    #[test]
    fn a_device_has_one_token() {
        let bearer = |uri: &str, list: &[(&'static str, &'static str)]| {
            sole_bearer_token(&uri.parse().unwrap(), &headers(list)).map(Cow::into_owned)
        };
        let sent = ("authorization", "Bearer a");
        assert_eq!(bearer("/", &[sent]).as_deref(), Some("a"));
        assert_eq!(bearer("/?x=1&access_token=a", &[sent, ("x-amz-access-token", "a")]).as_deref(), Some("a"));
        for (uri, list) in [
            ("/?access_token=a", &[][..]),
            ("/", &[("x-amz-access-token", "a")]),
            ("/?access_token=b", &[sent]),
            ("/", &[sent, ("x-amz-access-token", "b")]),
            ("/", &[sent, sent]),
        ] {
            assert_eq!(bearer(uri, list), None, "{uri} {list:?}");
        }
    }
}
