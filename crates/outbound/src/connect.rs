//! Connections to servers, after the check by the outbound guard.
//!
//! Invariant: the client connects to exactly the addresses that were checked, and checks them for every connection. A
//! name that later resolves to another address gains nothing.

use super::guard::AddressGuard;
use hyper::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tower::Service;

type ConnectFuture<T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send>>;
type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// An address that the guard refuses.
#[derive(Debug, thiserror::Error)]
#[error("{0} may not be asked")]
pub(super) struct RefusedAddress(pub(super) IpAddr);

/// A name that cannot be resolved.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct UnresolvedName(io::Error);

/// Resolves names, and checks every address that a name resolves to.
#[derive(Clone)]
pub(super) struct GuardedResolver(Arc<AddressGuard>);

impl Service<Name> for GuardedResolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = BoxError;
    type Future = ConnectFuture<Self::Response, BoxError>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let guard = self.0.clone();
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await.map_err(UnresolvedName)?;
            let found: Vec<_> = found.collect();
            match found.iter().find(|address| !guard.allows_address(address.ip())) {
                Some(address) if !guard.allows_name(name.as_str()) => Err(RefusedAddress(address.ip()).into()),
                _ => Ok(found.into_iter()),
            }
        })
    }
}

/// Connects to names through [`GuardedResolver`], and to IP addresses after the same check.
#[derive(Clone)]
pub(super) struct GuardedConnector {
    guard: Arc<AddressGuard>,
    http: HttpConnector<GuardedResolver>,
}

impl GuardedConnector {
    pub(super) fn new(guard: Arc<AddressGuard>) -> Self {
        let mut plain = HttpConnector::new_with_resolver(GuardedResolver(guard.clone()));
        plain.enforce_http(false);
        plain.set_nodelay(true);
        // The first of several addresses may not respond. It must not use up the time of the others.
        plain.set_connect_timeout(Some(Duration::from_secs(10)));
        Self { guard, http: plain }
    }
}

impl Service<Uri> for GuardedConnector {
    type Response = <HttpConnector<GuardedResolver> as Service<Uri>>::Response;
    type Error = BoxError;
    type Future = ConnectFuture<Self::Response, BoxError>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.http.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        // A URL with an IP address does not use the resolver.
        let address = uri.host().and_then(|host| host.trim_matches(['[', ']']).parse::<IpAddr>().ok());
        match address {
            Some(address) if !self.guard.allows_address(address) => {
                Box::pin(async move { Err(RefusedAddress(address).into()) })
            }
            _ => {
                let connecting = self.http.call(uri);
                Box::pin(async move { connecting.await.map_err(Into::into) })
            }
        }
    }
}
