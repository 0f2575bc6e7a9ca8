//! Receivers for use cases: endpoints are sealed when they are written and opened when they are read.
//!
//! Not here: the changes of a receiver. Invariant: an endpoint is sealed for the id of its receiver, so that it opens
//! in no other row.

use crate::derived_keys::DerivedKeys;
use crate::keys::ENDPOINT_DIGEST_PURPOSE;
use crate::sealing::{Sealer, SealingPurpose};
use hmac::{Hmac, KeyInit, Mac};
use opendrs_domain::id::ReceiverId;
use opendrs_domain::receiver::{Receiver, ReceiverTarget};
use opendrs_store::inspection::SealedEndpoint;
use opendrs_store::receiver::{self as store, ReceiverRow};
use opendrs_store::{Error, Tx, installation};
use sha2::Sha256;
use uuid::Uuid;

/// Access to the receivers in the store, with the keys of their endpoints. It is cheap to copy into a command.
#[derive(Clone, Copy)]
pub(crate) struct ReceiverRepository {
    /// Seals and opens endpoints.
    sealer: Sealer,
    /// The key of the digests of endpoints.
    digest_key: [u8; 32],
    /// The check value of the master key that the keys were derived from.
    master_check: [u8; 32],
}

impl ReceiverRepository {
    /// The repository of an installation with these keys.
    pub(crate) fn new(keys: &DerivedKeys) -> Self {
        Self {
            sealer: keys.sealer(SealingPurpose::Endpoints),
            digest_key: keys.key(ENDPOINT_DIGEST_PURPOSE, 0),
            master_check: keys.master_check(),
        }
    }

    /// The keyed digest of an endpoint, for the receiver with this ARN. Equal endpoints have equal digests.
    pub(crate) fn endpoint_digest(self, arn: &str, endpoint: &str) -> String {
        let mac = Hmac::<Sha256>::new_from_slice(&self.digest_key).map(|mut mac| {
            mac.update(arn.as_bytes());
            mac.update(&[0]);
            mac.update(endpoint.as_bytes());
            mac.finalize().into_bytes()
        });
        mac.unwrap_or_default().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn open_endpoint(
        self,
        ReceiverRow { mut receiver, sealed_endpoint: sealed }: ReceiverRow,
    ) -> opendrs_store::Result<Receiver> {
        let plain = self.sealer.open(receiver.id.0.as_bytes(), &sealed);
        let plain = plain.and_then(|plain| String::from_utf8(plain).ok());
        receiver.target = ReceiverTarget::from_endpoint(&plain.ok_or_else(|| unreadable_endpoint_error(&receiver))?);
        Ok(receiver)
    }

    /// Finds a receiver by its id.
    pub(crate) async fn find_by_id(self, tx: &mut Tx<'_>, id: ReceiverId) -> opendrs_store::Result<Option<Receiver>> {
        store::find_by_id(tx, id).await?.map(|found| self.open_endpoint(found)).transpose()
    }

    /// Finds a receiver by its ARN.
    pub(crate) async fn find_by_arn(self, tx: &mut Tx<'_>, arn: &str) -> opendrs_store::Result<Option<Receiver>> {
        store::find_by_arn(tx, arn).await?.map(|found| self.open_endpoint(found)).transpose()
    }

    /// Finds a receiver by the last part of its subscription ARN.
    pub(crate) async fn find_by_subscription(
        self,
        tx: &mut Tx<'_>,
        last: Uuid,
    ) -> opendrs_store::Result<Option<Receiver>> {
        store::find_by_subscription(tx, last).await?.map(|found| self.open_endpoint(found)).transpose()
    }

    /// Finds a receiver by its id and locks it until the transaction ends.
    pub(crate) async fn lock(self, tx: &mut Tx<'_>, id: ReceiverId) -> opendrs_store::Result<Option<Receiver>> {
        store::lock(tx, id).await?.map(|found| self.open_endpoint(found)).transpose()
    }

    /// The receivers after one, in the order of their ids.
    pub(crate) async fn list_after(
        self,
        tx: &mut Tx<'_>,
        last: ReceiverId,
        limit: i64,
    ) -> opendrs_store::Result<Vec<Receiver>> {
        store::list_after(tx, last, limit).await?.into_iter().map(|found| self.open_endpoint(found)).collect()
    }

    /// Adds a receiver, or changes the one with that id.
    pub(crate) async fn save(self, tx: &mut Tx<'_>, receiver: &Receiver) -> opendrs_store::Result<()> {
        installation::hold_master_key(tx, &self.master_check).await?;
        store::upsert(tx, receiver, &self.seal_endpoint(receiver)?).await
    }

    /// Seals the endpoint of an existing receiver with these keys.
    pub(crate) async fn reseal(self, tx: &mut Tx<'_>, receiver: &Receiver) -> opendrs_store::Result<()> {
        store::replace_sealed_endpoint(tx, receiver.id, &self.seal_endpoint(receiver)?).await
    }

    fn seal_endpoint(self, receiver: &Receiver) -> opendrs_store::Result<Vec<u8>> {
        let sealed = self.sealer.seal(receiver.id.0.as_bytes(), receiver.target.endpoint().as_bytes());
        sealed.map_err(|e| Error::Statement { query: "TopicPut", source: e.into() })
    }
}

fn unreadable_endpoint_error(receiver: &Receiver) -> Error {
    let found = format!("an endpoint of {} that cannot be opened with this master key", receiver.arn);
    Error::InvalidRow { query: "topic", column: 13, found }
}

/// Opens the endpoints that were read from a store. Those that another master key sealed are left out.
#[must_use]
pub fn open_endpoints(master: &[u8; 32], found: &[SealedEndpoint]) -> Vec<String> {
    let sealer = Sealer::derive(master, SealingPurpose::Endpoints);
    let opened = |SealedEndpoint { receiver, sealed_endpoint: sealed }: &SealedEndpoint| {
        String::from_utf8(sealer.open(receiver.0.as_bytes(), sealed)?).ok()
    };
    found.iter().filter_map(opened).collect()
}
