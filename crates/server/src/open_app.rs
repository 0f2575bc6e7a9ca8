//! Opening the application with the store of the settings: master key, randomness and store.

use crate::mail::open_mailer;
use crate::node::NodeListeners;
use crate::publisher::make_publisher;
use crate::{master_key, private_file, store_check};
use opendrs_config::Config;
use opendrs_service::clock::SystemClock;
use opendrs_service::mail::MailSettings;
use opendrs_service::random::{RandomSource, SeededRandom, SystemRandom};
use opendrs_service::receiver::NotificationSettings;
use opendrs_service::{App, AppParts, AppSettings};
use opendrs_store::StoreLocation;
use opendrs_store::inspection::{inspect, test_connection};
use std::sync::Arc;

/// Which clock the application uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockMode {
    /// The system's clock.
    System,
    /// A test clock that can be moved. The store remembers its offset.
    Test,
    /// The clock of the server that uses the store, so that commands beside a server with a test clock use its time.
    SameAsServer,
}

/// Opens the application for a command: links begin with the URLs of the settings.
pub async fn open_app(config: &Config, time: ClockMode) -> Result<App, String> {
    let links = LinkSettings { notifications: config.notification_settings(), mail: config.mail_settings() };
    open_app_with_links(config, time, Arc::new(SystemRandom), links).await
}

/// Opens the application for a node: links begin with the URLs at which the node is reached.
pub async fn open_app_for_node(
    config: &Config,
    listeners: &NodeListeners,
    time: ClockMode,
    random: Arc<dyn RandomSource>,
) -> Result<App, String> {
    let web_url = &listeners.public_urls().web;
    let mut notifications = config.notification_settings();
    if notifications.base_url.is_empty() {
        notifications.base_url.clone_from(web_url);
    }
    // A clock that tests move reports every mail that is sent meanwhile, even without a mail server.
    let store_only = config.keeps_mail() && time == ClockMode::System;
    let mail = MailSettings { base_url: web_url.clone(), store_only, ..config.mail_settings() };
    open_app_with_links(config, time, random, LinkSettings { notifications, mail }).await
}

/// Opens the application beside a server, or before its next start. The store must exist, so that a mistyped folder
/// does not become a new, empty store.
pub async fn open_existing_app(config: &Config) -> Result<App, String> {
    if let StoreLocation::File(file) = config.store_location()
        && !file.exists()
    {
        let folder = config.server.data.display();
        return Err(format!(
            "there is no store in {folder}: set --data to its folder; `opendrs serve` creates a new store"
        ));
    }
    open_app(config, ClockMode::SameAsServer).await
}

/// Whether the store exists. A database without an installation does not count.
pub async fn store_exists(config: &Config) -> Result<bool, String> {
    let place = config.store_location();
    store_check::check_store(config).map_err(|fault| fault.to_string())?;
    if let StoreLocation::File(file) = &place {
        return Ok(file.exists());
    }
    test_connection(&place).await.map_err(|error| open_error_text(&error.into()))?;
    let found = inspect(&place).await.map_err(|error| open_error_text(&error.into()))?;
    Ok(found.is_some_and(|found| found.installation.is_some()))
}

/// Makes randomness from a seed. A file in the data folder counts the starts, so that no id occurs twice in one store.
pub fn seeded_random(config: &Config, number: u64) -> Result<Arc<dyn RandomSource>, String> {
    let folder = &config.server.data;
    let path = folder.join("random-starts");
    let bad = |e: &dyn std::fmt::Display| format!("cannot store the number of starts in {}: {e}", path.display());
    private_file::create_folder(folder).map_err(|e| bad(&e))?;
    let start = match std::fs::read_to_string(&path) {
        Ok(text) => text.trim().parse::<u64>().map_err(|e| bad(&e))?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => 0,
        Err(error) => return Err(bad(&error)),
    };
    std::fs::write(&path, format!("{}\n", start + 1)).map_err(|e| bad(&e))?;
    Ok(Arc::new(SeededRandom::new(number, start)))
}

/// The settings that depend on the URLs at which this installation is reached.
struct LinkSettings {
    notifications: NotificationSettings,
    mail: MailSettings,
}

async fn open_app_with_links(
    config: &Config,
    time: ClockMode,
    random: Arc<dyn RandomSource>,
    links: LinkSettings,
) -> Result<App, String> {
    let place = config.store_location();
    store_check::check_store(config).map_err(|fault| fault.to_string())?;
    if let StoreLocation::File(_) = &place {
        let folder = &config.server.data;
        private_file::create_folder(folder).map_err(|e| {
            format!("cannot create the data folder {}: {e}. Choose another with --data", folder.display())
        })?;
    }
    test_connection(&place).await.map_err(|error| open_error_text(&error.into()))?;
    let parts = AppParts {
        store_location: place,
        master_key: load_or_create_master_key(config, &*random).await?,
        clock: Arc::new(SystemClock),
        random,
        outbound: Arc::new(config.outbound_client()?),
        publisher: make_publisher(config),
        mailer: open_mailer(config)?,
        settings: AppSettings {
            timing: config.order_timing(),
            issuer: config.login.issuer.clone(),
            refresh_lifetime: config.refresh_lifetime(),
            notifications: links.notifications,
            fulfilment: config.fulfilment_settings()?,
            request_timeout: config.request_timeout(),
            rate_limits: config.rate_limits(),
            reading_retention: config.reading_retention(),
            order_retention: config.order_retention(),
            takeover: config.takeover_rules(),
            accounts: config.account_settings(),
            federation: config.federation_settings()?,
            language: config.default_language(),
            zone: config.default_zone(),
            mail: links.mail,
            brand: config.brand()?,
        },
        // A test clock that was never moved has the system's time.
        test_clock: time != ClockMode::System,
    };
    App::open(parts).await.map_err(|error| open_error_text(&error))
}

/// Returns the reason why a store could not be opened.
fn open_error_text(error: &opendrs_service::Error) -> String {
    error.hidden_cause().map_or_else(|| error.to_string(), str::to_owned)
}

/// Reads the master key, or creates it for a new store with access for its owner only. An existing store was made with
/// a key, and no other key fits it.
async fn load_or_create_master_key(config: &Config, random: &dyn RandomSource) -> Result<[u8; 32], String> {
    let (path, place) = (config.master_key_file(), config.store_location());
    if let Some(key) = master_key::read_master_key(&path)? {
        return Ok(key);
    }
    let found = inspect(&place).await.map_err(|error| open_error_text(&error.into()))?;
    if found.is_none_or(|found| found.installation.is_none()) {
        return master_key::create_master_key(&path, random);
    }
    // Another process may have created both in the meantime.
    master_key::read_master_key(&path)?.ok_or_else(|| {
        let store = match &place {
            StoreLocation::File(file) => format!("the store {}", file.display()),
            StoreLocation::Url(_) => "the database".into(),
        };
        format!(
            "there is no master key {}, and {store} was made with one: restore that key from its backup, or set \
             keys.master_file to its file",
            path.display()
        )
    })
}
