//! Reading connections, shared by all calls: a client pipelines, so nobody checks one out.
//!
//! They live on a thread of their own. What calls ask of a connection while it is being asked already goes out together,
//! by statement ([`super::gather`]). Invariant: a connection that was lost is replaced by the next that needs it; who
//! comes while that fails is told so at once.

use super::{PAUSE, PgConn, Target, connect};
use crate::meter::Meter;
use crate::reach::Side;
use crate::{Error, Result};
use futures_util::future::try_join_all;
use std::sync::Arc;
use std::time::Instant;
use tokio::runtime::{Builder, Handle};
use tokio::sync::{RwLock, oneshot};

/// How many calls use a connection before others take the next one.
const SHARE: usize = 32;

/// A reading connection, and how the last attempt to replace it failed.
struct Place {
    conn: Arc<PgConn>,
    failed: Option<(Instant, Error)>,
}

/// The readers of a store.
pub(crate) struct Readers {
    target: Target,
    conns: Vec<RwLock<Place>>,
    meter: Arc<Meter>,
    home: Home,
}

/// The thread on which connections live; it ends with this.
struct Home {
    thread: Handle,
    _alive: oneshot::Sender<()>,
}

impl Home {
    fn start() -> std::io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let thread = runtime.handle().clone();
        let (alive, ended) = oneshot::channel();
        let work = move || runtime.block_on(ended).unwrap_or_default();
        std::thread::Builder::new().name("store-reader".into()).spawn(work)?;
        Ok(Self { thread, _alive: alive })
    }

    async fn connect(&self, target: &Target, meter: &Arc<Meter>) -> Result<Arc<PgConn>> {
        let (target, meter) = (target.clone(), meter.clone());
        let connected = self.thread.spawn(async move {
            let conn = Arc::new(connect(&target, Side::Read, &meter).await?);
            tokio::spawn(PgConn::answer(Arc::downgrade(&conn)));
            Ok(conn)
        });
        connected.await.unwrap_or_else(|e| Err(Error::Unavailable(e.to_string())))
    }
}

impl Readers {
    pub(crate) async fn open(target: &Target, count: usize, meter: Arc<Meter>) -> Result<Self> {
        let home = Home::start().map_err(|e| Error::Open(format!("cannot start the readers' thread: {e}")))?;
        let conns = try_join_all((0..count).map(|_| home.connect(target, &meter))).await?;
        let conns = conns.into_iter().map(|conn| RwLock::new(Place { conn, failed: None })).collect();
        Ok(Self { target: target.clone(), conns, meter, home })
    }

    /// Where the database is.
    pub(crate) fn target(&self) -> &Target {
        &self.target
    }

    /// The first connection that is well, has room, and is not asked anything that goes by itself: few sets of many cost a
    /// database less than many of few. Only where all that are well are busy is one that was lost made anew.
    pub(crate) async fn take(&self) -> Result<Arc<PgConn>> {
        let (mut lost, mut busy): (_, Option<Arc<PgConn>>) = (None, None);
        for place in &self.conns {
            // Who makes one anew is not waited for.
            let Ok(held) = place.try_read() else { continue };
            let conn = held.conn.clone();
            if conn.is_lost() {
                lost.get_or_insert(place);
            } else if Arc::strong_count(&conn) <= SHARE && !conn.is_asked_alone() {
                return Ok(conn);
            } else if busy.as_ref().is_none_or(|other| Arc::strong_count(&conn) < Arc::strong_count(other)) {
                busy = Some(conn);
            }
        }
        match (lost, busy) {
            (None, Some(conn)) => Ok(conn),
            (Some(place), Some(conn)) => Ok(self.again(place).await.unwrap_or(conn)),
            (Some(place), None) => self.again(place).await,
            (None, None) => self.again(&self.conns[0]).await,
        }
    }

    /// A connection that was lost, made anew, unless another call has done so.
    async fn again(&self, place: &RwLock<Place>) -> Result<Arc<PgConn>> {
        let mut place = place.write().await;
        if place.conn.is_lost() {
            if let Some((at, error)) = &place.failed
                && at.elapsed() < PAUSE
            {
                return Err(error.again());
            }
            match self.home.connect(&self.target, &self.meter).await {
                Ok(conn) => *place = Place { conn, failed: None },
                Err(error) => {
                    #[expect(clippy::disallowed_methods, reason = "a bound on waiting for a peer, not a delay")]
                    let now = Instant::now();
                    place.failed = Some((now, error.again()));
                    return Err(error);
                }
            }
        }
        Ok(place.conn.clone())
    }
}
