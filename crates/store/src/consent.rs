//! What customers granted to security profiles.

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
    /// Its name.
    pub name: String,
    /// The name of its maker.
    pub maker: String,
    /// Everything granted so far.
    pub scopes: Scopes,
    /// Since when.
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

/// A consent that was withdrawn and whose devices were not all removed yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PendingWithdrawal {
    /// The customer's shard.
    pub shard: i64,
    /// The customer.
    pub customer: CustomerId,
    /// The profile.
    pub profile: ProfileId,
    /// Of which withdrawal.
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

/// The same, held against other transactions until this one ends.
///
/// # Errors
/// [`crate::Error`].
pub async fn lock(tx: &mut Tx<'_>, shard: i64, customer: CustomerId, profile: ProfileId) -> Result<Option<Consent>> {
    tx.query_opt(Query::ConsentGet, params![shard, customer, profile]).await
}

/// Records what is granted now, all together.
///
/// # Errors
/// [`crate::Error`].
pub async fn upsert(
    tx: &mut Tx<'_>,
    shard: i64,
    (customer, profile): (CustomerId, ProfileId),
    scopes: Scopes,
    at: Time,
) -> Result<()> {
    tx.exec_deferred(Query::ConsentPut, params![shard, customer, profile, i64::from(scopes.bits()), at]).await
}

/// Records the revoked families.
///
/// # Errors
/// [`crate::Error`].
pub async fn set_revoked_families(
    tx: &mut Tx<'_>,
    shard: i64,
    (customer, profile): (CustomerId, ProfileId),
    revoked: &RevokedFamilies,
) -> Result<()> {
    tx.exec_deferred(Query::ConsentRevoke, params![shard, customer, profile, &revoked.to_string()]).await
}

/// Withdraws a consent: nothing is granted any more, and what was issued is dead.
///
/// # Errors
/// [`crate::Error`].
pub async fn withdraw(tx: &mut Tx<'_>, of: PendingWithdrawal, at: Time) -> Result<()> {
    tx.exec_deferred(Query::ConsentWithdraw, params![of.shard, of.customer, of.profile, of.generation.to_stored(), at])
        .await
}

/// Records that no device is left that ends with a withdrawal.
///
/// # Errors
/// [`crate::Error`].
pub async fn finish_withdrawal(tx: &mut Tx<'_>, of: PendingWithdrawal) -> Result<()> {
    tx.exec_deferred(Query::ConsentEnded, params![of.shard, of.customer, of.profile, of.generation.to_stored()]).await
}

/// Withdrawals that are not at their end yet, oldest first.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_pending_withdrawals(tx: &mut Tx<'_>, now: Time, limit: i64) -> Result<Vec<PendingWithdrawal>> {
    tx.query_all(Query::ConsentsEnding, params![now, limit]).await
}

/// Everything that a customer consents to, oldest first.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_by_customer(tx: &mut Tx<'_>, shard: i64, customer: CustomerId) -> Result<Vec<ConsentSummary>> {
    tx.query_all(Query::ConsentsOfCustomer, params![shard, customer]).await
}

struct ConsentRotationRow(Consent, RotationState);

impl FromRow for ConsentRotationRow {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        let turns: String = row.get(4)?;
        let bad = |found| Error::InvalidRow { query: row.query.sql().name, column: 4, found };
        Ok(Self(Consent::from_row(row)?, RotationState::parse(&turns).ok_or_else(|| bad(turns))?))
    }
}

/// A customer's consent to a profile, and where the refresh tokens under it stand, held against other transactions until
/// this one ends.
///
/// # Errors
/// [`crate::Error`].
pub async fn lock_with_rotation(
    tx: &mut Tx<'_>,
    shard: i64,
    (customer, profile): (CustomerId, ProfileId),
) -> Result<Option<(Consent, RotationState)>> {
    let found: Option<ConsentRotationRow> =
        tx.query_opt(Query::ConsentRotationLock, params![shard, customer, profile]).await?;
    Ok(found.map(|ConsentRotationRow(consent, turns)| (consent, turns)))
}

/// Records the revoked families, and where the refresh tokens of the others stand.
///
/// # Errors
/// [`crate::Error`].
pub async fn save_rotation(
    tx: &mut Tx<'_>,
    shard: i64,
    (customer, profile): (CustomerId, ProfileId),
    revoked: &RevokedFamilies,
    turns: &RotationState,
) -> Result<()> {
    tx.exec_deferred(
        Query::ConsentRotationSet,
        params![shard, customer, profile, &revoked.to_string(), &turns.to_string()],
    )
    .await
}
