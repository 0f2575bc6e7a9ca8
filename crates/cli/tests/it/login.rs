//! Login with Amazon: authorization requests, sign-up pages, the token endpoint, profiles.

mod answer;
mod authorize;
mod headers;
mod leave;
mod profile;
mod quirks;
mod replay;
mod session;
mod signup;
mod strict;
mod strict_refresh;
mod switched_off;
mod takeover;
mod takeover_policy;
mod token;
mod token_refused;
