//! Files that a setting or a seed names.
//!
//! Not here: what they hold. Invariant: only regular files are opened, since to open or read a pipe or a device may never
//! end.

use rustix::fs::OFlags;
use std::fs::{File, OpenOptions};
use std::io::{Error, ErrorKind, Read, Result};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Opens a regular file to read it.
///
/// # Errors
/// There is none, it is something else, or it cannot be opened.
pub fn open(path: &Path) -> Result<File> {
    // To open a pipe without this flag waits until somebody writes to it. The opened file is checked, not its path, which
    // may name another one by now.
    let without_waiting = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or_default();
    let file = OpenOptions::new().read(true).custom_flags(without_waiting).open(path)?;
    let is_regular = file.metadata()?.is_file();
    let why = "it is no regular file: name a file, not a folder, pipe, socket or device";
    if is_regular { Ok(file) } else { Err(Error::new(ErrorKind::InvalidInput, why)) }
}

/// Reads a regular file of at most 1 MiB.
///
/// # Errors
/// As [`open`], or the file is larger.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    read_up_to(path, 1)
}

/// Reads the text in a regular file of at most 1 MiB.
///
/// # Errors
/// As [`read`], or the file is not UTF-8.
pub fn read_to_string(path: &Path) -> Result<String> {
    read_text_up_to(path, 1)
}

/// Reads the text in a regular file of at most `mebibytes`.
///
/// # Errors
/// As [`read_to_string`].
pub fn read_text_up_to(path: &Path, mebibytes: u64) -> Result<String> {
    let bytes = read_up_to(path, mebibytes)?;
    String::from_utf8(bytes).map_err(|_| Error::new(ErrorKind::InvalidData, "it is not UTF-8 text"))
}

fn read_up_to(path: &Path, mebibytes: u64) -> Result<Vec<u8>> {
    let (mut bytes, most) = (Vec::new(), mebibytes * 1024 * 1024);
    open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    let is_small = u64::try_from(bytes.len()).is_ok_and(|len| len <= most);
    let why = || format!("it is larger than {mebibytes} MiB");
    if is_small { Ok(bytes) } else { Err(Error::new(ErrorKind::FileTooLarge, why())) }
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
        rustix::fs::mkfifoat(rustix::fs::CWD, at("pipe"), rustix::fs::Mode::RUSR).unwrap();
        for path in [at("device"), at("pipe"), at("."), "/dev/zero".into()] {
            let error = read_to_string(&path).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{}: {error}", path.display());
        }
        // The system itself opens no socket as a file.
        assert!(read_to_string(&at("socket")).is_err());
        std::fs::write(at("large"), vec![b' '; 1024 * 1024 + 1]).unwrap();
        assert_eq!(read(&at("large")).unwrap_err().kind(), ErrorKind::FileTooLarge);
        assert_eq!(open(&at("none")).unwrap_err().kind(), ErrorKind::NotFound);
    }
}
