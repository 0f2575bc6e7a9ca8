//! Mail to customers: written with the change it tells of, in the same transaction; claimed, sent, kept for a while.
//!
//! Invariant: a mail is on its way until `ended_at` is set, and due at `due_at` until then.

use crate::queries::Q;
use crate::value::{FromRow, Row, p};
use crate::{Error, Result, Tx};
use opendrs_domain::id::{CustomerId, DeviceId, MailId};
use opendrs_domain::mail::{News, State};
use opendrs_domain::time::Time;

/// A mail to a customer.
#[derive(Clone, Debug, PartialEq)]
pub struct Mail {
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
    pub news: News,
    /// Where it stands.
    pub state: State,
    /// When it is sent, or its lease ends.
    pub due_at: Option<Time>,
    /// How often it was tried.
    pub attempts: i64,
    /// When it was sent, kept or given up.
    pub ended_at: Option<Time>,
    /// Why the last attempt failed.
    pub reason: Option<String>,
}

impl FromRow for Mail {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let bad = |column, found| Error::BadRow { query: row.query.sql().name, column, found };
        let (news, state): (String, String) = (row.get(5)?, row.get(6)?);
        Ok(Self {
            shard: row.get(0)?,
            id: row.get(1)?,
            device: row.get(2)?,
            customer: row.get(3)?,
            at: row.get(4)?,
            news: serde_json::from_str(&news).map_err(|e| bad(5, e.to_string()))?,
            state: State::parse(&state).ok_or_else(|| bad(6, state))?,
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
pub async fn add(tx: &mut Tx<'_>, mail: &Mail) -> Result<()> {
    let m = mail;
    let news = serde_json::to_string(&m.news).map_err(|e| Error::Open(e.to_string()))?;
    let params = p![
        m.shard,
        m.id,
        m.device,
        m.customer,
        m.at,
        m.news.kind(),
        &news,
        m.state.as_str(),
        m.due_at,
        m.attempts,
        m.ended_at,
        m.reason.as_deref()
    ];
    tx.put(Q::MailPut, params).await
}

/// Takes what is due, at most `limit`, until a lease ends.
///
/// # Errors
/// [`crate::Error`].
pub async fn claim(tx: &mut Tx<'_>, now: Time, lease: Time, limit: i64) -> Result<Vec<Mail>> {
    tx.all(Q::MailClaim, p![now, lease, limit]).await
}

/// Records where a mail stands after an attempt; `false` if another attempt was begun meanwhile, whose record decides.
///
/// # Errors
/// [`crate::Error`].
pub async fn save(tx: &mut Tx<'_>, mail: &Mail) -> Result<bool> {
    let m = mail;
    let params = p![m.shard, m.id, m.attempts, m.state.as_str(), m.due_at, m.ended_at, m.reason.as_deref()];
    Ok(tx.exec(Q::MailSave, params).await? > 0)
}

/// Has a mail sent again, as if it had been tried once; `false` if it is on its way, or not there.
///
/// # Errors
/// [`crate::Error`].
pub async fn again(tx: &mut Tx<'_>, shard: i64, id: MailId, now: Time) -> Result<bool> {
    Ok(tx.exec(Q::MailAgain, p![shard, id, now]).await? > 0)
}

/// Mails that were given up since a moment, after one, in the order of their ids.
///
/// # Errors
/// [`crate::Error`].
pub async fn dead(tx: &mut Tx<'_>, since: Time, after: MailId, limit: i64) -> Result<Vec<(i64, MailId)>> {
    tx.all(Q::MailDead, p![since, after, limit]).await
}

/// The newest mails that were given up, oldest first.
///
/// # Errors
/// [`crate::Error`].
pub async fn newest_dead(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<Mail>> {
    let mut found: Vec<Mail> = tx.all(Q::MailNewestDead, p![MailId(uuid::Uuid::max()), limit]).await?;
    found.reverse();
    Ok(found)
}

/// When the next mail is due.
///
/// # Errors
/// [`crate::Error`].
pub async fn next_due(tx: &mut Tx<'_>) -> Result<Option<Time>> {
    Ok(tx.opt::<(Time,)>(Q::MailNextDue, p![]).await?.map(|(at,)| at))
}

/// A mail by id.
///
/// # Errors
/// [`crate::Error`].
pub async fn by_id(tx: &mut Tx<'_>, id: MailId) -> Result<Option<Mail>> {
    tx.opt(Q::MailById, p![id]).await
}

/// The newest mails, oldest first.
///
/// # Errors
/// [`crate::Error`].
pub async fn newest(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<Mail>> {
    let mut found: Vec<Mail> = tx.all(Q::MailNewest, p![limit]).await?;
    found.reverse();
    Ok(found)
}

/// Removes at most `limit` mails that ended before a moment; says how many.
///
/// # Errors
/// [`crate::Error`].
pub async fn purge(tx: &mut Tx<'_>, before: Time, limit: i64) -> Result<u64> {
    tx.exec(Q::MailPurge, p![before, limit]).await
}
