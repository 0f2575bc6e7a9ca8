//! Receivers of notifications, which the wire and the command line call topics.
//!
//! What it is: receivers are added, found and changed by operators and seeds. [`confirmation`] serves the requests of a
//! receiver itself, [`webhook_secret`] holds the secrets that sign for it, [`repository`] seals its endpoint. What it
//! is not: messages to receivers ([`crate::delivery`]). Invariant: a receiver that did not confirm gets only
//! confirmation requests (docs/spec/delivery.md#confirmation).

mod add;
mod change;
mod confirmation;
mod confirmation_message;
mod find;
mod repository;
mod settings;
mod sns_endpoint;
mod webhook_secret;

pub use add::{NewReceiver, add};
pub(crate) use add::{build_draft, save, with_new_endpoint};
pub use change::{ReceiverChange, apply_change};
pub use confirmation::{SnsRequestError, confirm, pending_reason, unsubscribe};
pub(crate) use confirmation::{confirmation_purpose, confirmation_token};
pub use find::{derive_name, find, list};
pub(crate) use repository::ReceiverRepository;
pub use repository::open_endpoints;
pub use settings::NotificationSettings;
pub use webhook_secret::{WebhookSecrets, list_webhook_secrets};
pub(crate) use webhook_secret::{WebhookSigner, secret_purposes};
