//! A separate store for each test, on either engine.
//!
//! `both!` makes two tests of each `async fn test(store: &TestStore)`. Not here: sample rows ([`crate::samples`]).

use crate::samples::at;
use opendrs_store::installation::NewInstallation;
use opendrs_store::{Command, Db, Result, StoreLocation, Tx};
use rusqlite::types::ValueRef;
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};
use tempfile::TempDir;
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};
use uuid::Uuid;

/// The variable with the URL of a PostgreSQL cluster for tests.
const POSTGRES_URL_VARIABLE: &str = "OPENDRS_TEST_POSTGRES";

/// Makes a test on SQLite and one on PostgreSQL from each test function.
macro_rules! both { ($($test:ident),+ $(,)?) => {
    mod sqlite { $(
        #[tokio::test(flavor = "multi_thread")]
        async fn $test() { $crate::harness::on_sqlite(super::$test).await; }
    )+ }
    postgres_only! { $($test),+ }
} }

/// The same for tests that need PostgreSQL: several nodes, lost connections.
macro_rules! postgres_only { ($($test:ident),+ $(,)?) => {
    mod postgres { $(
        #[tokio::test(flavor = "multi_thread")]
        async fn $test() { $crate::harness::on_postgres(super::$test).await; }
    )+ }
} }

/// A store, with direct access to its database.
pub struct TestStore {
    pub db: Db,
    pub location: StoreLocation,
}

pub async fn on_sqlite(test: impl AsyncFn(&TestStore)) {
    let folder = TempDir::new().unwrap();
    test(&TestStore::open(StoreLocation::File(folder.path().join("store.db"))).await).await;
}

pub async fn on_postgres(test: impl AsyncFn(&TestStore)) {
    let database = TestDatabase::create().await;
    test(&TestStore::open(database.location.clone()).await).await;
    database.remove().await;
}

/// A new PostgreSQL database.
pub struct TestDatabase {
    cluster: String,
    name: String,
    pub location: StoreLocation,
}

impl TestDatabase {
    pub async fn create() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let cluster = std::env::var(POSTGRES_URL_VARIABLE).unwrap_or_else(|_| {
            panic!("{POSTGRES_URL_VARIABLE} is not set: run `cargo xtask test`, or `cargo xtask postgres` and export what it prints")
        });
        let name = format!("store_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let (server, _) = cluster.rsplit_once('/').expect("a URL with a database");
        let place = StoreLocation::Url(format!("{server}/{name}"));
        let database = Self { cluster, name, location: place };
        // A process with the same number may have left one on this cluster.
        database.execute_on_cluster("DROP DATABASE IF EXISTS {} WITH (FORCE)").await;
        database.execute_on_cluster("CREATE DATABASE {}").await;
        database
    }

    /// Only after a success: the database of a failed test stays for inspection, until the cluster is removed.
    pub async fn remove(self) {
        self.execute_on_cluster("DROP DATABASE {} WITH (FORCE)").await;
    }

    /// The cluster's own database.
    pub fn cluster_url(&self) -> String {
        self.cluster.clone()
    }

    /// Runs a statement on the cluster; `{}` stands for the database's name.
    pub async fn execute_on_cluster(&self, sql: &str) {
        self.connect_to_cluster().await.batch_execute(&sql.replace("{}", &self.name)).await.unwrap();
    }

    /// A connection to the cluster, beside the database.
    pub async fn connect_to_cluster(&self) -> Client {
        connect(&self.cluster).await
    }
}

/// A connection outside of any store.
pub async fn connect(url: &str) -> Client {
    let (client, driver) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(driver);
    client
}

/// The installation values of every test's store.
pub fn new_installation() -> NewInstallation {
    NewInstallation { master_check: [7; 32], at: at(0) }
}

impl TestStore {
    pub async fn open(place: StoreLocation) -> Self {
        Self { db: Db::open(&place, new_installation()).await.unwrap(), location: place }
    }

    /// The shard of an owner.
    pub fn shard(&self, owner: Uuid) -> i64 {
        self.db.shards().for_key(&[owner.as_bytes()])
    }

    /// Runs a change as a command of its own, which must succeed.
    pub async fn write<C: Send + Sync + 'static, T: Send + 'static>(&self, with: C, change: CommandFn<C, T>) -> T {
        self.db.write(command(0, with, change)).await.unwrap()
    }

    /// Runs a query, which must succeed.
    pub async fn read<T>(&self, query: impl AsyncFnOnce(&mut Tx<'_>) -> Result<T>) -> T {
        self.try_read(query).await.unwrap()
    }

    pub async fn try_read<T>(&self, query: impl AsyncFnOnce(&mut Tx<'_>) -> Result<T>) -> Result<T> {
        let mut reader = self.db.reader().await?;
        query(&mut reader.tx()?).await
    }

    /// Changes rows without the store.
    pub async fn execute_raw(&self, sql: &str) {
        match &self.location {
            StoreLocation::File(path) => rusqlite::Connection::open(path).unwrap().execute_batch(sql).unwrap(),
            StoreLocation::Url(url) => connect(url).await.batch_execute(sql).await.unwrap(),
        }
    }

    /// The result of a query without the store, as texts.
    pub async fn query_raw(&self, sql: &str) -> Vec<Vec<String>> {
        match &self.location {
            StoreLocation::File(path) => sqlite_rows(&rusqlite::Connection::open(path).unwrap(), sql),
            StoreLocation::Url(url) => {
                let answer = connect(url).await.simple_query(sql).await.unwrap();
                let rows = answer.iter().filter_map(|message| match message {
                    SimpleQueryMessage::Row(row) => Some(row),
                    _ => None,
                });
                rows.map(|row| (0..row.len()).map(|n| row.get(n).unwrap_or("NULL").to_owned()).collect()).collect()
            }
        }
    }

    /// The number of a table's rows.
    pub async fn count(&self, table: &str) -> usize {
        self.query_raw(&format!("SELECT COUNT(*) FROM {table}")).await[0][0].parse().unwrap()
    }
}

fn sqlite_rows(conn: &rusqlite::Connection, sql: &str) -> Vec<Vec<String>> {
    let mut statement = conn.prepare(sql).unwrap();
    let columns = statement.column_count();
    let text = |value: ValueRef<'_>| match value {
        ValueRef::Null => "NULL".to_owned(),
        ValueRef::Integer(n) => n.to_string(),
        ValueRef::Real(n) => n.to_string(),
        ValueRef::Text(text) => String::from_utf8(text.to_vec()).unwrap(),
        ValueRef::Blob(bytes) => format!("{bytes:02x?}"),
    };
    let rows = statement.query_map([], |row| (0..columns).map(|n| row.get_ref(n).map(text)).collect()).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

pub type CommandFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;
pub type CommandFn<C, T> = for<'a, 'c> fn(&'a mut Tx<'c>, &'a C) -> CommandFuture<'a, T>;

/// A command composed of its data and a function.
pub struct TestCommand<C, T> {
    ordering_key: u64,
    context: C,
    apply_fn: CommandFn<C, T>,
}

pub fn command<C, T>(key: u64, with: C, change: CommandFn<C, T>) -> TestCommand<C, T> {
    TestCommand { ordering_key: key, context: with, apply_fn: change }
}

impl<C: Send + Sync + 'static, T: Send + 'static> Command for TestCommand<C, T> {
    type Output = T;
    fn ordering_key(&self) -> u64 {
        self.ordering_key
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> Result<T> {
        (self.apply_fn)(tx, &self.context).await
    }
}
