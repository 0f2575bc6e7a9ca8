//! The application: everything a use case may reach.

use crate::clock::{Clock, TestClock};
use crate::faults::Faults;
use crate::fulfilment::Fulfilment;
use crate::keys::{self, Keys};
use crate::limit::{Limits, Rates};
use crate::mail::{Mailing, Post};
use crate::meter::Meter;
use crate::outbound::Outbound;
use crate::pace::Pace;
use crate::password::PasswordQueue;
use crate::publication::Publisher;
use crate::random::{Ids, Random};
use crate::reading::Keep;
use crate::signing::Signer;
use crate::takeover;
use crate::throttle::Throttle;
use crate::topic::{Notifications, Topics};
use crate::{Error, Result};
use arc_swap::ArcSwapOption;
use opendrs_domain::language::Language;
use opendrs_domain::login::turn::Lifetime;
use opendrs_domain::order::Timing;
use opendrs_domain::time::Time;
use opendrs_store::{Db, Place, installation};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, RwLock};

/// What use cases may be told by an operator.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Every duration of an order's life.
    pub timing: Timing,
    /// `iss` of tokeninfo.
    pub issuer: String,
    /// How long refresh tokens of strict clients last.
    pub refresh: Lifetime,
    /// Topics' names and addresses.
    pub notifications: Notifications,
    /// Who fulfils orders.
    pub fulfilment: Fulfilment,
    /// How long one request to another server may take.
    pub request_timeout: Duration,
    /// How often devices and clients may call.
    pub rates: Rates,
    /// For how long readings are kept.
    pub keep: Keep,
    /// The language of those of whom none is known.
    pub language: Language,
    /// Mail to customers.
    pub mail: Mailing,
    /// Takeovers of units that another customer has.
    pub takeover: takeover::Rules,
}

/// What an application is made of.
pub struct Parts {
    /// Where the store is.
    pub place: Place,
    /// The installation's master key.
    pub master: [u8; 32],
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
    /// The network.
    pub outbound: Arc<dyn Outbound>,
    /// Amazon SNS, if this program can publish to it.
    pub publisher: Option<Arc<dyn Publisher>>,
    /// The mail server.
    pub post: Arc<dyn Post>,
    /// What an operator decided.
    pub settings: Settings,
    /// Whether time may be moved: the clock then counts on top of [`Parts::clock`].
    pub test_clock: bool,
}

/// The application. Cheap to share behind an [`Arc`].
pub struct App {
    /// The store.
    pub db: Db,
    /// New identifiers and secrets.
    pub ids: Ids,
    /// The same for what comes at no fixed moment and is not told: ids of requests and deliveries, jitter.
    pub passing: Ids,
    /// The network: the one way to other servers.
    pub outbound: Arc<dyn Outbound>,
    /// Amazon SNS, if this program can publish to it.
    pub publisher: Option<Arc<dyn Publisher>>,
    /// What an operator decided.
    pub settings: Settings,
    /// What is to go wrong, on a server for tests.
    pub faults: Faults,
    /// What this node counts of what it sends.
    pub meter: Meter,
    pub(crate) post: Arc<dyn Post>,
    pub(crate) keys: Keys,
    pub(crate) throttle: Throttle,
    /// The same for clients' secrets; nearly always empty.
    pub(crate) client_throttle: Throttle,
    pub(crate) limits: Limits,
    /// Held by whoever lets due things happen, so that moving the clock sees all that it caused.
    pub(crate) turn: Mutex<()>,
    /// Shared by those who send messages; held alone by whoever moves the clock, so that none is under way meanwhile.
    pub(crate) sending: RwLock<()>,
    pub(crate) signer: ArcSwapOption<Signer>,
    pub(crate) pace: Pace,
    /// Held by whoever calls back ends, for the same reason.
    pub(crate) calls: Mutex<()>,
    pub(crate) passwords: PasswordQueue,
    clock: Arc<dyn Clock>,
    test_clock: Option<Arc<TestClock>>,
}

impl App {
    /// Opens the store and makes the application.
    ///
    /// # Errors
    /// [`crate::Error`] when the store cannot be opened.
    pub async fn open(parts: Parts) -> Result<Self> {
        let Parts { place, master, clock, random, outbound, publisher, post, settings, test_clock } = parts;
        let new = installation::New { master_check: keys::check(&master), at: clock.now() };
        let db = Db::open(&place, new).await?;
        let keys = Keys::load(&db, master).await?;
        let kept = TestClock::resume(&db, clock.clone()).await?;
        if !test_clock && kept.is_set() {
            return Err(Error::BadCommand(format!(
                "the clock of this store was moved by a server for tests and tells {}: start it with --test-clock, or \
                 with a store of its own (--data)",
                kept.now()
            )));
        }
        let test_clock = test_clock.then(|| Arc::new(kept));
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Ok(Self {
            db,
            passing: Ids::new(random.beside().unwrap_or_else(|| random.clone())),
            ids: Ids::new(random),
            outbound,
            publisher,
            limits: Limits::new(settings.rates),
            settings,
            faults: Faults::default(),
            meter: Meter::default(),
            post,
            keys,
            throttle: Throttle::of_people(),
            client_throttle: Throttle::of_programs(),
            turn: Mutex::new(()),
            sending: RwLock::new(()),
            signer: ArcSwapOption::empty(),
            pace: Pace::default(),
            calls: Mutex::new(()),
            passwords: PasswordQueue::new(cores),
            clock,
            test_clock,
        })
    }

    /// The receivers of notifications.
    pub(crate) fn topics(&self) -> Topics {
        Topics::of(&self.keys.derived())
    }

    /// Waits until the store was put under another master key: this application is of no use then.
    pub async fn key_replaced(&self) {
        self.keys.replaced().await;
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
    pub fn real_time(&self) -> Time {
        self.clock.now()
    }

    /// The clock that can be moved, if this application has one.
    #[must_use]
    pub fn test_clock(&self) -> Option<&TestClock> {
        self.test_clock.as_deref()
    }
}
