//! A signing key: RSA with 2048 bits and a self-signed certificate (docs/spec/delivery.md#signing-certificate).
//!
//! Not here: which key is in use. Invariant: a private key leaves this module only sealed.

use crate::error::{Error, Result};
use crate::sealing::Sealer;
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use opendrs_domain::receiver::SignatureVersion;
use opendrs_store::receiver::SigningKeyRow;
use rsa::pkcs8::DecodePrivateKey;
use rsa::{Pkcs1v15Sign, PrivateKey};
use sha1::{Digest, Sha1};
use std::sync::Arc;

/// Keys are bound to no row: the certificate in the row identifies the key.
const NO_ASSOCIATED_DATA: &[u8] = &[];

/// A key that signs.
pub(crate) struct MessageSigner {
    pub(super) number: i64,
    /// The file name of the certificate, without prefix and extension.
    pub(crate) certificate_name: String,
    /// For SHA-1, which the library of the other key refuses to sign.
    sha1_key: PrivateKey,
    sha256_key: RsaKeyPair,
}

impl MessageSigner {
    pub(super) fn from_pkcs8(number: i64, name: String, pkcs8: &[u8]) -> Result<Self> {
        let old = PrivateKey::from_pkcs8_der(pkcs8).map_err(|e| Error::Internal(format!("signing key: {e}")))?;
        let new = RsaKeyPair::from_pkcs8(pkcs8).map_err(|e| Error::Internal(format!("signing key: {e}")))?;
        Ok(Self { number, certificate_name: name, sha1_key: old, sha256_key: new })
    }

    /// `Signature` of an envelope: base64 of RSASSA-PKCS1-v1_5.
    pub(crate) fn sign(&self, version: SignatureVersion, text: &str) -> Result<String> {
        let signed = match version {
            SignatureVersion::V1 => self
                .sha1_key
                .sign(Pkcs1v15Sign::new::<Sha1>(), &Sha1::digest(text.as_bytes()))
                .map_err(|e| Error::Internal(format!("signing: {e}")))?,
            SignatureVersion::V2 => {
                let mut signed = vec![0; self.sha256_key.public_modulus_len()];
                self.sha256_key
                    .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signed)
                    .map_err(|_| Error::Internal("signing failed".into()))?;
                signed
            }
        };
        Ok(STANDARD.encode(signed))
    }
}

pub(super) fn open_private_key(key: &SigningKeyRow, sealer: Sealer) -> Result<Vec<u8>> {
    let plain = sealer.open(NO_ASSOCIATED_DATA, &key.sealed_private_key);
    plain.ok_or_else(|| Error::Internal("the stored signing key cannot be opened with this master key".into()))
}

/// The private part of a stored key, sealed with another key.
pub(crate) fn reseal_private_key(key: &SigningKeyRow, old: Sealer, new: Sealer) -> Result<Vec<u8>> {
    new.seal(NO_ASSOCIATED_DATA, &open_private_key(key, old)?)
}

/// Signs texts on a thread of its own. The signatures are in the order of the texts.
pub(crate) async fn sign_all(
    signer: &Arc<MessageSigner>,
    version: SignatureVersion,
    texts: Vec<String>,
) -> Result<Vec<String>> {
    let signer = signer.clone();
    let sign = move || texts.iter().map(|text| signer.sign(version, text)).collect();
    tokio::task::spawn_blocking(sign).await.map_err(|e| Error::Internal(e.to_string()))?
}

/// Generates a certificate and its sealed private key.
pub(super) fn generate_key(host: &str, sealer: Sealer) -> Result<(String, Vec<u8>)> {
    let bad = |what: &str| Error::Internal(format!("making a signing key: {what}"));
    let pair = KeyPair::generate(KeySize::Rsa2048).map_err(|_| bad("no key"))?;
    let pkcs8 = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).map_err(|_| bad("no encoding"))?;
    let key = rcgen::KeyPair::from_pkcs8_der_and_sign_algo(&pkcs8.as_ref().into(), &rcgen::PKCS_RSA_SHA256);
    let key = key.map_err(|e| bad(&e.to_string()))?;
    let mut params = rcgen::CertificateParams::new([host.to_owned()]).map_err(|e| bad(&e.to_string()))?;
    params.distinguished_name.push(rcgen::DnType::CommonName, host);
    let certificate = params.self_signed(&key).map_err(|e| bad(&e.to_string()))?;
    // One block with LF line ends: some receivers read nothing else.
    let pem = certificate.pem().replace("\r\n", "\n");
    Ok((pem, sealer.seal(NO_ASSOCIATED_DATA, pkcs8.as_ref())?))
}

#[cfg(test)]
mod tests {
    use super::super::verification::is_signature_valid;
    use super::*;
    use crate::sealing::SealingPurpose;
    use opendrs_domain::wire::sns;

    #[test]
    fn both_signatures_verify_with_the_certificate_of_their_key() {
        let sealer = Sealer::derive(&[7; 32], SealingPurpose::SigningKeys);
        let (pem, sealed) = generate_key("sns.amazonaws.com", sealer).unwrap();
        assert!(pem.starts_with("-----BEGIN CERTIFICATE-----\n") && !pem.contains('\r'), "{pem}");
        let signer =
            MessageSigner::from_pkcs8(1, "n".into(), &sealer.open(NO_ASSOCIATED_DATA, &sealed).unwrap()).unwrap();
        for version in [SignatureVersion::V1, SignatureVersion::V2] {
            let mut message = serde_json::json!({
                "Type": "Notification", "MessageId": "m", "TopicArn": "t", "Message": "\u{2028}\n\"é🫖", "Timestamp": "now",
                "SignatureVersion": version.as_str(),
            });
            let text = sns::string_to_sign_of(&message).unwrap();
            message["Signature"] = signer.sign(version, &text).unwrap().into();
            assert!(is_signature_valid(&pem, &message), "{version:?}");
            message["Message"] = "another".into();
            assert!(!is_signature_valid(&pem, &message), "{version:?}");
        }
    }
}
