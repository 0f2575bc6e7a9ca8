//! The installation's keys, all derived from one master key that is kept outside the store; and what tokens are judged by.
//!
//! Invariant: the store holds the numbers of the token keys, and no key in clear. A node whose master key is not that of the
//! store any more accepts nothing and stops ([`crate::rewrap`]). What a node remembers of keys and clients bears
//! the version that the store had when it was read. Whoever accepts a token compares that version with the one that its
//! own statement finds ([`crate::token`]), so that a retired key or a disabled client is refused at once on every node.

use crate::derived_keys::DerivedKeys;
use crate::{App, Error, Result};
use arc_swap::ArcSwap;
use opendrs_domain::customer::directed_customer_id;
use opendrs_domain::id::{ClientId, CustomerId, MakerId};
use opendrs_domain::profile::ClientAccess;
use opendrs_domain::time::Time;
use opendrs_domain::token::{Claims, Keyring, TokenError, TokenType};
use opendrs_store::access::{self, AccessVersion};
use opendrs_store::{Command, Db, Tx, installation};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::watch;

pub use opendrs_store::installation::TokenKeyRow;

/// What token keys are derived for.
pub(crate) const TOKEN_PURPOSE: &str = "token";
/// What makers' ids of customers are derived for.
const DIRECTED_CUSTOMER_PURPOSE: &str = "directed customers";
/// What digests of endpoints are derived for.
pub(crate) const ENDPOINT_DIGEST_PURPOSE: &str = "seeded endpoints";
/// What has one key for as long as the installation stands, whatever its master key.
pub(crate) const PERMANENT_PURPOSES: [&str; 2] = [DIRECTED_CUSTOMER_PURPOSE, ENDPOINT_DIGEST_PURPOSE];

/// Proves which master key a store has, without telling it.
#[must_use]
pub fn master_key_check(master: &[u8; 32]) -> [u8; 32] {
    DerivedKeys::new(*master).master_check()
}

/// What tokens are judged by, as it was at a version.
pub(crate) struct AccessState {
    pub(crate) version: AccessVersion,
    keys: Vec<TokenKeyRow>,
    keyring: Keyring,
    /// Clients whose tokens were ended at least once.
    clients: HashMap<ClientId, ClientAccess>,
}

impl AccessState {
    fn new(
        derived: &DerivedKeys,
        version: AccessVersion,
        keys: Vec<TokenKeyRow>,
        clients: HashMap<ClientId, ClientAccess>,
    ) -> Self {
        let valid = keys.iter().filter(|key| key.retired_at.is_none());
        let numbers = valid.filter_map(|key| u32::try_from(key.number).ok());
        let ring = Keyring::from_keys(numbers.map(|number| (number, derived.key(TOKEN_PURPOSE, number))).collect());
        Self { version, keys, keyring: ring, clients }
    }

    /// Reads a token's text; says nothing of its client.
    pub(crate) fn open_token(&self, text: &str, wanted: TokenType) -> Result<Claims, TokenError> {
        self.keyring.verify(text, wanted)
    }

    /// Whether the store may hold a key of a number that was not there when this was read.
    pub(crate) fn is_possibly_new_key(&self, number: u32) -> bool {
        !self.keys.iter().any(|key| key.number == i64::from(number))
    }

    /// Whether the token's client accepts it.
    pub(crate) fn accepts(&self, claims: &Claims) -> bool {
        let access = self.clients.get(&claims.client).copied().unwrap_or_default();
        access.accepts_generation(claims.generations.client)
    }

    /// Writes a token with the newest key.
    pub(crate) fn seal_token(&self, claims: &Claims, filler: &[u8; opendrs_domain::token::FILLER_BYTES]) -> String {
        self.keyring.issue(claims, filler)
    }
}

pub(crate) struct InstallationKeys {
    derived: Arc<DerivedKeys>,
    /// Whether the store has another master key by now.
    master_replaced: watch::Sender<bool>,
    access: ArcSwap<AccessState>,
    directed_customer_key: [u8; 32],
    form_key: [u8; 32],
}

/// How often what tokens are judged by is read again because it changed meanwhile.
const MAX_RELOADS: usize = 5;

impl InstallationKeys {
    pub(crate) async fn load(db: &Db, master: [u8; 32]) -> Result<Self> {
        let derived = Arc::new(DerivedKeys::load(db, master).await?);
        let keys = Self {
            access: ArcSwap::from_pointee(AccessState::new(&derived, AccessVersion(0), Vec::new(), HashMap::new())),
            directed_customer_key: derived.key(DIRECTED_CUSTOMER_PURPOSE, 0),
            form_key: derived.key("forms", 0),
            derived,
            master_replaced: watch::Sender::new(false),
        };
        keys.reload(db).await?;
        Ok(keys)
    }

    /// Reads what tokens are judged by, if it changed; `true` if so. The version is asked for before and after, since on
    /// PostgreSQL each statement sees a state of its own.
    pub(crate) async fn reload(&self, db: &Db) -> Result<bool> {
        let mut reader = db.reader().await?;
        let mut tx = reader.tx()?;
        for _ in 0..MAX_RELOADS {
            let version = access::load_version(&mut tx).await?;
            let keys = installation::list_token_keys(&mut tx).await?;
            let known = self.access.load();
            if known.version == version && known.keys == keys {
                return Ok(false);
            }
            if !installation::has_master_key(&mut tx, &self.derived.master_check()).await? {
                self.master_replaced.send_replace(true);
                return Err(Error::Unavailable(installation::MASTER_KEY_REPLACED.into()));
            }
            let clients = access::list_restricted_clients(&mut tx).await?.into_iter().collect();
            if access::load_version(&mut tx).await? == version {
                self.access.store(Arc::new(AccessState::new(&self.derived, version, keys, clients)));
                return Ok(true);
            }
        }
        Err(Error::Unavailable("clients and keys are being changed; try again".into()))
    }

    /// What tokens are judged by, as far as this node knows.
    pub(crate) fn access(&self) -> arc_swap::Guard<Arc<AccessState>> {
        self.access.load()
    }

    /// All keys that are derived.
    pub(crate) fn derived_keys(&self) -> Arc<DerivedKeys> {
        self.derived.clone()
    }

    /// A key for a purpose; numbers make several.
    pub(crate) fn derive_key(&self, purpose: &str, number: u32) -> [u8; 32] {
        self.derived.key(purpose, number)
    }

    /// Waits until the store has another master key.
    pub(crate) async fn wait_until_replaced(&self) {
        let mut replaced = self.master_replaced.subscribe();
        // It is as old as what it waits on.
        let _ = replaced.wait_for(|replaced| *replaced).await;
    }

    pub(crate) fn directed_customer_id(&self, maker: MakerId, customer: CustomerId) -> String {
        directed_customer_id(&self.directed_customer_key, maker, customer)
    }

    pub(crate) fn form_key(&self) -> &[u8; 32] {
        &self.form_key
    }
}

/// The version that the next change of clients or keys sets.
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

/// Looks whether another node, or the command line, changed keys or clients.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn refresh(app: &App) -> Result<()> {
    app.keys.reload(&app.db).await.map(drop)
}

/// Adds a token key, which makes new tokens from now on; tokens of older keys stay good. Returns its number.
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

/// Retires a token key: every token that was made with it, refresh tokens too, is refused from now on, on every node.
///
/// # Errors
/// [`Error::BadCommand`] if there is no such key, or it is the one that makes new tokens; [`Error::Unavailable`].
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
