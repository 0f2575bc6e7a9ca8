//! The file of the master key: reading, checking and creating it.
//!
//! Invariant: a key that other users can read is refused, because they could make every token and decrypt the store's
//! secrets. Every command checks the file with [`read_master_key`].

use crate::private_file;
use opendrs_service::random::{RandomSource, SystemRandom};
use opendrs_store::regular_file;
use std::fmt::{self, Display, Formatter};
use std::io::{Error, ErrorKind, Read};
use std::path::{Path, PathBuf};

/// How many bytes of the file are read. A key has 64 digits and perhaps a line's end.
const MAX_FILE_BYTES: u64 = 1024;

/// Why an existing file is not used as the master key.
#[derive(Debug)]
pub struct MasterKeyError {
    path: PathBuf,
    kind: MasterKeyErrorKind,
}

#[derive(Debug)]
enum MasterKeyErrorKind {
    IsFolder,
    NoRegularFile,
    Unreadable(Error),
    /// The file's mode, and the key in it if it is valid.
    ReadableByOthers(u32, Option<[u8; 32]>),
    Malformed,
}

impl MasterKeyError {
    /// The problem.
    pub fn message(&self) -> String {
        let at = self.path.display();
        match &self.kind {
            MasterKeyErrorKind::IsFolder => format!("cannot read the master key {at}: it is a folder"),
            MasterKeyErrorKind::NoRegularFile => format!("cannot read the master key {at}: it is no regular file"),
            MasterKeyErrorKind::Unreadable(error) => format!("cannot read the master key {at}: {error}"),
            MasterKeyErrorKind::ReadableByOthers(mode, _) => {
                format!("the master key {at} can be read by others than its owner (mode {mode:o})")
            }
            MasterKeyErrorKind::Malformed => format!("{at} is not a master key: it must contain 64 hex digits"),
        }
    }

    /// The action that fixes it.
    pub fn fix(&self) -> String {
        let at = self.path.display();
        match &self.kind {
            MasterKeyErrorKind::IsFolder => {
                "set keys.master_file to the key's file, or replace the folder with that file".into()
            }
            MasterKeyErrorKind::NoRegularFile => "set keys.master_file to the key's file".into(),
            MasterKeyErrorKind::Unreadable(_) => {
                format!("make {at} and its folder readable for this user (chown), with mode 600")
            }
            MasterKeyErrorKind::ReadableByOthers(..) => format!("run `chmod 600 {at}`, or mount it with that mode"),
            MasterKeyErrorKind::Malformed => {
                "restore the key from its backup, or set keys.master_file to its file".into()
            }
        }
    }

    /// Returns the key in the file, if it is valid although the file is refused.
    pub fn key(&self) -> Option<[u8; 32]> {
        if let MasterKeyErrorKind::ReadableByOthers(_, key) = self.kind { key } else { None }
    }
}

impl Display for MasterKeyError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let between = if matches!(self.kind, MasterKeyErrorKind::ReadableByOthers(..)) { ':' } else { ';' };
        write!(f, "{}{between} {}", self.message(), self.fix())
    }
}

impl From<MasterKeyError> for String {
    fn from(bad: MasterKeyError) -> Self {
        bad.to_string()
    }
}

/// Reads the master key in a file. Returns `None` if the file does not exist.
///
/// # Errors
/// [`MasterKeyError`] if the file exists but cannot be used.
pub fn read_master_key(path: &Path) -> Result<Option<[u8; 32]>, MasterKeyError> {
    let bad = |why| MasterKeyError { path: path.to_owned(), kind: why };
    let unreadable = |e| bad(MasterKeyErrorKind::Unreadable(e));
    let file = match regular_file::open(path) {
        Err(error) if [ErrorKind::NotFound, ErrorKind::NotADirectory].contains(&error.kind()) => return Ok(None),
        Err(_) if path.is_dir() => return Err(bad(MasterKeyErrorKind::IsFolder)),
        Err(error) if error.kind() == ErrorKind::InvalidInput => return Err(bad(MasterKeyErrorKind::NoRegularFile)),
        opened => opened.map_err(unreadable)?,
    };
    let found = file.metadata().map_err(unreadable)?;
    let mut text = String::new();
    let key = match file.take(MAX_FILE_BYTES).read_to_string(&mut text) {
        Err(error) if error.kind() != ErrorKind::InvalidData => return Err(bad(MasterKeyErrorKind::Unreadable(error))),
        read => read.ok().and_then(|_| parse_master_key(text.trim())),
    };
    match (mode_if_readable_by_others(&found), key) {
        (Some(mode), key) => Err(bad(MasterKeyErrorKind::ReadableByOthers(mode, key))),
        (None, None) => Err(bad(MasterKeyErrorKind::Malformed)),
        (None, key) => Ok(key),
    }
}

/// Reads the master key in a file that must exist. Only the file's owner may have access.
pub fn read_existing(path: &Path) -> Result<[u8; 32], String> {
    read_master_key(path)?
        .ok_or_else(|| format!("cannot read the master key {}: there is no such file", path.display()))
}

/// Reads the master key in a file. A missing file is created with access for its owner only.
pub fn read_or_create(path: &Path) -> Result<[u8; 32], String> {
    read_master_key(path)?.map_or_else(|| create_master_key(path, &SystemRandom), Ok)
}

/// Returns the mode of a file if other users can read it.
pub fn mode_if_readable_by_others(found: &std::fs::Metadata) -> Option<u32> {
    let mode = std::os::unix::fs::PermissionsExt::mode(&found.permissions()) & 0o777;
    (mode & 0o077 != 0).then_some(mode)
}

/// Parses the 64 hex digits of a master key.
fn parse_master_key(text: &str) -> Option<[u8; 32]> {
    let digits = (text.len() == 64 && text.is_ascii()).then(|| text.as_bytes().chunks(2))?;
    let bytes = digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
    bytes.collect::<Option<Vec<_>>>()?.try_into().ok()
}

/// Creates the file of a new master key.
pub fn create_master_key(path: &Path, random: &dyn RandomSource) -> Result<[u8; 32], String> {
    let mut key = [0_u8; 32];
    random.fill(&mut key);
    let text: String = key.iter().map(|b| format!("{b:02x}")).collect();
    if let Some(folder) = path.parent() {
        private_file::create_folder(folder)
            .map_err(|e| format!("cannot create the folder {}: {e}", folder.display()))?;
    }
    match private_file::create(path, format!("{text}\n")) {
        Ok(()) => Ok(key),
        // Another process created the file at the same time.
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => read_existing(path),
        Err(error) => Err(format!("cannot create the master key {}: {error}", path.display())),
    }
}
