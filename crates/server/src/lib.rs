//! The edge of the service: wire formats, pages, workers and the command line.
//!
//! What it is: [`build`] turns an application into a router, for sockets and for tests alike. What it is not: it holds no
//! rule and no SQL. Invariant: a handler says who and what, calls one use case and answers.

pub mod api;
pub mod cli;
pub mod client;
pub mod config;
mod control;
mod events;
mod fulfilment;
pub mod http;
mod logging;
mod login;
pub mod mail;
mod metrics;
mod operator;
pub mod outbound;
mod pages;
mod refusals;
pub mod site;
mod sns;
mod testing;
mod texts;
pub mod tls;
#[cfg(feature = "otel")]
mod traces;
mod workers;

use axum::Router;
use axum::http::header::{CONNECTION, HeaderValue};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use config::Role;
use http::route::{self, Route};
pub use metrics::Meters;
use opendrs_domain::version::ENDPOINTS;
use pages::missing;
use site::Site;
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::{Arc, LazyLock};

/// Where a node's requests go: the device API by its own table, everything else by the router.
#[derive(Clone)]
pub struct Routes {
    api: bool,
    others: Router,
}

/// The routes of a set of roles.
pub fn build(site: &Arc<Site>, roles: &[Role]) -> Routes {
    let test_clock = site.app.test_clock().is_some();
    let doors =
        Doors { test_clock, mail: test_clock || site.app.settings.mail.page, operator: site.operator.is_some() };
    let router = route::router(others(roles, doors), site);
    let router = match (roles.contains(&Role::Web), roles.contains(&Role::Login)) {
        (true, _) => router.fallback(sns::others).method_not_allowed_fallback(missing::method_not_allowed),
        (_, true) => router.fallback(missing::not_found).method_not_allowed_fallback(missing::method_not_allowed),
        // No browser has business here.
        (false, false) => router.fallback(not_found).method_not_allowed_fallback(not_allowed),
    };
    let router = router.with_state(site.clone());
    Routes { api: roles.contains(&Role::Service), others: router }
}

/// The routes of the address at which a node tells its numbers, and nothing else.
pub fn build_metrics(site: &Arc<Site>) -> Routes {
    let router = route::router(metrics::routes(), site);
    let router = router.fallback(not_found).method_not_allowed_fallback(not_allowed).with_state(site.clone());
    Routes { api: false, others: router }
}

/// What an address that speaks TLS has for those who speak plain HTTP to it: a word about it.
fn plain_at_tls() -> Routes {
    Routes { api: false, others: Router::new().fallback(speak_tls) }
}

/// Counters for every route there may be.
pub fn meters() -> Meters {
    let all = [Role::Service, Role::Login, Role::Web, Role::Worker];
    Meters::new(others(&all, Doors::OPEN).iter().chain(&metrics::routes()).map(|route| route.path))
}

/// What is there only where settings or the command line say so.
#[derive(Clone, Copy, Debug)]
pub struct Doors {
    /// What a test may ask for: time can be moved.
    pub test_clock: bool,
    /// The pages that show customers' mail to whoever asks: where time can be moved, or an operator says so.
    pub mail: bool,
    /// The operator's API: somebody has a token.
    pub operator: bool,
}

impl Doors {
    /// All of it.
    pub const OPEN: Self = Self { test_clock: true, mail: true, operator: true };
    /// Nothing of it.
    pub const SHUT: Self = Self { test_clock: false, mail: false, operator: false };
}

/// All routes but those of the device API, which has a table of its own.
fn others(roles: &[Role], doors: Doors) -> Vec<Route> {
    let mut routes = control::routes(doors.test_clock);
    if doors.operator {
        routes.extend(operator::routes());
    }
    if roles.contains(&Role::Service) {
        routes.extend(fulfilment::routes());
    }
    if roles.contains(&Role::Login) {
        routes.extend(login::routes());
        routes.extend(pages::login_routes());
    }
    if roles.contains(&Role::Web) {
        routes.extend(pages::web_routes());
        if doors.mail {
            routes.extend(pages::mail_routes().into_iter().map(Route::guarded));
        }
    }
    if roles.contains(&Role::Login) || roles.contains(&Role::Web) {
        routes.extend(pages::shared_routes());
    }
    routes
}

/// Every route of a set of roles, as method and path: [`build`] makes these and no others.
pub fn list(roles: &[Role], doors: Doors) -> Vec<(&'static str, &'static str)> {
    let api = ENDPOINTS.iter().filter(|_| roles.contains(&Role::Service));
    let api = api.flat_map(|spec| spec.paths.iter().map(|path| (spec.method, *path)));
    api.chain(others(roles, doors).iter().map(|route| (route.method, route.path))).collect()
}

/// Makes a folder for its owner alone, where there is none: what is in it is keys, and customers'.
pub(crate) fn private_folder(path: &Path) -> std::io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Every route of [`build_metrics`].
pub fn list_metrics() -> Vec<(&'static str, &'static str)> {
    metrics::routes().iter().map(|route| (route.method, route.path)).collect()
}

/// The pattern of a path beside the device API's, whatever this node's roles.
fn pattern(path: &str) -> Option<&'static str> {
    static ALL: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
        let all = [Role::Service, Role::Login, Role::Web, Role::Worker];
        others(&all, Doors::OPEN).iter().map(|route| route.path).collect()
    });
    ALL.iter().copied().find(|pattern| api::fits(pattern, path))
}

async fn not_found() -> Response {
    api::problem::Problem::NotFound.into_response()
}

async fn speak_tls() -> Response {
    let words = "This address speaks HTTPS alone: write https:// instead of http://.";
    let mut response = http::json(StatusCode::BAD_REQUEST, serde_json::json!({ "message": words }).to_string());
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

async fn not_allowed(_method: Method) -> Response {
    api::problem::Problem::MethodNotAllowed.into_response()
}
