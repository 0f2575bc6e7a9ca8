//! The program itself: the commands of operators and scripts, and their output.

#[macro_use]
pub(crate) mod program;

mod backup;
mod client;
mod clock;
mod config;
mod consent;
mod customer;
mod demo;
mod device;
mod dist;
mod doctor;
mod events;
mod export;
mod failover;
mod fault;
mod health;
mod keys;
mod killed;
mod listen;
mod mail;
mod nodes;
mod operator;
mod order;
mod readings;
mod refused;
mod reset;
mod rewrap;
mod secrets;
mod seed;
mod serve;
mod snapshot;
mod tls;
#[cfg(feature = "sns")]
mod topic;
#[cfg(feature = "otel")]
mod traces;
mod trigger;
mod written;
