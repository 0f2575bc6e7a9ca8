//! The edge of the service: wire formats, pages, workers and the command line.
//!
//! What it is: [`build`] turns an application into a router, for sockets and for tests alike. What it is not: it holds no
//! rule and no SQL. Invariant: a handler says who and what, calls one use case and answers.

pub mod api;
pub mod cli;
pub mod client;
pub mod config;
mod control;
pub mod http;
mod login;
mod pages;
pub mod site;
mod workers;

use axum::Router;
use axum::http::Method;
use axum::response::{IntoResponse, Response};
use config::Role;
use site::Site;
use std::sync::Arc;

/// The router of a set of roles.
pub fn build(site: &Arc<Site>, roles: &[Role]) -> Router {
    let mut router = control::routes(site.app.test_clock().is_some());
    if roles.contains(&Role::Service) {
        router = router.merge(api::routes());
    }
    if roles.contains(&Role::Login) {
        router = router.merge(login::routes()).merge(pages::login_routes());
    }
    if roles.contains(&Role::Web) {
        router = router.merge(pages::web_routes());
    }
    if roles.contains(&Role::Login) || roles.contains(&Role::Web) {
        router = router.merge(pages::shared_routes());
    }
    router.fallback(not_found).method_not_allowed_fallback(not_allowed).with_state(site.clone())
}

async fn not_found() -> Response {
    api::problem::Problem::NotFound.into_response()
}

async fn not_allowed(_method: Method) -> Response {
    api::problem::Problem::MethodNotAllowed.into_response()
}
