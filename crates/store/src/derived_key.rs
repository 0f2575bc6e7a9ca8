//! Keys that an earlier master key made and that are still in use, sealed with the present one.
//!
//! What it is not: it knows no key in clear. Invariant: all rows are written by one transaction, together with everything
//! else that is sealed, when the master key changes.

use crate::queries::Q;
use crate::value::{FromRow, Row, p};
use crate::{Result, Tx};
use opendrs_domain::time::Time;

/// A key as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DerivedKey {
    /// What it is derived for.
    pub purpose: String,
    /// Which of several of its purpose.
    pub number: i64,
    /// The key, sealed.
    pub sealed: Vec<u8>,
    /// From when on it is not used; `None` as long as whatever it is for.
    pub ends_at: Option<Time>,
}

impl FromRow for DerivedKey {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self { purpose: row.get(0)?, number: row.get(1)?, sealed: row.get(2)?, ends_at: row.get(3)? })
    }
}

/// Every key, by purpose and number.
///
/// # Errors
/// [`crate::Error`].
pub async fn all(tx: &mut Tx<'_>) -> Result<Vec<DerivedKey>> {
    tx.all(Q::DerivedKeys, p![]).await
}

/// Puts these keys in the place of all that there are.
///
/// # Errors
/// [`crate::Error`].
pub async fn replace(tx: &mut Tx<'_>, keys: &[DerivedKey]) -> Result<()> {
    tx.exec(Q::DerivedKeysClear, p![]).await?;
    for DerivedKey { purpose, number, sealed, ends_at } in keys {
        tx.put(Q::DerivedKeyPut, p![purpose, *number, sealed.as_slice(), *ends_at]).await?;
    }
    Ok(())
}
