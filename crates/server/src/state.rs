//! What every handler shares: the application and how the outside reaches it.

use crate::telemetry::http_metrics::HttpMetrics;
use crate::telemetry::refusal_log::RefusalLog;
use opendrs_http::route;
use opendrs_http::{BodyLimits, ClientSources, TrustedProxies};
use opendrs_service::App;
use opendrs_service::operator_token::OperatorToken;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use url::{Host, Url};

/// A route of this server.
pub(crate) type Route = route::Route<Arc<AppState>>;

/// Where the outside finds each role.
#[derive(Clone, Debug)]
pub struct PublicUrls {
    /// Device API.
    pub service: String,
    /// Login with Amazon.
    pub login: String,
    /// Customer pages.
    pub web: String,
}

/// The application at its edge.
pub struct AppState {
    /// The use cases' application.
    pub app: App,
    /// Where the outside finds it.
    pub urls: PublicUrls,
    /// Limits on the bodies of requests.
    pub(crate) bodies: BodyLimits,
    /// Finds where requests came from.
    pub(crate) sources: ClientSources,
    /// Who may use the operator's API, if there is one.
    pub(crate) operator: Option<OperatorToken>,
    /// What is counted, where somebody asks for it.
    pub(crate) metrics: Option<HttpMetrics>,
    /// What was refused, for the log.
    pub(crate) refusal_log: RefusalLog,
    shutting_down: AtomicBool,
}

impl AppState {
    /// Puts an application at its edge.
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
            bodies,
            sources,
            metrics: meters,
            operator,
            refusal_log: refusals,
            shutting_down: AtomicBool::new(false),
        })
    }

    /// From here on the node says that it is about to stop, and asks its clients to connect anew, elsewhere.
    pub fn begin_shutdown(&self) {
        self.shutting_down.store(true, Ordering::Relaxed);
    }

    /// Whether the node is about to stop.
    pub(crate) fn is_shutting_down(&self) -> bool {
        self.shutting_down.load(Ordering::Relaxed)
    }

    /// The address of a customer page, for pages of whatever role: a path where one host has both roles' pages.
    pub(crate) fn web_url(&self, path: &str) -> String {
        if self.urls.web == self.urls.login { path.to_owned() } else { format!("{}{path}", self.urls.web) }
    }

    /// Whether the pages are of this machine alone: browsers would ask all its ports by https from then on.
    pub(crate) fn is_loopback(&self) -> bool {
        match Url::parse(&self.urls.web).ok().as_ref().and_then(Url::host) {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        }
    }

    /// Whether browsers reach the pages by https, so that cookies may be marked for it alone.
    pub(crate) fn is_https(&self) -> bool {
        self.urls.web.starts_with("https:") && self.urls.login.starts_with("https:")
    }
}
