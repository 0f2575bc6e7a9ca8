//! Files that only their owner can read, created completely or not at all.
//!
//! What it is not: the content of the files. Invariant: a file under its final name is complete, even after a crash,
//! and an existing file is overwritten only by [`replace`].

use std::fs::DirBuilder;
use std::io::{Result, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use tempfile::NamedTempFile;

/// Creates a file of mode 0600.
///
/// # Errors
/// The kind is [`std::io::ErrorKind::AlreadyExists`] if a file with this name exists.
pub fn create(path: &Path, content: impl AsRef<[u8]>) -> Result<()> {
    let folder = folder_of(path);
    write_new(folder, content.as_ref())?.persist_noclobber(path).map_err(|failed| failed.error)?;
    sync_folder(folder)
}

/// Does the same, and replaces a file with this name.
///
/// # Errors
/// The error of the file system; an existing file is unchanged then.
pub fn replace(path: &Path, content: impl AsRef<[u8]>) -> Result<()> {
    let folder = folder_of(path);
    write_new(folder, content.as_ref())?.persist(path).map_err(|failed| failed.error)?;
    sync_folder(folder)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Writes the content under another name.
fn write_new(folder: &Path, content: &[u8]) -> Result<NamedTempFile> {
    let mut file = tempfile::Builder::new().prefix(".new-").tempfile_in(folder)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// Makes the directory entry as durable as the content.
fn sync_folder(folder: &Path) -> Result<()> {
    std::fs::File::open(folder)?.sync_all()
}

/// Creates a folder of mode 0700 if it does not exist, since it will contain keys and data of customers.
///
/// # Errors
/// The error of the file system.
pub fn create_folder(path: &Path) -> Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::ErrorKind;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_file_is_its_owners_alone_and_overwritten_on_demand_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        create(&path, "first\n").unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(create(&path, "second\n").unwrap_err().kind(), ErrorKind::AlreadyExists);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "first\n");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        replace(&path, "third\n").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "third\n");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left");
    }
}
