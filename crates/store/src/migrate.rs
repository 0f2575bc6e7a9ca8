//! Schema steps: embedded, numbered, one file an engine and step, each run once and in order.
//!
//! Invariant: a step that has shipped never changes; a later one adds. What a node of the release before reads and
//! writes stays, so that it goes on working while the new one starts; an index goes only where another does its work.

use crate::failpoint::{self, Point};
use crate::{Error, Result};
use rusqlite::Connection;
use tokio_postgres::Client;

/// One step in both dialects.
struct Step {
    number: i64,
    lite: &'static str,
    pg: &'static str,
}

macro_rules! step {
    ($number:literal, $name:literal) => {
        Step {
            number: $number,
            lite: include_str!(concat!("../migrations/", $name, ".lite.sql")),
            pg: include_str!(concat!("../migrations/", $name, ".pg.sql")),
        }
    };
}

const STEPS: &[Step] = &[
    step!(1, "0001_init"),
    step!(2, "0002_topic"),
    step!(3, "0003_days_and_claims"),
    step!(4, "0004_fulfilment"),
    step!(5, "0005_mail"),
    step!(6, "0006_held_for"),
    step!(7, "0007_vendure"),
    step!(8, "0008_orders_held"),
    step!(9, "0009_language"),
    step!(10, "0010_sku_and_begun"),
    step!(11, "0011_by_event"),
    step!(12, "0012_device_change"),
    step!(13, "0013_withdrawal_and_strict"),
    step!(14, "0014_appended"),
    step!(15, "0015_place_in_line"),
    step!(16, "0016_finished_and_passwords"),
    step!(17, "0017_named_device"),
    step!(18, "0018_agreed_price"),
    step!(19, "0019_access"),
    step!(20, "0020_dead"),
    step!(21, "0021_takeover"),
    step!(22, "0022_order_kept"),
    step!(23, "0023_seeded"),
    step!(24, "0024_sealed"),
];

/// The last step there is.
pub(crate) fn last() -> i64 {
    STEPS[STEPS.len() - 1].number
}

/// The PostgreSQL text of every step.
#[cfg(test)]
pub(crate) fn texts() -> impl Iterator<Item = &'static str> {
    STEPS.iter().map(|step| step.pg)
}

fn newer(found: i64) -> Result<()> {
    let last = last();
    if found <= last {
        return Ok(());
    }
    Err(Error::Open(format!(
        "the database is at schema step {found}, this program knows steps up to {last}: run the newer opendrs"
    )))
}

pub(crate) fn lite(conn: &mut Connection) -> Result<()> {
    let error = |e| Error::lite("migrate", e);
    let tx = conn.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).map_err(error)?;
    let done: i64 = tx.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(error)?;
    newer(done)?;
    // What a step moves elsewhere is not left behind.
    tx.pragma_update(None, "secure_delete", "ON").map_err(error)?;
    for step in STEPS.iter().filter(|step| step.number > done) {
        tx.execute_batch(step.lite).map_err(error)?;
        tx.pragma_update(None, "user_version", step.number).map_err(error)?;
        failpoint::reached(Point::SchemaApplied);
    }
    tx.commit().map_err(error)?;
    conn.pragma_update(None, "secure_delete", "FAST").map_err(error)
}

pub(crate) async fn pg(client: &mut Client) -> Result<()> {
    let error = |e| Error::pg("migrate", e);
    // Two nodes that start at the same moment may both try to create the table; the second try finds it.
    let create = "CREATE TABLE IF NOT EXISTS migration (step BIGINT NOT NULL, PRIMARY KEY (step))";
    if client.batch_execute(create).await.is_err() {
        client.batch_execute(create).await.map_err(error)?;
    }
    let tx = client.transaction().await.map_err(error)?;
    tx.batch_execute("LOCK TABLE migration IN EXCLUSIVE MODE").await.map_err(error)?;
    let row = tx.query_one("SELECT COALESCE(MAX(step), 0) FROM migration", &[]).await.map_err(error)?;
    let done: i64 = row.get(0);
    newer(done)?;
    for step in STEPS.iter().filter(|step| step.number > done) {
        tx.batch_execute(step.pg).await.map_err(error)?;
        tx.execute("INSERT INTO migration (step) VALUES ($1)", &[&step.number]).await.map_err(error)?;
        failpoint::reached(Point::SchemaApplied);
    }
    tx.commit().await.map_err(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rows of a table in the order in which they lie, as text.
    fn rows(conn: &Connection, table: &str) -> Vec<String> {
        let mut found = conn.prepare(&format!("SELECT * FROM {table}")).unwrap();
        let columns = found.column_count();
        let row = |row: &rusqlite::Row<'_>| {
            (0..columns).map(|at| row.get_ref(at).map(|value| format!("{value:?}"))).collect::<Result<Vec<_>, _>>()
        };
        found.query_map([], row).unwrap().map(|cells| cells.unwrap().join(" ")).collect()
    }

    /// A database as a step left it.
    fn at_step(last: i64, mut conn: Connection) -> Connection {
        let tx = conn.transaction().unwrap();
        for step in STEPS.iter().filter(|step| step.number <= last) {
            tx.execute_batch(step.lite).unwrap();
            tx.pragma_update(None, "user_version", step.number).unwrap();
        }
        tx.commit().unwrap();
        conn
    }

    #[test]
    fn an_address_that_is_sealed_is_left_nowhere_in_the_file() {
        const SECRET: &str = "of-receiver-Q1";
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        let found = || {
            let files = std::fs::read_dir(folder.path()).unwrap();
            let bytes = files.flat_map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect::<Vec<_>>();
            bytes.windows(SECRET.len()).filter(|window| *window == SECRET.as_bytes()).count()
        };
        let conn = at_step(23, Connection::open(&path).unwrap());
        for n in 10..60 {
            let endpoint = format!("https://maker:{SECRET}@a.example/{n}");
            conn.execute_batch(&format!(
                "INSERT INTO topic VALUES (x'{n}', x'0d', 'arn {n}', '{endpoint}', 'confirmed', '1', 0, 'sns', x'{n}', 1, 2, 1, 2, 3)"
            ))
            .unwrap();
        }
        drop(conn);
        assert!(found() >= 50, "pages that were split hold some twice");
        let conn = crate::lite::open_writer(&path).unwrap();
        conn.execute_batch("UPDATE topic SET endpoint = NULL, sealed = x'00112233445566778899aabbccddeeff'").unwrap();
        assert_eq!(rows(&conn, "topic WHERE endpoint IS NULL AND sealed IS NOT NULL").len(), 50);
        drop(conn);
        crate::lite::fold(&path).unwrap();
        assert_eq!(found(), 0);
    }

    #[test]
    fn what_is_appended_from_now_on_keeps_every_row_of_before_in_its_order() {
        let mut conn = at_step(13, Connection::open_in_memory().unwrap());
        for id in ["x'02'", "x'01'", "x'03'"] {
            let values = [
                ("reading", format!("0, {id}, x'0d', 'filter', 7, 1.5, 2.5, NULL, 8, NULL, 1")),
                ("outbox", format!("0, {id}, x'0d', 7, 'kind', '{{}}', NULL")),
                ("mail", format!("0, {id}, x'0d', x'0c', 7, 'kind', 'news', 'kept', NULL, 2, 9, 'why'")),
            ];
            for (table, values) in values {
                conn.execute_batch(&format!("INSERT INTO {table} VALUES ({values})")).unwrap();
            }
        }
        let tables = ["reading", "outbox", "mail"];
        let before = tables.map(|table| rows(&conn, table));
        assert!(before.iter().all(|rows| rows.len() == 3 && rows.is_sorted()), "{before:?}");
        lite(&mut conn).unwrap();
        assert_eq!(tables.map(|table| rows(&conn, table)), before);
        let left = rows(&conn, "sqlite_schema WHERE name LIKE '%_by_id'");
        assert_eq!(left, [""; 0]);
    }
}
