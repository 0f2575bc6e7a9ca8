//! What customers granted to security profiles.

use crate::queries::Q;
use crate::value::{FromRow, Row, p};
use crate::{Error, Result, Tx};
use opendrs_domain::consent::{Consent, Mark};
use opendrs_domain::device::Families;
use opendrs_domain::id::{CustomerId, ProfileId};
use opendrs_domain::login::scope::Scopes;
use opendrs_domain::login::turn::Turns;
use opendrs_domain::time::Time;

fn scopes(row: &Row<'_>, column: usize) -> Result<Scopes> {
    let bits: i64 = row.get(column)?;
    let bad =
        |e: std::num::TryFromIntError| Error::BadRow { query: row.query.sql().name, column, found: e.to_string() };
    Ok(Scopes::from_bits(u8::try_from(bits).map_err(bad)?))
}

impl FromRow for Consent {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let revoked: String = row.get(1)?;
        let bad = |column, found: String| Error::BadRow { query: row.query.sql().name, column, found };
        Ok(Self {
            scopes: scopes(row, 0)?,
            revoked: Families::parse(&revoked).ok_or_else(|| bad(1, revoked))?,
            mark: row.get::<Option<i64>>(2)?.map(Mark::stored),
            ending_at: row.get(3)?,
        })
    }
}

/// A consent as its customer sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
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

impl FromRow for Given {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            profile: row.get(0)?,
            name: row.get(1)?,
            maker: row.get(2)?,
            scopes: scopes(row, 3)?,
            granted_at: row.get(4)?,
        })
    }
}

/// A consent that was withdrawn and whose devices were not all removed yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending {
    /// The customer's shard.
    pub shard: i64,
    /// The customer.
    pub customer: CustomerId,
    /// The profile.
    pub profile: ProfileId,
    /// Of which withdrawal.
    pub mark: Mark,
}

impl FromRow for Ending {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self { shard: row.get(0)?, customer: row.get(1)?, profile: row.get(2)?, mark: Mark::stored(row.get(3)?) })
    }
}

/// A customer's consent to a profile.
///
/// # Errors
/// [`crate::Error`].
pub async fn get(tx: &mut Tx<'_>, shard: i64, customer: CustomerId, profile: ProfileId) -> Result<Option<Consent>> {
    tx.opt(Q::ConsentRead, p![shard, customer, profile]).await
}

/// The same, held against other transactions until this one ends.
///
/// # Errors
/// [`crate::Error`].
pub async fn lock(tx: &mut Tx<'_>, shard: i64, customer: CustomerId, profile: ProfileId) -> Result<Option<Consent>> {
    tx.opt(Q::ConsentGet, p![shard, customer, profile]).await
}

/// Records what is granted now, all together.
///
/// # Errors
/// [`crate::Error`].
pub async fn put(
    tx: &mut Tx<'_>,
    shard: i64,
    (customer, profile): (CustomerId, ProfileId),
    scopes: Scopes,
    at: Time,
) -> Result<()> {
    tx.put(Q::ConsentPut, p![shard, customer, profile, i64::from(scopes.bits()), at]).await
}

/// Records the revoked families.
///
/// # Errors
/// [`crate::Error`].
pub async fn set_revoked(
    tx: &mut Tx<'_>,
    shard: i64,
    (customer, profile): (CustomerId, ProfileId),
    revoked: &Families,
) -> Result<()> {
    tx.put(Q::ConsentRevoke, p![shard, customer, profile, &revoked.to_string()]).await
}

/// Withdraws a consent: nothing is granted any more, and what was issued is dead.
///
/// # Errors
/// [`crate::Error`].
pub async fn withdraw(tx: &mut Tx<'_>, of: Ending, at: Time) -> Result<()> {
    tx.put(Q::ConsentWithdraw, p![of.shard, of.customer, of.profile, of.mark.as_stored(), at]).await
}

/// Records that no device is left that ends with a withdrawal.
///
/// # Errors
/// [`crate::Error`].
pub async fn ended(tx: &mut Tx<'_>, of: Ending) -> Result<()> {
    tx.put(Q::ConsentEnded, p![of.shard, of.customer, of.profile, of.mark.as_stored()]).await
}

/// Withdrawals that are not at their end yet, oldest first.
///
/// # Errors
/// [`crate::Error`].
pub async fn ending(tx: &mut Tx<'_>, now: Time, limit: i64) -> Result<Vec<Ending>> {
    tx.all(Q::ConsentsEnding, p![now, limit]).await
}

/// Everything that a customer consents to, oldest first.
///
/// # Errors
/// [`crate::Error`].
pub async fn of_customer(tx: &mut Tx<'_>, shard: i64, customer: CustomerId) -> Result<Vec<Given>> {
    tx.all(Q::ConsentsOfCustomer, p![shard, customer]).await
}

struct Standing(Consent, Turns);

impl FromRow for Standing {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let turns: String = row.get(4)?;
        let bad = |found| Error::BadRow { query: row.query.sql().name, column: 4, found };
        Ok(Self(Consent::from_row(row)?, Turns::parse(&turns).ok_or_else(|| bad(turns))?))
    }
}

/// A customer's consent to a profile, and where the refresh tokens under it stand, held against other transactions until
/// this one ends.
///
/// # Errors
/// [`crate::Error`].
pub async fn turns(
    tx: &mut Tx<'_>,
    shard: i64,
    (customer, profile): (CustomerId, ProfileId),
) -> Result<Option<(Consent, Turns)>> {
    let found: Option<Standing> = tx.opt(Q::ConsentTurns, p![shard, customer, profile]).await?;
    Ok(found.map(|Standing(consent, turns)| (consent, turns)))
}

/// Records the revoked families, and where the refresh tokens of the others stand.
///
/// # Errors
/// [`crate::Error`].
pub async fn set_turns(
    tx: &mut Tx<'_>,
    shard: i64,
    (customer, profile): (CustomerId, ProfileId),
    revoked: &Families,
    turns: &Turns,
) -> Result<()> {
    tx.put(Q::ConsentTurn, p![shard, customer, profile, &revoked.to_string(), &turns.to_string()]).await
}
