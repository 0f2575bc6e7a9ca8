//! The options that name a store, and the settings that follow from them.
//!
//! Invariant: an option on the command line overrides settings file and environment.

use clap::Args;
use opendrs_config::{Config, SettingOverride, lifted_limits};
use std::path::{Path, PathBuf};
use toml::Value;

/// The store that a command works on.
#[derive(Clone, Debug, Default, Args)]
pub struct StoreArgs {
    /// Data folder with the SQLite database and the master key.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// PostgreSQL instead of SQLite: postgres://user:password@host:5432/name.
    #[arg(long, value_name = "URL", hide_env_values = true)]
    pub database_url: Option<String>,
}

/// Loads the settings from all sources. `more` are the settings of further options.
pub fn load_config(file: Option<&Path>, store: &StoreArgs, more: Vec<SettingOverride>) -> Result<Config, String> {
    load_config_with_defaults(Vec::new(), file, store, more)
}

/// Does the same as [`load_config()`], with some other default values.
pub fn load_config_with_defaults(
    other_defaults: Vec<SettingOverride>,
    file: Option<&Path>,
    store: &StoreArgs,
    mut more: Vec<SettingOverride>,
) -> Result<Config, String> {
    if let Some(data) = &store.data {
        more.push(("server", "data", Value::String(data.display().to_string())));
        // A folder on the command line selects the SQLite store in it, even if other settings name a database.
        more.push(("server", "database_url", Value::String(String::new())));
        more.push(("server", "database_url_file", Value::String(String::new())));
    }
    if let Some(url) = &store.database_url {
        more.push(("server", "database_url", Value::String(url.clone())));
        more.push(("server", "database_url_file", Value::String(String::new())));
    }
    Config::load_with_defaults(other_defaults, file, std::env::vars(), more)
}

/// The settings of a server for this machine alone: plain HTTP, a store of its own, no limits, and receivers on
/// 127.0.0.0/8.
pub fn local_config(file: Option<&Path>, data: &Path, listen: &str) -> Result<Config, String> {
    let text = |section, key, value: &str| (section, key, Value::String(value.to_owned()));
    let here = ("outbound", "allow", Value::Array(vec!["127.0.0.0/8".into()]));
    let plain = [("mode", "off"), ("certificate_file", ""), ("key_file", "")];
    let plain = plain.map(|(key, value)| text("tls", key, value));
    let store = StoreArgs { data: Some(data.to_owned()), database_url: None };
    let more = [text("server", "listen", listen), here].into_iter().chain(plain);
    load_config(file, &store, more.chain(lifted_limits()).collect())
}
