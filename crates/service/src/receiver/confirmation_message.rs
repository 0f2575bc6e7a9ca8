//! The message that asks a receiver whether it wants notifications, or that tells how to undo its unsubscription.
//!
//! Not here: the token in it ([`super::confirmation`]). Invariant: it tells no event and belongs to no device.

use opendrs_domain::delivery::DeliveryState;
use opendrs_domain::id::DeliveryId;
use opendrs_domain::receiver::Receiver;
use opendrs_domain::time::Time;
use opendrs_domain::wire::sns;
use opendrs_store::delivery::Delivery;

/// The shard of what receivers themselves are asked.
pub(super) const CONFIRMATION_SHARD: i64 = 0;

/// A confirmation on its way.
pub(super) fn confirmation_delivery(
    topic: &Receiver,
    kind: sns::SnsMessageType,
    id: DeliveryId,
    now: Time,
) -> Delivery {
    Delivery {
        shard: CONFIRMATION_SHARD,
        id,
        receiver: topic.id,
        device: None,
        event: None,
        kind,
        version: String::new(),
        published_at: now,
        state: DeliveryState::Waiting,
        due_at: Some(now),
        attempts: 0,
        attempts_since_replay: 0,
        first_attempt_at: None,
        ended_at: None,
        reason: None,
    }
}
