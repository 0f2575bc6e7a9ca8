//! Connecting, past the guard.
//!
//! Invariant: the addresses that were judged are the ones that are connected to, on every connection anew, so a name
//! that changes where it leads gains nothing.

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

/// An address that the guard keeps from being asked.
#[derive(Debug, thiserror::Error)]
#[error("{0} may not be asked")]
pub(super) struct RefusedAddress(pub(super) IpAddr);

/// A name that leads nowhere.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct UnresolvedName(io::Error);

/// Looks names up and judges every address they lead to.
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

/// Connects to names by [`Resolver`] and to plain addresses after the same judgement.
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
        // Of several addresses the first may be dead: it must not use up the time of the others.
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
        // A plain address passes the resolver by.
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
