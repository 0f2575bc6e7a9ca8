//! The rules of Login with Amazon: what an authorize request must hold, how codes and challenges work, which redirect
//! is trusted; for clients that keep to what Login with Amazon did, and for strict ones
//! (docs/spec/login.md#client-modes).

pub mod authorize;
pub mod code;
pub mod form;
pub mod pkce;
pub mod redirect;
pub mod refresh_rotation;
pub mod scope;
