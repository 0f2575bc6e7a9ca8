//! The text files of the repository.
//!
//! Invariant: paths are relative to the root, with slashes, and sorted, so that failures come in one order everywhere.

use crate::error::{TaskError, TaskResult};
use std::fs;
use std::path::Path;

/// Folders that hold no source.
const IGNORED_FOLDERS: [&str; 5] = [".git", "target", "node_modules", "opendrs-data", "__pycache__"];

/// A text file of the repository.
pub struct SourceFile {
    /// The path from the root, with slashes.
    pub path: String,
    pub text: String,
}

impl SourceFile {
    /// Whether this is Rust source of the workspace.
    pub fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// The syntax tree of a Rust file.
    pub fn parse(&self) -> TaskResult<syn::File> {
        syn::parse_file(&self.text).map_err(|error| {
            let line = error.span().start().line;
            TaskError::new(format!("{}:{line}: {error}", self.path), "write Rust that compiles")
        })
    }
}

/// Lists the files below a folder by their paths from it.
pub fn list(root: &Path) -> TaskResult<Vec<String>> {
    let mut paths = Vec::new();
    list_below(root, "", &mut paths)?;
    paths.sort();
    Ok(paths)
}

fn list_below(folder: &Path, prefix: &str, into: &mut Vec<String>) -> TaskResult {
    let unread = |error: std::io::Error| {
        TaskError::new(format!("cannot read {}: {error}", folder.display()), "make it readable")
    };
    for entry in fs::read_dir(folder).map_err(unread)? {
        let entry = entry.map_err(unread)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{prefix}{name}");
        if !entry.file_type().map_err(unread)?.is_dir() {
            into.push(path);
        } else if !IGNORED_FOLDERS.contains(&name.as_str()) {
            list_below(&entry.path(), &format!("{path}/"), into)?;
        }
    }
    Ok(())
}

/// Reads every text file; what is not UTF-8 is no text.
pub fn read_all(root: &Path) -> TaskResult<Vec<SourceFile>> {
    let read = |path: String| Some(SourceFile { text: fs::read_to_string(root.join(&path)).ok()?, path });
    Ok(list(root)?.into_iter().filter_map(read).collect())
}
