//! Stores of earlier releases: the current program opens each of them and reads its content.
//!
//! `tests/released/` has a store of each schema step, a file for each engine: the SQL that creates the step's tables,
//! and rows. With `UPDATE_REFERENCE=1` the tests write the files of the newest step if they are missing. Invariant: a
//! file never changes once its step is released.

use crate::harness::{TestDatabase, TestStore, connect, on_postgres, on_sqlite};
use crate::samples::{client, customer, device, model, order, product, profile, receiver, slot, uuid};
use crate::schema::{read_indexes, read_tables};
use opendrs_domain::device::DeviceRef;
use opendrs_domain::id::{MakerId, ProfileId};
use opendrs_domain::profile::ClientKind;
use opendrs_domain::receiver::ReceiverState;
use opendrs_store::{Engine, StoreLocation, customer, device, maker, model, order, product, profile, receiver};
use std::path::PathBuf;
use tempfile::TempDir;

const SHARD: i64 = 0;

/// The files of an engine, by schema step.
fn released_files(engine: &str) -> Vec<PathBuf> {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/released"));
    let is_of_engine = |path: &PathBuf| path.to_string_lossy().ends_with(&format!(".{engine}.sql"));
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(is_of_engine);
    files.sort();
    files
}

/// The SQL texts of the schema steps of an engine, oldest first, with their numbers.
fn schema_steps(engine: &str) -> Vec<(i64, String)> {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations"));
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let step = |path: PathBuf| {
        let name = path.file_name()?.to_str()?.strip_suffix(&format!(".{engine}.sql"))?;
        Some((name.split('_').next()?.parse().ok()?, std::fs::read_to_string(&path).unwrap()))
    };
    let mut steps: Vec<_> = files.filter_map(step).collect();
    steps.sort();
    steps
}

/// Fills a store with a row of each important noun.
async fn fill(store: &TestStore) {
    let maker_id = MakerId(uuid(1));
    let (model, profile) = (model(1, maker_id), profile(1, maker_id));
    let client = client(1, &profile, ClientKind::Web);
    store.write(crate::samples::maker(1), |tx, maker| Box::pin(maker::insert(tx, maker))).await;
    store.write(profile, |tx, profile| Box::pin(profile::upsert(tx, profile))).await;
    store.write(client, |tx, client| Box::pin(profile::upsert_client(tx, client, 1))).await;
    store.write(model.clone(), |tx, model| Box::pin(model::upsert(tx, model))).await;
    let with = (model.id, slot("filter"));
    store.write(with, |tx, (model, slot)| Box::pin(model::upsert_slot(tx, *model, 0, slot))).await;
    store.write(product(1), |tx, product| Box::pin(product::upsert(tx, product))).await;
    store.write(customer(1), |tx, owner| Box::pin(customer::upsert(tx, SHARD, owner, "a hash"))).await;
    let device = device(1, &model, "unit");
    store.write(order(1, device.id), |tx, order| Box::pin(order::insert(tx, SHARD, order))).await;
    store.write(device, |tx, device| Box::pin(device::insert(tx, SHARD, device))).await;
    let receiver = receiver(1, ProfileId(uuid(1)), ReceiverState::Confirmed);
    store.write(receiver, |tx, receiver| Box::pin(receiver::upsert(tx, receiver, b"sealed"))).await;
}

/// Checks that the rows of [`fill`] come back.
async fn check_rows(store: &TestStore, file: &str) {
    let model = model(1, MakerId(uuid(1)));
    let wanted = device(1, &model, "unit");
    let found = store.read(async |tx| device::find_by_id(tx, wanted.in_shard(SHARD)).await).await;
    assert_eq!(found.as_ref(), Some(&wanted), "{file}");
    let wanted = order(1, wanted.id);
    let found = store
        .read(async |tx| order::find_by_id(tx, DeviceRef { shard: SHARD, id: wanted.device }, wanted.id).await)
        .await;
    assert_eq!(found, Some(wanted), "{file}");
    let found = store.read(async |tx| model::find_by_id(tx, model.id).await).await;
    assert_eq!(found, Some(model), "{file}");
    let found = store.read(async |tx| customer::find_by_id(tx, SHARD, customer(1).id).await).await;
    assert_eq!(found.map(|found| found.email), Some(customer(1).email), "{file}");
    let wanted = client(1, &profile(1, MakerId(uuid(1))), ClientKind::Web);
    let found = store.read(async |tx| profile::find_client(tx, wanted.id).await).await;
    assert_eq!(found, Some(wanted), "{file}");
    let wanted = receiver(1, ProfileId(uuid(1)), ReceiverState::Confirmed);
    let found = store.read(async |tx| receiver::find_by_id(tx, wanted.id).await).await;
    assert_eq!(found.map(|found| found.sealed_endpoint), Some(b"sealed".to_vec()), "{file}");
}

/// The statements that insert every row of a store.
async fn row_statements(store: &TestStore, tables: impl Iterator<Item = &String>) -> Vec<String> {
    let mut statements = Vec::new();
    for table in tables {
        // A step may begin with rows of its own.
        statements.push(format!("DELETE FROM {table};"));
        let sql = match store.db.engine() {
            Engine::Sqlite => {
                let columns = store.query_raw(&format!("SELECT name FROM pragma_table_info('{table}')")).await;
                let quoted: Vec<_> = columns.iter().map(|column| format!("quote({})", column[0])).collect();
                format!("SELECT 'INSERT INTO {table} VALUES (' || {} || ');' FROM {table}", quoted.join(" || ', ' || "))
            }
            Engine::Postgres => format!(
                "SELECT 'INSERT INTO {table} SELECT * FROM jsonb_populate_record(NULL::{table}, '
                    || quote_literal(to_jsonb(r)::text) || ');' FROM {table} r"
            ),
        };
        statements.extend(store.query_raw(&sql).await.into_iter().map(|mut row| row.remove(0)));
    }
    statements
}

/// Writes the newest step's file of an engine, where it is missing and the environment asks for it.
async fn write_missing(store: &TestStore, engine: &str) {
    let steps = schema_steps(engine);
    let (newest, _) = steps.last().unwrap();
    let path = format!("{}/tests/released/{newest:04}.{engine}.sql", env!("CARGO_MANIFEST_DIR"));
    let is_missing = !std::path::Path::new(&path).exists();
    assert!(
        !is_missing || std::env::var_os("UPDATE_REFERENCE").is_some(),
        "{path} is missing: run the tests of the store with UPDATE_REFERENCE=1 before a new schema step is released"
    );
    if is_missing {
        fill(store).await;
        let mut text = String::new();
        if engine == "pg" {
            text.push_str("CREATE TABLE migration (step BIGINT NOT NULL, PRIMARY KEY (step));\n");
        }
        for (number, schema) in &steps {
            text.push_str(schema.trim_end());
            text.push_str(&match engine {
                "pg" => format!("\nINSERT INTO migration (step) VALUES ({number});\n"),
                _ => format!("\nPRAGMA user_version = {number};\n"),
            });
        }
        if engine == "pg" {
            // The rows already contain the effect of triggers.
            text.push_str("SET session_replication_role = replica;\n");
        }
        for statement in row_statements(store, read_tables(store).await.keys()).await {
            text.push_str(&format!("{statement}\n"));
        }
        std::fs::write(path, text).unwrap();
    }
}

/// Opens the store of a file, and compares it with a new one.
async fn check_released(location: StoreLocation, new: &TestStore, file: &str) {
    let store = TestStore::open(location).await;
    assert_eq!(read_tables(&store).await, read_tables(new).await, "tables of {file}");
    assert_eq!(read_indexes(&store).await, read_indexes(new).await, "indexes of {file}");
    check_rows(&store, file).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stores_of_earlier_steps_open_on_sqlite() {
    on_sqlite(async |new: &TestStore| {
        on_sqlite(async |store: &TestStore| write_missing(store, "lite").await).await;
        for file in released_files("lite") {
            let folder = TempDir::new().unwrap();
            let path = folder.path().join("store.db");
            rusqlite::Connection::open(&path).unwrap().execute_batch(&std::fs::read_to_string(&file).unwrap()).unwrap();
            check_released(StoreLocation::File(path), new, &file.display().to_string()).await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stores_of_earlier_steps_open_on_postgres() {
    on_postgres(async |new: &TestStore| {
        on_postgres(async |store: &TestStore| write_missing(store, "pg").await).await;
        for file in released_files("pg") {
            let database = TestDatabase::create().await;
            let StoreLocation::Url(url) = &database.location else { panic!("no URL") };
            connect(url).await.batch_execute(&std::fs::read_to_string(&file).unwrap()).await.unwrap();
            check_released(database.location.clone(), new, &file.display().to_string()).await;
            database.remove().await;
        }
    })
    .await;
}
