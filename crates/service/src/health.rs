//! Whether the service can do its work: the store answers, and takes writes.

use crate::{App, Result};

/// Asks the store; changes nothing.
///
/// # Errors
/// [`crate::Error::Unavailable`] says why it cannot be read or written now.
pub async fn check(app: &App) -> Result<()> {
    Ok(app.db.probe().await?)
}
