//! The security rules of the service, each with its own tests on both engines.
//!
//! The rules are a table, with a file per section. A row has a number, a rule of an RFC or of OWASP's ASVS 5.0.0, the
//! clients that it is for, and the service's answer. A test of the same name sends requests to a real server. The table
//! is not the whole proof: a row names further tests in other modules. Invariant: a row and its test are one item of
//! [`rules`], so neither exists without the other. `docs/reference/security-matrix.md` is generated from the rows.

/// Makes a line of `RULES` and two tests from each row: one test on SQLite, one on PostgreSQL.
///
/// The test calls the function with the row's name, `async fn name(server: &Server)`; `with options` names a function
/// that returns the server's [`Options`].
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
    /// Clients with the rules of Login with Amazon.
    Lwa,
    /// Clients with the rules of RFC 9700.
    Strict,
    /// The rule is not about clients.
    None,
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// The path of its test.
    pub test: &'static str,
    /// Its number in the table.
    pub number: u8,
    /// The source of the rule.
    pub source: &'static str,
    /// The clients that it is for.
    pub clients: Clients,
    /// The requirement.
    pub rule: &'static str,
    /// The service's behaviour.
    pub result: &'static str,
    /// The reason, if the original protocol takes precedence over the rule.
    pub reason: Option<&'static str>,
    /// Further tests, by file and name.
    pub also: &'static [(&'static str, &'static str)],
}

impl Rule {
    /// Default values for the fields that most rows leave out.
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

/// Runs the check of a rule on a store.
pub async fn hold(store: Store, options: Options, rule: &'static Rule, check: impl AsyncFn(&Server)) {
    let shown = RuleFailureReport(rule);
    let server = Server::start_on(store, options).await;
    check(&server).await;
    server.remove_store().await;
    drop(shown);
}
