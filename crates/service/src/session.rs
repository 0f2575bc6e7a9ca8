//! Sign-in, sign-out, and who a browser's cookie belongs to.
//!
//! Invariant: a cookie's value is 256 random bits, made anew at every sign-in and stored only as its hash. A form's
//! token is bound to the cookie that the form was sent with, so another session's form is refused.

use crate::throttle::Try;
use crate::{App, Error, Result};
use argon2::Argon2;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash};
use hmac::{Hmac, KeyInit, Mac};
use opendrs_domain::id::CustomerId;
use opendrs_domain::language::Language;
use opendrs_domain::session::{Session, lifetime};
use opendrs_domain::text::Email;
use opendrs_store::{Tx, Write, customer, session};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Longest password that is looked at, in bytes.
const MAX_PASSWORD: usize = 1024;

/// What a sign-in form says.
#[derive(Clone, Debug)]
pub struct SignIn<'a> {
    /// E-mail address.
    pub email: &'a str,
    /// Password.
    pub password: &'a str,
    /// Stay signed in for 30 days.
    pub remember: bool,
    /// In which language they were asked; kept if they were never spoken to before.
    pub language: Language,
    /// Where the request came from, for the brake on guessing.
    pub source: &'a str,
}

/// A fresh cookie.
#[derive(Clone, Debug)]
pub struct Cookie {
    /// Its value, known to the browser alone.
    pub value: String,
    /// How long it lasts, in seconds; `None` for the browser's session.
    pub max_age: Option<i64>,
}

/// Signs a customer in.
///
/// # Errors
/// [`Error::WrongPassword`] whether the address or the password is wrong, after the same work; [`Error::Throttled`].
pub async fn sign_in(app: &App, form: SignIn<'_>) -> Result<Cookie> {
    let now = app.now();
    let address = form.email.trim().to_lowercase();
    let tried = Try { what: &address, source: form.source };
    if let Some(wait) = app.throttle.wait(tried, now) {
        return Err(Error::Throttled(wait));
    }
    let Some(id) = verify(app, form.email, form.password).await? else {
        app.throttle.failed(tried, now);
        return Err(Error::WrongPassword);
    };
    app.throttle.succeeded(tried, now);
    crate::customer::meet(app, id, form.language).await?;
    let value = app.ids.secret();
    let expires_at = now + lifetime(form.remember);
    let found = Session { id: hash(&value), customer: id, created_at: now, expires_at };
    app.db.write(Add { shard: shard(app, &found.id), session: found }).await?;
    Ok(Cookie { value, max_age: form.remember.then(|| lifetime(true).secs()) })
}

async fn verify(app: &App, email: &str, password: &str) -> Result<Option<CustomerId>> {
    let found = match Email::parse(email) {
        Ok(email) => crate::customer::id_by_email(app, &email).await?,
        Err(_) => None,
    };
    let stored = match found {
        Some(id) => {
            let mut reader = app.db.reader().await?;
            customer::password_hash(&mut reader.tx()?, app.db.shards().of_customer(id), id).await?
        }
        None => None,
    };
    let good = password_is(app, stored, password).await?;
    Ok(found.filter(|_| good))
}

/// Compares a password with a stored hash. Without one, the same work is done for nothing, so that time does not tell
/// which addresses have accounts.
pub(crate) async fn password_is(app: &App, stored: Option<String>, password: &str) -> Result<bool> {
    let password = password.to_owned();
    hashing(app, move |argon| {
        if password.len() > MAX_PASSWORD {
            return Ok(false);
        }
        match stored.as_deref().map(PasswordHash::new) {
            Some(Ok(hash)) => Ok(argon.verify_password(password.as_bytes(), &hash).is_ok()),
            Some(Err(error)) => Err(Error::Internal(format!("a stored password hash cannot be read: {error}"))),
            None => argon.hash_password(password.as_bytes()).map(|_| false).map_err(hash_error),
        }
    })
    .await
}

/// Hashes a password for the store: argon2id, with its parameters and salt in the text.
pub(crate) async fn hash_password(app: &App, password: &str) -> Result<String> {
    let password = password.to_owned();
    hashing(app, move |argon| argon.hash_password(password.as_bytes()).map(|hash| hash.to_string()).map_err(hash_error))
        .await
}

/// A password hash of another store, if this one can check passwords with it.
pub(crate) fn readable_hash(hash: &str) -> Result<String, String> {
    let hash = PasswordHash::new(hash).map_err(|e| format!("is no PHC string: {e}"))?;
    match hash.algorithm.as_str().starts_with("argon2") {
        true => Ok(hash.to_string()),
        false => Err("must be a hash of Argon2, as `opendrs seed export --with-secrets` writes it".into()),
    }
}

fn hash_error(error: impl std::fmt::Display) -> Error {
    Error::Internal(format!("a password cannot be hashed: {error}"))
}

async fn hashing<T: Send + 'static>(
    app: &App,
    work: impl FnOnce(Argon2<'static>) -> Result<T> + Send + 'static,
) -> Result<T> {
    let _permit = app.hashing.acquire().await.map_err(|e| Error::Internal(e.to_string()))?;
    tokio::task::spawn_blocking(move || work(Argon2::default())).await.map_err(|e| Error::Internal(e.to_string()))?
}

fn hash(value: &str) -> [u8; 32] {
    Sha256::digest(value.as_bytes()).into()
}

fn shard(app: &App, id: &[u8; 32]) -> i64 {
    app.db.shards().of(&[id])
}

/// The session of a cookie, if it is good now.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn find(app: &App, cookie: &str) -> Result<Option<Session>> {
    if cookie.len() != 64 {
        return Ok(None);
    }
    let id = hash(cookie);
    let mut reader = app.db.reader().await?;
    let mut tx = reader.tx()?;
    let found = session::by_id(&mut tx, shard(app, &id), &id).await?;
    let Some(found) = found.filter(|session| session.expires_at > app.now()) else { return Ok(None) };
    // Whoever knew the password before may be signed in where its owner is not.
    let changed = customer::password_at(&mut tx, app.db.shards().of_customer(found.customer), found.customer).await?;
    Ok(changed.is_none_or(|at| found.created_at >= at).then_some(found))
}

/// Signs out; a cookie that was not good is as good as gone.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn sign_out(app: &App, cookie: &str) -> Result<()> {
    let id = hash(cookie);
    Ok(app.db.write(Delete { shard: shard(app, &id), id }).await?)
}

/// A cookie value for a browser that has not signed in; it opens nothing and is not stored.
#[must_use]
pub fn anonymous(app: &App) -> String {
    app.ids.secret()
}

/// The token that every form carries, bound to the cookie it will come back with.
#[must_use]
pub fn form_token(app: &App, cookie: &str) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(app.keys.forms()).map(|mut mac| {
        mac.update(cookie.as_bytes());
        mac.finalize().into_bytes()
    });
    mac.unwrap_or_default().iter().take(20).map(|b| format!("{b:02x}")).collect()
}

/// Whether a form's token fits the cookie it came with.
#[must_use]
pub fn form_token_is(app: &App, cookie: &str, token: &str) -> bool {
    !cookie.is_empty() && form_token(app, cookie).as_bytes().ct_eq(token.as_bytes()).into()
}

struct Add {
    shard: i64,
    session: Session,
}

impl Write for Add {
    type Out = ();
    fn key(&self) -> u64 {
        u64::from_be_bytes(std::array::from_fn(|n| self.session.id[n]))
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<()> {
        session::add(tx, self.shard, &self.session).await
    }
}

struct Delete {
    shard: i64,
    id: [u8; 32],
}

impl Write for Delete {
    type Out = ();
    fn key(&self) -> u64 {
        u64::from_be_bytes(std::array::from_fn(|n| self.id[n]))
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<()> {
        session::delete(tx, self.shard, &self.id).await
    }
}
