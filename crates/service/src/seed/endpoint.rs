//! A receiver's endpoint as seeds compare it: by a digest that nobody can guess who has the store alone.
//!
//! Not here: the comparison itself ([`super::merge`]). Invariant: no record holds a digest of an endpoint without a key: a
//! short password in the endpoint could be found from that.

use crate::receiver::ReceiverRepository;
use serde::{Serialize, Serializer};

/// The value's key in a record.
pub(super) const ENDPOINT_KEY: &str = "endpoint";

/// An endpoint that is compared.
pub(super) struct DigestedEndpoint {
    /// The endpoint.
    pub(super) text: String,
    digest: String,
}

impl DigestedEndpoint {
    /// An endpoint of a topic with this ARN.
    pub(super) fn new(topics: ReceiverRepository, arn: &str, text: &str) -> Self {
        Self { digest: topics.endpoint_digest(arn, text), text: text.to_owned() }
    }
}

impl Serialize for DigestedEndpoint {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.digest)
    }
}
