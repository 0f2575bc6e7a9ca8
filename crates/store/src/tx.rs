//! The context in which queries run. SQLite answers synchronously, so its futures are ready at the first poll;
//! PostgreSQL pipelines.
//!
//! Invariant: this enum and the modules below it are the only places that distinguish the two engines.

use crate::access_version::AccessVersionCache;
use crate::pg::{PendingResult, PgConn, ValidDeviceCache};
use crate::queries::Query;
use crate::value::{DbRow, EngineRow, FromRow, Value};
use crate::{Error, Result};

/// A connection inside a transaction, or a reader's.
pub struct Tx<'c> {
    connection: TxConnection<'c>,
    /// The query that the engine refused, if any.
    failed_query: Option<Query>,
    /// Deferred statements, which may not have been sent.
    deferred: Vec<PendingResult>,
    /// This transaction's cache of the access version.
    access_cache: Option<&'c AccessVersionCache>,
}

/// A statement that was sent ahead. Where that has no benefit, it runs when its result is requested.
pub(crate) struct Pipelined<'p> {
    query: Query,
    params: &'p [Value<'p>],
    pending: Option<PendingResult>,
}

pub(crate) enum TxConnection<'c> {
    Sqlite(&'c mut rusqlite::Connection),
    Pg(&'c PgConn),
    /// Outside a transaction, where each statement is awaited individually.
    PgRead(&'c PgConn),
}

impl<'c> Tx<'c> {
    pub(crate) fn new(on: TxConnection<'c>) -> Self {
        Self { connection: on, failed_query: None, deferred: Vec::new(), access_cache: None }
    }

    /// The context of a command in a transaction of several commands.
    pub(crate) fn new_in_batch(on: TxConnection<'c>, access: &'c AccessVersionCache) -> Self {
        Self { access_cache: Some(access), ..Self::new(on) }
    }

    /// The access version as cached for the commands of this transaction; `None` where each statement compares it
    /// itself.
    pub(crate) fn access_cache(&self) -> Option<&'c AccessVersionCache> {
        self.access_cache
    }

    /// Runs a statement; returns the number of rows that it touched.
    pub(crate) async fn exec(&mut self, q: Query, params: &[Value<'_>]) -> Result<u64> {
        self.await_deferred().await?;
        let done = self.connection.exec(q, params, false).await;
        self.record_error(q, done)
    }

    /// Runs a statement that is the command's last, unless it changes nothing: then others may follow. It may be a
    /// transaction by itself.
    pub(crate) async fn exec_final(&mut self, q: Query, params: &[Value<'_>]) -> Result<u64> {
        self.await_deferred().await?;
        let done = self.connection.exec(q, params, true).await;
        self.record_error(q, done)
    }

    /// The cache of valid devices, where one is useful; see [`crate::pg`].
    pub(crate) fn valid_devices(&self) -> Option<&'c ValidDeviceCache> {
        match self.connection {
            TxConnection::Pg(conn) => conn.valid_devices.if_enabled(),
            TxConnection::Sqlite(_) | TxConnection::PgRead(_) => None,
        }
    }

    /// Runs a statement whose effect is known, so that its result is not needed. It may be sent with the commit; if it
    /// fails, so does the transaction.
    pub(crate) async fn exec_deferred(&mut self, q: Query, params: &[Value<'_>]) -> Result<()> {
        if let TxConnection::Pg(conn) = self.connection
            && let Some(answer) = conn.coalescer.enqueue(q, params, false)
        {
            self.deferred.push(answer);
            return Ok(());
        }
        self.exec(q, params).await.map(drop)
    }

    /// Waits for the deferred statements, so that the next one sees their effect.
    async fn await_deferred(&mut self) -> Result<()> {
        for answer in self.deferred.drain(..) {
            answer.wait().await?;
        }
        Ok(())
    }

    /// All rows of a query.
    pub(crate) async fn query_all<T: FromRow>(&mut self, q: Query, params: &[Value<'_>]) -> Result<Vec<T>> {
        self.await_deferred().await?;
        let found = self.connection.query_all(q, params).await;
        self.record_error(q, found)
    }

    /// The row of a query that returns at most one.
    pub(crate) async fn query_opt<T: FromRow>(&mut self, q: Query, params: &[Value<'_>]) -> Result<Option<T>> {
        self.await_deferred().await?;
        let found = self.connection.query_opt(q, params).await;
        self.record_error(q, found)
    }

    /// Sends a statement on which the next ones do not depend, so that they travel together where that is useful.
    /// [`Tx::rows`] and [`Tx::row_count`] return the result.
    pub(crate) async fn send<'p>(&mut self, q: Query, params: &'p [Value<'p>]) -> Result<Pipelined<'p>> {
        self.await_deferred().await?;
        let under_way = match self.connection {
            TxConnection::Pg(conn) => conn.coalescer.enqueue(q, params, false),
            TxConnection::PgRead(conn) => conn.enqueue(q, params),
            TxConnection::Sqlite(_) => None,
        };
        Ok(Pipelined { query: q, params, pending: under_way })
    }

    /// All rows of a statement that was sent ahead.
    pub(crate) async fn rows<T: FromRow>(
        &mut self,
        Pipelined { query: q, params, pending: under_way }: Pipelined<'_>,
    ) -> Result<Vec<T>> {
        let Some(answer) = under_way else { return self.query_all(q, params).await };
        let found = match self.connection {
            TxConnection::PgRead(conn) => conn.with_timeout(answer.wait()).await,
            TxConnection::Pg(_) | TxConnection::Sqlite(_) => answer.wait().await,
        };
        self.record_error(q, found.and_then(|found| parse_rows(q, &found.rows)))
    }

    /// The number of rows that a statement sent ahead has touched.
    pub(crate) async fn row_count(
        &mut self,
        Pipelined { query: q, params, pending: under_way }: Pipelined<'_>,
    ) -> Result<u64> {
        let Some(answer) = under_way else { return self.exec(q, params).await };
        let found = answer.wait().await.map(|found| found.count);
        self.record_error(q, found)
    }

    fn record_error<T>(&mut self, q: Query, result: Result<T>) -> Result<T> {
        if let Err(error) = &result {
            self.failed_query.get_or_insert(q);
            // Connections to PostgreSQL report this once for all of them.
            if matches!(self.connection, TxConnection::Sqlite(_)) && error.is_outage() {
                tracing::warn!(query = q.sql().name, %error, "the database file cannot be read or written");
            }
        }
        result
    }

    /// Checks that the transaction may be committed. After a refused statement PostgreSQL answers COMMIT with a
    /// rollback and reports success. So a command that ignored an error must not commit.
    pub(crate) fn check_committable(&self) -> Result<()> {
        self.failed_query.map_or(Ok(()), |q| {
            let source = "its error was passed over, the command cannot be committed".into();
            Err(Error::Statement { query: q.sql().name, source })
        })
    }
}

impl TxConnection<'_> {
    async fn exec(&mut self, q: Query, params: &[Value<'_>], last: bool) -> Result<u64> {
        let name = q.sql().name;
        match self {
            TxConnection::Sqlite(conn) => {
                let run = || {
                    let mut statement = bind(conn, q, params)?;
                    statement.raw_execute()
                };
                run().map(|n| n as u64).map_err(|e| Error::from_sqlite(name, e))
            }
            TxConnection::Pg(conn) => match conn.coalescer.enqueue(q, params, last) {
                Some(answer) => answer.wait().await.map(|found| found.count),
                None => {
                    conn.coalescer.wait_for_begin().await;
                    conn.execute(q, params).await
                }
            },
            TxConnection::PgRead(conn) => conn.with_timeout(conn.execute(q, params)).await,
        }
    }

    async fn query_all<T: FromRow>(&mut self, q: Query, params: &[Value<'_>]) -> Result<Vec<T>> {
        match self {
            TxConnection::Sqlite(conn) => {
                let mut out = Vec::new();
                let lite = |e| Error::from_sqlite(q.sql().name, e);
                let mut statement = bind(conn, q, params).map_err(lite)?;
                let mut rows = statement.raw_query();
                while let Some(row) = rows.next().map_err(lite)? {
                    out.push(T::from_row(&DbRow { query: q, engine_row: EngineRow::Sqlite(row) })?);
                }
                Ok(out)
            }
            TxConnection::Pg(conn) => match conn.coalescer.enqueue(q, params, false) {
                Some(answer) => parse_rows(q, &answer.wait().await?.rows),
                None => {
                    conn.coalescer.wait_for_begin().await;
                    parse_rows(q, &conn.query(q, params).await?)
                }
            },
            TxConnection::PgRead(conn) => match conn.enqueue(q, params) {
                Some(answer) => parse_rows(q, &conn.with_timeout(answer.wait()).await?.rows),
                None => parse_rows(q, &conn.with_timeout(conn.query(q, params)).await?),
            },
        }
    }

    async fn query_opt<T: FromRow>(&mut self, q: Query, params: &[Value<'_>]) -> Result<Option<T>> {
        match self {
            TxConnection::Sqlite(conn) => {
                let lite = |e| Error::from_sqlite(q.sql().name, e);
                let mut statement = bind(conn, q, params).map_err(lite)?;
                let mut rows = statement.raw_query();
                let found = match rows.next().map_err(lite)? {
                    Some(row) => Some(T::from_row(&DbRow { query: q, engine_row: EngineRow::Sqlite(row) })?),
                    None => None,
                };
                // A statement with RETURNING is finished only when it was stepped to its end.
                while rows.next().map_err(lite)?.is_some() {}
                Ok(found)
            }
            TxConnection::Pg(_) | TxConnection::PgRead(_) => Ok(self.query_all(q, params).await?.pop()),
        }
    }
}

fn parse_rows<T: FromRow>(q: Query, rows: &[tokio_postgres::Row]) -> Result<Vec<T>> {
    rows.iter().map(|row| T::from_row(&DbRow { query: q, engine_row: EngineRow::Pg(row) })).collect()
}

fn bind<'c>(
    conn: &'c rusqlite::Connection,
    q: Query,
    params: &[Value<'_>],
) -> rusqlite::Result<rusqlite::CachedStatement<'c>> {
    let mut statement = conn.prepare_cached(q.sql().lite)?;
    for (at, value) in params.iter().enumerate() {
        statement.raw_bind_parameter(at + 1, value)?;
    }
    Ok(statement)
}
