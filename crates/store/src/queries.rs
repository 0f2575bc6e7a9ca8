//! Every query, with one text each, grouped by area. Columns are in the order in which the noun's module reads them.
//!
//! Invariant: every query on a sharded table that a device call runs names the shard; none scans a table. SQLite has
//! one shard, 0. A query for the newest rows of all shards names it there, or SQLite's planner would read and sort the
//! table. SQLite's planner also assumes that a shard has few rows. Where it would read a shard in the order of ids, the
//! query names the index.

/// Joins the lists of the modules below to one enum: each list adds its queries and invokes the next one.
macro_rules! query_lists {
    ([$($all:tt)*]) => {
        crate::sql::queries! {
            /// A query; its text is [`Query::sql`].
            pub(crate) enum Query { $($all)* }
        }
    };
    ([$($all:tt)*] $list:ident $($rest:ident)*) => { $list! { [$($all)*] $($rest)* } };
}

#[macro_use]
mod columns;
#[macro_use]
mod customer;
#[macro_use]
mod device;
#[macro_use]
mod export;
#[macro_use]
mod installation;
#[macro_use]
mod mail;
#[macro_use]
mod maker;
#[macro_use]
mod notification;
#[macro_use]
mod order;

query_lists! { [] installation_queries maker_queries customer_queries device_queries order_queries notification_queries mail_queries export_queries }

#[cfg(test)]
#[path = "queries_tests.rs"]
mod tests;
