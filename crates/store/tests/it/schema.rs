//! The catalogues of the two engines describe the same schema.

use crate::harness::{TestDatabase, TestStore, on_sqlite};
use opendrs_store::Engine;
use std::collections::{BTreeMap, BTreeSet};

both!(tables_are_sharded_or_known_to_be_small);

/// A column: its name, its type, whether it may be null, its position in the primary key.
pub type ColumnInfo = (String, &'static str, bool, usize);

/// Small tables that every node reads whole.
const REFERENCE_TABLES: [&str; 18] = [
    "access_change",
    "brand",
    "client",
    "derived_key",
    "device_change",
    "installation",
    "level_cursor",
    "maker",
    "model",
    "model_message",
    "picture",
    "price_change",
    "product",
    "profile",
    "signing_key",
    "slot",
    "token_key",
    "topic",
];

/// Tables that SQLite stores in the order of arrival, not in the order of keys. Parts of exports are too large for a tree
/// of keys.
const ARRIVAL_TABLES: [&str; 4] = ["export_part", "mail", "outbox", "reading"];
/// The table that is searched only by time: its key exists on PostgreSQL only, and begins with the id.
const TIME_ORDERED_TABLE: &str = "reading";
/// Indexes by the id alone, and by the end. SQLite has one shard, and finds a row by it and the id. Appended rows are
/// removed from the beginning.
const POSTGRES_ONLY_INDEXES: [&str; 3] = ["mail_ended", "mail_id", "orders_id"];

/// Types of both engines by their content. Not here: 32-bit integers, floats of 4 bytes, and the engines' time and JSON
/// types.
const COLUMN_TYPES: [(&str, &str, &str); 6] = [
    ("bigint", "INTEGER", "number"),
    ("boolean", "INTEGER", "number"),
    ("double precision", "REAL", "quantity"),
    ("text", "TEXT", "text"),
    ("bytea", "BLOB", "bytes"),
    ("uuid", "BLOB", "bytes"),
];

pub async fn read_tables(store: &TestStore) -> BTreeMap<String, Vec<ColumnInfo>> {
    let sql = match store.db.engine() {
        Engine::Sqlite => {
            "SELECT m.name, c.name, c.type, c.\"notnull\", c.pk FROM sqlite_schema m JOIN pragma_table_info(m.name) c
             WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' ORDER BY m.name, c.cid"
        }
        Engine::Postgres => {
            "SELECT c.table_name, c.column_name, c.data_type, CASE c.is_nullable WHEN 'NO' THEN 1 ELSE 0 END,
                COALESCE(k.ordinal_position, 0)
             FROM information_schema.columns c LEFT JOIN information_schema.table_constraints t
                ON t.table_schema = c.table_schema AND t.table_name = c.table_name AND t.constraint_type = 'PRIMARY KEY'
             LEFT JOIN information_schema.key_column_usage k
                ON k.constraint_schema = t.constraint_schema AND k.constraint_name = t.constraint_name
                AND k.column_name = c.column_name
             WHERE c.table_schema = 'public' AND c.table_name <> 'migration' ORDER BY c.table_name, c.ordinal_position"
        }
    };
    let mut tables: BTreeMap<String, Vec<ColumnInfo>> = BTreeMap::new();
    for row in store.query_raw(sql).await {
        let [table, column, of, required, place] = <[String; 5]>::try_from(row).unwrap();
        let known = COLUMN_TYPES.iter().find(|(pg, lite, _)| of == *pg || of == *lite);
        let (_, _, holds) = known.unwrap_or_else(|| panic!("{table}.{column} is a {of}, which the other engine lacks"));
        tables.entry(table).or_default().push((column, *holds, required == "0", place.parse().unwrap()));
    }
    tables
}

/// Indexes by name: table, uniqueness, whether partial, columns, of which an expression has the name `expr`. Primary keys
/// are with the columns.
pub async fn read_indexes(store: &TestStore) -> BTreeMap<String, Vec<String>> {
    let sql = match store.db.engine() {
        Engine::Sqlite => {
            "SELECT l.name, m.name, l.\"unique\", l.partial, COALESCE(i.name, 'expr') FROM sqlite_schema m
             JOIN pragma_index_list(m.name) l JOIN pragma_index_info(l.name) i
             WHERE m.type = 'table' AND l.origin <> 'pk' ORDER BY l.name, i.seqno"
        }
        Engine::Postgres => {
            "SELECT i.relname, t.relname, x.indisunique::int, (x.indpred IS NOT NULL)::int, a.attname
             FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
             JOIN pg_namespace n ON n.oid = t.relnamespace JOIN pg_attribute a ON a.attrelid = i.oid
             WHERE n.nspname = 'public' AND NOT x.indisprimary ORDER BY i.relname, a.attnum"
        }
    };
    let mut indexes: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in store.query_raw(sql).await {
        let [index, table, unique, partial, column] = <[String; 5]>::try_from(row).unwrap();
        let head = format!("{table} unique={unique} partial={partial}");
        indexes.entry(index).or_insert_with(|| vec![head]).push(column);
    }
    indexes
}

#[tokio::test(flavor = "multi_thread")]
async fn the_two_engines_have_the_same_tables_columns_and_indexes() {
    let database = TestDatabase::create().await;
    let postgres = TestStore::open(database.location.clone()).await;
    on_sqlite(async |sqlite: &TestStore| {
        let (lite, mut pg) = (read_tables(sqlite).await, read_tables(&postgres).await);
        let key =
            |table: &[ColumnInfo]| table.iter().map(|column| column.3).filter(|place| *place > 0).collect::<Vec<_>>();
        assert_eq!(key(&pg[TIME_ORDERED_TABLE]), [2, 1], "id and shard");
        pg.entry(TIME_ORDERED_TABLE.into()).or_default().iter_mut().for_each(|column| column.3 = 0);
        assert_eq!(lite.keys().collect::<Vec<_>>(), pg.keys().collect::<Vec<_>>());
        for (table, columns) in &lite {
            assert_eq!(columns, &pg[table], "{table}: SQLite (left), PostgreSQL (right)");
        }
        let (ours, mut also) = (read_indexes(sqlite).await, read_indexes(&postgres).await);
        assert!(POSTGRES_ONLY_INDEXES.iter().all(|name| also.remove(*name).is_some()));
        assert_eq!(ours, also);
        assert!(
            lite.len() > REFERENCE_TABLES.len() && !read_indexes(sqlite).await.is_empty(),
            "something was compared"
        );
    })
    .await;
    drop(postgres);
    database.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_checks_types_and_keeps_rows_in_their_keys_order_or_as_they_came() {
    on_sqlite(async |store: &TestStore| {
        for row in store.query_raw("SELECT name, sql FROM sqlite_schema WHERE type = 'table'").await {
            let end = if ARRIVAL_TABLES.contains(&row[0].as_str()) { ") STRICT" } else { ") STRICT, WITHOUT ROWID" };
            assert!(row[1].ends_with(end), "{}", row[0]);
        }
    })
    .await;
}

async fn tables_are_sharded_or_known_to_be_small(store: &TestStore) {
    let mut small = BTreeSet::new();
    for (table, columns) in read_tables(store).await {
        match columns.iter().position(|(name, ..)| name == "shard") {
            None => drop(small.insert(table)),
            Some(at) => {
                assert_eq!(at, 0, "{table}: shard comes first");
                assert!(columns[at].3 == 1 || table == TIME_ORDERED_TABLE, "{table}: in the primary key too");
            }
        }
    }
    assert_eq!(small, REFERENCE_TABLES.map(str::to_owned).into());
}
