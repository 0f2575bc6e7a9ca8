//! Permissions of files that only their owner may read, whatever the folder's mode and the process's umask.
//!
//! What it is: the modes of SQLite's files, of backups and of snapshots. Invariant: a file with customers' data is
//! never readable by others, not even while it is created.

use std::ffi::OsString;
use std::fs::{File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// The permission bits of all but the owner.
const OTHERS_MODE_MASK: u32 = 0o077;
const OWNER_MODE: u32 = 0o600;

/// A path with a suffix after its name.
pub(crate) fn with_suffix(path: &Path, end: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(end);
    name.into()
}

/// Opens a file for writing, and creates it if it does not exist.
pub(crate) fn create_owner_only(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().write(true).create(true).truncate(false).mode(OWNER_MODE).open(path)?;
    restrict_to_owner(path)?;
    Ok(file)
}

/// Creates a SQLite file if it does not exist, and removes others' access to it and to its side files. SQLite gives the
/// files that it creates later the mode of the first.
pub(crate) fn restrict_database(path: &Path) -> io::Result<()> {
    create_owner_only(path)?;
    for end in ["-wal", "-shm", "-journal"] {
        restrict_to_owner(&with_suffix(path, end))?;
    }
    Ok(())
}

/// Removes others' access to a file, if it exists. A file of another owner stays as it is, which is logged.
fn restrict_to_owner(path: &Path) -> io::Result<()> {
    let found = match std::fs::metadata(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        found => found?,
    };
    let mode = found.permissions().mode();
    if !found.is_file() || mode & OTHERS_MODE_MASK == 0 {
        return Ok(());
    }
    match std::fs::set_permissions(path, Permissions::from_mode(OWNER_MODE)) {
        Err(e) if e.kind() == io::ErrorKind::PermissionDenied => {
            let (file, mode) = (path.display(), mode & 0o777);
            tracing::warn!(
                "{file} can be read by others (mode {mode:o}) and is another user's: let its owner run `chmod 600 {file}`"
            );
            Ok(())
        }
        done => done,
    }
}
