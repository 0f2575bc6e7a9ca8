//! The installation's keys: all derived from one master key that is kept outside the store.
//!
//! Invariant: the store holds the numbers of the token keys, never a key. A ring that does not know a token's key reads
//! the numbers again, so a key added on one node is known on all.

use crate::{App, Result};
use arc_swap::ArcSwap;
use opendrs_domain::customer::directed_id;
use opendrs_domain::id::{CustomerId, MakerId};
use opendrs_domain::time::Time;
use opendrs_domain::token::{Keyring, derive_key};
use opendrs_store::{Db, Tx, Write, installation};
use std::sync::Arc;

/// Proves which master key a store was made with, without telling it.
#[must_use]
pub fn check(master: &[u8; 32]) -> [u8; 32] {
    derive_key(master, "check", 0)
}

pub(crate) struct Keys {
    master: [u8; 32],
    ring: ArcSwap<Keyring>,
    customers: [u8; 32],
    forms: [u8; 32],
}

impl Keys {
    pub(crate) async fn load(db: &Db, master: [u8; 32]) -> Result<Self> {
        let keys = Self {
            master,
            ring: ArcSwap::from_pointee(Keyring::derive(&master, Vec::new())),
            customers: derive_key(&master, "directed customers", 0),
            forms: derive_key(&master, "forms", 0),
        };
        keys.reload(db).await?;
        Ok(keys)
    }

    pub(crate) async fn reload(&self, db: &Db) -> Result<()> {
        let numbers: Vec<_> =
            list(db).await?.into_iter().filter_map(|(number, _)| u32::try_from(number).ok()).collect();
        if self.ring.load().numbers().eq(numbers.iter().copied()) {
            return Ok(());
        }
        self.ring.store(Arc::new(Keyring::derive(&self.master, numbers)));
        Ok(())
    }

    /// The key that seals what the store keeps of signing keys.
    pub(crate) fn sealing(&self) -> [u8; 32] {
        crate::signing::sealing_key(&self.master)
    }

    /// A key for a purpose; numbers make several.
    pub(crate) fn derive(&self, purpose: &str, number: u32) -> [u8; 32] {
        derive_key(&self.master, purpose, number)
    }

    pub(crate) fn ring(&self) -> arc_swap::Guard<Arc<Keyring>> {
        self.ring.load()
    }

    pub(crate) fn directed(&self, maker: MakerId, customer: CustomerId) -> String {
        directed_id(&self.customers, maker, customer)
    }

    pub(crate) fn forms(&self) -> &[u8; 32] {
        &self.forms
    }
}

async fn list(db: &Db) -> Result<Vec<(i64, Time)>> {
    let mut reader = db.reader().await?;
    Ok(installation::token_keys(&mut reader.tx()?).await?)
}

/// The token keys' numbers with the time each was made, oldest first; the last one signs.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn all(app: &App) -> Result<Vec<(i64, Time)>> {
    list(&app.db).await
}

/// Looks whether another node, or the command line, added a key.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn refresh(app: &App) -> Result<()> {
    app.keys.reload(&app.db).await
}

/// Adds a token key, which signs from now on; tokens of older keys stay good. Returns its number.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn rotate(app: &App) -> Result<i64> {
    let number = list(&app.db).await?.last().map_or(1, |(number, _)| number + 1);
    app.db.write(Add { number, at: app.now() }).await?;
    app.keys.reload(&app.db).await?;
    Ok(number)
}

struct Add {
    number: i64,
    at: Time,
}

impl Write for Add {
    type Out = ();
    fn key(&self) -> u64 {
        0
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<()> {
        installation::add_token_key(tx, self.number, self.at).await
    }
}
