//! Keys that an earlier master key made and that are still in use, sealed with the present one.
//!
//! What it is not: it knows no key in clear. Invariant: all rows are written by one transaction, together with everything
//! else that is sealed, when the master key changes.

use crate::queries::Query;
use crate::value::{DbRow, FromRow, params};
use crate::{Result, Tx};
use opendrs_domain::time::Time;

/// A key as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DerivedKeyRow {
    /// What it is derived for.
    pub purpose: String,
    /// Which of several of its purpose.
    pub number: i64,
    /// The key, sealed.
    pub sealed: Vec<u8>,
    /// From when on it is not used; `None` as long as whatever it is for.
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

/// Puts these keys in the place of all that there are.
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
