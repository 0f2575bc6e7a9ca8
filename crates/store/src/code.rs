//! Authorization codes, stored by their hash.
//!
//! Invariant: a code's text is not stored.

use crate::queries::Query;
use crate::value::{DbRow, FromRow, params};
use crate::{Error, Result, Tx};
use opendrs_domain::device::DeviceRef;
use opendrs_domain::id::DeviceId;
use opendrs_domain::login::code::AuthorizationCode;
use opendrs_domain::login::scope::Scopes;
use opendrs_domain::time::Time;
use opendrs_domain::token::TokenGenerations;

impl FromRow for AuthorizationCode {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        let bad = |column, found: String| Error::InvalidRow { query: row.query.sql().name, column, found };
        let device: Option<DeviceId> = row.get(2)?;
        let shard: i64 = row.get(1)?;
        let challenge: Option<String> = row.get(6)?;
        let (scopes, family): (i64, i64) = (row.get(7)?, row.get(8)?);
        Ok(Self {
            hash: row.get(0)?,
            device: device.map(|id| DeviceRef { shard, id }),
            customer: row.get(3)?,
            client: row.get(4)?,
            redirect_uri: row.get(5)?,
            challenge: challenge
                .map(|text| serde_json::from_str(&text))
                .transpose()
                .map_err(|e| bad(6, e.to_string()))?,
            scopes: Scopes::from_bits(u8::try_from(scopes).map_err(|e| bad(7, e.to_string()))?),
            family: family.cast_unsigned(),
            expires_at: row.get(9)?,
            used_at: row.get(10)?,
            generations: TokenGenerations {
                client: u32::try_from(row.get::<i64>(11)?).map_err(|e| bad(11, e.to_string()))?,
                customer: u32::try_from(row.get::<i64>(12)?).map_err(|e| bad(12, e.to_string()))?,
            },
        })
    }
}

/// A code by its hash, locked until this transaction ends. So of two transactions that redeem a code, one waits for the
/// other.
///
/// # Errors
/// [`crate::Error`].
pub async fn lock(tx: &mut Tx<'_>, shard: i64, hash: &[u8; 32]) -> Result<Option<AuthorizationCode>> {
    tx.query_opt(Query::CodeGet, params![shard, hash]).await
}

/// Adds a code.
///
/// # Errors
/// [`crate::Error`].
pub async fn insert(tx: &mut Tx<'_>, shard: i64, code: &AuthorizationCode) -> Result<()> {
    let challenge = code.challenge.as_ref().and_then(|c| serde_json::to_string(c).ok());
    let params = params![
        shard,
        &code.hash,
        code.device.map_or(-1, |device| device.shard),
        code.device.map(|device| device.id),
        code.customer,
        code.client,
        &code.redirect_uri,
        challenge.as_deref(),
        i64::from(code.scopes.bits()),
        code.family.cast_signed(),
        code.expires_at,
        i64::from(code.generations.client),
        i64::from(code.generations.customer)
    ];
    tx.exec_deferred(Query::CodePut, params).await
}

/// Marks a code as used.
///
/// # Errors
/// [`crate::Error`].
pub async fn mark_used(tx: &mut Tx<'_>, shard: i64, hash: &[u8; 32], at: Time) -> Result<()> {
    tx.exec_deferred(Query::CodeMarkUsed, params![shard, hash, at]).await
}

/// Removes at most `limit` codes that expired before a moment, and returns their number.
///
/// # Errors
/// [`crate::Error`].
pub async fn purge(tx: &mut Tx<'_>, before: Time, limit: i64) -> Result<u64> {
    tx.exec(Query::CodePurge, params![before, limit]).await
}
