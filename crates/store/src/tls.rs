//! Encryption of the connections to PostgreSQL, as the URL's `sslmode` asks for it, with libpq's meanings.
//!
//! `disable`: none. `prefer` (without the word): if the server has it. `require`: always, with whatever certificate the
//! server shows. `verify-full`: always, and the certificate must be the host's and lead to a root, of the system or of the
//! file that `sslrootcert` names. What a URL says is read in `pg::url`. Invariant: what is asked for is never quietly replaced by less.

use crate::trust::{self, TrustedCertificates};
use crate::{Error, Result};
use std::path::PathBuf;
use tokio_postgres_rustls::MakeRustlsConnect;

/// Whose certificates are good.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum CertificateCheck {
    /// Anybody's.
    Unverified,
    /// The host's, by the system's roots.
    SystemRoots,
    /// The host's, by the roots of a file.
    RootFile(PathBuf),
}

fn tls_error(words: impl Into<String>) -> Error {
    Error::CannotOpen(words.into())
}

/// What makes encrypted connections.
pub(crate) fn build_connector(verify: &CertificateCheck) -> Result<MakeRustlsConnect> {
    let mut trust = TrustedCertificates::default();
    match verify {
        CertificateCheck::Unverified => {
            return Ok(MakeRustlsConnect::new(trust::unverified_client_config().map_err(tls_error)?));
        }
        CertificateCheck::SystemRoots => {
            trust.add_system();
            if trust.is_empty() {
                return Err(tls_error(
                    "this system has no root certificates: install them (ca-certificates), or name a file with \
                     sslrootcert",
                ));
            }
        }
        CertificateCheck::RootFile(path) => trust.add_file(path).map_err(|why| {
            tls_error(format!("cannot read the certificates of sslrootcert {}: {why}", path.display()))
        })?,
    }
    Ok(MakeRustlsConnect::new(trust.into_client_config().map_err(tls_error)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_cannot_be_read_is_named() {
        assert!(
            build_connector(&CertificateCheck::RootFile("/nowhere.pem".into()))
                .is_err_and(|e| e.to_string().contains("/nowhere.pem"))
        );
    }
}
