//! Schema steps: embedded and numbered, with one file for each engine and step, each run once and in order.
//!
//! Invariant: a released step never changes; a later one only adds. What nodes of the previous release read and write
//! stays, so that they keep working while the new release starts.

use crate::failpoint::{self, Point};
use crate::{Error, Result};
use rusqlite::Connection;
use tokio_postgres::Client;

/// One step in both dialects.
struct SchemaStep {
    number: i64,
    lite: &'static str,
    pg: &'static str,
}

macro_rules! step {
    ($number:literal, $name:literal) => {
        SchemaStep {
            number: $number,
            lite: include_str!(concat!("../migrations/", $name, ".lite.sql")),
            pg: include_str!(concat!("../migrations/", $name, ".pg.sql")),
        }
    };
}

const SCHEMA_STEPS: &[SchemaStep] = &[
    step!(1, "0001_schema"),
    step!(2, "0002_accounts"),
    step!(3, "0003_levels"),
    step!(4, "0004_second_factor"),
    step!(5, "0005_brand"),
    step!(6, "0006_exports"),
    step!(7, "0007_withdrawals"),
    step!(8, "0008_federated_identity"),
    step!(9, "0009_own_facts"),
    step!(10, "0010_translations"),
];

/// The number of the latest step.
pub(crate) fn latest_step() -> i64 {
    SCHEMA_STEPS[SCHEMA_STEPS.len() - 1].number
}

/// The PostgreSQL text of every step.
#[cfg(test)]
pub(crate) fn postgres_texts() -> impl Iterator<Item = &'static str> {
    SCHEMA_STEPS.iter().map(|step| step.pg)
}

fn reject_newer(found: i64) -> Result<()> {
    let last = latest_step();
    if found <= last {
        return Ok(());
    }
    Err(Error::CannotOpen(format!(
        "the database is at schema step {found}, this program knows steps up to {last}: run the newer opendrs"
    )))
}

pub(crate) fn migrate_sqlite(conn: &mut Connection) -> Result<()> {
    let error = |e| Error::from_sqlite("migrate", e);
    let tx = conn.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).map_err(error)?;
    let done: i64 = tx.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(error)?;
    reject_newer(done)?;
    // Data that a step moves is erased at its old place.
    tx.pragma_update(None, "secure_delete", "ON").map_err(error)?;
    for step in SCHEMA_STEPS.iter().filter(|step| step.number > done) {
        tx.execute_batch(step.lite).map_err(error)?;
        tx.pragma_update(None, "user_version", step.number).map_err(error)?;
        failpoint::reached(Point::SchemaApplied);
    }
    tx.commit().map_err(error)?;
    conn.pragma_update(None, "secure_delete", "FAST").map_err(error)
}

pub(crate) async fn migrate_postgres(client: &mut Client) -> Result<()> {
    let error = |e| Error::from_postgres("migrate", e);
    // The table is created only if it is missing. Otherwise each start would log the server's notice that it exists.
    let made = "SELECT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relname = 'migration' AND n.nspname = current_schema())";
    let made: bool = client.query_one(made, &[]).await.map_err(error)?.get(0);
    // Two nodes that start at the same moment may both try to create the table; the second attempt finds it.
    let create = "CREATE TABLE IF NOT EXISTS migration (step BIGINT NOT NULL, PRIMARY KEY (step))";
    if !made && client.batch_execute(create).await.is_err() {
        client.batch_execute(create).await.map_err(error)?;
    }
    let tx = client.transaction().await.map_err(error)?;
    tx.batch_execute("LOCK TABLE migration IN EXCLUSIVE MODE").await.map_err(error)?;
    let row = tx.query_one("SELECT COALESCE(MAX(step), 0) FROM migration", &[]).await.map_err(error)?;
    let done: i64 = row.get(0);
    reject_newer(done)?;
    for step in SCHEMA_STEPS.iter().filter(|step| step.number > done) {
        tx.batch_execute(step.pg).await.map_err(error)?;
        tx.execute("INSERT INTO migration (step) VALUES ($1)", &[&step.number]).await.map_err(error)?;
        failpoint::reached(Point::SchemaApplied);
    }
    tx.commit().await.map_err(error)
}
