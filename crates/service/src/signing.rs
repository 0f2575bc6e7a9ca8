//! The installation's signing key, whose certificate receivers of notifications trust.
//!
//! What it is: RSA with 2048 bits and a self-signed certificate, made at an installation's first start
//! (docs/spec/delivery.md#signing-certificate). The store holds it, sealed with a key derived from the master key, so
//! every node signs with the same key. What it is not: the secrets of webhooks
//! ([`crate::receiver::list_webhook_secrets`]). Invariant: a certificate's file name contains its hash and is served
//! for ever. A new key signs only after its certificate is stored.

mod signer;
mod verification;

pub(crate) use signer::{MessageSigner, reseal_private_key, sign_all};
pub use verification::is_signature_valid;

use crate::sealing::SealingPurpose;
use crate::{App, Error, Result};
use opendrs_domain::receiver::SignatureVersion;
use opendrs_store::receiver::{self as store, SigningKeyRow};
use opendrs_store::{Command, Tx, installation};
use sha2::{Digest, Sha256};
use signer::{generate_key, open_private_key};
use std::sync::Arc;

/// The prefix of a certificate's file name (docs/spec/delivery.md#signing-certificate).
pub const CERTIFICATE_FILE_PREFIX: &str = "SimpleNotificationService-";

/// Makes the installation's first key if there is none. Returns the file name of its certificate if it did.
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

/// The key in use. It is made if there is none, and read again if another node or command made a newer one.
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

/// Signs a text a number of times on each of a number of threads, and discards the signatures. It is the reference for
/// measurements of deliveries.
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
    // All are started before the first is awaited.
    for thread in each.collect::<Vec<_>>() {
        thread.await.map_err(|e| Error::Internal(e.to_string()))??;
    }
    Ok(())
}

/// Makes a new signing key, which signs from now on. Returns the file name of its certificate.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn rotate_key(app: &App) -> Result<String> {
    let last = current_signer(app).await?.number;
    create_key(app, last + 1).await?;
    Ok(certificate_file_name(&current_signer(app).await?.certificate_name))
}

/// The certificate with a file name such as `SimpleNotificationService-<32 hex>.pem`.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn find_certificate(app: &App, file: &str) -> Result<Option<String>> {
    let name = file.strip_prefix(CERTIFICATE_FILE_PREFIX).and_then(|rest| rest.strip_suffix(".pem"));
    let Some(name) = name else { return Ok(None) };
    let mut reader = app.db.reader().await?;
    Ok(store::find_certificate(&mut reader.tx()?, name).await?)
}

/// The file name under which a certificate is served (docs/spec/delivery.md#signing-certificate).
pub(crate) fn certificate_file_name(name: &str) -> String {
    format!("{CERTIFICATE_FILE_PREFIX}{name}.pem")
}

/// Makes the key with a number and stores it, unless another process was faster. Returns the stored key.
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
    /// The check value of the master key that seals it.
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
