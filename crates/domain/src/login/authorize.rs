//! The authorization request: `GET /ap/oa` (docs/spec/login.md#authorization-request,
//! docs/spec/login.md#authorization-errors).
//!
//! Not here: who the customer is and whether the model exists. Invariant: an error is sent to the redirect URI only
//! after client and URI were found valid. Before that no target can be trusted ([`AuthorizationError::ErrorPage`]).

use super::form;
use super::pkce::Challenge;
use super::redirect;
use super::scope::{DeviceRequest, Scope, Scopes};
use crate::profile::Client;
use serde::{Deserialize, Serialize};

/// The longest `state` that is returned, in bytes.
pub const MAX_STATE_BYTES: usize = 4096;

/// The parameters that are read. Those without which no redirect is possible come first.
const PARAM_NAMES: [&str; 8] = [
    "client_id",
    "redirect_uri",
    "state",
    "response_type",
    "scope",
    "scope_data",
    "code_challenge",
    "code_challenge_method",
];

/// The request's parameters as sent. An empty one counts as absent; unknown ones are ignored.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct AuthorizationParams {
    pairs: Vec<(String, String)>,
}

impl AuthorizationParams {
    /// Takes the decoded query.
    #[must_use]
    pub fn new(pairs: Vec<(String, String)>) -> Self {
        Self { pairs }
    }

    /// Every parameter, in the order sent; the error page lists them.
    #[must_use]
    pub fn pairs(&self) -> &[(String, String)] {
        &self.pairs
    }

    /// A parameter's value; `None` if it is absent or empty.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(n, value)| n == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }
}

/// A valid authorization request, for display to a customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationRequest {
    /// The client's id, as on the wire.
    pub client: String,
    /// The URI to which the response is redirected.
    pub redirect_uri: String,
    /// The client's `state`, returned unchanged.
    pub state: Option<String>,
    /// The requested scopes, as bits.
    pub scopes: u8,
    /// The unit, if `dash:replenish` is requested.
    pub device: Option<DeviceRequest>,
    /// The PKCE challenge.
    pub challenge: Option<Challenge>,
    /// The issuer in responses, for clients that compare it (RFC 9207). Absent if an operator links a device, which has
    /// no response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
}

impl AuthorizationRequest {
    /// The requested scopes.
    #[must_use]
    pub fn scopes(&self) -> Scopes {
        Scopes::from_bits(self.scopes)
    }

    /// The redirect after consent.
    #[must_use]
    pub fn success_redirect(&self, code: &str) -> String {
        let scope = self.scopes().to_string();
        let mut params = vec![("code", code), ("scope", scope.as_str())];
        params.extend(self.state.as_deref().map(|state| ("state", state)));
        params.extend(self.issuer.as_deref().map(|issuer| ("iss", issuer)));
        redirect::append_params(&self.redirect_uri, &params)
    }

    /// The redirect after the customer refused.
    #[must_use]
    pub fn denied_redirect(&self) -> String {
        self.error_redirect("access_denied", "Access not permitted.")
    }

    /// The redirect for a request that cannot be served, for a reason that is found later.
    #[must_use]
    pub fn invalid_request_redirect(&self, description: &str) -> String {
        self.error_redirect("invalid_request", description)
    }

    fn error_redirect(&self, error: &str, description: &str) -> String {
        build_error_redirect(&self.redirect_uri, self.state.as_deref(), self.issuer.as_deref(), error, description)
    }
}

/// How a request is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuthorizationError {
    /// An HTML page with status 400 and this reason, because no redirect target can be trusted.
    ErrorPage(&'static str),
    /// A redirect to this URI, error and state included.
    Redirect(String),
}

fn build_error_redirect(
    uri: &str,
    state: Option<&str>,
    issuer: Option<&str>,
    error: &str,
    description: &str,
) -> String {
    let mut params = vec![("error_description", description)];
    params.extend(state.map(|state| ("state", state)));
    params.extend(issuer.map(|issuer| ("iss", issuer)));
    params.push(("error", error));
    redirect::append_params(uri, &params)
}

/// Checks a request against its client (`None`: no such client). `issuer` is part of every response.
///
/// A parameter that is repeated with the same value counts once, unless the client is strict.
///
/// # Errors
/// [`AuthorizationError`], which states how the request is refused.
pub fn validate_request(
    params: &AuthorizationParams,
    client: Option<&Client>,
    issuer: &str,
) -> Result<AuthorizationRequest, AuthorizationError> {
    let repeated = match client {
        Some(client) if client.is_strict() => form::find_repeated(params.pairs(), &PARAM_NAMES),
        _ => form::find_conflicting(params.pairs(), &PARAM_NAMES),
    };
    if matches!(repeated, Some("client_id" | "redirect_uri" | "state")) {
        return Err(AuthorizationError::ErrorPage(
            "The request has a repeated parameter : client_id, redirect_uri or state",
        ));
    }
    if params.get("client_id").is_none() {
        return Err(AuthorizationError::ErrorPage("The request is missing a required parameter : client_id"));
    }
    let client = client.ok_or(AuthorizationError::ErrorPage("The request has an invalid parameter : client_id"))?;
    let strict = client.is_strict();
    if strict && params.get("redirect_uri").is_none() {
        return Err(AuthorizationError::ErrorPage("The request is missing a required parameter : redirect_uri"));
    }
    let uri =
        redirect::resolve_redirect_uri(client, params.get("redirect_uri")).map_err(AuthorizationError::ErrorPage)?;
    let state = params.get("state");
    if state.is_some_and(|s| s.len() > MAX_STATE_BYTES) {
        return Err(AuthorizationError::ErrorPage(
            "The request has an invalid parameter : state (longer than 4096 bytes)",
        ));
    }
    let refuse = |error, description: &str| {
        AuthorizationError::Redirect(build_error_redirect(uri, state, Some(issuer), error, description))
    };
    if let Some(name) = repeated {
        return Err(refuse("invalid_request", &format!("The request repeats the parameter {name}")));
    }
    match params.get("response_type") {
        Some("code") => {}
        None => return Err(refuse("invalid_request", "The request is missing a required parameter : response_type")),
        Some(_) => return Err(refuse("unsupported_response_type", "Only response_type=code is supported")),
    }
    let scopes = Scopes::parse(params.get("scope").unwrap_or_default())
        .ok_or_else(|| refuse("invalid_scope", "An unknown scope was requested"))?;
    let challenge = Challenge::parse(params.get("code_challenge"), params.get("code_challenge_method"))
        .map_err(|why| refuse("invalid_request", why))?;
    if challenge.is_none() && client.requires_pkce() {
        return Err(refuse("invalid_request", "Must provide code challenge parameter."));
    }
    if strict && matches!(challenge, Some(Challenge::Plain(_))) {
        return Err(refuse("invalid_request", "code_challenge_method must be S256 for this client, and must be sent"));
    }
    let device = if scopes.contains(Scope::Replenish) {
        let data = params
            .get("scope_data")
            .ok_or_else(|| refuse("invalid_request", "The request is missing a required parameter : scope_data"))?;
        Some(DeviceRequest::parse(data).map_err(|why| refuse("invalid_request", &why))?)
    } else {
        None
    };
    Ok(AuthorizationRequest {
        client: client.id.to_string(),
        redirect_uri: uri.to_owned(),
        state: state.map(str::to_owned),
        scopes: scopes.bits(),
        device,
        challenge,
        issuer: Some(issuer.to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{ClientId, MakerId, ProfileId};
    use crate::profile::{ClientKind, ClientMode};
    use uuid::Uuid;

    fn sample_client(kind: ClientKind) -> Client {
        Client {
            id: ClientId(Uuid::from_u128(1)),
            profile: ProfileId(Uuid::nil()),
            maker: MakerId(Uuid::nil()),
            kind,
            secret_hash: None,
            redirect_uris: vec!["https://a.example/cb".into()],
            mode: ClientMode::Lwa,
            former_secret_hash: None,
            access: crate::profile::ClientAccess::default(),
        }
    }

    const ISSUER: &str = "https://login.example";

    fn validate_request(
        params: &AuthorizationParams,
        client: Option<&Client>,
    ) -> Result<AuthorizationRequest, AuthorizationError> {
        super::validate_request(params, client, ISSUER)
    }

    const VALID_PARAMS: [(&str, &str); 6] = [
        ("client_id", "amzn1.application-oa2-client.00000000000000000000000000000001"),
        ("scope", "dash:replenish"),
        ("scope_data", r#"{"dash:replenish":{"device_model":"M","serial":"S"}}"#),
        ("response_type", "code"),
        ("redirect_uri", "https://a.example/cb"),
        ("state", "s t&=://"),
    ];

    /// A valid request with one parameter set or removed.
    fn params_with(name: &str, value: Option<&str>) -> AuthorizationParams {
        let pairs = VALID_PARAMS.iter().filter(|(n, _)| *n != name).map(|(n, v)| (n.to_string(), v.to_string()));
        AuthorizationParams::new(pairs.chain(value.map(|v| (name.to_owned(), v.to_owned()))).collect())
    }

    #[test]
    fn a_good_request_and_its_two_answers() {
        let params = params_with("amzn_showRmrMe", Some("1"));
        let authorize = validate_request(&params, Some(&sample_client(ClientKind::Web))).unwrap();
        assert_eq!(
            authorize.success_redirect("ANx"),
            "https://a.example/cb?code=ANx&scope=dash:replenish&state=s%20t%26%3D%3A%2F%2F&iss=https%3A%2F%2Flogin.example"
        );
        assert_eq!(
            authorize.denied_redirect(),
            "https://a.example/cb?error_description=Access+not+permitted.&state=s%20t%26%3D%3A%2F%2F\
             &iss=https%3A%2F%2Flogin.example&error=access_denied"
        );
    }

    #[test]
    fn without_a_trusted_target_there_is_a_page() {
        let web = sample_client(ClientKind::Web);
        let twice = AuthorizationParams::new(
            [params_with("x", None).pairs().to_vec(), vec![("state".into(), "2".into())]].concat(),
        );
        for (params, client) in [
            (params_with("client_id", None), Some(&web)),
            (params_with("client_id", Some("nobody")), None),
            (params_with("redirect_uri", Some("https://evil.example/")), Some(&web)),
            (twice, Some(&web)),
        ] {
            assert!(matches!(validate_request(&params, client), Err(AuthorizationError::ErrorPage(_))), "{params:?}");
        }
    }

    #[test]
    fn everything_else_is_told_to_the_client() {
        for (name, value, error) in [
            ("response_type", Some("token"), "unsupported_response_type"),
            ("response_type", None, "invalid_request"),
            ("scope", Some("alexa:all"), "invalid_scope"),
            ("scope", None, "invalid_scope"),
            ("scope_data", None, "invalid_request"),
            ("scope_data", Some("{}"), "invalid_request"),
            ("code_challenge", Some("short"), "invalid_request"),
            ("code_challenge_method", Some("S256"), "invalid_request"),
        ] {
            match validate_request(&params_with(name, value), Some(&sample_client(ClientKind::Web))) {
                Err(AuthorizationError::Redirect(uri)) => {
                    assert!(uri.starts_with("https://a.example/cb?error_description="), "{uri}");
                    let end = format!("&state=s%20t%26%3D%3A%2F%2F&iss=https%3A%2F%2Flogin.example&error={error}");
                    assert!(uri.ends_with(&end), "{name}: {uri}");
                }
                other => panic!("{name}={value:?}: {other:?}"),
            }
        }
        assert!(matches!(
            validate_request(&params_with("x", None), Some(&sample_client(ClientKind::Android))),
            Err(AuthorizationError::Redirect(_))
        ));
    }

    #[test]
    fn a_repeated_parameter_counts_once_or_is_refused() {
        let strict = Client { mode: ClientMode::Strict, ..sample_client(ClientKind::Web) };
        let digest = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        let proof = [("code_challenge", digest), ("code_challenge_method", "S256")];
        let names = VALID_PARAMS.iter().chain(&proof).map(|(name, _)| *name).collect::<Vec<_>>();
        for name in names {
            let mut pairs = params_with("x", None).pairs().to_vec();
            pairs.extend(proof.iter().map(|(name, value)| (name.to_string(), value.to_string())));
            let value = AuthorizationParams::new(pairs.clone()).get(name).unwrap().to_owned();
            let with =
                |value: &str| AuthorizationParams::new([&pairs[..], &[(name.to_owned(), value.to_owned())]].concat());
            let first =
                |value: &str| AuthorizationParams::new([&[(name.to_owned(), value.to_owned())], &pairs[..]].concat());
            for params in [with(&value), with(""), first("")] {
                assert!(validate_request(&params, Some(&sample_client(ClientKind::Web))).is_ok(), "{name}");
                assert!(validate_request(&params, Some(&strict)).is_err(), "{name}: strict");
            }
            let on_page = ["client_id", "redirect_uri", "state"].contains(&name);
            for client in [&strict, &sample_client(ClientKind::Web)] {
                match validate_request(&with("other"), Some(client)) {
                    Err(AuthorizationError::ErrorPage(_)) => assert!(on_page, "{name}"),
                    Err(AuthorizationError::Redirect(uri)) => {
                        assert!(!on_page && uri.ends_with("&error=invalid_request"), "{name}: {uri}");
                    }
                    Ok(_) => panic!("{name} is taken twice"),
                }
            }
        }
    }

    #[test]
    fn a_strict_client_proves_its_codes_by_s256() {
        let strict = Client { mode: ClientMode::Strict, ..sample_client(ClientKind::Web) };
        let digest = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        let with = |more: &[(&str, &str)]| {
            let more = more.iter().map(|(name, value)| (name.to_string(), value.to_string()));
            AuthorizationParams::new(params_with("x", None).pairs().iter().cloned().chain(more).collect())
        };
        let s256 = [("code_challenge", digest), ("code_challenge_method", "S256")];
        let authorize = validate_request(&with(&s256), Some(&strict)).unwrap();
        let end = "&state=s%20t%26%3D%3A%2F%2F&iss=https%3A%2F%2Flogin.example";
        assert!(authorize.success_redirect("ANx").ends_with(&format!("?code=ANx&scope=dash:replenish{end}")));
        assert!(authorize.denied_redirect().ends_with(&format!("{end}&error=access_denied")));
        for (more, error) in [
            (&[][..], "invalid_request"),
            (&s256[..1], "invalid_request"),
            (&[s256[0], ("code_challenge_method", "plain")], "invalid_request"),
        ] {
            match validate_request(&with(more), Some(&strict)) {
                Err(AuthorizationError::Redirect(uri)) => {
                    assert!(uri.ends_with(&format!("{end}&error={error}")), "{uri}");
                }
                other => panic!("{more:?}: {other:?}"),
            }
        }
        let open = AuthorizationParams::new(
            with(&s256).pairs().iter().filter(|(name, _)| name != "redirect_uri").cloned().collect(),
        );
        assert!(matches!(validate_request(&open, Some(&strict)), Err(AuthorizationError::ErrorPage(_))));
        assert!(
            validate_request(&open, Some(&sample_client(ClientKind::Web))).is_ok(),
            "others may leave out the only one"
        );
    }
}
