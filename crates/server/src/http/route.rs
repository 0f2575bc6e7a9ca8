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
    guarded: bool,
}

/// `GET`, and with it `HEAD`.
pub(crate) fn get<T: 'static>(path: &'static str, handler: impl Handler<T, Arc<Site>>) -> Route {
    Route { method: "GET", path, answers: routing::get(handler), guarded: false }
}

/// `POST`.
pub(crate) fn post<T: 'static>(path: &'static str, handler: impl Handler<T, Arc<Site>>) -> Route {
    Route { method: "POST", path, answers: routing::post(handler), guarded: false }
}

/// `DELETE`.
pub(crate) fn delete<T: 'static>(path: &'static str, handler: impl Handler<T, Arc<Site>>) -> Route {
    Route { method: "DELETE", path, answers: routing::delete(handler), guarded: false }
}

impl Route {
    /// The same, for programs and this server's own pages alone ([`super::guard`]).
    pub(crate) fn guarded(self) -> Self {
        Self { guarded: true, ..self }
    }
}

/// The router of these routes and no others.
pub(crate) fn router(routes: Vec<Route>, site: &Arc<Site>) -> Router<Arc<Site>> {
    let guard = axum::middleware::from_fn_with_state(site.clone(), super::guard::check);
    routes.into_iter().fold(Router::new(), |router, Route { path, answers, guarded, .. }| {
        router.route(path, if guarded { answers.layer(guard.clone()) } else { answers })
    })
}
