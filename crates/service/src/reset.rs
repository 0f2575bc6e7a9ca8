//! Back to the beginning, on a server for tests.

use crate::{App, Error, Result};
use opendrs_store::{Tx, Write, reset};

/// Forgets what customers and devices did, the plan of faults, and how the clock was set. Makers, profiles, models,
/// products, customers and topics stay.
///
/// # Errors
/// [`Error::BadCommand`] where this is no server for tests, [`Error::Unavailable`].
pub async fn reset(app: &App) -> Result<()> {
    let no_tests = || Error::BadCommand("this server forgets nothing on request: start it with --test-clock".into());
    let clock = app.test_clock().ok_or_else(no_tests)?;
    // Nothing falls due and no message is under way meanwhile.
    let _turn = app.turn.lock().await;
    let _alone = app.sending.write().await;
    app.faults.clear();
    app.limits.clear();
    app.db.write(Forget).await?;
    clock.reset();
    Ok(())
}

struct Forget;

impl Write for Forget {
    type Out = ();
    fn key(&self) -> u64 {
        0
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<()> {
        reset::forget(tx).await
    }
}
