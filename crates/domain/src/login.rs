//! The rules of Login with Amazon: authorization requests, codes, PKCE challenges, redirect URIs and refresh rotation.
//! Clients either follow the rules of Login with Amazon, or they are strict (docs/spec/login.md#client-modes).

pub mod authorize;
pub mod code;
pub mod form;
pub mod pkce;
pub mod redirect;
pub mod refresh_rotation;
pub mod scope;
