//! Output of generated secrets: to standard output or to a file, and only on request.
//!
//! Invariant: a file of secrets is readable by its owner only, is opened before anything is generated, and is only
//! appended to.

use super::output;
use clap::Args;
use opendrs_server::master_key;
use opendrs_service::seed::SeedItem;
use serde_json::json;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

#[derive(Clone, Debug, Default, Args)]
pub(super) struct SecretOutputArgs {
    /// Print generated secrets on standard output.
    #[arg(long)]
    pub(super) show_secrets: bool,
    /// Append generated secrets to this file, one JSON object per line. Only its owner can read it.
    #[arg(long, value_name = "FILE")]
    secrets_file: Option<PathBuf>,
}

/// The destination of a run's generated secrets.
pub(super) struct SecretOutput {
    pub(super) show: bool,
    file: Option<(PathBuf, File)>,
}

impl SecretOutputArgs {
    /// Opens the file, if the options name one.
    ///
    /// # Errors
    /// The file cannot be opened; nothing has been generated then.
    pub(super) fn open_output(&self) -> Result<SecretOutput, String> {
        let Some(path) = &self.secrets_file else { return Ok(SecretOutput { show: self.show_secrets, file: None }) };
        let at = path.display();
        let cannot = |e: std::io::Error| format!("cannot write the file {at} of --secrets-file: {e}");
        let file = OpenOptions::new().append(true).create(true).mode(0o600).open(path).map_err(cannot)?;
        if let Some(mode) = master_key::mode_if_readable_by_others(&file.metadata().map_err(cannot)?) {
            return Err(format!(
                "the file {at} of --secrets-file can be read by others than its owner (mode {mode:o}): run `chmod 600 {at}`"
            ));
        }
        Ok(SecretOutput { show: self.show_secrets, file: Some((path.clone(), file)) })
    }
}

impl SecretOutput {
    /// Writes the secrets that a seed generated to the file. Without file and option, prints how to get them.
    ///
    /// # Errors
    /// The file cannot be written; the text names the fix.
    pub(super) fn write_generated(&mut self, items: &[SeedItem]) -> Result<(), String> {
        let generated = || items.iter().filter_map(|item| Some((item, item.secret.as_ref()?)));
        if let Some((path, file)) = &mut self.file {
            let line = |(item, secret): (&SeedItem, &String)| {
                format!("{}\n", json!({ "kind": item.kind, "name": item.name, "id": item.id, "secret": secret }))
            };
            let lines: String = generated().map(line).collect();
            let written = file.write_all(lines.as_bytes()).and_then(|()| file.sync_all());
            return written.map_err(|e| {
                format!(
                    "the seed is applied, but its secrets could not be written to {}: {e}. `opendrs client secret \
                     rotate` makes new ones",
                    path.display()
                )
            });
        }
        if !self.show && generated().next().is_some() {
            output::print_note(
                "A secret was generated and is not printed. `opendrs client secret rotate CLIENT_ID` makes and \
                 prints another one. --show-secrets or --secrets-file FILE prints or writes the secrets of the next \
                 run.",
            );
        }
        Ok(())
    }
}
