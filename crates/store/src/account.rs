//! Customers' accounts: what gives access to one, its mail address, its name, and its deletion.
//!
//! Not here: the customer's other facts ([`crate::customer`]), and sessions. Invariant: what is compared before a change
//! is read under a lock of the customer's row.

use crate::queries::Query;
use crate::value::{DbRow, FromRow, params};
use crate::{Error, Result, Tx, export, federation, second_factor, slot_statement};
use opendrs_domain::account::CredentialState;
use opendrs_domain::id::CustomerId;
use opendrs_domain::text::{Email, Name};
use opendrs_domain::time::Time;

/// What gives access to an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// What links and sign-ins rely on.
    pub state: CredentialState,
    /// When the customer was blocked.
    pub blocked_at: Option<Time>,
    /// The password's hash; `None` for an account without a password.
    pub password_hash: Option<String>,
}

impl Credentials {
    /// Whether they are still those that a link or a sign-in relied on, and the customer is not blocked.
    #[must_use]
    pub fn are_still(&self, state: &CredentialState) -> bool {
        self.blocked_at.is_none() && self.state == *state
    }
}

impl FromRow for Credentials {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        let bad = |found| Error::InvalidRow { query: row.query.sql().name, column: 2, found };
        let generation = u32::try_from(row.get::<i64>(2)?).map_err(|e| bad(e.to_string()))?;
        let state = CredentialState { email: row.get(0)?, password_changed_at: row.get(1)?, generation };
        let hash: String = row.get(4)?;
        Ok(Self { state, blocked_at: row.get(3)?, password_hash: Some(hash).filter(|hash| !hash.is_empty()) })
    }
}

/// A customer's credentials.
///
/// # Errors
/// [`crate::Error`].
pub async fn find_credentials(tx: &mut Tx<'_>, shard: i64, id: CustomerId) -> Result<Option<Credentials>> {
    tx.query_opt(Query::CustomerCredentials, params![shard, id]).await
}

/// A customer's credentials, locked until this transaction ends.
///
/// # Errors
/// [`crate::Error`].
pub async fn lock_credentials(tx: &mut Tx<'_>, shard: i64, id: CustomerId) -> Result<Option<Credentials>> {
    tx.query_opt(Query::CustomerCredentialsLock, params![shard, id]).await
}

/// Sets a customer's password, and ends all sessions.
///
/// # Errors
/// [`crate::Error`].
pub async fn set_password(tx: &mut Tx<'_>, shard: i64, id: CustomerId, hash: &str, at: Time) -> Result<()> {
    tx.exec_deferred(Query::CustomerPasswordSet, params![shard, id, hash, at]).await?;
    tx.exec_deferred(Query::SessionsDelete, params![id]).await
}

/// Changes the name.
///
/// # Errors
/// [`crate::Error`].
pub async fn set_name(tx: &mut Tx<'_>, shard: i64, id: CustomerId, name: &Name) -> Result<()> {
    tx.exec_deferred(Query::CustomerName, params![shard, id, name.as_str()]).await
}

/// Changes the e-mail address in a customer's row.
///
/// # Errors
/// [`crate::Error`].
pub async fn set_email(tx: &mut Tx<'_>, shard: i64, id: CustomerId, email: &Email) -> Result<()> {
    tx.exec_deferred(Query::CustomerEmail, params![shard, id, email]).await
}

/// Reserves an e-mail address for a customer; `false` if it is taken.
///
/// # Errors
/// [`crate::Error`].
pub async fn claim_email(tx: &mut Tx<'_>, shard: i64, email: &Email, id: CustomerId) -> Result<bool> {
    Ok(tx.exec(Query::CustomerEmailClaim, params![shard, email, id]).await? > 0)
}

/// Releases a customer's e-mail address.
///
/// # Errors
/// [`crate::Error`].
pub async fn release_email(tx: &mut Tx<'_>, shard: i64, email: &Email, id: CustomerId) -> Result<()> {
    tx.exec_deferred(Query::CustomerEmailDelete, params![shard, email, id]).await
}

/// When the account is to be deleted, if its customer asked for that.
///
/// # Errors
/// [`crate::Error`].
pub async fn find_deletion(tx: &mut Tx<'_>, shard: i64, id: CustomerId) -> Result<Option<Time>> {
    Ok(tx.query_opt::<(Time,)>(Query::CustomerDeletion, params![shard, id]).await?.map(|(at,)| at))
}

/// Sets when the account is to be deleted.
///
/// # Errors
/// [`crate::Error`].
pub async fn plan_deletion(tx: &mut Tx<'_>, shard: i64, id: CustomerId, at: Time) -> Result<()> {
    tx.exec_deferred(Query::CustomerDeleteAt, params![shard, id, at]).await
}

/// Keeps an account that was to be deleted. `false` if it was not, or its deletion has begun.
///
/// # Errors
/// [`crate::Error`].
pub async fn cancel_deletion(tx: &mut Tx<'_>, shard: i64, id: CustomerId) -> Result<bool> {
    Ok(tx.exec(Query::CustomerKeep, params![shard, id]).await? > 0)
}

/// Accounts that are to be deleted by now.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_deletions(tx: &mut Tx<'_>, now: Time, limit: i64) -> Result<Vec<CustomerId>> {
    let found: Vec<(CustomerId,)> = tx.query_all(Query::CustomersToDelete, params![now, limit]).await?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}

/// When the next account is to be deleted.
///
/// # Errors
/// [`crate::Error`].
pub async fn find_next_deletion(tx: &mut Tx<'_>) -> Result<Option<Time>> {
    Ok(tx.query_opt::<(Time,)>(Query::CustomerNextDeletion, params![]).await?.map(|(at,)| at))
}

/// Deletes an account: its row, sessions, consents and export, the person in its orders, and the serials and names of
/// its devices, with what the customer states of them.
/// The caller has locked the row, and releases the mail address.
///
/// # Errors
/// [`crate::Error`].
pub async fn delete(tx: &mut Tx<'_>, shard: i64, id: CustomerId) -> Result<()> {
    tx.exec_deferred(Query::CustomerDelete, params![shard, id]).await?;
    tx.exec_deferred(Query::SessionsDelete, params![id]).await?;
    tx.exec_deferred(Query::ConsentsDelete, params![shard, id]).await?;
    second_factor::delete(tx, shard, id).await?;
    federation::delete(tx, shard, id).await?;
    tx.exec_deferred(Query::TakeoverCountDelete, params![shard, id]).await?;
    export::delete(tx, shard, id).await?;
    tx.exec_deferred(Query::OrdersForgetPerson, params![id]).await?;
    slot_statement::delete_of_customer(tx, id).await?;
    tx.exec_deferred(Query::DevicesForgetSerial, params![id]).await
}
