//! Complete tables: every route, every version, every answer. An addition to the product without a row here fails.

mod answer;
mod callers;
mod metrics;
mod openapi;
mod owners;
mod versions;
