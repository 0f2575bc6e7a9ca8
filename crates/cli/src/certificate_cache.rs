//! The check that a receiver makes before it accepts a message: it fetches the certificate that the message names, and
//! verifies the signature.
//!
//! The caller decides where certificates may come from. Invariant: a certificate is cached under its URL only after it
//! verified a signature. A cached certificate is not fetched again.

use opendrs_service::signing;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Certificates that verified a signature, by URL.
#[derive(Default)]
pub(super) struct CertificateCache(Mutex<HashMap<String, String>>);

impl CertificateCache {
    /// Verifies a message. `get` fetches the certificate of a URL.
    ///
    /// # Errors
    /// Why the message is not accepted.
    pub(super) async fn verify_message(
        &self,
        message: &Value,
        get: impl AsyncFnOnce(&str) -> Result<String, String>,
    ) -> Result<(), String> {
        let url = message["SigningCertURL"].as_str().ok_or("it has no SigningCertURL")?;
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(url).cloned();
        let (certificate, new) = match known {
            Some(certificate) => (certificate, false),
            None => (get(url).await?, true),
        };
        if !signing::is_signature_valid(&certificate, message) {
            return Err("its signature is wrong".into());
        }
        if new {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(url.to_owned(), certificate);
        }
        Ok(())
    }
}
