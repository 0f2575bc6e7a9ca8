//! Verification of a message's signature with the key of a certificate, as a receiver does it.
//!
//! Not here: whether the certificate is trusted. Invariant: a message that lacks a signed field is not valid.

use aws_lc_rs::signature::{
    RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey, VerificationAlgorithm,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use opendrs_domain::receiver::SignatureVersion;
use opendrs_domain::wire::sns;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use webpki::EndEntityCert;

/// Whether a received message was signed with the key of a certificate in PEM.
#[must_use]
pub fn is_signature_valid(certificate: &str, message: &serde_json::Value) -> bool {
    let check = || {
        let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).ok()?;
        let key = EndEntityCert::try_from(&certificate).ok()?.subject_public_key_info();
        let rule: &'static dyn VerificationAlgorithm =
            match SignatureVersion::parse(message["SignatureVersion"].as_str()?)? {
                SignatureVersion::V1 => &RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY,
                SignatureVersion::V2 => &RSA_PKCS1_2048_8192_SHA256,
            };
        let signature = STANDARD.decode(message["Signature"].as_str()?).ok()?;
        let text = sns::string_to_sign_of(message)?;
        UnparsedPublicKey::new(rule, key.as_ref()).verify(text.as_bytes(), &signature).ok()
    };
    check().is_some()
}
