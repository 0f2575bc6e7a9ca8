//! All routes of a node, by role.
//!
//! Invariant: [`build`] makes the routes that [`list`] lists and no others.

use crate::api::{self, error::ApiError};
use crate::config::Role;
use crate::state::{AppState, Route};
use crate::telemetry::http_metrics::HttpMetrics;
use crate::telemetry::metrics_page;
use crate::web::missing;
use crate::{login, operator, partner, same_site, status, test_control, web};
use axum::Router;
use axum::http::header::{CONNECTION, HeaderValue};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use opendrs_domain::version::ENDPOINTS;
use opendrs_http::response::json;
use opendrs_http::route;
use std::sync::{Arc, LazyLock};

/// Where a node's requests go: the device API by its own table, everything else by the router.
#[derive(Clone)]
pub struct Routes {
    pub(crate) api: bool,
    pub(crate) others: Router,
}

/// The routes of a set of roles.
pub fn build(site: &Arc<AppState>, roles: &[Role]) -> Routes {
    let test_clock = site.app.test_clock().is_some();
    let doors =
        Doors { test_clock, mail: test_clock || site.app.settings.mail.show_page, operator: site.operator.is_some() };
    let router = router(others(roles, doors), site);
    let router = match (roles.contains(&Role::Web), roles.contains(&Role::Login)) {
        (true, _) => {
            router.fallback(partner::subscription::fallback).method_not_allowed_fallback(missing::method_not_allowed)
        }
        (_, true) => router.fallback(missing::not_found).method_not_allowed_fallback(missing::method_not_allowed),
        // No browser has business here.
        (false, false) => router.fallback(not_found).method_not_allowed_fallback(not_allowed),
    };
    let router = router.with_state(site.clone());
    Routes { api: roles.contains(&Role::Service), others: router }
}

/// The routes of the address at which a node tells its numbers, and nothing else.
pub fn build_metrics(site: &Arc<AppState>) -> Routes {
    let router = router(metrics_page::routes(), site);
    let router = router.fallback(not_found).method_not_allowed_fallback(not_allowed).with_state(site.clone());
    Routes { api: false, others: router }
}

/// What an address that speaks TLS has for those who speak plain HTTP to it: a word about it.
pub(crate) fn plain_at_tls() -> Routes {
    Routes { api: false, others: Router::new().fallback(speak_tls) }
}

/// Wraps the handlers of guarded routes and makes a router of all.
fn router(routes: Vec<Route>, site: &Arc<AppState>) -> Router<Arc<AppState>> {
    let guard = axum::middleware::from_fn_with_state(site.clone(), same_site::require_own_origin);
    route::router(routes, |handler| handler.layer(guard.clone()))
}

/// Counters for every route there may be.
pub fn meters() -> HttpMetrics {
    let all = [Role::Service, Role::Login, Role::Web, Role::Worker];
    HttpMetrics::new(others(&all, Doors::OPEN).iter().chain(&metrics_page::routes()).map(|route| route.path))
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
    let mut routes = status::routes();
    if doors.test_clock {
        routes.extend(test_control::routes().into_iter().map(Route::guarded));
    }
    if doors.operator {
        routes.extend(operator::routes());
    }
    if roles.contains(&Role::Service) {
        routes.extend(partner::fulfilment::routes());
    }
    if roles.contains(&Role::Login) {
        routes.extend(login::routes());
        routes.extend(web::login_routes());
    }
    if roles.contains(&Role::Web) {
        routes.extend(web::web_routes());
        if doors.mail {
            routes.extend(web::mail_routes().into_iter().map(Route::guarded));
        }
    }
    if roles.contains(&Role::Login) || roles.contains(&Role::Web) {
        routes.extend(web::shared_routes());
    }
    routes
}

/// Every route of a set of roles, as method and path: [`build`] makes these and no others.
pub fn list(roles: &[Role], doors: Doors) -> Vec<(&'static str, &'static str)> {
    let api = ENDPOINTS.iter().filter(|_| roles.contains(&Role::Service));
    let api = api.flat_map(|spec| spec.paths.iter().map(|path| (spec.method, *path)));
    api.chain(others(roles, doors).iter().map(|route| (route.method, route.path))).collect()
}

/// Every route of [`build_metrics`].
pub fn list_metrics() -> Vec<(&'static str, &'static str)> {
    metrics_page::routes().iter().map(|route| (route.method, route.path)).collect()
}

/// The pattern of a path beside the device API's, whatever this node's roles.
pub(crate) fn pattern(path: &str) -> Option<&'static str> {
    static ALL: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
        let all = [Role::Service, Role::Login, Role::Web, Role::Worker];
        others(&all, Doors::OPEN).iter().map(|route| route.path).collect()
    });
    ALL.iter().copied().find(|pattern| api::matches_pattern(pattern, path))
}

async fn not_found() -> Response {
    ApiError::NotFound.into_response()
}

async fn speak_tls() -> Response {
    let words = "This address speaks HTTPS alone: write https:// instead of http://.";
    let mut response = json(StatusCode::BAD_REQUEST, serde_json::json!({ "message": words }).to_string());
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

async fn not_allowed(_method: Method) -> Response {
    ApiError::MethodNotAllowed.into_response()
}
