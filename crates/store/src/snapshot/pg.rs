//! Snapshots on PostgreSQL: a schema for each, with a copy of each table.

use super::{TestClockSetting, check_compatible, name_taken, unknown_snapshot};
use crate::pg::{self, PgTarget};
use crate::{Error, Result, migrate};
use opendrs_domain::snapshot::{Snapshot, SnapshotName};
use opendrs_domain::time::Time;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, IsolationLevel, Transaction};

/// The prefix of a snapshot's schema name.
const SCHEMA_PREFIX: &str = "opendrs_snapshot_";
/// How often a load that conflicts with calls of other connections is tried.
const MAX_LOAD_ATTEMPTS: usize = 10;

fn postgres_error(e: tokio_postgres::Error) -> Error {
    match e.code() {
        Some(&SqlState::INSUFFICIENT_PRIVILEGE) => Error::CannotOpen(
            "a snapshot is a schema of its own, which this user may not make: GRANT CREATE ON DATABASE ... TO ..."
                .into(),
        ),
        _ => Error::from_postgres("snapshot", e),
    }
}

fn schema_name(name: &SnapshotName) -> String {
    format!("\"{SCHEMA_PREFIX}{}\"", name.as_str())
}

async fn schema_exists(client: &Transaction<'_>, name: &SnapshotName) -> Result<bool> {
    let wanted = format!("{SCHEMA_PREFIX}{}", name.as_str());
    let sql = "SELECT 1 FROM pg_namespace WHERE nspname = $1";
    Ok(client.query_opt(sql, &[&wanted]).await.map_err(postgres_error)?.is_some())
}

/// The store's own tables, in a fixed order. Tables about the database itself are excluded: for them a load is one more
/// change.
async fn list_tables(tx: &Transaction<'_>) -> Result<Vec<String>> {
    let sql = "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema()
        AND tablename NOT IN ('migration', 'device_change') ORDER BY tablename";
    Ok(tx.query(sql, &[]).await.map_err(postgres_error)?.into_iter().map(|row| row.get(0)).collect())
}

pub(super) async fn save(target: &PgTarget, snapshot: &Snapshot, replace: bool) -> Result<()> {
    let mut client = pg::connect_plain(target).await?;
    let build = client.build_transaction().isolation_level(IsolationLevel::RepeatableRead);
    let tx = build.start().await.map_err(postgres_error)?;
    if schema_exists(&tx, &snapshot.name).await? {
        if !replace {
            return Err(name_taken(&snapshot.name));
        }
        drop_schema(&tx, &snapshot.name).await?;
    }
    let schema = schema_name(&snapshot.name);
    let mut sql = format!("CREATE SCHEMA {schema};");
    for table in list_tables(&tx).await? {
        sql += &format!("CREATE TABLE {schema}.\"{table}\" AS TABLE \"{table}\";");
    }
    let (at, saved_at, step) = (snapshot.at.as_micros(), snapshot.saved_at.as_micros(), migrate::latest_step());
    sql += &format!(
        "CREATE TABLE {schema}.snapshot (at BIGINT NOT NULL, saved_at BIGINT NOT NULL, step BIGINT NOT NULL);
         INSERT INTO {schema}.snapshot (at, saved_at, step) VALUES ({at}, {saved_at}, {step})"
    );
    tx.batch_execute(&sql).await.map_err(postgres_error)?;
    tx.commit().await.map_err(postgres_error)
}

async fn drop_schema(tx: &Transaction<'_>, name: &SnapshotName) -> Result<()> {
    tx.batch_execute(&format!("DROP SCHEMA {} CASCADE", schema_name(name))).await.map_err(postgres_error)
}

/// A snapshot, and the schema step at which it was made.
async fn read_snapshot(tx: &Transaction<'_>, name: SnapshotName) -> Result<(Snapshot, i64)> {
    let sql = format!("SELECT at, saved_at, step FROM {}.snapshot", schema_name(&name));
    let row = tx.query_one(&sql, &[]).await.map_err(postgres_error)?;
    let time = |column| Time::from_micros(row.get(column));
    Ok((Snapshot { name, at: time(0), saved_at: time(1) }, row.get(2)))
}

pub(super) async fn load(
    target: &PgTarget,
    name: &SnapshotName,
    clock: &(dyn Fn(&Snapshot, Option<Time>) -> TestClockSetting + Sync),
) -> Result<(Snapshot, TestClockSetting)> {
    let mut client = pg::connect_plain(target).await?;
    for _ in 1..MAX_LOAD_ATTEMPTS {
        match attempt_load(&mut client, name, clock).await {
            // A call held one table and waited for another.
            Err(Error::Conflict(_)) => {}
            done => return done,
        }
    }
    attempt_load(&mut client, name, clock).await
}

async fn attempt_load(
    client: &mut Client,
    name: &SnapshotName,
    clock: &(dyn Fn(&Snapshot, Option<Time>) -> TestClockSetting + Sync),
) -> Result<(Snapshot, TestClockSetting)> {
    let tx = client.transaction().await.map_err(postgres_error)?;
    if !schema_exists(&tx, name).await? {
        return Err(unknown_snapshot(name));
    }
    let (snapshot, step) = read_snapshot(&tx, name.clone()).await?;
    let schema = schema_name(name);
    let same = format!("SELECT i.master_check = k.master_check FROM installation i, {schema}.installation k");
    check_compatible(name, step, tx.query_one(&same, &[]).await.map_err(postgres_error)?.get(0))?;
    let tables = list_tables(&tx).await?;
    let all = tables.iter().map(|table| format!("\"{table}\"")).collect::<Vec<_>>().join(", ");
    let mut sql = format!("LOCK TABLE {all} IN ACCESS EXCLUSIVE MODE; TRUNCATE {all};");
    for table in &tables {
        sql += &format!("INSERT INTO \"{table}\" SELECT * FROM {schema}.\"{table}\";");
    }
    tx.batch_execute(&sql).await.map_err(postgres_error)?;
    let frozen =
        tx.query_one("SELECT clock_frozen_at FROM installation WHERE id = 1", &[]).await.map_err(postgres_error)?;
    let set = clock(&snapshot, frozen.get::<_, Option<i64>>(0).map(Time::from_micros));
    let update = "UPDATE installation SET clock_offset = $1, clock_frozen_at = $2 WHERE id = 1";
    tx.execute(update, &[&set.0, &set.1.map(|at| at.as_micros())]).await.map_err(postgres_error)?;
    tx.commit().await.map_err(postgres_error)?;
    Ok((snapshot, set))
}

pub(super) async fn list(target: &PgTarget) -> Result<Vec<Snapshot>> {
    let mut client = pg::connect_plain(target).await?;
    let tx = client.transaction().await.map_err(postgres_error)?;
    let rows = tx.query("SELECT nspname::text FROM pg_namespace", &[]).await.map_err(postgres_error)?;
    let mut names: Vec<_> = rows
        .iter()
        .filter_map(|row| SnapshotName::parse(row.get::<_, &str>(0).strip_prefix(SCHEMA_PREFIX)?).ok())
        .collect();
    names.sort();
    let mut found = Vec::new();
    for name in names {
        found.push(read_snapshot(&tx, name).await?.0);
    }
    Ok(found)
}

pub(super) async fn delete(target: &PgTarget, name: &SnapshotName) -> Result<()> {
    let mut client = pg::connect_plain(target).await?;
    let tx = client.transaction().await.map_err(postgres_error)?;
    if !schema_exists(&tx, name).await? {
        return Err(unknown_snapshot(name));
    }
    drop_schema(&tx, name).await?;
    tx.commit().await.map_err(postgres_error)
}
