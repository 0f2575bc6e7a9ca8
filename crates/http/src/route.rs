//! Routes as values, from which a router is built and a list of all routes can be printed.
//!
//! Invariant: the router has exactly the routes of the list.

use axum::Router;
use axum::handler::Handler;
use axum::routing::{self, MethodRouter};

/// A method at a path, with its handler. `S` is the state that handlers share.
pub struct Route<S> {
    /// The method, in capitals.
    pub method: &'static str,
    /// The path, with parameters as `{name}`.
    pub path: &'static str,
    handler: MethodRouter<S>,
    guarded: bool,
}

impl<S: Clone + Send + Sync + 'static> Route<S> {
    /// A `GET` route, which answers `HEAD` too.
    pub fn get<T: 'static>(path: &'static str, handler: impl Handler<T, S>) -> Self {
        Self { method: "GET", path, handler: routing::get(handler), guarded: false }
    }

    /// A `POST` route.
    pub fn post<T: 'static>(path: &'static str, handler: impl Handler<T, S>) -> Self {
        Self { method: "POST", path, handler: routing::post(handler), guarded: false }
    }

    /// A `DELETE` route.
    pub fn delete<T: 'static>(path: &'static str, handler: impl Handler<T, S>) -> Self {
        Self { method: "DELETE", path, handler: routing::delete(handler), guarded: false }
    }

    /// Returns the same route behind the guard of its [`router`].
    #[must_use]
    pub fn guarded(self) -> Self {
        Self { guarded: true, ..self }
    }
}

/// Builds a router from routes. `guard` wraps the handlers of the guarded routes.
pub fn router<S: Clone + Send + Sync + 'static>(
    routes: Vec<Route<S>>,
    guard: impl Fn(MethodRouter<S>) -> MethodRouter<S>,
) -> Router<S> {
    routes.into_iter().fold(Router::new(), |router, Route { path, handler, guarded, .. }| {
        router.route(path, if guarded { guard(handler) } else { handler })
    })
}
