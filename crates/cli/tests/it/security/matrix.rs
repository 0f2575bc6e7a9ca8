//! The table as a page for readers: `docs/reference/security-matrix.md`.
//!
//! Not here: the rows. Invariant: the page equals the rows, each number has rows for clients of both modes or for
//! neither, and each test that a row names exists.

use super::{Clients, Rule, SECTIONS};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;

/// The sections of the page: the first number of each, and its heading.
const PARTS: [(u8, &str); 4] = [
    (1, "Authorization endpoint"),
    (21, "Token endpoint"),
    (36, "Resources"),
    (40, "Revocation, devices, apps and the whole service"),
];
const LAST: u8 = 50;

const HEAD: &str = "\
# Security matrix

What the service is held to by RFCs and by OWASP's ASVS 5.0.0, and the tests that prove it. This page is written by
`UPDATE_REFERENCE=1 cargo test -p opendrs-cli --test it security::matrix`; do not edit it. The first test of each row sends
real requests to a server, once on SQLite and once on PostgreSQL.

Clients: `lwa` is a client that keeps to the rules of Login with Amazon, which shipped devices and apps need. `strict` is one
that keeps to RFC 9700 ([login.md](../login.md#strict-clients)). A reason is given where the original protocol wins over the rule.
";

/// Every row, by number and clients.
fn rows() -> Vec<&'static Rule> {
    let mut rows: Vec<_> = SECTIONS.iter().flat_map(|rules| rules.iter()).collect();
    rows.sort_by_key(|rule| (rule.number, rule.clients));
    rows
}

fn clients(of: Clients) -> &'static str {
    match of {
        Clients::Both => "both",
        Clients::Lwa => "lwa",
        Clients::Strict => "strict",
        Clients::None => "not about clients",
    }
}

/// A test as readers find it: its module without the crate's name, on both engines.
fn test_of(rule: &Rule) -> String {
    let (module, name) = rule.test.rsplit_once("::").unwrap();
    let module = module.strip_prefix("it::").unwrap_or(module);
    format!("`{module}::{{sqlite,postgres}}::{name}`")
}

fn page() -> String {
    let mut page = HEAD.to_owned();
    let rows = rows();
    for (at, (first, heading)) in PARTS.iter().enumerate() {
        let end = PARTS.get(at + 1).map_or(LAST, |(next, _)| next - 1);
        write!(page, "\n## {heading}\n\n| | rule | clients | result | reason | tests |\n|---|---|---|---|---|---|\n")
            .unwrap();
        for rule in rows.iter().filter(|rule| (*first..=end).contains(&rule.number)) {
            let Rule { number, source, rule: text, result, reason, also, .. } = rule;
            let more = also.iter().map(|(file, name)| format!("<br>`{name}` in [{}](../../{file})", short(file)));
            let tests = test_of(rule) + &more.collect::<String>();
            let (clients, reason) = (clients(rule.clients), reason.unwrap_or_default());
            writeln!(page, "| {number} | {text} ({source}) | {clients} | {result} | {reason} | {tests} |").unwrap();
        }
    }
    page
}

/// A file's folder and name.
fn short(file: &str) -> String {
    let mut parts: Vec<_> = file.rsplit('/').take(2).collect();
    parts.reverse();
    parts.join("/")
}

fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

#[test]
fn the_page_in_the_documents_is_current() {
    let file = root().join("docs/reference/security-matrix.md");
    if std::env::var_os("UPDATE_REFERENCE").is_some() {
        std::fs::write(&file, page()).unwrap();
    }
    let copy = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(copy == page(), "docs/reference/security-matrix.md is old: run this test with UPDATE_REFERENCE=1");
}

#[test]
fn every_number_has_rows_for_both_modes_or_for_neither() {
    let rows = rows();
    for number in 1..=LAST {
        let found: Vec<_> = rows.iter().filter(|rule| rule.number == number).map(|rule| rule.clients).collect();
        let whole = found.iter().any(|clients| matches!(clients, Clients::Both | Clients::None));
        let halves = [Clients::Lwa, Clients::Strict].map(|mode| found.contains(&mode));
        assert!(halves[0] == halves[1] && (whole || halves[0]), "{number}: {found:?}");
    }
    assert!(rows.iter().all(|rule| (1..=LAST).contains(&rule.number)));
}

#[test]
fn every_row_says_what_it_must() {
    let mut tests = BTreeSet::new();
    for rule in rows() {
        assert!(tests.insert(rule.test), "{} is there twice", rule.test);
        for text in [rule.source, rule.rule, rule.result, rule.reason.unwrap_or("-")] {
            assert!(!text.is_empty() && !text.contains(['|', '\n']), "{}: {text:?}", rule.test);
        }
        assert!(rule.rule.ends_with('.') && rule.reason.is_none_or(|reason| reason.ends_with('.')), "{}", rule.test);
        assert!(rule.source.starts_with("RFC ") || rule.source.starts_with("ASVS "), "{}", rule.source);
        if rule.clients == Clients::Strict {
            assert!(rule.number == 23 || rule.reason.is_none(), "{}: strict clients have no exception", rule.test);
        }
    }
}

#[test]
fn every_further_test_is_there() {
    for (file, name) in rows().iter().flat_map(|rule| rule.also) {
        let source = std::fs::read_to_string(root().join(file)).unwrap_or_else(|why| panic!("{file}: {why}"));
        assert!(source.contains(&format!("fn {name}(")), "{file} has no test {name}");
    }
}
