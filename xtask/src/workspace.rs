//! The paths of the project and of its build products.
//!
//! Not here: what is in them. Invariant: paths are absolute and found at run time, so that no machine's path is
//! compiled in, and a moved folder still works.

use crate::error::{TaskError, TaskResult};
use std::env;
use std::path::{Path, PathBuf};

/// The work tree.
pub struct Workspace {
    /// The folder of the workspace's `Cargo.toml`.
    pub root: PathBuf,
    /// The folder in which cargo puts the products of the dev profile, this program included.
    build_folder: PathBuf,
}

impl Workspace {
    /// Finds the tree around this program's manifest (set by `cargo xtask`), or else around the current folder.
    pub fn find() -> TaskResult<Self> {
        let lost = |what: &str| TaskError::new(what, "run `cargo xtask` inside the work tree");
        let start = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).or_else(|| env::current_dir().ok());
        let start = start.ok_or_else(|| lost("there is no current folder"))?;
        let root = start.ancestors().find(|folder| folder.join("xtask/Cargo.toml").is_file());
        let root = root.ok_or_else(|| lost("no folder from here upwards holds xtask/Cargo.toml"))?;
        let program = env::current_exe().map_err(|error| lost(&format!("this program's file is gone: {error}")))?;
        Ok(Self { root: root.to_owned(), build_folder: program.parent().unwrap_or(Path::new("/")).to_owned() })
    }

    /// The path of the server's program, once built with the dev profile.
    pub fn opendrs_program(&self) -> PathBuf {
        self.built_program("opendrs")
    }

    /// The path of one of our programs, once built with the dev profile.
    pub fn built_program(&self, name: &str) -> PathBuf {
        self.build_folder.join(name)
    }

    /// The path of a file or folder of this tool, beside cargo's build products: installed packages, tools, logs.
    pub fn own_path(&self, name: &str) -> PathBuf {
        self.target_path("xtask").join(name)
    }

    /// The path of something for people, beside cargo's build products.
    pub fn target_path(&self, name: &str) -> PathBuf {
        self.build_folder.parent().unwrap_or(&self.build_folder).join(name)
    }
}
