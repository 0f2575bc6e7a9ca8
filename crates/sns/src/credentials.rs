//! The AWS credentials of one region, in a cache.
//!
//! What it is not: the search for credentials, which `aws-config` does.
//!
//! Invariant: the provider is called once, however many publications wait for it. It is called again before its
//! credentials expire.

use crate::response::error_chain;
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use opendrs_service::publication::PublishError;
use std::time::{Duration, SystemTime};
use tokio::sync::Mutex;

/// How long before their expiry credentials are renewed, since a request takes some time to arrive.
const EXPIRY_MARGIN: Duration = Duration::from_secs(10);
/// The lifetime of credentials without an expiry. They may have been replaced in the meantime.
const DEFAULT_LIFETIME: Duration = Duration::from_secs(15 * 60);
/// The maximum time of one call of the provider.
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(6);

/// A provider of credentials, with the credentials that it returned last.
pub(crate) struct CredentialsCache {
    provider: SharedCredentialsProvider,
    timeout: Duration,
    cached: Mutex<Option<CachedCredentials>>,
}

struct CachedCredentials {
    credentials: Credentials,
    valid_until: SystemTime,
}

impl CredentialsCache {
    pub(crate) fn new(lender: SharedCredentialsProvider) -> Self {
        Self { provider: lender, timeout: LOOKUP_TIMEOUT, cached: Mutex::default() }
    }

    /// Returns credentials that are valid at `now`.
    pub(crate) async fn get(&self, now: SystemTime) -> Result<Credentials, PublishError> {
        let mut kept = self.cached.lock().await;
        if let Some(kept) = kept.as_ref().filter(|kept| now < kept.valid_until) {
            return Ok(kept.credentials.clone());
        }
        let none = |why: String| PublishError::NoCredentials(why);
        let credentials = match tokio::time::timeout(self.timeout, self.provider.provide_credentials()).await {
            Ok(found) => found.map_err(|error| none(error_chain(&error)))?,
            // The provider for a machine's role may have earlier credentials. AWS prolongs them if it cannot issue new
            // ones.
            Err(_) => self.provider.as_ref().fallback_on_interrupt().ok_or_else(|| none("not done in time".into()))?,
        };
        let until =
            credentials.expiry().map_or(now.checked_add(DEFAULT_LIFETIME), |expiry| expiry.checked_sub(EXPIRY_MARGIN));
        *kept = Some(CachedCredentials { credentials: credentials.clone(), valid_until: until.unwrap_or(now) });
        Ok(credentials)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_credential_types::provider::error::CredentialsError;
    use aws_credential_types::provider::future;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::UNIX_EPOCH;

    /// Fails at first, and then returns different credentials with each call.
    #[derive(Debug)]
    struct Lender {
        asked: AtomicU64,
        /// The expiry of the returned credentials, if any.
        expiry: Option<SystemTime>,
    }

    impl ProvideCredentials for Lender {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            future::ProvideCredentials::ready(match self.asked.fetch_add(1, Ordering::SeqCst) {
                0 => Err(CredentialsError::not_loaded("nobody is there")),
                n => Ok(Credentials::new(n.to_string(), "secret", None, self.expiry, "test")),
            })
        }
    }

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[tokio::test]
    async fn they_are_looked_for_when_there_are_none_and_again_before_they_expire() {
        for (expiry, asks) in [
            (Some(at(1_000)), [(100, "1"), (989, "1"), (990, "2"), (991, "3")]),
            (None, [(100, "1"), (999, "1"), (1_000, "2"), (1_001, "2")]),
            // Credentials that have expired are returned, but not cached.
            (Some(at(50)), [(100, "1"), (100, "2"), (101, "3"), (102, "4")]),
        ] {
            let lent =
                CredentialsCache::new(SharedCredentialsProvider::new(Lender { asked: AtomicU64::new(0), expiry }));
            let PublishError::NoCredentials(why) = lent.get(at(100)).await.unwrap_err() else { panic!("{expiry:?}") };
            assert!(why.contains("nobody is there"), "{why}");
            for (now, id) in asks {
                assert_eq!(lent.get(at(now)).await.unwrap().access_key_id(), id, "{expiry:?} {now}");
            }
        }
    }

    /// Never returns, but may have earlier credentials.
    #[derive(Debug)]
    struct Silent(Option<Credentials>);

    impl ProvideCredentials for Silent {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            future::ProvideCredentials::new(std::future::pending())
        }

        fn fallback_on_interrupt(&self) -> Option<Credentials> {
            self.0.clone()
        }
    }

    #[tokio::test]
    async fn whoever_does_not_answer_is_not_waited_for() {
        let lent = |earlier| {
            let lent = CredentialsCache::new(SharedCredentialsProvider::new(Silent(earlier)));
            CredentialsCache { timeout: Duration::from_millis(1), ..lent }
        };
        let none = lent(None).get(at(100)).await.unwrap_err();
        assert_eq!(none, PublishError::NoCredentials("not done in time".into()));
        let earlier = Credentials::new("AKID0", "secret", None, None, "test");
        assert_eq!(lent(Some(earlier.clone())).get(at(100)).await.unwrap(), earlier);
    }
}
