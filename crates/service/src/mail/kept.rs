//! Mails that are kept: found, listed, sent again.
//!
//! Not here: their words, and the sending itself. Invariant: a mail that is on its way is left alone.

use crate::{App, Error, Result};
use opendrs_domain::id::MailId;
use opendrs_domain::time::Time;
use opendrs_store::mail::{self as store, Mail};
use opendrs_store::{Tx, Write};

/// Which mails are to be sent again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Again {
    /// One, whatever became of it, as long as it is not on its way.
    One(MailId),
    /// Every one that was given up since a moment, as far as mails are kept.
    Failed(Time),
}

/// Has mails sent again, with the attempts that a new one has after its first; returns how many. They do not count among
/// their device's mails of the day.
///
/// # Errors
/// [`Error::BadCommand`] when the one is not there or on its way, [`Error::Unavailable`].
pub async fn resend(app: &App, which: Again) -> Result<u64> {
    let now = app.now();
    match which {
        Again::One(id) => {
            let mut reader = app.db.reader().await?;
            let found = store::by_id(&mut reader.tx()?, id).await?;
            drop(reader);
            let mail = found.ok_or_else(|| gone(id))?;
            match app.db.write(Resend { shard: mail.shard, id, now }).await? {
                true => Ok(1),
                false => {
                    Err(Error::BadCommand(format!("the mail {id} is on its way: wait until it was sent or given up")))
                }
            }
        }
        Again::Failed(since) => {
            let (mut count, mut last) = (0, MailId(uuid::Uuid::nil()));
            loop {
                let mut reader = app.db.reader().await?;
                let page = store::dead(&mut reader.tx()?, since, last, PAGE).await?;
                drop(reader);
                let Some((_, newest)) = page.last() else { return Ok(count) };
                last = *newest;
                for (shard, id) in page {
                    count += u64::from(app.db.write(Resend { shard, id, now }).await?);
                }
            }
        }
    }
}

/// How many mails are looked at at once.
const PAGE: i64 = 200;

struct Resend {
    shard: i64,
    id: MailId,
    now: Time,
}

impl Write for Resend {
    type Out = bool;
    fn key(&self) -> u64 {
        self.shard.cast_unsigned()
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<bool> {
        store::again(tx, self.shard, self.id, self.now).await
    }
}

fn gone(id: MailId) -> Error {
    Error::BadCommand(format!("there is no mail {id}, or it is no longer kept"))
}

/// The newest mails, oldest first.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn newest(app: &App, limit: i64) -> Result<Vec<Mail>> {
    let mut reader = app.db.reader().await?;
    Ok(store::newest(&mut reader.tx()?, limit).await?)
}

/// The newest mails that were given up, oldest first.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn newest_failed(app: &App, limit: i64) -> Result<Vec<Mail>> {
    let mut reader = app.db.reader().await?;
    Ok(store::newest_dead(&mut reader.tx()?, limit).await?)
}

/// A mail by its id's text.
///
/// # Errors
/// [`Error::BadCommand`] when there is none; [`Error::Unavailable`].
pub async fn find(app: &App, id: &str) -> Result<Mail> {
    let parsed = MailId::parse(id).map_err(|e| Error::BadCommand(e.to_string()))?;
    let mut reader = app.db.reader().await?;
    let found = store::by_id(&mut reader.tx()?, parsed).await?;
    found.ok_or_else(|| gone(parsed))
}
