//! What a use case can answer instead of its outcome: one closed list.
//!
//! Each edge (API, login, pages, back ends, command line) turns it into its own words with one exhaustive `match` over its
//! [`ErrorKind`]. Invariant: a new error does not compile until it has a kind, nor a new kind until all edges answer it.

use opendrs_domain::customer::AddressError;
use opendrs_domain::id::EventId;
use opendrs_domain::order::{ApproveError, CancelError, ReportError};
use opendrs_domain::reading::FieldError;
use opendrs_domain::rule::RuleFormError;
use opendrs_domain::text::SlotId;

/// Why a use case did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Missing, malformed, expired or revoked token; or one of another kind.
    #[error("Invalid token")]
    InvalidToken,
    /// The token's scopes do not cover the call.
    #[error("The access token lacks the scope {0}")]
    InsufficientScope(&'static str),
    /// The device's model has no such slot.
    #[error("Slot {slot} does not exist on device model {model}.")]
    UnknownSlot {
        /// What was asked for.
        slot: String,
        /// The model's code.
        model: String,
    },
    /// The slot may not order (docs/spec/orders.md#unsubscribed-slots).
    #[error("Unable to place order - slot : <{0}> is unsubscribed.")]
    Unsubscribed(SlotId),
    /// CancelTestOrder on a device that is not a test device.
    #[error("The device is not a test device: register it with is_test_device=true to cancel its orders by API.")]
    NotTestDevice,
    /// No such order of this device.
    #[error("Unknown eventInstanceId: this device has no such order.")]
    UnknownOrder,
    /// The 1.0 deregistration path names another device than the token.
    #[error("The path names model {model} and serial {serial}, which are not those of the token's device.")]
    OtherDevice {
        /// From the path.
        model: String,
        /// From the path.
        serial: String,
    },
    /// A body's field.
    #[error(transparent)]
    BadField(#[from] FieldError),
    /// An order that cannot be cancelled.
    #[error(transparent)]
    CancelRejected(#[from] CancelError),
    /// An order that the customer's word does not place.
    #[error(transparent)]
    ApproveRejected(#[from] ApproveError),
    /// A back end's word that cannot be true.
    #[error(transparent)]
    ReportRejected(#[from] ReportError),
    /// An OAuth refusal: `error` and `error_description` (docs/spec/login.md#token-errors).
    #[error("{description}")]
    OAuth {
        /// The code.
        code: OAuthErrorCode,
        /// For the developer.
        description: String,
    },
    /// E-mail or password is wrong; which one is not said.
    #[error("The e-mail address or the password is not correct.")]
    WrongPassword,
    /// The password is right, and an operator blocked the account.
    #[error("This account is blocked. Ask whoever runs this service.")]
    CustomerBlocked,
    /// Too many failures; try again after so many seconds.
    #[error("Too many attempts. Try again in {}.", seconds(*.0))]
    Throttled(i64),
    /// More calls than the caller's rate; try again after so many seconds.
    #[error("Too many calls. Try again in {}, and less often.", seconds(*.0))]
    RateLimited(i64),
    /// More orders of a device than it may place in a day; there may be another after so many seconds.
    #[error("This device placed as many orders as it may in a day. The next is possible in {}.", seconds(*.0))]
    OrderLimitReached(i64),
    /// The sign-up ended, was finished before, or belongs to another session.
    #[error("This sign-up is no longer open. Start again from your device or app.")]
    SignupClosed,
    /// A form says what it may not.
    #[error(transparent)]
    InvalidForm(#[from] FormError),
    /// A command names something that is not there, or may not be.
    #[error("{0}")]
    InvalidCommand(String),
    /// No such event.
    #[error("There is no event {0}, or it is no longer kept.")]
    UnknownEvent(EventId),
    /// A seed's declaration cannot be applied.
    #[error("line {line}: {key}: {message}")]
    InvalidSeed {
        /// Line in the file, from 1.
        line: usize,
        /// The key at fault.
        key: String,
        /// What to change.
        message: String,
    },
    /// The store is out of reach.
    #[error("The service is temporarily unavailable. Try again.")]
    Unavailable(String),
    /// A bug or a damaged store; the text is for the log alone.
    #[error("internal error")]
    Internal(String),
}

/// What an error asks of whoever gets it, so that an edge that treats many errors alike names no single one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// Token, password or client are not good enough for the call.
    Unauthorized,
    /// What is named does not exist.
    NotFound,
    /// What is named is in a state that forbids the call.
    Conflict,
    /// What was begun is over, and has to be begun again.
    Closed,
    /// The call says what it may not.
    Invalid,
    /// There were too many calls: try again after so many seconds.
    RateLimited(i64),
    /// The store is out of reach: try again.
    Unavailable,
    /// A bug or a damaged store.
    Internal,
}

/// What a form says and may not: for the customer who sent it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// It did not arrive whole.
    #[error("The form did not arrive whole.")]
    Incomplete,
    /// It is not a form.
    #[error("The form is not readable.")]
    Unreadable,
    /// It is of another browser, or of a site that is not ours.
    #[error("This form has expired. Go back, reload the page and try again.")]
    Expired,
    /// No button was pressed.
    #[error("Press one of the buttons.")]
    NoButton,
    /// A hidden field that no page of ours writes so; what is wrong with it.
    #[error("{0}")]
    Malformed(String),
    /// A part of the address.
    #[error("Please check {0} of the address.")]
    Address(AddressError),
    /// There is nowhere to ship to.
    #[error("Please enter a shipping address.")]
    NoAddress,
    /// The unit is another customer's, whose maker does not let it change hands.
    #[error("This device belongs to another account. Its owner must remove it there before you can set it up.")]
    TakeoverForbidden,
    /// The unit is another customer's, who refused.
    #[error("This device belongs to another account, and its owner did not agree to hand it over.")]
    TakeoverDeclined,
    /// The unit became another customer's while it was set up.
    #[error("This device belongs to another account by now. Start its set-up again.")]
    OwnerChanged,
    /// A takeover that has nothing to answer any more.
    #[error("There is nothing to answer here any more.")]
    TakeoverClosed,
    /// A product of another slot, or of none.
    #[error("This product is not offered for this slot.")]
    ProductNotOffered,
    /// The same, while the products offered stand on the page.
    #[error("Please choose one of the products offered for this slot.")]
    ChooseOfferedProduct,
    /// Neither a product nor that the slot is to be skipped.
    #[error("Please choose a product, or skip this slot.")]
    NoSelection,
    /// A slot is switched on, with nothing to order.
    #[error("Choose a product to switch automatic reordering on.")]
    NoProductToOrder,
    /// Rules for a slot for which nothing is chosen.
    #[error("Choose a product for this slot first.")]
    NoProductForRules,
    /// A slot that is not answered yet; its name.
    #[error("Please choose a product for {0} first.")]
    SlotUnanswered(String),
    /// Every slot was skipped.
    #[error("Please choose a product for at least one slot.")]
    AllSlotsSkipped,
    /// Rules that cannot be.
    #[error(transparent)]
    InvalidRule(#[from] RuleFormError),
}

/// OAuth error codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OAuthErrorCode {
    /// A parameter is missing, repeated or wrong.
    InvalidRequest,
    /// The client is unknown or did not prove itself.
    InvalidClient,
    /// Code or refresh token is not good.
    InvalidGrant,
    /// More is asked for than was granted.
    InvalidScope,
    /// No such grant.
    UnsupportedGrantType,
}

impl OAuthErrorCode {
    /// `error` on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            OAuthErrorCode::InvalidRequest => "invalid_request",
            OAuthErrorCode::InvalidClient => "invalid_client",
            OAuthErrorCode::InvalidGrant => "invalid_grant",
            OAuthErrorCode::InvalidScope => "invalid_scope",
            OAuthErrorCode::UnsupportedGrantType => "unsupported_grant_type",
        }
    }
}

/// A use case's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An OAuth refusal.
    pub(crate) fn oauth(error: OAuthErrorCode, description: impl Into<String>) -> Self {
        Error::OAuth { code: error, description: description.into() }
    }

    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Error::InvalidToken
            | Error::InsufficientScope(_)
            | Error::OAuth { .. }
            | Error::WrongPassword
            | Error::CustomerBlocked => ErrorKind::Unauthorized,
            Error::UnknownSlot { .. } | Error::UnknownOrder | Error::UnknownEvent(_) => ErrorKind::NotFound,
            Error::Unsubscribed(_)
            | Error::NotTestDevice
            | Error::CancelRejected(_)
            | Error::ApproveRejected(_)
            | Error::ReportRejected(_) => ErrorKind::Conflict,
            Error::SignupClosed => ErrorKind::Closed,
            Error::OtherDevice { .. }
            | Error::BadField(_)
            | Error::InvalidForm(_)
            | Error::InvalidCommand(_)
            | Error::InvalidSeed { .. } => ErrorKind::Invalid,
            Error::Throttled(seconds) | Error::RateLimited(seconds) | Error::OrderLimitReached(seconds) => {
                ErrorKind::RateLimited(*seconds)
            }
            Error::Unavailable(_) => ErrorKind::Unavailable,
            Error::Internal(_) => ErrorKind::Internal,
        }
    }

    /// The cause that callers are not told, for the log and the operator.
    #[must_use]
    pub fn hidden_cause(&self) -> Option<&str> {
        if let Error::Unavailable(why) | Error::Internal(why) = self { Some(why) } else { None }
    }

    /// In words for the installation's operator: with the cause that callers are not told.
    #[must_use]
    pub fn message_with_cause(&self) -> String {
        match self {
            Error::Unavailable(why) => format!("the store is out of reach: {why}"),
            Error::Internal(why) => format!("internal error: {why}"),
            other => other.to_string(),
        }
    }

    /// A field that no page of ours writes so.
    #[expect(clippy::needless_pass_by_value, reason = "it is given to `map_err`, which hands errors over")]
    pub fn malformed(why: impl ToString) -> Self {
        FormError::Malformed(why.to_string()).into()
    }

    /// A row that another row says must be there is not.
    pub(crate) fn missing_row(what: &str) -> Self {
        Error::Internal(format!("{what} is missing from the store"))
    }
}

impl From<opendrs_store::Error> for Error {
    fn from(error: opendrs_store::Error) -> Self {
        use opendrs_store::Error as E;
        match error {
            E::Unavailable(_) | E::ConnectionLost { .. } | E::SyncFailed(_) | E::Conflict(_) => {
                Error::Unavailable(error.to_string())
            }
            E::CannotOpen(words) => Error::InvalidCommand(words),
            E::InvalidRow { .. } | E::Statement { .. } => Error::Internal(error.to_string()),
        }
    }
}

/// So many seconds, in words.
fn seconds(count: i64) -> String {
    if count == 1 { "1 second".into() } else { format!("{count} seconds") }
}
