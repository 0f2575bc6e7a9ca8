//! How far a shop's order has come while it is being placed there.
//!
//! Not here: the placing ([`super::vendure`]). Invariant: only the node that leased the call notes anything.

use super::job::FulfilmentJob;
use crate::App;
use opendrs_domain::device::Device;
use opendrs_domain::time::Time;
use opendrs_store::fulfilment::BackendCall;
use opendrs_store::{Command, Tx, fulfilment};

/// What is noted of an order while it is being placed.
#[derive(Clone, Debug)]
pub(super) enum PlacementProgress {
    /// A shop is about to be asked to begin it.
    DraftRequested,
    /// What the shop calls it, and since when others were begun that were not heard of, if any were.
    DraftCreated(String, Option<Time>),
}

/// Notes it; an error when the call is somebody else's by now.
pub(super) async fn record_progress(
    app: &App,
    job: &FulfilmentJob,
    call: &BackendCall,
    noted: PlacementProgress,
) -> Result<(), String> {
    let at = app.system_time();
    let mine = match call.due_at {
        Some(until) => {
            app.db
                .write(RecordPlacementProgress {
                    device: job.device.clone(),
                    call: call.clone(),
                    lease_until: until,
                    progress: noted,
                    at,
                })
                .await
        }
        None => Ok(false),
    };
    match mine {
        Ok(true) => Ok(()),
        Ok(false) => Err("another node has the call".into()),
        Err(error) => Err(error.to_string()),
    }
}

struct RecordPlacementProgress {
    device: Device,
    call: BackendCall,
    lease_until: Time,
    progress: PlacementProgress,
    at: Time,
}

impl Command for RecordPlacementProgress {
    type Output = bool;
    fn ordering_key(&self) -> u64 {
        crate::ordering_key::for_unit(self.device.model, &self.device.serial)
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<bool> {
        let BackendCall { shard, order, .. } = self.call;
        match &self.progress {
            PlacementProgress::DraftRequested => {
                fulfilment::record_begin(tx, shard, order, self.lease_until, self.at).await
            }
            PlacementProgress::DraftCreated(code, unheard) => {
                fulfilment::record_reference(tx, shard, order, self.lease_until, (code, *unheard)).await
            }
        }
    }
}
