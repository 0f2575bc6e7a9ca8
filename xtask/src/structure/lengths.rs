//! Lengths of source files.
//!
//! Invariant: a file that is longer than [`MAX_LINES`] is reported, whatever is in it.

use super::SourceFile;
use crate::error::TaskError;

/// The most lines that a source file may have; about 120 are usual.
const MAX_LINES: usize = 400;

/// Reports source files that are too long.
pub fn find_long_files(files: &[SourceFile]) -> Vec<TaskError> {
    let lines = |file: &&SourceFile| file.text.lines().count();
    let long = files.iter().filter(|file| file.is_rust() && lines(file) > MAX_LINES);
    long.map(|file| {
        let what = format!("{} has {} lines; a source file has at most {MAX_LINES}", file.path, lines(&file));
        TaskError::new(what, "split it by what its parts are about")
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_401_lines_is_reported() {
        let file = |path: &str, lines| SourceFile { path: path.into(), text: "\n".repeat(lines) };
        let files = [file("crates/a/src/long.rs", 401), file("crates/a/src/full.rs", 400), file("docs/a.md", 900)];
        let found: Vec<_> = find_long_files(&files).iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), 1);
        assert!(found[0].contains("crates/a/src/long.rs has 401 lines"), "{found:?}");
    }
}
