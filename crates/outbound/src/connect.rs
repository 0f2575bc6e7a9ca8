//! Connecting, past the guard.
//!
//! Invariant: the addresses that were judged are the ones that are connected to, on every connection anew, so a name
//! that changes where it leads gains nothing.

use super::guard::Guard;
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

type Boxed<T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send>>;
type AnyError = Box<dyn std::error::Error + Send + Sync>;

/// An address that the guard keeps from being asked.
#[derive(Debug, thiserror::Error)]
#[error("{0} may not be asked")]
pub(super) struct Kept(pub(super) IpAddr);

/// A name that leads nowhere.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct NoSuchName(io::Error);

/// Looks names up and judges every address they lead to.
#[derive(Clone)]
pub(super) struct Resolver(Arc<Guard>);

impl Service<Name> for Resolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = AnyError;
    type Future = Boxed<Self::Response, AnyError>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), AnyError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let guard = self.0.clone();
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await.map_err(NoSuchName)?;
            let found: Vec<_> = found.collect();
            match found.iter().find(|address| !guard.allows(address.ip())) {
                Some(address) if !guard.trusts(name.as_str()) => Err(Kept(address.ip()).into()),
                _ => Ok(found.into_iter()),
            }
        })
    }
}

/// Connects to names by [`Resolver`] and to plain addresses after the same judgement.
#[derive(Clone)]
pub(super) struct Connector {
    guard: Arc<Guard>,
    plain: HttpConnector<Resolver>,
}

impl Connector {
    pub(super) fn new(guard: Arc<Guard>) -> Self {
        let mut plain = HttpConnector::new_with_resolver(Resolver(guard.clone()));
        plain.enforce_http(false);
        plain.set_nodelay(true);
        // Of several addresses the first may be dead: it must not use up the time of the others.
        plain.set_connect_timeout(Some(Duration::from_secs(10)));
        Self { guard, plain }
    }
}

impl Service<Uri> for Connector {
    type Response = <HttpConnector<Resolver> as Service<Uri>>::Response;
    type Error = AnyError;
    type Future = Boxed<Self::Response, AnyError>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), AnyError>> {
        self.plain.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        // A plain address passes the resolver by.
        let address = uri.host().and_then(|host| host.trim_matches(['[', ']']).parse::<IpAddr>().ok());
        match address {
            Some(address) if !self.guard.allows(address) => Box::pin(async move { Err(Kept(address).into()) }),
            _ => {
                let connecting = self.plain.call(uri);
                Box::pin(async move { connecting.await.map_err(Into::into) })
            }
        }
    }
}
