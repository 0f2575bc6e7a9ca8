//! SlotStatus: a reading is stored durably before it is answered.

use crate::token::Caller;
use crate::{App, Result};
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

/// The newest readings, newest first.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn newest(app: &App, limit: i64) -> Result<Vec<reading::Listed>> {
    let mut reader = app.db.reader().await?;
    Ok(reading::newest(&mut reader.tx()?, limit).await?)
}
