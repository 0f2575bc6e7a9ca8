//! Sign-ups in progress: what a signed-in customer was asked for, and the answers so far.
//!
//! Invariant: a sign-up is finished at most once.

use crate::queries::Query;
use crate::value::{DbRow, FromRow, params};
use crate::{Error, Result, Tx};
use opendrs_domain::consent::ConsentGeneration;
use opendrs_domain::login::authorize::AuthorizationRequest;
use opendrs_domain::subscription::SlotChoice;
use opendrs_domain::time::Time;

/// A sign-up in progress. When it is abandoned, only this row remains, which is purged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignupRow {
    /// SHA-256 of its id.
    pub id: [u8; 32],
    /// The session it belongs to.
    pub session: [u8; 32],
    /// The client's request, exactly as the page displayed it.
    pub request: AuthorizationRequest,
    /// Whether the customer consented.
    pub consented: bool,
    /// The choices for the slots answered so far.
    pub choices: Vec<SlotChoice>,
    /// When it expires.
    pub expires_at: Time,
    /// The generation of the consent with which it began, or which was given in it. It is valid for no other
    /// generation.
    pub consent_generation: Option<ConsentGeneration>,
    /// Whether it was finished. It is never written by [`upsert`], only by [`finish`].
    pub finished: bool,
}

impl FromRow for SignupRow {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        let bad = |column, e: serde_json::Error| Error::InvalidRow {
            query: row.query.sql().name,
            column,
            found: e.to_string(),
        };
        let (request, choices): (String, String) = (row.get(2)?, row.get(4)?);
        Ok(Self {
            id: row.get(0)?,
            session: row.get(1)?,
            request: serde_json::from_str(&request).map_err(|e| bad(2, e))?,
            consented: row.get(3)?,
            choices: serde_json::from_str(&choices).map_err(|e| bad(4, e))?,
            expires_at: row.get(5)?,
            consent_generation: row.get::<Option<i64>>(6)?.map(ConsentGeneration::from_stored),
            finished: row.get(7)?,
        })
    }
}

/// A sign-up by the hash of its id.
///
/// # Errors
/// [`crate::Error`].
pub async fn find(tx: &mut Tx<'_>, shard: i64, id: &[u8; 32]) -> Result<Option<SignupRow>> {
    tx.query_opt(Query::SignupGet, params![shard, id]).await
}

/// Adds a sign-up, or records its choices and its consent with the consent's generation.
///
/// # Errors
/// [`crate::Error`].
pub async fn upsert(tx: &mut Tx<'_>, shard: i64, signup: &SignupRow) -> Result<()> {
    let json = |e: serde_json::Error| Error::CannotOpen(e.to_string());
    let request = serde_json::to_string(&signup.request).map_err(json)?;
    let choices = serde_json::to_string(&signup.choices).map_err(json)?;
    let SignupRow { id, session, consented, expires_at, .. } = signup;
    let mark = signup.consent_generation.map(ConsentGeneration::to_stored);
    let params = params![shard, id, session, &request, *consented, &choices, *expires_at, mark];
    tx.exec_deferred(Query::SignupPut, params).await
}

/// Finishes a sign-up; `false` if it was finished before or does not exist, so that it is finished at most once.
///
/// # Errors
/// [`crate::Error`].
pub async fn finish(tx: &mut Tx<'_>, shard: i64, id: &[u8; 32]) -> Result<bool> {
    Ok(tx.exec(Query::SignupFinish, params![shard, id]).await? > 0)
}

/// Removes a sign-up; `false` if it does not exist.
///
/// # Errors
/// [`crate::Error`].
pub async fn delete(tx: &mut Tx<'_>, shard: i64, id: &[u8; 32]) -> Result<bool> {
    Ok(tx.exec(Query::SignupDelete, params![shard, id]).await? > 0)
}

/// Removes at most `limit` sign-ups that expired before a moment, and returns their number.
///
/// # Errors
/// [`crate::Error`].
pub async fn purge(tx: &mut Tx<'_>, before: Time, limit: i64) -> Result<u64> {
    tx.exec(Query::SignupPurge, params![before, limit]).await
}
