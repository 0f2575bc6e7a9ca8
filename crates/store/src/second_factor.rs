//! The second factor of a customer's sign-in, and its recovery codes.
//!
//! Not here: the secret, which is derived from the salt. Invariant: a step of the app's codes and a recovery code are
//! used once.

use crate::queries::Query;
use crate::value::{DbRow, FromRow, params};
use crate::{Result, Tx};
use opendrs_domain::id::CustomerId;
use opendrs_domain::time::Time;
use uuid::Uuid;

/// A customer's authenticator app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecondFactorRow {
    /// From what its secret is derived.
    pub salt: Uuid,
    /// When it was set up.
    pub since: Time,
    /// The last step whose code was used.
    pub last_step: i64,
}

impl FromRow for SecondFactorRow {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        Ok(Self { salt: row.get(0)?, since: row.get(1)?, last_step: row.get(2)? })
    }
}

/// A customer's second factor, if there is one.
///
/// # Errors
/// [`crate::Error`].
pub async fn find(tx: &mut Tx<'_>, shard: i64, id: CustomerId) -> Result<Option<SecondFactorRow>> {
    tx.query_opt(Query::SecondFactor, params![shard, id]).await
}

/// Adds a second factor; `false` if the customer has one.
///
/// # Errors
/// [`crate::Error`].
pub async fn insert(tx: &mut Tx<'_>, shard: i64, id: CustomerId, row: &SecondFactorRow) -> Result<bool> {
    let values = params![shard, id, row.salt, row.since, row.last_step];
    Ok(tx.exec(Query::SecondFactorPut, values).await? > 0)
}

/// Uses the code of a step; `false` if it or a later one was used before.
///
/// # Errors
/// [`crate::Error`].
pub async fn use_step(tx: &mut Tx<'_>, shard: i64, id: CustomerId, salt: Uuid, step: i64) -> Result<bool> {
    Ok(tx.exec(Query::SecondFactorStep, params![shard, id, salt, step]).await? > 0)
}

/// Removes a customer's second factor with its recovery codes.
///
/// # Errors
/// [`crate::Error`].
pub async fn delete(tx: &mut Tx<'_>, shard: i64, id: CustomerId) -> Result<()> {
    tx.exec_deferred(Query::SecondFactorDelete, params![shard, id]).await?;
    tx.exec_deferred(Query::RecoveryCodesDelete, params![shard, id]).await
}

/// How many recovery codes were not used.
///
/// # Errors
/// [`crate::Error`].
pub async fn count_recovery_codes(tx: &mut Tx<'_>, shard: i64, id: CustomerId) -> Result<i64> {
    Ok(tx.query_opt::<(i64,)>(Query::RecoveryCodeCount, params![shard, id]).await?.map_or(0, |(count,)| count))
}

/// Replaces all recovery codes.
///
/// # Errors
/// [`crate::Error`].
pub async fn replace_recovery_codes(tx: &mut Tx<'_>, shard: i64, id: CustomerId, codes: &[[u8; 32]]) -> Result<()> {
    tx.exec_deferred(Query::RecoveryCodesDelete, params![shard, id]).await?;
    for code in codes {
        tx.exec_deferred(Query::RecoveryCodePut, params![shard, id, code.as_slice()]).await?;
    }
    Ok(())
}

/// Uses a recovery code; `false` if there is no such code.
///
/// # Errors
/// [`crate::Error`].
pub async fn use_recovery_code(tx: &mut Tx<'_>, shard: i64, id: CustomerId, code: &[u8; 32]) -> Result<bool> {
    Ok(tx.exec(Query::RecoveryCodeTake, params![shard, id, code.as_slice()]).await? > 0)
}
