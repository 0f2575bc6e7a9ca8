//! Secrets in separate files, for operators who must not write them into a settings file or the environment.
//!
//! Invariant: a secret is either in its setting, or in the file that the setting with the same name and `_file` names.
//! No error repeats the content of a file.

use super::Config;
use opendrs_store::regular_file;
use std::path::Path;

fn read_file(key: &str, path: &Path) -> Result<String, String> {
    regular_file::read_to_string(path).map_err(|e| format!("cannot read the file {} of {key}: {e}", path.display()))
}

fn empty_file_error(key: &str, path: &Path) -> String {
    format!("the file {} of {key} is empty", path.display())
}

/// Reads the first line of a file unchanged, because a password may begin or end with a blank.
///
/// # Errors
/// A text that names the setting and the file.
pub(super) fn read_password(key: &str, path: &Path) -> Result<String, String> {
    let text = read_file(key, path)?;
    let first = text.lines().next().filter(|line| !line.is_empty());
    first.map(str::to_owned).ok_or_else(|| empty_file_error(key, path))
}

/// Reads the lines of a file of secrets, without surrounding blanks and without empty lines.
///
/// # Errors
/// A text that names the setting and the file.
pub(super) fn read_lines(key: &str, path: &Path) -> Result<Vec<String>, String> {
    let text = read_file(key, path)?;
    let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
    if lines.is_empty() { Err(empty_file_error(key, path)) } else { Ok(lines) }
}

/// Reads the secret in a file: its first line that is not empty, without surrounding blanks.
///
/// # Errors
/// A text that names the setting and the file.
pub(super) fn read_first_line(key: &str, path: &Path) -> Result<String, String> {
    Ok(read_lines(key, path)?.swap_remove(0))
}

fn is_set(path: &Path) -> bool {
    !path.as_os_str().is_empty()
}

fn both_set_error(key: &str) -> String {
    format!("{key} and {key}_file are both set: set only one of them")
}

/// Loads a secret that may be in a file.
fn load_secret(value: &mut String, key: &str, file: &Path) -> Result<(), String> {
    match (is_set(file), value.is_empty()) {
        (false, _) => Ok(()),
        (true, false) => Err(both_set_error(key)),
        (true, true) => read_first_line(&format!("{key}_file"), file).map(|found| *value = found),
    }
}

/// Loads a list of secrets that may be in a file, one secret a line.
fn load_secret_list(list: &mut Vec<String>, key: &str, file: &Path) -> Result<(), String> {
    match (is_set(file), list.is_empty()) {
        (false, _) => Ok(()),
        (true, false) => Err(both_set_error(key)),
        (true, true) => read_lines(&format!("{key}_file"), file).map(|found| *list = found),
    }
}

impl Config {
    /// Reads the secrets that are in files.
    ///
    /// # Errors
    /// A text that names the setting and the file.
    pub(super) fn read_secrets(&mut self) -> Result<(), String> {
        load_secret(&mut self.server.database_url, "server.database_url", &self.server.database_url_file)?;
        load_secret_list(&mut self.traces.headers, "traces.headers", &self.traces.headers_file)?;
        let own = &mut self.fulfilment;
        load_secret_list(&mut own.webhook_secrets, "fulfilment.webhook_secrets", &own.webhook_secrets_file)?;
        load_secret_list(
            &mut own.vendure_hint_secrets,
            "fulfilment.vendure_hint_secrets",
            &own.vendure_hint_secrets_file,
        )
    }

    /// Returns the files of secrets in the settings, each with its setting. The master key's file is not one of them.
    #[must_use]
    pub fn secret_files(&self) -> Vec<(&'static str, &Path)> {
        let all = [
            ("server.database_url_file", &self.server.database_url_file),
            ("operator.token_file", &self.operator.token_file),
            ("federation.client_secret_file", &self.federation.client_secret_file),
            ("traces.headers_file", &self.traces.headers_file),
            ("mail.password_file", self.mail.password_file()),
            ("fulfilment.webhook_secrets_file", &self.fulfilment.webhook_secrets_file),
            ("fulfilment.vendure_key_file", &self.fulfilment.vendure_key_file),
            ("fulfilment.vendure_hint_secrets_file", &self.fulfilment.vendure_hint_secrets_file),
        ];
        all.into_iter().map(|(key, path)| (key, path.as_path())).filter(|(_, path)| is_set(path)).collect()
    }
}
