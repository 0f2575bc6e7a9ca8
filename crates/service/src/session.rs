//! Sign-in, sign-out, and the session of a browser's cookie.
//!
//! Invariant: a cookie's value is 256 random bits, generated anew at every sign-in and stored only as its hash. A form
//! token is bound to the cookie that the form was sent with, so another session's form is refused.

mod own;
mod second_step;

pub use own::{SessionView, end_other_sessions, end_session, list_sessions};
pub use second_step::{SecondStepForm, finish_sign_in};

use crate::throttle::CredentialAttempt;
use crate::{App, Error, FormError, Result, ordering_key};
use hmac::{Hmac, KeyInit, Mac};
use opendrs_domain::account::CredentialState;
use opendrs_domain::customer::Customer;
use opendrs_domain::id::CustomerId;
use opendrs_domain::language::Language;
use opendrs_domain::session::{Session, session_lifetime};
use opendrs_domain::text::{Email, to_single_line};
use opendrs_domain::time::Time;
use opendrs_store::account::{self, Credentials};
use opendrs_store::{Command, Tx, customer, mail, second_factor, session};
use second_step::SecondStepProof;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// The fields of a sign-in form.
#[derive(Clone, Debug)]
pub struct SignInRequest<'a> {
    /// The mail address.
    pub email: &'a str,
    /// The password.
    pub password: &'a str,
    /// Whether to stay signed in for 30 days.
    pub remember: bool,
    /// The language of the page. It is stored if the customer has none yet.
    pub language: Language,
    /// The source of the request, for the throttle.
    pub source: &'a str,
    /// What the browser calls itself.
    pub agent: &'a str,
}

/// What a new session is for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SessionStart<'a> {
    pub(crate) customer: CustomerId,
    /// The customer's generation.
    pub(crate) generation: u32,
    /// Whether it lasts 30 days.
    pub(crate) remember: bool,
    /// What the browser calls itself.
    pub(crate) agent: &'a str,
}

/// The longest name of a browser that is stored, in characters.
const MAX_AGENT_CHARS: usize = 200;

/// Makes a session, to be stored under [`session_shard`], and its cookie.
pub(crate) fn start_session(app: &App, start: SessionStart<'_>) -> (SessionCookie, Session) {
    let SessionStart { customer, generation, remember, agent } = start;
    let (now, value) = (app.now(), app.ids.random_secret());
    let session = Session {
        id: hash_cookie(&value),
        customer,
        created_at: now,
        expires_at: now + session_lifetime(remember),
        generation,
        used_at: now,
        agent: to_single_line(agent).chars().take(MAX_AGENT_CHARS).collect(),
    };
    (SessionCookie { value, max_age: remember.then(|| session_lifetime(true).as_secs()) }, session)
}

/// A new session cookie.
#[derive(Clone, Debug)]
pub struct SessionCookie {
    /// Its value, which only the browser knows.
    pub value: String,
    /// Its lifetime in seconds; `None` for the browser's session.
    pub max_age: Option<i64>,
}

/// How a sign-in with the right password goes on.
#[derive(Clone, Debug)]
pub enum SignInOutcome {
    /// The customer is signed in.
    SignedIn(SessionCookie),
    /// The customer has a second factor. The token opens its page.
    SecondStep(String),
}

/// Signs a customer in, or leads to the second step.
///
/// # Errors
/// [`Error::WrongPassword`] whether the address or the password is wrong, after the same work;
/// [`Error::CustomerBlocked`] after the correct password; [`Error::Throttled`]; [`Error::Unavailable`] while too many
/// sign in together.
pub async fn sign_in(app: &App, form: SignInRequest<'_>) -> Result<SignInOutcome> {
    let now = app.now();
    // Every spelling of an address is one account, and one subject for the throttle.
    let address = Email::parse(form.email).map_or_else(|_| form.email.trim().to_lowercase(), String::from);
    let tried = CredentialAttempt { subject: &address, source: form.source };
    let attempt = app.sign_in_throttle.begin(tried, now).map_err(Error::Throttled)?;
    let Some(Verified { id, credentials }) = verify_password(app, &form).await? else {
        attempt.mark_failed(now);
        return Err(Error::WrongPassword);
    };
    attempt.mark_succeeded(now);
    if credentials.blocked_at.is_some() {
        return Err(Error::CustomerBlocked);
    }
    crate::customer::set_language_if_unset(app, id, form.language).await?;
    let SignInRequest { remember, agent, .. } = form;
    if let Some(token) = second_step::second_step_token(app, id, &credentials.state, remember).await? {
        return Ok(SignInOutcome::SecondStep(token));
    }
    let start = SessionStart { customer: id, generation: credentials.state.generation, remember, agent };
    let (cookie, session) = start_session(app, start);
    let insert = InsertSession {
        shard: session_shard(app, &session.id),
        customer_shard: app.db.shards().for_customer(id),
        relies_on: credentials.state,
        proof: None,
        session,
    };
    match app.db.write(insert).await? {
        InsertOutcome::Inserted => Ok(SignInOutcome::SignedIn(cookie)),
        // The password was changed, the account ended, or a second factor was set up, while the password was compared.
        InsertOutcome::Outdated | InsertOutcome::CodeUsed => Err(Error::WrongPassword),
    }
}

/// A customer whose password is right, with the credentials that it was compared with.
struct Verified {
    id: CustomerId,
    credentials: Credentials,
}

/// Checks the current password of a signed-in customer, which a change of the account needs. Returns what the change may
/// rely on.
///
/// # Errors
/// [`FormError::WrongCurrentPassword`]; [`Error::Throttled`] and [`Error::Unavailable`] as for a sign-in.
pub(crate) async fn check_password(
    app: &App,
    customer: &Customer,
    password: &str,
    source: &str,
) -> Result<CredentialState> {
    let now = app.now();
    let tried = CredentialAttempt { subject: customer.email.as_str(), source };
    let attempt = app.sign_in_throttle.begin(tried, now).map_err(Error::Throttled)?;
    let credentials = find_credentials(app, customer.id).await?;
    let hash = credentials.as_ref().and_then(|found| found.password_hash.clone());
    let is_right = app.password_queue.verify(source, hash, password).await?;
    match credentials.filter(|_| is_right) {
        Some(credentials) => {
            attempt.mark_succeeded(now);
            Ok(credentials.state)
        }
        None => {
            attempt.mark_failed(now);
            Err(FormError::WrongCurrentPassword.into())
        }
    }
}

/// What gives access to a customer's account.
pub(crate) async fn find_credentials(app: &App, id: CustomerId) -> Result<Option<Credentials>> {
    let mut reader = app.db.reader().await?;
    Ok(account::find_credentials(&mut reader.tx()?, app.db.shards().for_customer(id), id).await?)
}

async fn verify_password(app: &App, form: &SignInRequest<'_>) -> Result<Option<Verified>> {
    let found = match Email::parse(form.email) {
        Ok(email) => crate::customer::find_id_by_email(app, &email).await?,
        Err(_) => None,
    };
    let credentials = match found {
        Some(id) => find_credentials(app, id).await?,
        None => None,
    };
    let hash = credentials.as_ref().and_then(|found| found.password_hash.clone());
    let is_right = app.password_queue.verify(form.source, hash, form.password).await?;
    Ok(found.zip(credentials).filter(|_| is_right).map(|(id, credentials)| Verified { id, credentials }))
}

fn hash_cookie(value: &str) -> [u8; 32] {
    Sha256::digest(value.as_bytes()).into()
}

/// The shard of a session.
pub(crate) fn session_shard(app: &App, id: &[u8; 32]) -> i64 {
    app.db.shards().for_key(&[id])
}

/// The session of a cookie, if it is valid now.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn find(app: &App, cookie: &str) -> Result<Option<Session>> {
    if cookie.len() != 64 {
        return Ok(None);
    }
    let id = hash_cookie(cookie);
    let mut reader = app.db.reader().await?;
    let mut tx = reader.tx()?;
    let found = session::find_by_id(&mut tx, session_shard(app, &id), &id).await?;
    let (now, idle) = (app.now(), app.settings.accounts.session_idle);
    let Some(found) = found.filter(|session| session.is_valid_at(now, idle)) else { return Ok(None) };
    let shard = app.db.shards().for_customer(found.customer);
    let standing = customer::find_access(&mut tx, shard, found.customer).await?;
    let good = standing.accepts(&found);
    drop(tx);
    drop(reader);
    if good && found.has_stale_use(now) {
        // A page is shown although its use cannot be recorded; the next one tries again.
        let recorded = app.db.write(RecordUse { shard: session_shard(app, &id), id, at: now }).await;
        recorded.unwrap_or_else(|error| tracing::debug!(%error, "the use of a session was not recorded"));
    }
    Ok(good.then_some(found))
}

/// Signs out. For a cookie without a valid session, nothing changes.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn sign_out(app: &App, cookie: &str) -> Result<()> {
    let id = hash_cookie(cookie);
    Ok(app.db.write(DeleteSession { shard: session_shard(app, &id), id }).await?)
}

/// A cookie value for a browser that has not signed in. It gives no access and is not stored.
#[must_use]
pub fn anonymous_cookie(app: &App) -> String {
    app.ids.random_secret()
}

/// The form token for a cookie: every form carries it.
#[must_use]
pub fn form_token(app: &App, cookie: &str) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(app.keys.form_key()).map(|mut mac| {
        mac.update(cookie.as_bytes());
        mac.finalize().into_bytes()
    });
    mac.unwrap_or_default().iter().take(20).map(|b| format!("{b:02x}")).collect()
}

/// Whether a form token belongs to the cookie that it came with.
#[must_use]
pub fn is_form_token(app: &App, cookie: &str, token: &str) -> bool {
    !cookie.is_empty() && form_token(app, cookie).as_bytes().ct_eq(token.as_bytes()).into()
}

/// Adds a session, while what the sign-in relied on has not changed. A second factor must be proved.
struct InsertSession {
    shard: i64,
    customer_shard: i64,
    relies_on: CredentialState,
    proof: Option<SecondStepProof>,
    session: Session,
}

enum InsertOutcome {
    Inserted,
    /// What the sign-in relied on has changed.
    Outdated,
    /// The code was used before, or there is no such recovery code.
    CodeUsed,
}

impl InsertSession {
    /// Uses the proof of the second step. Returns what is wrong with it.
    async fn use_proof(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<Option<InsertOutcome>> {
        let (shard, id) = (self.customer_shard, self.session.customer);
        let factor = second_factor::find(tx, shard, id).await?;
        let is_new = match (&self.proof, factor) {
            (None, None) => true,
            (None, Some(_)) | (Some(_), None) => return Ok(Some(InsertOutcome::Outdated)),
            (Some(SecondStepProof::App { salt, step }), Some(_)) => {
                second_factor::use_step(tx, shard, id, *salt, *step).await?
            }
            (Some(SecondStepProof::RecoveryCode { code, mail }), Some(_)) => {
                let is_new = second_factor::use_recovery_code(tx, shard, id, code).await?;
                if is_new {
                    mail::insert(tx, mail).await?;
                }
                is_new
            }
        };
        Ok((!is_new).then_some(InsertOutcome::CodeUsed))
    }
}

impl Command for InsertSession {
    type Output = InsertOutcome;
    fn ordering_key(&self) -> u64 {
        ordering_key::for_customer(self.session.customer)
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<InsertOutcome> {
        let found = account::lock_credentials(tx, self.customer_shard, self.session.customer).await?;
        if !found.is_some_and(|found| found.are_still(&self.relies_on)) {
            return Ok(InsertOutcome::Outdated);
        }
        if let Some(wrong) = self.use_proof(tx).await? {
            return Ok(wrong);
        }
        // Another node's clock may be ahead, and a session from before the change of the password would be over.
        let created_at = self
            .relies_on
            .password_changed_at
            .map_or(self.session.created_at, |changed_at| changed_at.max(self.session.created_at));
        session::insert(tx, self.shard, &Session { created_at, ..self.session.clone() }).await?;
        Ok(InsertOutcome::Inserted)
    }
}

struct RecordUse {
    shard: i64,
    id: [u8; 32],
    at: Time,
}

impl Command for RecordUse {
    type Output = ();
    fn ordering_key(&self) -> u64 {
        session_key(&self.id)
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<()> {
        session::record_use(tx, self.shard, &self.id, self.at).await
    }
}

/// The ordering key of commands that change a session.
fn session_key(id: &[u8; 32]) -> u64 {
    u64::from_be_bytes(std::array::from_fn(|n| id[n]))
}

struct DeleteSession {
    shard: i64,
    id: [u8; 32],
}

impl Command for DeleteSession {
    type Output = ();
    fn ordering_key(&self) -> u64 {
        session_key(&self.id)
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<()> {
        session::delete(tx, self.shard, &self.id).await
    }
}
