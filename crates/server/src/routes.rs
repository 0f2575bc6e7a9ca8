//! All routes of a node, by role.
//!
//! Invariant: [`build_routes`] makes exactly the routes that [`list_routes`] lists.

use crate::api::{self, error::ApiError};
use crate::telemetry::metrics_page;
use crate::{login, missing, operator, partner, same_site, status, test_control};
use axum::Router;
use axum::http::header::{CONNECTION, HeaderValue};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use opendrs_config::Role;
use opendrs_domain::version::ENDPOINTS;
use opendrs_edge::http_metrics::HttpMetrics;
use opendrs_edge::state::{AppState, Route};
use opendrs_http::response::json;
use opendrs_http::route;
use opendrs_web as web;
use std::sync::{Arc, LazyLock};

/// The routes of a listener: the device API with its own table, and the router for all other paths.
#[derive(Clone)]
pub struct Routes {
    pub(crate) api: bool,
    pub(crate) router_routes: Router,
}

/// Builds the routes of a set of roles.
pub fn build_routes(state: &Arc<AppState>, roles: &[Role]) -> Routes {
    let test_clock = state.app.test_clock().is_some();
    let doors = OptionalRoutes {
        test_clock,
        mail: test_clock || state.app.settings.mail.show_page,
        operator: state.operator_token.is_some(),
    };
    let router = router(others(roles, doors), state);
    let router = match (roles.contains(&Role::Web), roles.contains(&Role::Login)) {
        (true, _) => {
            router.fallback(partner::subscription::fallback).method_not_allowed_fallback(missing::method_not_allowed)
        }
        (_, true) => router.fallback(missing::not_found).method_not_allowed_fallback(missing::method_not_allowed),
        // Browsers do not use these roles.
        (false, false) => router.fallback(not_found).method_not_allowed_fallback(not_allowed),
    };
    let router = router.with_state(state.clone());
    Routes { api: roles.contains(&Role::Service), router_routes: router }
}

/// Builds the routes of the metrics address.
pub fn build_metrics_routes(state: &Arc<AppState>) -> Routes {
    let router = router(metrics_page::routes(), state);
    let router = router.fallback(not_found).method_not_allowed_fallback(not_allowed).with_state(state.clone());
    Routes { api: false, router_routes: router }
}

/// Builds the routes for clients that speak plain HTTP to a TLS listener: an error that asks for HTTPS.
pub(crate) fn https_required_routes() -> Routes {
    Routes { api: false, router_routes: Router::new().fallback(https_required) }
}

/// Builds a router, and wraps the handlers of guarded routes.
fn router(routes: Vec<Route>, state: &Arc<AppState>) -> Router<Arc<AppState>> {
    let guard = axum::middleware::from_fn_with_state(state.clone(), same_site::require_own_origin);
    route::router(routes, |handler| handler.layer(guard.clone()))
}

/// Makes counters for all routes that can exist.
pub fn request_counters() -> HttpMetrics {
    let all = [Role::Service, Role::Login, Role::Web, Role::Worker];
    HttpMetrics::new(others(&all, OptionalRoutes::ALL).iter().chain(&metrics_page::routes()).map(|route| route.path))
}

/// The routes that exist only with certain settings or command-line options.
#[derive(Clone, Copy, Debug)]
pub struct OptionalRoutes {
    /// Whether the routes for tests exist: the server has a test clock.
    pub test_clock: bool,
    /// Whether the pages with the mails to customers exist: the server has a test clock, or the settings ask for them.
    pub mail: bool,
    /// Whether the operator API exists: the settings have a token for it.
    pub operator: bool,
}

impl OptionalRoutes {
    /// All optional routes.
    pub const ALL: Self = Self { test_clock: true, mail: true, operator: true };
    /// No optional routes.
    pub const NONE: Self = Self { test_clock: false, mail: false, operator: false };
}

/// Lists all routes except those of the device API, which has its own table.
fn others(roles: &[Role], doors: OptionalRoutes) -> Vec<Route> {
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
        if doors.test_clock {
            routes.extend(web::design_routes().into_iter().map(Route::guarded));
        }
    }
    if roles.contains(&Role::Login) || roles.contains(&Role::Web) {
        routes.extend(web::shared_routes());
    }
    routes
}

/// Lists every route of a set of roles, as method and path. [`build_routes`] makes exactly these routes.
pub fn list_routes(roles: &[Role], doors: OptionalRoutes) -> Vec<(&'static str, &'static str)> {
    let api = ENDPOINTS.iter().filter(|_| roles.contains(&Role::Service));
    let api = api.flat_map(|spec| spec.paths.iter().map(|path| (spec.method, *path)));
    api.chain(others(roles, doors).iter().map(|route| (route.method, route.path))).collect()
}

/// Lists every route of [`build_metrics_routes`].
pub fn list_metrics_routes() -> Vec<(&'static str, &'static str)> {
    metrics_page::routes().iter().map(|route| (route.method, route.path)).collect()
}

/// Returns the pattern of a path outside of the device API, whatever roles this node has.
pub(crate) fn pattern(path: &str) -> Option<&'static str> {
    static ALL: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
        let all = [Role::Service, Role::Login, Role::Web, Role::Worker];
        others(&all, OptionalRoutes::ALL).iter().map(|route| route.path).collect()
    });
    ALL.iter().copied().find(|pattern| api::matches_pattern(pattern, path))
}

async fn not_found() -> Response {
    ApiError::NotFound.into_response()
}

async fn https_required() -> Response {
    let words = "This address accepts HTTPS only: use https:// instead of http://.";
    let mut response = json(StatusCode::BAD_REQUEST, serde_json::json!({ "message": words }).to_string());
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

async fn not_allowed(_method: Method) -> Response {
    ApiError::MethodNotAllowed.into_response()
}
