//! The application: everything a use case may reach.

use crate::clock::{Clock, TestClock};
use crate::faults::FaultPlan;
use crate::fulfilment::FulfilmentSettings;
use crate::keys::{InstallationKeys, master_key_check};
use crate::limit::{RateLimitSettings, RateLimiters};
use crate::mail::{MailSettings, Mailer};
use crate::metrics::DeliveryMetrics;
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
use opendrs_domain::language::Language;
use opendrs_domain::login::refresh_rotation::RefreshTokenLifetime;
use opendrs_domain::order::OrderTiming;
use opendrs_domain::time::Time;
use opendrs_store::{Db, StoreLocation, installation};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, RwLock};

/// What use cases may be told by an operator.
#[derive(Clone, Debug)]
pub struct AppSettings {
    /// Every duration of an order's life.
    pub timing: OrderTiming,
    /// `iss` of tokeninfo.
    pub issuer: String,
    /// How long refresh tokens of strict clients last.
    pub refresh_lifetime: RefreshTokenLifetime,
    /// Topics' names and addresses.
    pub notifications: NotificationSettings,
    /// Who fulfils orders.
    pub fulfilment: FulfilmentSettings,
    /// How long one request to another server may take.
    pub request_timeout: Duration,
    /// How often devices and clients may call.
    pub rate_limits: RateLimitSettings,
    /// For how long readings are kept.
    pub reading_retention: ReadingRetention,
    /// The language of those of whom none is known.
    pub language: Language,
    /// Mail to customers.
    pub mail: MailSettings,
    /// Takeovers of units that another customer has.
    pub takeover: TakeoverSettings,
}

/// What an application is made of.
pub struct AppParts {
    /// Where the store is.
    pub store_location: StoreLocation,
    /// The installation's master key.
    pub master_key: [u8; 32],
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn RandomSource>,
    /// The network.
    pub outbound: Arc<dyn Outbound>,
    /// Amazon SNS, if this program can publish to it.
    pub publisher: Option<Arc<dyn Publisher>>,
    /// The mail server.
    pub mailer: Arc<dyn Mailer>,
    /// What an operator decided.
    pub settings: AppSettings,
    /// Whether time may be moved: the clock then counts on top of [`Parts::clock`].
    pub test_clock: bool,
}

/// The application. Cheap to share behind an [`Arc`].
pub struct App {
    /// The store.
    pub db: Db,
    /// New identifiers and secrets.
    pub ids: IdGenerator,
    /// The same for what comes at no fixed moment and is not told: ids of requests and deliveries, jitter.
    pub ephemeral_ids: IdGenerator,
    /// The network: the one way to other servers.
    pub outbound: Arc<dyn Outbound>,
    /// Amazon SNS, if this program can publish to it.
    pub publisher: Option<Arc<dyn Publisher>>,
    /// What an operator decided.
    pub settings: AppSettings,
    /// What is to go wrong, on a server for tests.
    pub faults: FaultPlan,
    /// What this node counts of what it sends.
    pub metrics: DeliveryMetrics,
    pub(crate) mailer: Arc<dyn Mailer>,
    pub(crate) keys: InstallationKeys,
    pub(crate) sign_in_throttle: GuessThrottle,
    /// The same for clients' secrets; nearly always empty.
    pub(crate) client_throttle: GuessThrottle,
    pub(crate) limits: RateLimiters,
    /// Held by whoever lets due things happen, so that moving the clock sees all that it caused.
    pub(crate) scheduler_lock: Mutex<()>,
    /// Shared by those who send messages; held alone by whoever moves the clock, so that none is under way meanwhile.
    pub(crate) sending_lock: RwLock<()>,
    pub(crate) signer: ArcSwapOption<MessageSigner>,
    pub(crate) send_rate_limiter: SendRateLimiter,
    /// Held by whoever calls back ends, for the same reason.
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
            limits: RateLimiters::new(settings.rate_limits),
            settings,
            faults: FaultPlan::default(),
            metrics: DeliveryMetrics::default(),
            mailer: post,
            keys,
            sign_in_throttle: GuessThrottle::for_people(),
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

    /// The receivers of notifications.
    pub(crate) fn receivers(&self) -> ReceiverRepository {
        ReceiverRepository::new(&self.keys.derived_keys())
    }

    /// Waits until the store was put under another master key: this application is of no use then.
    pub async fn wait_for_key_replacement(&self) {
        self.keys.wait_until_replaced().await;
    }

    /// What time it is.
    #[must_use]
    pub fn now(&self) -> Time {
        match &self.test_clock {
            Some(clock) => clock.now(),
            None => self.clock.now(),
        }
    }

    /// The time of the machine, which the test clock does not move: for what others compare with their own clocks.
    #[must_use]
    pub fn system_time(&self) -> Time {
        self.clock.now()
    }

    /// The clock that can be moved, if this application has one.
    #[must_use]
    pub fn test_clock(&self) -> Option<&TestClock> {
        self.test_clock.as_deref()
    }
}
