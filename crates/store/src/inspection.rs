//! Read-only inspection of a store, for `opendrs doctor`, backups and restores.
//!
//! What it is not: the way a server opens its store, which migrates the schema. Invariant: an inspection does not
//! create a missing store.

pub use crate::condition::{DatabaseCondition, SessionMode};
use crate::error::driver_message;
use crate::sqlite::{lock_exclusively, open_existing};
use crate::{Error, Result, StoreLocation, condition, migrate, pg};
use opendrs_domain::id::ReceiverId;
use opendrs_domain::time::Time;
use rusqlite::OptionalExtension;
use std::path::Path;
use uuid::Uuid;

/// The endpoint of a receiver as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedEndpoint {
    /// The receiver.
    pub receiver: ReceiverId,
    /// The endpoint, sealed.
    pub sealed_endpoint: Vec<u8>,
}

/// The result of an inspection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreInspection {
    /// The schema step; 0 if the database is empty.
    pub schema_step: i64,
    /// The latest step that this program knows.
    pub latest_step: i64,
    /// The installation, if there is one: the proof of its master key, and when it was created.
    pub installation: Option<([u8; 32], Time)>,
    /// The time of the database's own clock, where it has one.
    pub database_time: Option<Time>,
    /// The endpoints of confirmed receivers, at most 1,000.
    pub endpoints: Vec<SealedEndpoint>,
    /// The names of all makers.
    pub makers: Vec<String>,
    /// Whether the database meets the server's needs.
    pub condition: DatabaseCondition,
}

const CONFIRMED_ENDPOINTS_SQL: &str = "SELECT id, sealed FROM topic WHERE state = 'confirmed' ORDER BY id LIMIT 1000";

const MAKERS_SQL: &str = "SELECT name FROM maker ORDER BY name";

/// Sessions of other connections with this program's `application_name`.
const OTHER_SESSIONS_SQL: &str =
    "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
    AND application_name = current_setting('application_name')";

/// Inspects a store; `None` if there is no database.
///
/// # Errors
/// [`Error::CannotOpen`], [`Error::Unavailable`].
pub async fn inspect(place: &StoreLocation) -> Result<Option<StoreInspection>> {
    match place {
        StoreLocation::File(path) if !path.exists() => Ok(None),
        StoreLocation::File(path) => inspect_sqlite(path).map(Some),
        StoreLocation::Url(url) => inspect_postgres(url).await.map(Some),
    }
}

/// Whether a database can be reached; a file always can. Its content is not checked.
///
/// # Errors
/// [`Error::CannotOpen`]; [`Error::Unavailable`] with what to check.
pub async fn test_connection(place: &StoreLocation) -> Result<()> {
    match place {
        StoreLocation::File(_) => Ok(()),
        StoreLocation::Url(url) => pg::test_connection(&pg::parse_url(url)?.for_inspection()).await,
    }
}

/// Whether any process has a store open, this one included. On PostgreSQL this is found by the name of sessions
/// (`application_name`), which a pooler may hide.
///
/// # Errors
/// [`Error::CannotOpen`], [`Error::Unavailable`].
pub async fn is_in_use(place: &StoreLocation) -> Result<bool> {
    match place {
        StoreLocation::File(path) => {
            let conn = open_existing(path)?;
            match lock_exclusively(&conn) {
                Ok(()) => Ok(false),
                Err(e) if e.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy) => Ok(true),
                Err(e) => Err(Error::from_sqlite("alone", e)),
            }
        }
        StoreLocation::Url(url) => {
            let client = pg::connect_plain(&pg::parse_url(url)?).await?;
            let error = |e: tokio_postgres::Error| Error::Unavailable(driver_message(&e));
            // Sessions of a process that has just ended get a second to end.
            for wait in [true; 10].into_iter().chain([false]) {
                let others: i64 = client.query_one(OTHER_SESSIONS_SQL, &[]).await.map_err(error)?.get(0);
                if others == 0 {
                    return Ok(false);
                }
                if wait {
                    client.batch_execute("SELECT pg_sleep(0.1), pg_stat_clear_snapshot()").await.map_err(error)?;
                }
            }
            Ok(true)
        }
    }
}

pub(crate) fn inspect_sqlite(path: &Path) -> Result<StoreInspection> {
    let conn = open_existing(path)?;
    // A damaged schema shows here; a damaged table shows only to `PRAGMA integrity_check`. Both have the same error
    // text.
    let bad = |e: rusqlite::Error| {
        let damaged = e.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseCorrupt);
        let what = if damaged { "is damaged" } else { "is no database that can be read" };
        Error::CannotOpen(format!("{} {what}: {e}", path.display()))
    };
    let step = conn.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(bad)?;
    let row = |row: &rusqlite::Row<'_>| Ok((row.get::<_, [u8; 32]>(0)?, row.get(1)?));
    let read = || conn.query_row("SELECT master_check, created_at FROM installation", [], row).optional();
    let installation = if step == 0 { None } else { read().map_err(bad)? };
    let installation = installation.map(|(check, at)| (check, Time::from_micros(at)));
    let endpoint = |row: &rusqlite::Row<'_>| {
        let receiver = ReceiverId(Uuid::from_bytes(row.get(0)?));
        Ok(SealedEndpoint { receiver, sealed_endpoint: row.get(1)? })
    };
    let ask = || conn.prepare(CONFIRMED_ENDPOINTS_SQL)?.query_map([], endpoint)?.collect::<rusqlite::Result<_>>();
    let ours = step == migrate::latest_step();
    let endpoints = if ours { ask().map_err(bad)? } else { Vec::new() };
    let ask = || conn.prepare(MAKERS_SQL)?.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>();
    let makers = if ours { ask().map_err(bad)? } else { Vec::new() };
    let condition = condition::check_sqlite(&conn, path);
    Ok(StoreInspection {
        schema_step: step,
        latest_step: migrate::latest_step(),
        installation,
        database_time: None,
        endpoints,
        makers,
        condition,
    })
}

async fn inspect_postgres(url: &str) -> Result<StoreInspection> {
    let target = pg::parse_url(url)?.for_inspection();
    let client = pg::connect_plain(&target).await?;
    let error = |e: tokio_postgres::Error| Error::Unavailable(driver_message(&e));
    let sql = "SELECT to_regclass('migration') IS NOT NULL, (EXTRACT(EPOCH FROM clock_timestamp()) * 1000000)::BIGINT";
    let row = client.query_one(sql, &[]).await.map_err(error)?;
    let (made, now): (bool, i64) = (row.get(0), row.get(1));
    let (mut step, mut installation) = (0, None);
    let (mut endpoints, mut makers) = (Vec::new(), Vec::new());
    if made {
        let sql = "SELECT COALESCE(MAX(step), 0) FROM migration";
        step = client.query_one(sql, &[]).await.map_err(error)?.get(0);
        let row = client.query_opt("SELECT master_check, created_at FROM installation", &[]).await.map_err(error)?;
        installation = row.and_then(|row| {
            let check = row.get::<_, Vec<u8>>(0).try_into().ok()?;
            Some((check, Time::from_micros(row.get(1))))
        });
    }
    if step == migrate::latest_step() {
        let rows = client.query(CONFIRMED_ENDPOINTS_SQL, &[]).await.map_err(error)?;
        let endpoint = |row: &tokio_postgres::Row| SealedEndpoint {
            receiver: ReceiverId(row.get(0)),
            sealed_endpoint: row.get(1),
        };
        endpoints = rows.iter().map(endpoint).collect();
        makers = client.query(MAKERS_SQL, &[]).await.map_err(error)?.iter().map(|row| row.get(0)).collect();
    }
    let condition = condition::check_postgres(&client, &target, step == migrate::latest_step()).await?;
    let clock = Some(Time::from_micros(now));
    Ok(StoreInspection {
        schema_step: step,
        latest_step: migrate::latest_step(),
        installation,
        database_time: clock,
        endpoints,
        makers,
        condition,
    })
}
