//! The server: wire formats and workers.
//!
//! What it is: [`node::Node`] starts a node of the service, and [`routes`] builds the router of an application for
//! sockets and for tests. What it is not: it has no domain rules, no SQL and no command line. Invariant: a handler
//! identifies the caller and the request, calls one use case and answers.

pub mod api;
pub mod dispatch;
mod login;
pub mod mail;
pub mod master_key;
mod missing;
pub mod node;
pub mod open_app;
pub mod operator;
mod partner;
pub mod private_file;
pub mod publisher;
pub mod routes;
mod same_site;
mod status;
pub mod store_check;
pub mod telemetry;
mod test_control;
pub mod tls;
mod workers;
