//! Shards: the prefix by which an installation's keys are spread.
//!
//! Not here: which tables have it. Invariant: the shard of a key never changes during the life of an installation. So
//! the rows of one customer, or of one unit, are in one shard.

use opendrs_domain::id::{CustomerId, ModelId};
use opendrs_domain::text::Serial;
use sha2::{Digest, Sha256};

/// How keys are spread over an installation's shards. It is fixed for the life of an installation.
#[derive(Clone, Copy, Debug)]
pub struct Shards(i64);

impl Shards {
    /// A number of shards.
    pub(crate) fn new(count: i64) -> Self {
        Self(count)
    }

    /// The number of shards.
    pub(crate) fn count(self) -> i64 {
        self.0
    }

    /// Every shard.
    pub fn all(self) -> impl Iterator<Item = i64> {
        0..self.0
    }

    /// The shard of a key's owner.
    #[must_use]
    pub fn for_key(self, key: &[&[u8]]) -> i64 {
        if self.0 == 1 {
            return 0;
        }
        let mut hash = Sha256::new();
        for part in key {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        let bytes: [u8; 32] = hash.finalize().into();
        i64::from(u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])) % self.0
    }

    /// The shard of a customer's rows.
    #[must_use]
    pub fn for_customer(self, id: CustomerId) -> i64 {
        self.for_key(&[id.0.as_bytes()])
    }

    /// The shard of a unit, and so of all data of its devices.
    #[must_use]
    pub fn for_unit(self, model: ModelId, serial: &Serial) -> i64 {
        self.for_key(&[model.0.as_bytes(), serial.as_str().as_bytes()])
    }
}
