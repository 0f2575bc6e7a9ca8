//! PostgreSQL: a few writing lanes and a few shared reading connections, all pipelining.
//!
//! Invariant: a lost connection costs the commands that were on it, which are answered "unavailable"; the next ones get
//! a new connection. Nothing waits for a database that is silent longer than [`SILENCE`] and a connection attempt.

use crate::error::words;
use crate::failpoint::{self, Point};
use crate::meter::{Meter, count};
use crate::queries::Q;
use crate::turn::{self, Lane, PARCELS, Parcel, unavailable};
use crate::tx::On;
use crate::value::V;
use crate::write::Job;
use crate::{Error, Result, Tx, tls};
use futures_util::future::{join, try_join_all};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::RwLock;
use tokio_postgres::{Client, Config, RowStream, Statement};
use tokio_postgres_rustls::MakeRustlsConnect;

/// How long one connection attempt may take.
const CONNECT: Duration = Duration::from_secs(5);
/// How long a transaction or a read may take before its connection is given up: the database is frozen, or the network
/// swallows what is sent.
const SILENCE: Duration = Duration::from_secs(10);
/// For how long after a failed attempt nobody else of a reader's waits for another.
const PAUSE: Duration = Duration::from_secs(1);
/// How often a command that met another transaction is run again.
const CONFLICTS: usize = 10;

/// A connection with every statement prepared.
pub(crate) struct PgConn {
    client: Client,
    statements: Vec<Statement>,
    /// It was silent for too long.
    silent: AtomicBool,
}

fn silence() -> Error {
    Error::Unavailable(format!("the database did not answer within {} seconds", SILENCE.as_secs()))
}

impl PgConn {
    pub(crate) async fn execute(&self, q: Q, params: &[V<'_>]) -> Result<u64, tokio_postgres::Error> {
        self.client.execute_raw(&self.statements[q as usize], params.iter().copied()).await
    }

    /// Whether it is of no use any more.
    fn is_lost(&self) -> bool {
        self.client.is_closed() || self.silent.load(Ordering::Relaxed)
    }

    /// Waits for an answer, but not for ever.
    pub(crate) async fn bounded<T>(&self, answer: impl Future<Output = Result<T>>) -> Result<T> {
        match tokio::time::timeout(SILENCE, answer).await {
            Ok(answer) => answer,
            Err(_) => {
                self.silent.store(true, Ordering::Relaxed);
                Err(silence())
            }
        }
    }

    pub(crate) async fn query(&self, q: Q, params: &[V<'_>]) -> Result<RowStream, tokio_postgres::Error> {
        self.client.query_raw(&self.statements[q as usize], params.iter().copied()).await
    }
}

/// Where the database is, and how its connections are protected.
#[derive(Clone)]
pub(crate) struct Target {
    config: Config,
    tls: MakeRustlsConnect,
}

/// Reads a `postgres://` URL.
pub(crate) fn target(url: &str) -> Result<Target> {
    let (url, verify) = tls::split(url)?;
    let mut config: Config = url.parse().map_err(|e| {
        Error::Open(format!("the database URL cannot be read ({e}); write postgres://user:password@host:5432/name"))
    })?;
    config.connect_timeout(CONNECT).application_name("opendrs");
    Ok(Target { config, tls: tls::connector(&verify)? })
}

pub(crate) async fn plain(Target { config, tls }: &Target) -> Result<Client> {
    let connected = tokio::time::timeout(SILENCE, config.connect(tls.clone())).await.map_err(|_| silence())?;
    let (client, driver) = connected.map_err(|e| Error::Unavailable(words(&e)))?;
    tokio::spawn(async move {
        if let Err(error) = driver.await {
            tracing::warn!(%error, "a database connection ended");
        }
    });
    Ok(client)
}

async fn connect(target: &Target, meter: &Meter) -> Result<PgConn> {
    count(&meter.connects);
    tokio::time::timeout(SILENCE, prepared(target)).await.unwrap_or_else(|_| Err(silence()))
}

async fn prepared(target: &Target) -> Result<PgConn> {
    let client = plain(target).await?;
    let prepare = Q::ALL.iter().map(|sql| async { client.prepare(sql.pg).await.map_err(|e| Error::pg(sql.name, e)) });
    let statements = try_join_all(prepare).await?;
    Ok(PgConn { client, statements, silent: AtomicBool::new(false) })
}

/// A reading connection, and how the last attempt to replace it failed.
struct Place {
    conn: Arc<PgConn>,
    failed: Option<(Instant, String)>,
}

/// Reading connections: a client pipelines, so readers share them and nobody checks one out.
pub(crate) struct Readers {
    target: Target,
    conns: Vec<RwLock<Place>>,
    next: AtomicUsize,
    meter: Arc<Meter>,
}

impl Readers {
    pub(crate) async fn open(target: &Target, count: usize, meter: Arc<Meter>) -> Result<Self> {
        let conns = try_join_all((0..count).map(|_| connect(target, &meter))).await?;
        let conns = conns.into_iter().map(|conn| RwLock::new(Place { conn: Arc::new(conn), failed: None })).collect();
        Ok(Self { target: target.clone(), conns, next: AtomicUsize::new(0), meter })
    }

    /// Where the database is.
    pub(crate) fn target(&self) -> &Target {
        &self.target
    }

    /// The next connection, made anew if it was lost.
    pub(crate) async fn take(&self) -> Result<Arc<PgConn>> {
        let place = &self.conns[self.next.fetch_add(1, Ordering::Relaxed) % self.conns.len()];
        let conn = place.read().await.conn.clone();
        if !conn.is_lost() {
            return Ok(conn);
        }
        let mut place = place.write().await;
        if place.conn.is_lost() {
            if let Some((at, words)) = &place.failed
                && at.elapsed() < PAUSE
            {
                return Err(Error::Unavailable(words.clone()));
            }
            match connect(&self.target, &self.meter).await {
                Ok(conn) => *place = Place { conn: Arc::new(conn), failed: None },
                Err(error) => {
                    #[expect(clippy::disallowed_methods, reason = "a bound on waiting for a peer, not a delay")]
                    let now = Instant::now();
                    place.failed = Some((now, error.to_string()));
                    return Err(error);
                }
            }
        }
        Ok(place.conn.clone())
    }
}

/// Opens a lane's first connection and starts its task; it ends when the last [`crate::Db`] is gone.
pub(crate) async fn start_lane(target: &Target, mut lane: Lane, meter: Arc<Meter>) -> Result<()> {
    let (mut conn, target) = (connect(target, &meter).await?, target.clone());
    tokio::spawn(async move {
        let mut batch: Vec<Parcel> = Vec::with_capacity(PARCELS);
        while lane.recv_many(&mut batch, PARCELS).await > 0 {
            if conn.is_lost() {
                match connect(&target, &meter).await {
                    Ok(new) => conn = new,
                    Err(error) => {
                        unavailable(&mut batch, &error);
                        continue;
                    }
                }
            }
            let counted = meter.batch(batch.iter().map(|parcel| parcel.jobs.len()).sum());
            let done = conn.bounded(attempt(&conn, &mut batch)).await;
            counted.ended(done.is_ok());
            if done.is_ok() {
                turn::done(&mut batch);
            } else if conn.is_lost() {
                // Whether it was committed is not known; on this connection nothing more can be tried.
                unavailable(&mut batch, &done.err().unwrap_or_else(silence));
            } else {
                for parcel in batch.drain(..).flat_map(Parcel::split) {
                    one_by_one(&conn, parcel).await;
                }
            }
        }
    });
    Ok(())
}

async fn one_by_one(conn: &PgConn, parcel: Parcel) {
    let mut one = [parcel];
    let mut result = conn.bounded(attempt(conn, &mut one)).await;
    let mut looked_again = false;
    for _ in 0..CONFLICTS {
        match &result {
            Err(error) if error.is_conflict() => {}
            // A key that was free when the command looked: another node was quicker. One more look will find it taken.
            Err(error) if error.is_taken() && !looked_again => looked_again = true,
            _ => break,
        }
        result = conn.bounded(attempt(conn, &mut one)).await;
    }
    let [parcel] = one;
    parcel.answer_one(result);
}

async fn attempt(conn: &PgConn, batch: &mut [Parcel]) -> Result<()> {
    let mut jobs: Vec<_> = batch.iter_mut().flat_map(|parcel| &mut parcel.jobs).collect();
    // One order of locks on every node: fewer deadlocks.
    jobs.sort_by_key(|job| job.key());
    // Commands of one key in their order; different keys share the connection's pipeline.
    let mut groups: Vec<Vec<&mut Box<dyn Job>>> = Vec::with_capacity(jobs.len());
    let mut place: HashMap<u64, usize> = HashMap::with_capacity(jobs.len());
    for job in jobs {
        let at = *place.entry(job.key()).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        groups[at].push(job);
    }
    let work = try_join_all(groups.into_iter().map(|group| async move {
        for job in group {
            job.run(&mut Tx::new(On::Pg(conn))).await?;
        }
        Ok::<_, Error>(())
    }));
    // `join` polls BEGIN first, so it is first on the wire and costs no round trip of its own.
    let (begun, worked) = join(conn.client.batch_execute("BEGIN"), work).await;
    match begun.map_err(|e| Error::pg("BEGIN", e)).and(worked) {
        Ok(_) => {
            failpoint::reached(Point::BatchApplied);
            conn.client.batch_execute("COMMIT").await.map_err(|e| Error::pg("COMMIT", e))?;
            failpoint::reached(Point::BatchCommitted);
            Ok(())
        }
        Err(error) => {
            let _ = conn.client.batch_execute("ROLLBACK").await;
            Err(error)
        }
    }
}
