//! Login with Amazon: authorize, sign-up, token, tokeninfo, profile.

pub mod authorize;
pub mod client;
pub mod exchange;
pub mod link;
pub mod profile;
pub mod signup;
