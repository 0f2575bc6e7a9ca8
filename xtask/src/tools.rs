//! The programs that the machine must have, and their installation.
//!
//! Not here: packages of npm and PyPI (`peers`). Invariant: nothing is installed that exists already. Debian's package
//! lists are fetched at most once per run, and only if something is missing.

use crate::command::{ExternalProgram, find_on_path, program};
use crate::error::{TaskError, TaskResult};
use crate::workspace::Workspace;
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::time::Duration;

/// The version of cargo-deny that `deny.toml` is written for.
const CARGO_DENY: &str = "0.20.2";

/// Debian's package manager, with its state in this run.
#[derive(Default)]
pub struct Apt {
    updated: bool,
}

impl Apt {
    /// Installs Debian packages; only root can do that.
    pub fn install(&mut self, packages: &[&str]) -> TaskResult {
        let names = packages.join(" ");
        if !is_root()? || find_on_path("apt-get").is_none() {
            let fix = format!("as root on Debian: `apt-get install {names}`; then run this again");
            return Err(TaskError::new(format!("missing on this machine: {names}"), fix));
        }
        if !self.updated {
            apt_get(&["update"]).run()?;
            self.updated = true;
        }
        apt_get(&["install", "--yes", "--no-install-recommends"]).args(packages).run()
    }

    /// Ensures that `node` and `npm` are on PATH.
    pub fn ensure_node(&mut self) -> TaskResult {
        let missing = |name: &&str| find_on_path(name).is_none();
        let packages: Vec<&str> = ["node", "npm"].into_iter().filter(missing).map(debian_name).collect();
        if packages.is_empty() { Ok(()) } else { self.install(&packages) }
    }

    /// Ensures that `chromium` is on PATH.
    pub fn ensure_chromium(&mut self) -> TaskResult {
        if find_on_path("chromium").is_some() { Ok(()) } else { self.install(&["chromium"]) }
    }

    /// Ensures a font with Japanese letters, so that a picture has none of them as a box.
    pub fn ensure_japanese_font(&mut self) -> TaskResult {
        let fonts = program("fc-list").args([":lang=ja", "family"]).read_output().unwrap_or_default();
        if fonts.is_empty() { self.install(&["fontconfig", "fonts-noto-cjk"]) } else { Ok(()) }
    }

    /// Ensures a Python that can make virtual environments with pip.
    pub fn ensure_python(&mut self) -> TaskResult<&'static str> {
        if let Some(python) = find_python() {
            return Ok(python);
        }
        self.install(&["python3", "python3-venv"])?;
        find_python()
            .ok_or_else(|| TaskError::new("Python's `venv` does not work", "repair Debian's package python3-venv"))
    }
}

fn debian_name(program: &str) -> &str {
    if program == "node" { "nodejs" } else { program }
}

fn apt_get(words: &[&str]) -> ExternalProgram {
    program("apt-get")
        .args(["-qq", "-o", "DPkg::Lock::Timeout=120", "-o", "Dpkg::Use-Pty=0"])
        .args(words)
        .env("DEBIAN_FRONTEND", "noninteractive")
}

/// The first Python with `venv` and pip, of the one on PATH and Debian's own.
fn find_python() -> Option<&'static str> {
    let whole = |python: &&str| program(python).args(["-c", "import ensurepip, venv"]).read_output().is_ok();
    ["python3", "/usr/bin/python3"].into_iter().find(whole)
}

/// Whether this process runs as root, which may install packages and must not run PostgreSQL.
pub fn is_root() -> TaskResult<bool> {
    Ok(program("id").args(["-u"]).read_output()? == "0")
}

/// Ensures cargo-deny in the required version: the one on PATH, or one that is built from source once.
pub fn ensure_cargo_deny(tree: &Workspace) -> TaskResult<OsString> {
    let wanted = format!("cargo-deny {CARGO_DENY}");
    let own = tree.own_path("tools/bin/cargo-deny").into_os_string();
    let fits = |file: &OsString| program(file).args(["--version"]).read_output().is_ok_and(|version| version == wanted);
    if let Some(file) = find_on_path("cargo-deny").into_iter().chain([own.clone()]).find(fits) {
        return Ok(file);
    }
    let built = tree.own_path("tools/build");
    program("cargo")
        // An unoptimised program is built in a third of the time, and still checks within seconds.
        .args(["install", "cargo-deny", "--debug", "--version", CARGO_DENY, "--locked", "--root"])
        .args([tree.own_path("tools").as_os_str(), "--target-dir".as_ref(), built.as_os_str()])
        .in_folder(&tree.root)
        .with_time_limit(Duration::from_secs(30 * 60))
        .run()?;
    remove_folder(&built)?;
    Ok(own)
}

/// Removes a folder if it exists.
fn remove_folder(folder: &Path) -> TaskResult {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(write_error(folder, &error)),
        _ => Ok(()),
    }
}

/// The failure for a path of this tool that cannot be written.
pub fn write_error(path: &Path, error: &std::io::Error) -> TaskError {
    let fix = "see that the build folder is yours and its disk has room; `cargo clean` starts anew";
    TaskError::new(format!("{} cannot be written: {error}", path.display()), fix)
}
