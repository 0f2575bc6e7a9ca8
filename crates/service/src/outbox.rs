//! Events, listed.

use crate::{App, Result};
use opendrs_domain::notification::Event;
use opendrs_store::outbox;

/// The newest events, oldest first.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn newest(app: &App, limit: i64) -> Result<Vec<Event>> {
    let mut reader = app.db.reader().await?;
    Ok(outbox::newest(&mut reader.tx()?, limit).await?)
}
