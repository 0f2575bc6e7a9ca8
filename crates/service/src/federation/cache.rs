//! What a node keeps of the provider: its endpoints, its keys, and its last failure.
//!
//! Not here: requests ([`super::provider`]). Invariant: a document has the time at which it was read.

use jsonwebtoken::jwk::Jwk;
use opendrs_domain::federation::{FederationRefusal, ProviderMetadata};
use opendrs_domain::time::{Span, Time};
use std::sync::Arc;
use tokio::sync::Mutex;

/// A document and when it was read.
pub(super) struct Kept<T> {
    pub(super) value: Arc<T>,
    pub(super) read_at: Time,
}

impl<T> Kept<T> {
    /// The document, if it is younger than an age. One from the future is not, since a clock was set back.
    pub(super) fn younger_than(&self, age: Span, now: Time) -> Option<Arc<T>> {
        (self.read_at <= now && now < self.read_at + age).then(|| self.value.clone())
    }
}

/// The last failure of the provider.
pub(super) struct Failure {
    pub(super) refusal: FederationRefusal,
    pub(super) at: Time,
}

/// What is kept of the provider.
#[derive(Default)]
pub(super) struct Documents {
    pub(super) metadata: Option<Kept<ProviderMetadata>>,
    pub(super) keys: Option<Kept<Vec<Jwk>>>,
    pub(super) failure: Option<Failure>,
}

/// What this node knows of the provider.
#[derive(Default)]
pub(crate) struct ProviderCache(pub(super) Mutex<Documents>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_kept_for_a_time() {
        const AGE: Span = Span::from_hours(1);
        let at = Time::from_secs(1_000);
        let kept = Kept { value: Arc::new(7), read_at: at };
        assert_eq!(kept.younger_than(AGE, at).as_deref(), Some(&7));
        assert_eq!(kept.younger_than(AGE, at + AGE), None);
        assert_eq!(kept.younger_than(AGE, at - Span::from_secs(1)), None, "the clock was set back");
    }
}
