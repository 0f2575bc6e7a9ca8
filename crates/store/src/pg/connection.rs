//! A connection to PostgreSQL: how it is made, what is asked on it, when it is given up.
//!
//! Not here: what a transaction sends ([`super::transaction`]). Invariant: every connection ends at a server that takes
//! writes: it is asked when it is made, and dropped when it answers that it no longer does, as after a failover. Nothing
//! waits for a silent database longer than [`RESPONSE_TIMEOUT`] and a connection attempt.

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

/// For how long after a failed attempt to connect nobody else waits for another.
pub(super) const RECONNECT_PAUSE: Duration = Duration::from_secs(1);
/// How long a transaction or a read may take before its connection is given up: the database is frozen, or the network
/// swallows what is sent.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(10);
/// Every statement finds its rows by an index and is planned once. Left to itself the planner would believe what it knew
/// of a table when the table was small.
pub(super) const PLANNER_SETTINGS: &str =
    "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET enable_bitmapscan = off;
    SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_memoize = off";

/// A connection with every statement prepared.
pub(crate) struct PgConn {
    pub(super) client: Client,
    statements: Vec<Statement>,
    pub(crate) coalescer: StatementCoalescer,
    /// What is known of devices; as old as the connection.
    pub(crate) valid_devices: ValidDeviceCache,
    side: StoreSide,
    counters: Arc<StoreCounters>,
    /// See [`crate::reach::Reach::is_over`].
    generation: u64,
    /// It was silent for too long, or an error called for another connection.
    dropped: AtomicBool,
    /// How many statements that go by themselves are under way.
    single_statements: AtomicUsize,
}

/// A statement under way that goes by itself.
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

/// What is asked outside of a transaction; see [`PgConn::answer`].
impl PgConn {
    /// Asks along with others; `None` if this is a statement that is sent by itself.
    pub(crate) fn enqueue(&self, q: Query, params: &[Value<'_>]) -> Option<PendingResult> {
        self.coalescer.enqueue(q, params, false).inspect(|_| self.coalescer.wakeup.notify_one())
    }

    /// Sends what is asked, as long as anybody has the connection. What comes meanwhile is sent when that was answered.
    pub(super) async fn flush_until_unused(conn: Weak<Self>) {
        let Some(asked) = conn.upgrade().map(|conn| conn.coalescer.wakeup.clone()) else { return };
        loop {
            asked.notified().await;
            let Some(conn) = conn.upgrade() else { return };
            // Who asked was told what came of it; a database that is silent must not keep the connection.
            let _ = conn.with_timeout(conn.coalescer.flush(&conn.client)).await;
        }
    }
}

impl Drop for PgConn {
    fn drop(&mut self) {
        // Lets `answer` see that nobody has the connection any more.
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

    /// Whether anything is under way that what is asked now would wait for.
    pub(super) fn has_single_statements(&self) -> bool {
        self.single_statements.load(Ordering::Relaxed) > 0
    }

    /// Whether it is of no use any more.
    pub(super) fn is_lost(&self) -> bool {
        let dropped = self.client.is_closed() || self.dropped.load(Ordering::Relaxed);
        dropped || self.counters.availability.is_retired(self.generation)
    }

    /// Waits for an answer, but not for ever. All that is asked of the connection passes here: an error that calls for
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

/// Makes a connection and ends it. The words of a failure say what to look at, by whether the server answered at all.
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

/// Makes a connection; fails with nothing where no answer came in time.
async fn open_connection(
    PgTarget { config, tls }: &PgTarget,
) -> std::result::Result<Client, Option<tokio_postgres::Error>> {
    let connected = tokio::time::timeout(RESPONSE_TIMEOUT, config.connect(tls.clone())).await.map_err(|_| None)?;
    let (client, driver) = connected.map_err(Some)?;
    tokio::spawn(async move {
        if let Err(error) = driver.await {
            // Whoever needs the connection says so in the log, once for all of them.
            tracing::debug!(%error, "a database connection ended");
        }
    });
    Ok(client)
}

/// Why no connection was made. The driver's words for a server that takes no writes do not say what to do.
fn refusal_message(error: &tokio_postgres::Error) -> String {
    let words = driver_message(error);
    match words.contains("does not allow writes") {
        true => {
            "the database takes no writes: it is a standby, or `default_transaction_read_only` is on. Name a server \
                 that takes writes, or all of them: postgres://user@one:5432,two:5432/name"
                .into()
        }
        false => trust::explain_tls_error(words),
    }
}

/// Makes a connection for one side.
pub(super) async fn connect(target: &PgTarget, side: StoreSide, meter: &Arc<StoreCounters>) -> Result<PgConn> {
    increment(&meter.connects);
    let connected = tokio::time::timeout(RESPONSE_TIMEOUT, connect_prepared(target, side, meter)).await;
    let connected = connected.unwrap_or_else(|_| Err(timeout_error()));
    meter.availability.record(side, &connected);
    connected.map_err(hide_connection_loss)
}

async fn connect_prepared(target: &PgTarget, side: StoreSide, meter: &Arc<StoreCounters>) -> Result<PgConn> {
    // What happens from here on may concern this connection as well.
    let generation = meter.availability.generation();
    let client = connect_plain(target).await?;
    client.batch_execute(PLANNER_SETTINGS).await.map_err(|e| Error::from_postgres("SET", e))?;
    let prepare = Query::ALL
        .iter()
        .map(|sql| async { client.prepare(sql.pg).await.map_err(|e| Error::from_postgres(sql.name, e)) });
    let statements = try_join_all(prepare).await?;
    let gather = StatementCoalescer::prepare(&client, &statements).await?;
    // Spread over machines, there is no transaction that was the last.
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
