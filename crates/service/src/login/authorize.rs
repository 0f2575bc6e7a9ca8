//! The authorization request: its rules are checked first, then whether the model it names may be linked.

use crate::{App, Error, Result};
use opendrs_domain::login::authorize::{self as rules, AuthorizationError, AuthorizationParams, AuthorizationRequest};
use opendrs_domain::maker::Maker;
use opendrs_domain::model::Model;
use opendrs_domain::profile::{Client, Profile};
use opendrs_domain::session::Session;
use opendrs_domain::time::Span;
use opendrs_store::signup::SignupRow;
use opendrs_store::{Command, Tx, maker, model, profile, signup};
use sha2::{Digest, Sha256};

/// The lifetime of a sign-up.
const SIGNUP_LIFETIME: Span = Span::from_hours(1);

/// A checked authorization request, with everything it refers to.
#[derive(Clone, Debug)]
pub struct ResolvedAuthorization {
    /// The request.
    pub request: AuthorizationRequest,
    /// The client that sent it.
    pub client: Client,
    /// The client's profile.
    pub profile: Profile,
    /// The profile's maker.
    pub maker: Maker,
    /// The model of the device to be linked; `None` if no device is to be linked.
    pub model: Option<Model>,
}

/// Checks an authorization request. `issuer` is the issuer that the response names.
///
/// # Errors
/// [`Error::Unavailable`]; a refused request is the inner [`AuthorizationError`].
pub async fn check_request(
    app: &App,
    params: &AuthorizationParams,
    issuer: &str,
) -> Result<Result<ResolvedAuthorization, AuthorizationError>> {
    let client = match params.get("client_id") {
        Some(id) => super::client::find(app, id).await?.filter(Client::is_enabled),
        None => None,
    };
    let request = match rules::validate_request(params, client.as_ref(), issuer) {
        Ok(request) => request,
        Err(refusal) => return Ok(Err(refusal)),
    };
    resolve(app, request).await
}

/// Loads everything that a checked request refers to. Every later step loads it again, so that a model or client that
/// was removed or disabled meanwhile is noticed.
pub(crate) async fn resolve(
    app: &App,
    request: AuthorizationRequest,
) -> Result<Result<ResolvedAuthorization, AuthorizationError>> {
    let Some(client) = super::client::find(app, &request.client).await?.filter(Client::is_enabled) else {
        return Ok(Err(AuthorizationError::ErrorPage("The request has an invalid parameter : client_id")));
    };
    let mut reader = app.db.reader().await?;
    let mut tx = reader.tx()?;
    let profile =
        profile::find_by_id(&mut tx, client.profile).await?.ok_or_else(|| Error::missing_row("a client's profile"))?;
    let maker =
        maker::find_by_id(&mut tx, profile.maker).await?.ok_or_else(|| Error::missing_row("a profile's maker"))?;
    let model = match &request.device {
        None => None,
        Some(device_request) => match model::find_by_code(&mut tx, client.maker, &device_request.model).await? {
            None => {
                let why = format!(
                    "device_model {} is unknown, or not a model of this security profile's maker",
                    device_request.model
                );
                return Ok(Err(AuthorizationError::Redirect(request.invalid_request_redirect(&why))));
            }
            Some(model) if !model.live && !device_request.non_live => {
                let why = format!(
                    "device_model {} is not live yet; send should_include_non_live=true to link it before it is",
                    model.code
                );
                return Ok(Err(AuthorizationError::Redirect(request.invalid_request_redirect(&why))));
            }
            Some(model) => Some(model),
        },
    };
    Ok(Ok(ResolvedAuthorization { request, client, profile, maker, model }))
}

/// A sign-up that has begun.
#[derive(Clone, Debug)]
pub struct BegunSignup {
    /// Its id, which the pages carry.
    pub id: String,
    /// Whether consent was given before and is not needed again.
    pub has_consent: bool,
}

/// Begins a sign-up for a signed-in customer.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn begin_signup(app: &App, session: &Session, authorization: &ResolvedAuthorization) -> Result<BegunSignup> {
    let granted = crate::consent::find(app, session.customer, authorization.profile.id).await?;
    let consented = granted.as_ref().is_some_and(|consent| consent.scopes.contains_all(authorization.request.scopes()));
    let id = app.ids.random_secret();
    let signup = SignupRow {
        id: hash_signup_id(&id),
        session: session.id,
        request: authorization.request.clone(),
        consented,
        choices: Vec::new(),
        expires_at: app.now() + SIGNUP_LIFETIME,
        consent_generation: granted.and_then(|consent| consent.generation),
        finished: false,
    };
    app.db.write(SaveSignup { shard: signup_shard(app, &signup.id), signup }).await?;
    Ok(BegunSignup { id, has_consent: consented })
}

pub(crate) fn hash_signup_id(id: &str) -> [u8; 32] {
    Sha256::digest(id.as_bytes()).into()
}

pub(crate) fn signup_shard(app: &App, id: &[u8; 32]) -> i64 {
    app.db.shards().for_key(&[id])
}

/// Records a sign-up's progress.
pub(crate) struct SaveSignup {
    pub(crate) shard: i64,
    pub(crate) signup: SignupRow,
}

impl Command for SaveSignup {
    type Output = ();
    fn ordering_key(&self) -> u64 {
        u64::from_be_bytes(std::array::from_fn(|n| self.signup.id[n]))
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<()> {
        signup::upsert(tx, self.shard, &self.signup).await
    }
}
