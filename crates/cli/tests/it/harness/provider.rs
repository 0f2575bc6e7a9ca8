//! A small OpenID provider: it publishes its endpoints and keys, and exchanges codes for ID tokens that it signs.
//!
//! Not here: pages. A test says who signs in ([`TestProvider::sign_in`]). Invariant: without a fault, everything is as
//! OpenID Connect Core 1.0 demands; a test queues the one thing that is wrong.

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PSS_SHA256,
    RsaKeyPair,
};
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use opendrs_domain::login::form;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

/// The key with which tokens are signed.
pub enum Signer {
    Rs256(RsaKeyPair),
    Ps256(RsaKeyPair),
    Es256(EcdsaKeyPair),
    EdDsa(Ed25519KeyPair),
}

impl Signer {
    pub fn es256() -> Self {
        Self::Es256(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
    }

    /// One key for each algorithm.
    pub fn all() -> [Self; 4] {
        let rsa = || RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        [Self::Rs256(rsa()), Self::Ps256(rsa()), Self::es256(), Self::EdDsa(Ed25519KeyPair::generate().unwrap())]
    }

    fn algorithm(&self) -> &'static str {
        match self {
            Self::Rs256(_) => "RS256",
            Self::Ps256(_) => "PS256",
            Self::Es256(_) => "ES256",
            Self::EdDsa(_) => "EdDSA",
        }
    }

    fn sign(&self, text: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        let rsa = |key: &RsaKeyPair, padding| {
            let mut signature = vec![0; key.public_modulus_len()];
            key.sign(padding, &random, text, &mut signature).unwrap();
            signature
        };
        match self {
            Self::Rs256(key) => rsa(key, &RSA_PKCS1_SHA256),
            Self::Ps256(key) => rsa(key, &RSA_PSS_SHA256),
            Self::Es256(key) => key.sign(&random, text).unwrap().as_ref().to_vec(),
            Self::EdDsa(key) => key.sign(text).as_ref().to_vec(),
        }
    }

    /// The public key, as a JSON web key.
    fn jwk(&self, id: &str) -> Value {
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let mut key = match self {
            Self::Rs256(key) | Self::Ps256(key) => {
                let public = key.public_key();
                let modulus = public.modulus().big_endian_without_leading_zero().to_vec();
                let exponent = public.exponent().big_endian_without_leading_zero().to_vec();
                json!({ "kty": "RSA", "n": encode(&modulus), "e": encode(&exponent) })
            }
            Self::Es256(key) => {
                let point = key.public_key().as_ref();
                json!({ "kty": "EC", "crv": "P-256", "x": encode(&point[1..33]), "y": encode(&point[33..]) })
            }
            Self::EdDsa(key) => json!({ "kty": "OKP", "crv": "Ed25519", "x": encode(key.public_key().as_ref()) }),
        };
        key["kid"] = id.into();
        key["use"] = "sig".into();
        key["alg"] = self.algorithm().into();
        key
    }

    /// What a careless verifier takes for the secret of an HMAC: the bytes of the public key.
    fn public_bytes(&self) -> Vec<u8> {
        match self {
            Self::Rs256(key) | Self::Ps256(key) => key.public_key().as_ref().to_vec(),
            Self::Es256(key) => key.public_key().as_ref().to_vec(),
            Self::EdDsa(key) => key.public_key().as_ref().to_vec(),
        }
    }
}

/// What is wrong with the provider.
#[derive(Clone, Debug, PartialEq)]
pub enum ProviderFault {
    /// Claims of the ID token differ; `null` leaves one out.
    Claims(Value),
    /// The token is not signed: `alg` is `none`.
    Unsigned,
    /// The token is signed with an HMAC, whose key is the public key.
    HmacOfPublicKey,
    /// The token is signed with a key that is not published, under the id of the published one.
    WrongKey,
    /// The token is signed with a key that is not published, under an id of its own.
    UnknownKey,
    /// A byte of the signature differs.
    BrokenSignature,
    /// The token endpoint answers with an error.
    CodeRefused,
    /// The token endpoint's answer is larger than any token.
    HugeAnswer,
    /// The token endpoint never answers.
    NoAnswer,
    /// The token endpoint's answer is no JSON.
    Nonsense,
    /// The document names another issuer.
    OtherDocument,
    /// The document cannot be read: 503.
    NoDocument,
    /// The mail address and the name are at the UserInfo endpoint only.
    ProfileElsewhere,
    /// The UserInfo endpoint tells about another person.
    OtherUserInfo,
}

/// A person who signs in: subject, and claims about them.
#[derive(Clone)]
struct IssuedCode {
    claims: Value,
    nonce: String,
    challenge: String,
    redirect_uri: String,
}

struct ProviderState {
    signer: Signer,
    key_id: String,
    unpublished: Signer,
    fault: Option<ProviderFault>,
    /// Whether answers to browsers name the issuer.
    names_issuer: bool,
    /// The number of seconds since 1970, as its clock shows.
    now: i64,
    codes: HashMap<String, IssuedCode>,
    tokens: HashMap<String, Value>,
    issued: usize,
    requests: Vec<&'static str>,
}

/// A provider on a port of its own.
#[derive(Clone)]
pub struct TestProvider {
    pub issuer: String,
    state: Arc<Mutex<ProviderState>>,
}

/// The id and the secret of the installation under test.
pub const CLIENT_ID: &str = "drs & co";
pub const CLIENT_SECRET: &str = "s3cret:%";

impl TestProvider {
    pub async fn start(now: i64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}/shop", listener.local_addr().unwrap());
        let state = ProviderState {
            signer: Signer::es256(),
            key_id: "key-1".into(),
            unpublished: Signer::es256(),
            fault: None,
            names_issuer: true,
            now,
            codes: HashMap::new(),
            tokens: HashMap::new(),
            issued: 0,
            requests: Vec::new(),
        };
        let provider = Self { issuer, state: Arc::new(Mutex::new(state)) };
        let routes = Router::new()
            .route("/shop/.well-known/openid-configuration", get(show_document))
            .route("/keys", get(show_keys))
            .route("/token", post(exchange_code))
            .route("/userinfo", get(show_user))
            .with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        provider
    }

    /// Makes one thing wrong, or nothing.
    pub fn set_fault(&self, fault: Option<ProviderFault>) {
        self.state.lock().unwrap().fault = fault;
    }

    /// Whether answers to browsers name the issuer.
    pub fn set_names_issuer(&self, names_issuer: bool) {
        self.state.lock().unwrap().names_issuer = names_issuer;
    }

    /// Replaces the key, under a new id.
    pub fn rotate_key(&self, signer: Signer, key_id: &str) {
        let mut state = self.state.lock().unwrap();
        (state.signer, state.key_id) = (signer, key_id.into());
    }

    /// The endpoints that were called since the last call of this function.
    pub fn take_requests(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.state.lock().unwrap().requests)
    }

    /// Somebody signs in at the provider, to which a browser came by this URL. Returns the path with which the browser
    /// goes back.
    pub fn sign_in(&self, url: &str, claims: &Value) -> String {
        let (endpoint, query) = url.split_once('?').expect("an authorization request");
        assert!(self.issuer.starts_with(endpoint.trim_end_matches("/authorize")), "{url}");
        let pairs = form::decode_pairs(query.as_bytes()).unwrap();
        let param = |name: &str| {
            let found: Vec<_> = pairs.iter().filter(|(n, _)| n == name).map(|(_, value)| value.clone()).collect();
            assert_eq!(found.len(), 1, "{name} in {url}");
            found[0].clone()
        };
        assert_eq!((param("response_type"), param("scope")), ("code".into(), "openid email profile".into()));
        assert_eq!((param("client_id"), param("code_challenge_method")), (CLIENT_ID.into(), "S256".into()));
        let mut state = self.state.lock().unwrap();
        state.issued += 1;
        let code = format!("code {}", state.issued);
        let redirect_uri = param("redirect_uri");
        let issued = IssuedCode {
            claims: claims.clone(),
            nonce: param("nonce"),
            challenge: param("code_challenge"),
            redirect_uri: redirect_uri.clone(),
        };
        state.codes.insert(code.clone(), issued);
        let path = &redirect_uri[redirect_uri.find("/ap/").expect("a path of the login pages")..];
        let encode = |text: &str| form::percent_encode(text, "");
        let issuer = if state.names_issuer { format!("&iss={}", encode(&self.issuer)) } else { String::new() };
        format!("{path}?state={}&code={}{issuer}", encode(&param("state")), encode(&code))
    }
}

impl ProviderState {
    fn log(&mut self, endpoint: &'static str) -> Option<ProviderFault> {
        self.requests.push(endpoint);
        self.fault.clone()
    }

    fn make_token(&self, issuer: &str, issued: &IssuedCode, access_token: &str) -> String {
        let mut claims = json!({
            "iss": issuer, "aud": CLIENT_ID, "iat": self.now, "exp": self.now + 300, "nonce": issued.nonce,
        });
        if self.signer.algorithm() != "EdDSA" {
            claims["at_hash"] = URL_SAFE_NO_PAD.encode(&Sha256::digest(access_token)[..16]).into();
        }
        let all = issued.claims.as_object().unwrap();
        let is_elsewhere = matches!(self.fault, Some(ProviderFault::ProfileElsewhere | ProviderFault::OtherUserInfo));
        let is_here = |name: &str| name == "sub" || !is_elsewhere;
        let mut changes: Vec<_> = all.iter().filter(|(name, _)| is_here(name)).collect();
        if let Some(ProviderFault::Claims(wrong)) = &self.fault {
            changes.extend(wrong.as_object().unwrap());
        }
        for (name, value) in changes {
            claims[name] = value.clone();
        }
        claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        let (mut algorithm, mut key_id) = (self.signer.algorithm(), self.key_id.as_str());
        match &self.fault {
            Some(ProviderFault::Unsigned) => algorithm = "none",
            Some(ProviderFault::HmacOfPublicKey) => algorithm = "HS256",
            Some(ProviderFault::UnknownKey) => key_id = "key-0",
            _ => {}
        }
        let header = json!({ "alg": algorithm, "kid": key_id });
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let text = format!("{}.{}", encode(&header), encode(&claims));
        let signature = match &self.fault {
            Some(ProviderFault::Unsigned) => Vec::new(),
            Some(ProviderFault::HmacOfPublicKey) => {
                let key = hmac::Key::new(hmac::HMAC_SHA256, &self.signer.public_bytes());
                hmac::sign(&key, text.as_bytes()).as_ref().to_vec()
            }
            Some(ProviderFault::WrongKey | ProviderFault::UnknownKey) => self.unpublished.sign(text.as_bytes()),
            Some(ProviderFault::BrokenSignature) => {
                let mut signature = self.signer.sign(text.as_bytes());
                signature[7] ^= 1;
                signature
            }
            _ => self.signer.sign(text.as_bytes()),
        };
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

fn json_answer(status: StatusCode, body: &Value) -> Response {
    (status, [("content-type", "application/json")], body.to_string()).into_response()
}

async fn show_document(State(provider): State<TestProvider>) -> Response {
    let fault = provider.state.lock().unwrap().log("document");
    let base = provider.issuer.trim_end_matches("/shop");
    let mut document = json!({
        "issuer": provider.issuer,
        "authorization_endpoint": format!("{base}/authorize"),
        "token_endpoint": format!("{base}/token"),
        "jwks_uri": format!("{base}/keys"),
        "userinfo_endpoint": format!("{base}/userinfo"),
        "authorization_response_iss_parameter_supported": provider.state.lock().unwrap().names_issuer,
    });
    match fault {
        Some(ProviderFault::NoDocument) => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Some(ProviderFault::OtherDocument) => document["issuer"] = "https://evil.example".into(),
        _ => {}
    }
    json_answer(StatusCode::OK, &document)
}

async fn show_keys(State(provider): State<TestProvider>) -> Response {
    let mut state = provider.state.lock().unwrap();
    state.log("keys");
    let key = state.signer.jwk(&state.key_id);
    json_answer(StatusCode::OK, &json!({ "keys": [{ "kty": "new", "kid": "odd" }, key] }))
}

async fn exchange_code(State(provider): State<TestProvider>, headers: HeaderMap, body: String) -> Response {
    let fault = provider.state.lock().unwrap().log("token");
    match fault {
        Some(ProviderFault::CodeRefused) => {
            return json_answer(StatusCode::BAD_REQUEST, &json!({ "error": "invalid_grant" }));
        }
        Some(ProviderFault::HugeAnswer) => return "x".repeat(1024 * 1024).into_response(),
        Some(ProviderFault::Nonsense) => return "<html>".into_response(),
        Some(ProviderFault::NoAnswer) => std::future::pending().await,
        _ => {}
    }
    let encode = |text: &str| form::percent_encode(text, "");
    let pair = STANDARD.encode(format!("{}:{}", encode(CLIENT_ID), encode(CLIENT_SECRET)));
    assert_eq!(headers["authorization"], format!("Basic {pair}"));
    let pairs = form::decode_pairs(body.as_bytes()).unwrap();
    let field = |name: &str| pairs.iter().find(|(n, _)| n == name).map(|(_, value)| value.clone()).unwrap_or_default();
    let mut state = provider.state.lock().unwrap();
    // A code is exchanged once.
    let Some(issued) = state.codes.remove(&field("code")) else {
        return json_answer(StatusCode::BAD_REQUEST, &json!({ "error": "invalid_grant" }));
    };
    assert_eq!(field("grant_type"), "authorization_code");
    assert_eq!(field("redirect_uri"), issued.redirect_uri);
    assert_eq!(URL_SAFE_NO_PAD.encode(Sha256::digest(field("code_verifier"))), issued.challenge);
    let access_token = format!("access {}", state.issued);
    let token = state.make_token(&provider.issuer, &issued, &access_token);
    state.tokens.insert(access_token.clone(), issued.claims);
    json_answer(StatusCode::OK, &json!({ "id_token": token, "access_token": access_token, "token_type": "Bearer" }))
}

async fn show_user(State(provider): State<TestProvider>, headers: HeaderMap) -> Response {
    let mut state = provider.state.lock().unwrap();
    state.log("userinfo");
    let token = headers["authorization"].to_str().unwrap().trim_start_matches("Bearer ");
    let Some(mut claims) = state.tokens.get(token).cloned() else { return StatusCode::UNAUTHORIZED.into_response() };
    if state.fault == Some(ProviderFault::OtherUserInfo) {
        claims["sub"] = "another".into();
    }
    json_answer(StatusCode::OK, &claims)
}
