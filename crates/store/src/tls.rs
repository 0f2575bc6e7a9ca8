//! TLS of the connections to PostgreSQL, as the URL's `sslmode` requires it, with libpq's meanings.
//!
//! * `disable`: none.
//! * `prefer` (without the parameter): if the server supports it.
//! * `require`: always, with any certificate.
//! * `verify-full`: always, and the certificate must be the host's and lead to a root, of the system or of the file
//!   that `sslrootcert` names.
//!
//! The URL itself is read in `pg::url`. Invariant: the required protection is never silently reduced.

use crate::trust::{self, TrustedCertificates};
use crate::{Error, Result};
use std::path::PathBuf;
use tokio_postgres_rustls::MakeRustlsConnect;

/// The certificates to accept.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum CertificateCheck {
    /// Any certificate.
    Unverified,
    /// The host's, verified by the system's roots.
    SystemRoots,
    /// The host's, verified by the roots of a file.
    RootFile(PathBuf),
}

fn tls_error(words: impl Into<String>) -> Error {
    Error::CannotOpen(words.into())
}

/// Builds the connector for encrypted connections.
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
