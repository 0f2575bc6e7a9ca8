//! The listener: it accepts connections and serves them.
//!
//! With a certificate, a listener speaks TLS only. A client that speaks plain HTTP to it gets an error answer and
//! nothing else.
//!
//! Invariant: binding a port that is in use fails (no port sharing). A slow or silent client costs one bounded
//! connection. A stop lets every answer in progress finish.

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
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsAcceptor;

/// How long a stop waits for answers in progress. Container engines kill a process 10 seconds after the stop signal.
pub const STOP_TIMEOUT: Duration = Duration::from_secs(7);
/// How long a stop waits for the rest of a request that is still arriving.
const REQUEST_REMAINDER_TIMEOUT: Duration = Duration::from_secs(2);
/// The time limit of a TLS handshake. A small device needs seconds for its computations.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(15);

/// How many connections may wait until they are accepted.
const BACKLOG: u32 = 1024;
/// The time limit for closing a connection after an error.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// Limits on connections.
#[derive(Clone, Copy, Debug)]
pub struct ConnectionLimits {
    /// The maximum number of open connections.
    pub connections: usize,
    /// The maximum number of open connections per address; 0 means no limit. Addresses of trusted proxies are not
    /// limited.
    pub per_address: u32,
    /// How long a connection may have no answer, whether it is idle or sends a head. It is closed within twice that
    /// time.
    pub head_timeout: Duration,
    /// The maximum size of a request's line and headers, in bytes.
    pub head_bytes: usize,
}

/// A reserved address. It refuses connections until it listens.
pub struct BoundAddress {
    socket: TcpSocket,
    /// The name of the setting, for error texts.
    key: String,
}

impl BoundAddress {
    /// Binds an address. `key` is the name of the setting with the address, for the error text.
    ///
    /// # Errors
    /// A text that states what to do, if the address is in use or does not belong to this machine.
    pub async fn bind(key: &str, address: &str) -> Result<Self, String> {
        let socket = bind_first(address).await.map_err(|e| bind_error(key, address, &e))?;
        Ok(Self { socket, key: key.to_owned() })
    }

    /// The address. If port 0 was requested, it has the port that the system chose.
    ///
    /// # Errors
    /// The system's error text.
    pub fn address(&self) -> Result<SocketAddr, String> {
        self.socket.local_addr().map_err(|e| e.to_string())
    }

    /// Begins to listen.
    ///
    /// # Errors
    /// As [`BoundAddress::bind`].
    pub fn listen(self, limits: ConnectionLimits) -> Result<Listener, String> {
        let address = self.address()?.to_string();
        let inner = self.socket.listen(BACKLOG).map_err(|e| bind_error(&self.key, &address, &e))?;
        Ok(Listener { inner, limits, tls: None })
    }
}

/// Binds the first address of a name that can be bound.
async fn bind_first(address: &str) -> std::io::Result<TcpSocket> {
    let mut failure = std::io::Error::new(std::io::ErrorKind::InvalidInput, "it is no address");
    for address in tokio::net::lookup_host(address).await? {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        // A server that starts again right after its end gets its address back.
        socket.set_reuseaddr(true)?;
        match socket.bind(address) {
            Ok(()) => return Ok(socket),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

fn bind_error(key: &str, address: &str, error: &std::io::Error) -> String {
    // Only the address of all roles has a command-line option.
    let option = if key == "server.listen" { " (--listen)" } else { "" };
    match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            format!("{address} is in use: stop the other program, or choose another address with {key}{option}")
        }
        _ => format!("cannot listen on {address}: {error}. Set {key}{option} to HOST:PORT of this machine"),
    }
}

/// A listener.
pub struct Listener {
    inner: TcpListener,
    limits: ConnectionLimits,
    tls: Option<TlsAcceptor>,
}

impl Listener {
    /// Binds an address and listens on it. `key` is the name of the setting with the address, for the error text.
    ///
    /// # Errors
    /// As [`BoundAddress::bind`].
    pub async fn bind(key: &str, address: &str, limits: ConnectionLimits) -> Result<Self, String> {
        BoundAddress::bind(key, address).await?.listen(limits)
    }

    /// Makes the listener speak TLS if there is an acceptor, and plain HTTP otherwise.
    #[must_use]
    pub fn with_tls(self, tls: Option<TlsAcceptor>) -> Self {
        Self { tls, ..self }
    }

    /// The address on which it listens.
    ///
    /// # Errors
    /// The system's error text.
    pub fn address(&self) -> Result<SocketAddr, String> {
        self.inner.local_addr().map_err(|e| e.to_string())
    }

    /// Serves until `stop` is true and the answers in progress are finished.
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
                () = wait_for_stop(&mut stop) => break,
                accepted = async { (place.await, self.inner.accept().await) } => accepted,
            };
            let (Ok(place), Ok((stream, peer))) = accepted else {
                // Usually the process has no free file descriptors. A later attempt may succeed.
                pause_accepting().await;
                continue;
            };
            let is_counted = addresses.is_enabled() && !application.is_trusted_proxy(peer.ip());
            let among = is_counted.then(|| addresses.try_acquire(peer.ip()));
            if let Some(None) = among {
                application.report_refused_connection(&forwarded::network(peer.ip()), self.limits.per_address);
                continue;
            }
            // The runtime of the serving thread must register the socket, not this one.
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
        if tokio::time::timeout(STOP_TIMEOUT, places.acquire_many(all)).await.is_err() {
            tracing::warn!("some connections did not end in time");
        }
    }
}

/// The pause after a connection could not be accepted. Without it, the loop would use a whole core until a descriptor
/// is free.
const ACCEPT_PAUSE: Duration = Duration::from_millis(10);

#[expect(clippy::disallowed_methods, reason = "nothing tells when a descriptor is free")]
async fn pause_accepting() {
    tokio::time::sleep(ACCEPT_PAUSE).await;
}

/// Waits until `stop` is true, or its sender is dropped.
pub async fn wait_for_stop(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

/// A connection: its peer, its limits and the application that serves it.
struct Connection<A> {
    peer: SocketAddr,
    limits: ConnectionLimits,
    application: A,
    stop: watch::Receiver<bool>,
}

impl<A: Application> Connection<A> {
    /// Serves a connection of a TLS listener.
    async fn accept(mut self, stream: TcpStream, tls: TlsAcceptor) {
        let patience = self.limits.head_timeout.min(HANDSHAKE_TIMEOUT);
        let handshake = tokio::select! {
            handshake = tokio::time::timeout(patience, handshake::accept(stream, tls)) => handshake,
            () = wait_for_stop(&mut self.stop) => return,
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

    /// Serves a connection until it ends.
    async fn serve(self, stream: impl AsyncRead + AsyncWrite + Unpin) {
        let Self { peer, limits, application, mut stop } = self;
        // Each connection has its own clone, so that its requests do not write to memory that other cores use.
        let stream = ConnectionStream::new(stream, application.clone());
        let own = Arc::new((application, IdleWatch::default()));
        let seen = own.clone();
        let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
            let own = own.clone();
            async move {
                let (application, idle) = &*own;
                idle.begin_answer();
                let response = application.answer(request.map(Body::new), peer).await;
                // Other ready requests are answered first, and then all answers are written in sequence. Writing each
                // answer immediately would wake its reader each time, at the cost of a context switch.
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
            () = wait_for_stop(&mut stop) => {
                Pin::new(&mut connection).graceful_shutdown();
                tokio::select! {
                    ended = &mut connection => ended,
                    // The client sent nothing, or half a head. It can send its request to another node.
                    () = seen.1.idle_for(REQUEST_REMAINDER_TIMEOUT) => return,
                }
            }
            () = seen.1.idle_for(limits.head_timeout) => return,
        };
        if let Err(error) = ended {
            tracing::trace!(%error, %peer, "a connection ended badly");
            // The library leaves the connection open. The shutdown delivers the last answer and, with TLS, sends
            // `close_notify`.
            let mut wire = connection.into_parts().io.into_inner();
            let _ = tokio::time::timeout(CLOSE_TIMEOUT, wire.shutdown()).await;
        }
    }
}
