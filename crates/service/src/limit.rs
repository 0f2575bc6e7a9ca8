//! How often one device or one client may call, and how much one device may cause in a day.
//!
//! What it is: which table counts what ([`table`] is how). What it is not: a guard against guessing, which is
//! [`crate::throttle`]. Invariant: nothing is read from or written to the store; each node counts for itself, from its
//! start on.

mod table;

use crate::{App, Error, Result};
use opendrs_domain::id::{ClientId, DeviceId};
use opendrs_domain::time::Time;
use table::{Limit, spread};

/// How often somebody may call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rate {
    /// Calls a second in the long run; 0 for as many as they like.
    pub per_second: u32,
    /// Calls at once, after a rest.
    pub burst: u32,
}

/// Rates of all who have one, and what a device may cause in a day. 0 a day is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rates {
    /// A device at the device API.
    pub device: Rate,
    /// Calls of a device in a day.
    pub device_day: u32,
    /// Standard orders of a device in a day.
    pub orders_day: u32,
    /// Mails about a device in a day.
    pub mails_day: u32,
    /// A client at the token endpoint.
    pub client: Rate,
}

/// The tables of an application.
pub(crate) struct Limits {
    devices: Limit,
    device_days: Limit,
    orders: Limit,
    mails: Limit,
    notices: Limit,
    clients: Limit,
}

impl Limits {
    pub(crate) fn new(rates: Rates) -> Self {
        Self {
            devices: Limit::new(rates.device),
            device_days: Limit::a_day(rates.device_day),
            orders: Limit::a_day(rates.orders_day),
            mails: Limit::a_day(rates.mails_day),
            notices: Limit::a_day(rates.mails_day.min(1)),
            clients: Limit::new(rates.client),
        }
    }

    /// Forgets what anybody called or caused: for a server for tests, whose store goes back to an earlier state.
    pub(crate) fn clear(&self) {
        let Self { devices, device_days, orders, mails, notices, clients } = self;
        [devices, device_days, orders, mails, notices, clients].into_iter().for_each(Limit::clear);
    }
}

/// Counts a device's call. Real time counts, whatever the test clock says: a limit on calls is for what a machine bears.
pub(crate) fn device(app: &App, id: DeviceId) -> Result<()> {
    let (hash, now) = (spread(id.0), app.real_time());
    app.limits.devices.take(hash, now).map_err(Error::TooOften)?;
    app.limits.device_days.take(hash, now).map_err(|wait| {
        app.limits.devices.give_back(hash, now);
        Error::TooOften(wait)
    })
}

/// Uncounts it, where it is about to be counted once more.
pub(crate) fn device_again(app: &App, id: DeviceId) {
    let (hash, now) = (spread(id.0), app.real_time());
    app.limits.devices.give_back(hash, now);
    app.limits.device_days.give_back(hash, now);
}

/// Counts an order of a device, or says in how many seconds there may be another. The application's time counts, since
/// a limit on orders is for what a customer pays.
pub(crate) fn order(app: &App, id: DeviceId, now: Time) -> Result<(), i64> {
    app.limits.orders.take(spread(id.0), now)
}

/// Uncounts an order that was not placed.
pub(crate) fn no_order(app: &App, id: DeviceId, now: Time) {
    app.limits.orders.give_back(spread(id.0), now);
}

/// What becomes of one more mail about a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MailLimit {
    /// It is sent.
    Within,
    /// It is not sent; its reader gets a notice instead, the first of the day.
    Notice,
    /// It is not sent, and its reader knows of it.
    Over,
}

/// Counts a mail about a device, by the application's time.
pub(crate) fn mail(app: &App, id: DeviceId, now: Time) -> MailLimit {
    let hash = spread(id.0);
    if app.limits.mails.take(hash, now).is_ok() {
        return MailLimit::Within;
    }
    match app.limits.notices.take(hash, now) {
        Ok(()) => MailLimit::Notice,
        Err(_) => MailLimit::Over,
    }
}

/// Counts a client's call. A client that many people hold in their hands, and whose id is no secret, is counted at each
/// of its sources, so that nobody uses up what belongs to all.
pub(crate) fn client(app: &App, id: ClientId, source: Option<&str>) -> Result<()> {
    let source = source
        .map_or(0, |text| text.bytes().fold(17, |sum: u64, b| (sum ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3)));
    app.limits.clients.take(spread(id.0) ^ source, app.real_time()).map_err(Error::TooOften)
}
