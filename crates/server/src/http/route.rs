//! Routes as values: the router is made of them, and whoever asks can be told all of them.

use crate::site::Site;
use axum::Router;
use axum::handler::Handler;
use axum::routing::{self, MethodRouter};
use std::sync::Arc;

/// A method at a path, and what answers there.
pub(crate) struct Route {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    answers: MethodRouter<Arc<Site>>,
}

/// `GET`, and with it `HEAD`.
pub(crate) fn get<T: 'static>(path: &'static str, handler: impl Handler<T, Arc<Site>>) -> Route {
    Route { method: "GET", path, answers: routing::get(handler) }
}

/// `POST`.
pub(crate) fn post<T: 'static>(path: &'static str, handler: impl Handler<T, Arc<Site>>) -> Route {
    Route { method: "POST", path, answers: routing::post(handler) }
}

/// `DELETE`.
pub(crate) fn delete<T: 'static>(path: &'static str, handler: impl Handler<T, Arc<Site>>) -> Route {
    Route { method: "DELETE", path, answers: routing::delete(handler) }
}

/// The router of these routes and no others.
pub(crate) fn router(routes: Vec<Route>) -> Router<Arc<Site>> {
    routes.into_iter().fold(Router::new(), |router, route| router.route(route.path, route.answers))
}
