//! Opening the application on the store of the settings: master key, randomness, store.

use crate::config::Config;
use crate::{master_key, private_file, store_check};
use opendrs_service::clock::SystemClock;
use opendrs_service::random::{Random, SeededRandom, SystemRandom};
use opendrs_service::{App, Parts, Settings};
use opendrs_store::Place;
use opendrs_store::examine::{examine, meet};
use std::sync::Arc;

/// Whether the clock may be moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Time {
    /// It is the system's.
    System,
    /// It can be moved, and the store remembers how far.
    Test,
    /// As the server that uses this store has it: commands beside a server with a test clock tell its time.
    AsServed,
}

/// Opens the application.
pub async fn app(config: &Config, time: Time) -> Result<App, String> {
    app_with(config, time, Arc::new(SystemRandom)).await
}

/// Opens the application beside a server, or before its next start. Its store must be there: a mistyped folder shall not
/// become a new one with nothing in it.
pub async fn beside(config: &Config) -> Result<App, String> {
    if let Place::File(file) = config.place()
        && !file.exists()
    {
        let folder = config.server.data.display();
        return Err(format!(
            "there is no store in {folder}: name its folder with --data; `opendrs serve` makes a new one"
        ));
    }
    app(config, Time::AsServed).await
}

/// Whether there is a store; a database in which nothing was made yet is none.
pub async fn is_there(config: &Config) -> Result<bool, String> {
    let place = config.place();
    store_check::store(config).map_err(|fault| fault.to_string())?;
    if let Place::File(file) = &place {
        return Ok(file.exists());
    }
    meet(&place).await.map_err(|error| unopened(error.into()))?;
    let found = examine(&place).await.map_err(|error| unopened(error.into()))?;
    Ok(found.is_some_and(|found| found.installation.is_some()))
}

/// Randomness that follows from a number. The data folder counts the starts, so that no id comes twice in one store.
pub fn seeded(config: &Config, number: u64) -> Result<Arc<dyn Random>, String> {
    let folder = &config.server.data;
    let path = folder.join("random-starts");
    let bad = |e: &dyn std::fmt::Display| format!("cannot count the starts in {}: {e}", path.display());
    private_file::create_folder(folder).map_err(|e| bad(&e))?;
    let start = match std::fs::read_to_string(&path) {
        Ok(text) => text.trim().parse::<u64>().map_err(|e| bad(&e))?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => 0,
        Err(error) => return Err(bad(&error)),
    };
    std::fs::write(&path, format!("{}\n", start + 1)).map_err(|e| bad(&e))?;
    Ok(Arc::new(SeededRandom::new(number, start)))
}

/// Opens the application with a source of randomness.
pub async fn app_with(config: &Config, time: Time, random: Arc<dyn Random>) -> Result<App, String> {
    let place = config.place();
    store_check::store(config).map_err(|fault| fault.to_string())?;
    if let Place::File(_) = &place {
        let folder = &config.server.data;
        private_file::create_folder(folder).map_err(|e| {
            format!("cannot make the data folder {}: {e}. Choose another with --data", folder.display())
        })?;
    }
    meet(&place).await.map_err(|error| unopened(error.into()))?;
    let parts = Parts {
        place,
        master: master_of(config, &*random).await?,
        clock: Arc::new(SystemClock),
        random,
        outbound: Arc::new(config.network()?),
        publisher: config.publisher(),
        post: config.post()?,
        settings: Settings {
            timing: config.timing(),
            issuer: config.login.issuer.clone(),
            refresh: config.refresh(),
            notifications: config.topics(),
            fulfilment: config.fulfilment()?,
            request_timeout: config.request_timeout(),
            rates: config.rates(),
            keep: config.keep(),
            takeover: config.takeover(),
            language: config.language(),
            mail: config.mailing(),
        },
        // A clock that was never moved tells the system's time.
        test_clock: time != Time::System,
    };
    App::open(parts).await.map_err(unopened)
}

/// Why a store could not be opened.
fn unopened(error: opendrs_service::Error) -> String {
    match error {
        opendrs_service::Error::Unavailable(why) | opendrs_service::Error::Internal(why) => why,
        other => other.to_string(),
    }
}

/// The master key of a file, which is made, for its owner's eyes alone, for a store that is new. A store that is there was made
/// with a key: another one would fit nothing in it.
async fn master_of(config: &Config, random: &dyn Random) -> Result<[u8; 32], String> {
    let (path, place) = (config.master_file(), config.place());
    if let Some(key) = master_key::read(&path)? {
        return Ok(key);
    }
    let found = examine(&place).await.map_err(|error| unopened(error.into()))?;
    if found.is_none_or(|found| found.installation.is_none()) {
        return master_key::create(&path, random);
    }
    // Another process of ours may have made both meanwhile.
    master_key::read(&path)?.ok_or_else(|| {
        let store = match &place {
            Place::File(file) => format!("the store {}", file.display()),
            Place::Url(_) => "the database".into(),
        };
        format!(
            "there is no master key {}, and {store} was made with one: put that key back from where you keep a copy of it, \
             or name its file with keys.master_file",
            path.display()
        )
    })
}
