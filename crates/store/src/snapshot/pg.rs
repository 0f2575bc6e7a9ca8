//! On PostgreSQL: a schema of its own with a copy of each table.

use super::{Clock, fits, taken, unknown};
use crate::pg::{self, Target};
use crate::{Error, Result, migrate};
use opendrs_domain::snapshot::{Name, Snapshot};
use opendrs_domain::time::Time;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, IsolationLevel, Transaction};

/// What a snapshot's schema is called, before its name.
const PREFIX: &str = "opendrs_snapshot_";
/// How often a load that met calls of other connections is tried.
const TRIES: usize = 10;

fn error(e: tokio_postgres::Error) -> Error {
    match e.code() {
        Some(&SqlState::INSUFFICIENT_PRIVILEGE) => Error::Open(
            "a snapshot is a schema of its own, which this user may not make: GRANT CREATE ON DATABASE ... TO ..."
                .into(),
        ),
        _ => Error::pg("snapshot", e),
    }
}

fn schema(name: &Name) -> String {
    format!("\"{PREFIX}{}\"", name.as_str())
}

async fn exists(client: &Transaction<'_>, name: &Name) -> Result<bool> {
    let wanted = format!("{PREFIX}{}", name.as_str());
    let sql = "SELECT 1 FROM pg_namespace WHERE nspname = $1";
    Ok(client.query_opt(sql, &[&wanted]).await.map_err(error)?.is_some())
}

/// The store's own tables, in one order. Not those that tell of the database itself: to it, a load is one more change.
async fn tables(tx: &Transaction<'_>) -> Result<Vec<String>> {
    let sql = "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema()
        AND tablename NOT IN ('migration', 'device_change') ORDER BY tablename";
    Ok(tx.query(sql, &[]).await.map_err(error)?.into_iter().map(|row| row.get(0)).collect())
}

pub(super) async fn save(target: &Target, snapshot: &Snapshot, replace: bool) -> Result<()> {
    let mut client = pg::plain(target).await?;
    let build = client.build_transaction().isolation_level(IsolationLevel::RepeatableRead);
    let tx = build.start().await.map_err(error)?;
    if exists(&tx, &snapshot.name).await? {
        if !replace {
            return Err(taken(&snapshot.name));
        }
        drop_schema(&tx, &snapshot.name).await?;
    }
    let schema = schema(&snapshot.name);
    let mut sql = format!("CREATE SCHEMA {schema};");
    for table in tables(&tx).await? {
        sql += &format!("CREATE TABLE {schema}.\"{table}\" AS TABLE \"{table}\";");
    }
    let (at, saved_at, step) = (snapshot.at.micros(), snapshot.saved_at.micros(), migrate::last());
    sql += &format!(
        "CREATE TABLE {schema}.snapshot (at BIGINT NOT NULL, saved_at BIGINT NOT NULL, step BIGINT NOT NULL);
         INSERT INTO {schema}.snapshot (at, saved_at, step) VALUES ({at}, {saved_at}, {step})"
    );
    tx.batch_execute(&sql).await.map_err(error)?;
    tx.commit().await.map_err(error)
}

async fn drop_schema(tx: &Transaction<'_>, name: &Name) -> Result<()> {
    tx.batch_execute(&format!("DROP SCHEMA {} CASCADE", schema(name))).await.map_err(error)
}

/// A snapshot, and the schema step it was made at.
async fn read(tx: &Transaction<'_>, name: Name) -> Result<(Snapshot, i64)> {
    let sql = format!("SELECT at, saved_at, step FROM {}.snapshot", schema(&name));
    let row = tx.query_one(&sql, &[]).await.map_err(error)?;
    let time = |column| Time::from_micros(row.get(column));
    Ok((Snapshot { name, at: time(0), saved_at: time(1) }, row.get(2)))
}

pub(super) async fn load(
    target: &Target,
    name: &Name,
    clock: &(dyn Fn(&Snapshot, Option<Time>) -> Clock + Sync),
) -> Result<(Snapshot, Clock)> {
    let mut client = pg::plain(target).await?;
    for _ in 1..TRIES {
        match attempt(&mut client, name, clock).await {
            // A call held one table and waited for another.
            Err(Error::Conflict(_)) => {}
            done => return done,
        }
    }
    attempt(&mut client, name, clock).await
}

async fn attempt(
    client: &mut Client,
    name: &Name,
    clock: &(dyn Fn(&Snapshot, Option<Time>) -> Clock + Sync),
) -> Result<(Snapshot, Clock)> {
    let tx = client.transaction().await.map_err(error)?;
    if !exists(&tx, name).await? {
        return Err(unknown(name));
    }
    let (snapshot, step) = read(&tx, name.clone()).await?;
    let schema = schema(name);
    let same = format!("SELECT i.master_check = k.master_check FROM installation i, {schema}.installation k");
    fits(name, step, tx.query_one(&same, &[]).await.map_err(error)?.get(0))?;
    let tables = tables(&tx).await?;
    let all = tables.iter().map(|table| format!("\"{table}\"")).collect::<Vec<_>>().join(", ");
    let mut sql = format!("LOCK TABLE {all} IN ACCESS EXCLUSIVE MODE; TRUNCATE {all};");
    for table in &tables {
        sql += &format!("INSERT INTO \"{table}\" SELECT * FROM {schema}.\"{table}\";");
    }
    tx.batch_execute(&sql).await.map_err(error)?;
    let frozen = tx.query_one("SELECT clock_frozen_at FROM installation WHERE id = 1", &[]).await.map_err(error)?;
    let set = clock(&snapshot, frozen.get::<_, Option<i64>>(0).map(Time::from_micros));
    let update = "UPDATE installation SET clock_offset = $1, clock_frozen_at = $2 WHERE id = 1";
    tx.execute(update, &[&set.0, &set.1.map(|at| at.micros())]).await.map_err(error)?;
    tx.commit().await.map_err(error)?;
    Ok((snapshot, set))
}

pub(super) async fn list(target: &Target) -> Result<Vec<Snapshot>> {
    let mut client = pg::plain(target).await?;
    let tx = client.transaction().await.map_err(error)?;
    let rows = tx.query("SELECT nspname::text FROM pg_namespace", &[]).await.map_err(error)?;
    let mut names: Vec<_> =
        rows.iter().filter_map(|row| Name::parse(row.get::<_, &str>(0).strip_prefix(PREFIX)?).ok()).collect();
    names.sort();
    let mut found = Vec::new();
    for name in names {
        found.push(read(&tx, name).await?.0);
    }
    Ok(found)
}

pub(super) async fn delete(target: &Target, name: &Name) -> Result<()> {
    let mut client = pg::plain(target).await?;
    let tx = client.transaction().await.map_err(error)?;
    if !exists(&tx, name).await? {
        return Err(unknown(name));
    }
    drop_schema(&tx, name).await?;
    tx.commit().await.map_err(error)
}
