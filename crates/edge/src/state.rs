//! The state that all handlers share: the application, and the URLs at which others reach it.

use crate::http_metrics::HttpMetrics;
use crate::refusal_log::RefusalLog;
use opendrs_http::route;
use opendrs_http::{BodyLimits, ClientSources, TrustedProxies};
use opendrs_service::App;
use opendrs_service::operator_token::OperatorToken;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use url::{Host, Url};

/// A route of this server.
pub type Route = route::Route<Arc<AppState>>;

/// The public URL of each role.
#[derive(Clone, Debug)]
pub struct PublicUrls {
    /// The URL of the device API.
    pub service: String,
    /// The URL of Login with Amazon.
    pub login: String,
    /// The URL of the customer pages.
    pub web: String,
}

/// The state that all handlers share.
pub struct AppState {
    /// The application with the use cases.
    pub app: App,
    /// The public URL of each role.
    pub urls: PublicUrls,
    /// Limits on request bodies.
    pub body_limits: BodyLimits,
    /// Finds the sources of requests.
    pub sources: ClientSources,
    /// The token of the operator API, if that API exists.
    pub operator_token: Option<OperatorToken>,
    /// The counters of requests, if metrics are enabled.
    pub metrics: Option<HttpMetrics>,
    /// Collects refusals for the log.
    pub refusal_log: RefusalLog,
    shutting_down: AtomicBool,
}

impl AppState {
    /// Makes the state for an application.
    #[must_use]
    pub fn new(
        app: App,
        urls: PublicUrls,
        bodies: BodyLimits,
        meters: Option<HttpMetrics>,
        proxies: TrustedProxies,
        operator: Option<OperatorToken>,
    ) -> Arc<Self> {
        let (sources, refusals) = (ClientSources::new(proxies), RefusalLog::default());
        Arc::new(Self {
            app,
            urls,
            body_limits: bodies,
            sources,
            metrics: meters,
            operator_token: operator,
            refusal_log: refusals,
            shutting_down: AtomicBool::new(false),
        })
    }

    /// Makes the node report that it is about to stop, and close connections so that clients connect to other nodes.
    pub fn begin_shutdown(&self) {
        self.shutting_down.store(true, Ordering::Relaxed);
    }

    /// Whether the node is about to stop.
    pub fn is_shutting_down(&self) -> bool {
        self.shutting_down.load(Ordering::Relaxed)
    }

    /// Returns the URL of a customer page. It is only a path if the pages of both roles have the same host.
    pub fn web_url(&self, path: &str) -> String {
        if self.urls.web == self.urls.login { path.to_owned() } else { format!("{}{path}", self.urls.web) }
    }

    /// Returns the URL of a page of either role, for a page of the other. It is only a path if both have the same host.
    pub fn page_url(&self, path: &str) -> String {
        let is_of_login = path.starts_with("/ap/") && self.urls.web != self.urls.login;
        if is_of_login { format!("{}{path}", self.urls.login) } else { path.to_owned() }
    }

    /// Whether the pages are at a loopback host. Strict transport security there would apply to all ports of the
    /// machine.
    pub fn is_loopback(&self) -> bool {
        match Url::parse(&self.urls.web).ok().as_ref().and_then(Url::host) {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        }
    }

    /// Whether browsers reach the pages by https, so that cookies may have the attribute `Secure`.
    pub fn is_https(&self) -> bool {
        self.urls.web.starts_with("https:") && self.urls.login.starts_with("https:")
    }
}
