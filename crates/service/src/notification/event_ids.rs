//! The ids that a change is given before its transaction: those of its event, its messages and its mail.
//!
//! Not here: the event. Invariant: ids are allocated outside of the transaction, so a command that is run again writes the
//! same ones.

use crate::App;
use opendrs_domain::id::EventId;
use opendrs_domain::time::Time;

/// What a change that may be told of is given beforehand.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EventIds {
    /// The event's id, and the mail's.
    pub(crate) event_id: EventId,
    /// The message's id that the first receiver is sent; the others' count on from it.
    pub(crate) first_message_id: u128,
    /// The mail is kept as it is written, since nobody would send it.
    pub(crate) store_mail_only: bool,
}

impl EventIds {
    /// Draws the ids, of which those of events rise.
    pub(crate) fn allocate(app: &App, now: Time) -> Self {
        Self {
            event_id: EventId(app.ids.ordered_uuid(now)),
            first_message_id: app.ephemeral_ids.ordered_uuid(now).as_u128(),
            store_mail_only: app.settings.mail.store_only,
        }
    }
}
