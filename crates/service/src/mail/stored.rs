//! Stored mails: find, list, send again.
//!
//! Not here: their texts, and sending. Invariant: a mail that waits or is being sent is not changed.

use crate::{App, Error, Result};
use opendrs_domain::id::MailId;
use opendrs_domain::time::Time;
use opendrs_store::mail::{self as store, StoredMail};
use opendrs_store::{Command, Tx};

/// The mails to be sent again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResendSelection {
    /// One mail in any state, unless it waits or is being sent.
    Mail(MailId),
    /// Every mail that failed for good since a time, as far back as mails are kept.
    Failed(Time),
}

/// Schedules mails to be sent again, with the attempts that a new one has after its first. Returns how many. They do
/// not count toward the daily limit of their device.
///
/// # Errors
/// [`Error::InvalidCommand`] when the mail does not exist, waits or is being sent; [`Error::Unavailable`].
pub async fn resend(app: &App, which: ResendSelection) -> Result<u64> {
    let now = app.now();
    match which {
        ResendSelection::Mail(id) => {
            let mut reader = app.db.reader().await?;
            let found = store::find_by_id(&mut reader.tx()?, id).await?;
            drop(reader);
            let mail = found.ok_or_else(|| unknown_mail_error(id))?;
            if app.db.write(ResendMail { shard: mail.shard, id, now }).await? {
                Ok(1)
            } else {
                Err(Error::InvalidCommand(format!("the mail {id} is on its way: wait until it was sent or given up")))
            }
        }
        ResendSelection::Failed(since) => {
            let (mut count, mut last) = (0, MailId(uuid::Uuid::nil()));
            loop {
                let mut reader = app.db.reader().await?;
                let page = store::list_dead(&mut reader.tx()?, since, last, PAGE_SIZE).await?;
                drop(reader);
                let Some((_, newest)) = page.last() else { return Ok(count) };
                last = *newest;
                for (shard, id) in page {
                    count += u64::from(app.db.write(ResendMail { shard, id, now }).await?);
                }
            }
        }
    }
}

/// How many mails one query reads.
const PAGE_SIZE: i64 = 200;

struct ResendMail {
    shard: i64,
    id: MailId,
    now: Time,
}

impl Command for ResendMail {
    type Output = bool;
    fn ordering_key(&self) -> u64 {
        self.shard.cast_unsigned()
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<bool> {
        store::requeue(tx, self.shard, self.id, self.now).await
    }
}

fn unknown_mail_error(id: MailId) -> Error {
    Error::InvalidCommand(format!("there is no mail {id}, or it is no longer kept"))
}

/// The newest mails, oldest first.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn list_newest(app: &App, limit: i64) -> Result<Vec<StoredMail>> {
    let mut reader = app.db.reader().await?;
    Ok(store::list_newest(&mut reader.tx()?, limit).await?)
}

/// The newest mails that failed for good, oldest first.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn list_newest_failed(app: &App, limit: i64) -> Result<Vec<StoredMail>> {
    let mut reader = app.db.reader().await?;
    Ok(store::list_newest_dead(&mut reader.tx()?, limit).await?)
}

/// Finds a mail by the text of its id.
///
/// # Errors
/// [`Error::InvalidCommand`] when there is none; [`Error::Unavailable`].
pub async fn find(app: &App, id: &str) -> Result<StoredMail> {
    let parsed = MailId::parse(id).map_err(|e| Error::InvalidCommand(e.to_string()))?;
    let mut reader = app.db.reader().await?;
    let found = store::find_by_id(&mut reader.tx()?, parsed).await?;
    found.ok_or_else(|| unknown_mail_error(parsed))
}
