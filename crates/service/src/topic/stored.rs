//! Topics as use cases have them: their endpoints are sealed when they are written and opened when they are read.
//!
//! Not here: what is done with a topic. Invariant: an endpoint is written sealed for the id of its topic, so that it opens
//! in no other row.

use crate::derived::DerivedKeys;
use crate::keys::MARKS;
use crate::sealing::{Purpose, Sealer};
use hmac::{Hmac, KeyInit, Mac};
use opendrs_domain::id::TopicId;
use opendrs_domain::topic::Topic;
use opendrs_store::examine::StoredEndpoint;
use opendrs_store::topic::{self as store, StoredTopic};
use opendrs_store::{Error, Tx, installation};
use sha2::Sha256;
use uuid::Uuid;

/// The store's topics, for those who have the keys of their endpoints. Cheap to copy into a command.
#[derive(Clone, Copy)]
pub(crate) struct Topics {
    /// Seals endpoints.
    sealer: Sealer,
    /// Makes digests of endpoints.
    marks: [u8; 32],
    /// Proves the master key that they are of.
    check: [u8; 32],
}

impl Topics {
    /// Those of an installation with these keys.
    pub(crate) fn of(keys: &DerivedKeys) -> Self {
        Self { sealer: keys.sealer(Purpose::Endpoints), marks: keys.key(MARKS, 0), check: keys.check() }
    }

    /// A digest of an endpoint of the topic with this ARN, with a key: equal for equal endpoints.
    pub(crate) fn mark(self, arn: &str, endpoint: &str) -> String {
        let mac = Hmac::<Sha256>::new_from_slice(&self.marks).map(|mut mac| {
            mac.update(arn.as_bytes());
            mac.update(&[0]);
            mac.update(endpoint.as_bytes());
            mac.finalize().into_bytes()
        });
        mac.unwrap_or_default().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn opened(self, StoredTopic { mut topic, sealed }: StoredTopic) -> opendrs_store::Result<Topic> {
        let plain = self.sealer.open(topic.id.0.as_bytes(), &sealed);
        topic.endpoint = plain.and_then(|plain| String::from_utf8(plain).ok()).ok_or_else(|| unreadable(&topic))?;
        Ok(topic)
    }

    /// A topic by id.
    pub(crate) async fn by_id(self, tx: &mut Tx<'_>, id: TopicId) -> opendrs_store::Result<Option<Topic>> {
        store::by_id(tx, id).await?.map(|found| self.opened(found)).transpose()
    }

    /// A topic by its ARN.
    pub(crate) async fn by_arn(self, tx: &mut Tx<'_>, arn: &str) -> opendrs_store::Result<Option<Topic>> {
        store::by_arn(tx, arn).await?.map(|found| self.opened(found)).transpose()
    }

    /// A topic by the last part of its subscription's ARN.
    pub(crate) async fn by_subscription(self, tx: &mut Tx<'_>, last: Uuid) -> opendrs_store::Result<Option<Topic>> {
        store::by_subscription(tx, last).await?.map(|found| self.opened(found)).transpose()
    }

    /// A topic by id, held until the transaction ends.
    pub(crate) async fn lock(self, tx: &mut Tx<'_>, id: TopicId) -> opendrs_store::Result<Option<Topic>> {
        store::lock(tx, id).await?.map(|found| self.opened(found)).transpose()
    }

    /// The topics after one, in the order of their ids.
    pub(crate) async fn after(self, tx: &mut Tx<'_>, last: TopicId, limit: i64) -> opendrs_store::Result<Vec<Topic>> {
        store::after(tx, last, limit).await?.into_iter().map(|found| self.opened(found)).collect()
    }

    /// Adds a topic, or changes the one of that id.
    pub(crate) async fn put(self, tx: &mut Tx<'_>, topic: &Topic) -> opendrs_store::Result<()> {
        installation::hold_master(tx, &self.check).await?;
        store::put(tx, topic, &self.sealed(topic)?).await
    }

    /// Seals the endpoint of a topic that is there, under these keys.
    pub(crate) async fn seal_anew(self, tx: &mut Tx<'_>, topic: &Topic) -> opendrs_store::Result<()> {
        store::seal_anew(tx, topic.id, &self.sealed(topic)?).await
    }

    fn sealed(self, topic: &Topic) -> opendrs_store::Result<Vec<u8>> {
        let sealed = self.sealer.seal(topic.id.0.as_bytes(), topic.endpoint.as_bytes());
        sealed.map_err(|e| Error::Statement { query: "TopicPut", source: e.into() })
    }
}

fn unreadable(topic: &Topic) -> Error {
    let found = format!("an endpoint of {} that cannot be opened with this master key", topic.arn);
    Error::BadRow { query: "topic", column: 13, found }
}

/// The endpoints that a look at a store found, without those that another master key sealed.
#[must_use]
pub fn endpoints(master: &[u8; 32], found: &[StoredEndpoint]) -> Vec<String> {
    let sealer = Sealer::of(master, Purpose::Endpoints);
    let opened = |StoredEndpoint { topic, sealed }: &StoredEndpoint| {
        String::from_utf8(sealer.open(topic.0.as_bytes(), sealed)?).ok()
    };
    found.iter().filter_map(opened).collect()
}
