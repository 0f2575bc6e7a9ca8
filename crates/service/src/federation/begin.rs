//! The way to the provider.
//!
//! Invariant: nothing is stored. State, nonce and PKCE verifier are random, and the browser keeps them sealed.

use super::provider::find_metadata;
use super::seal::{SealedStep, seal};
use super::settings;
use crate::{App, FormError, Result};
use opendrs_domain::federation::{AuthorizationUrl, FederationFlow};
use opendrs_domain::language::Language;

/// Where a federated sign-in begins.
#[derive(Clone, Copy, Debug)]
pub struct SignInBegin<'a> {
    /// The page at which the browser continues: a path of this server.
    pub return_to: &'a str,
    /// The URI to which the provider's answer comes.
    pub redirect_uri: &'a str,
    /// The language of the page.
    pub language: Language,
}

/// A federated sign-in that began.
#[derive(Clone, Debug)]
pub struct BegunSignIn {
    /// The URL at the provider.
    pub url: String,
    /// What the browser keeps.
    pub cookie: String,
}

/// Begins a sign-in at the provider.
///
/// # Errors
/// [`crate::Error::FederationRefused`] if there is no provider, or it does not answer; [`FormError::Malformed`] if the
/// page at which the browser continues has too long a path.
pub async fn begin(app: &App, begun: SignInBegin<'_>) -> Result<BegunSignIn> {
    let provider = settings(app)?;
    let metadata = find_metadata(app).await?;
    let flow = FederationFlow {
        state: app.ids.random_secret(),
        nonce: app.ids.random_secret(),
        verifier: app.ids.random_secret(),
        issuer: provider.issuer.clone(),
        redirect_uri: begun.redirect_uri.to_owned(),
        return_to: begun.return_to.to_owned(),
        begun_at: app.now(),
    };
    let url = AuthorizationUrl {
        client_id: &provider.client_id,
        redirect_uri: &flow.redirect_uri,
        state: &flow.state,
        nonce: &flow.nonce,
        verifier: &flow.verifier,
        language: begun.language.tag(),
    }
    .at(&metadata);
    let cookie = seal(app, SealedStep::AtProvider, &flow)?;
    let cookie = cookie.ok_or_else(|| FormError::Malformed("return_to is too long".into()))?;
    Ok(BegunSignIn { url, cookie })
}
