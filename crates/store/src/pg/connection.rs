//! A connection to PostgreSQL: how it is opened, what is queried on it, when it is dropped.
//!
//! Not here: the statements of a transaction ([`super::transaction`]). Invariant: every connection ends at a server
//! that takes writes. This is checked when it is opened, and the connection is dropped when the server stops taking
//! writes, as after a failover. Nothing waits for a silent database longer than [`RESPONSE_TIMEOUT`] and one attempt to
//! connect.

use super::coalescer::{PendingResult, StatementCoalescer};
use super::url::PgTarget;
use super::valid_device_cache::ValidDeviceCache;
use crate::availability::{StoreSide, hide_connection_loss};
use crate::error::driver_message;
use crate::metrics::{StoreCounters, increment};
use crate::queries::Query;
use crate::value::Value;
use crate::{Error, Result, trust};
use futures_util::TryStreamExt;
use futures_util::future::try_join_all;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio_postgres::{Client, Row, Statement};

/// For how long after a failed attempt to connect no further attempt is awaited.
pub(super) const RECONNECT_PAUSE: Duration = Duration::from_secs(1);
/// How long a transaction or a read may take before its connection is dropped. After that the database is frozen, or
/// the network loses what is sent.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(10);
/// Every statement finds its rows by an index and is planned once. By default the planner would keep plans for a table
/// that was small at the time.
pub(super) const PLANNER_SETTINGS: &str =
    "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET enable_bitmapscan = off;
    SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_memoize = off";

/// A connection with every statement prepared.
pub(crate) struct PgConn {
    pub(super) client: Client,
    statements: Vec<Statement>,
    pub(crate) coalescer: StatementCoalescer,
    /// The devices known to be valid. The cache is as old as the connection.
    pub(crate) valid_devices: ValidDeviceCache,
    side: StoreSide,
    counters: Arc<StoreCounters>,
    /// See [`StoreAvailability::is_retired`](crate::availability::StoreAvailability::is_retired).
    generation: u64,
    /// Whether the connection was silent for too long, or an error required another one.
    dropped: AtomicBool,
    /// How many individually sent statements are running.
    single_statements: AtomicUsize,
}

/// An individually sent statement that is running.
struct SingleStatementGuard<'c>(&'c AtomicUsize);

impl<'c> SingleStatementGuard<'c> {
    fn begin(count: &'c AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for SingleStatementGuard<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Statements outside of a transaction; see [`PgConn::flush_until_unused`].
impl PgConn {
    /// Queues a statement; `None` if it is one that is sent individually.
    pub(crate) fn enqueue(&self, q: Query, params: &[Value<'_>]) -> Option<PendingResult> {
        self.coalescer.enqueue(q, params, false).inspect(|_| self.coalescer.wakeup.notify_one())
    }

    /// Sends queued statements as long as the connection has an owner. Statements that arrive meanwhile are sent after
    /// the answer.
    pub(super) async fn flush_until_unused(conn: Weak<Self>) {
        let Some(asked) = conn.upgrade().map(|conn| conn.coalescer.wakeup.clone()) else { return };
        loop {
            asked.notified().await;
            let Some(conn) = conn.upgrade() else { return };
            // The waiting calls received the result. A silent database must not keep the connection alive.
            let _ = conn.with_timeout(conn.coalescer.flush(&conn.client)).await;
        }
    }
}

impl Drop for PgConn {
    fn drop(&mut self) {
        // Lets `flush_until_unused` notice that the connection has no owner any more.
        self.coalescer.wakeup.notify_one();
    }
}

fn timeout_message() -> String {
    format!("the database did not answer within {} seconds", RESPONSE_TIMEOUT.as_secs())
}

pub(super) fn timeout_error() -> Error {
    Error::Unavailable(timeout_message())
}

impl PgConn {
    pub(crate) async fn execute(&self, q: Query, params: &[Value<'_>]) -> Result<u64> {
        let _alone = SingleStatementGuard::begin(&self.single_statements);
        let done = self.client.execute_raw(&self.statements[q as usize], params.iter().copied()).await;
        done.map_err(|e| Error::from_postgres(q.sql().name, e))
    }

    /// Whether a statement is running for which a new one would have to wait.
    pub(super) fn has_single_statements(&self) -> bool {
        self.single_statements.load(Ordering::Relaxed) > 0
    }

    /// Whether the connection is unusable.
    pub(super) fn is_lost(&self) -> bool {
        let dropped = self.client.is_closed() || self.dropped.load(Ordering::Relaxed);
        dropped || self.counters.availability.is_retired(self.generation)
    }

    /// Waits for an answer, within a time limit. All statements of the connection pass here: an error that requires
    /// another connection drops this one.
    pub(crate) async fn with_timeout<T>(&self, answer: impl Future<Output = Result<T>>) -> Result<T> {
        let lost = |_| Err(Error::ConnectionLost { why: timeout_message(), read_only: false });
        let answer = tokio::time::timeout(RESPONSE_TIMEOUT, answer).await.unwrap_or_else(lost);
        self.counters.availability.record(self.side, &answer);
        if let Err(Error::ConnectionLost { read_only, .. }) = answer {
            self.dropped.store(true, Ordering::Relaxed);
            if read_only {
                self.counters.availability.retire(self.generation);
            }
        }
        answer.map_err(hide_connection_loss)
    }

    pub(crate) async fn query(&self, q: Query, params: &[Value<'_>]) -> Result<Vec<Row>> {
        let _alone = SingleStatementGuard::begin(&self.single_statements);
        let found = async {
            let rows = self.client.query_raw(&self.statements[q as usize], params.iter().copied()).await?;
            rows.try_collect().await
        };
        found.await.map_err(|e| Error::from_postgres(q.sql().name, e))
    }
}

pub(crate) async fn connect_plain(target: &PgTarget) -> Result<Client> {
    open_connection(target)
        .await
        .map_err(|error| error.map_or_else(timeout_error, |e| Error::Unavailable(refusal_message(&e))))
}

/// Opens a connection and closes it. The error text states what to check, depending on whether the server answered.
pub(crate) async fn test_connection(target: &PgTarget) -> Result<()> {
    let Err(error) = open_connection(target).await else { return Ok(()) };
    let code = error.as_ref().and_then(tokio_postgres::Error::code).map(|code| code.code().to_owned());
    let advice = match code {
        None => ". Is PostgreSQL running there? Check host, port, name, user and password of --database-url",
        Some(code) if ["28", "3D"].iter().any(|class| code.starts_with(class)) => {
            ". Check name, user and password of --database-url"
        }
        Some(_) => "",
    };
    Err(Error::Unavailable(format!("{}{advice}", error.map_or_else(timeout_message, |e| refusal_message(&e)))))
}

/// Opens a connection; the error is `None` if no answer came in time.
async fn open_connection(
    PgTarget { config, tls }: &PgTarget,
) -> std::result::Result<Client, Option<tokio_postgres::Error>> {
    let connected = tokio::time::timeout(RESPONSE_TIMEOUT, config.connect(tls.clone())).await.map_err(|_| None)?;
    let (client, driver) = connected.map_err(Some)?;
    tokio::spawn(async move {
        if let Err(error) = driver.await {
            // The side that needs the connection logs the loss once for all of them.
            tracing::debug!(%error, "a database connection ended");
        }
    });
    Ok(client)
}

/// Why no connection was opened. The driver's text for a server that takes no writes does not state what to do.
fn refusal_message(error: &tokio_postgres::Error) -> String {
    let words = driver_message(error);
    if words.contains("does not allow writes") {
        "the database takes no writes: it is a standby, or `default_transaction_read_only` is on. Name a server \
                 that takes writes, or all of them: postgres://user@one:5432,two:5432/name"
            .into()
    } else {
        trust::explain_tls_error(words)
    }
}

/// Opens a connection for one side of the store.
pub(super) async fn connect(target: &PgTarget, side: StoreSide, meter: &Arc<StoreCounters>) -> Result<PgConn> {
    increment(&meter.connects);
    let connected = tokio::time::timeout(RESPONSE_TIMEOUT, connect_prepared(target, side, meter)).await;
    let connected = connected.unwrap_or_else(|_| Err(timeout_error()));
    meter.availability.record(side, &connected);
    connected.map_err(hide_connection_loss)
}

async fn connect_prepared(target: &PgTarget, side: StoreSide, meter: &Arc<StoreCounters>) -> Result<PgConn> {
    // A retirement from here on may concern this connection as well.
    let generation = meter.availability.generation();
    let client = connect_plain(target).await?;
    client.batch_execute(PLANNER_SETTINGS).await.map_err(|e| Error::from_postgres("SET", e))?;
    let prepare = Query::ALL
        .iter()
        .map(|sql| async { client.prepare(sql.pg).await.map_err(|e| Error::from_postgres(sql.name, e)) });
    let statements = try_join_all(prepare).await?;
    let gather = StatementCoalescer::prepare(&client, &statements).await?;
    // With shards on several machines there is no single last transaction.
    let known = ValidDeviceCache::new(!gather.by_shard);
    let (dropped, alone) = (AtomicBool::new(false), AtomicUsize::new(0));
    Ok(PgConn {
        client,
        statements,
        coalescer: gather,
        valid_devices: known,
        side,
        counters: meter.clone(),
        generation,
        dropped,
        single_statements: alone,
    })
}
