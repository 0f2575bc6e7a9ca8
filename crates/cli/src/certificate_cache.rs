//! What receivers of ours do before they believe a message: get the certificate that it names, and check its signature.
//!
//! Where certificates come from is the receiver's matter. Invariant: a certificate is kept, under its address, only after
//! a signature was good by it, and is then asked for no more.

use opendrs_service::signing;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Certificates that proved good, by address.
#[derive(Default)]
pub(super) struct CertificateCache(Mutex<HashMap<String, String>>);

impl CertificateCache {
    /// Checks a message; `get` brings the certificate of an address. If the message is not to be believed, why not.
    pub(super) async fn verify_message(
        &self,
        message: &Value,
        get: impl AsyncFnOnce(&str) -> Result<String, String>,
    ) -> Result<(), String> {
        let url = message["SigningCertURL"].as_str().ok_or("it names no certificate")?;
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
