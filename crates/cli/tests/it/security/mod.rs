//! The security rules that the service is held to, each with tests of its own on either engine.
//!
//! What it is: a table, in sections of a file each. A row has a number, a rule of an RFC or of OWASP's ASVS 5.0.0, the
//! clients that it is for, what the service answers, and a test of the same name that asks a real server. What it is not:
//! the whole proof; a row names further tests where other modules have them. Invariant: a row and its test are one item of
//! [`rules`], so there is none without the other, and `docs/reference/security-matrix.md` is generated from the rows.

/// Makes of each row a line of `RULES` and two tests: one on SQLite, one on PostgreSQL.
///
/// The test calls the function of the row's name, `async fn name(server: &Server)`; `with options` names a function that
/// makes the server's [`Options`].
macro_rules! rules {
    ($($test:ident $(with $options:ident)? { $($field:tt)* })+) => {
        /// The rows of this section.
        pub const RULES: &[$crate::security::Rule] = &[$(
            $crate::security::Rule {
                test: concat!(module_path!(), "::", stringify!($test)),
                $($field)*
                ..$crate::security::Rule::EMPTY
            }
        ),+];
        mod sqlite { $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                let options: &[fn() -> $crate::harness::Options] = &[$(super::$options,)? Default::default];
                let rule = $crate::security::of(super::RULES, stringify!($test));
                $crate::security::hold($crate::harness::Store::sqlite(), options[0](), rule, super::$test).await;
            }
        )+ }
        mod postgres { $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                let options: &[fn() -> $crate::harness::Options] = &[$(super::$options,)? Default::default];
                let rule = $crate::security::of(super::RULES, stringify!($test));
                let store = $crate::harness::Store::postgres().await;
                $crate::security::hold(store, options[0](), rule, super::$test).await;
            }
        )+ }
    };
}

mod absent;
mod apps;
mod authorize;
mod clients;
mod codes;
mod consent;
mod edge;
mod ending;
mod guessing;
mod input;
mod matrix;
mod pages;
mod parties;
mod redirects;
mod refresh;
mod resource;
mod rewrap;
mod transport;

use crate::harness::{Options, Server, Store};

/// Every section.
const SECTIONS: [&[Rule]; 14] = [
    redirects::RULES,
    authorize::RULES,
    consent::RULES,
    pages::RULES,
    codes::RULES,
    clients::RULES,
    guessing::RULES,
    refresh::RULES,
    resource::RULES,
    absent::RULES,
    apps::RULES,
    edge::RULES,
    input::RULES,
    ending::RULES,
];

/// The clients that a row is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Clients {
    /// Clients of either mode.
    Both,
    /// Clients that keep to the rules of Login with Amazon.
    Lwa,
    /// Clients that keep to RFC 9700.
    Strict,
    /// The rule is about something else than clients.
    None,
}

/// A row.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// The path of its test.
    pub test: &'static str,
    /// Its number in the table.
    pub number: u8,
    /// Where the rule comes from.
    pub source: &'static str,
    /// The clients that it is for.
    pub clients: Clients,
    /// What is demanded.
    pub rule: &'static str,
    /// What the service does.
    pub result: &'static str,
    /// Why the original protocol wins, where it does.
    pub reason: Option<&'static str>,
    /// Further tests, by file and name.
    pub also: &'static [(&'static str, &'static str)],
}

impl Rule {
    /// The fields that most rows leave out.
    pub const EMPTY: Self =
        Self { test: "", number: 0, source: "", clients: Clients::Both, rule: "", result: "", reason: None, also: &[] };
}

/// The row of a test.
pub fn of(rules: &'static [Rule], name: &str) -> &'static Rule {
    rules.iter().find(|rule| rule.test.rsplit("::").next() == Some(name)).expect("a row of this name")
}

/// Prints the rule when its test fails.
struct RuleFailureReport(&'static Rule);

impl Drop for RuleFailureReport {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let Rule { number, source, rule, result, .. } = self.0;
            eprintln!("rule {number} ({source}) does not hold: {rule} Expected: {result}");
        }
    }
}

/// Checks a rule on a store.
pub async fn hold(store: Store, options: Options, rule: &'static Rule, check: impl AsyncFn(&Server)) {
    let shown = RuleFailureReport(rule);
    let server = Server::start_on(store, options).await;
    check(&server).await;
    server.remove_store().await;
    drop(shown);
}
