//! The accept loop.
//!
//! A listener speaks TLS to everybody or to nobody: who speaks plain HTTP to one that has a certificate is told so, and
//! served nothing. Invariant: a taken port is refused at the start (no port sharing), a slow or silent client costs one bounded
//! connection, and a stop lets every answer under way finish.

use crate::address_limiter::AddressLimiter;
use crate::application::Application;
use crate::connection::ConnectionStream;
use crate::forwarded;
use crate::handshake::{self, Handshake};
use crate::idle::IdleWatch;
use crate::threads::Threads;
use axum::body::Body;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsAcceptor;

/// How long a stop waits for answers under way. Container engines end a process 10 seconds after they told it to stop.
pub const DRAIN: Duration = Duration::from_secs(7);
/// How long a stop waits for the rest of a request that nobody answers yet.
const REMAINDER: Duration = Duration::from_secs(2);
/// How long a handshake may take; a small device needs seconds for its sums.
const HANDSHAKE: Duration = Duration::from_secs(15);

/// How long the end of a connection may take on which something went wrong.
const FAREWELL: Duration = Duration::from_secs(2);

/// Bounds on connections.
#[derive(Clone, Copy, Debug)]
pub struct ConnectionLimits {
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
    limits: ConnectionLimits,
    tls: Option<TlsAcceptor>,
}

impl Listener {
    /// Binds an address.
    ///
    /// # Errors
    /// A sentence that says what to do, when the address is taken or not ours.
    pub async fn bind(key: &str, address: &str, limits: ConnectionLimits) -> Result<Self, String> {
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
    pub async fn serve(self, application: impl Application, mut stop: watch::Receiver<bool>) {
        let places = Arc::new(Semaphore::new(self.limits.connections));
        let addresses = AddressLimiter::new(self.limits.per_address);
        let threads = match Threads::start(&application) {
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
            let is_counted = addresses.is_enabled() && !application.is_trusted_proxy(peer.ip());
            let among = is_counted.then(|| addresses.try_acquire(peer.ip()));
            if let Some(None) = among {
                application.report_refused_connection(&forwarded::network(peer.ip()), self.limits.per_address);
                continue;
            }
            // Its readiness is watched by the loop that serves it.
            let Ok(stream) = stream.into_std() else { continue };
            let (limits, tls) = (self.limits, self.tls.clone());
            let connection = Connection { peer, limits, application: application.clone(), stop: stop.clone() };
            threads.spawn(async move {
                if let Ok(stream) = TcpStream::from_std(stream) {
                    let _counted = connection.application.count_connection();
                    let _ = stream.set_nodelay(true);
                    match tls {
                        None => connection.serve(stream).await,
                        Some(tls) => Box::pin(connection.accept(stream, tls)).await,
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
pub async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Who is at the other end of a connection, and what there is for them.
struct Connection<A> {
    peer: SocketAddr,
    limits: ConnectionLimits,
    application: A,
    stop: watch::Receiver<bool>,
}

impl<A: Application> Connection<A> {
    /// Serves a connection that must be protected.
    async fn accept(mut self, stream: TcpStream, tls: TlsAcceptor) {
        let patience = self.limits.head_timeout.min(HANDSHAKE);
        let handshake = tokio::select! {
            handshake = tokio::time::timeout(patience, handshake::accept(stream, tls)) => handshake,
            () = stopped(&mut self.stop) => return,
        };
        match handshake {
            Ok(Ok(Handshake::Tls(stream))) => self.serve(stream).await,
            Ok(Ok(Handshake::Plain(stream))) => {
                self.application = self.application.tls_required();
                self.serve(stream).await;
            }
            Ok(Err(error)) => tracing::debug!(%error, peer = %self.peer, "a handshake failed"),
            Err(_) => tracing::debug!(peer = %self.peer, "a handshake did not end in time"),
        }
    }

    /// Serves a connection to its end.
    async fn serve(self, stream: impl AsyncRead + AsyncWrite + Unpin) {
        let Self { peer, limits, application, mut stop } = self;
        // A connection's requests count what they share on a place of its own, which no other core writes to.
        let stream = ConnectionStream::new(stream, application.clone());
        let own = Arc::new((application, IdleWatch::default()));
        let seen = own.clone();
        let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
            let own = own.clone();
            async move {
                let (application, idle) = &*own;
                idle.begin_answer();
                let response = application.answer(request.map(Body::new), peer).await;
                // What else is ready is answered first; then all answers are written one after the other. Written one by
                // one, each would wake its reader, and be paid for with a change of threads.
                tokio::task::yield_now().await;
                idle.end_answer();
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
                    () = seen.1.idle_for(REMAINDER) => return,
                }
            }
            () = seen.1.idle_for(limits.head_timeout) => return,
        };
        if let Err(error) = ended {
            tracing::trace!(%error, %peer, "a connection ended badly");
            // The library leaves it as it is; what was answered shall arrive, and by TLS an end has to be said.
            let mut wire = connection.into_parts().io.into_inner();
            let _ = tokio::time::timeout(FAREWELL, wire.shutdown()).await;
        }
    }
}
