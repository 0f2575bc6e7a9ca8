//! The condition check of a database: it finds what would prevent a server from working, and nothing on a healthy
//! database.

use crate::harness::{TestDatabase, connect};
use crate::pooler::TestPooler;
use opendrs_store::inspection::{DatabaseCondition, SessionMode, inspect};
use opendrs_store::{Db, StoreLocation};

fn database_url(database: &TestDatabase) -> String {
    let StoreLocation::Url(url) = &database.location else { panic!("no URL") };
    url.clone()
}

async fn inspect_condition(url: &str) -> DatabaseCondition {
    inspect(&StoreLocation::Url(url.to_owned())).await.unwrap().unwrap().condition
}

async fn create_database() -> TestDatabase {
    let database = TestDatabase::create().await;
    drop(Db::open(&database.location, crate::harness::new_installation()).await.unwrap());
    database
}

#[tokio::test(flavor = "multi_thread")]
async fn a_good_database_is_good() {
    let (empty, made) = (TestDatabase::create().await, create_database().await);
    for database in [empty, made] {
        let good = DatabaseCondition { encoding: Some("UTF8".into()), ..DatabaseCondition::default() };
        assert_eq!(inspect_condition(&database_url(&database)).await, good);
        database.remove().await;
    }
    let folder = tempfile::TempDir::new().unwrap();
    let place = StoreLocation::File(folder.path().join("store.db"));
    drop(Db::open(&place, crate::harness::new_installation()).await.unwrap());
    assert_eq!(inspect(&place).await.unwrap().unwrap().condition, DatabaseCondition::default());
}

#[tokio::test(flavor = "multi_thread")]
async fn another_encoding_is_found() {
    let database = TestDatabase::create().await;
    database.execute_on_cluster("DROP DATABASE {} WITH (FORCE)").await;
    database.execute_on_cluster("CREATE DATABASE {} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0").await;
    assert_eq!(inspect_condition(&database_url(&database)).await.encoding.as_deref(), Some("LATIN1"));
    database.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_takes_no_writes_is_found() {
    let database = create_database().await;
    database.execute_on_cluster("ALTER DATABASE {} SET default_transaction_read_only = on").await;
    let found = inspect_condition(&database_url(&database)).await;
    assert_eq!(found.read_only.as_deref(), Some("default_transaction_read_only is on"));
    database.remove().await;
}

/// Creates a role without any right except to connect; returns it and its URL.
async fn create_unprivileged_user(database: &TestDatabase) -> (String, String) {
    let url = database_url(database);
    let name = format!("stranger_{}", url.rsplit_once('/').unwrap().1);
    database.execute_on_cluster(&format!("DROP ROLE IF EXISTS {name}")).await;
    database.execute_on_cluster(&format!("CREATE ROLE {name} LOGIN")).await;
    let (_, host) = url.split_once('@').unwrap();
    (format!("postgres://{name}@{host}"), name)
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_rights_are_found_with_the_statement_that_gives_them() {
    let (empty, full) = (TestDatabase::create().await, create_database().await);
    let (to_empty, maker) = create_unprivileged_user(&empty).await;
    let found = inspect_condition(&to_empty).await.missing_rights;
    assert_eq!(
        found,
        [(
            format!("the user {maker} may not make tables in the schema public"),
            format!("GRANT CREATE ON SCHEMA public TO {maker}"),
        )]
    );
    connect(&database_url(&empty)).await.batch_execute(&found[0].1).await.unwrap();
    assert_eq!(inspect_condition(&to_empty).await.missing_rights, []);

    let (to_full, writer) = create_unprivileged_user(&full).await;
    let owner = connect(&database_url(&full)).await;
    owner.batch_execute(&format!("GRANT SELECT ON ALL TABLES IN SCHEMA public TO {writer}")).await.unwrap();
    let found = inspect_condition(&to_full).await.missing_rights;
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].0.starts_with(&format!("the user {writer} may not read and write d")), "{found:?}");
    owner.batch_execute(&found[0].1).await.unwrap();
    assert_eq!(inspect_condition(&to_full).await.missing_rights, []);

    for (database, role) in [(empty, maker), (full, writer)] {
        let cluster = database.cluster_url();
        database.remove().await;
        connect(&cluster).await.batch_execute(&format!("DROP ROLE {role}")).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pooler_that_loses_prepared_statements_is_found() {
    let database = create_database().await;
    let pooler = TestPooler::start(&database_url(&database)).await;
    let found = inspect_condition(&pooler.url).await;
    assert_eq!(found.session_mode, SessionMode::Pooled { statements_kept: false });
    drop(pooler);
    database.remove().await;
}
