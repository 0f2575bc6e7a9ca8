//! The installation's own row: shards, master key check, token keys, test clock.
//!
//! Invariant: an installation has one row, and its shards never change.

use crate::queries::Query;
use crate::value::{DbRow, FromRow, params};
use crate::{Command, Error, Result, Tx};
use opendrs_domain::time::Time;

/// The values of a new installation; an existing one is compared with them.
#[derive(Clone, Copy, Debug)]
pub struct NewInstallation {
    /// Proves that the master key is the one of the store, without revealing it.
    pub master_check: [u8; 32],
    /// The current time.
    pub at: Time,
}

/// The installation's row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InstallationRow {
    pub(crate) shards: i64,
    pub(crate) master_check: [u8; 32],
}

impl FromRow for InstallationRow {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        Ok(Self { shards: row.get(0)?, master_check: row.get(1)? })
    }
}

/// Creates the installation's row and its first token key, unless they exist.
pub(crate) struct CreateInstallation {
    pub(crate) initial: NewInstallation,
    pub(crate) shards: i64,
}

impl Command for CreateInstallation {
    type Output = InstallationRow;
    fn ordering_key(&self) -> u64 {
        0
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> Result<InstallationRow> {
        tx.exec(Query::InstallationPut, params![self.shards, &self.initial.master_check, self.initial.at]).await?;
        tx.exec(Query::TokenKeyPut, params![1_i64, self.initial.at]).await?;
        let fresh = InstallationRow { shards: self.shards, master_check: self.initial.master_check };
        Ok(tx.query_opt(Query::InstallationGet, params![]).await?.unwrap_or(fresh))
    }
}

/// The error for an operation under a master key that was replaced.
pub const MASTER_KEY_REPLACED: &str = "this store was encrypted anew under another master key (`opendrs keys rewrap`): start with the file \
     of that key (`keys.master_file`)";

async fn read_master_check(tx: &mut Tx<'_>, q: Query) -> Result<Option<[u8; 32]>> {
    Ok(tx.query_opt::<(Vec<u8>,)>(q, params![]).await?.and_then(|(check,)| check.try_into().ok()))
}

/// Whether the store's master key has this proof.
///
/// # Errors
/// [`crate::Error`].
pub async fn has_master_key(tx: &mut Tx<'_>, proof: &[u8; 32]) -> Result<bool> {
    Ok(read_master_check(tx, Query::MasterCheck).await?.as_ref() == Some(proof))
}

/// Keeps the store's master key until the transaction ends, for transactions that write sealed data.
///
/// # Errors
/// [`crate::Error::Unavailable`] if the master key was replaced meanwhile.
pub async fn hold_master_key(tx: &mut Tx<'_>, proof: &[u8; 32]) -> Result<()> {
    if read_master_check(tx, Query::MasterCheckHeld).await?.as_ref() == Some(proof) {
        Ok(())
    } else {
        Err(Error::Unavailable(MASTER_KEY_REPLACED.into()))
    }
}

/// Replaces the store's master key, by the proofs of both. The caller seals all sealed data again in the same
/// transaction, and sets another version ([`crate::access::set_version`]).
///
/// # Errors
/// [`crate::Error::CannotOpen`] if the store's key is not the old one.
pub async fn replace_master_key(tx: &mut Tx<'_>, old: &[u8; 32], new: &[u8; 32]) -> Result<()> {
    if read_master_check(tx, Query::MasterCheckLock).await?.as_ref() != Some(old) {
        return Err(Error::CannotOpen(MASTER_KEY_REPLACED.into()));
    }
    tx.exec(Query::MasterCheckSet, params![new]).await.map(drop)
}

/// A token key. The store holds its number only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenKeyRow {
    /// Its number, from 1.
    pub number: i64,
    /// When it was made.
    pub created_at: Time,
    /// When it was retired. From then on its tokens are refused.
    pub retired_at: Option<Time>,
}

impl FromRow for TokenKeyRow {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        Ok(Self { number: row.get(0)?, created_at: row.get(1)?, retired_at: row.get(2)? })
    }
}

/// The token keys, oldest first. Retired ones stay, so that no number is used twice.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_token_keys(tx: &mut Tx<'_>) -> Result<Vec<TokenKeyRow>> {
    tx.query_all(Query::TokenKeys, params![]).await
}

/// Retires a token key, unless it is retired. The caller also sets another version ([`crate::access::set_version`]).
///
/// # Errors
/// [`crate::Error`].
pub async fn retire_token_key(tx: &mut Tx<'_>, number: i64, at: Time) -> Result<()> {
    tx.exec_deferred(Query::TokenKeyRetire, params![number, at]).await
}

/// Adds a token key; does nothing if the number is taken.
///
/// # Errors
/// [`crate::Error`].
pub async fn insert_token_key(tx: &mut Tx<'_>, number: i64, at: Time) -> Result<()> {
    tx.exec_deferred(Query::TokenKeyPut, params![number, at]).await
}

/// The test clock's offset in microseconds and the time at which it is frozen, if it was ever used.
///
/// # Errors
/// [`crate::Error`].
pub async fn load_test_clock(tx: &mut Tx<'_>) -> Result<(Option<i64>, Option<Time>)> {
    Ok(tx.query_opt(Query::ClockGet, params![]).await?.unwrap_or_default())
}

/// Saves the test clock's state, so that a restart and the command line use the same time.
///
/// # Errors
/// [`crate::Error`].
pub async fn save_test_clock(tx: &mut Tx<'_>, offset: i64, frozen_at: Option<Time>) -> Result<()> {
    tx.exec_deferred(Query::ClockSet, params![offset, frozen_at]).await
}
