//! Direct read access to the store.
//!
//! Invariant: the rows are read without code of the server.

use opendrs_domain::id::{DeviceId, InstanceId, OrderId};
use opendrs_domain::notification::{Event, EventFacts};
use opendrs_domain::time::Time;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

/// The location of the store.
#[derive(Clone, Debug)]
pub enum TortureStore {
    /// A SQLite file.
    File(PathBuf),
    /// A PostgreSQL database, by URL.
    Url(String),
}

/// An order's row.
#[derive(Clone, Debug)]
pub struct ObservedOrder {
    /// `eventInstanceId`.
    pub instance: String,
    /// Its device's serial.
    pub serial: String,
    /// Its slot.
    pub slot: String,
    /// Its state.
    pub state: String,
}

/// The rows that the checks use.
pub struct ObservedRows {
    /// Serial and remaining quantity of every reading.
    pub readings: Vec<(String, u64)>,
    /// Every order.
    pub orders: Vec<ObservedOrder>,
    /// Serial, slot and order of every slot lock.
    pub locks: Vec<(String, String, String)>,
    /// The events of orders: the change, and the order's `eventInstanceId`.
    pub events: Vec<(String, String)>,
}

/// Connects to a cluster or a database.
pub async fn connect(url: &str) -> Result<Client, String> {
    let (client, driver) = tokio_postgres::connect(url, NoTls).await.map_err(|e| format!("PostgreSQL: {e}"))?;
    tokio::spawn(driver);
    Ok(client)
}

impl TortureStore {
    /// The results of several queries on one snapshot. A UUID is a blob on one engine and a text with dashes on the
    /// other, so queries write `hex(...)`.
    async fn query(&self, queries: &[&str]) -> Result<Vec<TextTable>, String> {
        match self {
            TortureStore::File(path) => query_sqlite(path, queries).map_err(|e| format!("{}: {e}", path.display())),
            TortureStore::Url(url) => {
                query_postgres(&connect(url).await?, queries).await.map_err(|e| format!("PostgreSQL: {e}"))
            }
        }
    }

    /// Reads all rows that the checks use.
    pub async fn read_rows(&self) -> Result<ObservedRows, String> {
        let tables = self.query(&[
            "SELECT d.serial, CAST(r.remaining AS BIGINT) FROM reading r
             JOIN device d ON d.shard = r.shard AND d.id = r.device",
            "SELECT hex(o.device), hex(o.id), d.serial, o.slot, o.state FROM orders o
             JOIN device d ON d.shard = o.shard AND d.id = o.device",
            "SELECT hex(s.device), hex(s.open_order), d.serial, s.slot FROM subscription s
             JOIN device d ON d.shard = s.shard AND d.id = s.device WHERE s.open_order IS NOT NULL",
            "SELECT event FROM outbox",
        ]);
        let tables = <[TextTable; 4]>::try_from(tables.await?).map_err(|_| "four answers were expected")?;
        let [readings, orders, locks, events] = tables;
        Ok(ObservedRows {
            readings: readings.into_iter().map(parse_reading).collect::<Result<_, _>>()?,
            orders: orders.into_iter().map(parse_order).collect::<Result<_, _>>()?,
            locks: locks.into_iter().map(parse_lock).collect::<Result<_, _>>()?,
            events: events.iter().filter_map(|row| parse_order_event(&row[0]).transpose()).collect::<Result<_, _>>()?,
        })
    }

    /// The latest time of a reading, if there is one.
    pub async fn find_latest_reading_time(&self) -> Result<Option<Time>, String> {
        let tables = self.query(&["SELECT MAX(at) FROM reading"]).await?;
        let micros = tables.iter().flatten().flatten().find(|text| !text.is_empty());
        micros.map(|text| text.parse().map(Time::from_micros).map_err(|_| format!("a reading at {text}"))).transpose()
    }

    /// Checks that the SQLite file is intact; PostgreSQL checks its own files.
    pub async fn check_integrity(&self) -> Result<(), String> {
        let TortureStore::File(_) = self else { return Ok(()) };
        let said = self.query(&["PRAGMA integrity_check"]).await?;
        if said == [[["ok"]]] { Ok(()) } else { Err(format!("the file is damaged: {said:?}")) }
    }

    /// Waits until the commands of a killed server are done, because PostgreSQL finishes them before it notices the
    /// closed connection.
    pub async fn wait_for_connections_to_end(&self) -> Result<(), String> {
        let TortureStore::Url(url) = self else { return Ok(()) };
        let client = connect(url).await?;
        let left = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'opendrs'";
        let mut ticks = tokio::time::interval(Duration::from_millis(5));
        for _ in 0..4_000 {
            ticks.tick().await;
            if query_postgres(&client, &[left]).await.map_err(|e| e.to_string())?[0].is_empty() {
                return Ok(());
            }
        }
        Err("connections of a killed server did not end".into())
    }
}

type TextTable = Vec<Vec<String>>;

async fn query_postgres(client: &Client, queries: &[&str]) -> Result<Vec<TextTable>, tokio_postgres::Error> {
    client.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ").await?;
    let mut tables = Vec::new();
    for sql in queries {
        let mut table = TextTable::new();
        for message in client.simple_query(&sql.replace("hex(", "(")).await? {
            if let SimpleQueryMessage::Row(row) = message {
                table.push((0..row.len()).map(|n| row.get(n).unwrap_or_default().to_owned()).collect());
            }
        }
        tables.push(table);
    }
    client.batch_execute("COMMIT").await?;
    Ok(tables)
}

fn query_sqlite(path: &Path, queries: &[&str]) -> rusqlite::Result<Vec<TextTable>> {
    // Not read-only, because the first connection after a kill recovers the write-ahead log, which writes.
    let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    conn.busy_timeout(Duration::from_secs(5))?;
    conn.execute_batch("BEGIN")?;
    queries.iter().map(|sql| read_table(&conn, sql)).collect()
}

fn read_table(conn: &Connection, sql: &str) -> rusqlite::Result<TextTable> {
    let mut statement = conn.prepare(sql)?;
    let columns = statement.column_count();
    let text = |value: ValueRef<'_>| match value {
        ValueRef::Integer(n) => n.to_string(),
        ValueRef::Real(n) => n.to_string(),
        ValueRef::Text(text) | ValueRef::Blob(text) => String::from_utf8_lossy(text).into_owned(),
        ValueRef::Null => String::new(),
    };
    let rows = statement.query_map([], |row| (0..columns).map(|n| row.get_ref(n).map(text)).collect())?;
    rows.collect()
}

fn parse_reading(row: Vec<String>) -> Result<(String, u64), String> {
    let n = row[1].parse().map_err(|_| format!("a reading of {}", row[1]))?;
    row.into_iter().next().map(|serial| (serial, n)).ok_or_else(|| "an empty row".into())
}

fn parse_instance_id(device: &str, order: &str) -> Result<String, String> {
    let bad = |e: &dyn std::fmt::Display| format!("{device} {order}: {e}");
    let device = DeviceId::parse(device).map_err(|e| bad(&e))?;
    let order = OrderId::parse(order).map_err(|e| bad(&e))?;
    Ok(InstanceId { device, order }.to_string())
}

fn parse_order(row: Vec<String>) -> Result<ObservedOrder, String> {
    let [device, id, serial, slot, state] = <[String; 5]>::try_from(row).map_err(|row| format!("{row:?}"))?;
    Ok(ObservedOrder { instance: parse_instance_id(&device, &id)?, serial, slot, state })
}

fn parse_lock(row: Vec<String>) -> Result<(String, String, String), String> {
    let [device, id, serial, slot] = <[String; 4]>::try_from(row).map_err(|row| format!("{row:?}"))?;
    Ok((serial, slot, parse_instance_id(&device, &id)?))
}

fn parse_order_event(text: &str) -> Result<Option<(String, String)>, String> {
    let event: Event = serde_json::from_str(text).map_err(|e| format!("an event cannot be read: {e}: {text}"))?;
    Ok(match event.facts {
        EventFacts::Order { told, instance, .. } => Some((format!("{told:?}"), instance)),
        _ => None,
    })
}
