//! The sessions of a signed-in customer: list them, end one, end all others.
//!
//! Invariant: a customer ends only sessions of their own.

use super::{session_key, session_shard};
use crate::{App, FormError, Result, ordering_key};
use opendrs_domain::id::CustomerId;
use opendrs_domain::session::Session;
use opendrs_domain::time::Time;
use opendrs_store::{Command, Tx, customer, session};

/// A session, as its customer sees it.
#[derive(Clone, Debug)]
pub struct SessionView {
    /// Its id for [`end_session`].
    pub id: String,
    /// What the browser calls itself.
    pub agent: String,
    /// When the customer signed in.
    pub created_at: Time,
    /// When it was used last, to the hour.
    pub used_at: Time,
    /// Whether it is the one that asks.
    pub is_current: bool,
}

/// The valid sessions of a session's customer, newest first.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn list_sessions(app: &App, current: &Session) -> Result<Vec<SessionView>> {
    let mut reader = app.db.reader().await?;
    let mut tx = reader.tx()?;
    let found = session::list_by_customer(&mut tx, current.customer).await?;
    let shard = app.db.shards().for_customer(current.customer);
    let access = customer::find_access(&mut tx, shard, current.customer).await?;
    let (now, idle) = (app.now(), app.settings.accounts.session_idle);
    let valid = found.into_iter().filter(|session| session.is_valid_at(now, idle) && access.accepts(session));
    Ok(valid
        .map(|session| SessionView {
            id: session.id.iter().map(|byte| format!("{byte:02x}")).collect(),
            is_current: session.id == current.id,
            agent: session.agent,
            created_at: session.created_at,
            used_at: session.used_at,
        })
        .collect())
}

/// Ends a session of a customer. A session that ended before changes nothing.
///
/// # Errors
/// [`crate::Error::InvalidForm`] if the id is malformed; [`crate::Error::Unavailable`].
pub async fn end_session(app: &App, customer: CustomerId, id: &str) -> Result<()> {
    let id = parse_id(id).ok_or_else(|| FormError::Malformed("this is not a session".into()))?;
    app.db.write(EndOwnSession { shard: session_shard(app, &id), id, customer }).await?;
    Ok(())
}

/// Ends all sessions of a session's customer but that one, and returns their number.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn end_other_sessions(app: &App, current: &Session) -> Result<u64> {
    Ok(app.db.write(EndOtherSessions { customer: current.customer, kept: current.id }).await?)
}

fn parse_id(text: &str) -> Option<[u8; 32]> {
    let mut id = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (n, byte) in id.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * n..2 * n + 2], 16).ok()?;
    }
    Some(id)
}

struct EndOwnSession {
    shard: i64,
    id: [u8; 32],
    customer: CustomerId,
}

impl Command for EndOwnSession {
    type Output = bool;
    fn ordering_key(&self) -> u64 {
        session_key(&self.id)
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<bool> {
        session::delete_own(tx, self.shard, &self.id, self.customer).await
    }
}

struct EndOtherSessions {
    customer: CustomerId,
    kept: [u8; 32],
}

impl Command for EndOtherSessions {
    type Output = u64;
    fn ordering_key(&self) -> u64 {
        ordering_key::for_customer(self.customer)
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<u64> {
        session::delete_others(tx, self.customer, &self.kept).await
    }
}
