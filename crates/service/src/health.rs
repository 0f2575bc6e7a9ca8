//! The health check: the store answers, and takes writes.

use crate::{App, Result};

/// Checks the store; changes nothing.
///
/// # Errors
/// [`crate::Error::Unavailable`] states why it cannot be read or written now.
pub async fn check(app: &App) -> Result<()> {
    Ok(app.db.probe().await?)
}
