//! TLS of the listeners: the certificate, and its replacement while the server runs.
//!
//! What it is: rustls with TLS 1.2 and 1.3, and HTTP/1.1 only. It serves the same certificate for every requested name,
//! because old firmware requests none.
//!
//! What it is not: the accept loop (`opendrs_http::listener`), or TLS of outbound connections.
//!
//! Invariant: a certificate is served only with its own key. If a new one cannot be read, the previous one stays in
//! use.

mod authority;
#[cfg(test)]
mod tests;

use arc_swap::ArcSwap;
pub use authority::LocalAuthority;
use opendrs_config::CertificateSource;
use opendrs_domain::time::{Span, Time};
use opendrs_store::regular_file;
use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert, ServerSessionMemoryCache};
use rustls::sign::CertifiedKey;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tokio_rustls::TlsAcceptor;
use x509_cert::der::Decode;

/// The number of sessions that clients can resume by id. Sessions with tickets need no memory here.
const SESSION_CACHE_SIZE: usize = 4096;
/// The age at which a certificate of the local authority is replaced, long before it expires.
const RENEW_AFTER: Span = Span::from_hours(30 * 24);

/// The TLS configuration of the listeners, with a replaceable certificate.
pub struct ListenerTls {
    source: CertificateSource,
    resolver: Arc<CertificateResolver>,
    /// The time at which the certificate was read or issued, in seconds.
    loaded_at: AtomicI64,
    acceptor: TlsAcceptor,
}

#[derive(Debug)]
struct CertificateResolver(ArcSwap<CertifiedKey>);

impl ResolvesServerCert for CertificateResolver {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.load_full())
    }
}

impl ListenerTls {
    /// Reads or issues the certificate.
    ///
    /// # Errors
    /// A text that names the wrong file or setting.
    pub fn open(source: CertificateSource, now: Time) -> Result<Self, String> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let unable = |e: rustls::Error| format!("TLS is not available: {e}");
        let shown = Arc::new(CertificateResolver(ArcSwap::from_pointee(load_certified_key(&source, &provider, now)?)));
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(unable)?
            .with_no_client_auth()
            .with_cert_resolver(shown.clone());
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        // Resumption spares small devices a handshake that takes them seconds.
        config.session_storage = ServerSessionMemoryCache::new(SESSION_CACHE_SIZE);
        config.ticketer = aws_lc_rs::Ticketer::new().map_err(unable)?;
        let acceptor = TlsAcceptor::from(Arc::new(config));
        Ok(Self { source, resolver: shown, loaded_at: AtomicI64::new(now.as_secs()), acceptor })
    }

    /// Returns the acceptor that performs handshakes.
    #[must_use]
    pub fn acceptor(&self) -> TlsAcceptor {
        self.acceptor.clone()
    }

    /// Checks whether there is a new certificate, and serves it to new connections. Existing connections continue.
    /// Returns whether the certificate changed.
    ///
    /// # Errors
    /// A text that states why the new certificate cannot be served. The previous one stays in use.
    pub fn reload_if_changed(&self, now: Time) -> Result<bool, String> {
        let shown = self.resolver.0.load();
        let other = match &self.source {
            CertificateSource::Files { certificate, .. } => read_chain(certificate)? != shown.cert,
            CertificateSource::Local { .. } => {
                now.since(Time::from_secs(self.loaded_at.load(Ordering::Relaxed))) >= RENEW_AFTER
            }
        };
        if other {
            self.resolver.0.store(Arc::new(load_certified_key(&self.source, &aws_lc_rs::default_provider(), now)?));
            self.loaded_at.store(now.as_secs(), Ordering::Relaxed);
        }
        Ok(other)
    }

    /// Returns the expiry of the served certificate, or `None` if it cannot be parsed.
    #[must_use]
    pub fn expires_at(&self) -> Option<Time> {
        certificate_expiry(self.resolver.0.load().cert.first()?)
    }
}

fn certificate_expiry(certificate: &CertificateDer<'_>) -> Option<Time> {
    let read = x509_cert::Certificate::from_der(certificate).ok()?;
    let end = read.tbs_certificate.validity.not_after.to_unix_duration().as_secs();
    i64::try_from(end).ok().map(Time::from_secs)
}

fn load_certified_key(
    source: &CertificateSource,
    provider: &CryptoProvider,
    now: Time,
) -> Result<CertifiedKey, String> {
    match source {
        CertificateSource::Files { certificate, key } => {
            let (chain, at) = (read_chain(certificate)?, key.display());
            let private = regular_file::read(key).map_err(|e| format!("tls.key_file {at}: {e}"))?;
            let private = PrivateKeyDer::from_pem_slice(&private)
                .map_err(|e| format!("tls.key_file {at}: {e}: use a PEM file with the certificate's key"))?;
            CertifiedKey::from_der(chain, private, provider).map_err(|e| {
                format!("tls.key_file {at} does not fit tls.certificate_file {}: {e}", certificate.display())
            })
        }
        CertificateSource::Local { folder, names } => {
            let (leaf, key) = LocalAuthority::open(folder, now)?.issue(names, now)?;
            CertifiedKey::from_der(vec![leaf], key, provider).map_err(|e| format!("TLS is not available: {e}"))
        }
    }
}

/// Reads the certificates of a file, in their order.
fn read_chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let bad = |why: &dyn std::fmt::Display| format!("tls.certificate_file {}: {why}", path.display());
    let text = regular_file::read(path).map_err(|e| bad(&e))?;
    let all: Vec<_> = CertificateDer::pem_slice_iter(&text).collect::<Result<_, _>>().map_err(|e| bad(&e))?;
    if all.is_empty() { Err(bad(&"it contains no certificate: use a PEM file")) } else { Ok(all) }
}
