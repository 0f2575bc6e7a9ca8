//! References in text: citations of the specification, links between documents, file names in documents.
//!
//! It reads every text file, without a build. It checks neither the content of a cited text nor links that leave the
//! repository. Invariant: every citation has a target, and an anchor of the specification is unique in its page.

use crate::error::{TaskError, TaskResult};
use crate::source_file::{self, SourceFile};
use crate::workspace::Workspace;
use std::collections::{BTreeMap, BTreeSet};

/// The beginning of a citation of the specification.
const SPEC: &str = "docs/spec/";

/// Checks every reference; the failure lists those that lead nowhere.
pub fn check_references(tree: &Workspace) -> TaskResult {
    let listed = source_file::list(&tree.root)?;
    let paths: BTreeSet<&str> = listed.iter().map(String::as_str).collect();
    let sources = source_file::read_all(&tree.root)?;
    TaskError::combine(
        broken_references(&sources, &paths)
            .into_iter()
            .map(|what| TaskError::new(what, "correct it, or what it names"))
            .collect(),
    )
}

/// A sentence for each reference that leads nowhere.
fn broken_references(sources: &[SourceFile], paths: &BTreeSet<&str>) -> Vec<String> {
    let pages = sources.iter().filter(|source| source.path.ends_with(".md"));
    let mut found = Vec::new();
    let mut anchors: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for page in pages {
        let ids = anchors.entry(&page.path).or_default();
        found.extend(
            explicit_anchors(&page.text)
                .filter(|id| !ids.insert((*id).to_owned()))
                .map(|id| format!("{}: #{id} is there twice", page.path)),
        );
        ids.extend(heading_anchors(&page.text));
    }
    let leads = |page: &str, anchor: Option<&str>| match (anchors.get(page), anchor) {
        (Some(ids), Some(anchor)) => ids.contains(anchor),
        _ => paths.contains(page) || paths.iter().any(|path| path.starts_with(&format!("{page}/"))),
    };
    for source in sources {
        let missing = |what: &str| format!("{}: `{what}` leads nowhere", source.path);
        for (page, anchor) in citations(&source.text) {
            if !leads(page, Some(anchor)) {
                found.push(missing(&format!("{page}#{anchor}")));
            }
        }
        if source.path.ends_with(".md") {
            for link in links(&source.text) {
                let (to, anchor) = link.split_once('#').map_or((link, None), |(to, anchor)| (to, Some(anchor)));
                let page = if to.is_empty() { source.path.clone() } else { resolve_link(&source.path, to) };
                if !leads(&page, anchor) {
                    found.push(missing(link));
                }
            }
            let known = |file: &str| paths.iter().any(|path| *path == file || path.ends_with(&format!("/{file}")));
            found.extend(named_source_files(&source.text).filter(|file| !known(file)).map(missing));
        }
    }
    found
}

/// The explicit anchors of a page.
fn explicit_anchors(text: &str) -> impl Iterator<Item = &str> {
    text.split("<a id=\"").skip(1).filter_map(|rest| Some(rest.split_once('"')?.0))
}

/// The anchors of a page's headings.
fn heading_anchors(text: &str) -> impl Iterator<Item = String> {
    prose_lines(text).filter(|line| line.starts_with('#')).map(|line| slug(line.trim_start_matches('#').trim()))
}

/// The anchor of a heading.
fn slug(heading: &str) -> String {
    let kept = heading.to_lowercase();
    let kept = kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// The lines outside code blocks.
fn prose_lines(text: &str) -> impl Iterator<Item = &str> {
    let mut code = false;
    text.lines().filter(move |line| {
        let fence = line.trim_start().starts_with("```");
        code ^= fence;
        !code && !fence
    })
}

/// Page and anchor of each citation of the specification.
fn citations(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.match_indices(SPEC).filter_map(|(at, _)| {
        let (page, rest) = text[at..].split_once(".md#")?;
        let page = &text[at..at + page.len() + ".md".len()];
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).unwrap_or(rest.len());
        let plain = page.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '.'));
        (plain && end > 0).then(|| (page, &rest[..end]))
    })
}

/// The targets of a page's links within the repository.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let targets =
        prose_lines(text).flat_map(|line| line.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0)));
    targets.filter(|to| !to.contains("://") && !to.starts_with("mailto:"))
}

/// The source files that a page names with their folder.
fn named_source_files(text: &str) -> impl Iterator<Item = &str> {
    let spans = prose_lines(text).flat_map(|line| line.split('`').skip(1).step_by(2));
    spans.filter(|span| {
        let named = span.ends_with(".rs") || span.ends_with(".sql");
        named && span.contains('/') && !span.contains(|c: char| c.is_whitespace() || "*<{".contains(c))
    })
}

/// A link's target, from the root.
fn resolve_link(from: &str, to: &str) -> String {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in to.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_file(path: &str, text: &str) -> SourceFile {
        SourceFile { path: path.into(), text: text.into() }
    }

    #[test]
    fn a_reference_that_leads_nowhere_is_named() {
        let spec =
            "# Orders\n<a id=\"one-open\"></a>\n## Cancel window: 24 h\n<a id=\"twice\"></a><a id=\"twice\"></a>\n";
        let page = "[a](spec/orders.md#one-open) [b](spec/orders.md#gone) [c](spec/orders.md#cancel-window-24-h)\n\
                    [d](missing.md) [e](https://example.org/#x) `store/src/order.rs` `store/src/gone.rs`\n\
                    ```\n[f](code.md)\n```\n";
        let code = format!("// {SPEC}orders.md#one-open and ({SPEC}orders.md#wrong)");
        let sources = [
            text_file("docs/spec/orders.md", spec),
            text_file("docs/page.md", page),
            text_file("crates/store/src/order.rs", &code),
        ];
        let paths = sources.iter().map(|source| source.path.as_str()).collect();
        assert_eq!(
            broken_references(&sources, &paths),
            [
                "docs/spec/orders.md: #twice is there twice",
                "docs/page.md: `spec/orders.md#gone` leads nowhere",
                "docs/page.md: `missing.md` leads nowhere",
                "docs/page.md: `store/src/gone.rs` leads nowhere",
                &format!("crates/store/src/order.rs: `{SPEC}orders.md#wrong` leads nowhere"),
            ]
        );
    }
}
