//! Login with Amazon: authorize, sign-up, token, tokeninfo, profile; the turning refresh tokens of strict clients.

pub mod authorize;
pub mod client;
mod complete;
pub mod exchange;
pub mod link;
pub mod profile;
pub mod signup;
mod turn;
mod unit;
