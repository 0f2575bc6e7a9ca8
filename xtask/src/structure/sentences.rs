//! Lengths of sentences in documents.
//!
//! Not here: code blocks, tables' rules and addresses. Invariant: a sentence of more than [`MAX_WORDS`] words is reported
//! with its first words, so that it can be found.

use super::SourceFile;
use crate::error::TaskError;

/// The most words of a sentence; 25 are a good limit when writing.
const MAX_WORDS: usize = 40;

/// Reports sentences of documents that are too long.
pub fn find_long(files: &[SourceFile]) -> Vec<TaskError> {
    let documents = files.iter().filter(|file| file.path.ends_with(".md"));
    documents
        .flat_map(|file| {
            let long = sentences(&file.text).into_iter().filter(|words| words.len() > MAX_WORDS);
            long.map(|words| {
                let (count, start) = (words.len(), words[..8].join(" "));
                let what = format!("{}: a sentence of {count} words: \"{start} ...\"", file.path);
                TaskError::new(what, "make two sentences of it, or a list")
            })
            .collect::<Vec<_>>()
        })
        .collect()
}

/// The words of each sentence. A list item, a heading and a cell of a table each end a sentence.
fn sentences(text: &str) -> Vec<Vec<&str>> {
    let (mut all, mut current, mut is_code) = (Vec::new(), Vec::new(), false);
    for line in text.lines().map(str::trim) {
        let is_fence = line.starts_with("```");
        is_code ^= is_fence;
        let item = ["* ", "- ", "| "].iter().any(|start| line.starts_with(start)) || line.starts_with('#');
        let number = line.split_once(". ").is_some_and(|(number, _)| number.parse::<u32>().is_ok());
        if is_fence || line.is_empty() || item || number {
            all.push(std::mem::take(&mut current));
        }
        if is_code || is_fence {
            continue;
        }
        for word in line.split_whitespace() {
            if word == "|" {
                all.push(std::mem::take(&mut current));
            } else if word.chars().any(char::is_alphanumeric) {
                current.push(word);
            }
            if word.trim_end_matches(['*', ')', '"', '`']).ends_with(['.', '!', '?', ':', ';']) {
                all.push(std::mem::take(&mut current));
            }
        }
    }
    all.push(current);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_of_41_words_is_reported() {
        let words = |count| vec!["word"; count].join(" ");
        let good =
            format!("{}.\n{}\n\n* {}\n* {}\n\n```\n{}\n```\n", words(40), words(40), words(40), words(40), words(99));
        let document = |text: String| SourceFile { path: "docs/a.md".into(), text };
        assert_eq!(find_long(&[document(good)]).len(), 0);
        let found = find_long(&[document(format!("One. {},\n{} end.", words(20), words(20)))]);
        assert!(found[0].to_string().contains("docs/a.md: a sentence of 41 words: \"word word"), "{}", found[0]);
    }
}
