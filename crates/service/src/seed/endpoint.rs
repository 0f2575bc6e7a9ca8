//! A receiver's endpoint as seeds compare it: by a digest that cannot be guessed from the store alone.
//!
//! Not here: the comparison itself ([`super::merge`]). Invariant: a record holds only keyed digests of endpoints,
//! because an unkeyed one would reveal a short password in the endpoint.

use crate::receiver::ReceiverRepository;
use serde::{Serialize, Serializer};

/// The key of the value in a record.
pub(super) const ENDPOINT_KEY: &str = "endpoint";

/// An endpoint that is compared by its digest.
pub(super) struct DigestedEndpoint {
    /// The endpoint.
    pub(super) text: String,
    digest: String,
}

impl DigestedEndpoint {
    /// The endpoint of a receiver with this ARN.
    pub(super) fn new(repository: ReceiverRepository, arn: &str, text: &str) -> Self {
        Self { digest: repository.endpoint_digest(arn, text), text: text.to_owned() }
    }
}

impl Serialize for DigestedEndpoint {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.digest)
    }
}
