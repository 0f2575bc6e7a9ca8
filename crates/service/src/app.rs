//! The application: everything that use cases have access to.

use crate::account::AccountSettings;
use crate::clock::{Clock, TestClock};
use crate::faults::FaultPlan;
use crate::federation::{FederationSettings, ProviderCache};
use crate::fulfilment::FulfilmentSettings;
use crate::keys::{InstallationKeys, master_key_check};
use crate::limit::{RateLimitSettings, RateLimiters};
use crate::mail::{MailSettings, Mailer};
use crate::metrics::DeliveryMetrics;
use crate::order::OrderRetention;
use crate::outbound::Outbound;
use crate::password::PasswordQueue;
use crate::publication::Publisher;
use crate::random::{IdGenerator, RandomSource};
use crate::reading::ReadingRetention;
use crate::receiver::{NotificationSettings, ReceiverRepository};
use crate::send_rate::SendRateLimiter;
use crate::signing::MessageSigner;
use crate::takeover::TakeoverSettings;
use crate::throttle::GuessThrottle;
use crate::{Error, Result};
use arc_swap::ArcSwapOption;
use opendrs_domain::brand::Brand;
use opendrs_domain::language::Language;
use opendrs_domain::login::refresh_rotation::RefreshTokenLifetime;
use opendrs_domain::order::OrderTiming;
use opendrs_domain::time::Time;
use opendrs_domain::zone::Zone;
use opendrs_store::{Db, StoreLocation, installation};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, RwLock};

/// The settings of all use cases.
#[derive(Clone, Debug)]
pub struct AppSettings {
    /// The durations of an order's states.
    pub timing: OrderTiming,
    /// The issuer, `iss` of tokeninfo.
    pub issuer: String,
    /// The lifetime of the refresh tokens of strict clients.
    pub refresh_lifetime: RefreshTokenLifetime,
    /// The names and URLs of receivers.
    pub notifications: NotificationSettings,
    /// The back ends that fulfil orders.
    pub fulfilment: FulfilmentSettings,
    /// The timeout of one request to another server.
    pub request_timeout: Duration,
    /// The rate limits of devices and clients.
    pub rate_limits: RateLimitSettings,
    /// How long readings are kept.
    pub reading_retention: ReadingRetention,
    /// How long ended orders are kept.
    pub order_retention: OrderRetention,
    /// The language for a customer whose language is unknown.
    pub language: Language,
    /// The time zone for a customer who chose none, and whose country has several or is unknown.
    pub zone: Zone,
    /// Mail to customers.
    pub mail: MailSettings,
    /// The operator's brand: what is shown where a maker has no brand, or leaves something out.
    pub brand: Brand,
    /// Takeovers of units that another customer has.
    pub takeover: TakeoverSettings,
    /// Accounts of customers.
    pub accounts: AccountSettings,
    /// The provider at which customers may sign in, if one is set.
    pub federation: Option<FederationSettings>,
}

/// The parts from which [`App::open`] makes an application.
pub struct AppParts {
    /// The location of the store.
    pub store_location: StoreLocation,
    /// The installation's master key.
    pub master_key: [u8; 32],
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The source of randomness.
    pub random: Arc<dyn RandomSource>,
    /// The HTTP client for other servers.
    pub outbound: Arc<dyn Outbound>,
    /// Amazon SNS, if this program can publish to it.
    pub publisher: Option<Arc<dyn Publisher>>,
    /// The mail server.
    pub mailer: Arc<dyn Mailer>,
    /// The settings.
    pub settings: AppSettings,
    /// Whether time may be moved: a test clock then runs on top of [`AppParts::clock`].
    pub test_clock: bool,
}

/// The application. It is cheap to share behind an [`Arc`].
pub struct App {
    /// The store.
    pub db: Db,
    /// The generator of ids and secrets.
    pub ids: IdGenerator,
    /// The generator for values that are drawn at no fixed moment and not reported: ids of requests and deliveries,
    /// jitter.
    pub ephemeral_ids: IdGenerator,
    /// The HTTP client: the only way to other servers.
    pub outbound: Arc<dyn Outbound>,
    /// Amazon SNS, if this program can publish to it.
    pub publisher: Option<Arc<dyn Publisher>>,
    /// The settings.
    pub settings: AppSettings,
    /// The fault plan, on a test server.
    pub faults: FaultPlan,
    /// The counters of what this node sends.
    pub metrics: DeliveryMetrics,
    pub(crate) mailer: Arc<dyn Mailer>,
    pub(crate) keys: InstallationKeys,
    pub(crate) sign_in_throttle: GuessThrottle,
    /// The throttle for codes that prove a mail address.
    pub(crate) code_throttle: GuessThrottle,
    /// The throttle for clients' secrets. It is nearly always empty.
    pub(crate) client_throttle: GuessThrottle,
    pub(crate) limits: RateLimiters,
    /// What the provider of federated sign-ins publishes.
    pub(crate) provider: ProviderCache,
    /// Held while due steps are done, so that an advance of the test clock sees all their effects.
    pub(crate) scheduler_lock: Mutex<()>,
    /// Held shared while messages are sent, and exclusively while the clock is moved, so that no message is in flight
    /// meanwhile.
    pub(crate) sending_lock: RwLock<()>,
    pub(crate) signer: ArcSwapOption<MessageSigner>,
    pub(crate) send_rate_limiter: SendRateLimiter,
    /// Held while back ends are called, for the same reason.
    pub(crate) backend_call_lock: Mutex<()>,
    pub(crate) password_queue: PasswordQueue,
    clock: Arc<dyn Clock>,
    test_clock: Option<Arc<TestClock>>,
}

impl App {
    /// Opens the store and makes the application.
    ///
    /// # Errors
    /// [`crate::Error`] when the store cannot be opened.
    pub async fn open(parts: AppParts) -> Result<Self> {
        let AppParts {
            store_location: place,
            master_key: master,
            clock,
            random,
            outbound,
            publisher,
            mailer: post,
            settings,
            test_clock,
        } = parts;
        let new = installation::NewInstallation { master_check: master_key_check(&master), at: clock.now() };
        let db = Db::open(&place, new).await?;
        let keys = InstallationKeys::load(&db, master).await?;
        let kept = TestClock::load(&db, clock.clone()).await?;
        if !test_clock && kept.is_modified() {
            return Err(Error::InvalidCommand(format!(
                "the clock of this store was moved by a server for tests and tells {}: start it with --test-clock, or \
                 with a store of its own (--data)",
                kept.now()
            )));
        }
        let test_clock = test_clock.then(|| Arc::new(kept));
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Ok(Self {
            db,
            ephemeral_ids: IdGenerator::new(random.fork().unwrap_or_else(|| random.clone())),
            ids: IdGenerator::new(random),
            outbound,
            publisher,
            provider: ProviderCache::default(),
            limits: RateLimiters::new(settings.rate_limits),
            settings,
            faults: FaultPlan::default(),
            metrics: DeliveryMetrics::default(),
            mailer: post,
            keys,
            sign_in_throttle: GuessThrottle::for_people(),
            code_throttle: GuessThrottle::for_people(),
            client_throttle: GuessThrottle::for_programs(),
            scheduler_lock: Mutex::new(()),
            sending_lock: RwLock::new(()),
            signer: ArcSwapOption::empty(),
            send_rate_limiter: SendRateLimiter::default(),
            backend_call_lock: Mutex::new(()),
            password_queue: PasswordQueue::new(cores),
            clock,
            test_clock,
        })
    }

    /// The repository of receivers.
    pub(crate) fn receivers(&self) -> ReceiverRepository {
        ReceiverRepository::new(&self.keys.derived_keys())
    }

    /// Waits until the store has another master key. This application is unusable then.
    pub async fn wait_for_key_replacement(&self) {
        self.keys.wait_until_replaced().await;
    }

    /// The time, by the test clock if there is one.
    #[must_use]
    pub fn now(&self) -> Time {
        match &self.test_clock {
            Some(clock) => clock.now(),
            None => self.clock.now(),
        }
    }

    /// The time of the system clock, which the test clock does not move. It is for values that others compare with
    /// their own clocks.
    #[must_use]
    pub fn system_time(&self) -> Time {
        self.clock.now()
    }

    /// The test clock, if this application has one.
    #[must_use]
    pub fn test_clock(&self) -> Option<&TestClock> {
        self.test_clock.as_deref()
    }
}
