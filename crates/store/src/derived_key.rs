//! Keys that were derived from an earlier master key and are still in use, sealed with the current one.
//!
//! What it is not: it never holds a key in clear. Invariant: one transaction writes all rows together with everything
//! else that is sealed, when the master key changes.

use crate::queries::Query;
use crate::value::{DbRow, FromRow, params};
use crate::{Result, Tx};
use opendrs_domain::time::Time;

/// A derived key as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DerivedKeyRow {
    /// The purpose for which it was derived.
    pub purpose: String,
    /// Its number among the keys of its purpose.
    pub number: i64,
    /// The key, sealed.
    pub sealed: Vec<u8>,
    /// When its use ends; `None` while the object that it protects exists.
    pub ends_at: Option<Time>,
}

impl FromRow for DerivedKeyRow {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        Ok(Self { purpose: row.get(0)?, number: row.get(1)?, sealed: row.get(2)?, ends_at: row.get(3)? })
    }
}

/// Every key, by purpose and number.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_all(tx: &mut Tx<'_>) -> Result<Vec<DerivedKeyRow>> {
    tx.query_all(Query::DerivedKeys, params![]).await
}

/// Replaces all keys by these.
///
/// # Errors
/// [`crate::Error`].
pub async fn replace_all(tx: &mut Tx<'_>, keys: &[DerivedKeyRow]) -> Result<()> {
    tx.exec(Query::DerivedKeysClear, params![]).await?;
    for DerivedKeyRow { purpose, number, sealed, ends_at } in keys {
        tx.exec_deferred(Query::DerivedKeyPut, params![purpose, *number, sealed.as_slice(), *ends_at]).await?;
    }
    Ok(())
}
