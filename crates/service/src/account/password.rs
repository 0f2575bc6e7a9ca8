//! A new password for a signed-in customer.
//!
//! Invariant: it needs the current password. Every other session, and what apps hold of a strict client, ends with the
//! old password.

use super::customer_key;
use crate::mail::queue;
use crate::session::{SessionCookie, SessionStart, check_password, start_session};
use crate::{App, FormError, Result};
use opendrs_domain::account::{AccountMail, MailRecipient, NewPassword};
use opendrs_domain::customer::Customer;
use opendrs_domain::id::CustomerId;
use opendrs_domain::session::Session;
use opendrs_domain::time::Time;
use opendrs_store::mail::StoredMail;
use opendrs_store::{Command, Tx, customer, mail, session};

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
    let access = check_password(app, &customer, change.current, change.source).await?;
    let password = NewPassword::parse(change.new, &[&customer.name, customer.email.as_str()])
        .map_err(FormError::InvalidPassword)?;
    let hash = app.password_queue.hash_for(change.source, &password).await?;
    let mut command = SetPassword::new(app, &customer, hash, access.password_changed_at);
    let remember = session.expires_at.since(session.created_at) > opendrs_domain::session::session_lifetime(false);
    let start = SessionStart { customer: customer.id, generation: access.generation, remember, agent: &session.agent };
    let (cookie, new_session) = start_session(app, start);
    command.session = Some((crate::session::session_shard(app, &new_session.id), new_session));
    if app.db.write(command).await? { Ok(cookie) } else { Err(FormError::WrongCurrentPassword.into()) }
}

/// Sets a password, unless it was changed meanwhile.
pub(super) struct SetPassword {
    shard: i64,
    id: CustomerId,
    hash: String,
    at: Time,
    former_change: Option<Time>,
    mail: StoredMail,
    /// The session that goes on, with its shard.
    session: Option<(i64, Session)>,
}

impl SetPassword {
    pub(super) fn new(app: &App, customer: &Customer, hash: String, former_change: Option<Time>) -> Self {
        let recipient = MailRecipient {
            email: customer.email.clone(),
            name: Some(customer.name.clone()),
            language: customer.language.unwrap_or(app.settings.language),
        };
        let at = app.now();
        Self {
            shard: app.db.shards().for_customer(customer.id),
            id: customer.id,
            hash,
            at,
            former_change,
            mail: queue::account_mail(app, recipient, AccountMail::PasswordChanged, at),
            session: None,
        }
    }
}

impl Command for SetPassword {
    type Output = bool;
    fn ordering_key(&self) -> u64 {
        customer_key(self.id)
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<bool> {
        if !customer::set_password(tx, self.shard, self.id, &self.hash, self.at, self.former_change).await? {
            return Ok(false);
        }
        if let Some((shard, session)) = &self.session {
            session::insert(tx, *shard, session).await?;
        }
        mail::insert(tx, &self.mail).await?;
        Ok(true)
    }
}
