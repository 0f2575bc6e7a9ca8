//! What a query runs on. SQLite answers at once, so its futures are ready at the first poll; PostgreSQL pipelines.
//!
//! Invariant: this enum and the modules below it are the only places that know there are two engines.

use crate::access::{self, AccessVersion};
use crate::pg::{Answer, Known, PgConn};
use crate::queries::Q;
use crate::value::{FromRow, Inner, Row, V};
use crate::{Error, Result};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

/// A connection inside a transaction, or a reader's.
pub struct Tx<'c> {
    on: On<'c>,
    /// The query that the engine refused, if any.
    refused: Option<Q>,
    /// What was put and may not have been sent.
    put: Vec<Answer>,
    /// What this transaction knows of the version of all that decides which tokens are refused.
    access: Option<&'c AccessMemo>,
}

/// The version of all that decides which tokens are refused, as a transaction of SQLite reads it once for all its commands: no
/// other process can change it before the commit. PostgreSQL asks in the statement itself.
#[derive(Default)]
pub(crate) struct AccessMemo {
    known: AtomicBool,
    version: AtomicI64,
}

/// What was asked ahead, and is asked when it is wanted where nothing is gained by that.
pub(crate) struct Ahead<'p> {
    q: Q,
    params: &'p [V<'p>],
    under_way: Option<Answer>,
}

pub(crate) enum On<'c> {
    Lite(&'c mut rusqlite::Connection),
    Pg(&'c PgConn),
    /// Outside a transaction, where each statement is waited for by itself.
    PgRead(&'c PgConn),
}

impl<'c> Tx<'c> {
    pub(crate) fn new(on: On<'c>) -> Self {
        Self { on, refused: None, put: Vec::new(), access: None }
    }

    /// Of a command in a transaction of several.
    pub(crate) fn in_batch(on: On<'c>, access: &'c AccessMemo) -> Self {
        Self { access: Some(access), ..Self::new(on) }
    }

    /// The version of all that decides which tokens are refused, where one read is enough for a transaction.
    pub(crate) async fn batch_access(&mut self) -> Result<Option<AccessVersion>> {
        let Some(memo) = self.access else { return Ok(None) };
        if !memo.known.load(Ordering::Relaxed) {
            memo.version.store(access::version(self).await?.0, Ordering::Relaxed);
            memo.known.store(true, Ordering::Relaxed);
        }
        Ok(Some(AccessVersion(memo.version.load(Ordering::Relaxed))))
    }

    /// The version was changed by a command of this transaction.
    pub(crate) fn access_changed(&mut self) {
        if let Some(memo) = self.access {
            memo.known.store(false, Ordering::Relaxed);
        }
    }

    /// Runs a statement; says how many rows it touched.
    pub(crate) async fn exec(&mut self, q: Q, params: &[V<'_>]) -> Result<u64> {
        self.settled().await?;
        let done = self.on.exec(q, params, false).await;
        self.noted(q, done)
    }

    /// Runs a statement that is the command's last, unless it changes nothing: then others may follow. It may be a
    /// transaction by itself.
    pub(crate) async fn last(&mut self, q: Q, params: &[V<'_>]) -> Result<u64> {
        self.settled().await?;
        let done = self.on.exec(q, params, true).await;
        self.noted(q, done)
    }

    /// Where it pays to remember which devices are in good standing; see [`crate::pg`].
    pub(crate) fn known(&self) -> Option<&'c Known> {
        match self.on {
            On::Pg(conn) => conn.known.kept(),
            On::Lite(_) | On::PgRead(_) => None,
        }
    }

    /// Runs a statement that changes what it is known to change, so that nothing has to be told of it. It may go out with
    /// the commit; if it fails, so does the transaction.
    pub(crate) async fn put(&mut self, q: Q, params: &[V<'_>]) -> Result<()> {
        if let On::Pg(conn) = self.on
            && let Some(answer) = conn.gather.ask(q, params, false)
        {
            self.put.push(answer);
            return Ok(());
        }
        self.exec(q, params).await.map(drop)
    }

    /// Waits for what was put: what is asked now is to see it.
    async fn settled(&mut self) -> Result<()> {
        for answer in self.put.drain(..) {
            answer.found().await?;
        }
        Ok(())
    }

    /// Every row of an answer.
    pub(crate) async fn all<T: FromRow>(&mut self, q: Q, params: &[V<'_>]) -> Result<Vec<T>> {
        self.settled().await?;
        let found = self.on.all(q, params).await;
        self.noted(q, found)
    }

    /// The row of an answer that has at most one.
    pub(crate) async fn opt<T: FromRow>(&mut self, q: Q, params: &[V<'_>]) -> Result<Option<T>> {
        self.settled().await?;
        let found = self.on.opt(q, params).await;
        self.noted(q, found)
    }

    /// Asks what those that are asked next do not depend on: where it pays, they travel together. The answer is had from
    /// [`Tx::found`].
    pub(crate) async fn ahead<'p>(&mut self, q: Q, params: &'p [V<'p>]) -> Result<Ahead<'p>> {
        self.settled().await?;
        let under_way = match self.on {
            On::Pg(conn) => conn.gather.ask(q, params, false),
            On::PgRead(conn) => conn.ask(q, params),
            On::Lite(_) => None,
        };
        Ok(Ahead { q, params, under_way })
    }

    /// Every row of what was asked ahead.
    pub(crate) async fn found<T: FromRow>(&mut self, Ahead { q, params, under_way }: Ahead<'_>) -> Result<Vec<T>> {
        let Some(answer) = under_way else { return self.all(q, params).await };
        let found = match self.on {
            On::PgRead(conn) => conn.bounded(answer.found()).await,
            On::Pg(_) | On::Lite(_) => answer.found().await,
        };
        self.noted(q, found.and_then(|found| read(q, &found.rows)))
    }

    /// How many rows were touched by what was asked ahead.
    pub(crate) async fn touched(&mut self, Ahead { q, params, under_way }: Ahead<'_>) -> Result<u64> {
        let Some(answer) = under_way else { return self.exec(q, params).await };
        let found = answer.found().await.map(|found| found.count);
        self.noted(q, found)
    }

    fn noted<T>(&mut self, q: Q, result: Result<T>) -> Result<T> {
        if let Err(error) = &result {
            self.refused.get_or_insert(q);
            // Connections to PostgreSQL say so once for all of them.
            if matches!(self.on, On::Lite(_)) && error.is_outage() {
                tracing::warn!(query = q.sql().name, %error, "the database file cannot be read or written");
            }
        }
        result
    }

    /// Whether the transaction may be committed. After a refused statement PostgreSQL answers COMMIT with a rollback
    /// and calls that a success, so a command that passed over an error must not.
    pub(crate) fn committable(&self) -> Result<()> {
        self.refused.map_or(Ok(()), |q| {
            let source = "its error was passed over, the command cannot be committed".into();
            Err(Error::Statement { query: q.sql().name, source })
        })
    }
}

impl On<'_> {
    async fn exec(&mut self, q: Q, params: &[V<'_>], last: bool) -> Result<u64> {
        let name = q.sql().name;
        match self {
            On::Lite(conn) => {
                let run = || {
                    let mut statement = bound(conn, q, params)?;
                    statement.raw_execute()
                };
                run().map(|n| n as u64).map_err(|e| Error::lite(name, e))
            }
            On::Pg(conn) => match conn.gather.ask(q, params, last) {
                Some(answer) => answer.found().await.map(|found| found.count),
                None => {
                    conn.gather.begun().await;
                    conn.execute(q, params).await
                }
            },
            On::PgRead(conn) => conn.bounded(conn.execute(q, params)).await,
        }
    }

    async fn all<T: FromRow>(&mut self, q: Q, params: &[V<'_>]) -> Result<Vec<T>> {
        match self {
            On::Lite(conn) => {
                let mut out = Vec::new();
                let lite = |e| Error::lite(q.sql().name, e);
                let mut statement = bound(conn, q, params).map_err(lite)?;
                let mut rows = statement.raw_query();
                while let Some(row) = rows.next().map_err(lite)? {
                    out.push(T::from_row(&Row { query: q, inner: Inner::Lite(row) })?);
                }
                Ok(out)
            }
            On::Pg(conn) => match conn.gather.ask(q, params, false) {
                Some(answer) => read(q, &answer.found().await?.rows),
                None => {
                    conn.gather.begun().await;
                    read(q, &conn.query(q, params).await?)
                }
            },
            On::PgRead(conn) => match conn.ask(q, params) {
                Some(answer) => read(q, &conn.bounded(answer.found()).await?.rows),
                None => read(q, &conn.bounded(conn.query(q, params)).await?),
            },
        }
    }

    async fn opt<T: FromRow>(&mut self, q: Q, params: &[V<'_>]) -> Result<Option<T>> {
        match self {
            On::Lite(conn) => {
                let lite = |e| Error::lite(q.sql().name, e);
                let mut statement = bound(conn, q, params).map_err(lite)?;
                let mut rows = statement.raw_query();
                let found = match rows.next().map_err(lite)? {
                    Some(row) => Some(T::from_row(&Row { query: q, inner: Inner::Lite(row) })?),
                    None => None,
                };
                // A statement with RETURNING is finished only when it was stepped to its end.
                while rows.next().map_err(lite)?.is_some() {}
                Ok(found)
            }
            On::Pg(_) | On::PgRead(_) => Ok(self.all(q, params).await?.pop()),
        }
    }
}

fn read<T: FromRow>(q: Q, rows: &[tokio_postgres::Row]) -> Result<Vec<T>> {
    rows.iter().map(|row| T::from_row(&Row { query: q, inner: Inner::Pg(row) })).collect()
}

fn bound<'c>(
    conn: &'c rusqlite::Connection,
    q: Q,
    params: &[V<'_>],
) -> rusqlite::Result<rusqlite::CachedStatement<'c>> {
    let mut statement = conn.prepare_cached(q.sql().lite)?;
    for (at, value) in params.iter().enumerate() {
        statement.raw_bind_parameter(at + 1, value)?;
    }
    Ok(statement)
}
