//! The edge of the service: wire formats, pages, workers and the command line.
//!
//! What it is: [`build`] turns an application into a router, for sockets and for tests alike. What it is not: it holds no
//! rule and no SQL. Invariant: a handler says who and what, calls one use case and answers.

pub mod api;
pub mod cli;
pub mod client;
pub mod config;
mod control;
mod fulfilment;
pub mod http;
mod login;
pub mod mail;
mod metrics;
pub mod outbound;
mod pages;
pub mod site;
mod sns;
mod testing;
#[cfg(feature = "otel")]
mod traces;
mod workers;

use axum::Router;
use axum::http::Method;
use axum::response::{IntoResponse, Response};
use config::Role;
use http::route::{self, Route};
pub use metrics::Meters;
use opendrs_domain::version::ENDPOINTS;
use site::Site;
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
    let router = route::router(others(roles, test_clock, test_clock || site.app.settings.mail.page));
    let router = match roles.contains(&Role::Web) {
        true => router.fallback(sns::others),
        false => router.fallback(not_found),
    };
    let router = router.method_not_allowed_fallback(not_allowed).with_state(site.clone());
    Routes { api: roles.contains(&Role::Service), others: router }
}

/// The routes of the address at which a node tells its numbers, and nothing else.
pub fn build_metrics(site: &Arc<Site>) -> Routes {
    let router = route::router(metrics::routes());
    let router = router.fallback(not_found).method_not_allowed_fallback(not_allowed).with_state(site.clone());
    Routes { api: false, others: router }
}

/// Counters for every route there may be.
pub fn meters() -> Meters {
    let all = [Role::Service, Role::Login, Role::Web, Role::Worker];
    Meters::new(others(&all, true, true).iter().chain(&metrics::routes()).map(|route| route.path))
}

/// All routes but those of the device API, which has a table of its own. `mail` opens the pages that show customers'
/// mail to whoever asks: where time can be moved, or an operator says so.
fn others(roles: &[Role], test_clock: bool, mail: bool) -> Vec<Route> {
    let mut routes = control::routes(test_clock);
    if roles.contains(&Role::Service) {
        routes.extend(fulfilment::routes());
    }
    if roles.contains(&Role::Login) {
        routes.extend(login::routes());
        routes.extend(pages::login_routes());
    }
    if roles.contains(&Role::Web) {
        routes.extend(pages::web_routes());
        if mail {
            routes.extend(pages::mail_routes());
        }
    }
    if roles.contains(&Role::Login) || roles.contains(&Role::Web) {
        routes.extend(pages::shared_routes());
    }
    routes
}

/// Every route of a set of roles, as method and path: [`build`] makes these and no others.
pub fn list(roles: &[Role], test_clock: bool) -> Vec<(&'static str, &'static str)> {
    let api = ENDPOINTS.iter().filter(|_| roles.contains(&Role::Service));
    let api = api.flat_map(|spec| spec.paths.iter().map(|path| (spec.method, *path)));
    api.chain(others(roles, test_clock, test_clock).iter().map(|route| (route.method, route.path))).collect()
}

/// Every route of [`build_metrics`].
pub fn list_metrics() -> Vec<(&'static str, &'static str)> {
    metrics::routes().iter().map(|route| (route.method, route.path)).collect()
}

/// The pattern of a path beside the device API's, whatever this node's roles.
fn pattern(path: &str) -> Option<&'static str> {
    static ALL: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
        let all = [Role::Service, Role::Login, Role::Web, Role::Worker];
        others(&all, true, true).iter().map(|route| route.path).collect()
    });
    ALL.iter().copied().find(|pattern| api::fits(pattern, path))
}

async fn not_found() -> Response {
    api::problem::Problem::NotFound.into_response()
}

async fn not_allowed(_method: Method) -> Response {
    api::problem::Problem::MethodNotAllowed.into_response()
}
