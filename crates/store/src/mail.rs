//! Mail to customers: written with the change it tells of, in the same transaction; claimed, sent, kept for a while.
//!
//! Invariant: a mail is on its way until `ended_at` is set, and due at `due_at` until then.

use crate::queries::Query;
use crate::value::{DbRow, FromRow, params};
use crate::{Error, Result, Tx};
use opendrs_domain::id::{CustomerId, DeviceId, MailId};
use opendrs_domain::mail::{MailContent, MailState};
use opendrs_domain::time::Time;

/// A mail to a customer.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredMail {
    /// Its shard: its device's.
    pub shard: i64,
    /// Identifier, rising with time.
    pub id: MailId,
    /// The device it tells of.
    pub device: DeviceId,
    /// To whom.
    pub customer: CustomerId,
    /// When what it tells happened.
    pub at: Time,
    /// What it tells.
    pub content: MailContent,
    /// Where it stands.
    pub state: MailState,
    /// When it is sent, or its lease ends.
    pub due_at: Option<Time>,
    /// How often it was tried.
    pub attempts: i64,
    /// When it was sent, kept or given up.
    pub ended_at: Option<Time>,
    /// Why the last attempt failed.
    pub reason: Option<String>,
}

impl FromRow for StoredMail {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        let bad = |column, found| Error::InvalidRow { query: row.query.sql().name, column, found };
        let (news, state): (String, String) = (row.get(5)?, row.get(6)?);
        Ok(Self {
            shard: row.get(0)?,
            id: row.get(1)?,
            device: row.get(2)?,
            customer: row.get(3)?,
            at: row.get(4)?,
            content: serde_json::from_str(&news).map_err(|e| bad(5, e.to_string()))?,
            state: MailState::parse(&state).ok_or_else(|| bad(6, state))?,
            due_at: row.get(7)?,
            attempts: row.get(8)?,
            ended_at: row.get(9)?,
            reason: row.get(10)?,
        })
    }
}

/// Adds a mail.
///
/// # Errors
/// [`crate::Error`].
pub async fn insert(tx: &mut Tx<'_>, mail: &StoredMail) -> Result<()> {
    let m = mail;
    let news = serde_json::to_string(&m.content).map_err(|e| Error::CannotOpen(e.to_string()))?;
    let params = params![
        m.shard,
        m.id,
        m.device,
        m.customer,
        m.at,
        m.content.kind(),
        &news,
        m.state.as_str(),
        m.due_at,
        m.attempts,
        m.ended_at,
        m.reason.as_deref()
    ];
    tx.exec_deferred(Query::MailPut, params).await
}

/// Takes what is due, at most `limit`, until a lease ends.
///
/// # Errors
/// [`crate::Error`].
pub async fn claim(tx: &mut Tx<'_>, now: Time, lease: Time, limit: i64) -> Result<Vec<StoredMail>> {
    tx.query_all(Query::MailClaim, params![now, lease, limit]).await
}

/// Records where a mail stands after an attempt; `false` if another attempt was begun meanwhile, whose record decides.
///
/// # Errors
/// [`crate::Error`].
pub async fn save(tx: &mut Tx<'_>, mail: &StoredMail) -> Result<bool> {
    let m = mail;
    let params = params![m.shard, m.id, m.attempts, m.state.as_str(), m.due_at, m.ended_at, m.reason.as_deref()];
    Ok(tx.exec(Query::MailSave, params).await? > 0)
}

/// Has a mail sent again, as if it had been tried once; `false` if it is on its way, or not there.
///
/// # Errors
/// [`crate::Error`].
pub async fn requeue(tx: &mut Tx<'_>, shard: i64, id: MailId, now: Time) -> Result<bool> {
    Ok(tx.exec(Query::MailRequeue, params![shard, id, now]).await? > 0)
}

/// Mails that were given up since a moment, after one, in the order of their ids.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_dead(tx: &mut Tx<'_>, since: Time, after: MailId, limit: i64) -> Result<Vec<(i64, MailId)>> {
    tx.query_all(Query::MailDead, params![since, after, limit]).await
}

/// The newest mails that were given up, oldest first.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_newest_dead(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<StoredMail>> {
    let mut found: Vec<StoredMail> =
        tx.query_all(Query::MailNewestDead, params![MailId(uuid::Uuid::max()), limit]).await?;
    found.reverse();
    Ok(found)
}

/// When the next mail is due.
///
/// # Errors
/// [`crate::Error`].
pub async fn find_next_due(tx: &mut Tx<'_>) -> Result<Option<Time>> {
    Ok(tx.query_opt::<(Time,)>(Query::MailNextDue, params![]).await?.map(|(at,)| at))
}

/// A mail by id.
///
/// # Errors
/// [`crate::Error`].
pub async fn find_by_id(tx: &mut Tx<'_>, id: MailId) -> Result<Option<StoredMail>> {
    tx.query_opt(Query::MailById, params![id]).await
}

/// The newest mails, oldest first.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_newest(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<StoredMail>> {
    let mut found: Vec<StoredMail> = tx.query_all(Query::MailNewest, params![limit]).await?;
    found.reverse();
    Ok(found)
}

/// Removes at most `limit` mails that ended before a moment; says how many.
///
/// # Errors
/// [`crate::Error`].
pub async fn purge(tx: &mut Tx<'_>, before: Time, limit: i64) -> Result<u64> {
    tx.exec(Query::MailPurge, params![before, limit]).await
}
