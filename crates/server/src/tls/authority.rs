//! The local authority of an installation, for operators without a certificate. Clients that trust its certificate
//! trust the certificates that it issues.
//!
//! Invariant: its key stays in one file of the data folder, which only its owner can read. Its certificate is beside it
//! and is public. Both are created once.

use super::certificate_expiry;
use crate::private_file;
use opendrs_config::CA_CERTIFICATE_FILE;
use opendrs_domain::time::{Span, Time};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use std::fs::Permissions;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;
use x509_cert::der::Decode;

/// The file of the authority's key.
const CA_KEY_FILE: &str = "local-ca.key";
/// The validity of the authority's certificate.
const CA_VALIDITY_YEARS: i64 = 10;
/// The validity of an issued certificate. Some clients accept at most 397 days.
const LEAF_VALIDITY: Span = Span::from_hours(397 * 24);
/// How much earlier the validity begins, because a device's clock may be slow.
const CLOCK_SKEW: Span = Span::from_hours(24);

/// A local authority.
pub struct LocalAuthority {
    issuer: Issuer<'static, KeyPair>,
    /// The path of its certificate, for clients that must trust it.
    pub certificate_path: PathBuf,
}

impl LocalAuthority {
    /// Returns whether a folder has a complete authority, or `None` if it has no part of one. An incomplete one is
    /// unusable.
    #[must_use]
    pub fn is_complete(folder: &Path) -> Option<bool> {
        let [key, certificate] = [CA_KEY_FILE, CA_CERTIFICATE_FILE].map(|name| folder.join(name).exists());
        (key || certificate).then_some(key && certificate)
    }

    /// Opens the authority of a folder, or creates it.
    ///
    /// # Errors
    /// A text that names the wrong file.
    pub fn open(folder: &Path, now: Time) -> Result<Self, String> {
        private_file::create_folder(folder)
            .map_err(|e| format!("cannot create the folder {}: {e}", folder.display()))?;
        let path = folder.join(CA_KEY_FILE);
        let text = read_or_create(&path, 0o600, || KeyPair::generate().map(|key| key.serialize_pem()))?;
        let key = KeyPair::from_pem(&text).map_err(|e| format!("{} contains no key: {e}", path.display()))?;
        let params = ca_params(&key, now);
        let certificate = folder.join(CA_CERTIFICATE_FILE);
        let text = read_or_create(&certificate, 0o644, || params.self_signed(&key).map(|made| made.pem()))?;
        let again = format!("remove {} and {CA_KEY_FILE} beside it to get a new authority", certificate.display());
        match parse_certificate(&text) {
            Some((public, _)) if public != key.public_key_raw() => {
                return Err(format!("{} does not belong to the key in {CA_KEY_FILE}: {again}", certificate.display()));
            }
            Some((_, end)) if end > now => {}
            _ => return Err(format!("{} is not a certificate, or has expired: {again}", certificate.display())),
        }
        Ok(Self { issuer: Issuer::new(params, key), certificate_path: certificate })
    }

    /// Issues a certificate for names and addresses, with a new key.
    ///
    /// # Errors
    /// A text with the names that a certificate cannot contain.
    pub fn issue(
        &self,
        names: &[String],
        now: Time,
    ) -> Result<(CertificateDer<'static>, PrivateKeyDer<'static>), String> {
        let bad = |e: rcgen::Error| format!("no certificate can be issued for {}: {e}", names.join(", "));
        let key = KeyPair::generate().map_err(bad)?;
        let mut params = CertificateParams::new(names).map_err(bad)?;
        params.distinguished_name.remove(DnType::CommonName);
        params.distinguished_name.push(DnType::CommonName, "OpenDRS");
        params.is_ca = IsCa::ExplicitNoCa;
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        set_validity(&mut params, now, LEAF_VALIDITY);
        let leaf = params.signed_by(&key, &self.issuer).map_err(bad)?;
        let key = PrivatePkcs8KeyDer::from(key.serialize_der());
        Ok((leaf.der().clone(), key.into()))
    }
}

/// Returns the content of the authority's certificate. Its name contains a part of the key's id, so that authorities
/// differ by name.
fn ca_params(key: &KeyPair, now: Time) -> CertificateParams {
    let mut params = CertificateParams::default();
    let id = params.key_identifier(key);
    let id: String = id.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    params.distinguished_name.remove(DnType::CommonName);
    params.distinguished_name.push(DnType::CommonName, format!("OpenDRS local authority {id}"));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    set_validity(&mut params, now, Span::from_hours(CA_VALIDITY_YEARS * 365 * 24));
    params
}

fn set_validity(params: &mut CertificateParams, now: Time, lasting: Span) {
    let at = |secs: i64| rcgen::date_time_ymd(1970, 1, 1) + Duration::from_secs(secs.max(0).unsigned_abs());
    params.not_before = at(now.as_secs() - CLOCK_SKEW.as_secs());
    params.not_after = at(now.as_secs() + lasting.as_secs() - CLOCK_SKEW.as_secs());
}

/// Returns the public key and the expiry of a certificate.
fn parse_certificate(pem: &str) -> Option<(Vec<u8>, Time)> {
    let der = CertificateDer::from_pem_slice(pem.as_bytes()).ok()?;
    let read = x509_cert::Certificate::from_der(&der).ok()?;
    let public = read.tbs_certificate.subject_public_key_info.subject_public_key.as_bytes()?.to_vec();
    Some((public, certificate_expiry(&der)?))
}

/// Reads a file, or creates it completely if it does not exist.
fn read_or_create(
    path: &Path,
    mode: u32,
    make: impl FnOnce() -> Result<String, rcgen::Error>,
) -> Result<String, String> {
    let at = path.display();
    let unreadable = |e: std::io::Error| format!("cannot read {at}: {e}");
    match std::fs::read_to_string(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        text => return text.map_err(unreadable),
    }
    let text = make().map_err(|e| format!("cannot create {at}: {e}"))?;
    let write = || {
        let folder = path.parent().unwrap_or(Path::new("."));
        let mut file = tempfile::Builder::new().permissions(Permissions::from_mode(mode)).tempfile_in(folder)?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        match file.persist_noclobber(path) {
            // Another process created the file at the same time. Its content is used.
            Err(taken) if taken.error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
            done => done.map(drop).map_err(|e| e.error),
        }
    };
    write().map_err(|e| format!("cannot write {at}: {e}"))?;
    std::fs::read_to_string(path).map_err(unreadable)
}
