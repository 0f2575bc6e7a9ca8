//! The edge of the service: wire formats, pages, workers and settings.
//!
//! What it is: [`node::Node`] starts a node of the service; [`routes`] makes a router of an application, for sockets and
//! for tests alike. What it is not: it holds no rule, no SQL and no command line. Invariant: a handler names the caller
//! and the request, calls one use case and answers.

pub mod api;
pub mod config;
pub mod dispatch;
mod edge_error;
mod login;
pub mod mail;
pub mod master_key;
pub mod node;
pub mod open_app;
pub mod operator;
mod partner;
pub mod private_file;
pub mod routes;
mod same_site;
pub mod state;
mod status;
pub mod store_check;
pub mod telemetry;
mod test_control;
pub mod tls;
mod web;
mod workers;
