//! A receiver's endpoint as seeds compare it: by a digest that nobody can guess who has the store alone.
//!
//! Not here: the comparison itself ([`super::merge`]). Invariant: no record holds a digest of an endpoint without a key: a
//! short password in the endpoint could be found from that.

use super::merge::digest;
use crate::topic::Topics;
use opendrs_domain::topic::Topic;
use opendrs_store::seeded::{self, Key};
use opendrs_store::topic::StoredTopic;
use opendrs_store::{Result, Tx};
use serde::{Serialize, Serializer};

/// The value's key in a record.
pub(super) const ENDPOINT: &str = "endpoint";

/// An endpoint that is compared.
pub(super) struct Endpoint {
    /// The endpoint.
    pub(super) text: String,
    mark: String,
}

impl Endpoint {
    /// An endpoint of a topic with this ARN.
    pub(super) fn of(topics: Topics, arn: &str, text: &str) -> Self {
        Self { mark: topics.mark(arn, text), text: text.to_owned() }
    }
}

impl Serialize for Endpoint {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.mark)
    }
}

/// Replaces the digest without a key that a seed of an earlier release left of a topic's endpoint. One that belongs to
/// another endpoint says that somebody else set this one: it is left out, which says the same.
pub(crate) async fn renew_record(tx: &mut Tx<'_>, topics: Topics, stored: &StoredTopic) -> Result<()> {
    let Topic { profile, arn, endpoint, .. } = &stored.topic;
    let name = arn.rsplit(':').next().unwrap_or_default();
    let key = Key { shard: 0, kind: "topic", parent: profile.to_string(), id: name.to_owned() };
    let Some(mut record) = seeded::get(tx, &key).await? else { return Ok(()) };
    let Some(before) = record.value(ENDPOINT) else { return Ok(()) };
    match before == digest(&key, ENDPOINT, endpoint) {
        true => {
            let renewed = digest(&key, ENDPOINT, &Endpoint::of(topics, arn, endpoint));
            record.values.insert(ENDPOINT.to_owned(), renewed);
        }
        // It was sealed once, and so the digest has a key already.
        false if stored.sealed.is_some() => return Ok(()),
        false => drop(record.values.remove(ENDPOINT)),
    }
    seeded::put(tx, &key, &record).await
}
