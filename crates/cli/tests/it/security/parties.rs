//! Helpers of the checks: clients of both modes, codes and tokens, and the two kinds of refusal.
//!
//! Not here: the rules. Invariant: the requests of these functions are valid for clients of both modes, unless a caller
//! changes them.

use crate::cli::program::{ProgramFolder, ProgramOutput, SEED};
use crate::harness::fixtures::{APP, OTHER_WEB, REDIRECT, SECRET, WEB};
use crate::harness::{LinkOptions, LinkedDevice, Server, Store, TestBrowser, authorize_path, form_body};
use opendrs_client::ClientResponse;
use opendrs_domain::login::pkce::Challenge;
use opendrs_domain::profile::ClientMode;
use opendrs_domain::version::ApiEndpoint::SubscriptionInfo;
use opendrs_service::login::client::set_mode;
use opendrs_store::Engine;

pub const MODES: [ClientMode; 2] = [ClientMode::Lwa, ClientMode::Strict];

/// The example verifier of RFC 7636, appendix B.
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub const DIGEST: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
pub const S256: [(&str, Option<&str>); 2] = [("code_challenge", Some(DIGEST)), ("code_challenge_method", Some("S256"))];

/// The changes that make an authorization request ask for a profile instead of a device.
pub const PROFILE: [(&str, Option<&str>); 2] = [("scope", Some("profile")), ("scope_data", None)];

/// Sets the mode of every client.
pub async fn set_client_modes(server: &Server, mode: ClientMode) {
    for client in [WEB, APP, OTHER_WEB] {
        set_mode(server.app(), client, mode).await.unwrap();
    }
}

/// The path of an authorization request for Ann's device SN-1 with PKCE by S256, changed.
pub fn pkce_authorize_path(changes: &[(&str, Option<&str>)]) -> String {
    let proof = S256.into_iter().filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
    authorize_path(&[changes, &proof.collect::<Vec<_>>()].concat())
}

/// Checks a refusal on a page, for requests without a trusted redirect URI.
pub async fn assert_error_page(server: &Server, path: &str) {
    let reply = server.request("GET", path).send().await;
    assert_eq!((reply.status.as_u16(), reply.header("location"), reply.header("refresh")), (400, "", ""), "{path}");
    assert!(reply.text().contains("<p>400 Bad Request</p>"), "{path}: {}", reply.text());
}

/// Checks a refusal that is redirected to the client, with this error.
pub async fn assert_error_redirect(server: &Server, path: &str, redirect: &str, error: &str) {
    let reply = server.request("GET", path).send().await;
    let target = reply.header("location");
    assert_eq!(reply.status, 302, "{path}");
    assert!(target.starts_with(&format!("{redirect}?error_description=")), "{path}: {target}");
    assert!(target.ends_with(&format!("&error={error}")), "{path}: {target}");
}

/// Checks that a request leads to the sign-in page.
pub async fn assert_sign_in_page(server: &Server, path: &str) {
    let visit = TestBrowser::open(server, path).await;
    assert_eq!((visit.page.status.as_u16(), visit.title().as_str()), (200, "Sign in"), "{path}");
}

/// A code for Ann's device with this serial, with a challenge by S256.
pub async fn create_code(server: &Server, serial: &str) -> String {
    server.link_for_code(LinkOptions::default().serial(serial), REDIRECT, Some(Challenge::S256(DIGEST.into()))).await
}

/// Sends a grant of Aqua's cloud.
pub async fn send_web_grant(server: &Server, grant: &str, more: &[(&str, &str)]) -> ClientResponse {
    let client = [("grant_type", grant), ("client_id", WEB), ("client_secret", SECRET)];
    server.token_request(&[&client, more].concat()).send().await
}

/// Exchanges a code with all parameters that belong to it.
pub async fn redeem_code(server: &Server, code: &str) -> ClientResponse {
    let more = [("code", code), ("redirect_uri", REDIRECT), ("code_verifier", VERIFIER)];
    send_web_grant(server, "authorization_code", &more).await
}

pub async fn refresh_tokens(server: &Server, token: &str) -> ClientResponse {
    send_web_grant(server, "refresh_token", &[("refresh_token", token)]).await
}

/// The tokens of an answer.
#[track_caller]
pub fn parse_tokens(reply: &ClientResponse) -> LinkedDevice {
    let answer = reply.json();
    let text = |name: &str| answer[name].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned();
    LinkedDevice { access: text("access_token"), refresh: text("refresh_token") }
}

/// Ann's device with this serial, with tokens from an exchange.
pub async fn link_by_code(server: &Server, serial: &str) -> LinkedDevice {
    let code = create_code(server, serial).await;
    parse_tokens(&redeem_code(server, &code).await)
}

/// Tokens of Aqua's cloud for a scope of Ann's profile.
pub async fn link_profile_scope(server: &Server, scope: &str) -> LinkedDevice {
    let visit = server.sign_up(&pkce_authorize_path(&[("scope", Some(scope)), ("scope_data", None)])).await;
    parse_tokens(&redeem_code(server, visit.redirect_param("code").expect("a code")).await)
}

/// The status of a call with a device's token.
pub async fn subscription_info_status(server: &Server, device: &LinkedDevice) -> u16 {
    server.device_call(device, SubscriptionInfo, "/subscriptionInfo").send().await.status.as_u16()
}

/// Status and OAuth error of an answer.
pub fn status_and_error(reply: &ClientResponse) -> (u16, String) {
    (reply.status.as_u16(), reply.json()["error"].as_str().unwrap_or_default().to_owned())
}

/// Checks a refusal of the token endpoint.
#[track_caller]
pub fn assert_refused(reply: &ClientResponse, status: u16, wanted: &str) {
    assert_eq!(status_and_error(reply), (status, wanted.to_owned()), "{}", reply.text());
}

/// The `iss` of an answer, encoded as in a query.
pub fn issuer_param(server: &Server) -> String {
    form_body(&[("iss", &server.base_url)]).replace("iss=", "")
}

/// Runs a check with a program and a seeded store on the server's engine.
pub async fn with_program(server: &Server, check: impl AsyncFn(&ProgramFolder)) {
    match server.app().db.engine() {
        Engine::Sqlite => check(&ProgramFolder::seeded()).await,
        Engine::Postgres => {
            let database = Store::postgres().await;
            let place = ProgramFolder::on_postgres(&database);
            place.apply_seed();
            check(&place).await;
            database.remove().await;
        }
    }
}

/// Seeds a client with a redirect URI, with the program.
pub fn seed_client(place: &ProgramFolder, kind: &str, uri: &str) -> ProgramOutput {
    let client = format!("[[maker.profile.client]]\nkind = \"{kind}\"\nredirect_uris = [{uri:?}]\n\n[[maker.model]]");
    place.write_file("more.toml", &SEED.replacen("[[maker.model]]", &client, 1));
    place.run_on_store(&["seed", "more.toml"])
}

/// The metadata document.
pub async fn metadata(server: &Server) -> serde_json::Value {
    server.request("GET", "/.well-known/oauth-authorization-server").send().await.json()
}
