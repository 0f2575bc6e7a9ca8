//! What a provider publishes about itself (OpenID Connect Discovery 1.0), and the URL at which a sign-in begins.
//!
//! Not here: its keys. Invariant: a document is believed for the issuer alone under whose URL it was found, and every
//! URL in it is as safe as the issuer's.

use crate::login::form;
use crate::login::redirect::validate_redirect_uri;
use crate::profile::ClientKind;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use sha2::{Digest, Sha256};

/// The scopes of a sign-in: who, and with which mail address and name.
const SCOPES: &str = "openid email profile";

/// How this installation proves to a provider who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAuthentication {
    /// By an `Authorization` header.
    Basic,
    /// By fields of the form.
    Post,
}

/// A provider's endpoints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderMetadata {
    /// Where a browser signs in.
    pub authorization_endpoint: String,
    /// Where a code is exchanged.
    pub token_endpoint: String,
    /// Where the keys are.
    pub jwks_uri: String,
    /// Where further claims are, if the provider has such an endpoint.
    pub userinfo_endpoint: Option<String>,
    /// How this installation authenticates at the token endpoint.
    pub authentication: ClientAuthentication,
    /// Whether answers to browsers name the issuer (RFC 9207).
    pub answers_name_issuer: bool,
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    userinfo_endpoint: Option<String>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

/// Whether a URL of a provider may be used: `https`, or `http` on a loopback host, without user name and fragment.
#[must_use]
pub fn is_provider_url(url: &str) -> bool {
    (url.starts_with("https://") || url.starts_with("http://")) && validate_redirect_uri(url, ClientKind::Web).is_ok()
}

/// The URL of a provider's document.
#[must_use]
pub fn discovery_url(issuer: &str) -> String {
    format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'))
}

impl ProviderMetadata {
    /// Reads a provider's document.
    ///
    /// # Errors
    /// A text for the operator.
    pub fn parse(document: &[u8], issuer: &str) -> Result<Self, &'static str> {
        let found: Document =
            serde_json::from_slice(document).map_err(|_| "its document lacks an endpoint, or is no JSON")?;
        if found.issuer != issuer {
            return Err("its document names another issuer");
        }
        let is_safe = |url: &str| is_provider_url(url) && (url.starts_with("https:") || issuer.starts_with("http:"));
        let userinfo = found.userinfo_endpoint.as_deref().unwrap_or(issuer);
        if ![&found.authorization_endpoint, &found.token_endpoint, &found.jwks_uri].into_iter().all(|url| is_safe(url))
            || !is_safe(userinfo)
        {
            return Err("its document has an endpoint without https");
        }
        let offers = |method: &str| match &found.token_endpoint_auth_methods_supported {
            None => method == "client_secret_basic",
            Some(methods) => methods.iter().any(|offered| offered == method),
        };
        let authentication = if offers("client_secret_basic") {
            ClientAuthentication::Basic
        } else if offers("client_secret_post") {
            ClientAuthentication::Post
        } else {
            return Err("it accepts no client secret");
        };
        Ok(Self {
            authorization_endpoint: found.authorization_endpoint,
            token_endpoint: found.token_endpoint,
            jwks_uri: found.jwks_uri,
            userinfo_endpoint: found.userinfo_endpoint,
            authentication,
            answers_name_issuer: found.authorization_response_iss_parameter_supported,
        })
    }
}

/// What an authorization request says.
#[derive(Clone, Copy, Debug)]
pub struct AuthorizationUrl<'a> {
    /// The id of this installation at the provider.
    pub client_id: &'a str,
    /// The URI to which the answer comes.
    pub redirect_uri: &'a str,
    /// Names the sign-in.
    pub state: &'a str,
    /// Ties the ID token to the sign-in.
    pub nonce: &'a str,
    /// The PKCE verifier, of which the request has the hash.
    pub verifier: &'a str,
    /// The language tag of the customer's pages.
    pub language: &'a str,
}

impl AuthorizationUrl<'_> {
    /// The URL at a provider.
    #[must_use]
    pub fn at(&self, provider: &ProviderMetadata) -> String {
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(self.verifier));
        let fields = [
            ("response_type", "code"),
            ("client_id", self.client_id),
            ("redirect_uri", self.redirect_uri),
            ("scope", SCOPES),
            ("state", self.state),
            ("nonce", self.nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("ui_locales", self.language),
        ];
        let query: Vec<_> =
            fields.iter().map(|(name, value)| format!("{name}={}", form::percent_encode(value, ""))).collect();
        let endpoint = &provider.authorization_endpoint;
        let joint = if endpoint.contains('?') { '&' } else { '?' };
        format!("{endpoint}{joint}{}", query.join("&"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const ISSUER: &str = "https://id.example/shop";

    fn parse(issuer: &str, changes: &Value) -> Result<ProviderMetadata, &'static str> {
        let mut document = json!({
            "issuer": ISSUER,
            "authorization_endpoint": "https://id.example/auth",
            "token_endpoint": "https://id.example/token",
            "jwks_uri": "https://id.example/keys",
        });
        for (name, value) in changes.as_object().unwrap() {
            document[name] = value.clone();
        }
        ProviderMetadata::parse(document.to_string().as_bytes(), issuer)
    }

    #[test]
    fn a_document_is_believed_for_its_own_issuer() {
        assert!(parse(ISSUER, &json!({})).is_ok());
        assert_eq!(discovery_url(ISSUER), "https://id.example/shop/.well-known/openid-configuration");
        assert_eq!(discovery_url("https://a/"), "https://a/.well-known/openid-configuration");
        for (changes, why) in [
            (json!({ "issuer": "https://id.example/shop/" }), "its document names another issuer"),
            (json!({ "jwks_uri": 7 }), "its document lacks an endpoint, or is no JSON"),
            (json!({ "jwks_uri": "http://id.example/keys" }), "its document has an endpoint without https"),
            (json!({ "token_endpoint": "http://127.0.0.1/t" }), "its document has an endpoint without https"),
            (json!({ "authorization_endpoint": "javascript:alert(1)" }), "its document has an endpoint without https"),
            (json!({ "userinfo_endpoint": "ftp://id.example" }), "its document has an endpoint without https"),
            (json!({ "token_endpoint_auth_methods_supported": ["private_key_jwt"] }), "it accepts no client secret"),
        ] {
            assert_eq!(parse(ISSUER, &changes), Err(why), "{changes}");
        }
        let local = json!({
            "issuer": "http://localhost:1",
            "authorization_endpoint": "http://localhost:1/auth",
            "token_endpoint": "http://127.0.0.1:1/token",
            "jwks_uri": "http://[::1]:1/keys",
        });
        assert!(parse("http://localhost:1", &local).is_ok());
    }

    #[test]
    fn the_secret_goes_as_the_provider_wants_it() {
        let method = |list: Value| {
            parse(ISSUER, &json!({ "token_endpoint_auth_methods_supported": list })).unwrap().authentication
        };
        assert_eq!(method(Value::Null), ClientAuthentication::Basic);
        assert_eq!(method(json!(["client_secret_post", "client_secret_basic"])), ClientAuthentication::Basic);
        assert_eq!(method(json!(["client_secret_post"])), ClientAuthentication::Post);
    }

    #[test]
    fn a_request_has_state_nonce_and_the_hash_of_the_verifier() {
        let provider = parse(ISSUER, &json!({ "authorization_endpoint": "https://id.example/auth?a=b" })).unwrap();
        let request = AuthorizationUrl {
            client_id: "d&s",
            redirect_uri: "https://drs.example/ap/federated/callback",
            state: "s",
            nonce: "n",
            // RFC 7636, appendix B.
            verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
            language: "de",
        };
        assert_eq!(
            request.at(&provider),
            "https://id.example/auth?a=b&response_type=code&client_id=d%26s&redirect_uri=https%3A%2F%2Fdrs.example%2Fap\
             %2Ffederated%2Fcallback&scope=openid%20email%20profile&state=s&nonce=n&code_challenge=E9Melhoa2OwvFrEMTJguCH\
             aoeK1t8URWbuGJSstw-cM&code_challenge_method=S256&ui_locales=de"
        );
    }

    #[test]
    fn a_provider_has_https_or_is_on_this_machine() {
        for url in ["https://id.example", "https://id.example:8443/realm", "http://localhost:1", "http://127.0.0.1:1/a"]
        {
            assert!(is_provider_url(url), "{url}");
        }
        for url in ["http://id.example", "id.example", "https://", "https://a@id.example", "https://id.example/#a", ""]
        {
            assert!(!is_provider_url(url), "{url}");
        }
    }
}
