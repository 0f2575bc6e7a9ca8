//! The rules of the Dash Replenishment Service.
//!
//! What it is: identifiers, validated values, state machines, the version table, notifications, tokens and the rules of
//! Login with Amazon. What it is not: it opens no file, no socket and no database.
//!
//! Invariant: nothing here reads a clock, generates a random number or waits. The caller supplies the time and the
//! random bytes. So every rule is a function of its arguments and is tested in microseconds.

pub mod account;
pub mod brand;
pub mod consent;
pub mod country;
pub mod customer;
pub mod date;
pub mod delivery;
pub mod device;
pub mod endpoint;
pub mod export;
pub mod fault;
pub mod federation;
pub mod forecast;
pub mod fulfilment;
pub mod id;
pub mod json;
pub mod language;
pub mod level;
pub mod login;
pub mod mail;
pub mod maker;
pub mod model;
pub mod money;
pub mod notification;
pub mod order;
pub mod picture;
pub mod product;
pub mod profile;
pub mod publication;
pub mod reading;
pub mod receiver;
pub mod rule;
pub mod seed_record;
pub mod session;
pub mod slot_statement;
pub mod snapshot;
pub mod subscription;
pub mod takeover;
pub mod text;
pub mod time;
pub mod token;
pub mod translation;
pub mod version;
pub mod wire;
pub mod zone;
