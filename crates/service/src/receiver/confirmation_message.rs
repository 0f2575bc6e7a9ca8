//! The message that asks a receiver for confirmation, or that states how to undo its unsubscription.
//!
//! Not here: the token in it ([`super::confirmation`]). Invariant: it carries no event and belongs to no device.

use opendrs_domain::delivery::DeliveryState;
use opendrs_domain::id::DeliveryId;
use opendrs_domain::receiver::Receiver;
use opendrs_domain::time::Time;
use opendrs_domain::wire::sns;
use opendrs_store::delivery::Delivery;

/// The shard of messages that belong to no device.
pub(super) const CONFIRMATION_SHARD: i64 = 0;

/// The delivery of a confirmation message.
pub(super) fn confirmation_delivery(
    receiver: &Receiver,
    kind: sns::SnsMessageType,
    id: DeliveryId,
    now: Time,
) -> Delivery {
    Delivery {
        shard: CONFIRMATION_SHARD,
        id,
        receiver: receiver.id,
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
