//! Identities at a provider, and the customers whom they sign in.
//!
//! Not here: who may link one. Invariant: an identity belongs to one customer, and a customer has at most one. Both rows
//! change in one transaction, under a lock of the customer's row.

use crate::queries::Query;
use crate::value::{DbRow, FromRow, params};
use crate::{Result, Tx};
use opendrs_domain::id::CustomerId;
use opendrs_domain::time::Time;

/// The place of an identity: its shard and its digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdentityKey {
    /// The shard that the digest belongs to.
    pub shard: i64,
    /// The keyed digest of issuer and subject.
    pub digest: [u8; 32],
}

/// A customer's identity at a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomerIdentity {
    /// The identity.
    pub key: IdentityKey,
    /// The provider's issuer.
    pub issuer: String,
    /// When it was linked.
    pub since: Time,
}

impl FromRow for CustomerIdentity {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        let key = IdentityKey { shard: row.get(0)?, digest: row.get(1)? };
        Ok(Self { key, issuer: row.get(2)?, since: row.get(3)? })
    }
}

/// The customer whom an identity signs in.
///
/// # Errors
/// [`crate::Error`].
pub async fn find_customer(tx: &mut Tx<'_>, key: &IdentityKey) -> Result<Option<CustomerId>> {
    let values = params![key.shard, key.digest.as_slice()];
    Ok(tx.query_opt::<(CustomerId,)>(Query::IdentityCustomer, values).await?.map(|(id,)| id))
}

/// A customer's identity, if there is one.
///
/// # Errors
/// [`crate::Error`].
pub async fn find_identity(tx: &mut Tx<'_>, shard: i64, id: CustomerId) -> Result<Option<CustomerIdentity>> {
    tx.query_opt(Query::CustomerIdentity, params![shard, id]).await
}

/// Reserves an identity for a customer; `false` if it belongs to a customer already.
///
/// # Errors
/// [`crate::Error`].
pub async fn claim(tx: &mut Tx<'_>, key: &IdentityKey, id: CustomerId) -> Result<bool> {
    Ok(tx.exec(Query::IdentityClaim, params![key.shard, key.digest.as_slice(), id]).await? > 0)
}

/// Releases an identity of a customer.
///
/// # Errors
/// [`crate::Error`].
pub async fn release(tx: &mut Tx<'_>, key: &IdentityKey, id: CustomerId) -> Result<()> {
    tx.exec_deferred(Query::IdentityDelete, params![key.shard, key.digest.as_slice(), id]).await
}

/// Gives a claimed identity to a customer, in place of an earlier one.
///
/// # Errors
/// [`crate::Error`].
pub async fn set_identity(tx: &mut Tx<'_>, shard: i64, id: CustomerId, identity: &CustomerIdentity) -> Result<()> {
    delete(tx, shard, id).await?;
    let CustomerIdentity { key, issuer, since } = identity;
    let values = params![shard, id, key.shard, key.digest.as_slice(), issuer.as_str(), *since];
    tx.exec_deferred(Query::CustomerIdentityPut, values).await
}

/// Removes a customer's identity; `false` if there is none.
///
/// # Errors
/// [`crate::Error`].
pub async fn delete(tx: &mut Tx<'_>, shard: i64, id: CustomerId) -> Result<bool> {
    let Some(found) = find_identity(tx, shard, id).await? else { return Ok(false) };
    release(tx, &found.key, id).await?;
    tx.exec_deferred(Query::CustomerIdentityDelete, params![shard, id]).await?;
    Ok(true)
}
