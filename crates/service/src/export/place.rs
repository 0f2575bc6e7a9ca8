//! Reads the rows of a customer page by page, from one place to the next.
//!
//! What it is: the list of what an export holds, as queries. What it is not: the form of a record (the domain).
//! Invariants: a page has a bounded number of rows. Rows of a device are read only after the device was found among
//! those of the customer. A place can be stored, so reading goes on there in another process.

use crate::{Error, Result};
use opendrs_domain::device::DeviceRef;
use opendrs_domain::export::{
    AccountFacts, AddressRecord, DeviceRecord, ExportKind, ExportRecord, LevelRecord, LinkedAppRecord, MailProgress,
    MailRecord, NotificationRecord, OrderRecord, PriceAgreementRecord, ProfileRecord, ReadingDayRecord, SessionRecord,
    SlotRecord, TakeoverAttemptRecord, TakeoverRecord, TakeoverRole,
};
use opendrs_domain::id::{CustomerId, DeliveryId, DeviceId, MailId, OrderId, ProfileId};
use opendrs_domain::subscription::Subscription;
use opendrs_store::device::OwnedDevice;
use opendrs_store::level::SlotDayKey;
use opendrs_store::mail::StoredMail;
use opendrs_store::{
    Shards, Tx, account, consent, customer, delivery, device, federation, level, mail, model, order, reading, rule,
    second_factor, session, slot_statement, subscription, takeover,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Where reading goes on. Lists go on after the key in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Place {
    /// The account itself: the beginning.
    Account,
    /// Sessions, after a hash.
    Sessions([u8; 32]),
    /// Consents, after a profile.
    LinkedApps(Uuid),
    /// Mails about devices.
    Mails(MailId),
    /// Mails about the account.
    AccountMails(MailId),
    /// Takeovers that the customer began, after a registration.
    BegunTakeovers(DeviceId),
    /// The first registration after one, with its slots.
    NextDevice(DeviceId),
    /// The rest of a registration.
    OfDevice(OwnDevice, DevicePlace),
}

/// A registration of the customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct OwnDevice {
    shard: i64,
    id: DeviceId,
}

impl OwnDevice {
    fn device_ref(self) -> DeviceRef {
        DeviceRef { shard: self.shard, id: self.id }
    }
}

/// A place within the rows of a registration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum DevicePlace {
    /// Takeovers by other customers, after one of them.
    Takeovers(CustomerId),
    /// Levels, after a slot and a day.
    Levels(String, i64),
    /// Summed-up readings, after a slot and a day.
    ReadingDays(String, i64),
    /// Orders.
    Orders(OrderId),
    /// Deliveries of notifications.
    Notifications(DeliveryId),
}

/// The first day of all.
const FIRST_DAY: i64 = i64::MIN;

/// A record as it is written, in JSON on one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ExportLine {
    pub(super) kind: ExportKind,
    pub(super) json: String,
}

/// What a page has, and where the next one begins; `None` after the last one.
pub(super) struct Page {
    pub(super) lines: Vec<ExportLine>,
    pub(super) next: Option<Place>,
}

impl Page {
    fn new(next: Option<Place>) -> Self {
        Self { lines: Vec::new(), next }
    }

    fn push<R: ExportRecord>(&mut self, record: &R) -> Result<()> {
        let json = serde_json::to_string(record).map_err(|error| Error::Internal(error.to_string()))?;
        self.lines.push(ExportLine { kind: R::KIND, json });
        Ok(())
    }

    fn with<R: ExportRecord>(mut self, records: impl IntoIterator<Item = R>) -> Result<Self> {
        for record in records {
            self.push(&record)?;
        }
        Ok(self)
    }
}

/// Whose rows are read, and at most how many a page has.
#[derive(Clone, Copy)]
pub(super) struct PageRequest {
    pub(super) shards: Shards,
    pub(super) customer: CustomerId,
    pub(super) limit: i64,
}

impl PageRequest {
    fn shard(self) -> i64 {
        self.shards.for_customer(self.customer)
    }

    /// The place after the last row of a full page, otherwise the following one.
    fn after<T>(self, rows: &[T], same: impl Fn(&T) -> Place, following: Place) -> Option<Place> {
        let is_full = i64::try_from(rows.len()).is_ok_and(|read| read >= self.limit);
        Some(rows.last().filter(|_| is_full).map_or(following, same))
    }
}

/// Reads the page at a place. `None` if the customer no longer exists.
pub(super) async fn read_page(tx: &mut Tx<'_>, of: PageRequest, place: Place) -> Result<Option<Page>> {
    let PageRequest { customer, limit, .. } = of;
    Ok(Some(match place {
        Place::Account => return read_account(tx, of).await,
        Place::Sessions(after) => {
            let rows = session::list_after(tx, customer, &after, limit).await?;
            let next = of.after(&rows, |last| Place::Sessions(last.id), Place::LinkedApps(Uuid::nil()));
            Page::new(next).with(rows.iter().map(SessionRecord::from))?
        }
        Place::LinkedApps(after) => {
            let rows = consent::list_after(tx, of.shard(), customer, ProfileId(after), limit).await?;
            let next = of.after(&rows, |last| Place::LinkedApps(last.profile.0), Place::Mails(MailId(Uuid::nil())));
            let record = |row: consent::ConsentSummary| {
                LinkedAppRecord::new(row.name, row.maker, row.scopes.to_string(), row.granted_at)
            };
            Page::new(next).with(rows.into_iter().map(record))?
        }
        Place::Mails(after) => {
            let rows = mail::list_by_customer_after(tx, customer, after, limit).await?;
            let next = of.after(&rows, |last| Place::Mails(last.id), Place::AccountMails(MailId(Uuid::nil())));
            Page::new(next).with(rows.iter().map(mail_record))?
        }
        Place::AccountMails(after) => {
            let Some(owner) = customer::find_by_id(tx, of.shard(), customer).await? else { return Ok(None) };
            let shard = of.shards.for_key(&[owner.email.as_str().as_bytes()]);
            let rows = mail::list_by_address_after(tx, shard, &owner.email, after, limit).await?;
            let next =
                of.after(&rows, |last| Place::AccountMails(last.id), Place::BegunTakeovers(DeviceId(Uuid::nil())));
            Page::new(next).with(rows.iter().map(mail_record))?
        }
        Place::BegunTakeovers(after) => {
            let rows = takeover::list_begun_after(tx, customer, after, limit).await?;
            let next =
                of.after(&rows, |last| Place::BegunTakeovers(last.device), Place::NextDevice(DeviceId(Uuid::nil())));
            let record = |row: takeover::BegunTakeover| {
                let (model, serial) = (row.model.to_string(), row.serial.to_string());
                TakeoverRecord::new(TakeoverRole::NewOwner, model, serial, row.state, row.answer_by)
            };
            Page::new(next).with(rows.into_iter().map(record))?
        }
        Place::NextDevice(after) => match device::find_after(tx, customer, after).await? {
            Some(found) => read_device(tx, found).await?,
            None => Page::new(None),
        },
        Place::OfDevice(own, within) => read_of_device(tx, of, own, within).await?,
    }))
}

fn mail_record(mail: &StoredMail) -> MailRecord {
    let progress = MailProgress { state: mail.state, ended_at: mail.ended_at, attempts: mail.attempts };
    MailRecord::new(mail.id.to_string(), mail.at, &mail.subject, &mail.content, progress)
}

/// Reads the account itself.
async fn read_account(tx: &mut Tx<'_>, of: PageRequest) -> Result<Option<Page>> {
    let (shard, id) = (of.shard(), of.customer);
    let Some(owner) = customer::find_by_id(tx, shard, id).await? else { return Ok(None) };
    let credentials = account::find_credentials(tx, shard, id).await?;
    let factor = second_factor::find(tx, shard, id).await?;
    let identity = federation::find_identity(tx, shard, id).await?;
    let facts = AccountFacts {
        password_changed_at: credentials.as_ref().and_then(|found| found.state.password_changed_at),
        second_factor_since: factor.as_ref().map(|factor| factor.since),
        recovery_codes_left: match factor {
            Some(_) => Some(second_factor::count_recovery_codes(tx, shard, id).await?),
            None => None,
        },
        linked_since: identity.as_ref().map(|identity| identity.since),
        linked_issuer: identity.map(|identity| identity.issuer),
        blocked_at: credentials.and_then(|found| found.blocked_at),
        deletion_at: account::find_deletion(tx, shard, id).await?,
    };
    let attempts = takeover::find_attempts(tx, shard, id).await?;
    let mut page = Page::new(Some(Place::Sessions([0; 32])));
    page.push(&ProfileRecord::new(&owner, facts))?;
    let page = page.with(owner.address.map(AddressRecord::from))?;
    Ok(Some(page.with(attempts.times().iter().copied().map(TakeoverAttemptRecord::from))?))
}

/// Reads a registration with its slots, of which its model has a few.
async fn read_device(tx: &mut Tx<'_>, found: OwnedDevice) -> Result<Page> {
    let OwnedDevice { shard, device: found } = found;
    let device = &found.device;
    let named = device.in_shard(shard);
    let chosen = subscription::list_by_device(tx, named).await?;
    let rules = rule::list_by_device(tx, named).await?;
    let stated = slot_statement::list_by_device(tx, named).await?;
    let own = OwnDevice { shard, id: device.id };
    let mut page = Page::new(Some(Place::OfDevice(own, DevicePlace::Takeovers(CustomerId(Uuid::nil())))));
    page.push(&DeviceRecord::from(&found))?;
    for slot in model::list_slots(tx, device.model).await? {
        let chosen = chosen.iter().find(|sub| sub.slot == slot.id).cloned();
        let chosen = chosen.unwrap_or_else(|| Subscription::empty(slot.id.clone()));
        let rules = rules.iter().find(|(id, _)| *id == slot.id).map(|(_, rules)| rules.clone()).unwrap_or_default();
        let stated = stated.iter().find(|(id, _)| *id == slot.id).map(|(_, stated)| *stated).unwrap_or_default();
        page.push(&SlotRecord::new(device.id, &slot, &chosen, &rules, stated))?;
        page = page.with(PriceAgreementRecord::of_slot(device.id, &chosen, &rules))?;
    }
    Ok(page)
}

/// Reads a page of the rest of a registration.
async fn read_of_device(tx: &mut Tx<'_>, of: PageRequest, own: OwnDevice, place: DevicePlace) -> Result<Page> {
    let (named, limit) = (own.device_ref(), of.limit);
    let at = |place| Place::OfDevice(own, place);
    match place {
        DevicePlace::Takeovers(after) => {
            let rows = takeover::list_of_device_after(tx, named, after, limit).await?;
            let following = at(DevicePlace::Levels(String::new(), FIRST_DAY));
            let next = of.after(&rows, |last| at(DevicePlace::Takeovers(last.customer)), following);
            let Some(unit) = device::find_by_id(tx, named).await? else { return Ok(Page::new(next)) };
            let (model, serial) = (unit.model_code.to_string(), unit.serial.to_string());
            let record = |row: &opendrs_domain::takeover::Takeover| {
                TakeoverRecord::new(TakeoverRole::EarlierOwner, model.clone(), serial.clone(), row.state, row.answer_by)
            };
            Page::new(next).with(rows.iter().map(record))
        }
        DevicePlace::Levels(slot, day) => {
            let rows = level::list_after(tx, named, &SlotDayKey { slot, day }, limit).await?;
            let following = at(DevicePlace::ReadingDays(String::new(), FIRST_DAY));
            let same =
                |last: &opendrs_domain::level::SlotDay| at(DevicePlace::Levels(last.slot.to_string(), last.level.day));
            let next = of.after(&rows, same, following);
            Page::new(next).with(rows.iter().map(|row| LevelRecord::new(own.id, &row.slot, &row.level)))
        }
        DevicePlace::ReadingDays(slot, day) => {
            let rows = reading::list_days_after(tx, named, &SlotDayKey { slot, day }, limit).await?;
            let following = at(DevicePlace::Orders(OrderId(Uuid::nil())));
            let next = of.after(&rows, |last| at(DevicePlace::ReadingDays(last.slot.to_string(), last.day)), following);
            Page::new(next).with(rows.iter().map(ReadingDayRecord::from))
        }
        DevicePlace::Orders(after) => {
            let rows = order::list_after(tx, named, after, limit).await?;
            let following = at(DevicePlace::Notifications(DeliveryId(Uuid::nil())));
            let next = of.after(&rows, |last| at(DevicePlace::Orders(last.order.id)), following);
            Page::new(next).with(rows.into_iter().map(|row| OrderRecord::new(row.order, row.reference)))
        }
        DevicePlace::Notifications(after) => {
            let rows = delivery::list_ended_after(tx, named, after, limit).await?;
            let next = of.after(&rows, |last| at(DevicePlace::Notifications(last.id)), Place::NextDevice(own.id));
            Page::new(next).with(rows.into_iter().map(NotificationRecord::from))
        }
    }
}
