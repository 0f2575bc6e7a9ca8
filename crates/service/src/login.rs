//! Login with Amazon: authorization request, sign-up, token, tokeninfo, profile; and the refresh rotation of strict
//! clients.

pub mod authorize;
pub mod client;
mod complete;
pub mod link;
pub mod profile;
mod refresh_rotation;
mod registration;
pub mod signup;
mod signup_in_progress;
pub mod token_endpoint;
