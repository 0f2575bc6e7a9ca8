//! The ids that a change gets before its transaction: those of its event, its messages and its mail.
//!
//! Not here: the event. Invariant: ids are allocated outside the transaction, so a command that is run again writes the
//! same ones.

use crate::App;
use opendrs_domain::id::EventId;
use opendrs_domain::time::Time;

/// The ids of a change that may cause an event.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EventIds {
    /// The id of the event and of the mail.
    pub(crate) event_id: EventId,
    /// The message id for the first receiver. The other receivers get the ids that follow.
    pub(crate) first_message_id: u128,
    /// Whether the mail is only stored, because there is no mail server.
    pub(crate) store_mail_only: bool,
}

/// The ids of a change and its time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ChangeContext {
    /// The ids.
    pub(crate) ids: EventIds,
    /// The time of the change.
    pub(crate) now: Time,
}

impl EventIds {
    /// Allocates the ids. Event ids rise.
    pub(crate) fn allocate(app: &App, now: Time) -> Self {
        Self {
            event_id: EventId(app.ids.ordered_uuid(now)),
            first_message_id: app.ephemeral_ids.ordered_uuid(now).as_u128(),
            store_mail_only: app.settings.mail.store_only,
        }
    }

    /// Adds the time of the change.
    pub(crate) fn at(self, now: Time) -> ChangeContext {
        ChangeContext { ids: self, now }
    }
}
