//! What a customer granted to a security profile.

use crate::queries::Q;
use crate::value::{FromRow, Row, p};
use crate::{Error, Result, Tx};
use opendrs_domain::device::Families;
use opendrs_domain::id::{CustomerId, ProfileId};
use opendrs_domain::login::scope::Scopes;
use opendrs_domain::time::Time;

/// A consent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    /// Everything granted so far.
    pub scopes: Scopes,
    /// Token families that were revoked one by one.
    pub revoked: Families,
}

impl FromRow for Consent {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let (scopes, revoked): (i64, String) = (row.get(0)?, row.get(1)?);
        let bad = |column, found: String| Error::BadRow { query: row.query.sql().name, column, found };
        Ok(Self {
            scopes: Scopes::from_bits(u8::try_from(scopes).map_err(|e| bad(0, e.to_string()))?),
            revoked: Families::parse(&revoked).ok_or_else(|| bad(1, revoked))?,
        })
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
