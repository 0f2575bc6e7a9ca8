//! Removes the data of customers and devices, on a server for tests.
//!
//! Invariant: seed declarations, the installation's row and keys, and receivers stay; everything else is removed.

use crate::queries::Query;
use crate::value::params;
use crate::{Result, Tx, installation, level};

/// Every table that is emptied.
const CLEARED_TABLES: [Query; 25] = [
    Query::ForgetSession,
    Query::ForgetSecondFactor,
    Query::ForgetRecoveryCode,
    Query::ForgetIdentity,
    Query::ForgetCustomerIdentity,
    Query::ForgetConsent,
    Query::ForgetSignup,
    Query::ForgetCode,
    Query::ForgetUnit,
    Query::ForgetDevice,
    Query::ForgetSubscription,
    Query::ForgetRule,
    Query::ForgetReading,
    Query::ForgetReadingDay,
    Query::ForgetLevelDay,
    Query::ForgetOrders,
    Query::ForgetOutbox,
    Query::ForgetDelivery,
    Query::ForgetAttempt,
    Query::ForgetFulfilment,
    Query::ForgetMail,
    Query::ForgetTakeover,
    Query::ForgetTakeoverCount,
    Query::ForgetExport,
    Query::ForgetExportPart,
];

/// Removes all devices with their data, all sessions, and the setting of the test clock.
///
/// # Errors
/// [`crate::Error`].
pub async fn clear_customer_data(tx: &mut Tx<'_>) -> Result<()> {
    // First, as folding does it, so that neither waits for the other with a lock that the other needs.
    level::reset_cursors(tx).await?;
    for query in CLEARED_TABLES {
        tx.exec(query, params![]).await?;
    }
    installation::save_test_clock(tx, 0, None).await
}
