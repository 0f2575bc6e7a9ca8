//! The store's conformance suite: each test runs on SQLite and on PostgreSQL, on a separate store.
//!
//! Not here: rules, which are tested in the domain, and SQL plans, which are tested beside the queries. Invariant: no
//! test sleeps and none is skipped. Random values come from a fixed seed.

#![expect(clippy::unwrap_used, reason = "all of it is tests, also what no test attribute marks")]

#[macro_use]
mod harness;
mod samples;

mod access;
mod account;
mod backlog;
mod bad_row;
mod brand;
mod catalogue;
mod code;
mod commit;
mod concurrency;
mod condition;
mod connection_loss;
mod consent;
mod customer;
mod delivery;
mod device;
mod export;
mod failover;
mod fulfilment;
mod installation;
mod level;
mod mail;
mod maker;
mod open;
mod order;
mod order_lists;
mod outbox;
mod picture;
mod pooler;
mod price;
mod profile;
mod reading;
mod receiver;
mod released;
mod rule;
mod schema;
mod second_factor;
mod seed_record;
mod session;
mod signup;
mod slot_statement;
mod snapshot;
mod subscription;
mod sync_failure;
mod takeover;
mod tls;
mod valid_device_cache;
