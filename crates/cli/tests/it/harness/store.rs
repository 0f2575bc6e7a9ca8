//! Stores of the tests, with direct access to their rows.

use opendrs_store::StoreLocation;
use rusqlite::types::ValueRef;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use tempfile::TempDir;
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

/// The variable with the URL of the tests' PostgreSQL cluster.
const VARIABLE: &str = "OPENDRS_TEST_POSTGRES";

/// Every row of every table, as text. Two equal values show that nothing was written in between.
pub type TableRows = BTreeMap<String, Vec<String>>;

/// A new store.
pub enum Store {
    Sqlite(TempDir),
    Postgres { cluster: String, name: String },
}

impl Store {
    pub fn sqlite() -> Self {
        Self::Sqlite(TempDir::new().unwrap())
    }

    pub async fn postgres() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let cluster = std::env::var(VARIABLE).unwrap_or_else(|_| {
            panic!("{VARIABLE} is not set: run `cargo xtask test`, or `cargo xtask postgres` and export what it prints")
        });
        let name = format!("server_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let store = Self::Postgres { cluster, name };
        // An earlier process with the same id may have left a database on this cluster.
        store.run_admin_sql("DROP DATABASE IF EXISTS {} WITH (FORCE)").await;
        store.run_admin_sql("CREATE DATABASE {}").await;
        store
    }

    pub fn location(&self) -> StoreLocation {
        match self {
            Self::Sqlite(folder) => StoreLocation::File(folder.path().join("opendrs.db")),
            Self::Postgres { cluster, name } => {
                let (server, _) = cluster.rsplit_once('/').expect("a URL with a database");
                StoreLocation::Url(format!("{server}/{name}"))
            }
        }
    }

    /// Removes the store after a success. A failed test leaves its store for inspection; it is deleted with the
    /// cluster.
    pub async fn remove(&self) {
        self.run_admin_sql("DROP DATABASE {} WITH (FORCE)").await;
    }

    /// Ends all sessions, and refuses new ones.
    pub async fn disconnect_all(&self) {
        self.run_admin_sql("ALTER DATABASE {} WITH ALLOW_CONNECTIONS false").await;
        self.run_admin_sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}'").await;
    }

    /// Makes new sessions read-only, as at a standby, or writable again, and ends the present sessions.
    pub async fn set_read_only(&self, on: bool) {
        let word = if on { "on" } else { "off" };
        self.run_admin_sql(&format!("ALTER DATABASE {{}} SET default_transaction_read_only = {word}")).await;
        self.run_admin_sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}'").await;
    }

    /// Locks a table until the returned value is dropped.
    pub async fn lock_table(&self, table: &str) -> TableLock {
        let StoreLocation::Url(url) = self.location() else { panic!("only PostgreSQL has table locks") };
        let client = connect(&url).await;
        client.batch_execute(&format!("BEGIN; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")).await.unwrap();
        TableLock(Some(client))
    }

    /// Runs a statement in a transaction that stays open, and returns its connection.
    pub async fn begin_transaction(&self, sql: &str) -> Client {
        let StoreLocation::Url(url) = self.location() else { panic!("SQLite has one writer") };
        let client = connect(&url).await;
        client.batch_execute(&format!("BEGIN; {sql}")).await.unwrap();
        client
    }

    async fn run_admin_sql(&self, sql: &str) {
        if let Self::Postgres { cluster, name } = self {
            connect(cluster).await.batch_execute(&sql.replace("{}", name)).await.unwrap();
        }
    }

    /// Changes rows without the server.
    pub async fn execute_sql(&self, sql: &str) {
        match self.location() {
            StoreLocation::File(path) => rusqlite::Connection::open(path).unwrap().execute_batch(sql).unwrap(),
            StoreLocation::Url(url) => connect(&url).await.batch_execute(sql).await.unwrap(),
        }
    }

    pub async fn all_rows(&self) -> TableRows {
        match self.location() {
            StoreLocation::File(path) => {
                let conn = rusqlite::Connection::open(path).unwrap();
                let tables = query_sqlite(&conn, "SELECT name FROM sqlite_schema WHERE type = 'table'");
                tables
                    .into_iter()
                    .map(|table| (table.clone(), query_sqlite(&conn, &format!("SELECT * FROM {table}"))))
                    .collect()
            }
            StoreLocation::Url(url) => {
                let conn = connect(&url).await;
                let mut rows = TableRows::new();
                // The table `device_change` records the database's own transactions, so it grows in spite of resets and
                // snapshots.
                let tables = "SELECT table_name FROM information_schema.tables
                    WHERE table_schema = 'public' AND table_name <> 'device_change'";
                for table in query_postgres(&conn, tables).await {
                    let found = query_postgres(&conn, &format!("SELECT t::text FROM {table} t ORDER BY 1")).await;
                    rows.insert(table, found);
                }
                rows
            }
        }
    }
}

/// The lock of a table: a connection, whose end releases it.
pub struct TableLock(Option<Client>);

impl Drop for TableLock {
    fn drop(&mut self) {
        drop(self.0.take());
    }
}

async fn connect(url: &str) -> Client {
    let (client, driver) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(driver);
    client
}

async fn query_postgres(conn: &Client, sql: &str) -> Vec<String> {
    let answer = conn.simple_query(sql).await.unwrap();
    let row = |message: &SimpleQueryMessage| match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    };
    answer.iter().filter_map(row).collect()
}

fn query_sqlite(conn: &rusqlite::Connection, sql: &str) -> Vec<String> {
    let mut statement = conn.prepare(sql).unwrap();
    let columns = statement.column_count();
    let text = |value: ValueRef<'_>| match value {
        ValueRef::Null => "NULL".to_owned(),
        ValueRef::Integer(n) => n.to_string(),
        ValueRef::Real(n) => n.to_string(),
        ValueRef::Text(text) => String::from_utf8(text.to_vec()).unwrap(),
        ValueRef::Blob(bytes) => bytes.iter().map(|b| format!("{b:02x}")).collect(),
    };
    let row = |row: &rusqlite::Row<'_>| {
        let columns: rusqlite::Result<Vec<_>> = (0..columns).map(|n| row.get_ref(n).map(text)).collect();
        columns.map(|columns| columns.join("|"))
    };
    statement.query_map([], row).unwrap().collect::<Result<_, _>>().unwrap()
}
