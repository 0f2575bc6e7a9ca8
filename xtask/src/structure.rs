//! The shape of the source: loops of modules, lengths of files, names of types, words and sentences.
//!
//! What it is: checks that read the files and build nothing. What it is not: a linter of code; that is clippy. Invariant:
//! each failure names the file and what to change.

mod lengths;
mod modules;
mod sentences;
mod type_names;
mod words;

use crate::error::{TaskError, TaskResult};
use crate::source_file::{self, SourceFile};
use crate::workspace::Workspace;

/// Checks the source files and documents; the failure lists everything that is wrong.
pub fn check_structure(workspace: &Workspace) -> TaskResult {
    let files = source_file::read_all(&workspace.root)?;
    let mut found = modules::find_loops(&files)?;
    found.extend(lengths::find_long_files(&files));
    found.extend(type_names::find_repeated(&files)?);
    found.extend(sentences::find_long(&files));
    found.extend(words::find_forbidden(&files)?);
    TaskError::combine(found)
}
