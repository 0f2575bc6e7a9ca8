//! PostgreSQL: one writing connection and a few shared reading ones, all pipelining.
//!
//! What is here: one connection. [`writer`] writes, [`readers`] reads, [`gather`] makes one statement of many,
//! [`transaction`] sends them, [`known`] remembers which devices were found in good standing.
//! What each error calls for is in one table ([`sqlstate`]). Every connection ends at a server that takes writes: it is
//! asked when it is made, and dropped when it answers that it does not any more, as after a failover.
//! Invariant: a lost connection costs the commands that were on it, which are answered "unavailable"; the next ones get
//! a new connection. Nothing waits for a database that is silent longer than [`SILENCE`] and a connection attempt.

mod column;
mod gather;
mod known;
mod many;
#[cfg(test)]
mod plans;
mod readers;
pub(crate) mod sqlstate;
mod transaction;
mod url;
mod writer;

pub(crate) use gather::Answer;
pub(crate) use known::Known;
pub(crate) use readers::Readers;
pub(crate) use url::{Target, target};
pub(crate) use writer::start_writer;

use crate::error::words;
use crate::meter::{Meter, count};
use crate::queries::Q;
use crate::reach::{Side, outside};
use crate::value::V;
use crate::{Error, Result, trust};
use futures_util::TryStreamExt;
use futures_util::future::try_join_all;
use gather::Gather;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio_postgres::{Client, Row, Statement};

/// For how long after a failed attempt to connect nobody else waits for another.
const PAUSE: Duration = Duration::from_secs(1);
/// How long a transaction or a read may take before its connection is given up: the database is frozen, or the network
/// swallows what is sent.
const SILENCE: Duration = Duration::from_secs(10);
/// Every statement finds its rows by an index and is planned once. Left to itself the planner would believe what it knew
/// of a table when the table was small.
const PLANS: &str = "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET enable_bitmapscan = off;
    SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_memoize = off";

/// A connection with every statement prepared.
pub(crate) struct PgConn {
    client: Client,
    statements: Vec<Statement>,
    pub(crate) gather: Gather,
    /// What is known of devices; as old as the connection.
    pub(crate) known: Known,
    side: Side,
    meter: Arc<Meter>,
    /// See [`crate::reach::Reach::is_over`].
    generation: u64,
    /// It was silent for too long, or an error called for another connection.
    dropped: AtomicBool,
    /// How many statements that go by themselves are under way.
    alone: AtomicUsize,
}

/// A statement under way that goes by itself.
struct Alone<'c>(&'c AtomicUsize);

impl<'c> Alone<'c> {
    fn begin(count: &'c AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Alone<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What is asked outside of a transaction; see [`PgConn::answer`].
impl PgConn {
    /// Asks along with others; `None` if this is a statement that is sent by itself.
    pub(crate) fn ask(&self, q: Q, params: &[V<'_>]) -> Option<Answer> {
        self.gather.ask(q, params, false).inspect(|_| self.gather.asked.notify_one())
    }

    /// Sends what is asked, as long as anybody has the connection. What comes meanwhile is sent when that was answered.
    async fn answer(conn: Weak<Self>) {
        let Some(asked) = conn.upgrade().map(|conn| conn.gather.asked.clone()) else { return };
        loop {
            asked.notified().await;
            let Some(conn) = conn.upgrade() else { return };
            // Who asked was told what came of it; a database that is silent must not keep the connection.
            let _ = conn.bounded(conn.gather.flush(&conn.client)).await;
        }
    }
}

impl Drop for PgConn {
    fn drop(&mut self) {
        // Lets `answer` see that nobody has the connection any more.
        self.gather.asked.notify_one();
    }
}

fn silent() -> String {
    format!("the database did not answer within {} seconds", SILENCE.as_secs())
}

fn silence() -> Error {
    Error::Unavailable(silent())
}

impl PgConn {
    pub(crate) async fn execute(&self, q: Q, params: &[V<'_>]) -> Result<u64> {
        let _alone = Alone::begin(&self.alone);
        let done = self.client.execute_raw(&self.statements[q as usize], params.iter().copied()).await;
        done.map_err(|e| Error::pg(q.sql().name, e))
    }

    /// Whether anything is under way that what is asked now would wait for.
    fn is_asked_alone(&self) -> bool {
        self.alone.load(Ordering::Relaxed) > 0
    }

    /// Whether it is of no use any more.
    fn is_lost(&self) -> bool {
        let dropped = self.client.is_closed() || self.dropped.load(Ordering::Relaxed);
        dropped || self.meter.reach.is_over(self.generation)
    }

    /// Waits for an answer, but not for ever. All that is asked of the connection passes here: an error that calls for
    /// another connection drops this one.
    pub(crate) async fn bounded<T>(&self, answer: impl Future<Output = Result<T>>) -> Result<T> {
        let lost = |_| Err(Error::Lost { why: silent(), read_only: false });
        let answer = tokio::time::timeout(SILENCE, answer).await.unwrap_or_else(lost);
        self.meter.reach.note(self.side, &answer);
        if let Err(Error::Lost { read_only, .. }) = answer {
            self.dropped.store(true, Ordering::Relaxed);
            if read_only {
                self.meter.reach.end(self.generation);
            }
        }
        answer.map_err(outside)
    }

    pub(crate) async fn query(&self, q: Q, params: &[V<'_>]) -> Result<Vec<Row>> {
        let _alone = Alone::begin(&self.alone);
        let found = async {
            let rows = self.client.query_raw(&self.statements[q as usize], params.iter().copied()).await?;
            rows.try_collect().await
        };
        found.await.map_err(|e| Error::pg(q.sql().name, e))
    }
}

pub(crate) async fn plain(target: &Target) -> Result<Client> {
    made(target).await.map_err(|error| error.map_or_else(silence, |e| Error::Unavailable(refused(&e))))
}

/// Makes a connection and ends it. The words of a failure say what to look at, by whether the server answered at all.
pub(crate) async fn meet(target: &Target) -> Result<()> {
    let Err(error) = made(target).await else { return Ok(()) };
    let code = error.as_ref().and_then(tokio_postgres::Error::code).map(|code| code.code().to_owned());
    let advice = match code {
        None => ". Is PostgreSQL running there? Check host, port, name, user and password of --database-url",
        Some(code) if ["28", "3D"].iter().any(|class| code.starts_with(class)) => {
            ". Check name, user and password of --database-url"
        }
        Some(_) => "",
    };
    Err(Error::Unavailable(format!("{}{advice}", error.map_or_else(silent, |e| refused(&e)))))
}

/// Makes a connection; fails with nothing where no answer came in time.
async fn made(Target { config, tls }: &Target) -> std::result::Result<Client, Option<tokio_postgres::Error>> {
    let connected = tokio::time::timeout(SILENCE, config.connect(tls.clone())).await.map_err(|_| None)?;
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
fn refused(error: &tokio_postgres::Error) -> String {
    let words = words(error);
    match words.contains("does not allow writes") {
        true => {
            "the database takes no writes: it is a standby, or `default_transaction_read_only` is on. Name a server \
                 that takes writes, or all of them: postgres://user@one:5432,two:5432/name"
                .into()
        }
        false => trust::explained(words),
    }
}

/// Makes a connection for one side.
async fn connect(target: &Target, side: Side, meter: &Arc<Meter>) -> Result<PgConn> {
    count(&meter.connects);
    let connected = tokio::time::timeout(SILENCE, prepared(target, side, meter)).await;
    let connected = connected.unwrap_or_else(|_| Err(silence()));
    meter.reach.note(side, &connected);
    connected.map_err(outside)
}

async fn prepared(target: &Target, side: Side, meter: &Arc<Meter>) -> Result<PgConn> {
    // What happens from here on may concern this connection as well.
    let generation = meter.reach.generation();
    let client = plain(target).await?;
    client.batch_execute(PLANS).await.map_err(|e| Error::pg("SET", e))?;
    let prepare = Q::ALL.iter().map(|sql| async { client.prepare(sql.pg).await.map_err(|e| Error::pg(sql.name, e)) });
    let statements = try_join_all(prepare).await?;
    let gather = Gather::prepare(&client, &statements).await?;
    // Spread over machines, there is no transaction that was the last.
    let known = Known::new(!gather.by_shard);
    let (dropped, alone) = (AtomicBool::new(false), AtomicUsize::new(0));
    Ok(PgConn { client, statements, gather, known, side, meter: meter.clone(), generation, dropped, alone })
}
