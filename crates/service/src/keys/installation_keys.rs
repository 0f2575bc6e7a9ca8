//! The keys of an installation, all derived from one master key that is kept outside the store.
//!
//! Not here: adding and retiring token keys. Invariant: the store holds the numbers of the token keys, and no key in
//! clear. A node whose master key is no longer the store's accepts nothing and stops ([`crate::rewrap`]).

use super::access_state::AccessState;
use crate::derived_keys::DerivedKeys;
use crate::error::{Error, Result};
use arc_swap::ArcSwap;
use opendrs_domain::customer::directed_customer_id;
use opendrs_domain::id::{CustomerId, MakerId};
use opendrs_store::access::{self, AccessVersion};
use opendrs_store::{Db, installation};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::watch;

/// The purpose for which directed customer ids are derived.
const DIRECTED_CUSTOMER_PURPOSE: &str = "directed customers";
/// The purpose for which the digests of endpoints are derived.
pub(crate) const ENDPOINT_DIGEST_PURPOSE: &str = "seeded endpoints";
/// The purpose of the secrets of authenticator apps, and of recovery codes.
pub(crate) const SECOND_FACTOR_PURPOSE: &str = "second factor";
/// The purpose of the digests of identities at a provider.
pub(crate) const IDENTITY_PURPOSE: &str = "federated identities";
/// The purposes whose keys stay the same for the life of the installation, whatever its master key.
pub(crate) const PERMANENT_PURPOSES: [&str; 4] =
    [DIRECTED_CUSTOMER_PURPOSE, ENDPOINT_DIGEST_PURPOSE, SECOND_FACTOR_PURPOSE, IDENTITY_PURPOSE];

/// Proves which master key a store has, without revealing it.
#[must_use]
pub fn master_key_check(master: &[u8; 32]) -> [u8; 32] {
    DerivedKeys::new(*master).master_check()
}

/// The derived keys, and the access state that this node knows.
pub(crate) struct InstallationKeys {
    derived: Arc<DerivedKeys>,
    /// Whether the store has another master key by now.
    master_replaced: watch::Sender<bool>,
    access: ArcSwap<AccessState>,
    directed_customer_key: [u8; 32],
    form_key: [u8; 32],
}

/// The most times that the access state is read again because it changed during the read.
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

    /// Reads the access state again if its version changed; returns `true` if so. The version is read before and after,
    /// because on PostgreSQL each statement has its own snapshot.
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

    /// The access state that this node knows.
    pub(crate) fn access(&self) -> arc_swap::Guard<Arc<AccessState>> {
        self.access.load()
    }

    /// All derived keys.
    pub(crate) fn derived_keys(&self) -> Arc<DerivedKeys> {
        self.derived.clone()
    }

    /// Derives a key for a purpose. Numbers give several keys for one purpose.
    pub(crate) fn derive_key(&self, purpose: &str, number: u32) -> [u8; 32] {
        self.derived.key(purpose, number)
    }

    /// Waits until the store has another master key.
    pub(crate) async fn wait_until_replaced(&self) {
        let mut replaced = self.master_replaced.subscribe();
        // The sender lives as long as the receiver, so this cannot fail.
        let _ = replaced.wait_for(|replaced| *replaced).await;
    }

    pub(crate) fn directed_customer_id(&self, maker: MakerId, customer: CustomerId) -> String {
        directed_customer_id(&self.directed_customer_key, maker, customer)
    }

    pub(crate) fn form_key(&self) -> &[u8; 32] {
        &self.form_key
    }
}
