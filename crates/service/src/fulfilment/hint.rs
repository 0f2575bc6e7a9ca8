//! A shop's hint that something happened to one of its orders.
//!
//! Not here: what happened, which a poll finds out ([`super::backend_call`]). Invariant: a hint about an order of
//! another origin costs no write.

use crate::{App, Result};
use opendrs_domain::time::Time;
use opendrs_store::{Command, Tx, fulfilment};

/// Makes the poll of an order due now. `reference` is the shop's own code for it. Returns whether there is such an
/// order.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn record_hint(app: &App, reference: String) -> Result<bool> {
    let known = {
        let mut reader = app.db.reader().await?;
        fulfilment::is_reference_watched(&mut reader.tx()?, &reference).await?
    };
    // A shop sends hints about all its orders. Most are not of this installation, and cost no write.
    if known {
        app.db.write(RecordHint { reference, now: app.now() }).await?;
    }
    Ok(known)
}

struct RecordHint {
    reference: String,
    now: Time,
}

impl Command for RecordHint {
    type Output = bool;
    fn ordering_key(&self) -> u64 {
        0
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<bool> {
        fulfilment::expedite_watch(tx, &self.reference, self.now).await
    }
}
