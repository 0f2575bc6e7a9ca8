//! A new password for a signed-in customer.
//!
//! Not here: a forgotten password ([`super::recovery`]). Invariant: it needs the current password. Every other session, and what apps hold of a strict client, ends with the
//! old password.

use crate::mail::queue;
use crate::session::{SessionCookie, SessionStart, check_password, start_session};
use crate::{App, FormError, Result, ordering_key};
use opendrs_domain::account::{AccountMail, CredentialState, NewPassword};
use opendrs_domain::customer::Customer;
use opendrs_domain::id::CustomerId;
use opendrs_domain::session::Session;
use opendrs_domain::time::Time;
use opendrs_store::mail::StoredMail;
use opendrs_store::{Command, Tx, account, mail, session};

/// The form that changes a password.
#[derive(Clone, Copy, Debug)]
pub struct PasswordChange<'a> {
    /// The current password.
    pub current: &'a str,
    /// The new password.
    pub new: &'a str,
    /// The source of the request.
    pub source: &'a str,
}

/// Changes the password of a session's customer. Returns the cookie of a new session for this browser, since the old
/// one ends with the old password.
///
/// # Errors
/// [`FormError::WrongCurrentPassword`], [`FormError::InvalidPassword`]; [`crate::Error::Throttled`] and
/// [`crate::Error::Unavailable`].
pub async fn change_password(app: &App, session: &Session, change: PasswordChange<'_>) -> Result<SessionCookie> {
    let customer = crate::customer::load(app, session.customer).await?;
    let state = check_password(app, &customer, change.current, change.source).await?;
    let password = NewPassword::parse(change.new, &[&customer.name, customer.email.as_str()])
        .map_err(FormError::InvalidPassword)?;
    let hash = app.password_queue.hash_for(change.source, &password).await?;
    let start_generation = state.generation;
    let mut command = SetPassword::new(app, &customer, NewCredentials { hash, relies_on: state });
    let remember = session.expires_at.since(session.created_at) > opendrs_domain::session::session_lifetime(false);
    let start = SessionStart { customer: customer.id, generation: start_generation, remember, agent: &session.agent };
    let (cookie, new_session) = start_session(app, start);
    command.continued =
        Some(ContinuedSession { shard: crate::session::session_shard(app, &new_session.id), session: new_session });
    if app.db.write(command).await? { Ok(cookie) } else { Err(FormError::WrongCurrentPassword.into()) }
}

/// A new password, and what the change of it relies on.
pub(super) struct NewCredentials {
    pub(super) hash: String,
    pub(super) relies_on: CredentialState,
}

/// The session that goes on after a change of the password.
struct ContinuedSession {
    shard: i64,
    session: Session,
}

/// Sets a password and ends all sessions, unless what the change relies on was changed meanwhile.
pub(super) struct SetPassword {
    shard: i64,
    id: CustomerId,
    new: NewCredentials,
    at: Time,
    mail: StoredMail,
    continued: Option<ContinuedSession>,
}

impl SetPassword {
    pub(super) fn new(app: &App, customer: &Customer, new: NewCredentials) -> Self {
        let at = app.now();
        let mail =
            queue::account_mail(app, crate::customer::mail_recipient(app, customer), AccountMail::PasswordChanged, at);
        let shard = app.db.shards().for_customer(customer.id);
        Self { shard, id: customer.id, new, at, mail, continued: None }
    }
}

impl Command for SetPassword {
    type Output = bool;
    fn ordering_key(&self) -> u64 {
        ordering_key::for_customer(self.id)
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<bool> {
        let found = account::lock_credentials(tx, self.shard, self.id).await?;
        if !found.is_some_and(|found| found.are_still(&self.new.relies_on)) {
            return Ok(false);
        }
        account::set_password(tx, self.shard, self.id, &self.new.hash, self.at).await?;
        if let Some(ContinuedSession { shard, session }) = &self.continued {
            session::insert(tx, *shard, session).await?;
        }
        mail::insert(tx, &self.mail).await?;
        Ok(true)
    }
}
