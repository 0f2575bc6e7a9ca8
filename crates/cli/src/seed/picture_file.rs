//! The files of pictures beside a seed file.
//!
//! Not here: whether a file is a picture. Invariant: no more is read of a file than a picture may have, and one byte, by
//! which it is found to be too large. A pipe or a device is not opened.

use opendrs_domain::picture::MAX_FILE_BYTES;
use opendrs_service::seed::PictureSeed;
use opendrs_store::regular_file;
use std::io::Read;
use std::path::Path;

/// Reads the file of a picture. A file that is too large is read in part.
pub(super) fn read_picture_file(path: &Path) -> Result<Vec<u8>, String> {
    let failed = |e: std::io::Error| format!("cannot read the picture {}: {e}", path.display());
    let mut bytes = Vec::new();
    let most = u64::try_from(MAX_FILE_BYTES + 1).unwrap_or(u64::MAX);
    regular_file::open(path).map_err(failed)?.take(most).read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

/// Writes a picture into a folder, and returns the name of its file: the hash of its content, so that equal pictures
/// are one file.
pub(super) fn write_picture_file(folder: &Path, picture: &PictureSeed) -> Result<Option<String>, String> {
    let Some(bytes) = &picture.file else { return Ok(None) };
    let name = opendrs_service::picture::file_name(bytes);
    let path = folder.join(&name);
    std::fs::write(&path, bytes).map_err(|e| format!("cannot write {}: {e}", path.display()))?;
    Ok(Some(name))
}
