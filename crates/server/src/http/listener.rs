//! The accept loop.
//!
//! A listener speaks TLS to everybody or to nobody: who speaks plain HTTP to one that has a certificate is told so, and
//! served nothing. Invariant: a taken port is refused at the start (no port sharing), a slow or silent client costs one bounded
//! connection, and a stop lets every answer under way finish.

use super::per_address::PerAddress;
use super::threads::Threads;
use super::wire::Wire;
use crate::Routes;
use crate::metrics::Meters;
use crate::refusals::Refused;
use crate::site::Site;
use axum::body::Body;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// How long a stop waits for answers under way. Container engines end a process 10 seconds after they told it to stop.
pub(crate) const DRAIN: Duration = Duration::from_secs(7);
/// How long a stop waits for the rest of a request that nobody answers yet.
const REMAINDER: Duration = Duration::from_secs(2);
/// How long a handshake may take; a small device needs seconds for its sums.
const HANDSHAKE: Duration = Duration::from_secs(15);

/// How long the end of a connection may take on which something went wrong.
const FAREWELL: Duration = Duration::from_secs(2);

/// Bounds on connections.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How many connections may be open.
    pub connections: usize,
    /// How many of one address may be open; 0 for any number. The addresses of our proxies are not counted.
    pub per_address: u32,
    /// How long a connection may go without an answer, idle or sending a head; it is closed within twice that.
    pub head_timeout: Duration,
    /// Room for a request's line and headers, in bytes.
    pub head_bytes: usize,
}

/// A bound listener.
pub struct Listener {
    inner: TcpListener,
    limits: Limits,
    tls: Option<TlsAcceptor>,
}

impl Listener {
    /// Binds an address.
    ///
    /// # Errors
    /// A sentence that says what to do, when the address is taken or not ours.
    pub async fn bind(key: &str, address: &str, limits: Limits) -> Result<Self, String> {
        // The address of all roles alone has an option.
        let option = if key == "server.listen" { " (--listen)" } else { "" };
        let inner = TcpListener::bind(address).await.map_err(|e| match e.kind() {
            std::io::ErrorKind::AddrInUse => {
                format!("{address} is in use: stop the other program, or choose another address with {key}{option}")
            }
            _ => format!("cannot listen on {address}: {e}. Set {key}{option} to HOST:PORT of this machine"),
        })?;
        Ok(Self { inner, limits, tls: None })
    }

    /// Lets it speak TLS, if there is something to do so with, and plain HTTP otherwise.
    #[must_use]
    pub fn with_tls(self, tls: Option<TlsAcceptor>) -> Self {
        Self { tls, ..self }
    }

    /// The address it listens on; the port is the real one where 0 was asked for.
    ///
    /// # Errors
    /// The system's words.
    pub fn address(&self) -> Result<SocketAddr, String> {
        self.inner.local_addr().map_err(|e| e.to_string())
    }

    /// Serves until `stop` turns true and the answers under way are finished.
    pub async fn serve(self, site: Arc<Site>, routes: Routes, mut stop: watch::Receiver<bool>) {
        let places = Arc::new(Semaphore::new(self.limits.connections));
        let addresses = PerAddress::new(self.limits.per_address);
        let threads = match Threads::start(&site.app.db) {
            Ok(threads) => threads,
            Err(error) => return tracing::error!(%error, "no thread to serve with: raise the limit on threads"),
        };
        loop {
            let place = places.clone().acquire_owned();
            let accepted = tokio::select! {
                biased;
                () = stopped(&mut stop) => break,
                accepted = async { (place.await, self.inner.accept().await) } => accepted,
            };
            let (Ok(place), Ok((stream, peer))) = accepted else {
                // Out of descriptors, mostly: the next one may fare better, a little later.
                pause().await;
                continue;
            };
            let counted = addresses.counts() && !site.proxies.has(peer.ip());
            let among = counted.then(|| addresses.enter(peer.ip()));
            if let Some(None) = among {
                let why = format_args!("{} are open", self.limits.per_address);
                site.refusals.note(
                    site.app.real_time(),
                    Refused::Connection,
                    &super::forwarded::network(peer.ip()),
                    "",
                    why,
                );
                continue;
            }
            // Its readiness is watched by the loop that serves it.
            let Ok(stream) = stream.into_std() else { continue };
            let (limits, tls) = (self.limits, self.tls.clone());
            let caller = Caller { peer, limits, site: site.clone(), routes: routes.clone(), stop: stop.clone() };
            threads.spawn(async move {
                if let Ok(stream) = TcpStream::from_std(stream) {
                    let _counted = Meters::connected(&caller.site);
                    let _ = stream.set_nodelay(true);
                    match tls {
                        None => caller.serve(stream).await,
                        Some(tls) => Box::pin(caller.greet(stream, tls)).await,
                    }
                }
                drop((place, among));
            });
        }
        drop(self.inner);
        let all = u32::try_from(self.limits.connections).unwrap_or(u32::MAX);
        if tokio::time::timeout(DRAIN, places.acquire_many(all)).await.is_err() {
            tracing::warn!("some connections did not end in time");
        }
    }
}

/// How long no connection is taken after one could not be: trying at once would take a core until a descriptor is free.
const PAUSE: Duration = Duration::from_millis(10);

#[expect(clippy::disallowed_methods, reason = "nothing tells when a descriptor is free")]
async fn pause() {
    tokio::time::sleep(PAUSE).await;
}

/// Waits until `stop` turns true, or nobody is left to turn it.
pub(crate) async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

/// What a connection has done of late. A timer set anew for each request would be a good part of a call's time; this one
/// looks back once a period.
#[derive(Default)]
struct Pace {
    /// A request is being answered.
    busy: AtomicBool,
    /// How many were.
    answered: AtomicU64,
}

impl Pace {
    /// Waits until a whole period passed without an answer and without a request being answered: the client is idle, or
    /// sends its head too slowly.
    #[expect(clippy::disallowed_methods, reason = "a bound on waiting for a peer, not a delay")]
    async fn too_slow(&self, period: Duration) {
        let mut before = self.answered.load(Ordering::Relaxed);
        loop {
            tokio::time::sleep(period).await;
            let now = self.answered.load(Ordering::Relaxed);
            if now == before && !self.busy.load(Ordering::Relaxed) {
                return;
            }
            before = now;
        }
    }
}

/// What a protected listener found at the other end.
enum Greeted {
    Protected(Box<TlsStream<TcpStream>>),
    Plain(TcpStream),
}

/// Makes the handshake, unless the first byte is none of TLS but one of plain HTTP.
async fn handshake(stream: TcpStream, tls: TlsAcceptor) -> std::io::Result<Greeted> {
    let mut first = [0];
    stream.peek(&mut first).await?;
    match first[0].is_ascii_alphabetic() || first[0].is_ascii_whitespace() {
        true => Ok(Greeted::Plain(stream)),
        false => Ok(Greeted::Protected(Box::new(tls.accept(stream).await?))),
    }
}

/// Who is at the other end of a connection, and what there is for them.
struct Caller {
    peer: SocketAddr,
    limits: Limits,
    site: Arc<Site>,
    routes: Routes,
    stop: watch::Receiver<bool>,
}

impl Caller {
    /// Serves a connection that must be protected.
    async fn greet(mut self, stream: TcpStream, tls: TlsAcceptor) {
        let patience = self.limits.head_timeout.min(HANDSHAKE);
        let greeted = tokio::select! {
            greeted = tokio::time::timeout(patience, handshake(stream, tls)) => greeted,
            () = stopped(&mut self.stop) => return,
        };
        match greeted {
            Ok(Ok(Greeted::Protected(stream))) => self.serve(stream).await,
            Ok(Ok(Greeted::Plain(stream))) => {
                self.routes = crate::plain_at_tls();
                self.serve(stream).await;
            }
            Ok(Err(error)) => tracing::debug!(%error, peer = %self.peer, "a handshake failed"),
            Err(_) => tracing::debug!(peer = %self.peer, "a handshake did not end in time"),
        }
    }

    /// Serves a connection to its end.
    async fn serve(self, stream: impl AsyncRead + AsyncWrite + Unpin) {
        let Self { peer, limits, site, routes, mut stop } = self;
        // A connection's requests count what they share on a place of its own, which no other core writes to.
        let stream = Wire::new(stream, site.clone());
        let own = Arc::new((site, routes, Pace::default()));
        let seen = own.clone();
        let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
            let own = own.clone();
            async move {
                let (site, routes, pace) = &*own;
                pace.busy.store(true, Ordering::Relaxed);
                let response = super::answer(site, routes, request.map(Body::new), peer).await;
                // What else is ready is answered first; then all answers are written one after the other. Written one by
                // one, each would wake its reader, and be paid for with a change of threads.
                tokio::task::yield_now().await;
                pace.answered.fetch_add(1, Ordering::Relaxed);
                pace.busy.store(false, Ordering::Relaxed);
                Ok::<_, Infallible>(response)
            }
        });
        let mut connection = http1::Builder::new()
            .max_buf_size(limits.head_bytes)
            .title_case_headers(true)
            .half_close(true)
            .serve_connection(TokioIo::new(stream), service);
        let ended = tokio::select! {
            ended = &mut connection => ended,
            () = stopped(&mut stop) => {
                Pin::new(&mut connection).graceful_shutdown();
                tokio::select! {
                    ended = &mut connection => ended,
                    // It sent nothing, or half a head: it is free to ask another node.
                    () = seen.2.too_slow(REMAINDER) => return,
                }
            }
            () = seen.2.too_slow(limits.head_timeout) => return,
        };
        if let Err(error) = ended {
            tracing::trace!(%error, %peer, "a connection ended badly");
            // The library leaves it as it is; what was answered shall arrive, and by TLS an end has to be said.
            let mut wire = connection.into_parts().io.into_inner();
            let _ = tokio::time::timeout(FAREWELL, wire.shutdown()).await;
        }
    }
}
