//! Resets a test server.

use crate::{App, Error, Result};
use opendrs_store::{Command, Tx, reset};

/// Removes all data of customers' and devices' actions, the fault plan, and the setting of the clock. Makers, profiles,
/// models, products, customers and receivers stay.
///
/// # Errors
/// [`Error::InvalidCommand`] where this is no test server, [`Error::Unavailable`].
pub async fn reset(app: &App) -> Result<()> {
    let no_tests =
        || Error::InvalidCommand("this server forgets nothing on request: start it with --test-clock".into());
    let clock = app.test_clock().ok_or_else(no_tests)?;
    // No due step is done and no message is in flight meanwhile.
    let _turn = app.scheduler_lock.lock().await;
    let _alone = app.sending_lock.write().await;
    app.faults.clear();
    app.limits.clear();
    app.db.write(ResetStore).await?;
    clock.reset();
    Ok(())
}

struct ResetStore;

impl Command for ResetStore {
    type Output = ();
    fn ordering_key(&self) -> u64 {
        0
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<()> {
        reset::clear_customer_data(tx).await
    }
}
