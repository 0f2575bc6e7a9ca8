//! Forgetting what customers and devices did, on a server for tests.
//!
//! Invariant: what a seed declares, the installation's row and keys, and topics stay; everything else goes.

use crate::queries::Q;
use crate::value::p;
use crate::{Result, Tx, installation};

/// Every table that is emptied.
const FORGOTTEN: [Q; 18] = [
    Q::ForgetSession,
    Q::ForgetConsent,
    Q::ForgetSignup,
    Q::ForgetCode,
    Q::ForgetUnit,
    Q::ForgetDevice,
    Q::ForgetSubscription,
    Q::ForgetRule,
    Q::ForgetReading,
    Q::ForgetReadingDay,
    Q::ForgetOrders,
    Q::ForgetOutbox,
    Q::ForgetDelivery,
    Q::ForgetAttempt,
    Q::ForgetFulfilment,
    Q::ForgetMail,
    Q::ForgetTakeover,
    Q::ForgetTakeoverCount,
];

/// Forgets all devices with all that is theirs, all sessions, and how the test clock was set.
///
/// # Errors
/// [`crate::Error`].
pub async fn forget(tx: &mut Tx<'_>) -> Result<()> {
    for query in FORGOTTEN {
        tx.exec(query, p![]).await?;
    }
    installation::set_clock(tx, 0, None).await
}
