//! The provider's answer to the browser, and the sign-in that it must belong to.
//!
//! Invariant: the state is compared first and in constant time, so that an answer to another sign-in has no effect. The
//! issuer is compared before a code or an error is used (RFC 9207).

use super::{FLOW_LIFETIME, FederationRefusal};
use crate::login::form;
use crate::time::Time;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

/// The parameters of an answer that are read. None may be repeated (RFC 6749, 3.1).
const READ: [&str; 4] = ["state", "iss", "code", "error"];
/// The longest code that is accepted, in bytes.
const MAX_CODE_BYTES: usize = 4096;
/// The error codes of providers that the log may repeat; any other text may be about a person.
const KNOWN_ERRORS: [&str; 12] = [
    "invalid_request",
    "unauthorized_client",
    "unsupported_response_type",
    "invalid_scope",
    "server_error",
    "temporarily_unavailable",
    "interaction_required",
    "login_required",
    "account_selection_required",
    "consent_required",
    "invalid_client",
    "invalid_grant",
];

/// A sign-in that began in one browser, which keeps it while the customer is at the provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FederationFlow {
    /// Names the sign-in in the answer.
    pub state: String,
    /// Ties the ID token to the sign-in.
    pub nonce: String,
    /// The PKCE verifier.
    pub verifier: String,
    /// The provider at which it began.
    pub issuer: String,
    /// The URI to which the answer comes.
    pub redirect_uri: String,
    /// The page at which the browser continues: a path of this server.
    pub return_to: String,
    /// When it began.
    pub begun_at: Time,
}

impl FederationFlow {
    /// Whether an answer is still accepted.
    #[must_use]
    pub fn is_valid_at(&self, now: Time) -> bool {
        now < self.begun_at + FLOW_LIFETIME
    }
}

/// The parameters of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerParams(Vec<(String, String)>);

impl AnswerParams {
    /// Takes the parameters of the answer's query.
    #[must_use]
    pub fn new(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// Checks that the answer belongs to a sign-in.
    ///
    /// # Errors
    /// [`FederationRefusal::Malformed`], [`FederationRefusal::UnknownState`].
    pub fn check_state(&self, flow: &FederationFlow) -> Result<(), FederationRefusal> {
        if form::find_repeated(&self.0, &READ).is_some() {
            return Err(FederationRefusal::Malformed);
        }
        let state = self.get("state").unwrap_or_default();
        if bool::from(state.as_bytes().ct_eq(flow.state.as_bytes())) {
            Ok(())
        } else {
            Err(FederationRefusal::UnknownState)
        }
    }

    /// Returns the code of an answer whose state is right. `names_issuer` is whether the provider's answers have `iss`.
    ///
    /// # Errors
    /// [`FederationRefusal::OtherIssuer`], [`FederationRefusal::Cancelled`], [`FederationRefusal::ProviderError`],
    /// [`FederationRefusal::Malformed`].
    pub fn code(&self, flow: &FederationFlow, names_issuer: bool) -> Result<&str, FederationRefusal> {
        match self.get("iss") {
            Some(issuer) if issuer != flow.issuer => return Err(FederationRefusal::OtherIssuer),
            None if names_issuer => return Err(FederationRefusal::OtherIssuer),
            Some(_) | None => {}
        }
        match self.get("error") {
            Some("access_denied") => return Err(FederationRefusal::Cancelled),
            Some(error) => return Err(FederationRefusal::ProviderError(known_error(error))),
            None => {}
        }
        self.get("code").filter(|code| code.len() <= MAX_CODE_BYTES).ok_or(FederationRefusal::Malformed)
    }
}

/// The text by which the log names a provider's error.
#[must_use]
pub(super) fn known_error(error: &str) -> &'static str {
    KNOWN_ERRORS.into_iter().find(|known| *known == error).unwrap_or("(unknown)")
}

impl FederationRefusal {
    /// The refusal for an error code in the answer of a provider's token endpoint.
    #[must_use]
    pub fn of_token_error(error: &str) -> Self {
        FederationRefusal::ProviderError(known_error(error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow() -> FederationFlow {
        FederationFlow {
            state: "s-1".into(),
            nonce: "n-1".into(),
            verifier: "v".repeat(43),
            issuer: "https://id.example".into(),
            redirect_uri: "https://drs.example/ap/federated/callback".into(),
            return_to: "/settings".into(),
            begun_at: Time::from_secs(1_700_000_000),
        }
    }

    fn answer(query: &str) -> AnswerParams {
        AnswerParams::new(form::decode_pairs(query.as_bytes()).unwrap())
    }

    #[test]
    fn an_answer_belongs_to_one_sign_in() {
        for (query, outcome) in [
            ("state=s-1&code=c", Ok(())),
            ("state=s-2&code=c", Err(FederationRefusal::UnknownState)),
            ("state=&code=c", Err(FederationRefusal::UnknownState)),
            ("code=c", Err(FederationRefusal::UnknownState)),
            ("state=s-1&state=s-1&code=c", Err(FederationRefusal::Malformed)),
            ("state=s-1&code=c&code=d", Err(FederationRefusal::Malformed)),
            ("state=s-1&other=1&other=2", Ok(())),
        ] {
            assert_eq!(answer(query).check_state(&flow()), outcome, "{query}");
        }
    }

    #[test]
    fn an_answer_is_of_the_provider_that_was_asked() {
        use FederationRefusal::{Cancelled, Malformed, OtherIssuer, ProviderError};
        let own = "iss=https://id.example";
        let cases = [
            ("code=c".to_owned(), false, Ok("c")),
            ("code=c".to_owned(), true, Err(OtherIssuer)),
            (format!("code=c&{own}"), true, Ok("c")),
            (format!("code=c&{own}"), false, Ok("c")),
            ("code=c&iss=https://evil.example".to_owned(), false, Err(OtherIssuer)),
            ("error=access_denied&iss=https://evil.example".to_owned(), false, Err(OtherIssuer)),
            (format!("error=access_denied&{own}"), true, Err(Cancelled)),
            ("error=server_error&code=c".to_owned(), false, Err(ProviderError("server_error"))),
            ("error=ann@example.com".to_owned(), false, Err(ProviderError("(unknown)"))),
            (own.to_owned(), true, Err(Malformed)),
            (format!("code={}", "c".repeat(MAX_CODE_BYTES + 1)), false, Err(Malformed)),
        ];
        for (query, names_issuer, outcome) in cases {
            assert_eq!(answer(&query).code(&flow(), names_issuer), outcome, "{query}");
        }
    }

    #[test]
    fn a_sign_in_ends() {
        let flow = flow();
        assert!(flow.is_valid_at(flow.begun_at));
        assert!(!flow.is_valid_at(flow.begun_at + FLOW_LIFETIME));
    }
}
