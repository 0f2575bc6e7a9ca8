//! Encryption of the connections to PostgreSQL, as the URL's `sslmode` asks for it, with libpq's meanings.
//!
//! `disable`: none. `prefer` (without the word): if the server has it. `require`: always, with whatever certificate the
//! server shows. `verify-full`: always, and the certificate must be the host's and lead to a root, of the system or of the
//! file that `sslrootcert` names. What a URL says is read in `pg::url`. Invariant: what is asked for is never quietly replaced by less.

use crate::trust::{self, Trust};
use crate::{Error, Result};
use std::path::PathBuf;
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

/// What makes encrypted connections.
pub(crate) fn connector(verify: &Verify) -> Result<MakeRustlsConnect> {
    let mut trust = Trust::default();
    match verify {
        Verify::Nobody => return Ok(MakeRustlsConnect::new(trust::without_proof().map_err(bad)?)),
        Verify::System => {
            trust.add_system();
            if trust.is_empty() {
                return Err(bad(
                    "this system has no root certificates: install them (ca-certificates), or name a file with \
                     sslrootcert",
                ));
            }
        }
        Verify::File(path) => trust
            .add_file(path)
            .map_err(|why| bad(format!("cannot read the certificates of sslrootcert {}: {why}", path.display())))?,
    }
    Ok(MakeRustlsConnect::new(trust.client().map_err(bad)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_cannot_be_read_is_named() {
        assert!(connector(&Verify::File("/nowhere.pem".into())).is_err_and(|e| e.to_string().contains("/nowhere.pem")));
    }
}
