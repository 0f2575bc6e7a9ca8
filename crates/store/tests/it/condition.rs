//! What a look at a database finds that would keep a server from working with it, and that it finds nothing of it where all
//! is well.

use crate::harness::{Database, connect};
use crate::pooler::Pooler;
use opendrs_store::examine::{Condition, Sessions, examine};
use opendrs_store::{Db, Place};

fn url(database: &Database) -> String {
    let Place::Url(url) = &database.place else { panic!("no URL") };
    url.clone()
}

async fn look(url: &str) -> Condition {
    examine(&Place::Url(url.to_owned())).await.unwrap().unwrap().condition
}

async fn made() -> Database {
    let database = Database::create().await;
    drop(Db::open(&database.place, crate::harness::new()).await.unwrap());
    database
}

#[tokio::test(flavor = "multi_thread")]
async fn a_good_database_is_good() {
    let (empty, made) = (Database::create().await, made().await);
    for database in [empty, made] {
        let good = Condition { encoding: Some("UTF8".into()), ..Condition::default() };
        assert_eq!(look(&url(&database)).await, good);
        database.remove().await;
    }
    let folder = tempfile::TempDir::new().unwrap();
    let place = Place::File(folder.path().join("store.db"));
    drop(Db::open(&place, crate::harness::new()).await.unwrap());
    assert_eq!(examine(&place).await.unwrap().unwrap().condition, Condition::default());
}

#[tokio::test(flavor = "multi_thread")]
async fn another_encoding_is_found() {
    let database = Database::create().await;
    database.run("DROP DATABASE {} WITH (FORCE)").await;
    database.run("CREATE DATABASE {} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0").await;
    assert_eq!(look(&url(&database)).await.encoding.as_deref(), Some("LATIN1"));
    database.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_takes_no_writes_is_found() {
    let database = made().await;
    database.run("ALTER DATABASE {} SET default_transaction_read_only = on").await;
    let found = look(&url(&database)).await;
    assert_eq!(found.read_only.as_deref(), Some("default_transaction_read_only is on"));
    database.remove().await;
}

/// A role of the cluster with no rights but to connect, and the URL with which it does.
async fn stranger(database: &Database) -> (String, String) {
    let url = url(database);
    let name = format!("stranger_{}", url.rsplit_once('/').unwrap().1);
    database.run(&format!("DROP ROLE IF EXISTS {name}")).await;
    database.run(&format!("CREATE ROLE {name} LOGIN")).await;
    let (_, host) = url.split_once('@').unwrap();
    (format!("postgres://{name}@{host}"), name)
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_rights_are_found_with_the_statement_that_gives_them() {
    let (empty, full) = (Database::create().await, made().await);
    let (to_empty, maker) = stranger(&empty).await;
    let found = look(&to_empty).await.rights;
    assert_eq!(
        found,
        [(
            format!("the user {maker} may not make tables in the schema public"),
            format!("GRANT CREATE ON SCHEMA public TO {maker}"),
        )]
    );
    connect(&url(&empty)).await.batch_execute(&found[0].1).await.unwrap();
    assert_eq!(look(&to_empty).await.rights, []);

    let (to_full, writer) = stranger(&full).await;
    let owner = connect(&url(&full)).await;
    owner.batch_execute(&format!("GRANT SELECT ON ALL TABLES IN SCHEMA public TO {writer}")).await.unwrap();
    let found = look(&to_full).await.rights;
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].0.starts_with(&format!("the user {writer} may not read and write d")), "{found:?}");
    owner.batch_execute(&found[0].1).await.unwrap();
    assert_eq!(look(&to_full).await.rights, []);

    for (database, role) in [(empty, maker), (full, writer)] {
        let cluster = database.cluster();
        database.remove().await;
        connect(&cluster).await.batch_execute(&format!("DROP ROLE {role}")).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pooler_that_loses_prepared_statements_is_found() {
    let database = made().await;
    let pooler = Pooler::start(&url(&database)).await;
    let found = look(&pooler.url).await;
    assert_eq!(found.sessions, Sessions::Shared { statements_kept: false });
    drop(pooler);
    database.remove().await;
}
