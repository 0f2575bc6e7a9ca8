//! Rate limits of devices and clients, and daily limits of devices.
//!
//! What it is: which table counts what; [`rate_limiter`] is the algorithm. What it is not: a protection against
//! guessing, which is [`crate::throttle`]. Invariant: nothing is read from or written to the store. Each node counts
//! for itself, from its start on.

mod rate_limiter;

pub use rate_limiter::CallRate;

use crate::error::{Error, Result};
use opendrs_domain::id::{ClientId, DeviceId};
use opendrs_domain::text::Email;
use opendrs_domain::time::Time;
use rate_limiter::{RateLimiter, hash_key, hash_text};

/// All rate limits and daily limits. A daily limit of 0 means no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RateLimitSettings {
    /// Calls of a device to the device API.
    pub device_calls: CallRate,
    /// Calls of a device in a day.
    pub device_calls_per_day: u32,
    /// Standard orders of a device in a day.
    pub device_orders_per_day: u32,
    /// Mails about a device in a day.
    pub device_mails_per_day: u32,
    /// Calls of a client to the token endpoint.
    pub client_calls: CallRate,
}

/// The tables of an application.
pub(crate) struct RateLimiters {
    device_calls: RateLimiter,
    device_calls_per_day: RateLimiter,
    device_orders: RateLimiter,
    device_mails: RateLimiter,
    mail_notices: RateLimiter,
    client_calls: RateLimiter,
    account_mails: RateLimiter,
    account_mails_of_source: RateLimiter,
    code_attempts: RateLimiter,
}

/// Codes that are tried for one mail address in an hour, from wherever. Beyond that, the link of the mail still works.
const CODE_ATTEMPTS_PER_HOUR: u32 = 20;

/// Mails about accounts to one address in an hour.
const ACCOUNT_MAILS_PER_HOUR: u32 = 5;
/// Mails about accounts that one source causes in an hour.
const ACCOUNT_MAILS_PER_HOUR_OF_SOURCE: u32 = 30;

impl RateLimiters {
    pub(crate) fn new(rates: RateLimitSettings) -> Self {
        Self {
            device_calls: RateLimiter::new(rates.device_calls),
            device_calls_per_day: RateLimiter::per_day(rates.device_calls_per_day),
            device_orders: RateLimiter::per_day(rates.device_orders_per_day),
            device_mails: RateLimiter::per_day(rates.device_mails_per_day),
            mail_notices: RateLimiter::per_day(rates.device_mails_per_day.min(1)),
            client_calls: RateLimiter::new(rates.client_calls),
            account_mails: RateLimiter::per_hour(ACCOUNT_MAILS_PER_HOUR),
            account_mails_of_source: RateLimiter::per_hour(ACCOUNT_MAILS_PER_HOUR_OF_SOURCE),
            code_attempts: RateLimiter::per_hour(CODE_ATTEMPTS_PER_HOUR),
        }
    }

    /// Clears all tables, for a test server whose store returns to an earlier state.
    pub(crate) fn clear(&self) {
        let Self {
            device_calls: devices,
            device_calls_per_day: device_days,
            device_orders: orders,
            device_mails: mails,
            mail_notices: notices,
            client_calls: clients,
            account_mails: addresses,
            account_mails_of_source: sources,
            code_attempts: codes,
        } = self;
        let all = [devices, device_days, orders, mails, notices, clients, addresses, sources, codes];
        all.into_iter().for_each(RateLimiter::clear);
    }

    /// Counts a device's call. Callers pass the system time, not the test clock's, because this limit protects the
    /// machine.
    pub(crate) fn count_device_call(&self, id: DeviceId, now: Time) -> Result<()> {
        let hash = hash_key(id.0);
        self.device_calls.try_acquire(hash, now).map_err(Error::RateLimited)?;
        self.device_calls_per_day.try_acquire(hash, now).map_err(|wait| {
            self.device_calls.refund(hash, now);
            Error::RateLimited(wait)
        })
    }

    /// Counts an order of a device, or says in how many seconds there may be another. Callers give the application's time,
    /// since a limit on orders is for what a customer pays.
    pub(crate) fn count_order(&self, id: DeviceId, now: Time) -> Result<(), i64> {
        self.device_orders.try_acquire(hash_key(id.0), now)
    }

    /// Takes back an order that was not placed.
    pub(crate) fn refund_order(&self, id: DeviceId, now: Time) {
        self.device_orders.refund(hash_key(id.0), now);
    }

    /// Counts a mail about a device, by the application's time.
    pub(crate) fn count_mail(&self, id: DeviceId, now: Time) -> MailLimitOutcome {
        let hash = hash_key(id.0);
        if self.device_mails.try_acquire(hash, now).is_ok() {
            return MailLimitOutcome::Send;
        }
        match self.mail_notices.try_acquire(hash, now) {
            Ok(()) => MailLimitOutcome::SendNotice,
            Err(_) => MailLimitOutcome::Suppress,
        }
    }

    /// Counts a mail about an account that somebody at a source caused, by the system time: it protects the address's
    /// owner and the sender's reputation.
    pub(crate) fn count_account_mail(&self, email: &Email, source: &str, now: Time) -> Result<()> {
        let (of_source, of_address) = (hash_text(source), hash_text(email.as_str()));
        self.account_mails_of_source.try_acquire(of_source, now).map_err(Error::Throttled)?;
        self.account_mails.try_acquire(of_address, now).map_err(Error::Throttled)
    }

    /// Counts a code that is tried for a mail address, by the system time.
    pub(crate) fn count_code_attempt(&self, email: &Email, now: Time) -> Result<()> {
        self.code_attempts.try_acquire(hash_text(email.as_str()), now).map_err(Error::Throttled)
    }

    /// Counts a client's call, by the system time. A public client runs on many people's devices and its id is no
    /// secret. So it is counted for each source, and no source uses up the limit of all.
    pub(crate) fn count_client_call(&self, id: ClientId, source: Option<&str>, now: Time) -> Result<()> {
        let source = source.map_or(0, hash_text);
        self.client_calls.try_acquire(hash_key(id.0) ^ source, now).map_err(Error::RateLimited)
    }
}

/// The decision about one more mail about a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MailLimitOutcome {
    /// The mail is sent.
    Send,
    /// The mail is not sent. The first of the day is replaced by a notice.
    SendNotice,
    /// The mail is not sent, and no notice is.
    Suppress,
}
