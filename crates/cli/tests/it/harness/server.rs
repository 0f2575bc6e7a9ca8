//! A server with its seed, on a socket of its own.

use super::clock_and_random::{FixedClock, SeededTestRandom};
use super::fixtures;
use super::raw_connection::TlsEndpoint;
use super::store::{Store, TableRows};
use opendrs_domain::time::Span;
use opendrs_http::{BodyLimits, ConnectionLimits, Listener, TrustedProxies};
use opendrs_server::config::{Config, Role, SettingOverride};
use opendrs_server::dispatch::Dispatcher;
use opendrs_server::mail::MailSink;
use opendrs_server::routes::{build, build_metrics, meters};
use opendrs_server::state::{AppState, PublicUrls};
use opendrs_service::clock::Clock;
use opendrs_service::limit::RateLimitSettings;
use opendrs_service::mail::Mailer;
use opendrs_service::operator_token::OperatorToken;
use opendrs_service::order::OrderTransition;
use opendrs_service::publication::Publisher;
use opendrs_service::{App, AppParts, AppSettings, outbox, schedule, seed};
use opendrs_store::StoreLocation;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Makes of each `async fn test(server: &Server)` a test on SQLite and one on PostgreSQL.
///
/// With `by on:` before them, what the tests need is made by `async fn on(store: Store, test)`.
macro_rules! both {
    (by $on:ident: $($test:ident),+ $(,)?) => {
        mod sqlite { $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $test() { super::$on($crate::harness::Store::sqlite(), super::$test).await; }
        )+ }
        mod postgres { $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $test() { super::$on($crate::harness::Store::postgres().await, super::$test).await; }
        )+ }
    };
    ($($test:ident),+ $(,)?) => {
        mod sqlite { $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $test() { $crate::harness::on_sqlite(super::$test).await; }
        )+ }
        mod postgres { $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $test() { $crate::harness::on_postgres(super::$test).await; }
        )+ }
    };
}

/// Makes of each `async fn test(server: &Server)` a test over plain connections and one over TLS.
macro_rules! plain_and_tls { ($($test:ident),+ $(,)?) => {
    mod plain { $(
        #[tokio::test(flavor = "multi_thread")]
        async fn $test() { super::$test(&$crate::harness::Server::start().await).await; }
    )+ }
    mod tls { $(
        #[tokio::test(flavor = "multi_thread")]
        async fn $test() { super::$test(&$crate::harness::Server::with_tls().await).await; }
    )+ }
} }

pub async fn on_sqlite(test: impl AsyncFn(&Server)) {
    test(&Server::start().await).await;
}

pub async fn on_postgres(test: impl AsyncFn(&Server)) {
    let server = Server::start_on(Store::postgres().await, Options::default()).await;
    test(&server).await;
    server.store.remove().await;
}

/// What a test's server may differ in from others.
pub struct Options {
    /// What is seeded.
    pub seed: seed::SeedDeclaration,
    /// What it does.
    pub roles: Vec<Role>,
    /// Whether the outside reaches it by https, through a proxy that ends TLS.
    pub https: bool,
    /// Whether raw sockets reach it by TLS.
    pub tls: bool,
    /// Whether its clock may be moved.
    pub test_clock: bool,
    /// How long it waits for a request's head.
    pub head_timeout: Duration,
    /// How long it waits for a body.
    pub body_timeout: Duration,
    /// How many connections it has open at most.
    pub connections: usize,
    /// How many connections of one address; 0 for any number.
    pub per_address: u32,
    /// How often devices and clients may call. The machine's clock stands still: what was spent does not come back.
    pub rates: RateLimitSettings,
    /// Whether it counts, and tells of it at an address of its own.
    pub metrics: bool,
    /// Settings that differ from the default ones, as environment variables.
    pub settings: Vec<(&'static str, String)>,
    /// Whose `X-Forwarded-For` and `Forwarded` it believes.
    pub proxies: TrustedProxies,
    /// Who takes its mails.
    pub mailer: Arc<dyn Mailer>,
    /// Who publishes for it to Amazon SNS.
    pub publisher: Option<Arc<dyn Publisher>>,
    /// The machine's clock.
    pub clock: Arc<dyn Clock>,
    /// The installation's master key.
    pub master: [u8; 32],
    /// How many servers were started on its store before it; each draws random bytes of its own.
    pub start: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: fixtures::seed(),
            roles: vec![Role::Service, Role::Login, Role::Web],
            https: false,
            tls: false,
            test_clock: true,
            head_timeout: Duration::from_secs(60),
            body_timeout: Duration::from_secs(30),
            connections: 1000,
            per_address: 0,
            rates: RateLimitSettings::default(),
            metrics: false,
            settings: Vec::new(),
            proxies: TrustedProxies::default(),
            mailer: Arc::new(MailSink),
            publisher: None,
            clock: Arc::new(FixedClock),
            master: MASTER_KEY,
            start: 0,
        }
    }
}

/// What the operator's programs show.
pub const OPERATOR_TOKEN: &str = "0123456789abcdef0123456789abcdef";

/// A running server.
pub struct Server {
    pub state: Arc<AppState>,
    pub address: SocketAddr,
    pub base_url: String,
    /// Where it speaks TLS, beside the address at which it does not.
    pub tls_endpoint: Option<TlsEndpoint>,
    /// Where it tells what it counts.
    pub metrics_url: String,
    store: Arc<Store>,
    stop: watch::Sender<bool>,
}

/// What an application of a test reaches, and how often it may be called.
struct AppDependencies {
    publisher: Option<Arc<dyn Publisher>>,
    mailer: Arc<dyn Mailer>,
    rates: RateLimitSettings,
    test_clock: bool,
    clock: Arc<dyn Clock>,
    master: [u8; 32],
    start: u64,
}

/// Receivers of the tests are on this machine.
fn allow_loopback() -> SettingOverride {
    ("outbound", "allow", toml::Value::Array(vec!["127.0.0.0/8".into()]))
}

/// The master key of tests' servers.
pub const MASTER_KEY: [u8; 32] = [7; 32];

fn app_parts(place: StoreLocation, config: &Config, edges: AppDependencies) -> AppParts {
    let AppDependencies { publisher, mailer: post, rates, test_clock, clock, master, start } = edges;
    AppParts {
        store_location: place,
        master_key: master,
        clock,
        random: Arc::new(SeededTestRandom::for_start(start)),
        outbound: Arc::new(config.outbound_client().unwrap()),
        publisher,
        mailer: post,
        settings: AppSettings {
            timing: config.order_timing(),
            issuer: "https://www.amazon.com".into(),
            refresh_lifetime: config.refresh_lifetime(),
            notifications: config.notification_settings(),
            fulfilment: config.fulfilment_settings().unwrap(),
            request_timeout: config.request_timeout(),
            rate_limits: rates,
            reading_retention: config.reading_retention(),
            takeover: config.takeover_rules(),
            language: config.default_language(),
            mail: config.mail_settings(),
        },
        test_clock,
    }
}

impl Server {
    /// On SQLite, with the usual seed.
    pub async fn start() -> Self {
        Self::start_with(Options::default()).await
    }

    /// The same, reached by TLS.
    pub async fn with_tls() -> Self {
        Self::start_with(Options { tls: true, ..Options::default() }).await
    }

    /// On SQLite.
    pub async fn start_with(options: Options) -> Self {
        Self::start_on(Store::sqlite(), options).await
    }

    /// Another node on the same store, which seeds nothing.
    pub async fn another_node(&self, options: Options) -> Self {
        let start = options.start + 1;
        Self::start_on(self.store.clone(), Options { seed: seed::SeedDeclaration::default(), start, ..options }).await
    }

    /// On a store.
    pub async fn start_on(store: impl Into<Arc<Store>>, options: Options) -> Self {
        let store = store.into();
        let Options {
            seed,
            roles,
            https,
            tls,
            test_clock,
            head_timeout,
            body_timeout,
            connections,
            per_address,
            rates,
            metrics,
            proxies,
            settings,
            mailer: post,
            publisher,
            clock,
            master,
            start,
        } = options;
        let env = settings.into_iter().map(|(name, value)| (name.to_owned(), value));
        let config = Config::load(None, env, vec![allow_loopback()]).unwrap();
        let edges = AppDependencies { publisher, mailer: post, rates, test_clock, clock, master, start };
        let parts = app_parts(store.location(), &config, edges);
        let mut app = App::open(parts).await.unwrap();
        seed::apply(&app, seed).await.unwrap();
        let limits = ConnectionLimits { connections, per_address, head_timeout, head_bytes: 64 * 1024 };
        let listener = Listener::bind("server.listen", "127.0.0.1:0", limits).await.unwrap();
        let address = listener.address().unwrap();
        let base = format!("http://{address}");
        let url = if https { "https://drs.example".to_owned() } else { base.clone() };
        app.settings.notifications.base_url.clone_from(&url);
        app.settings.notifications.base_url.clone_from(&url);
        app.settings.mail.base_url.clone_from(&url);
        let bodies = BodyLimits { bytes: 64 * 1024, timeout: body_timeout };
        let site = AppState::new(
            app,
            PublicUrls { service: url.clone(), login: url.clone(), web: url },
            bodies,
            metrics.then(meters),
            proxies,
            Some(OperatorToken::new(OPERATOR_TOKEN).unwrap()),
        );
        let (stop, stopping) = watch::channel(false);
        let numbers = match metrics {
            true => {
                let listener = Listener::bind("server.listen", "127.0.0.1:0", limits).await.unwrap();
                let base = format!("http://{}", listener.address().unwrap());
                tokio::spawn(listener.serve(Dispatcher::new(site.clone(), build_metrics(&site)), stopping.clone()));
                base
            }
            false => String::new(),
        };
        let protected = match tls {
            true => {
                let protected = TlsEndpoint::new();
                let listener = Listener::bind("server.listen", "127.0.0.1:0", limits).await.unwrap();
                let protected = protected.at_address(listener.address().unwrap());
                let listener = listener.with_tls(Some(protected.tls.acceptor()));
                tokio::spawn(listener.serve(Dispatcher::new(site.clone(), build(&site, &roles)), stopping.clone()));
                Some(protected)
            }
            false => None,
        };
        tokio::spawn(listener.serve(Dispatcher::new(site.clone(), build(&site, &roles)), stopping));
        Self { state: site, tls_endpoint: protected, address, base_url: base, metrics_url: numbers, store, stop }
    }

    /// Tells it to stop: no new request is taken, answers under way are finished.
    pub fn stop(&self) {
        self.stop.send(true).unwrap();
    }

    /// Removes its store, after a success.
    pub async fn remove_store(&self) {
        self.store.remove().await;
    }

    /// Takes its store away, while it runs.
    pub async fn lose_store(&self) {
        self.store.disconnect_all().await;
    }

    /// Holds a table of its store, so that whoever asks for it waits, until what is returned is dropped.
    pub async fn lock_table(&self, table: &str) -> impl Drop + use<> {
        self.store.lock_table(table).await
    }

    /// Changes rows of its store past it.
    pub async fn execute_sql(&self, sql: &str) {
        self.store.execute_sql(sql).await;
    }

    /// Another application on its store, as a command beside it opens one.
    pub async fn open_app(&self) -> App {
        self.open_app_with_key(MASTER_KEY).await.unwrap()
    }

    /// The same with a master key.
    pub async fn open_app_with_key(&self, master: [u8; 32]) -> opendrs_service::Result<App> {
        let config = Config::load(None, [], vec![allow_loopback()]).unwrap();
        let Options { publisher, mailer: post, rates, clock, start, .. } = Options::default();
        let edges =
            AppDependencies { publisher, mailer: post, rates, test_clock: true, clock, master, start: start + 1 };
        let mut app = App::open(app_parts(self.store.location(), &config, edges)).await?;
        app.settings.notifications.base_url.clone_from(&self.base_url);
        app.settings.mail.base_url.clone_from(&self.base_url);
        Ok(app)
    }

    pub fn app(&self) -> &App {
        &self.state.app
    }

    /// Lets time pass, with everything that falls due in it.
    pub async fn advance(&self, by: &str) -> Vec<OrderTransition> {
        schedule::advance_clock(self.app(), Span::parse(by).unwrap()).await.unwrap().orders
    }

    /// Every row there is.
    pub async fn all_rows(&self) -> TableRows {
        self.store.all_rows().await
    }

    /// Gives a customer another password, as an operator does: by the seed.
    pub async fn change_password(&self, email: &str, password: &str) {
        let mut seed = super::fixtures::seed();
        seed.makers.clear();
        seed.products.clear();
        seed.customers.retain(|customer| customer.email.as_str() == email);
        for customer in &mut seed.customers {
            customer.password = Some(password.into());
        }
        assert_eq!(seed.customers.len(), 1, "{email}");
        seed::apply(self.app(), seed).await.unwrap();
    }

    /// How many rows a table has.
    pub async fn row_count(&self, table: &str) -> usize {
        self.all_rows().await[table].len()
    }

    /// What makers are told, oldest first, without the words that all names end with.
    pub async fn event_names(&self) -> Vec<String> {
        let events = outbox::list_newest(self.app(), 1000).await.unwrap();
        events.iter().map(|event| event.notification_type().wire_name().replace("Notification", "")).collect()
    }
}
