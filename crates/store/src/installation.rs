//! The installation's own row: shards, master key check, token keys, test clock.

use crate::queries::Q;
use crate::value::{FromRow, Row, p};
use crate::{Error, Result, Tx, Write};
use opendrs_domain::time::Time;

/// What a new installation begins with; an existing one is compared with it.
#[derive(Clone, Copy, Debug)]
pub struct New {
    /// Proves that the master key is the one the store was made with, without telling it.
    pub master_check: [u8; 32],
    /// Now.
    pub at: Time,
}

/// The installation's row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Installation {
    pub(crate) shards: i64,
    pub(crate) master_check: [u8; 32],
}

impl FromRow for Installation {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self { shards: row.get(0)?, master_check: row.get(1)? })
    }
}

/// Makes the installation's row and its first token key, unless they are there.
pub(crate) struct Install {
    pub(crate) new: New,
    pub(crate) shards: i64,
}

impl Write for Install {
    type Out = Installation;
    fn key(&self) -> u64 {
        0
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> Result<Installation> {
        tx.exec(Q::InstallationPut, p![self.shards, &self.new.master_check, self.new.at]).await?;
        tx.exec(Q::TokenKeyPut, p![1_i64, self.new.at]).await?;
        let fresh = Installation { shards: self.shards, master_check: self.new.master_check };
        Ok(tx.opt(Q::InstallationGet, p![]).await?.unwrap_or(fresh))
    }
}

/// Why nothing more is done with a master key that was in use.
pub const REPLACED: &str = "this store was encrypted anew under another master key (`opendrs keys rewrap`): start with the file \
     of that key (`keys.master_file`)";

async fn check(tx: &mut Tx<'_>, q: Q) -> Result<Option<[u8; 32]>> {
    Ok(tx.opt::<(Vec<u8>,)>(q, p![]).await?.and_then(|(check,)| check.try_into().ok()))
}

/// Whether the store has the master key of a proof.
///
/// # Errors
/// [`crate::Error`].
pub async fn has_master(tx: &mut Tx<'_>, proof: &[u8; 32]) -> Result<bool> {
    Ok(check(tx, Q::MasterCheck).await?.as_ref() == Some(proof))
}

/// Keeps the store under the master key of a proof until the transaction ends: for whoever writes what is sealed.
///
/// # Errors
/// [`crate::Error::Unavailable`] where it has got another one meanwhile.
pub async fn hold_master(tx: &mut Tx<'_>, proof: &[u8; 32]) -> Result<()> {
    match check(tx, Q::MasterCheckHeld).await?.as_ref() == Some(proof) {
        true => Ok(()),
        false => Err(Error::Unavailable(REPLACED.into())),
    }
}

/// Puts the store under another master key, by the proofs of both. Whoever does so seals anew what is sealed, in the same
/// transaction, and sets another version ([`crate::access::set_version`]).
///
/// # Errors
/// [`crate::Error::Open`] where it is not under the old one.
pub async fn replace_master(tx: &mut Tx<'_>, old: &[u8; 32], new: &[u8; 32]) -> Result<()> {
    if check(tx, Q::MasterCheckLock).await?.as_ref() != Some(old) {
        return Err(Error::Open(REPLACED.into()));
    }
    tx.exec(Q::MasterCheckSet, p![new]).await.map(drop)
}

/// A key that tokens are made with; the store holds its number alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenKey {
    /// Its number, from 1.
    pub number: i64,
    /// When it was made.
    pub created_at: Time,
    /// Since when its tokens are refused.
    pub retired_at: Option<Time>,
}

impl FromRow for TokenKey {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self { number: row.get(0)?, created_at: row.get(1)?, retired_at: row.get(2)? })
    }
}

/// The token keys, oldest first; retired ones stay, so that no number is given twice.
///
/// # Errors
/// [`crate::Error`].
pub async fn token_keys(tx: &mut Tx<'_>) -> Result<Vec<TokenKey>> {
    tx.all(Q::TokenKeys, p![]).await
}

/// Retires a token key, unless it was before. Whoever does so sets the version anew ([`crate::access::set_version`]).
///
/// # Errors
/// [`crate::Error`].
pub async fn retire_token_key(tx: &mut Tx<'_>, number: i64, at: Time) -> Result<()> {
    tx.put(Q::TokenKeyRetire, p![number, at]).await
}

/// Adds a token key; nothing happens if the number is taken.
///
/// # Errors
/// [`crate::Error`].
pub async fn add_token_key(tx: &mut Tx<'_>, number: i64, at: Time) -> Result<()> {
    tx.put(Q::TokenKeyPut, p![number, at]).await
}

/// The test clock's offset in microseconds and the time at which it stands still, if it ever was used.
///
/// # Errors
/// [`crate::Error`].
pub async fn clock(tx: &mut Tx<'_>) -> Result<(Option<i64>, Option<Time>)> {
    Ok(tx.opt(Q::ClockGet, p![]).await?.unwrap_or_default())
}

/// Keeps the test clock's state, so that a restart and the command line tell the same time.
///
/// # Errors
/// [`crate::Error`].
pub async fn set_clock(tx: &mut Tx<'_>, offset: i64, frozen_at: Option<Time>) -> Result<()> {
    tx.put(Q::ClockSet, p![offset, frozen_at]).await
}
