//! Checks whether the store of the settings can be used, by the machine's files and the text of the settings.
//!
//! What it is not: a check of the store's content. Invariant: nothing is created and nothing is opened. `serve` refuses
//! by these rules, and `opendrs config check` and `opendrs doctor` report by the same rules.

use crate::master_key;
use opendrs_config::Config;
use opendrs_store::StoreLocation;
use rustix::fs::{Access, access};
use std::fmt::{self, Display, Formatter};
use std::io::ErrorKind;
use std::path::Path;

/// A problem that prevents the use of a store.
#[derive(Debug, PartialEq, Eq)]
pub struct StoreProblem {
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub fix: String,
}

impl StoreProblem {
    fn new(says: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { message: says.into(), fix: fix.into() }
    }
}

impl Display for StoreProblem {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.message, self.fix)
    }
}

/// Checks whether the store of these settings can be used.
pub fn check_store(config: &Config) -> Result<(), StoreProblem> {
    let place = config.store_location();
    match &place {
        StoreLocation::Url(_) => place.validate().map_err(|why| {
            StoreProblem::new(
                why.to_string(),
                "correct server.database_url (--database-url), and the file that it names",
            )
        }),
        StoreLocation::File(path) => {
            check_folder(&config.server.data, "choose another with --data (server.data)")?;
            ["", "-wal", "-shm"].iter().try_for_each(|end| {
                let mut name = path.as_os_str().to_owned();
                name.push(end);
                check_file(Path::new(&name))
            })
        }
    }
}

/// The state of the master key.
#[derive(Debug)]
pub enum MasterKeyState {
    /// The key exists. Other users may be able to read it.
    Present([u8; 32]),
    /// The key does not exist, and the first start creates it.
    Missing,
    /// The file has no valid key, or cannot be read.
    Unusable,
}

/// Reads the master key, and returns any problem with it or with its folder.
pub fn load_master_key(config: &Config) -> (MasterKeyState, Option<StoreProblem>) {
    let path = config.master_key_file();
    match master_key::read_master_key(&path) {
        Ok(Some(key)) => (MasterKeyState::Present(key), None),
        Err(bad) => (
            bad.key().map_or(MasterKeyState::Unusable, MasterKeyState::Present),
            Some(StoreProblem::new(bad.message(), bad.fix())),
        ),
        Ok(None) => {
            // The check of the store covers the data folder of SQLite already.
            let known = |parent: &&Path| {
                matches!(config.store_location(), StoreLocation::File(_)) && *parent == config.server.data
            };
            let parent = path.parent().filter(|parent| !known(parent));
            let made = parent.map_or(Ok(()), |parent| check_folder(parent, "set keys.master_file to another file"));
            (MasterKeyState::Missing, made.err())
        }
    }
}

/// Checks whether a folder exists and is writable, or can be created. `other` is the alternative in the text of the
/// fix.
pub fn check_folder(path: &Path, other: &str) -> Result<(), StoreProblem> {
    let at = path.display();
    for part in path.ancestors() {
        let part = if part.as_os_str().is_empty() { Path::new(".") } else { part };
        let (is_whole, here) = (part == path, part.display());
        let cannot = if is_whole { String::new() } else { format!("the folder {at} cannot be created: ") };
        match part.metadata() {
            Ok(found) if !found.is_dir() => {
                return Err(StoreProblem::new(format!("{cannot}{here} is not a folder"), other));
            }
            Ok(_) if !is_whole && is_kernel_file_system(part) => {
                return Err(StoreProblem::new(format!("{cannot}{here} belongs to a file system of the kernel"), other));
            }
            Ok(_) => {
                return access(part, Access::WRITE_OK | Access::EXEC_OK).map_err(|why| {
                    let says = format!("{cannot}{here} cannot be written by this user ({why})");
                    StoreProblem::new(says, format!("give it to this user (chown), or {other}"))
                });
            }
            Err(_) if part.is_symlink() => {
                return Err(StoreProblem::new(format!("{cannot}{here} is a broken link"), other));
            }
            Err(error) if [ErrorKind::NotFound, ErrorKind::NotADirectory].contains(&error.kind()) => {}
            Err(error) => {
                let says = format!("{here} cannot be read by this user ({error})");
                return Err(StoreProblem::new(
                    says,
                    format!("give this user access to the folders above it, or {other}"),
                ));
            }
        }
    }
    Ok(())
}

/// Whether a folder belongs to a file system of the kernel, in which no folder can be created.
fn is_kernel_file_system(path: &Path) -> bool {
    #[cfg(target_os = "linux")]
    {
        const SYSFS: i128 = 0x6265_6572;
        let kind = rustix::fs::statfs(path).map(|found| i128::from(found.f_type));
        kind.is_ok_and(|kind| [i128::from(rustix::fs::PROC_SUPER_MAGIC), SYSFS].contains(&kind))
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = path;
        false
    }
}

/// Checks that a file of the store does not exist, or is readable and writable.
fn check_file(path: &Path) -> Result<(), StoreProblem> {
    let at = path.display();
    match path.metadata() {
        Ok(found) if !found.is_file() => Err(StoreProblem::new(
            format!("{at} is not a file"),
            "put the store's file in its place, or choose another folder",
        )),
        Ok(_) => access(path, Access::READ_OK | Access::WRITE_OK).map_err(|why| {
            let says = format!("{at} cannot be read and written by this user ({why})");
            StoreProblem::new(says, "give it to this user: chown, and chmod u+rw; its disk must be writable")
        }),
        Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem_text(path: &Path) -> String {
        check_folder(path, "choose another").map_or_else(|fault| fault.to_string(), |()| String::new())
    }

    #[test]
    fn a_folder_is_there_or_can_be_made() {
        let here = tempfile::tempdir().unwrap();
        let at = |name: &str| here.path().join(name);
        std::fs::write(at("file"), "").unwrap();
        std::os::unix::fs::symlink(at("nothing"), at("link")).unwrap();
        for name in ["", "new", "new/below"] {
            assert_eq!(problem_text(&at(name)), "", "{name}");
        }
        assert_eq!(problem_text(Path::new("new/below/this")), "");
        let file = at("file").display().to_string();
        assert_eq!(problem_text(&at("file")), format!("{file} is not a folder; choose another"));
        let below = problem_text(&at("file/below/this"));
        assert!(
            below.starts_with(&format!("the folder {file}/below/this cannot be created: {file} is not a folder")),
            "{below}"
        );
        assert!(problem_text(&at("link")).contains("is a broken link"));
        assert!(!at("new").exists());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn where_nothing_can_be_made_nothing_is_promised() {
        for path in ["/proc/opendrs", "/sys/opendrs/data"] {
            assert!(problem_text(Path::new(path)).contains("cannot be created"), "{path}");
        }
    }

    #[test]
    fn a_file_is_one() {
        let here = tempfile::tempdir().unwrap();
        assert_eq!(check_file(&here.path().join("none")), Ok(()));
        assert!(check_file(here.path()).unwrap_err().message.ends_with("is not a file"));
    }
}
