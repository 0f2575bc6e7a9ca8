//! The installation's keys, and the state by which tokens are judged.
//!
//! What it is: the list of token keys, rotated and retired; [`installation_keys`] holds what a node knows of them.
//! Invariant: a node's copy of keys and clients has the access version that the store had when it was read. Whoever
//! accepts a token compares that version with the one that its own statement finds ([`crate::token`]). So a retired key
//! or a disabled client is refused immediately on every node.

mod access_state;
mod installation_keys;

pub(crate) use access_state::TOKEN_PURPOSE;
pub use installation_keys::master_key_check;
pub(crate) use installation_keys::{
    ENDPOINT_DIGEST_PURPOSE, IDENTITY_PURPOSE, InstallationKeys, PERMANENT_PURPOSES, SECOND_FACTOR_PURPOSE,
};
pub use opendrs_store::installation::TokenKeyRow;

use crate::{App, Error, Result};
use opendrs_domain::time::Time;
use opendrs_store::access::{self, AccessVersion};
use opendrs_store::{Command, Tx, installation};

/// The access version that the next change of clients or keys sets.
pub(crate) fn next_access_version(app: &App) -> AccessVersion {
    AccessVersion(i64::from_be_bytes(app.ephemeral_ids.random_bytes()))
}

/// The token keys, oldest first; the last one makes new tokens.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn list_token_keys(app: &App) -> Result<Vec<TokenKeyRow>> {
    let mut reader = app.db.reader().await?;
    Ok(installation::list_token_keys(&mut reader.tx()?).await?)
}

/// Checks whether another node, or the command line, changed keys or clients.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn refresh(app: &App) -> Result<()> {
    app.keys.reload(&app.db).await.map(drop)
}

/// Adds a token key, which makes new tokens from now on. Tokens of older keys stay valid. Returns its number.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn rotate_token_key(app: &App) -> Result<i64> {
    let number = list_token_keys(app).await?.last().map_or(1, |key| key.number + 1);
    app.db.write(AddTokenKey { number, at: app.now(), version: next_access_version(app) }).await?;
    app.keys.reload(&app.db).await?;
    Ok(number)
}

struct AddTokenKey {
    number: i64,
    at: Time,
    version: AccessVersion,
}

impl Command for AddTokenKey {
    type Output = ();
    fn ordering_key(&self) -> u64 {
        0
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<()> {
        installation::insert_token_key(tx, self.number, self.at).await?;
        access::set_version(tx, self.version).await
    }
}

/// Retires a token key. Every token that was made with it, refresh tokens included, is refused from now on, on every
/// node.
///
/// # Errors
/// [`Error::InvalidCommand`] if there is no such key, or it is the one that makes new tokens; [`Error::Unavailable`].
pub async fn retire_token_key(app: &App, number: i64) -> Result<()> {
    app.db.write(RetireTokenKey { number, at: app.now(), version: next_access_version(app) }).await??;
    app.keys.reload(&app.db).await.map(drop)
}

struct RetireTokenKey {
    number: i64,
    at: Time,
    version: AccessVersion,
}

impl Command for RetireTokenKey {
    type Output = Result<()>;
    fn ordering_key(&self) -> u64 {
        0
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<Self::Output> {
        let number = self.number;
        let keys = installation::list_token_keys(tx).await?;
        let Some(key) = keys.iter().find(|key| key.number == number) else {
            let why = format!("there is no token key {number}: `opendrs keys list` lists the keys");
            return Ok(Err(Error::InvalidCommand(why)));
        };
        if keys.last().map(|last| last.number) == Some(number) {
            let why = format!("token key {number} makes new tokens: add another one first with `opendrs keys rotate`");
            return Ok(Err(Error::InvalidCommand(why)));
        }
        if key.retired_at.is_none() {
            installation::retire_token_key(tx, number, self.at).await?;
            access::set_version(tx, self.version).await?;
        }
        Ok(Ok(()))
    }
}
