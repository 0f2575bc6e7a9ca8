//! Files that a setting or a seed names.
//!
//! Not here: what they hold. Invariant: only regular files are opened, since to open or read a pipe or a device may never
//! end.

use std::fs::File;
use std::io::{Error, ErrorKind, Read, Result};
use std::path::Path;

/// Checks that a path, or what it links to, is a regular file.
///
/// # Errors
/// There is none, or it is something else.
pub fn check(path: &Path) -> Result<()> {
    let is_regular = std::fs::metadata(path)?.is_file();
    if is_regular { Ok(()) } else { Err(Error::new(ErrorKind::InvalidInput, "it is no regular file")) }
}

/// Opens a regular file to read it.
///
/// # Errors
/// As [`check`], or the file cannot be opened.
pub fn open(path: &Path) -> Result<File> {
    check(path)?;
    File::open(path)
}

/// Reads the text in a regular file.
///
/// # Errors
/// As [`open`], or the file cannot be read as UTF-8.
pub fn read_to_string(path: &Path) -> Result<String> {
    let mut text = String::new();
    open(path)?.read_to_string(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    #[test]
    fn only_regular_files_are_opened() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("file"), "text").unwrap();
        symlink(at("file"), at("link")).unwrap();
        symlink("/dev/zero", at("device")).unwrap();
        let _listener = UnixListener::bind(at("socket")).unwrap();
        for name in ["file", "link"] {
            assert_eq!(read_to_string(&at(name)).unwrap(), "text", "{name}");
        }
        for path in [at("device"), at("socket"), at("."), "/dev/zero".into()] {
            let error = read_to_string(&path).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{}: {error}", path.display());
        }
        assert_eq!(open(&at("none")).unwrap_err().kind(), ErrorKind::NotFound);
    }
}
