//! TLS of the listeners: the certificate that is shown, and how it changes while the server runs.
//!
//! What it is: rustls with TLS 1.2 and 1.3, HTTP/1.1 alone, the same certificate whatever name a client asks for, since
//! old firmware asks for none. What it is not: the accept loop (`http::listener`), nor TLS of connections that go out.
//! Invariant: a certificate is shown only with its own key; one that cannot be read leaves the one before in use.

mod authority;
#[cfg(test)]
mod tests;

use arc_swap::ArcSwap;
pub use authority::{CA_CERTIFICATE_FILE, LocalAuthority};
use opendrs_domain::time::{Span, Time};
use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert, ServerSessionMemoryCache};
use rustls::sign::CertifiedKey;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tokio_rustls::TlsAcceptor;
use x509_cert::der::Decode;

/// Sessions that are remembered for clients that resume them by id; those with tickets cost nothing here.
const SESSION_CACHE_SIZE: usize = 4096;
/// When a certificate of the own authority is replaced by a new one: long before it ends.
const RENEW_AFTER: Span = Span::from_hours(30 * 24);

/// Where a certificate comes from.
#[derive(Clone, Debug)]
pub enum CertificateSource {
    /// PEM files of an operator's.
    Files {
        /// The certificate, and after it those that lead to a root.
        certificate: PathBuf,
        /// Its key.
        key: PathBuf,
    },
    /// An authority of this installation's own, which is made if it is not there.
    Local {
        /// The folder that keeps it.
        folder: PathBuf,
        /// Names and addresses that the certificate is good for.
        names: Vec<String>,
    },
}

/// The certificate that listeners show.
pub struct ListenerTls {
    source: CertificateSource,
    resolver: Arc<CertificateResolver>,
    /// When it was read or issued, in seconds.
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
    /// A sentence that names the file or setting at fault.
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
        // A small device spends seconds on a handshake that it need not repeat.
        config.session_storage = ServerSessionMemoryCache::new(SESSION_CACHE_SIZE);
        config.ticketer = aws_lc_rs::Ticketer::new().map_err(unable)?;
        let acceptor = TlsAcceptor::from(Arc::new(config));
        Ok(Self { source, resolver: shown, loaded_at: AtomicI64::new(now.as_secs()), acceptor })
    }

    /// What makes a protected connection of a plain one.
    #[must_use]
    pub fn acceptor(&self) -> TlsAcceptor {
        self.acceptor.clone()
    }

    /// Looks whether there is another certificate by now, and shows it to whoever connects from here on. Connections
    /// that stand go on.
    ///
    /// # Errors
    /// A sentence that says why it cannot be shown; the one before stays.
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

    /// When the certificate that is shown ends; `None` if it does not say so readably.
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
            let private = PrivateKeyDer::from_pem_file(key)
                .map_err(|e| format!("tls.key_file {at}: {e}: name a PEM file with the certificate's key"))?;
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

/// The certificates of a file, in their order.
fn read_chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let bad = |why: &dyn std::fmt::Display| format!("tls.certificate_file {}: {why}", path.display());
    let all = CertificateDer::pem_file_iter(path).map_err(|e| bad(&e))?;
    let all: Vec<_> = all.collect::<Result<_, _>>().map_err(|e| bad(&e))?;
    match all.is_empty() {
        true => Err(bad(&"it holds no certificate: name a PEM file")),
        false => Ok(all),
    }
}
