//! The device API.

mod badbody;
mod badinput;
mod connection;
mod endpoints;
mod levels;
mod limits;
mod order_of_checks;
mod orders;
mod per_day;
mod quirks;
mod race;
mod registration;
mod retention;
mod spelling;
mod tls;
