//! Whether a database meets the server's needs: its encoding, its rights, and whether a connection keeps its settings
//! and prepared statements.
//!
//! Invariant: the check changes nothing. What cannot be determined is not reported as a fault.

use crate::error::driver_message;
use crate::pg::{self, PgTarget};
use crate::{Error, Result};
use rusqlite::Connection;
use std::path::Path;
use std::time::Duration;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

/// The condition of a database.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DatabaseCondition {
    /// The database's encoding.
    pub encoding: Option<String>,
    /// Why the database takes no writes, if it takes none.
    pub read_only: Option<String>,
    /// The rights that are missing, each with its fix.
    pub missing_rights: Vec<(String, String)>,
    /// Whether a connection has a session of its own.
    pub session_mode: SessionMode,
}

/// Whether a connection has a session of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SessionMode {
    /// It has one, or the check cannot determine it.
    #[default]
    Dedicated,
    /// A pooler gives each transaction a session, which may be another one.
    Pooled {
        /// The pooler tracks prepared statements and prepares them again.
        statements_kept: bool,
    },
}

/// How long one statement of the check may take.
const CHECK_TIMEOUT: Duration = Duration::from_secs(5);

/// Checks an existing SQLite file.
pub(crate) fn check_sqlite(conn: &Connection, path: &Path) -> DatabaseCondition {
    let read_only = conn
        .is_readonly("main")
        .unwrap_or(false)
        .then(|| format!("{} or its folder cannot be written by this user", path.display()));
    DatabaseCondition { read_only, ..DatabaseCondition::default() }
}

/// Checks a PostgreSQL database. `up_to_date` is whether its schema is at the latest step.
pub(crate) async fn check_postgres(client: &Client, target: &PgTarget, up_to_date: bool) -> Result<DatabaseCondition> {
    let error = |e: tokio_postgres::Error| Error::Unavailable(driver_message(&e));
    let sql = "SELECT current_setting('server_encoding'), pg_is_in_recovery(), current_setting('default_transaction_read_only'),
        current_user::text, current_schema()::text, COALESCE(has_schema_privilege(current_schema(), 'CREATE'), false)";
    let row = client.query_one(sql, &[]).await.map_err(error)?;
    let (encoding, standby, read_only): (String, bool, String) = (row.get(0), row.get(1), row.get(2));
    let (user, schema, may_create): (String, Option<String>, bool) = (row.get(3), row.get(4), row.get(5));
    let read_only = match (standby, read_only.as_str()) {
        (true, _) => Some("it is a standby, which takes no writes".to_owned()),
        (false, "on") => Some("default_transaction_read_only is on".to_owned()),
        _ => None,
    };
    let mut rights = Vec::new();
    match &schema {
        None => rights.push((
            format!("the user {user} has no schema to make tables in"),
            format!("ALTER ROLE {user} SET search_path TO a schema that is there, and GRANT ALL ON it"),
        )),
        Some(schema) if !may_create && !up_to_date => rights.push((
            format!("the user {user} may not make tables in the schema {schema}"),
            format!("GRANT CREATE ON SCHEMA {schema} TO {user}"),
        )),
        Some(schema) => {
            let sql = "SELECT relname::text FROM pg_class WHERE relnamespace = current_schema()::regnamespace
                AND relkind IN ('r', 'p') AND relname IN ('migration', 'installation', 'device', 'orders', 'reading', 'delivery')
                AND NOT (has_table_privilege(oid, 'SELECT') AND has_table_privilege(oid, 'INSERT')
                    AND has_table_privilege(oid, 'UPDATE') AND has_table_privilege(oid, 'DELETE')) ORDER BY relname";
            let names: Vec<String> =
                client.query(sql, &[]).await.map_err(error)?.iter().map(|row| row.get(0)).collect();
            if !names.is_empty() {
                rights.push((
                    format!("the user {user} may not read and write {}", names.join(", ")),
                    format!("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {user}"),
                ));
            }
        }
    }
    let sessions = tokio::time::timeout(CHECK_TIMEOUT, detect_session_mode(client, target)).await;
    Ok(DatabaseCondition {
        encoding: Some(encoding),
        read_only,
        missing_rights: rights,
        session_mode: sessions.unwrap_or_default(),
    })
}

/// Whether two connections share one session, as behind a pooler. While one holds the session for a transaction, the
/// other gets another session, where its prepared statement is missing.
async fn detect_session_mode(client: &Client, target: &PgTarget) -> SessionMode {
    const SESSION: &str = "SELECT pg_backend_pid()";
    let looked = async {
        let prepared = client.prepare(SESSION).await?;
        let own: i32 = client.query_one(&prepared, &[]).await?.get(0);
        let Ok(mut other) = pg::connect_plain(target).await else { return Ok(SessionMode::Dedicated) };
        let transaction = other.transaction().await?;
        let theirs: i32 = transaction.query_one(SESSION, &[]).await?.get(0);
        if own != theirs {
            return Ok(SessionMode::Dedicated);
        }
        let again = tokio::time::timeout(CHECK_TIMEOUT / 2, client.query_one(&prepared, &[])).await;
        let statements_kept = match again {
            Ok(Err(error)) if error.code() == Some(&SqlState::INVALID_SQL_STATEMENT_NAME) => false,
            // A pooler with a single session makes this connection wait. That proves only that the session is shared.
            Ok(_) | Err(_) => true,
        };
        Ok::<_, tokio_postgres::Error>(SessionMode::Pooled { statements_kept })
    };
    looked.await.unwrap_or_default()
}
