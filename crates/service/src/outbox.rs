//! Events, listed.

use crate::{App, Result};
use opendrs_domain::id::EventId;
use opendrs_domain::notification::Event;
use opendrs_domain::time::Time;
use opendrs_store::outbox;

/// The newest events, oldest first.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn newest(app: &App, limit: i64) -> Result<Vec<Event>> {
    let mut reader = app.db.reader().await?;
    Ok(outbox::newest(&mut reader.tx()?, limit).await?)
}

/// The events before one, or before all that is to come, newest first.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn before(app: &App, first: Option<(Time, EventId)>, limit: i64) -> Result<Vec<Event>> {
    let first = first.unwrap_or((Time::from_micros(i64::MAX), EventId(uuid::Uuid::max())));
    let mut reader = app.db.reader().await?;
    Ok(outbox::before(&mut reader.tx()?, first, limit).await?)
}
