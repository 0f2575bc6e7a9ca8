//! The second factor of a customer's sign-ins: set up, switched off, and its recovery codes.
//!
//! Not here: the second step of a sign-in ([`crate::session`]). Invariant: no secret is stored. The secret of the app is
//! derived from the master key and a salt, and recovery codes are stored as authentication codes.

use crate::customer::mail_recipient;
use crate::factor_secret::{app_secret, hash_recovery_code};
use crate::mail::queue;
use crate::session::check_password;
use crate::signed_link::{self, FACTOR_SETUP_PURPOSE};
use crate::{App, Error, FormError, Result, ordering_key};
use opendrs_domain::account::{AccountMail, CredentialState, RECOVERY_CODE_COUNT, is_within, recovery_code};
use opendrs_domain::id::CustomerId;
use opendrs_domain::time::{Span, Time};
use opendrs_store::mail::StoredMail;
use opendrs_store::second_factor::{self, SecondFactorRow};
use opendrs_store::{Command, Tx, account, mail};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// How long the page that sets up a second factor may stay open.
const SETUP_LIFETIME: Span = Span::from_hours(1);

/// What the page shows from which an authenticator app is set up.
#[derive(Clone)]
pub struct SecondFactorSetup {
    /// Proves the secret to the form that confirms it.
    pub token: String,
    /// The URL that the app reads from a QR code.
    pub url: String,
    /// The secret, as a person types it into the app.
    pub typed_secret: String,
}

/// The state of a customer's second factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecondFactorState {
    /// When it was set up.
    pub since: Time,
    /// How many recovery codes were not used.
    pub codes_left: i64,
}

/// The password that a change of the second factor needs.
#[derive(Clone, Copy)]
pub struct PasswordProof<'a> {
    /// The current password.
    pub password: &'a str,
    /// The source of the request.
    pub source: &'a str,
}

/// The form that confirms a set-up.
#[derive(Clone, Copy)]
pub struct SetupConfirmation<'a> {
    /// The token of the set-up.
    pub token: &'a str,
    /// The code that the app shows, as typed.
    pub code: &'a str,
    /// The current password.
    pub proof: PasswordProof<'a>,
}

/// What the token of a set-up contains.
#[derive(Serialize, Deserialize)]
struct SetupToken {
    customer: CustomerId,
    salt: Uuid,
    begun_at: Time,
}

/// Begins to set up an authenticator app. Nothing is stored before a code of the app confirms it.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn begin_setup(app: &App, customer: CustomerId, issuer: &str) -> Result<SecondFactorSetup> {
    let token = SetupToken { customer, salt: app.ids.random_uuid(), begun_at: app.now() };
    describe_setup(app, &token, issuer).await
}

/// The set-up of a token again, for the page after a wrong code.
///
/// # Errors
/// [`FormError::LinkEnded`], [`Error::Unavailable`].
pub async fn find_setup(app: &App, customer: CustomerId, token: &str, issuer: &str) -> Result<SecondFactorSetup> {
    describe_setup(app, &open_setup(app, customer, token)?, issuer).await
}

async fn describe_setup(app: &App, token: &SetupToken, issuer: &str) -> Result<SecondFactorSetup> {
    let email = crate::customer::load(app, token.customer).await?.email;
    let secret = app_secret(app, token.customer, token.salt)?;
    Ok(SecondFactorSetup {
        token: signed_link::sign_value(app, FACTOR_SETUP_PURPOSE, token)?,
        url: secret.to_url(issuer, email.as_str()).ok_or_else(|| Error::Internal("no URL for an app".into()))?,
        typed_secret: secret.to_typed_text(),
    })
}

fn open_setup(app: &App, customer: CustomerId, token: &str) -> Result<SetupToken> {
    let token: Option<SetupToken> = signed_link::open_value(app, FACTOR_SETUP_PURPOSE, token);
    let is_valid =
        |token: &SetupToken| token.customer == customer && is_within(token.begun_at, SETUP_LIFETIME, app.now());
    token.filter(is_valid).ok_or_else(|| FormError::LinkEnded.into())
}

/// Confirms the set-up with a code of the app. From now on a sign-in needs a code. Returns the recovery codes, which are
/// shown once.
///
/// # Errors
/// [`FormError::WrongCurrentPassword`], [`FormError::WrongAppCode`], [`FormError::LinkEnded`], also if another second
/// factor was set up meanwhile; [`Error::Throttled`] and [`Error::Unavailable`].
pub async fn confirm_setup(app: &App, customer: CustomerId, form: SetupConfirmation<'_>) -> Result<Vec<String>> {
    let setup = open_setup(app, customer, form.token)?;
    let now = app.now();
    let step = app_secret(app, customer, setup.salt)?.find_step(form.code, now).ok_or(FormError::WrongAppCode)?;
    let row = SecondFactorRow { salt: setup.salt, since: now, last_step: step };
    change(app, customer, form.proof, FactorChange::On(row)).await
}

/// Replaces the recovery codes. Returns the new ones, which are shown once.
///
/// # Errors
/// [`FormError::WrongCurrentPassword`], [`FormError::LinkEnded`] if there is no second factor; [`Error::Throttled`] and
/// [`Error::Unavailable`].
pub async fn renew_recovery_codes(app: &App, customer: CustomerId, proof: PasswordProof<'_>) -> Result<Vec<String>> {
    change(app, customer, proof, FactorChange::NewCodes).await
}

/// Switches the second factor off.
///
/// # Errors
/// [`FormError::WrongCurrentPassword`], [`FormError::LinkEnded`] if there is no second factor; [`Error::Throttled`] and
/// [`Error::Unavailable`].
pub async fn switch_off(app: &App, customer: CustomerId, proof: PasswordProof<'_>) -> Result<()> {
    change(app, customer, proof, FactorChange::Off).await.map(drop)
}

/// Switches the second factor of a customer off who lost the app and the recovery codes, for an operator. `false` if
/// there was none.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn reset(app: &App, customer: CustomerId) -> Result<bool> {
    if find_state(app, customer).await?.is_none() {
        return Ok(false);
    }
    let command = ChangeFactor::new(app, customer, None, FactorChange::Off, Vec::new()).await?;
    app.db.write(command).await.map_err(Error::from)
}

/// The state of a customer's second factor, if there is one.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn find_state(app: &App, customer: CustomerId) -> Result<Option<SecondFactorState>> {
    let shard = app.db.shards().for_customer(customer);
    let mut reader = app.db.reader().await?;
    let mut tx = reader.tx()?;
    let Some(row) = second_factor::find(&mut tx, shard, customer).await? else { return Ok(None) };
    let codes_left = second_factor::count_recovery_codes(&mut tx, shard, customer).await?;
    Ok(Some(SecondFactorState { since: row.since, codes_left }))
}

async fn change(app: &App, id: CustomerId, proof: PasswordProof<'_>, change: FactorChange) -> Result<Vec<String>> {
    let customer = crate::customer::load(app, id).await?;
    let state = check_password(app, &customer, proof.password, proof.source).await?;
    let codes: Vec<String> = match change {
        FactorChange::Off => Vec::new(),
        FactorChange::On(_) | FactorChange::NewCodes => {
            // The low bits of a random UUID, below its variant, are random.
            (0..RECOVERY_CODE_COUNT).map(|_| recovery_code(app.ids.random_uuid().as_u64_pair().1)).collect()
        }
    };
    let hashes = codes.iter().map(|code| hash_recovery_code(app, id, code));
    let hashes: Vec<_> = hashes.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect();
    let command = ChangeFactor::new(app, id, Some(state), change, hashes).await?;
    if app.db.write(command).await? { Ok(codes) } else { Err(FormError::LinkEnded.into()) }
}

#[derive(Clone, Copy)]
enum FactorChange {
    On(SecondFactorRow),
    NewCodes,
    Off,
}

/// Changes a second factor, unless what the change relies on was changed meanwhile.
struct ChangeFactor {
    shard: i64,
    id: CustomerId,
    /// `None` if an operator changes it.
    relies_on: Option<CredentialState>,
    change: FactorChange,
    codes: Vec<[u8; 32]>,
    mail: Option<StoredMail>,
}

impl ChangeFactor {
    async fn new(
        app: &App,
        id: CustomerId,
        relies_on: Option<CredentialState>,
        change: FactorChange,
        codes: Vec<[u8; 32]>,
    ) -> Result<Self> {
        let news = match change {
            FactorChange::On(_) => Some(AccountMail::SecondFactorOn),
            FactorChange::Off => Some(AccountMail::SecondFactorOff),
            FactorChange::NewCodes => None,
        };
        let customer = crate::customer::load(app, id).await?;
        let mail = news.map(|news| queue::account_mail(app, mail_recipient(app, &customer), news, app.now()));
        Ok(Self { shard: app.db.shards().for_customer(id), id, relies_on, change, codes, mail })
    }
}

impl Command for ChangeFactor {
    type Output = bool;
    fn ordering_key(&self) -> u64 {
        ordering_key::for_customer(self.id)
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<bool> {
        let found = account::lock_credentials(tx, self.shard, self.id).await?;
        let holds = found.is_some_and(|found| self.relies_on.as_ref().is_none_or(|state| found.are_still(state)));
        let present = second_factor::find(tx, self.shard, self.id).await?.is_some();
        let needs_one = !matches!(self.change, FactorChange::On(_));
        if !holds || present != needs_one {
            return Ok(false);
        }
        match &self.change {
            FactorChange::On(row) => {
                second_factor::insert(tx, self.shard, self.id, row).await?;
                second_factor::replace_recovery_codes(tx, self.shard, self.id, &self.codes).await?;
            }
            FactorChange::NewCodes => {
                second_factor::replace_recovery_codes(tx, self.shard, self.id, &self.codes).await?;
            }
            FactorChange::Off => second_factor::delete(tx, self.shard, self.id).await?,
        }
        if let Some(mail) = &self.mail {
            mail::insert(tx, mail).await?;
        }
        Ok(true)
    }
}
