//! Refusals for receivers that are Amazon SNS topics.
//!
//! Not here: publishing ([`crate::publication`]). Invariant: each text states what SNS does itself.

use crate::error::Error;
use opendrs_domain::receiver::Receiver;

/// The refusal of a change that SNS does itself.
pub(super) fn signed_by_sns_error(receiver: &Receiver) -> Error {
    let says = "is an Amazon SNS topic: SNS asks its subscribers, and signs what it sends them";
    Error::InvalidCommand(format!("{} {says}", receiver.target.endpoint()))
}
