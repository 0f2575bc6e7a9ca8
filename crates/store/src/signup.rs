//! Sign-ups under way: what a signed-in customer was asked, and what they answered so far.

use crate::queries::Q;
use crate::value::{FromRow, Row, p};
use crate::{Error, Result, Tx};
use opendrs_domain::consent::Mark;
use opendrs_domain::login::authorize::Authorize;
use opendrs_domain::subscription::Choice;
use opendrs_domain::time::Time;

/// A sign-up under way. It leaves nothing behind when it is abandoned but this row, which is purged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signup {
    /// SHA-256 of its id.
    pub id: [u8; 32],
    /// The session it belongs to.
    pub session: [u8; 32],
    /// What the client asked for, exactly as it was shown.
    pub request: Authorize,
    /// The customer agreed to it.
    pub consented: bool,
    /// The slots answered so far.
    pub choices: Vec<Choice>,
    /// When it ends.
    pub expires_at: Time,
    /// The mark of the consent it was begun with, or that was given in it: it is good for no other.
    pub mark: Option<Mark>,
    /// It was finished. Never put: it is what [`finish`] says.
    pub finished: bool,
}

impl FromRow for Signup {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let bad =
            |column, e: serde_json::Error| Error::BadRow { query: row.query.sql().name, column, found: e.to_string() };
        let (request, choices): (String, String) = (row.get(2)?, row.get(4)?);
        Ok(Self {
            id: row.get(0)?,
            session: row.get(1)?,
            request: serde_json::from_str(&request).map_err(|e| bad(2, e))?,
            consented: row.get(3)?,
            choices: serde_json::from_str(&choices).map_err(|e| bad(4, e))?,
            expires_at: row.get(5)?,
            mark: row.get::<Option<i64>>(6)?.map(Mark::stored),
            finished: row.get(7)?,
        })
    }
}

/// A sign-up by the hash of its id.
///
/// # Errors
/// [`crate::Error`].
pub async fn get(tx: &mut Tx<'_>, shard: i64, id: &[u8; 32]) -> Result<Option<Signup>> {
    tx.opt(Q::SignupGet, p![shard, id]).await
}

/// Adds a sign-up, or records its consent, with the mark that it was given under, and choices.
///
/// # Errors
/// [`crate::Error`].
pub async fn put(tx: &mut Tx<'_>, shard: i64, signup: &Signup) -> Result<()> {
    let json = |e: serde_json::Error| Error::Open(e.to_string());
    let request = serde_json::to_string(&signup.request).map_err(json)?;
    let choices = serde_json::to_string(&signup.choices).map_err(json)?;
    let Signup { id, session, consented, expires_at, .. } = signup;
    let mark = signup.mark.map(Mark::as_stored);
    let params = p![shard, id, session, &request, *consented, &choices, *expires_at, mark];
    tx.put(Q::SignupPut, params).await
}

/// Finishes a sign-up; `false` if it was finished before, or is not there, so that it is finished at most once.
///
/// # Errors
/// [`crate::Error`].
pub async fn finish(tx: &mut Tx<'_>, shard: i64, id: &[u8; 32]) -> Result<bool> {
    Ok(tx.exec(Q::SignupFinish, p![shard, id]).await? > 0)
}

/// Removes a sign-up; `false` if it was not there.
///
/// # Errors
/// [`crate::Error`].
pub async fn delete(tx: &mut Tx<'_>, shard: i64, id: &[u8; 32]) -> Result<bool> {
    Ok(tx.exec(Q::SignupDelete, p![shard, id]).await? > 0)
}

/// Removes at most `limit` sign-ups that ended before a moment; says how many.
///
/// # Errors
/// [`crate::Error`].
pub async fn purge(tx: &mut Tx<'_>, before: Time, limit: i64) -> Result<u64> {
    tx.exec(Q::SignupPurge, p![before, limit]).await
}
