//! Takeovers of units from another customer, and how often each customer attempted one.
//!
//! Invariant: the attempts of a customer are counted in the customer's own shard.

use crate::queries::Query;
use crate::value::{DbRow, FromRow, params};
use crate::{Error, Result, Tx};
use opendrs_domain::consent::ConsentGeneration;
use opendrs_domain::device::DeviceRef;
use opendrs_domain::id::{CustomerId, DeviceId};
use opendrs_domain::takeover::{Takeover, TakeoverAttempts, TakeoverState};
use opendrs_domain::text::{ModelCode, Serial};
use opendrs_domain::time::Time;

impl FromRow for Takeover {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        let state: String = row.get(2)?;
        let bad = |found| Error::InvalidRow { query: row.query.sql().name, column: 2, found };
        Ok(Self {
            device: row.get(0)?,
            customer: row.get(1)?,
            state: TakeoverState::parse(&state).ok_or_else(|| bad(state))?,
            answer_by: row.get(3)?,
            successor: row.get(4)?,
            consent_generation: row.get::<Option<i64>>(5)?.map(ConsentGeneration::from_stored),
        })
    }
}

/// A customer's takeover of a registration; the shard is the unit's.
///
/// # Errors
/// [`crate::Error`].
pub async fn find(tx: &mut Tx<'_>, device: DeviceRef, customer: CustomerId) -> Result<Option<Takeover>> {
    tx.query_opt(Query::TakeoverGet, params![device.shard, device.id, customer]).await
}

/// A customer's takeover of a registration, locked until this transaction ends.
///
/// # Errors
/// [`crate::Error`].
pub async fn lock(tx: &mut Tx<'_>, device: DeviceRef, customer: CustomerId) -> Result<Option<Takeover>> {
    tx.query_opt(Query::TakeoverLock, params![device.shard, device.id, customer]).await
}

/// Records a takeover or its new state.
///
/// # Errors
/// [`crate::Error`].
pub async fn upsert(tx: &mut Tx<'_>, shard: i64, takeover: &Takeover) -> Result<()> {
    let Takeover { device, customer, state, answer_by, successor, consent_generation: consent } = takeover;
    let consent = consent.map(ConsentGeneration::to_stored);
    tx.exec_deferred(
        Query::TakeoverPut,
        params![shard, *device, *customer, state.as_str(), *answer_by, *successor, consent],
    )
    .await
}

/// Removes at most `limit` takeovers whose time to answer ended before a moment, and returns their number.
///
/// # Errors
/// [`crate::Error`].
pub async fn purge(tx: &mut Tx<'_>, before: Time, limit: i64) -> Result<u64> {
    tx.exec(Query::TakeoverPurge, params![before, limit]).await
}

impl FromRow for TakeoverAttempts {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        let text: String = row.get(0)?;
        let bad = |found| Error::InvalidRow { query: row.query.sql().name, column: 0, found };
        TakeoverAttempts::parse(&text).ok_or_else(|| bad(text))
    }
}

/// A customer's recent attempts, locked until this transaction ends; the shard is the customer's.
///
/// # Errors
/// [`crate::Error`].
pub async fn lock_attempts(tx: &mut Tx<'_>, shard: i64, customer: CustomerId) -> Result<TakeoverAttempts> {
    // From the first attempt on there is a row to lock.
    tx.exec(Query::TakeoverCountBegin, params![shard, customer]).await?;
    Ok(tx.query_opt(Query::TakeoverCountLock, params![shard, customer]).await?.unwrap_or_default())
}

/// Records a customer's attempts.
///
/// # Errors
/// [`crate::Error`].
pub async fn save_attempts(
    tx: &mut Tx<'_>,
    shard: i64,
    customer: CustomerId,
    attempts: &TakeoverAttempts,
) -> Result<()> {
    tx.exec_deferred(Query::TakeoverCountSet, params![shard, customer, &attempts.to_string()]).await
}

/// A customer's recent attempts; the shard is the customer's.
///
/// # Errors
/// [`crate::Error`].
pub async fn find_attempts(tx: &mut Tx<'_>, shard: i64, customer: CustomerId) -> Result<TakeoverAttempts> {
    Ok(tx.query_opt(Query::TakeoverCountRead, params![shard, customer]).await?.unwrap_or_default())
}

/// A takeover that a customer began, with the unit that it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BegunTakeover {
    /// The registration that it ends, which belongs to another customer.
    pub device: DeviceId,
    /// The code of the unit's model.
    pub model: ModelCode,
    /// The unit's serial.
    pub serial: Serial,
    /// The takeover's state.
    pub state: TakeoverState,
    /// Until when it may be answered or completed.
    pub answer_by: Time,
}

impl FromRow for BegunTakeover {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        let state: String = row.get(3)?;
        let bad = |found| Error::InvalidRow { query: row.query.sql().name, column: 3, found };
        Ok(Self {
            device: row.get(0)?,
            model: row.get(1)?,
            serial: row.get(2)?,
            state: TakeoverState::parse(&state).ok_or_else(|| bad(state))?,
            answer_by: row.get(4)?,
        })
    }
}

/// The takeovers that a customer began, after a registration, in the order of registrations.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_begun_after(
    tx: &mut Tx<'_>,
    customer: CustomerId,
    after: DeviceId,
    limit: i64,
) -> Result<Vec<BegunTakeover>> {
    tx.query_all(Query::TakeoversOfCustomer, params![customer, after, limit]).await
}

/// The takeovers of a registration by other customers, after one customer, in the order of customers.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_of_device_after(
    tx: &mut Tx<'_>,
    device: DeviceRef,
    after: CustomerId,
    limit: i64,
) -> Result<Vec<Takeover>> {
    tx.query_all(Query::TakeoversOfDevice, params![device.shard, device.id, after, limit]).await
}
