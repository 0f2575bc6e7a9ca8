//! The errors of all use cases: one closed enum.
//!
//! Each edge mapper (API, login, pages, back ends, command line) turns an error into its own text with one exhaustive
//! `match` over its [`ErrorKind`]. Invariant: a new error does not compile until it has a kind, nor a new kind until
//! all edge mappers answer it.

use opendrs_domain::account::PasswordError;
use opendrs_domain::customer::AddressError;
use opendrs_domain::federation::FederationRefusal;
use opendrs_domain::id::EventId;
use opendrs_domain::order::{ApproveError, CancelError, ReportError, WithdrawError};
use opendrs_domain::reading::FieldError;
use opendrs_domain::rule::RuleFormError;
use opendrs_domain::slot_statement::StatementError;
use opendrs_domain::text::SlotId;

/// Why a use case failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The token is missing, malformed, expired, revoked or of another kind.
    #[error("Invalid token")]
    InvalidToken,
    /// The token's scopes do not cover the call.
    #[error("The access token lacks the scope {0}")]
    InsufficientScope(&'static str),
    /// The device's model has no such slot.
    #[error("Slot {slot} does not exist on device model {model}.")]
    UnknownSlot {
        /// The requested slot.
        slot: String,
        /// The model's code.
        model: String,
    },
    /// The slot is not subscribed, so it may not order (docs/spec/orders.md#unsubscribed-slots).
    #[error("Unable to place order - slot : <{0}> is unsubscribed.")]
    Unsubscribed(SlotId),
    /// CancelTestOrder on a device that is not a test device.
    #[error("The device is not a test device: register it with is_test_device=true to cancel its orders by API.")]
    NotTestDevice,
    /// The device has no such order.
    #[error("Unknown eventInstanceId: this device has no such order.")]
    UnknownOrder,
    /// The 1.0 deregistration path names another device than the token.
    #[error("The path names model {model} and serial {serial}, which are not those of the token's device.")]
    OtherDevice {
        /// The model in the path.
        model: String,
        /// The serial in the path.
        serial: String,
    },
    /// A field of a body is invalid.
    #[error(transparent)]
    BadField(#[from] FieldError),
    /// The order cannot be cancelled.
    #[error(transparent)]
    CancelRejected(#[from] CancelError),
    /// The customer cannot withdraw from the order's contract.
    #[error(transparent)]
    WithdrawRejected(#[from] WithdrawError),
    /// The customer's approval does not place the order.
    #[error(transparent)]
    ApproveRejected(#[from] ApproveError),
    /// A back end's report is impossible in the order's state.
    #[error(transparent)]
    ReportRejected(#[from] ReportError),
    /// An OAuth refusal: `error` and `error_description` (docs/spec/login.md#token-errors).
    #[error("{description}")]
    OAuth {
        /// The `error` code.
        code: OAuthErrorCode,
        /// The `error_description`, for the developer.
        description: String,
    },
    /// The mail address or the password is wrong. The answer does not reveal which one.
    #[error("The e-mail address or the password is not correct.")]
    WrongPassword,
    /// The password is right, and an operator blocked the account.
    #[error("This account is blocked. Ask whoever runs this service.")]
    CustomerBlocked,
    /// A sign-in at a provider failed.
    #[error(transparent)]
    FederationRefused(#[from] FederationRefusal),
    /// Too many failures; the next try is allowed after these seconds.
    #[error("Too many attempts. Try again in {}.", seconds(*.0))]
    Throttled(i64),
    /// The rate limit is exceeded; the next call is allowed after these seconds.
    #[error("Too many calls. Try again in {}, and less often.", seconds(*.0))]
    RateLimited(i64),
    /// The device placed all orders of its day; the next is possible after these seconds.
    #[error("This device placed as many orders as it may in a day. The next is possible in {}.", seconds(*.0))]
    OrderLimitReached(i64),
    /// The sign-up ended, was completed before, or belongs to another session.
    #[error("This sign-up is no longer open. Start again from your device or app.")]
    SignupClosed,
    /// A form has an invalid value.
    #[error(transparent)]
    InvalidForm(#[from] FormError),
    /// A command names something that does not exist, or asks for something that is not allowed.
    #[error("{0}")]
    InvalidCommand(String),
    /// There is no such event.
    #[error("There is no event {0}, or it is no longer kept.")]
    UnknownEvent(EventId),
    /// A declaration of a seed cannot be applied.
    #[error("line {line}: {key}: {message}")]
    InvalidSeed {
        /// Line in the file, from 1.
        line: usize,
        /// The invalid key.
        key: String,
        /// What is wrong, or what to change.
        message: String,
    },
    /// The store is unreachable.
    #[error("The service is temporarily unavailable. Try again.")]
    Unavailable(String),
    /// A bug or a damaged store; the text is for the log only.
    #[error("internal error")]
    Internal(String),
}

/// The reaction that an error needs, so that an edge mapper that treats many errors alike names none of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The token, password or client is not sufficient for the call.
    Unauthorized,
    /// The named thing does not exist.
    NotFound,
    /// The state of the named thing forbids the call.
    Conflict,
    /// A process in several steps has ended, and must be begun again.
    Closed,
    /// The call has an invalid value.
    Invalid,
    /// There were too many calls: try again after these seconds.
    RateLimited(i64),
    /// The store is unreachable: try again.
    Unavailable,
    /// A bug or a damaged store.
    Internal,
}

/// Why a form was refused, in English for a log. The texts for customers are in the crate `texts`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// The body of the form is incomplete.
    #[error("The form did not arrive whole.")]
    Incomplete,
    /// The body is not a form.
    #[error("The form is not readable.")]
    Unreadable,
    /// The form belongs to another browser, or comes from another site.
    #[error("This form has expired. Go back, reload the page and try again.")]
    Expired,
    /// No button was pressed.
    #[error("Press one of the buttons.")]
    NoButton,
    /// A hidden field has a value that no page here writes; what is wrong with it.
    #[error("{0}")]
    Malformed(String),
    /// A part of the address is invalid.
    #[error("Please check {0} of the address.")]
    Address(AddressError),
    /// There is no shipping address.
    #[error("Please enter a shipping address.")]
    NoAddress,
    /// The unit belongs to another customer, and its model does not allow takeovers.
    #[error("This device belongs to another account. Its owner must remove it there before you can set it up.")]
    TakeoverForbidden,
    /// The unit belongs to another customer, who declined the takeover.
    #[error("This device belongs to another account, and its owner did not agree to hand it over.")]
    TakeoverDeclined,
    /// Another customer linked the unit during its set-up.
    #[error("This device belongs to another account by now. Start its set-up again.")]
    OwnerChanged,
    /// The takeover can no longer be answered.
    #[error("There is nothing to answer here any more.")]
    TakeoverClosed,
    /// The product is not offered for this slot.
    #[error("This product is not offered for this slot.")]
    ProductNotOffered,
    /// The product is not offered for this slot; the page lists those that are.
    #[error("Please choose one of the products offered for this slot.")]
    ChooseOfferedProduct,
    /// Neither a product was chosen nor that the slot is skipped.
    #[error("Please choose a product, or skip this slot.")]
    NoSelection,
    /// The slot is switched on without a product.
    #[error("Choose a product to switch automatic reordering on.")]
    NoProductToOrder,
    /// A test device, or a slot that is off, orders nothing by hand.
    #[error("Nothing is ordered by hand here: the slot is off, or the device is a test device.")]
    NotReordered,
    /// Another product is chosen than the one on the page of an order by hand.
    #[error("The slot's product was changed.")]
    ProductChanged,
    /// The code of the second step is wrong, or was used.
    #[error("This is no code of the authenticator app, and no unused recovery code.")]
    WrongAppCode,
    /// The first step of a sign-in is too long ago, or what it relied on was changed.
    #[error("The sign-in took too long, or the account was changed meanwhile.")]
    SignInExpired,
    /// The product that is ordered by hand is out of stock.
    #[error("The product is out of stock.")]
    OutOfStock,
    /// Rules for a slot without a product.
    #[error("Choose a product for this slot first.")]
    NoProductForRules,
    /// A slot without a choice; its name.
    #[error("Please choose a product for {0} first.")]
    SlotUnanswered(String),
    /// Every slot was skipped.
    #[error("Please choose a product for at least one slot.")]
    AllSlotsSkipped,
    /// The rules are invalid.
    #[error(transparent)]
    InvalidRule(#[from] RuleFormError),
    /// What an owner states of a slot is invalid.
    #[error(transparent)]
    InvalidStatement(#[from] StatementError),
    /// Customers cannot create accounts here.
    #[error("New accounts are not created here. Ask the manufacturer of your device.")]
    AccountsClosed,
    /// The mail address is invalid.
    #[error("Please enter a complete e-mail address, such as ann@example.com.")]
    InvalidEmail,
    /// The name is invalid.
    #[error("Please enter your name: at most 120 characters on one line.")]
    InvalidName,
    /// The name of a device is invalid.
    #[error("Please enter a name of at most 60 characters on one line.")]
    InvalidDeviceName,
    /// The typed code is not the one in the mail.
    #[error("This code is not correct. Check the newest e-mail from us.")]
    WrongCode,
    /// The link of a mail expired, or what it was for has happened.
    #[error("This link has expired or was used already. Ask for a new one.")]
    LinkEnded,
    /// The mail address belongs to an account.
    #[error("There is an account with this e-mail address already. Sign in with it.")]
    EmailTaken,
    /// The new mail address is the account's own.
    #[error("This is the e-mail address of your account already.")]
    OwnEmail,
    /// The current password, which a change needs, is wrong.
    #[error("The current password is not correct.")]
    WrongCurrentPassword,
    /// The new password cannot be chosen.
    #[error(transparent)]
    InvalidPassword(#[from] PasswordError),
}

/// OAuth error codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OAuthErrorCode {
    /// A parameter is missing, repeated or wrong.
    InvalidRequest,
    /// The client is unknown or its authentication failed.
    InvalidClient,
    /// The code or the refresh token is not valid.
    InvalidGrant,
    /// More scopes are requested than were granted.
    InvalidScope,
    /// The grant type is unknown.
    UnsupportedGrantType,
}

impl OAuthErrorCode {
    /// The value of `error` on the wire.
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

/// The result of a use case.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An OAuth refusal.
    pub(crate) fn oauth(error: OAuthErrorCode, description: impl Into<String>) -> Self {
        Error::OAuth { code: error, description: description.into() }
    }

    /// The kind of this error.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Error::InvalidToken
            | Error::InsufficientScope(_)
            | Error::OAuth { .. }
            | Error::WrongPassword
            | Error::CustomerBlocked => ErrorKind::Unauthorized,
            Error::FederationRefused(FederationRefusal::Unusable(_)) => ErrorKind::Unavailable,
            Error::FederationRefused(_) => ErrorKind::Unauthorized,
            Error::UnknownSlot { .. } | Error::UnknownOrder | Error::UnknownEvent(_) => ErrorKind::NotFound,
            Error::Unsubscribed(_)
            | Error::NotTestDevice
            | Error::CancelRejected(_)
            | Error::WithdrawRejected(_)
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

    /// The cause that callers must not see, for the log and the operator.
    #[must_use]
    pub fn hidden_cause(&self) -> Option<&str> {
        if let Error::Unavailable(why) | Error::Internal(why) = self { Some(why) } else { None }
    }

    /// The text for the operator, with the cause that callers must not see.
    #[must_use]
    pub fn message_with_cause(&self) -> String {
        match self {
            Error::Unavailable(why) => format!("the store is out of reach: {why}"),
            Error::Internal(why) => format!("internal error: {why}"),
            other => other.to_string(),
        }
    }

    /// A form field with a value that no page here writes.
    #[expect(clippy::needless_pass_by_value, reason = "it is given to `map_err`, which hands errors over")]
    pub fn malformed(why: impl ToString) -> Self {
        FormError::Malformed(why.to_string()).into()
    }

    /// A row is missing to which another row refers.
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

/// A number of seconds as a text.
fn seconds(count: i64) -> String {
    if count == 1 { "1 second".into() } else { format!("{count} seconds") }
}
