//! Encryption of the connections to PostgreSQL, as the URL's `sslmode` asks for it, with libpq's meanings.
//!
//! `disable`: none. `prefer` (without the word): if the server has it. `require`: always, with whatever certificate the
//! server shows. `verify-full`: always, and the certificate must be the host's and lead to a root, of the system or of the
//! file that `sslrootcert` names. Invariant: what is asked for is never quietly replaced by less.

use crate::{Error, Result};
use opendrs_domain::login::form;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use std::path::PathBuf;
use std::sync::Arc;
use tokio_postgres_rustls::MakeRustlsConnect;

/// Whose certificates are good.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verify {
    /// Anybody's.
    Nobody,
    /// The host's, by the system's roots.
    System,
    /// The host's, by the roots of a file.
    File(PathBuf),
}

fn bad(words: impl Into<String>) -> Error {
    Error::Open(words.into())
}

/// Takes from a URL what the driver does not know.
pub(crate) fn split(url: &str) -> Result<(String, Verify)> {
    let Some((base, query)) = url.split_once('?') else { return Ok((url.to_owned(), Verify::Nobody)) };
    let (mut kept, mut full, mut file) = (Vec::new(), false, None);
    for pair in query.split('&') {
        match pair.split_once('=') {
            Some(("sslmode", "verify-full")) => {
                full = true;
                kept.push("sslmode=require");
            }
            Some(("sslmode", mode)) if !["disable", "prefer", "require"].contains(&mode) => {
                return Err(bad(format!(
                    "sslmode={mode} of the database URL is not known: write disable, prefer, require or verify-full"
                )));
            }
            Some(("sslrootcert", path)) => {
                let path = form::unescape(path.as_bytes(), false);
                file = Some(path.ok_or_else(|| bad("sslrootcert of the database URL cannot be read"))?);
            }
            _ => kept.push(pair),
        }
    }
    let verify = match (full, file) {
        (true, Some(path)) => Verify::File(path.into()),
        (true, None) => Verify::System,
        (false, None) => Verify::Nobody,
        (false, Some(_)) => return Err(bad("sslrootcert of the database URL needs sslmode=verify-full beside it")),
    };
    Ok((format!("{base}?{}", kept.join("&")), verify))
}

/// What makes encrypted connections.
pub(crate) fn connector(verify: &Verify) -> Result<MakeRustlsConnect> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions();
    let builder = builder.map_err(|e| bad(format!("encryption cannot be set up: {e}")))?;
    let config = match verify {
        Verify::Nobody => {
            builder.dangerous().with_custom_certificate_verifier(Arc::new(Anybody(provider))).with_no_client_auth()
        }
        Verify::System => builder.with_root_certificates(system()?).with_no_client_auth(),
        Verify::File(path) => builder.with_root_certificates(of_file(path)?).with_no_client_auth(),
    };
    Ok(MakeRustlsConnect::new(config))
}

fn system() -> Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    match roots.is_empty() {
        true => Err(bad(
            "this system has no root certificates: install them (ca-certificates), or name a file with sslrootcert",
        )),
        false => Ok(roots),
    }
}

fn of_file(path: &PathBuf) -> Result<RootCertStore> {
    let failed = |why: String| bad(format!("cannot read the certificates of sslrootcert {}: {why}", path.display()));
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|e| failed(e.to_string()))? {
        let certificate = certificate.map_err(|e| failed(e.to_string()))?;
        roots.add(certificate).map_err(|e| failed(e.to_string()))?;
    }
    if roots.is_empty() { Err(failed("there is none in it".into())) } else { Ok(roots) }
}

/// Takes any certificate: `require` asks for encryption, not for proof of who is there. Signatures are checked, so that
/// the server has at least the key of the certificate it shows.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_url_says_how_much_is_proven() {
        for (url, left, verify) in [
            ("postgres://h/d", "postgres://h/d", Verify::Nobody),
            ("postgres://h/d?sslmode=require", "postgres://h/d?sslmode=require", Verify::Nobody),
            ("postgres://h/d?a=b&sslmode=verify-full", "postgres://h/d?a=b&sslmode=require", Verify::System),
            (
                "postgres://h/d?sslrootcert=%2Fetc%2Fca.pem&sslmode=verify-full",
                "postgres://h/d?sslmode=require",
                Verify::File("/etc/ca.pem".into()),
            ),
        ] {
            assert_eq!(split(url).unwrap(), (left.to_owned(), verify), "{url}");
        }
        for (url, says) in [
            ("postgres://h/d?sslmode=verify-ca", "sslmode=verify-ca of the database URL is not known"),
            ("postgres://h/d?sslmode=require&sslrootcert=x", "needs sslmode=verify-full"),
        ] {
            assert!(split(url).unwrap_err().to_string().contains(says), "{url}");
        }
        assert!(connector(&Verify::File("/nowhere.pem".into())).is_err_and(|e| e.to_string().contains("/nowhere.pem")));
    }
}
