//! Mail to customers: written in the transaction of the change that it reports; leased, sent, and kept for a while.
//!
//! Invariant: a mail is open until `ended_at` is set, and due at `due_at` until then.

use crate::queries::Query;
use crate::value::{DbRow, FromRow, params};
use crate::{Error, Result, Tx};
use opendrs_domain::id::{CustomerId, MailId};
use opendrs_domain::mail::{MailContent, MailState, MailSubject};
use opendrs_domain::text::Email;
use opendrs_domain::time::Time;

/// A mail to a customer.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredMail {
    /// The shard of its device, or of its address.
    pub shard: i64,
    /// Identifier, rising with time.
    pub id: MailId,
    /// What the mail is about, and to whom it goes.
    pub subject: MailSubject,
    /// When the reported change happened.
    pub at: Time,
    /// The content.
    pub content: MailContent,
    /// The mail's state.
    pub state: MailState,
    /// When it is sent or, while it is leased, when the lease ends.
    pub due_at: Option<Time>,
    /// The number of attempts.
    pub attempts: i64,
    /// When it was sent, kept or became dead.
    pub ended_at: Option<Time>,
    /// Why the last attempt failed.
    pub reason: Option<String>,
}

/// Reads what a mail is about: device and customer, or a recipient.
fn read_subject(row: &DbRow<'_>) -> Result<MailSubject> {
    let bad = |column, found| Error::InvalidRow { query: row.query.sql().name, column, found };
    match (row.get(2)?, row.get(3)?, row.get::<Option<String>>(11)?) {
        (Some(device), Some(customer), None) => Ok(MailSubject::Device { device, customer }),
        (None, None, Some(recipient)) => {
            serde_json::from_str(&recipient).map(MailSubject::Account).map_err(|e| bad(11, e.to_string()))
        }
        _ => Err(bad(11, "neither a device with its customer nor a recipient".into())),
    }
}

impl FromRow for StoredMail {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        let bad = |column, found| Error::InvalidRow { query: row.query.sql().name, column, found };
        let (content, state): (String, String) = (row.get(5)?, row.get(6)?);
        Ok(Self {
            shard: row.get(0)?,
            id: row.get(1)?,
            subject: read_subject(row)?,
            at: row.get(4)?,
            content: serde_json::from_str(&content).map_err(|e| bad(5, e.to_string()))?,
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
    let content = serde_json::to_string(&m.content).map_err(|e| Error::CannotOpen(e.to_string()))?;
    let (device, customer, recipient) = match &m.subject {
        MailSubject::Device { device, customer } => (Some(*device), Some(*customer), None),
        MailSubject::Account(recipient) => (None, None, Some(recipient)),
    };
    let recipient = recipient.map(serde_json::to_string).transpose().map_err(|e| Error::CannotOpen(e.to_string()))?;
    let params = params![
        m.shard,
        m.id,
        device,
        customer,
        m.at,
        m.content.kind(),
        &content,
        m.state.as_str(),
        m.due_at,
        m.attempts,
        m.ended_at,
        m.reason.as_deref(),
        recipient.as_deref()
    ];
    tx.exec_deferred(Query::MailPut, params).await
}

/// Leases due mails, at most `limit`, until `lease`.
///
/// # Errors
/// [`crate::Error`].
pub async fn claim(tx: &mut Tx<'_>, now: Time, lease: Time, limit: i64) -> Result<Vec<StoredMail>> {
    tx.query_all(Query::MailClaim, params![now, lease, limit]).await
}

/// Records a mail's state after an attempt. `false` if another attempt began meanwhile; then its record counts.
///
/// # Errors
/// [`crate::Error`].
pub async fn save(tx: &mut Tx<'_>, mail: &StoredMail) -> Result<bool> {
    let m = mail;
    let params = params![m.shard, m.id, m.attempts, m.state.as_str(), m.due_at, m.ended_at, m.reason.as_deref()];
    Ok(tx.exec(Query::MailSave, params).await? > 0)
}

/// Queues a mail again, as if it had been tried once; `false` if it is open or does not exist.
///
/// # Errors
/// [`crate::Error`].
pub async fn requeue(tx: &mut Tx<'_>, shard: i64, id: MailId, now: Time) -> Result<bool> {
    Ok(tx.exec(Query::MailRequeue, params![shard, id, now]).await? > 0)
}

/// Dead mails since a moment, after one, in the order of their ids.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_dead(tx: &mut Tx<'_>, since: Time, after: MailId, limit: i64) -> Result<Vec<(i64, MailId)>> {
    tx.query_all(Query::MailDead, params![since, after, limit]).await
}

/// The newest dead mails, oldest first.
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

/// Removes at most `limit` mails that ended before a moment, and returns their number.
///
/// # Errors
/// [`crate::Error`].
pub async fn purge(tx: &mut Tx<'_>, before: Time, limit: i64) -> Result<u64> {
    tx.exec(Query::MailPurge, params![before, limit]).await
}

/// A customer's mails about devices that were sent or given up, after one, oldest first.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_by_customer_after(
    tx: &mut Tx<'_>,
    customer: CustomerId,
    after: MailId,
    limit: i64,
) -> Result<Vec<StoredMail>> {
    tx.query_all(Query::MailsOfCustomer, params![customer, after, limit]).await
}

/// The mails about an account to an address, after one, oldest first; the shard is the address's.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_by_address_after(
    tx: &mut Tx<'_>,
    shard: i64,
    email: &Email,
    after: MailId,
    limit: i64,
) -> Result<Vec<StoredMail>> {
    tx.query_all(Query::MailsToAddress, params![shard, email, after, limit]).await
}
