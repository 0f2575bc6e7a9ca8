//! SlotStatus: a reading is stored durably before it is answered.

use crate::token::{self, Caller};
use crate::{App, Result, limit};
use opendrs_domain::id::{DeviceId, ReadingId};
use opendrs_domain::reading::SlotStatus;
use opendrs_domain::text::SlotId;
use opendrs_domain::time::Time;
use opendrs_store::{Tx, Write, reading};

/// Stores what a device says of a slot.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn add(app: &App, caller: Caller, slot: SlotId, status: SlotStatus) -> Result<()> {
    let at = app.now();
    let id = ReadingId(app.ids.ordered(at));
    Ok(app.db.write(Add { shard: caller.shard, id, device: caller.device.id, slot, at, status }).await?)
}

/// The same with a token in place of a caller, for the many calls in which everything is right: checking the device and
/// storing its reading is one command. `false`, and nothing stored, when anything was not as it should be; what it was,
/// [`token::caller`] finds out.
///
/// # Errors
/// [`crate::Error::TooOften`], [`crate::Error::Unavailable`].
pub async fn report(app: &App, token: Option<&str>, slot: &str, status: &SlotStatus) -> Result<bool> {
    let (Some(token), Ok(slot)) = (token, SlotId::parse(slot)) else { return Ok(false) };
    let Ok((shard, device, _)) = token::device_of(app, token).await else { return Ok(false) };
    limit::device(app, device)?;
    let at = app.now();
    let id = ReadingId(app.ids.ordered(at));
    let stored = app.db.write(Report(Add { shard, id, device, slot, at, status: status.clone() })).await;
    if !matches!(stored, Ok(true)) {
        limit::device_again(app, device);
    }
    Ok(stored?)
}

struct Add {
    shard: i64,
    id: ReadingId,
    device: DeviceId,
    slot: SlotId,
    at: Time,
    status: SlotStatus,
}

impl Write for Add {
    type Out = ();
    fn key(&self) -> u64 {
        self.id.0.as_u64_pair().1
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<()> {
        reading::add(tx, self.shard, (self.id, self.device, &self.slot), self.at, &self.status).await
    }
}

struct Report(Add);

impl Write for Report {
    type Out = bool;
    fn key(&self) -> u64 {
        self.0.key()
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<bool> {
        let Add { shard, id, device, slot, at, status } = &self.0;
        reading::report(tx, *shard, (*id, *device, slot), *at, status).await
    }
}

/// The newest readings, newest first.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn newest(app: &App, limit: i64) -> Result<Vec<reading::Listed>> {
    let mut reader = app.db.reader().await?;
    Ok(reading::newest(&mut reader.tx()?, limit).await?)
}
