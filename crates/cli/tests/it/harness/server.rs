//! A seeded server on its own socket.

use super::clock_and_random::{FixedClock, SeededTestRandom};
use super::fixtures;
use super::raw_connection::TlsEndpoint;
use super::store::{Store, TableRows};
use opendrs_config::{Config, Role, SettingOverride};
use opendrs_domain::time::Span;
use opendrs_edge::state::{AppState, PublicUrls};
use opendrs_http::{BodyLimits, ConnectionLimits, Listener, TrustedProxies};
use opendrs_server::dispatch::Dispatcher;
use opendrs_server::mail::MailSink;
use opendrs_server::routes::{build_metrics_routes, build_routes, request_counters};
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

/// Makes two tests from each `async fn test(server: &Server)`: one on SQLite and one on PostgreSQL.
///
/// With `by on:` before them, `async fn on(store: Store, test)` prepares and runs each test.
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

/// Makes two tests from each `async fn test(server: &Server)`: one over plain connections and one over TLS.
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

/// The options of a test's server.
pub struct Options {
    /// The seed of its store.
    pub seed: seed::SeedDeclaration,
    /// Its roles.
    pub roles: Vec<Role>,
    /// Whether its public URLs are https, as behind a proxy that ends TLS.
    pub https: bool,
    /// The public URL of the login role, if it has a host of its own.
    pub login_url: Option<&'static str>,
    /// Whether raw connections use TLS.
    pub tls: bool,
    /// Whether it has a test clock.
    pub test_clock: bool,
    /// The timeout of a request's head.
    pub head_timeout: Duration,
    /// The timeout of a request's body.
    pub body_timeout: Duration,
    /// The maximum number of connections.
    pub connections: usize,
    /// The maximum number of connections per address; 0 for no limit.
    pub per_address: u32,
    /// The rate limits of devices and clients. The machine's clock stands still, so used calls do not come back.
    pub rates: RateLimitSettings,
    /// Whether it has metrics, on an address of their own.
    pub metrics: bool,
    /// Settings that differ from the default ones, as environment variables.
    pub settings: Vec<(&'static str, String)>,
    /// The proxies whose `X-Forwarded-For` and `Forwarded` it trusts.
    pub proxies: TrustedProxies,
    /// The mailer that sends its mails.
    pub mailer: Arc<dyn Mailer>,
    /// The publisher for Amazon SNS.
    pub publisher: Option<Arc<dyn Publisher>>,
    /// The machine's clock.
    pub clock: Arc<dyn Clock>,
    /// The installation's master key.
    pub master: [u8; 32],
    /// The number of servers that were started before on this store; each draws other random bytes.
    pub start: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: fixtures::seed(),
            roles: vec![Role::Service, Role::Login, Role::Web],
            https: false,
            login_url: None,
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

/// The token of the operator's programs.
pub const OPERATOR_TOKEN: &str = "0123456789abcdef0123456789abcdef";

/// A running server.
pub struct Server {
    pub state: Arc<AppState>,
    pub address: SocketAddr,
    pub base_url: String,
    /// Its TLS address, besides its plain address.
    pub tls_endpoint: Option<TlsEndpoint>,
    /// The URL of its metrics.
    pub metrics_url: String,
    store: Arc<Store>,
    stop: watch::Sender<bool>,
}

/// The dependencies and the rate limits of a test's application.
struct AppDependencies {
    publisher: Option<Arc<dyn Publisher>>,
    mailer: Arc<dyn Mailer>,
    rates: RateLimitSettings,
    test_clock: bool,
    clock: Arc<dyn Clock>,
    master: [u8; 32],
    start: u64,
}

/// Allows the tests' receivers, which are on this machine.
fn allow_loopback() -> SettingOverride {
    ("outbound", "allow", toml::Value::Array(vec!["127.0.0.0/8".into()]))
}

/// The master key of the tests' servers.
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
            order_retention: config.order_retention(),
            takeover: config.takeover_rules(),
            accounts: config.account_settings(),
            federation: config.federation_settings().unwrap(),
            language: config.default_language(),
            zone: config.default_zone(),
            mail: config.mail_settings(),
            brand: config.brand().unwrap(),
        },
        test_clock,
    }
}

impl Server {
    /// Starts a server on SQLite with the usual seed.
    pub async fn start() -> Self {
        Self::start_with(Options::default()).await
    }

    /// Does the same with TLS.
    pub async fn with_tls() -> Self {
        Self::start_with(Options { tls: true, ..Options::default() }).await
    }

    /// Starts a server on SQLite.
    pub async fn start_with(options: Options) -> Self {
        Self::start_on(Store::sqlite(), options).await
    }

    /// Starts another node on the same store, without a seed.
    pub async fn another_node(&self, options: Options) -> Self {
        let start = options.start + 1;
        Self::start_on(self.store.clone(), Options { seed: seed::SeedDeclaration::default(), start, ..options }).await
    }

    /// Starts a server on a store.
    pub async fn start_on(store: impl Into<Arc<Store>>, options: Options) -> Self {
        let store = store.into();
        let Options {
            seed,
            roles,
            https,
            login_url,
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
            PublicUrls { service: url.clone(), login: login_url.map_or_else(|| url.clone(), str::to_owned), web: url },
            bodies,
            metrics.then(request_counters),
            proxies,
            Some(OperatorToken::new(OPERATOR_TOKEN).unwrap()),
        );
        let (stop, stopping) = watch::channel(false);
        let numbers = if metrics {
            let listener = Listener::bind("server.listen", "127.0.0.1:0", limits).await.unwrap();
            let base = format!("http://{}", listener.address().unwrap());
            tokio::spawn(listener.serve(Dispatcher::new(site.clone(), build_metrics_routes(&site)), stopping.clone()));
            base
        } else {
            String::new()
        };
        let protected = if tls {
            let protected = TlsEndpoint::new();
            let listener = Listener::bind("server.listen", "127.0.0.1:0", limits).await.unwrap();
            let protected = protected.at_address(listener.address().unwrap());
            let listener = listener.with_tls(Some(protected.tls.acceptor()));
            tokio::spawn(listener.serve(Dispatcher::new(site.clone(), build_routes(&site, &roles)), stopping.clone()));
            Some(protected)
        } else {
            None
        };
        tokio::spawn(listener.serve(Dispatcher::new(site.clone(), build_routes(&site, &roles)), stopping));
        Self { state: site, tls_endpoint: protected, address, base_url: base, metrics_url: numbers, store, stop }
    }

    /// Stops the server: it takes no new request, and finishes the answers under way.
    pub fn stop(&self) {
        self.stop.send(true).unwrap();
    }

    /// Removes the store, after a success.
    pub async fn remove_store(&self) {
        self.store.remove().await;
    }

    /// Takes the store away while the server runs.
    pub async fn lose_store(&self) {
        self.store.disconnect_all().await;
    }

    /// Locks a table of the store. Statements on it wait until the returned value is dropped.
    pub async fn lock_table(&self, table: &str) -> impl Drop + use<> {
        self.store.lock_table(table).await
    }

    /// Runs a statement on PostgreSQL in a transaction that stays open, and returns its connection.
    pub async fn begin_transaction(&self, sql: &str) -> tokio_postgres::Client {
        self.store.begin_transaction(sql).await
    }

    /// Changes rows of the store directly.
    pub async fn execute_sql(&self, sql: &str) {
        self.store.execute_sql(sql).await;
    }

    /// Opens another application on the store, as a command beside the server does.
    pub async fn open_app(&self) -> App {
        self.open_app_with_key(MASTER_KEY).await.unwrap()
    }

    /// Does the same with another master key.
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

    /// Advances the clock, and does everything that falls due.
    pub async fn advance(&self, by: &str) -> Vec<OrderTransition> {
        schedule::advance_clock(self.app(), Span::parse(by).unwrap()).await.unwrap().orders
    }

    /// All rows of the store.
    pub async fn all_rows(&self) -> TableRows {
        self.store.all_rows().await
    }

    /// Changes a customer's password with a seed, as an operator does.
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

    /// The number of rows in a table.
    pub async fn row_count(&self, table: &str) -> usize {
        self.all_rows().await[table].len()
    }

    /// The types of the makers' events, oldest first, without the suffix that all of them have.
    pub async fn event_names(&self) -> Vec<String> {
        let events = outbox::list_newest(self.app(), 1000).await.unwrap();
        events.iter().map(|event| event.notification_type().wire_name().replace("Notification", "")).collect()
    }
}
