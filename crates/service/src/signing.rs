//! The installation's signing key: the one whose certificate receivers of notifications trust.
//!
//! What it is: RSA with 2048 bits and a certificate that signs itself, made at an installation's first start
//! (docs/spec/delivery.md#signing-certificate), kept in the store sealed with a key derived from the master key, so
//! every node signs alike. What it is not: the secrets of webhooks ([`crate::topic::secret`]). Invariant: a
//! certificate's file name is made of its hash and is served for ever; a new key signs only after its certificate is
//! stored.

use crate::sealing::{Sealer, SealingPurpose};
use crate::{App, Error, Result};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{
    RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair,
    UnparsedPublicKey, VerificationAlgorithm,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use opendrs_domain::receiver::SignatureVersion;
use opendrs_domain::wire::sns;
use opendrs_store::receiver::{self as store, SigningKeyRow};
use opendrs_store::{Command, Tx, installation};
use rsa::pkcs8::DecodePrivateKey;
use rsa::{Pkcs1v15Sign, PrivateKey};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use sha1::{Digest, Sha1};
use sha2::Sha256;
use std::sync::Arc;
use webpki::EndEntityCert;

/// Whether a received message was signed with the key of a certificate, PEM: what a receiver checks.
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

/// What the name of a certificate's file begins with (docs/spec/delivery.md#signing-certificate).
pub const CERTIFICATE_FILE_PREFIX: &str = "SimpleNotificationService-";

/// Keys are bound to no row: the certificate beside one says which it is.
const NO_ASSOCIATED_DATA: &[u8] = &[];

/// A key that signs.
pub(crate) struct MessageSigner {
    number: i64,
    /// The certificate's file name, without its beginning and end.
    pub(crate) certificate_name: String,
    /// For SHA-1, which the library of the other one refuses to sign.
    sha1_key: PrivateKey,
    sha256_key: RsaKeyPair,
}

impl MessageSigner {
    fn from_pkcs8(number: i64, name: String, pkcs8: &[u8]) -> Result<Self> {
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

/// Makes the installation's first key if there is none; returns the name of its certificate's file if it did.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn ensure_first_key(app: &App) -> Result<Option<String>> {
    match find_newest_key(app).await? {
        Some(_) => Ok(None),
        None => Ok(Some(certificate_file_name(&create_key(app, 1).await?.name))),
    }
}

async fn find_newest_key(app: &App) -> Result<Option<SigningKeyRow>> {
    let mut reader = app.db.reader().await?;
    Ok(store::find_newest_signing_key(&mut reader.tx()?).await?)
}

/// The key in use. Made if there is none; read again if another node or command made a newer one.
pub(crate) async fn current_signer(app: &App) -> Result<Arc<MessageSigner>> {
    let known = app.signer.load_full();
    let stored = match (find_newest_key(app).await?, known) {
        (Some(stored), Some(known)) if stored.id == known.number => return Ok(known),
        (Some(stored), _) => stored,
        (None, _) => create_key(app, 1).await?,
    };
    let plain = open_private_key(&stored, app.keys.derived_keys().sealer(SealingPurpose::SigningKeys))?;
    let signer = Arc::new(MessageSigner::from_pkcs8(stored.id, stored.name, &plain)?);
    app.signer.store(Some(signer.clone()));
    Ok(signer)
}

fn open_private_key(key: &SigningKeyRow, sealer: Sealer) -> Result<Vec<u8>> {
    let plain = sealer.open(NO_ASSOCIATED_DATA, &key.sealed_private_key);
    plain.ok_or_else(|| Error::Internal("the stored signing key cannot be opened with this master key".into()))
}

/// A stored key's private part, sealed with another key.
pub(crate) fn reseal_private_key(key: &SigningKeyRow, old: Sealer, new: Sealer) -> Result<Vec<u8>> {
    new.seal(NO_ASSOCIATED_DATA, &open_private_key(key, old)?)
}

/// Signs texts, on a thread of its own; the signatures come in the texts' order.
pub(crate) async fn sign_all(
    signer: &Arc<MessageSigner>,
    version: SignatureVersion,
    texts: Vec<String>,
) -> Result<Vec<String>> {
    let signer = signer.clone();
    let sign = move || texts.iter().map(|text| signer.sign(version, text)).collect();
    tokio::task::spawn_blocking(sign).await.map_err(|e| Error::Internal(e.to_string()))?
}

/// Signs a text so many times on each of so many threads and throws the signatures away: what deliveries are measured
/// against.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn run_benchmark(
    app: &App,
    version: SignatureVersion,
    threads: usize,
    times: usize,
    text: &str,
) -> Result<()> {
    let (signer, text) = (current_signer(app).await?, Arc::<str>::from(text));
    let each = (0..threads).map(|_| {
        let (signer, text) = (signer.clone(), text.clone());
        tokio::task::spawn_blocking(move || (0..times).try_for_each(|_| signer.sign(version, &text).map(drop)))
    });
    // All are begun before the first is waited for.
    for thread in each.collect::<Vec<_>>() {
        thread.await.map_err(|e| Error::Internal(e.to_string()))??;
    }
    Ok(())
}

/// Makes a new signing key, which signs from now on; returns the name of its certificate's file.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn rotate_key(app: &App) -> Result<String> {
    let last = current_signer(app).await?.number;
    create_key(app, last + 1).await?;
    Ok(certificate_file_name(&current_signer(app).await?.certificate_name))
}

/// The certificate of a file name such as `SimpleNotificationService-<32 hex>.pem`.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn find_certificate(app: &App, file: &str) -> Result<Option<String>> {
    let name = file.strip_prefix(CERTIFICATE_FILE_PREFIX).and_then(|rest| rest.strip_suffix(".pem"));
    let Some(name) = name else { return Ok(None) };
    let mut reader = app.db.reader().await?;
    Ok(store::find_certificate(&mut reader.tx()?, name).await?)
}

/// The name under which a certificate is served (docs/spec/delivery.md#signing-certificate).
pub(crate) fn certificate_file_name(name: &str) -> String {
    format!("{CERTIFICATE_FILE_PREFIX}{name}.pem")
}

/// Makes a key of a number and stores it, unless another was quicker; returns the one that is stored.
async fn create_key(app: &App, number: i64) -> Result<SigningKeyRow> {
    let (host, at) = (app.settings.notifications.certificate_name.clone(), app.now());
    let sealer = app.keys.derived_keys().sealer(SealingPurpose::SigningKeys);
    let work = move || generate_key(&host, sealer);
    let made = tokio::task::spawn_blocking(work).await.map_err(|e| Error::Internal(e.to_string()))?;
    let (certificate, sealed) = made?;
    let name = Sha256::digest(certificate.as_bytes())[..16].iter().map(|b| format!("{b:02x}")).collect();
    let key = SigningKeyRow { id: number, name, certificate, sealed_private_key: sealed, created_at: at };
    app.db.write(InsertSigningKey { key, master_check: app.keys.derived_keys().master_check() }).await?;
    find_newest_key(app).await?.ok_or_else(|| Error::missing_row("the signing key"))
}

struct InsertSigningKey {
    key: SigningKeyRow,
    /// Proves the master key that it is sealed with.
    master_check: [u8; 32],
}

impl Command for InsertSigningKey {
    type Output = ();
    fn ordering_key(&self) -> u64 {
        0
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<()> {
        installation::hold_master_key(tx, &self.master_check).await?;
        store::insert_signing_key(tx, &self.key).await
    }
}

/// A certificate and its sealed private key.
fn generate_key(host: &str, sealer: Sealer) -> Result<(String, Vec<u8>)> {
    let bad = |what: &str| Error::Internal(format!("making a signing key: {what}"));
    let pair = KeyPair::generate(KeySize::Rsa2048).map_err(|_| bad("no key"))?;
    let pkcs8 = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).map_err(|_| bad("no encoding"))?;
    let key = rcgen::KeyPair::from_pkcs8_der_and_sign_algo(&pkcs8.as_ref().into(), &rcgen::PKCS_RSA_SHA256);
    let key = key.map_err(|e| bad(&e.to_string()))?;
    let mut params = rcgen::CertificateParams::new([host.to_owned()]).map_err(|e| bad(&e.to_string()))?;
    params.distinguished_name.push(rcgen::DnType::CommonName, host);
    let certificate = params.self_signed(&key).map_err(|e| bad(&e.to_string()))?;
    // One block with plain line ends: some receivers read nothing else.
    let pem = certificate.pem().replace("\r\n", "\n");
    Ok((pem, sealer.seal(NO_ASSOCIATED_DATA, pkcs8.as_ref())?))
}

#[cfg(test)]
mod tests {
    use super::*;

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
