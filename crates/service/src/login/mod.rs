//! Login with Amazon: authorize, sign-up, token, tokeninfo, profile; the turning refresh tokens of strict clients.

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
