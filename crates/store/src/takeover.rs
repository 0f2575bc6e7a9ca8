//! Takeovers of units that belong to another customer, and how often each customer attempted one.

use crate::queries::Q;
use crate::value::{FromRow, Row, p};
use crate::{Error, Result, Tx};
use opendrs_domain::consent::Mark;
use opendrs_domain::id::{CustomerId, DeviceId};
use opendrs_domain::takeover::{Attempts, State, Takeover};
use opendrs_domain::time::Time;

impl FromRow for Takeover {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let state: String = row.get(2)?;
        let bad = |found| Error::BadRow { query: row.query.sql().name, column: 2, found };
        Ok(Self {
            device: row.get(0)?,
            customer: row.get(1)?,
            state: State::parse(&state).ok_or_else(|| bad(state))?,
            answer_by: row.get(3)?,
            successor: row.get(4)?,
            consent: row.get::<Option<i64>>(5)?.map(Mark::stored),
        })
    }
}

/// A customer's takeover of a registration; the shard is the unit's.
///
/// # Errors
/// [`crate::Error`].
pub async fn get(tx: &mut Tx<'_>, shard: i64, device: DeviceId, customer: CustomerId) -> Result<Option<Takeover>> {
    tx.opt(Q::TakeoverGet, p![shard, device, customer]).await
}

/// The same, held against other transactions until this one ends.
///
/// # Errors
/// [`crate::Error`].
pub async fn lock(tx: &mut Tx<'_>, shard: i64, device: DeviceId, customer: CustomerId) -> Result<Option<Takeover>> {
    tx.opt(Q::TakeoverLock, p![shard, device, customer]).await
}

/// Records a takeover, or how far it is now.
///
/// # Errors
/// [`crate::Error`].
pub async fn put(tx: &mut Tx<'_>, shard: i64, takeover: &Takeover) -> Result<()> {
    let Takeover { device, customer, state, answer_by, successor, consent } = takeover;
    let consent = consent.map(Mark::as_stored);
    tx.put(Q::TakeoverPut, p![shard, *device, *customer, state.as_str(), *answer_by, *successor, consent]).await
}

/// Removes at most `limit` takeovers that could be answered until before a moment; says how many.
///
/// # Errors
/// [`crate::Error`].
pub async fn purge(tx: &mut Tx<'_>, before: Time, limit: i64) -> Result<u64> {
    tx.exec(Q::TakeoverPurge, p![before, limit]).await
}

impl FromRow for Attempts {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let text: String = row.get(0)?;
        let bad = |found| Error::BadRow { query: row.query.sql().name, column: 0, found };
        Attempts::parse(&text).ok_or_else(|| bad(text))
    }
}

/// A customer's attempts of late, held against other transactions until this one ends; the shard is the customer's.
///
/// # Errors
/// [`crate::Error`].
pub async fn attempts(tx: &mut Tx<'_>, shard: i64, customer: CustomerId) -> Result<Attempts> {
    // There is a row to hold from the first attempt on.
    tx.exec(Q::TakeoverCountBegin, p![shard, customer]).await?;
    Ok(tx.opt(Q::TakeoverCountLock, p![shard, customer]).await?.unwrap_or_default())
}

/// Records a customer's attempts.
///
/// # Errors
/// [`crate::Error`].
pub async fn set_attempts(tx: &mut Tx<'_>, shard: i64, customer: CustomerId, attempts: &Attempts) -> Result<()> {
    tx.put(Q::TakeoverCountSet, p![shard, customer, &attempts.to_string()]).await
}
