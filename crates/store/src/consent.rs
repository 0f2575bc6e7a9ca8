//! Consents: what customers granted to security profiles.
//!
//! Invariant: a withdrawal changes the consent's generation, so that no token issued before it is accepted.

use crate::queries::Query;
use crate::value::{DbRow, FromRow, params};
use crate::{Error, Result, Tx};
use opendrs_domain::consent::{Consent, ConsentGeneration};
use opendrs_domain::device::RevokedFamilies;
use opendrs_domain::id::{CustomerId, ProfileId};
use opendrs_domain::login::refresh_rotation::RotationState;
use opendrs_domain::login::scope::Scopes;
use opendrs_domain::time::Time;

fn read_scopes(row: &DbRow<'_>, column: usize) -> Result<Scopes> {
    let bits: i64 = row.get(column)?;
    let bad =
        |e: std::num::TryFromIntError| Error::InvalidRow { query: row.query.sql().name, column, found: e.to_string() };
    Ok(Scopes::from_bits(u8::try_from(bits).map_err(bad)?))
}

impl FromRow for Consent {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        let revoked: String = row.get(1)?;
        let bad = |column, found: String| Error::InvalidRow { query: row.query.sql().name, column, found };
        Ok(Self {
            scopes: read_scopes(row, 0)?,
            revoked_families: RevokedFamilies::parse(&revoked).ok_or_else(|| bad(1, revoked))?,
            generation: row.get::<Option<i64>>(2)?.map(ConsentGeneration::from_stored),
            withdrawal_pending_since: row.get(3)?,
        })
    }
}

/// A consent as its customer sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsentSummary {
    /// The profile.
    pub profile: ProfileId,
    /// The profile's name.
    pub name: String,
    /// The name of the profile's maker.
    pub maker: String,
    /// All scopes granted so far.
    pub scopes: Scopes,
    /// When consent was granted.
    pub granted_at: Time,
}

impl FromRow for ConsentSummary {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        Ok(Self {
            profile: row.get(0)?,
            name: row.get(1)?,
            maker: row.get(2)?,
            scopes: read_scopes(row, 3)?,
            granted_at: row.get(4)?,
        })
    }
}

/// A withdrawn consent whose devices are not all removed yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PendingWithdrawal {
    /// The customer's shard.
    pub shard: i64,
    /// The customer.
    pub customer: CustomerId,
    /// The profile.
    pub profile: ProfileId,
    /// The generation that the withdrawal began.
    pub generation: ConsentGeneration,
}

impl FromRow for PendingWithdrawal {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        Ok(Self {
            shard: row.get(0)?,
            customer: row.get(1)?,
            profile: row.get(2)?,
            generation: ConsentGeneration::from_stored(row.get(3)?),
        })
    }
}

/// A customer's consent to a profile.
///
/// # Errors
/// [`crate::Error`].
pub async fn find(tx: &mut Tx<'_>, shard: i64, customer: CustomerId, profile: ProfileId) -> Result<Option<Consent>> {
    tx.query_opt(Query::ConsentRead, params![shard, customer, profile]).await
}

/// A customer's consent to a profile, locked until this transaction ends.
///
/// # Errors
/// [`crate::Error`].
pub async fn lock(tx: &mut Tx<'_>, shard: i64, customer: CustomerId, profile: ProfileId) -> Result<Option<Consent>> {
    tx.query_opt(Query::ConsentGet, params![shard, customer, profile]).await
}

/// Records the scopes granted now, together with those granted before.
///
/// # Errors
/// [`crate::Error`].
pub async fn upsert(
    tx: &mut Tx<'_>,
    shard: i64,
    customer: CustomerId,
    profile: ProfileId,
    scopes: Scopes,
    at: Time,
) -> Result<()> {
    tx.exec_deferred(Query::ConsentPut, params![shard, customer, profile, i64::from(scopes.bits()), at]).await
}

/// Records the revoked token families.
///
/// # Errors
/// [`crate::Error`].
pub async fn set_revoked_families(
    tx: &mut Tx<'_>,
    shard: i64,
    customer: CustomerId,
    profile: ProfileId,
    revoked: &RevokedFamilies,
) -> Result<()> {
    tx.exec_deferred(Query::ConsentRevoke, params![shard, customer, profile, &revoked.to_string()]).await
}

/// Withdraws a consent: all scopes end, and all tokens issued under it are refused.
///
/// # Errors
/// [`crate::Error`].
pub async fn withdraw(tx: &mut Tx<'_>, of: PendingWithdrawal, at: Time) -> Result<()> {
    tx.exec_deferred(Query::ConsentWithdraw, params![of.shard, of.customer, of.profile, of.generation.to_stored(), at])
        .await
}

/// Records that the last device that ends with a withdrawal is removed.
///
/// # Errors
/// [`crate::Error`].
pub async fn finish_withdrawal(tx: &mut Tx<'_>, of: PendingWithdrawal) -> Result<()> {
    tx.exec_deferred(Query::ConsentEnded, params![of.shard, of.customer, of.profile, of.generation.to_stored()]).await
}

/// Withdrawals that are not finished yet, oldest first.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_pending_withdrawals(tx: &mut Tx<'_>, now: Time, limit: i64) -> Result<Vec<PendingWithdrawal>> {
    tx.query_all(Query::ConsentsEnding, params![now, limit]).await
}

/// All consents of a customer, oldest first.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_by_customer(tx: &mut Tx<'_>, shard: i64, customer: CustomerId) -> Result<Vec<ConsentSummary>> {
    tx.query_all(Query::ConsentsOfCustomer, params![shard, customer]).await
}

struct ConsentRotationRow(Consent, RotationState);

impl FromRow for ConsentRotationRow {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        let rotation: String = row.get(4)?;
        let bad = |found| Error::InvalidRow { query: row.query.sql().name, column: 4, found };
        Ok(Self(Consent::from_row(row)?, RotationState::parse(&rotation).ok_or_else(|| bad(rotation))?))
    }
}

/// A customer's consent to a profile and the rotation state of its refresh tokens, locked until this transaction ends.
///
/// # Errors
/// [`crate::Error`].
pub async fn lock_with_rotation(
    tx: &mut Tx<'_>,
    shard: i64,
    customer: CustomerId,
    profile: ProfileId,
) -> Result<Option<(Consent, RotationState)>> {
    let found: Option<ConsentRotationRow> =
        tx.query_opt(Query::ConsentRotationLock, params![shard, customer, profile]).await?;
    Ok(found.map(|ConsentRotationRow(consent, rotation)| (consent, rotation)))
}

/// Records the revoked token families and the rotation state of the others.
///
/// # Errors
/// [`crate::Error`].
pub async fn save_rotation(
    tx: &mut Tx<'_>,
    shard: i64,
    customer: CustomerId,
    profile: ProfileId,
    revoked: &RevokedFamilies,
    rotation: &RotationState,
) -> Result<()> {
    tx.exec_deferred(
        Query::ConsentRotationSet,
        params![shard, customer, profile, &revoked.to_string(), &rotation.to_string()],
    )
    .await
}

/// A customer's consents after one, in the order of their profiles; also those that were withdrawn, without scopes.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_after(
    tx: &mut Tx<'_>,
    shard: i64,
    customer: CustomerId,
    after: ProfileId,
    limit: i64,
) -> Result<Vec<ConsentSummary>> {
    tx.query_all(Query::ConsentsAfter, params![shard, customer, after, limit]).await
}
