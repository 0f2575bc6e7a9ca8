//! PostgreSQL: a few writing lanes and a few shared reading connections, all pipelining.
//!
//! Invariant: a lost connection costs the commands that were on it, which are answered "unavailable"; the next ones get
//! a new connection. Nothing waits for the database longer than a connection attempt.

use crate::error::words;
use crate::failpoint::{self, Point};
use crate::meter::{Meter, count};
use crate::queries::Q;
use crate::turn::{self, Lane, PARCELS, Parcel, unavailable};
use crate::tx::On;
use crate::value::V;
use crate::write::Job;
use crate::{Error, Result, Tx};
use futures_util::future::{join, try_join_all};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::RwLock;
use tokio_postgres::{Client, Config, NoTls, RowStream, Statement};

/// How long one connection attempt may take.
const CONNECT: Duration = Duration::from_secs(5);
/// How often a command that met another transaction is run again.
const CONFLICTS: usize = 10;

/// A connection with every statement prepared.
pub(crate) struct PgConn {
    client: Client,
    statements: Vec<Statement>,
}

impl PgConn {
    pub(crate) async fn execute(&self, q: Q, params: &[V<'_>]) -> Result<u64, tokio_postgres::Error> {
        self.client.execute_raw(&self.statements[q as usize], params.iter().copied()).await
    }

    pub(crate) async fn query(&self, q: Q, params: &[V<'_>]) -> Result<RowStream, tokio_postgres::Error> {
        self.client.query_raw(&self.statements[q as usize], params.iter().copied()).await
    }
}

/// Reads a `postgres://` URL.
pub(crate) fn config(url: &str) -> Result<Config> {
    let mut config: Config = url.parse().map_err(|e| {
        Error::Open(format!("the database URL cannot be read ({e}); write postgres://user:password@host:5432/name"))
    })?;
    config.connect_timeout(CONNECT).application_name("opendrs");
    Ok(config)
}

pub(crate) async fn plain(config: &Config) -> Result<Client> {
    let (client, driver) = config.connect(NoTls).await.map_err(|e| Error::Unavailable(words(&e)))?;
    tokio::spawn(async move {
        if let Err(error) = driver.await {
            tracing::warn!(%error, "a database connection ended");
        }
    });
    Ok(client)
}

async fn connect(config: &Config, meter: &Meter) -> Result<PgConn> {
    count(&meter.connects);
    let client = plain(config).await?;
    let prepare = Q::ALL.iter().map(|sql| async { client.prepare(sql.pg).await.map_err(|e| Error::pg(sql.name, e)) });
    let statements = try_join_all(prepare).await?;
    Ok(PgConn { client, statements })
}

/// Reading connections: a client pipelines, so readers share them and nobody checks one out.
pub(crate) struct Readers {
    config: Config,
    conns: Vec<RwLock<Arc<PgConn>>>,
    next: AtomicUsize,
    meter: Arc<Meter>,
}

impl Readers {
    pub(crate) async fn open(config: &Config, count: usize, meter: Arc<Meter>) -> Result<Self> {
        let conns = try_join_all((0..count).map(|_| connect(config, &meter))).await?;
        let conns = conns.into_iter().map(|conn| RwLock::new(Arc::new(conn))).collect();
        Ok(Self { config: config.clone(), conns, next: AtomicUsize::new(0), meter })
    }

    /// The next connection, made anew if it was lost.
    pub(crate) async fn take(&self) -> Result<Arc<PgConn>> {
        let place = &self.conns[self.next.fetch_add(1, Ordering::Relaxed) % self.conns.len()];
        let conn = place.read().await.clone();
        if !conn.client.is_closed() {
            return Ok(conn);
        }
        let mut place = place.write().await;
        if place.client.is_closed() {
            *place = Arc::new(connect(&self.config, &self.meter).await?);
        }
        Ok(place.clone())
    }
}

/// Opens a lane's first connection and starts its task; it ends when the last [`crate::Db`] is gone.
pub(crate) async fn start_lane(config: &Config, mut lane: Lane, meter: Arc<Meter>) -> Result<()> {
    let (mut conn, config) = (connect(config, &meter).await?, config.clone());
    tokio::spawn(async move {
        let mut batch: Vec<Parcel> = Vec::with_capacity(PARCELS);
        while lane.recv_many(&mut batch, PARCELS).await > 0 {
            if conn.client.is_closed() {
                match connect(&config, &meter).await {
                    Ok(new) => conn = new,
                    Err(error) => {
                        unavailable(&mut batch, &error);
                        continue;
                    }
                }
            }
            let counted = meter.batch(batch.iter().map(|parcel| parcel.jobs.len()).sum());
            let done = attempt(&conn, &mut batch).await;
            counted.ended(done.is_ok());
            if done.is_ok() {
                turn::done(&mut batch);
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
    let mut result = attempt(conn, &mut one).await;
    let mut looked_again = false;
    for _ in 0..CONFLICTS {
        match &result {
            Err(error) if error.is_conflict() => {}
            // A key that was free when the command looked: another node was quicker. One more look will find it taken.
            Err(error) if error.is_taken() && !looked_again => looked_again = true,
            _ => break,
        }
        result = attempt(conn, &mut one).await;
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
