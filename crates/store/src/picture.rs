//! Pictures.
//!
//! Invariant: a picture never changes, since its key is the hash of its bytes.

use crate::queries::Query;
use crate::value::{DbRow, FromRow, params};
use crate::{Error, Result, Tx};
use opendrs_domain::picture::{PictureFormat, PictureHash};

/// A picture with its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPicture {
    /// The hash of its bytes.
    pub hash: PictureHash,
    /// Its format.
    pub format: PictureFormat,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl FromRow for StoredPicture {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        let format: String = row.get(1)?;
        let bad = |found| Error::InvalidRow { query: row.query.sql().name, column: 1, found };
        Ok(Self {
            hash: PictureHash(row.get(0)?),
            format: PictureFormat::parse(&format).ok_or_else(|| bad(format))?,
            bytes: row.get(2)?,
        })
    }
}

/// A picture by its hash.
///
/// # Errors
/// [`crate::Error`].
pub async fn find(tx: &mut Tx<'_>, hash: PictureHash) -> Result<Option<StoredPicture>> {
    tx.query_opt(Query::PictureByHash, params![&hash.0]).await
}

/// Adds a picture, unless it is there.
///
/// # Errors
/// [`crate::Error`].
pub async fn insert(tx: &mut Tx<'_>, picture: &StoredPicture) -> Result<()> {
    let StoredPicture { hash, format, bytes } = picture;
    tx.exec_deferred(Query::PicturePut, params![&hash.0, format.extension(), bytes.as_slice()]).await
}
