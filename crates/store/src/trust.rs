//! Trusted certificates for outgoing connections, to PostgreSQL and to all other servers.
//!
//! What it is: the authorities of files and of the system, and the checks of a server by a client. What it is not: a
//! way around the check of a name or a date. Invariant: a certificate is trusted if it leads to one of those
//! authorities. It is also trusted if it is itself, byte for byte, in a file that the operator named. Operators make
//! such certificates by `openssl req -x509`, which marks each as an authority (`CA:TRUE`), and put them where
//! authorities are named.

use crate::regular_file;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use std::path::Path;
use std::sync::Arc;
use x509_cert::Certificate;
use x509_cert::der::Decode;

/// The rustls error for an authority's certificate that a server presents as its own.
const AUTHORITY_AS_SERVER: &str = "CaUsedAsEndEntity";

/// Certificates that are trusted.
#[derive(Clone, Debug)]
pub struct TrustedCertificates {
    roots: RootCertStore,
    pinned: Vec<CertificateDer<'static>>,
}

impl Default for TrustedCertificates {
    /// No trusted certificates.
    fn default() -> Self {
        Self { roots: RootCertStore::empty(), pinned: Vec::new() }
    }
}

impl TrustedCertificates {
    /// Adds the certificates of a PEM file.
    ///
    /// # Errors
    /// What is wrong with the file, without its name.
    pub fn add_file(&mut self, path: &Path) -> Result<(), String> {
        let text = regular_file::read(path).map_err(|e| e.to_string())?;
        let before = self.pinned.len();
        for certificate in CertificateDer::pem_slice_iter(&text) {
            let certificate = certificate.map_err(|e| e.to_string())?;
            self.roots.add(certificate.clone()).map_err(|e| e.to_string())?;
            self.pinned.push(certificate);
        }
        if self.pinned.len() == before { Err("it holds no certificate: name a PEM file".into()) } else { Ok(()) }
    }

    /// Adds the system's authorities. Those that cannot be read are skipped.
    pub fn add_system(&mut self) {
        self.roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }

    /// Whether no certificate is trusted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.roots.is_empty()
    }

    /// The TLS configuration of a client without a certificate of its own.
    ///
    /// # Errors
    /// Why TLS is not available, as a sentence.
    pub fn into_client_config(self) -> Result<ClientConfig, String> {
        let unable = |e: &dyn std::fmt::Display| format!("TLS is not available: {e}");
        let provider = crypto_provider();
        let builder = ClientConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions();
        let builder = builder.map_err(|e| unable(&e))?;
        if self.pinned.is_empty() {
            return Ok(builder.with_root_certificates(self.roots).with_no_client_auth());
        }
        let chains = WebPkiServerVerifier::builder_with_provider(Arc::new(self.roots), provider);
        let chains = chains.build().map_err(|e| unable(&e))?;
        let verifier = Arc::new(CertificateVerifier { chain_verifier: chains, pinned: self.pinned });
        Ok(builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth())
    }
}

/// Adds the remedy to the error text of a failed handshake, where the text alone does not state it.
#[must_use]
pub fn explain_tls_error(words: String) -> String {
    if words.contains(AUTHORITY_AS_SERVER) {
        format!(
            "{words}. The server shows the certificate of an authority (CA:TRUE): put that very certificate into the \
             file of trusted certificates, or make the server one that is none (openssl req -x509 -addext \
             basicConstraints=critical,CA:FALSE -addext subjectAltName=DNS:the.host)"
        )
    } else {
        words
    }
}

/// Verifies chains, and accepts certificates that were added themselves.
#[derive(Debug)]
struct CertificateVerifier {
    chain_verifier: Arc<WebPkiServerVerifier>,
    pinned: Vec<CertificateDer<'static>>,
}

impl ServerCertVerifier for CertificateVerifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match self.chain_verifier.verify_server_cert(certificate, intermediates, name, ocsp, now) {
            Err(_) if self.pinned.iter().any(|named| named == certificate) => {
                verify_server_name(&ParsedCertificate::try_from(certificate)?, name)?;
                verify_validity_dates(certificate, now)?;
                Ok(ServerCertVerified::assertion())
            }
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chain_verifier.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chain_verifier.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.chain_verifier.supported_verify_schemes()
    }
}

fn verify_validity_dates(certificate: &CertificateDer<'_>, now: UnixTime) -> Result<(), CertificateError> {
    let read = Certificate::from_der(certificate).map_err(|_| CertificateError::BadEncoding)?;
    let validity = read.tbs_certificate.validity;
    if validity.not_before.to_unix_duration().as_secs() > now.as_secs() {
        return Err(CertificateError::NotValidYet);
    }
    if validity.not_after.to_unix_duration().as_secs() < now.as_secs() {
        return Err(CertificateError::Expired);
    }
    Ok(())
}

/// The TLS configuration of a client that does not verify the server: the connection is encrypted, and no more is
/// known.
///
/// # Errors
/// Why TLS is not available, as a sentence.
pub fn unverified_client_config() -> Result<ClientConfig, String> {
    let provider = crypto_provider();
    let builder = ClientConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions();
    let builder = builder.map_err(|e| format!("TLS is not available: {e}"))?.dangerous();
    Ok(builder.with_custom_certificate_verifier(Arc::new(AcceptAnyCertificate(provider))).with_no_client_auth())
}

/// Accepts any certificate. Signatures are verified, so that the server has at least the key of the certificate that it
/// presents.
#[derive(Debug)]
struct AcceptAnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AcceptAnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// The cryptographic provider of all TLS connections.
fn crypto_provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair, date_time_ymd};
    use std::io::Write as _;

    /// A self-signed certificate, as `openssl req -x509` makes it: an authority.
    fn self_signed_authority(name: &str, from: i32, to: i32) -> CertificateDer<'static> {
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        (params.not_before, params.not_after) = (date_time_ymd(from, 1, 1), date_time_ymd(to, 1, 1));
        params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().clone()
    }

    fn trusting(certificates: &[&CertificateDer<'static>]) -> TrustedCertificates {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        for certificate in certificates {
            let text = pem(certificate);
            file.write_all(text.as_bytes()).unwrap();
        }
        let mut trust = TrustedCertificates::default();
        trust.add_file(file.path()).unwrap();
        trust
    }

    fn pem(der: &[u8]) -> String {
        const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut text = String::new();
        for three in der.chunks(3) {
            let bits = three.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
            for n in 0..4 {
                let six = (bits >> (18 - 6 * n) & 63) as usize;
                text.push(if n <= three.len() { char::from(ALPHABET[six]) } else { '=' });
            }
        }
        format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
    }

    /// The client's result for a certificate that a server presents on 2030-06-01.
    fn verify_certificate(
        trust: TrustedCertificates,
        shown: &CertificateDer<'static>,
        name: &str,
    ) -> Result<(), Error> {
        let now = UnixTime::since_unix_epoch(std::time::Duration::from_secs(1_906_502_400));
        let chains =
            WebPkiServerVerifier::builder_with_provider(Arc::new(trust.roots), crypto_provider()).build().unwrap();
        let verifier = CertificateVerifier { chain_verifier: chains, pinned: trust.pinned };
        let name = ServerName::try_from(name.to_owned()).unwrap();
        verifier.verify_server_cert(shown, &[], &name, &[], now).map(drop)
    }

    #[test]
    fn a_certificate_that_is_its_own_authority_is_taken_where_it_is_named() {
        let (shown, other) =
            (self_signed_authority("db.internal", 2029, 2031), self_signed_authority("db.internal", 2029, 2031));
        assert_eq!(verify_certificate(trusting(&[&shown]), &shown, "db.internal"), Ok(()));
        assert_eq!(verify_certificate(trusting(&[&other, &shown]), &shown, "db.internal"), Ok(()));
        assert!(verify_certificate(trusting(&[&other]), &shown, "db.internal").is_err(), "another of the same name");
        let wrong = verify_certificate(trusting(&[&shown]), &shown, "elsewhere.internal").unwrap_err();
        assert!(matches!(wrong, Error::InvalidCertificate(CertificateError::NotValidForNameContext { .. })), "{wrong}");
        for (from, to, error) in [(2028, 2030, CertificateError::Expired), (2031, 2032, CertificateError::NotValidYet)]
        {
            let shown = self_signed_authority("db.internal", from, to);
            let refused = verify_certificate(trusting(&[&shown]), &shown, "db.internal").unwrap_err();
            assert_eq!(refused, Error::InvalidCertificate(error));
        }
    }

    #[test]
    fn an_authority_in_a_servers_place_is_explained() {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(["root.internal".to_owned()]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root = params.self_signed(&key).unwrap();
        let issuer = rcgen::Issuer::new(params, key);
        let mut params = CertificateParams::new(["db.internal".to_owned()]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let shown = params.signed_by(&KeyPair::generate().unwrap(), &issuer).unwrap();
        let error = verify_certificate(trusting(&[root.der()]), shown.der(), "db.internal").unwrap_err();
        let words = explain_tls_error(error.to_string());
        assert!(words.contains("CA:TRUE") && words.contains("CA:FALSE"), "{words}");
        assert_eq!(explain_tls_error("another".into()), "another");
    }

    #[test]
    fn a_file_without_certificates_is_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let why = TrustedCertificates::default().add_file(file.path()).unwrap_err();
        assert!(why.contains("it holds no certificate"), "{why}");
        assert!(TrustedCertificates::default().add_file(Path::new("/nowhere.pem")).is_err());
    }
}
