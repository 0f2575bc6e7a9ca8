//! Sign-in, sign-out, and the session of a browser's cookie.
//!
//! Invariant: a cookie's value is 256 random bits, generated anew at every sign-in and stored only as its hash. A form
//! token is bound to the cookie that the form was sent with, so another session's form is refused.

use crate::throttle::CredentialAttempt;
use crate::{App, Error, Result};
use hmac::{Hmac, KeyInit, Mac};
use opendrs_domain::id::CustomerId;
use opendrs_domain::language::Language;
use opendrs_domain::session::{Session, session_lifetime};
use opendrs_domain::text::Email;
use opendrs_store::{Command, Tx, customer, session};
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
}

/// A new session cookie.
#[derive(Clone, Debug)]
pub struct SessionCookie {
    /// Its value, which only the browser knows.
    pub value: String,
    /// Its lifetime in seconds; `None` for the browser's session.
    pub max_age: Option<i64>,
}

/// Signs a customer in.
///
/// # Errors
/// [`Error::WrongPassword`] whether the address or the password is wrong, after the same work;
/// [`Error::CustomerBlocked`] after the correct password; [`Error::Throttled`]; [`Error::Unavailable`] while too many
/// sign in together.
pub async fn sign_in(app: &App, form: SignInRequest<'_>) -> Result<SessionCookie> {
    let now = app.now();
    // Every spelling of an address is one account, and one subject for the throttle.
    let address = Email::parse(form.email).map_or_else(|_| form.email.trim().to_lowercase(), String::from);
    let tried = CredentialAttempt { subject: &address, source: form.source };
    let attempt = app.sign_in_throttle.begin(tried, now).map_err(Error::Throttled)?;
    let Some(id) = verify_password(app, &form).await? else {
        attempt.mark_failed(now);
        return Err(Error::WrongPassword);
    };
    attempt.mark_succeeded(now);
    let standing = {
        let mut reader = app.db.reader().await?;
        customer::find_access(&mut reader.tx()?, app.db.shards().for_customer(id), id).await?
    };
    if standing.blocked_at.is_some() {
        return Err(Error::CustomerBlocked);
    }
    crate::customer::set_language_if_unset(app, id, form.language).await?;
    let value = app.ids.random_secret();
    let expires_at = now + session_lifetime(form.remember);
    let generation = standing.generation;
    let found = Session { id: hash_cookie(&value), customer: id, created_at: now, expires_at, generation };
    app.db.write(InsertSession { shard: session_shard(app, &found.id), session: found }).await?;
    Ok(SessionCookie { value, max_age: form.remember.then(|| session_lifetime(true).as_secs()) })
}

async fn verify_password(app: &App, form: &SignInRequest<'_>) -> Result<Option<CustomerId>> {
    let found = match Email::parse(form.email) {
        Ok(email) => crate::customer::find_id_by_email(app, &email).await?,
        Err(_) => None,
    };
    let stored = match found {
        Some(id) => {
            let mut reader = app.db.reader().await?;
            customer::find_password_hash(&mut reader.tx()?, app.db.shards().for_customer(id), id).await?
        }
        None => None,
    };
    let good = app.password_queue.verify(form.source, stored, form.password).await?;
    Ok(found.filter(|_| good))
}

fn hash_cookie(value: &str) -> [u8; 32] {
    Sha256::digest(value.as_bytes()).into()
}

fn session_shard(app: &App, id: &[u8; 32]) -> i64 {
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
    let Some(found) = found.filter(|session| session.expires_at > app.now()) else { return Ok(None) };
    let shard = app.db.shards().for_customer(found.customer);
    let standing = customer::find_access(&mut tx, shard, found.customer).await?;
    // A session from before a password change may belong to a person who knew the old password, so it ends.
    let good = standing.accepts_generation(found.generation)
        && standing.password_changed_at.is_none_or(|at| found.created_at >= at);
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

struct InsertSession {
    shard: i64,
    session: Session,
}

impl Command for InsertSession {
    type Output = ();
    fn ordering_key(&self) -> u64 {
        u64::from_be_bytes(std::array::from_fn(|n| self.session.id[n]))
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<()> {
        session::insert(tx, self.shard, &self.session).await
    }
}

struct DeleteSession {
    shard: i64,
    id: [u8; 32],
}

impl Command for DeleteSession {
    type Output = ();
    fn ordering_key(&self) -> u64 {
        u64::from_be_bytes(std::array::from_fn(|n| self.id[n]))
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<()> {
        session::delete(tx, self.shard, &self.id).await
    }
}
